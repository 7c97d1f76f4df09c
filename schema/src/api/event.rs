//! Events: what happened, in the order in which the daemon wrote it down.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{FormatVersion, kind};

kind!(EventsKind, "stratum.events");

/// How much an event matters.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, ToSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// For information.
    Info,
    /// Somebody should look when there is time.
    Warning,
    /// Something is not as promised.
    Error,
    /// Somebody should look now.
    Critical,
}

impl Severity {
    /// All of them, the least first.
    pub const ALL: [Severity; 4] = [Severity::Info, Severity::Warning, Severity::Error, Severity::Critical];

    /// As written in documents.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
            Severity::Critical => "critical",
        }
    }
}

impl std::fmt::Display for Severity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct EventDoc {
    /// Its place in the order, counted from 1.
    pub seq: u64,
    /// When it happened, RFC 3339.
    pub at: String,
    /// What happened, such as `pool-lost`.
    pub kind: String,
    /// How much it matters.
    pub severity: Severity,
    /// Whom it concerns, such as `rig/a-001` or `pool/alice/braiins`.
    pub subject: String,
    /// A sentence for people.
    pub message: String,
    /// The facts behind the sentence.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, String>,
}

/// Events in order, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct EventsDoc {
    /// Says which document this is.
    pub kind: EventsKind,
    /// Version of this document.
    pub format_version: FormatVersion,
    /// Oldest first.
    pub events: Vec<EventDoc>,
    /// Ask for events after this number to go on.
    pub next_after: u64,
}
