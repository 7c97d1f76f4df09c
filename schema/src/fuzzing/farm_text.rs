//! The text of a farm file, and what is said of it.

use super::spellings::{AFTER, KEYS, SECRET, VALUES, farm};
use crate::bundle::Bundle;
use crate::problem::{Look, render_human};
use crate::{Reading, read};

/// Keys whose value, right behind them, is a secret whatever else is in a file.
const SURE: [&str; 8] = [
    "password: ",
    "password: '",
    "password: \"",
    "token: ",
    "token: '",
    "secret: ",
    "webhook: ",
    "webhook: 'https://hooks.example/",
];
/// Pieces of a file that is put together.
const PIECES_MAX: usize = 8;

/// Reads any text as a farm file: it is a farm, or there are problems that can be drawn, each at a place within the
/// text. A secret in it, in one of many spellings, is never drawn, whatever the rest is like. Texts that begin with a
/// zero byte are put together from such spellings.
///
/// # Panics
///
/// Where any of this does not hold.
pub fn farm_text(bytes: &[u8]) {
    let text = match bytes.split_first() {
        Some((0, rest)) => spelt(rest),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    };
    let reading = read(&Bundle::single("farm.yaml", text.clone()));
    assert_eq!(reading.farm.is_none(), reading.has_errors(), "a farm, or a reason why not");
    for problem in &reading.problems {
        let place = problem.place;
        assert!(place.start <= place.end && place.end <= text.len(), "{place:?} of {}", text.len());
        assert!(text.is_char_boundary(place.start) && text.is_char_boundary(place.end), "{place:?}");
        assert!(crate::explain(problem.code).is_some(), "{} is explained", problem.code);
    }
    let said = said_of(&reading);
    assert_eq!(said.is_empty(), reading.problems.is_empty());
    if bytes.first() == Some(&0) || is_secret(&text) {
        assert!(!said.contains(SECRET), "the secret is shown:\n{said}\nof\n{text}");
    }
}

/// What is drawn of a text, and the problems as JSON.
#[cfg(test)]
pub(super) fn said_briefly(text: &str) -> String {
    said_of(&read(&Bundle::single("farm.yaml", text)))
}

fn said_of(reading: &Reading) -> String {
    if reading.problems.is_empty() {
        return String::new();
    }
    let drawn = render_human(&reading.problems, &reading.sources, Look::default());
    drawn + &serde_json::to_string(&reading.problems).expect("problems are JSON")
}

/// Whether our secret stands in the text, and only at places that no reading of it can take for anything else.
fn is_secret(text: &str) -> bool {
    let mut places = text.match_indices(SECRET).peekable();
    places.peek().is_some()
        && places.all(|(at, _)| {
            let line = &text[text[..at].rfind('\n').map_or(0, |end| end + 1)..at];
            let key = line.trim_start_matches([' ', '-']);
            SURE.contains(&key)
        })
}

/// A file put together from spellings of a secret and of what else may be wrong.
fn spelt(bytes: &[u8]) -> String {
    let mut text = farm("", "");
    for piece in bytes.chunks(4).take(PIECES_MAX) {
        let at = |n: usize| usize::from(piece.get(n).copied().unwrap_or(0));
        let (key, value) = (KEYS[at(0) % KEYS.len()], VALUES[at(1) % VALUES.len()]);
        let (pad, form) = (" ".repeat(at(2) % 10), at(2) / 10);
        let value = value.replace('@', SECRET);
        // A key that names nothing is no key of a secret.
        if form % 2 == 1 && !key.contains('?') {
            text += &format!("{pad}- {{ a: 1, {key} {value} }}\n");
        } else {
            text += &format!("{pad}{key} {}\n", value.replace('\n', &format!("\n{pad}")));
        }
        text += &AFTER[at(3) % AFTER.len()].replace('@', "x");
        text.push('\n');
    }
    if bytes.first().is_some_and(|byte| byte & 0x80 != 0) { text.replace('\n', "\r\n") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_is_a_farm_or_has_problems_and_shows_no_secret() {
        fuzz_slice::run("farm_text", 1_000, farm_text);
    }

    #[test]
    fn a_secret_that_stands_elsewhere_is_not_asked_for() {
        assert!(is_secret("house:\n  - password: hunter2zq\n"));
        assert!(!is_secret("name: hunter2zq") && !is_secret("a") && !is_secret("xpassword: hunter2zq"));
        assert!(!is_secret("password: hunter2zq\nuser: hunter2zq"));
    }
}
