//! The examples of the repository have no problem, and come back equal from their own export.

#![allow(clippy::disallowed_methods)] // this is not the ground floor: it has files and a clock

use std::io;
use std::path::{Path, PathBuf};

use schema::bundle::{Files, collect};
use schema::problem::{Look, render_human};

/// The file system as it is.
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

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").join("examples")
}

fn read(file: &str) -> schema::Farm {
    let collected = collect(&examples().join(file), &examples(), &mut Disk).expect("a readable example");
    let reading = schema::read_collected(&collected);
    let drawn = render_human(&reading.problems, &reading.sources, Look::default());
    assert!(reading.problems.is_empty(), "{file}:\n{drawn}");
    reading.farm.expect("a farm without problems")
}

#[test]
fn every_example_has_no_problem_and_reads_back_equal() {
    let files = [
        "farm.yaml",
        "one-rig.yaml",
        "two-customers.yaml",
        "failover.yaml",
        "ranges.yaml",
        "includes/farm.yaml",
    ];
    for file in files {
        let farm = read(file);
        let text = schema::write::yaml(&farm);
        let again = schema::read(&schema::Bundle::single("export.yaml", text.clone()));
        let drawn = render_human(&again.problems, &again.sources, Look::default());
        let again = again.farm.unwrap_or_else(|| panic!("{file}: export is not clean:\n{drawn}\n{text}"));
        assert_eq!(again, schema::Farm { include: Vec::new(), ..farm.clone() }, "{file}");
        assert_eq!(schema::diff::diff(&farm, &again), [], "{file}");
    }
}

#[test]
fn the_complete_example_has_every_section() {
    let text = std::fs::read_to_string(examples().join("farm.yaml")).expect("the example");
    let schema = schema::json_schema();
    for section in
        schema["properties"].as_object().expect("sections").keys().filter(|name| *name != "include")
    {
        let there = text.lines().any(|line| line.starts_with(&format!("{section}:")));
        assert!(there, "examples/farm.yaml has no `{section}`");
    }
}

#[test]
fn a_farm_in_several_files_is_one_farm() {
    let inventory = schema::Inventory::of(&read("includes/farm.yaml"));
    assert_eq!(inventory.len(), 50);
}

#[test]
fn what_is_not_acted_on_yet_is_said_of_the_large_example_and_not_of_the_small_one() {
    assert_eq!(schema::scope::not_acted_on(&read("one-rig.yaml")), []);
    let said: Vec<String> =
        schema::scope::not_acted_on(&read("farm.yaml")).iter().map(ToString::to_string).collect();
    for section in ["collectors", "alerts", "staff", "investors", "money", "portal", "hubs"] {
        assert!(said.iter().any(|line| line.starts_with(&format!("{section}: "))), "{section}: {said:#?}");
    }
}
