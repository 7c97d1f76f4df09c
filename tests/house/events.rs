//! The catalogue of events is what the daemon tells of: every kind of it is made somewhere.

use schema::event::EventKind;

use crate::sources;

#[test]
fn every_kind_of_the_catalogue_is_made_by_somebody() {
    let made: String = sources()
        .into_iter()
        .filter(|(path, _)| {
            path.starts_with("daemon") && path.components().all(|part| part.as_os_str() != "tests")
        })
        .filter(|(path, _)| path.file_stem().is_some_and(|name| name != "tests" && name != "bench"))
        .map(|(_, text)| text)
        .collect();
    for kind in EventKind::ALL {
        let name = format!("EventKind::{kind:?}");
        let is_whole = |at: usize| !made[at + name.len()..].starts_with(|next: char| next.is_alphanumeric());
        let found = made.match_indices(&name).any(|(at, _)| is_whole(at));
        assert!(found, "nobody tells of {kind}: it goes from the catalogue, or somebody should");
    }
}
