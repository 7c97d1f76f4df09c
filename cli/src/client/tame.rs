//! The daemon's answers as they may be shown: a miner or a pool that is called something clever neither speaks
//! to the terminal nor begins a line of its own. The daemon takes such characters out; this does not rely on it.

use farm::text::is_hostile;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Reads an answer.
pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, serde_json::Error> {
    if is_plain(bytes) {
        return serde_json::from_slice(bytes);
    }
    let mut value: Value = serde_json::from_slice(bytes)?;
    tame(&mut value, "");
    serde_json::from_value(value)
}

/// Whether no text in it can hold more than what is seen.
fn is_plain(json: &[u8]) -> bool {
    let escapes = json
        .windows(2)
        .any(|pair| pair[0] == b'\\' && matches!(pair[1], b'b' | b'f' | b'n' | b'r' | b't' | b'u'));
    !escapes && json.iter().all(|byte| *byte < 0x7f)
}

fn tame(value: &mut Value, field: &str) {
    match value {
        Value::String(text) => {
            // The text of a file has lines.
            let keeps = |c: char| !is_hostile(c) || field == "text" && matches!(c, '\n' | '\r' | '\t');
            if !text.chars().all(keeps) {
                let shown = text
                    .chars()
                    .map(|c| if keeps(c) { c.to_string() } else { c.escape_default().to_string() });
                *text = shown.collect();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| tame(item, field)),
        Value::Object(fields) => fields.iter_mut().for_each(|(name, value)| tame(value, name)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_one_line_and_files_keep_theirs() {
        let raw = r#"{"name":"a\nERROR \u001b[2J\u202e","files":[{"path":"x\r","text":"a: 1\nb: \u001b 2\n"}],"n":1,"w":"Größe"}"#;
        let value: Value = read(raw.as_bytes()).unwrap();
        assert_eq!(value["name"], "a\\nERROR \\u{1b}[2J\\u{202e}");
        assert_eq!(value["files"][0]["text"], "a: 1\nb: \\u{1b} 2\n");
        assert_eq!((&value["files"][0]["path"], &value["w"]), (&"x\\r".into(), &"Größe".into()));
        let plain: Value = read(br#"{"name":"a \"b\" \\c"}"#).unwrap();
        assert_eq!(plain["name"], "a \"b\" \\c");
    }
}
