//! `failover`: made, listed, shown in plan and status, ended.

use farm_tests::Farm;

use crate::cli::{Cli, plain};

#[tokio::test]
async fn an_override_is_made_shown_and_ended() {
    let farm = Farm::start().await;
    let cli = Cli::of(&farm);
    let early = cli.ends(1, &["failover", "out", "a-1", "--reason", "new fan"]);
    assert!(early.err.contains("apply one first"), "{}", early.err);
    cli.write("farm.yaml", plain("a-1..3"));
    cli.ends(0, &["apply", "--yes"]);
    assert_eq!(cli.ends(0, &["failover", "list"]).out, "No overrides are in force.\n");

    let unknown = cli.ends(1, &["failover", "out", "a-9", "--reason", "new fan"]);
    assert!(unknown.err.contains("`a-9`"), "{}", unknown.err);
    cli.ends(1, &["failover", "pool", "nobody", "--to", "pool", "--reason", "x"]);
    cli.ends(1, &["failover", "pool", "house", "--to", "nowhere", "--reason", "x"]);
    cli.ends(1, &["failover", "lend", "a-1", "--to", "a/b", "--reason", "x"]);
    cli.ends(1, &["failover", "out", "a-1", "--reason", "x", "--for", "400d"]);

    let made =
        cli.ends(0, &["failover", "out", "a-1", "--reason", "new fan", "--for", "1h", "-o", "json"]).json();
    assert_eq!((made["state"].as_str(), made["reason"].as_str()), (Some("active"), Some("new fan")));
    let list = cli.ends(0, &["failover", "list"]).out;
    assert!(list.contains("a-1 is out of service") && list.contains("new fan"), "{list}");
    let plan = cli.ends(0, &["plan"]).out;
    assert!(plan.contains("a-1 out of service"), "{plan}");
    let status = cli.ends(0, &["status", "overrides"]).out;
    assert!(status.contains("a-1 is out of service"), "{status}");

    let id = made["id"].as_u64().expect("a number").to_string();
    cli.ends(0, &["failover", "end", &id, "--reason", "it runs"]);
    assert_eq!(cli.ends(0, &["failover", "list"]).out, "No overrides are in force.\n");
    let all = cli.ends(0, &["failover", "list", "--all"]).out;
    assert!(all.contains("ended"), "{all}");
    cli.ends(1, &["failover", "end", "77"]);
}
