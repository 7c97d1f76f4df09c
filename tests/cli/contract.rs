//! With `-o json` the output is one JSON document: for every command, in success and in failure.

use farm_tests::Farm;

use crate::cli::{Cli, plain};

/// Every command that ends by itself. Those that need a daemon, and those that read the farm file.
const COMMANDS: [(&[&str], Needs); 17] = [
    (&["validate"], Needs::File),
    (&["plan"], Needs::Both),
    (&["diff"], Needs::Both),
    (&["apply", "--allow-dirty"], Needs::Both),
    (&["status"], Needs::Daemon),
    (&["failover", "list"], Needs::Daemon),
    (&["failover", "out", "a-1", "--reason", "new fan"], Needs::Daemon),
    (&["failover", "end", "1"], Needs::Daemon),
    (&["history"], Needs::Daemon),
    (&["show", "1"], Needs::Daemon),
    (&["events"], Needs::Daemon),
    (&["export"], Needs::Daemon),
    (&["rollback", "--to", "1", "--reason", "back"], Needs::Daemon),
    (&["version"], Needs::Daemon),
    (&["schema"], Needs::Nothing),
    (&["explain"], Needs::Nothing),
    (&["exit-codes"], Needs::Nothing),
];

#[derive(Clone, Copy, PartialEq)]
enum Needs {
    Nothing,
    File,
    Daemon,
    Both,
}

#[tokio::test]
async fn the_output_is_one_document_whatever_happens() {
    let farm = Farm::start().await;
    let good = Cli::of(&farm);
    good.write("farm.yaml", plain("a-1..2"));
    good.ends(0, &["apply", "--yes"]);
    good.write("farm.yaml", plain("a-1..3"));
    good.ends(0, &["apply", "--yes"]);
    let (lonely, broken) = (Cli::at(&good.home().join("no.sock")), Cli::of(&farm));
    lonely.write("farm.yaml", plain("a-1"));
    broken.write("farm.yaml", "apiVersion: stratum.farm/v1\nkind: Farm\nrigs: [a, {b\n");
    for (command, needs) in COMMANDS {
        let args = [command, &["-o", "json"]].concat();
        let ran = good.ends(0, &args);
        let doc = ran.json();
        match command[0] {
            "schema" => assert!(doc["$schema"].is_string()),
            "export" => assert_eq!(doc["kind"], "Farm"),
            _ => assert!(doc["kind"].is_string() && doc["format_version"] == "1.0", "{args:?}: {}", ran.out),
        }
        let code = if matches!(needs, Needs::Daemon | Needs::Both) { 5 } else { 0 };
        let ran = lonely.ends(code, &args);
        let doc = ran.json();
        if code == 5 {
            assert_eq!(
                (doc["kind"].as_str(), doc["error"]["code"].as_str()),
                (Some("stratum.error"), Some("unreachable"))
            );
            assert!(doc["error"]["help"].is_string() && ran.err.contains("error: "), "{args:?}: {ran:?}");
        }
        let code = if matches!(needs, Needs::File | Needs::Both) { 3 } else { 0 };
        if code == 3 {
            let doc = broken.ends(code, &args).json();
            let problems = if command[0] == "validate" { &doc["diagnostics"] } else { &doc["problems"] };
            assert!(problems[0]["line"].is_u64(), "{args:?}: {doc}");
        }
        // One object a line, the first says what this is, the last how it ended.
        let args = [command, &["-o", "jsonl"]].concat();
        if !matches!(command[0], "schema" | "export") {
            let ran = lonely.run(&args);
            let lines = ran.json_lines();
            assert_eq!(lines[0]["type"], "version", "{args:?}");
            let last = lines.last().expect("a last line");
            assert_eq!(
                (last["type"].as_str(), last["exit_code"].as_i64()),
                (Some("result"), Some(ran.code.into()))
            );
        }
    }
}

#[test]
fn a_guard_and_a_dirty_tree_are_documents_too() {
    let cli = Cli::alone();
    cli.write("farm.yaml", plain("a-1"));
    cli.commit("first", "Ann");
    cli.write("farm.yaml", plain("a-2"));
    let ran = cli.ends(7, &["apply", "-o", "json"]);
    assert_eq!(ran.json()["error"]["code"], "guard::dirty");
    cli.write("elsewhere/farm.yaml", plain("a-1"));
    cli.write("elsewhere/farm.yml", plain("a-1"));
    assert_eq!(
        cli.ends(3, &["validate", "-f", "elsewhere", "-o", "json"]).json()["error"]["code"],
        "farm_file"
    );
}
