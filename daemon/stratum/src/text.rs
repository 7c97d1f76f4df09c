//! Text from strangers that ends up before people: in logs, events and tables.

/// Whether a character would do more than be read: begin another line, speak to a terminal, or turn the
/// text around it.
pub fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
        // Tags: they are not seen at all.
        || matches!(c, '\u{e0000}'..='\u{e007f}')
}

/// The text with each such character replaced by a sign that stands for it.
pub fn tame(text: String) -> String {
    if text.chars().any(is_hostile) {
        return text.chars().map(|c| if is_hostile(c) { char::REPLACEMENT_CHARACTER } else { c }).collect();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_words_stay_and_hostile_ones_are_seen() {
        for plain in ["rig-01", "Größe 1 ₿", "日本 🦀"] {
            assert_eq!(tame(plain.into()), plain);
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
