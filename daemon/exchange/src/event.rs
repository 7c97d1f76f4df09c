//! Things that happened, worth telling a person or keeping.

mod repeats;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use repeats::Repeats;
pub use schema::event::{EventKind, Severity};

use crate::time::Timestamp;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: EventKind,
    /// How much it matters.
    pub severity: Severity,
    /// What it is about, such as `rig/a-001` or `customer/alice`.
    pub subject: String,
    /// For a person.
    pub message: String,
    /// For a program.
    pub fields: BTreeMap<String, String>,
}

impl Event {
    /// An event without fields, as severe as its kind usually is.
    pub fn new(
        at: Timestamp,
        kind: EventKind,
        subject: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            at,
            kind,
            severity: kind.severity(),
            subject: subject.into(),
            message: message.into(),
            fields: BTreeMap::new(),
        }
    }

    /// The same, as severe as this; the catalogue says what a kind may be.
    pub fn told_as(mut self, severity: Severity) -> Self {
        debug_assert!(self.kind.entry().severities.contains(&severity), "{} is never {severity}", self.kind);
        self.severity = severity;
        self
    }

    /// The same with one more field, which the catalogue knows.
    pub fn with(mut self, key: &str, value: impl ToString) -> Self {
        debug_assert!(self.kind.has_field(key), "{} has no field {key}", self.kind);
        self.fields.insert(key.to_owned(), value.to_string());
        self
    }
}
