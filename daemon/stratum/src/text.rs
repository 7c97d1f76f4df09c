//! Text from strangers that ends up before people: in logs, events and tables.

use std::borrow::Cow;

/// Whether a character would do more than be read: begin another line, speak to a terminal, or turn the
/// text around it.
pub fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
        // Tags: they are not seen at all.
        || matches!(c, '\u{e0000}'..='\u{e007f}')
}

/// The text with each such character replaced by a sign that stands for it.
pub fn tame<'a>(text: impl Into<Cow<'a, str>>) -> String {
    let text = text.into();
    let is_plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if !is_plain && text.chars().any(is_hostile) {
        return text.chars().map(|c| if is_hostile(c) { char::REPLACEMENT_CHARACTER } else { c }).collect();
    }
    text.into_owned()
}

/// Longest piece of a peer's own words that is kept for a log, characters.
pub const WORDS_MAX: usize = 200;

/// A peer's words for a log: no control characters, none that turn or hide what follows, bounded.
pub fn words(text: &str) -> String {
    text.chars().filter(|c| !is_hostile(*c)).take(WORDS_MAX).collect()
}

/// What stands in the place of a secret.
const STRUCK: &str = "***";
/// Shorter secrets are struck where they are whole words: `x` guards nothing and is in most texts.
const SHORT_MAX: usize = 3;

/// Strikes a secret out of what a peer said, in whatever case it is written. `cut` says that the text was cut
/// at its end: the beginning of the secret there is struck as well.
pub fn strike(text: &mut String, secret: &str, cut: bool) {
    if secret.is_empty() {
        return;
    }
    let wanted = secret.to_ascii_lowercase();
    let mut from = 0;
    // As many bytes in lower case as before, so places are the same.
    while let Some(found) = text.get(from..).and_then(|rest| rest.to_ascii_lowercase().find(&wanted)) {
        let (start, end) = (from + found, from + found + wanted.len());
        let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let inside = is_word(text[..start].chars().next_back()) || is_word(text[end..].chars().next());
        if wanted.chars().count() <= SHORT_MAX && inside {
            from = end;
            continue;
        }
        text.replace_range(start..end, STRUCK);
        from = start + STRUCK.len();
    }
    if cut && wanted.chars().count() > SHORT_MAX {
        let lower = text.to_ascii_lowercase();
        let begins = wanted.char_indices().map(|(at, _)| at).rev().filter(|at| *at > SHORT_MAX);
        if let Some(len) = begins.into_iter().find(|len| lower.ends_with(&wanted[..*len])) {
            text.replace_range(text.len() - len.., STRUCK);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_struck_however_it_is_written_and_where_it_was_cut() {
        let struck = |text: &str, secret: &str, cut: bool| {
            let mut text = text.to_owned();
            strike(&mut text, secret, cut);
            text
        };
        assert_eq!(
            struck("bad password Hunter2 of me:HUNTER2!", "hunter2", false),
            "bad password *** of me:***!"
        );
        assert_eq!(struck("hunter2hunter2", "hunter2", false), "******");
        assert_eq!(struck("x is no password, xylophone", "x", false), "*** is no password, xylophone");
        assert_eq!(struck("größe hünter", "hünter", false), "größe ***");
        assert_eq!(struck("so it said hunte", "hunter2", true), "so it said ***");
        assert_eq!(struck("so it said hunte", "hunter2", false), "so it said hunte");
        assert_eq!(struck("***", "*", false), "*********");
        assert_eq!(struck("", "a", true), "");
    }

    #[test]
    fn plain_words_stay_and_hostile_ones_are_seen() {
        for plain in ["rig-01", "Größe 1 ₿", "日本 🦀"] {
            assert_eq!(tame(plain), plain);
        }
        for hostile in [
            "\n",
            "\r",
            "\t",
            "\0",
            "\u{1b}[2J",
            "\u{7f}",
            "\u{9b}2J",
            "\u{85}",
            "\u{2028}",
            "\u{202e}",
            "\u{200b}",
        ] {
            let tamed = tame(format!("a{hostile}b"));
            assert!(!tamed.chars().any(is_hostile) && tamed.contains('\u{fffd}'), "{tamed:?}");
        }
    }
}
