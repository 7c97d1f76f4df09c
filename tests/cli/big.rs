//! A large farm: a field of every rig changes, and the plan is still read at a glance.

use farm_tests::Farm;

use crate::cli::{Cli, plain};

#[tokio::test]
async fn one_field_of_100_000_rigs_is_a_plan_of_a_few_lines() {
    let farm = Farm::start().await;
    let cli = Cli::of(&farm);
    let text = plain("a-000001..100000").to_string();
    cli.write("farm.yaml", &text);
    cli.ends(0, &["apply", "--yes", "--no-wait"]);
    let changed = text.replace("hashrate: 100 TH/s", "hashrate: 101 TH/s");
    assert_ne!(changed, text);
    cli.write("farm.yaml", changed);
    let plan = cli.ends(10, &["plan", "--detailed-exitcode"]).out;
    assert!(plan.contains("100,000 rigs/*/hashrate: 100 TH/s -> 101 TH/s"), "{plan}");
    assert!(plan.lines().count() < 40, "{plan}");
}
