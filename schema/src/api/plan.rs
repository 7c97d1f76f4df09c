//! What a farm would change: the lines of the difference, and what they do to rigs and rentals.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{FormatVersion, ProblemDoc, kind};

kind!(PlanKind, "stratum.plan");

/// What would change if a farm were applied now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct PlanDoc {
    /// Says which document this is.
    pub kind: PlanKind,
    /// Version of this document.
    pub format_version: FormatVersion,
    /// The generation the plan was made against; 0 when there is none.
    pub base_generation: u64,
    /// SHA-256 of the bundle, hex.
    pub digest: String,
    /// The differences; equal changes to many things are one line.
    pub changes: Vec<ChangeLine>,
    /// What they do to the farm as it runs now.
    pub effects: Effects,
    /// Whether something would be deleted.
    pub destructive: bool,
    /// How many named things (rigs, pools, customers, rentals) would be deleted.
    pub delete_count: u64,
    /// Whether the farm may be applied as it stands: it has no errors and deletes no more than allowed.
    pub applicable: bool,
    /// Whether there is any difference.
    pub changes_present: bool,
    /// Why it is not applicable, and warnings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<ProblemDoc>,
}

/// What happens to the things of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeVerb {
    /// It is new.
    Add,
    /// It has another value.
    Change,
    /// It goes.
    Remove,
}

/// One line of the difference, for one thing or for many that change alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct ChangeLine {
    /// How many things change in this way.
    pub count: u64,
    /// Where: `/rigs/*/rack`, with `*` for a name when there are several.
    pub path: String,
    /// What happens.
    pub kind: ChangeVerb,
    /// The value before, as it would be written in the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// The value after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
    /// Some of the names, in order; all of them when `count` is small.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
}

/// What a plan does to rigs and rentals.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct Effects {
    /// How many rigs will mine for another account.
    pub rigs_moving: u64,
    /// The moves, grouped by where from and where to.
    pub moves: Vec<RigMove>,
    /// Rentals that would get less than their contract.
    pub shortfalls: Vec<Shortfall>,
    /// What the file says and the daemon does not act on yet, and other remarks.
    pub notes: Vec<EffectNote>,
}

/// Rigs that move alike.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct RigMove {
    /// The account they leave: `customer/rental`, or `house`; absent for a new rig.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The account they join; absent for a rig that goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// How many rigs.
    pub rigs: u64,
    /// What they are expected to do together, H/s.
    pub hashrate: f64,
}

/// A rental that would get less than its contract.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct Shortfall {
    /// The rental, `customer/rental`.
    pub rental: String,
    /// What was promised, H/s.
    pub contracted: f64,
    /// What the rigs of the farm can give it, H/s.
    pub covered: f64,
    /// What is missing, H/s.
    pub short: f64,
    /// From when on, RFC 3339; absent when from now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Until when, RFC 3339; absent when no end is in sight.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// A remark about a part of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct EffectNote {
    /// The part, such as `/alerts`.
    pub path: String,
    /// The remark, such as "not acted on yet".
    pub message: String,
}
