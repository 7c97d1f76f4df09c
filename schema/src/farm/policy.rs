//! Policies: what is promised about a rental and how it is kept.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::name::OwnerName;
use crate::unit::{Odds, Percent, Span};

/// How promises are kept. What is left out is as in `standard`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// When a rig counts as failing.
    pub detect: Detect,
    /// When a rig that failed is trusted again.
    #[serde(rename = "return")]
    pub back: Return,
    /// Which rigs cover for one that fails.
    pub spares: Spares,
    /// When the work moves from one pool to the next.
    pub pools: PoolFailover,
    /// What is promised about delivery. Nothing when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sla: Option<Sla>,
    /// What `status` displays; it decides nothing.
    pub show: Show,
}

/// When a rig counts as failing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Detect {
    /// By the odds of a false alarm: the delay follows from them, and `validate` prints it.
    Likelihood {
        /// Part of its hashrate above which a rig is healthy. Default: 95%.
        #[serde(default = "healthy_min")]
        healthy_min: Percent,
        /// False alarms accepted before a rig is suspect. Default: 1 per 30 rig-days.
        #[serde(default = "suspect")]
        suspect: Odds,
        /// False alarms accepted before a rig is degraded. Default: 1 per 10000 rig-days.
        #[serde(default = "degraded")]
        degraded: Odds,
    },
    /// By the mean over a fixed time: the plain rule.
    Window {
        /// Time the mean is taken over. Default: 10m.
        #[serde(default = "period")]
        period: Span,
        /// Part of its hashrate below which a rig is degraded. Default: 70%.
        #[serde(default = "degraded_below")]
        degraded_below: Percent,
        /// Time without a share after which a rig is offline. Default: 3m.
        #[serde(default = "offline_after")]
        offline_after: Span,
    },
}

fn healthy_min() -> Percent {
    Percent::whole(95)
}

fn suspect() -> Odds {
    Odds::one_per(30)
}

fn degraded() -> Odds {
    Odds::one_per(10_000)
}

fn period() -> Span {
    Span::minutes(10)
}

fn degraded_below() -> Percent {
    Percent::whole(70)
}

fn offline_after() -> Span {
    Span::minutes(3)
}

impl Default for Detect {
    fn default() -> Detect {
        Detect::Likelihood { healthy_min: healthy_min(), suspect: suspect(), degraded: degraded() }
    }
}

/// When a rig that failed is trusted again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Return {
    /// Time it must be healthy for; doubles at each relapse within a day. Default: 10m.
    pub healthy_for: Span,
    /// The most that time grows to. Default: 8h.
    pub relapse_max: Span,
}

impl Default for Return {
    fn default() -> Return {
        Return { healthy_for: Span::minutes(10), relapse_max: Span::hours(8) }
    }
}

/// Which rigs cover for one that fails.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Spares {
    /// Whose rigs: house and investors. Default: house.
    pub owners: Vec<OwnerName>,
    /// Which of them first. Default: same-site.
    pub prefer: Prefer,
    /// Most hashrate beyond the promise while a suspect rig stays, as a part of the promise. Default: 20%.
    pub extra_max: Percent,
    /// Shortest time a rig stays where it was put, and a rental with a promise is served as much as was decided last.
    /// Default: 10m.
    pub slice_min: Span,
}

impl Default for Spares {
    fn default() -> Spares {
        Spares {
            owners: vec![OwnerName::house()],
            prefer: Prefer::SameSite,
            extra_max: Percent::whole(20),
            slice_min: Span::minutes(10),
        }
    }
}

/// Which spares come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Prefer {
    /// Those in the same rack, then those on the same site.
    SameRack,
    /// Those on the same site.
    SameSite,
    /// Those on another site.
    OtherSite,
    /// Any.
    Any,
}

/// When the work moves from one pool to the next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PoolFailover {
    /// Time a pool may be silent, slow or refuse most shares before the next one gets the work. That nothing
    /// listens there any more is a fact, and is not waited for. Default: 20s.
    pub fail_after: Span,
    /// Time a better pool must be healthy before one rig tries it and it gets the work back, doubled at each
    /// relapse within a day, up to 8h. Default: 5m.
    pub return_after: Span,
    /// Pools further down the list that are kept connected. Default: 1.
    #[schemars(range(min = 0, max = 10))]
    pub standby: u8,
}

impl Default for PoolFailover {
    fn default() -> PoolFailover {
        PoolFailover { fail_after: Span::seconds(20), return_after: Span::minutes(5), standby: 1 }
    }
}

/// What is promised about delivery.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sla {
    /// Part of the rented work that is delivered in every period.
    pub delivered_min: Percent,
    /// The period. Default: 1d.
    #[serde(default = "day")]
    pub period: Span,
    /// Whose count of the work decides. Default: credited.
    #[serde(default)]
    pub judge: Judge,
    /// Most hashrate beyond the promise to catch up within the period, as a part of the promise. Default: 10%.
    #[serde(default = "catch_up_max")]
    pub catch_up_max: Percent,
    /// Margin that is delivered beyond the promise, as a part of it. Default: 0%.
    #[serde(default = "no_reserve")]
    pub reserve: Percent,
    /// What the customer gets back when it is missed. Nothing when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit: Option<Credit>,
    /// Losses that do not count against us.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excludes: Vec<Excuse>,
}

fn day() -> Span {
    Span::hours(24)
}

fn catch_up_max() -> Percent {
    Percent::whole(10)
}

fn no_reserve() -> Percent {
    Percent::whole(0)
}

/// Whose count of the work decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Judge {
    /// Shares that we checked, less what no pool has: work that was refused, never answered, or found for a pool
    /// whose connection was gone. What a pool refuses or leaves unanswered counts at the pool's difficulty.
    #[default]
    Credited,
    /// Shares that we checked, whatever became of them at the pool.
    Submitted,
    /// What the pool accepted, at the pool's difficulty. Fair in the mean; over short periods it is coarse, since
    /// a pool counts few, hard shares.
    Pool,
}

/// What the customer gets back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Credit {
    /// The part of the price that the missing work is of the promise.
    ProRata {
        /// The most that is given back, of the period's price.
        max: Percent,
    },
    /// The same part of the price whenever it is missed.
    Fixed {
        /// That part.
        share: Percent,
    },
}

/// A loss that does not count against us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Excuse {
    /// The customer's pools were gone or refused.
    CustomerPool,
    /// The site had to use less, as agreed.
    AgreedCurtailment,
    /// Work on the farm that was announced.
    AnnouncedMaintenance,
}

/// What `status` displays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Show {
    /// Time the shown hashrate is the mean of. Default: 10m.
    pub window: Span,
}

impl Default for Show {
    fn default() -> Show {
        Show { window: Span::minutes(10) }
    }
}
