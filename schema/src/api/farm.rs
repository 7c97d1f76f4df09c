//! Handing in a farm: the files, where they came from, and who else was first.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{FormatVersion, PlanDoc, kind};

kind!(ApplyRequestKind, "stratum.apply-request");
kind!(ApplyAnswerKind, "stratum.apply-answer");
kind!(PlanRequestKind, "stratum.plan-request");
kind!(RollbackRequestKind, "stratum.rollback-request");
kind!(ConflictKind, "stratum.conflict");

/// The files of a farm as they were read: the farm file first, then its includes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct BundleDoc {
    /// The files, the farm file first.
    pub files: Vec<BundleFile>,
}

/// One file of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct BundleFile {
    /// Path relative to the folder of the farm file, with `/` between its parts.
    pub path: String,
    /// The whole text.
    pub text: String,
}

/// Where a farm came from: the commit, its author, and whether the files were changed since.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct Provenance {
    /// The commit, 40 hex digits; absent when the files are not in git.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The branch; absent on a detached head.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Author of the commit, `Name <mail>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Whether a file of the farm differs from the commit, or is not in it.
    #[serde(default)]
    pub dirty: bool,
    /// Address of the remote repository, without credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote: Option<String>,
    /// First line of the commit message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Version of the program that sent this.
    pub tool_version: String,
}

/// Asks for a farm to become the next generation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct ApplyRequest {
    /// Says which document this is.
    pub kind: ApplyRequestKind,
    /// Version of this document.
    pub format_version: FormatVersion,
    /// The files of the farm.
    pub bundle: BundleDoc,
    /// The generation this farm was planned against; 0 when there was none. If it is no longer the head, the
    /// request is refused with a conflict.
    pub base_generation: u64,
    /// Where the files came from.
    pub provenance: Provenance,
    /// Why, in the user's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How much may be deleted: a share such as `5%`, or a count. The daemon has its own default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_delete: Option<String>,
    /// Sent again with the same key, a request is answered with the generation it made the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

/// A farm was accepted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct ApplyAnswer {
    /// Says which document this is.
    pub kind: ApplyAnswerKind,
    /// Version of this document.
    pub format_version: FormatVersion,
    /// The head generation now.
    pub generation: u64,
    /// The generation before it; 0 when there was none.
    pub parent: u64,
    /// SHA-256 of the bundle, hex.
    pub digest: String,
    /// Whether this request made the generation; false when an earlier request with the same idempotency key
    /// did, or when the farm is the one that was wanted already.
    pub created: bool,
    /// What the daemon found to change, as planned against the parent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanDoc>,
}

/// Asks what a farm would change; nothing is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct PlanRequest {
    /// Says which document this is.
    pub kind: PlanRequestKind,
    /// Version of this document.
    pub format_version: FormatVersion,
    /// The files of the farm.
    pub bundle: BundleDoc,
    /// How much may be deleted: a share such as `5%`, or a count. The daemon has its own default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_delete: Option<String>,
}

/// Asks for an earlier farm to be wanted again, as a new generation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct RollbackRequest {
    /// Says which document this is.
    pub kind: RollbackRequestKind,
    /// Version of this document.
    pub format_version: FormatVersion,
    /// The generation whose farm is wanted again.
    pub to: u64,
    /// The head the user saw; if it has moved, the request is refused with a conflict.
    pub base_generation: u64,
    /// Why, in the user's words.
    pub reason: String,
    /// Who asks, and from where; its commit is that of the user's tree, not of the farm that comes back.
    pub provenance: Provenance,
    /// How much may be deleted: a share such as `5%`, or a count. The daemon has its own default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_delete: Option<String>,
    /// Sent again with the same key, a request is answered with the generation it made the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

/// Who was first: the present head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct Conflict {
    /// The head generation now; 0 when there is none.
    pub head: u64,
    /// The generation the refused request was based on.
    pub base: u64,
    /// Author of the head.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Commit of the head.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// When the head was accepted, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Who sent the head, as the daemon saw the connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<String>,
}

/// The answer to a request whose base is no longer the head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct ConflictDoc {
    /// Says which document this is.
    pub kind: ConflictKind,
    /// Version of this document.
    pub format_version: FormatVersion,
    /// Who was first.
    pub conflict: Conflict,
}
