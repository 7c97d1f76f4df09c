//! The envelope of a V1 line: strict about meaning, patient about the order and presence of members.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::BadLine;
use crate::peer::{Refusal, RequestId};
use crate::text::words;

/// A line, opened but not yet read.
#[derive(Debug, Deserialize)]
pub(crate) struct Envelope<'a> {
    /// Absent or null in notices.
    #[serde(borrow, default)]
    pub(crate) id: Option<&'a RawValue>,
    /// Present in requests and notices.
    #[serde(borrow, default)]
    pub(crate) method: Option<Cow<'a, str>>,
    /// As sent.
    #[serde(borrow, default)]
    pub(crate) params: Option<&'a RawValue>,
    /// Present in answers.
    #[serde(borrow, default)]
    pub(crate) result: Option<&'a RawValue>,
    /// Array, text, object, or null.
    #[serde(borrow, default)]
    pub(crate) error: Option<&'a RawValue>,
    /// ckpool's way to say why.
    #[serde(borrow, default, rename = "reject-reason")]
    pub(crate) reject_reason: Option<&'a RawValue>,
}

/// Opens a line.
pub(crate) fn open(line: &[u8]) -> Result<Envelope<'_>, BadLine> {
    // serde would read a list into the struct as well, member by member.
    if !line.trim_ascii_start().starts_with(b"{") {
        return Err(BadLine("not a JSON object".into()));
    }
    serde_json::from_slice(line).map_err(|error| BadLine(unreadable(&error)))
}

/// What is wrong with JSON, and where. serde's own words repeat what was sent, perhaps our password.
pub(crate) fn unreadable(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        serde_json::error::Category::Data => "another type than expected",
        serde_json::error::Category::Eof => "it ends too early",
        _ => "not JSON",
    };
    format!("{what}, column {}", error.column())
}

impl Envelope<'_> {
    /// The id as it must be echoed.
    pub(crate) fn request_id(&self) -> RequestId {
        self.id.map_or_else(RequestId::null, |raw| RequestId(raw.get().into()))
    }

    /// The id as one of our own numbers. Some pools turn numbers into text.
    pub(crate) fn own_id(&self) -> Option<u64> {
        let raw = self.id?.get();
        raw.trim_matches('"').parse().ok()
    }

    /// The parameters as a list; a lone value counts as a list of one, anything else as none.
    pub(crate) fn params(&self) -> Vec<&RawValue> {
        let Some(raw) = self.params else { return Vec::new() };
        match serde_json::from_str::<Vec<&RawValue>>(raw.get()) {
            Ok(list) => list,
            Err(_) if raw.get().starts_with(['{', '[']) || raw.get() == "null" => Vec::new(),
            Err(_) => vec![raw],
        }
    }

    /// Why an answer is a no, if it is one. Accepted means: no error, no reject-reason with a false
    /// result, and a result that is neither false nor null.
    pub(crate) fn refusal(&self) -> Option<Refusal> {
        let is_yes = self.result.is_some_and(|result| result.get() == "true");
        if let Some(error) = present(self.error).filter(|error| !(is_yes && says_nothing(error))) {
            return Some(read_error(error));
        }
        if let Some(result) = present(self.result)
            && result.get() != "false"
        {
            return None;
        }
        let words = present(self.reject_reason).map(text_of).unwrap_or_default();
        Some(Refusal { code: None, text: words })
    }
}

/// Other ways to say that there is no error, beside a result that says so, too.
fn says_nothing(error: &RawValue) -> bool {
    matches!(error.get(), "false" | "0" | "\"\"") || error.get().bytes().all(|byte| b"[]{} ".contains(&byte))
}

/// `None` for absent and null alike.
pub(crate) fn present(raw: Option<&RawValue>) -> Option<&RawValue> {
    raw.filter(|raw| raw.get() != "null")
}

