//! The farm file that the language was made for, where it lies beside the repository.

#![allow(clippy::disallowed_methods, clippy::print_stdout)] // a test with files, which says when it is skipped

use std::path::{Path, PathBuf};

use schema::problem::{Look, render_human};

fn shared_farm() -> Option<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().map(|folder| folder.join("shared/farm.yaml")).find(|path| path.is_file())
}

#[test]
fn the_shared_farm_file_has_no_problem() {
    let Some(path) = shared_farm() else {
        let in_ci = std::env::var("CI").is_ok_and(|value| value == "true");
        assert!(!in_ci, "shared/farm.yaml is not beside the repository");
        println!("skipped: shared/farm.yaml is not beside the repository");
        return;
    };
    let text = std::fs::read_to_string(&path).expect("a readable file");
    let reading = schema::read(&schema::Bundle::single("farm.yaml", text));
    assert!(
        reading.problems.is_empty(),
        "{}",
        render_human(&reading.problems, &reading.sources, Look::default())
    );
    let farm = reading.farm.expect("a farm without problems");
    assert_eq!(schema::Inventory::of(&farm).len(), 24 + 24 + 1 + 4 + 1 + 2 + 1);
}
