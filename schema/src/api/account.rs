//! What was counted: our verdict on shares, and the pools' beside it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{FormatVersion, kind};

/// The verdict on a good share of a rig.
pub const TAKEN: &str = "taken";

kind!(AccountsKind, "stratum.accounts");

/// Recorded shares.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct AccountsDoc {
    /// Says which document this is.
    pub kind: AccountsKind,
    /// Version of this document.
    pub format_version: FormatVersion,
    /// Our verdicts, by account, rig and verdict.
    pub work: Vec<Work>,
    /// The pools' verdicts on what was forwarded to them, by account, pool and verdict.
    pub pools: Vec<PoolWork>,
}

/// Shares of one rig for one account with one verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct Work {
    /// `customer/rental`, `house` or `quarantine`.
    pub account: String,
    /// The rig.
    pub rig: String,
    /// `taken`, or why not. Only a pool accepts.
    pub verdict: String,
    /// How many shares.
    pub shares: u64,
    /// Their difficulty, summed.
    pub difficulty: f64,
}

/// Shares of one account at one pool with one verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct PoolWork {
    /// `customer/rental`, `house` or `quarantine`.
    pub account: String,
    /// The pool.
    pub pool: String,
    /// `forwarded`, and of these `accepted`, `rejected:<why>` or `unanswered`; beside them `undeliverable`.
    pub verdict: String,
    /// How many shares.
    pub shares: u64,
    /// Their difficulty at the pool, summed.
    pub difficulty: f64,
}