/// A text parameter; numbers and booleans count as their own text. Nothing is copied where nothing is escaped.
pub(crate) fn text(raw: &RawValue) -> Option<Cow<'_, str>> {
    let json = raw.get();
    if let Some(inner) = json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        if !inner.contains('\\') {
            return Some(Cow::Borrowed(inner));
        }
        serde_json::from_str(json).ok().map(Cow::Owned)
    } else if json.starts_with(['{', '[']) || json == "null" {
        None
    } else {
        Some(Cow::Borrowed(json))
    }
}

/// A number parameter; texts that hold a number count as well.
pub(crate) fn number(raw: &RawValue) -> Option<f64> {
    raw.get().trim_matches('"').trim().parse().ok()
}

/// Appends text to a line that is being written.
pub(crate) fn put(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    std::io::Write::write_fmt(out, text).expect("memory takes every byte");
}

fn text_of(raw: &RawValue) -> String {
    words(&text(raw).unwrap_or(Cow::Borrowed(raw.get())))
}

fn read_error(raw: &RawValue) -> Refusal {
    #[derive(Deserialize)]
    struct Object {
        code: Option<i64>,
        message: Option<String>,
    }
    let json = raw.get();
    if let Ok(list) = serde_json::from_str::<Vec<&RawValue>>(json) {
        let code = list.first().and_then(|raw| number(raw)).map(|code| code as i64);
        return Refusal { code, text: list.get(1).map(|raw| text_of(raw)).unwrap_or_default() };
    }
    if let Ok(object) = serde_json::from_str::<Object>(json) {
        return Refusal { code: object.code, text: words(&object.message.unwrap_or_default()) };
    }
    Refusal { code: None, text: text_of(raw) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(line: &str) -> Option<(Option<i64>, String)> {
        open(line.as_bytes()).unwrap().refusal().map(|r| (r.code, r.text))
    }

    #[test]
    fn every_shape_of_a_no() {
        assert_eq!(refusal(r#"{"id":7,"error":null,"result":true}"#), None);
        assert_eq!(refusal(r#"{"id":7,"result":true}"#), None);
        assert_eq!(
            refusal(r#"{"id":5,"result":null,"error":[21,"Job not found",""]}"#),
            Some((Some(21), "Job not found".into()))
        );
        assert_eq!(
            refusal(r#"{"reject-reason":"Above target 2","result":false,"error":null,"id":8}"#),
            Some((None, "Above target 2".into()))
        );
        assert_eq!(refusal(r#"{"result":false,"error":"Stale","id":6}"#), Some((None, "Stale".into())));
        assert_eq!(
            refusal(r#"{"jsonrpc":"2.0","error":{"code":22,"message":"dup","data":null},"id":42}"#),
            Some((Some(22), "dup".into()))
        );
        assert_eq!(refusal(r#"{"id":1,"result":null}"#), Some((None, String::new())));
        for nothing in ["[]", "{}", "\"\"", "false", "0", "[ ]"] {
            assert_eq!(refusal(&format!(r#"{{"id":1,"result":true,"error":{nothing}}}"#)), None, "{nothing}");
            assert!(
                refusal(&format!(r#"{{"id":1,"result":false,"error":{nothing}}}"#)).is_some(),
                "{nothing}"
            );
        }
        assert!(refusal(r#"{"id":1,"result":true,"error":[21,"stale",null]}"#).is_some());
    }

    #[test]
    fn ids_keep_their_type() {
        for id in ["4", "\"xnsub\"", "null", "4.0", "18446744073709551615"] {
            let line = format!(r#"{{"method":"x","params":[],"id":{id}}}"#);
            assert_eq!(&*open(line.as_bytes()).unwrap().request_id().0, id);
        }
        assert_eq!(open(br#"{"id":"12","result":true}"#).unwrap().own_id(), Some(12));
    }

    #[test]
    fn what_is_not_an_object_is_an_error() {
        for line in ["", "[]", "nonsense", "{\"id\":1", "\u{16}\u{3}\u{1}", "1"] {
            assert!(open(line.as_bytes()).is_err(), "{line:?}");
        }
        assert!(open(b"{\"method\":\"\xff\"}").is_err());
    }
}
