//! What holds of every line, whoever wrote it.

use serde_json::Value;

use crate::line::Lines;
use crate::text::WORDS_MAX;
use crate::text::is_hostile;
use crate::v1::message;

/// Calls `each` for every line in a stream, as a socket gives it: in pieces.
pub(super) fn each(stream: &[u8], max: usize, mut each: impl FnMut(&[u8])) {
    let mut lines = Lines::new(max);
    let piece = 1 + stream.len() / 3;
    for piece in stream.chunks(piece) {
        let fed = lines.feed(piece, |line| {
            assert!(
                line.len() <= max && !line.contains(&b'\n') && line.trim_ascii() == line && !line.is_empty()
            );
            each(line);
            true
        });
        if fed.is_err() {
            return;
        }
        assert!(lines.pending() <= max);
    }
}

/// An id that was read is that of the line, whatever else is in it.
pub(super) fn assert_id_of(line: &[u8], id: &str) {
    // Numbers that no f64 holds, and halves of characters, are ids, too; only they cannot be compared like this.
    if let Ok(whole) = serde_json::from_slice::<Value>(line) {
        let there = whole.get("id").unwrap_or(&Value::Null);
        let read: Value = serde_json::from_str(id).expect("an id is JSON where the whole line is");
        assert_eq!(there, &read, "the id is given back");
    }
    assert!(id == "null" || line.windows(id.len()).any(|part| part == id.as_bytes()), "as it was written");
}

/// What was written is one line with that id, and JSON if the id is.
pub(super) fn assert_one_line(written: &[u8], id: &str) {
    let Some((b'\n', line)) = written.split_last() else { panic!("a line has an end") };
    assert!(!line.contains(&b'\n'), "one line: {}", written.escape_ascii());
    let envelope = message::open(line).expect("what is written can be opened");
    let raw = envelope.id.map_or("null", |raw| raw.get());
    assert_eq!(raw, id, "the id is echoed");
    if serde_json::from_str::<Value>(id).is_ok() {
        serde_json::from_slice::<Value>(line).expect("what is written is JSON");
    }
}

/// Words that are shown to people: bounded, and without what would do more than be read.
pub(super) fn assert_words(words: &str) {
    assert!(words.chars().count() <= WORDS_MAX, "{} characters are shown", words.chars().count());
    assert!(!words.chars().any(is_hostile), "{words:?}");
}
