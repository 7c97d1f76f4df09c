//! The corpus: `valid/` has one file per feature, `invalid/` one file (or folder) per mistake with the
//! message it deserves beside it. `UPDATE_EXPECT=1` rewrites the messages; their diff is read like code.

#![allow(clippy::disallowed_methods)] // this is not the ground floor: it has files and a clock

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use schema::Reading;
use schema::bundle::{Files, collect};
use schema::problem::{Look, render_human};

struct Disk;

impl Files for Disk {
    fn canonical(&mut self, path: &Path) -> io::Result<PathBuf> {
        path.canonicalize()
    }

    fn list(&mut self, folder: &Path) -> io::Result<Vec<String>> {
        std::fs::read_dir(folder)?
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect()
    }

    fn read(&mut self, path: &Path) -> io::Result<String> {
        std::fs::read_to_string(path)
    }
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

/// Names of files `x.yaml` and folders `x/` of a corpus.
fn cases(name: &str) -> Vec<String> {
    let mut cases: Vec<String> = std::fs::read_dir(folder(name))
        .expect("the corpus")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| !name.ends_with(".txt"))
        .map(|name| name.trim_end_matches(".yaml").to_owned())
        .collect();
    cases.sort();
    assert!(cases.len() > 20, "{name} is a corpus");
    cases
}

fn read(corpus: &str, case: &str) -> Reading {
    let single = folder(corpus).join(format!("{case}.yaml"));
    let (root, tree) = if single.is_file() {
        (single, folder(corpus))
    } else {
        (folder(corpus).join(case).join("farm.yaml"), folder(corpus).join(case))
    };
    schema::read_collected(&collect(&root, &tree, &mut Disk).expect("a readable case"))
}

fn draw(reading: &Reading) -> String {
    render_human(&reading.problems, &reading.sources, Look::default())
}

#[test]
fn every_valid_file_has_no_problem_and_comes_back_equal_from_its_export() {
    for case in cases("valid") {
        let reading = read("valid", &case);
        assert!(reading.problems.is_empty(), "{case}:\n{}", draw(&reading));
        let farm = reading.farm.expect("a farm without problems");
        let text = schema::write::yaml(&farm);
        let again = schema::read(&schema::Bundle::single("export.yaml", text.as_str()));
        assert_eq!(again.farm.as_ref(), Some(&farm), "{case}:\n{}\n{text}", draw(&again));
    }
}

#[test]
fn every_invalid_file_gets_the_message_it_deserves() {
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let mut different = Vec::new();
    for case in cases("invalid") {
        let reading = read("invalid", &case);
        assert!(!reading.problems.is_empty(), "{case} has no problem");
        let drawn: String = draw(&reading).lines().map(|line| line.trim_end().to_owned() + "\n").collect();
        let path = folder("invalid").join(format!("{case}.txt"));
        if update {
            std::fs::write(&path, &drawn).expect("a writable file");
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        if drawn != expected {
            different.push(format!("--- {case}, expected\n{expected}\n--- and now\n{drawn}"));
        }
        assert_eq!(reading.farm.is_none(), reading.has_errors(), "{case}");
        for problem in &reading.problems {
            let text = reading.sources.file(problem.place.file).expect("a file of the bundle").text();
            assert!(text.get(problem.place.start..problem.place.end).is_some(), "{case}: {problem:?}");
            assert!(schema::explain(problem.code).is_some(), "{case}: {}", problem.code);
            assert!(problem.help.is_some(), "{case}: {} has no way out", problem.code);
        }
    }
    assert!(different.is_empty(), "{}\nUPDATE_EXPECT=1 rewrites them", different.join("\n"));
}

#[test]
fn every_code_has_a_case() {
    let mut seen = BTreeSet::new();
    for case in cases("invalid") {
        seen.extend(read("invalid", &case).problems.iter().map(|problem| problem.code));
    }
    // These need a file system that misbehaves, a very large bundle, a mistake the schema cannot name, or the
    // odds that only `validate` computes.
    let elsewhere = [
        "farm::file::size",
        "farm::include::unreadable",
        "farm::field::value",
        schema::problem::FALSE_ALARMS,
        schema::problem::BLIND,
    ];
    let missing: Vec<&str> =
        schema::codes().filter(|code| !seen.contains(code) && !elsewhere.contains(code)).collect();
    assert!(missing.is_empty(), "no case in tests/invalid for {missing:?}");
}

#[test]
fn a_secret_in_the_wrong_place_is_in_no_output() {
    for case in cases("invalid").iter().filter(|case| case.starts_with("secret_")) {
        let reading = read("invalid", case);
        let json = serde_json::to_string(&reading.problems).expect("problems as JSON");
        for output in [draw(&reading), json, format!("{:?}", reading.problems)] {
            for secret in ["hunter2", "abcdef0123456789"] {
                assert!(!output.contains(secret), "{case}:\n{output}");
            }
        }
    }
}
