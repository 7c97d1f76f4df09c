//! Overrides: an operator's override on top of the farm file, with a reason and an end.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{FormatVersion, Provenance, kind};

kind!(OverrideRequestKind, "stratum.override-request");
kind!(OverrideEndRequestKind, "stratum.override-end-request");
kind!(OverridesKind, "stratum.overrides");

/// What an operator overrides for a limited time.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum OverrideAction {
    /// A customer's work goes to this pool, whatever the order in the file.
    Pool {
        /// The customer, or `house`.
        customer: String,
        /// Only this rental of theirs; all when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rental: Option<String>,
        /// The pool.
        pool: String,
    },
    /// A rig is out of service: it serves no rental.
    OutOfService {
        /// The rig.
        rig: String,
    },
    /// A rig serves this rental.
    Lend {
        /// The rig.
        rig: String,
        /// The rental, `customer/rental`.
        rental: String,
    },
}

/// Where an override is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OverrideState {
    /// It begins later.
    Waiting,
    /// It holds now.
    Active,
    /// Its time is over.
    Expired,
    /// Somebody ended it.
    Ended,
}

/// Asks for an override.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct OverrideRequest {
    /// Says which document this is.
    pub kind: OverrideRequestKind,
    /// Version of this document.
    pub format_version: FormatVersion,
    /// What it overrides, and with what.
    pub action: OverrideAction,
    /// Why, in the operator's words; never empty.
    pub reason: String,
    /// How long it holds, in seconds from when the daemon takes it.
    pub ttl_seconds: u64,
    /// Who asks, and from where.
    pub provenance: Provenance,
    /// Sent again with the same key, a request is answered with the override it made the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

/// Asks for an override to end now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct OverrideEndRequest {
    /// Says which document this is.
    pub kind: OverrideEndRequestKind,
    /// Version of this document.
    pub format_version: FormatVersion,
    /// Why, in the operator's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who asks, and from where.
    pub provenance: Provenance,
}

/// One override.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct OverrideDoc {
    /// Its number, counted from 1.
    pub id: u64,
    /// What it overrides, and with what.
    pub action: OverrideAction,
    /// Why, in the operator's words.
    pub reason: String,
    /// Who asked.
    pub by: String,
    /// From when, RFC 3339.
    pub from: String,
    /// Until when, RFC 3339; not included.
    pub until: String,
    /// Where it is in its life.
    pub state: OverrideState,
    /// Who ended it, if somebody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<String>,
    /// When it was ended, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    /// Whether it is done now; absent where it is not in force, and in the answer that makes or ends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub followed: Option<bool>,
    /// Why it is not followed: its pool is unhealthy, or another override holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// The overrides, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct OverridesDoc {
    /// Says which document this is.
    pub kind: OverridesKind,
    /// Version of this document.
    pub format_version: FormatVersion,
    /// Oldest first.
    pub overrides: Vec<OverrideDoc>,
}
