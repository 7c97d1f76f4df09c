//! Things that happened, worth telling a person or keeping.

mod repeats;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use repeats::Repeats;

use crate::time::Timestamp;

/// How much an event matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Somebody should look in time.
    Warning,
    /// Work is being lost.
    Error,
}

impl Severity {
    /// As written in documents.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// What, in the past tense, such as `pool-lost`. Stable.
    pub kind: String,
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
    /// An event without fields.
    pub fn new(
        at: Timestamp,
        kind: &str,
        severity: Severity,
        subject: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            at,
            kind: kind.to_owned(),
            severity,
            subject: subject.into(),
            message: message.into(),
            fields: BTreeMap::new(),
        }
    }

    /// The same with one more field.
    pub fn with(mut self, key: &str, value: impl ToString) -> Self {
        self.fields.insert(key.to_owned(), value.to_string());
        self
    }
}
