//! What was wanted and when: generations, newest first.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{BundleDoc, FormatVersion, kind};

kind!(HistoryKind, "stratum.history");
kind!(ShowKind, "stratum.generation");

/// How a generation came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// A farm was handed in.
    Apply,
    /// An earlier farm was asked for again.
    Rollback,
}

/// What became of a generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Wanted, not reached yet.
    Pending,
    /// Every rig does what it says.
    Converged,
    /// A later generation came before it was reached.
    Superseded,
}

/// One generation: an accepted farm, without its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct GenerationDoc {
    /// Its number, counted from 1.
    pub generation: u64,
    /// The generation before it; 0 when there was none.
    pub parent: u64,
    /// When it was accepted, RFC 3339.
    pub at: String,
    /// Author of the commit, `Name <mail>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// The commit, 40 hex digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The branch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// First line of the commit message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Address of the remote repository, without credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote: Option<String>,
    /// Whether the files differed from the commit.
    pub dirty: bool,
    /// Why, in the user's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How it came to be.
    pub kind: ChangeKind,
    /// The generation whose farm came back, for a rollback.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rolled_back_to: Option<u64>,
    /// SHA-256 of the bundle, hex.
    pub digest: String,
    /// What became of it.
    pub outcome: Outcome,
    /// When the outcome was written down, RFC 3339; absent while pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome_at: Option<String>,
    /// Who sent it, as the daemon saw the connection.
    pub peer: String,
    /// Version of the program that sent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_version: Option<String>,
}

/// The generations, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct HistoryDoc {
    /// Says which document this is.
    pub kind: HistoryKind,
    /// Version of this document.
    pub format_version: FormatVersion,
    /// Newest first.
    pub generations: Vec<GenerationDoc>,
    /// Whether older ones were left out.
    pub more: bool,
}

/// One generation with its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct ShowDoc {
    /// Says which document this is.
    pub kind: ShowKind,
    /// Version of this document.
    pub format_version: FormatVersion,
    /// What is known of it.
    pub generation: GenerationDoc,
    /// The files as they were accepted.
    pub bundle: BundleDoc,
}
