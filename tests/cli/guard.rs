//! Input that is empty, partly unreadable or half gone deletes nothing.

use farm_tests::Farm;

use crate::cli::{Cli, plain};

#[tokio::test]
async fn no_accident_with_the_farm_file_deletes_anything() {
    let farm = Farm::start().await;
    let cli = Cli::of(&farm);
    cli.write("farm.yaml", plain("a-1..40"));
    cli.ends(0, &["apply", "--yes"]);
    let text = plain("a-1..40").to_string();
    let including = text.replace("pools:\n  pool:", "include: [rigs/*.yaml]\npools:\n  pool:");
    assert_ne!(including, text);
    let accidents: [(&str, String, i32); 7] = [
        ("empty", String::new(), 3),
        ("comments", "# to be written\n".into(), 3),
        ("cut off", text[..text.len() / 2].into(), 3),
        ("a missing include", including, 3),
        ("half of the rigs", plain("a-1..20").to_string(), 7),
        ("no rigs", text.lines().filter(|l| !l.contains("a-1..40")).map(|l| format!("{l}\n")).collect(), 3),
        ("not text", "\u{0}\u{1}".into(), 3),
    ];
    for (what, text, code) in accidents {
        cli.write("farm.yaml", text);
        for args in [&["apply", "--yes"][..], &["apply", "--yes", "-o", "json"]] {
            let ran = cli.run(args);
            assert_eq!(ran.code, code, "{what}: {ran:?}");
            if args.len() > 2 {
                assert_eq!(ran.json()["kind"], "stratum.error", "{what}");
            }
        }
    }
    cli.write("farm.yaml", "");
    std::fs::remove_file(cli.folder().join("farm.yaml")).unwrap();
    cli.ends(3, &["apply", "--yes"]);
    std::fs::create_dir(cli.folder().join("farm.yaml")).unwrap();
    cli.ends(3, &["apply", "--yes"]);
    cli.ends(3, &["apply", "--yes", "-f", "farm.yaml"]);

    let status = farm.status().await;
    assert_eq!((status.generation, status.rigs.len()), (1, 40), "nothing was deleted");
    let guard = Cli::of(&farm);
    guard.write("farm.yaml", plain("a-1..20"));
    let refused = guard.ends(7, &["apply", "--yes"]);
    assert!(refused.err.contains("--max-delete 20"), "the way out is named: {}", refused.err);
    guard.ends(7, &["apply", "--yes", "--max-delete", "19"]);
    guard.ends(7, &["apply", "--yes", "--max-delete", "10%"]);
    guard.ends(0, &["apply", "--yes", "--max-delete", "20"]);
    assert_eq!(farm.status().await.rigs.len(), 20);
}
