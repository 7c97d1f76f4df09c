//! The import table of the architecture: who may use whom, among the crates of this house.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

use crate::root;

/// Crate, and the crates of the house that it may use. Arrows point down only.
const ALLOWED: &[(&str, &[&str])] = &[
    ("schema", &[]),
    ("fuzz-slice", &[]),
    ("stratum", &[]),
    ("exchange", &["schema", "stratum"]),
    ("farm", &["schema", "stratum", "exchange"]),
    ("rehearsal", &["schema", "stratum", "exchange", "farm"]),
    ("hub", &["exchange", "stratum"]),
    ("simulator", &["stratum"]),
    ("collectors", &["farm"]),
    ("alerts", &["farm"]),
    ("store", &["exchange", "farm", "schema"]),
    ("repository", &["schema"]),
    ("web", &["store", "exchange", "farm", "schema"]),
    (
        "stratumd",
        &[
            "schema",
            "stratum",
            "exchange",
            "farm",
            "hub",
            "store",
            "web",
            "repository",
            "simulator",
            "collectors",
            "alerts",
        ],
    ),
    ("stratumctl", &["schema", "exchange", "farm", "rehearsal", "repository"]),
];
/// Looks at the house from outside, so it may use all of it.
const OUTSIDE: &str = "farm-tests";

/// Every crate of the workspace and its dependencies of a kind: normal ones have none.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let out = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(out.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&out.stderr));
    let metadata: Value = serde_json::from_slice(&out.stdout).expect("cargo writes JSON");
    let packages = metadata["packages"].as_array().expect("a list of packages");
    packages
        .iter()
        .map(|package| {
            let name = package["name"].as_str().expect("a package has a name").to_owned();
            let used = package["dependencies"].as_array().into_iter().flatten();
            // What only tests use is free: a test may look at the house from anywhere.
            let used = used.filter(|used| used["kind"] != "dev").filter_map(|used| used["name"].as_str());
            (name, used.map(str::to_owned).collect())
        })
        .collect()
}

/// Who may name a protocol or a proof of work: who speaks and computes them, the farm language that lists them, and what
/// stands for miners and pools. All others take what they are given.
const KNOW_PROOFS: [&str; 5] =
    ["daemon/stratum/", "daemon/simulator/", "daemon/rehearsal/", "schema/", "tests/"];

#[test]
fn nobody_else_names_a_protocol_or_a_proof_of_work() {
    let banned = ["Sha256d", "sha256d", "Scrypt", "StratumV1", "stratum::v1", "double_sha256"];
    let mut found = Vec::new();
    for (path, text) in crate::sources() {
        let name = path.to_string_lossy();
        let is_test = name.contains("/tests") || name.ends_with("bench.rs") || name.ends_with("sample.rs");
        if is_test || KNOW_PROOFS.iter().any(|knows| name.starts_with(knows)) {
            continue;
        }
        // What is tested in the file itself may say of what.
        let code = text.split("#[cfg(test)]\nmod tests {").next().expect("a text has a beginning");
        for (at, line) in code.lines().enumerate() {
            if banned.iter().any(|word| line.contains(word)) {
                found.push(format!("{name}:{}: {}", at + 1, line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn arrows_point_down_only() {
    let found = dependencies();
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.iter().copied().collect();
    let mut wrong = Vec::new();
    for (name, used) in found.iter().filter(|(name, _)| *name != OUTSIDE) {
        let Some(may) = allowed.get(name.as_str()) else {
            wrong.push(format!("{name} is not in the table: say what it may use"));
            continue;
        };
        for other in used.iter().filter(|other| found.contains_key(*other)) {
            if !may.contains(&other.as_str()) {
                wrong.push(format!("{name} uses {other}"));
            }
        }
    }
    assert!(wrong.is_empty(), "against the import table: {wrong:#?}");
    assert!(found.len() > 10 && found["web"].contains("store"), "the table was compared with something");
}

#[test]
fn the_ground_floor_links_no_runtime_and_no_sockets() {
    let found = dependencies();
    for ground in ["schema", "stratum", "exchange", "farm"] {
        for banned in ["tokio", "reqwest", "axum", "hyper", "sqlx", "socket2", "rustix", "getrandom", "rand"]
        {
            assert!(!found[ground].contains(banned), "{ground} must not need {banned}");
        }
    }
}
