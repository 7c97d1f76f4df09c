//! `farm.schema.json` is what the types say. `UPDATE_EXPECT=1` rewrites it.

#![allow(clippy::disallowed_methods)] // this is not the ground floor: it has files and a clock

use std::path::Path;

#[test]
fn the_committed_schema_is_the_one_derived_from_the_types() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("farm.schema.json");
    let derived = serde_json::to_string_pretty(&schema::json_schema()).expect("a value") + "\n";
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, &derived).expect("a writable file");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == derived,
        "schema/farm.schema.json differs: UPDATE_EXPECT=1 cargo test -p schema rewrites it"
    );
}

#[test]
fn the_committed_page_of_events_is_the_catalogue() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/events.md");
    let derived = schema::event::reference();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, &derived).expect("a writable file");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == derived, "docs/events.md differs: UPDATE_EXPECT=1 cargo test -p schema rewrites it");
}
