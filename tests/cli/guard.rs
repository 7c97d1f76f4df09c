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

#[tokio::test]
async fn apply_is_no_success_where_a_listener_is_shut_or_a_secret_is_missing() {
    let farm = Farm::start().await;
    let cli = Cli::of(&farm);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let taken = taken.local_addr().expect("a bound socket has an address");
    let sound = plain("a-1..2").to_string();
    let shut = sound.replace(
        "      asic: { bind: '127.0.0.1:3333' }",
        &format!("      asic: {{ bind: '127.0.0.1:3333' }}\n      other: {{ bind: '{taken}' }}"),
    );
    assert_ne!(shut, sound);
    cli.write("farm.yaml", &shut);
    let ran = cli.ends(8, &["apply", "--yes"]);
    assert!(ran.err.contains("listener other") && ran.err.contains("is not listening"), "{}", ran.err);
    let again = cli.ends(8, &["apply", "--yes"]);
    assert!(again.err.contains("listener other"), "nothing to change is not converged: {}", again.err);
    // A pool that only stands by is needed when the first is gone.
    let standby = plain("a-1..2")
        .pool_at("second", "stratum+tcp://127.0.0.1:9", "")
        .to_string()
        .replace("hubs:\n", "    - { pool: second, user: u, password: { file: nowhere } }\nhubs:\n");
    cli.write("farm.yaml", &standby);
    let ran = cli.ends(8, &["apply", "--yes", "-o", "json"]);
    let said = ran.json();
    assert_eq!(said["error"]["code"], "not_all_of_it", "{said}");
    let words = said["error"]["message"].as_str().unwrap_or_default();
    assert!(words.contains("second") && words.contains("nowhere"), "{words}");
    cli.write("farm.yaml", &sound);
    cli.ends(0, &["apply", "--yes"]);
    cli.ends(0, &["apply", "--yes"]);
}
