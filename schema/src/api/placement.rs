//! The history of assets: whom a rig served when and why it came; what was made of a rental's periods.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{FormatVersion, kind};

kind!(PlacementsKind, "stratum.placements");
kind!(SettlementsKind, "stratum.settlements");

/// Who served whom, the latest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct PlacementsDoc {
    /// Says which document this is.
    pub kind: PlacementsKind,
    /// Version of this document.
    pub format_version: FormatVersion,
    /// A rig's times with accounts.
    pub placements: Vec<PlacementDoc>,
    /// There are older ones.
    pub more: bool,
}

/// A rig's time with one account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct PlacementDoc {
    /// The rig.
    pub rig: String,
    /// `customer/rental` or `house`.
    pub account: String,
    /// Since when, RFC 3339.
    pub from: String,
    /// Until when, RFC 3339; absent while it lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Why it came, as a word that does not change: `replaces`, `covers`, `returned`, ...
    pub why: String,
    /// Why it came, as a sentence.
    pub words: String,
    /// About what the change cost, hashes: ten seconds of the rig.
    pub cost: f64,
}

/// How settlement periods ended, the latest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct SettlementsDoc {
    /// Says which document this is.
    pub kind: SettlementsKind,
    /// Version of this document.
    pub format_version: FormatVersion,
    /// One for each rental and period.
    pub settlements: Vec<SettlementDoc>,
    /// There are older ones.
    pub more: bool,
}

/// How a promise was kept in one period. Work is in hashes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct SettlementDoc {
    /// `customer/rental`.
    pub rental: String,
    /// From when, RFC 3339.
    pub from: String,
    /// Until when, RFC 3339.
    pub until: String,
    /// What was to be delivered.
    pub owed: f64,
    /// What was delivered, by the count that decides.
    pub credited: f64,
    /// What would have been owed while the promise was paused.
    pub excused: f64,
    /// What is missing.
    pub missing: f64,
    /// Part of what was owed that was delivered; 1 where nothing was.
    pub delivered: f64,
    /// Part that was promised; absent without such a promise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_min: Option<f64>,
    /// The promise was kept.
    pub met: bool,
    /// Part of the period's price that the customer gets back.
    pub credit: f64,
}
