//! What went wrong, and what the daemon is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{FormatVersion, Severity, kind};

kind!(ErrorKind, "stratum.error");
kind!(VersionKind, "stratum.version");

/// A request could not be carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct ErrorDoc {
    /// Says which document this is.
    pub kind: ErrorKind,
    /// Version of this document.
    pub format_version: FormatVersion,
    /// What went wrong.
    pub error: ErrorBody,
    /// The single problems of a farm that was refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<ProblemDoc>,
}

impl ErrorDoc {
    /// An error without single problems.
    pub fn new(code: &str, message: impl Into<String>, help: Option<&str>) -> ErrorDoc {
        ErrorDoc {
            kind: ErrorKind::default(),
            format_version: FormatVersion::default(),
            error: ErrorBody {
                code: code.to_owned(),
                message: message.into(),
                help: help.map(str::to_owned),
            },
            problems: Vec::new(),
        }
    }
}

/// What went wrong, and a way out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct ErrorBody {
    /// A stable code for programs, such as `conflict` or `guard::max_delete`.
    pub code: String,
    /// A sentence for people.
    pub message: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// One problem of a farm file, with its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct ProblemDoc {
    /// A stable code for programs, such as `farm::ref::unknown_pool`.
    pub code: String,
    /// Whether it prevents an apply.
    pub severity: Severity,
    /// A sentence for people.
    pub message: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// JSON pointer of the value, such as `/rigs/a-001/rack`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The file, as named in the bundle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// First byte of the place in the file, counted from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub byte_start: Option<u64>,
    /// The byte after the place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub byte_end: Option<u64>,
    /// Line, counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Column in characters, counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u64>,
}

/// The daemon that answers, and the farm it keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct VersionDoc {
    /// Says which document this is.
    pub kind: VersionKind,
    /// Version of this document, and of every other document the daemon writes.
    pub format_version: FormatVersion,
    /// The daemon.
    pub server: ServerDoc,
    /// The `apiVersion` values of farm files that it reads.
    pub farm_versions: Vec<String>,
}

/// A daemon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct ServerDoc {
    /// Its id, made once and kept with its data.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Name of the farm it keeps; absent until one was applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub farm: Option<String>,
    /// The head generation; 0 when there is none.
    pub generation: u64,
    /// When it was started, RFC 3339.
    pub started_at: String,
}
