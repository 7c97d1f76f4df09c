//! Files: each begins by saying what it is, each is reached from a crate, none is too long to read.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::{root, sources};

/// Lines that a source may have before somebody must look for the second noun inside it.
const LINES_MAX: usize = 900;

#[test]
fn every_source_begins_by_saying_what_it_is() {
    let silent: Vec<_> = sources()
        .into_iter()
        .filter(|(path, text)| !text.starts_with("//!") && !is_a_test_beside_its_code(path))
        .map(|(path, _)| path)
        .collect();
    assert!(silent.is_empty(), "these open without a module comment: {silent:#?}");
}

/// `mod tests;` beside the code it tests has said what it is by its name.
fn is_a_test_beside_its_code(path: &Path) -> bool {
    path.ends_with("tests.rs")
}

#[test]
fn no_source_is_too_long_to_read() {
    let long: Vec<_> = sources()
        .into_iter()
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, lines)| *lines > LINES_MAX)
        .collect();
    assert!(long.is_empty(), "longer than {LINES_MAX} lines: {long:#?}");
}

#[test]
fn every_source_is_reached_from_a_crate() {
    let all = sources();
    let known: BTreeSet<&Path> = all.iter().map(|(path, _)| path.as_path()).collect();
    let mut reached = BTreeSet::new();
    let mut queue = roots();
    assert!(queue.len() > 20, "the crates' own entries were found: {queue:?}");
    while let Some(path) = queue.pop() {
        if !reached.insert(path.clone()) {
            continue;
        }
        let Some((_, text)) = all.iter().find(|(other, _)| *other == path) else { continue };
        let is_entry = roots().contains(&path) || path.ends_with("mod.rs");
        let folder = path.parent().expect("a file lies in a folder");
        let below = if is_entry { folder.to_owned() } else { path.with_extension("") };
        for name in modules(text) {
            let found = [below.join(format!("{name}.rs")), below.join(&name).join("mod.rs")];
            queue.extend(found.into_iter().filter(|path| known.contains(path.as_path())));
        }
    }
    let forgotten: Vec<_> = known.into_iter().filter(|path| !reached.contains(*path)).collect();
    assert!(forgotten.is_empty(), "no `mod` leads to these: {forgotten:#?}");
}

/// Names that a source declares as modules in files of their own.
fn modules(text: &str) -> Vec<String> {
    let names = text.lines().filter_map(|line| {
        let line = line.trim().strip_suffix(';')?;
        let line = line.strip_prefix("pub(crate) ").or(line.strip_prefix("pub ")).unwrap_or(line);
        line.strip_prefix("mod ")
    });
    names.map(str::to_owned).collect()
}

/// Where the crates begin: libraries, programs, tests, examples, benchmarks.
fn roots() -> Vec<PathBuf> {
    // Fuzzers have a workspace of their own.
    ["Cargo.toml", "tests/fuzz/Cargo.toml"].into_iter().flat_map(roots_of).collect()
}

fn roots_of(manifest: &str) -> Vec<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let out = std::process::Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline", "--manifest-path", manifest])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    let metadata: Value = serde_json::from_slice(&out.stdout).expect("cargo writes JSON");
    let targets = metadata["packages"].as_array().into_iter().flatten();
    let targets = targets.flat_map(|package| package["targets"].as_array().into_iter().flatten());
    let paths = targets.filter_map(|target| target["src_path"].as_str());
    let home = root().canonicalize().expect("the work tree is there");
    paths.filter_map(|path| Path::new(path).strip_prefix(&home).ok().map(Path::to_owned)).collect()
}
