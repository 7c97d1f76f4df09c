//! Scenarios: what must stay true when things go wrong.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::name::{HubName, PoolName, RackName, RentalPath, RuleName, SiteName};
use crate::range::RigRange;
use crate::unit::{Percent, Span};

/// Things that happen, and what must be true after them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Time before the clock of this scenario starts. Default: 10m.
    #[serde(default = "settle")]
    pub settle: Span,
    /// What happens.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<Event>,
    /// What must be true.
    #[schemars(length(min = 1))]
    pub expect: Vec<Expect>,
}

fn settle() -> Span {
    Span::minutes(10)
}

/// One thing that happens, at a time: `at` and exactly one other field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 2, "maxProperties" = 2))]
pub struct Event {
    /// When, from the start of the scenario.
    pub at: Span,
    /// These lose power.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power_off: Option<Target>,
    /// These get power back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power_on: Option<Target>,
    /// These stay connected and send nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silence: Option<Target>,
    /// These work again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repair: Option<Target>,
    /// This pool is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool_down: Option<PoolName>,
    /// This pool is back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool_up: Option<PoolName>,
    /// This pool refuses every share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool_rejects: Option<PoolName>,
    /// This hub's process is killed and started again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hub_restart: Option<HubName>,
}

/// Rigs something happens to. Exactly one of these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Target {
    /// One rig or a range.
    Rig(RigRange),
    /// All rigs of a rack.
    Rack(RackName),
    /// All rigs of a site.
    Site(SiteName),
}

/// Something that must be true, by a time or over a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// It must be true from this time on at the latest. Either this or `over`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Span>,
    /// It must be true of this time as a whole, from the start of the scenario. Either this or `by`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<Span>,
    /// The rental it is about: `customer/rental`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rental: Option<RentalPath>,
    /// Least hashrate it receives, of what is rented.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivering_min: Option<Percent>,
    /// Least work it has received, of what is rented.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_min: Option<Percent>,
    /// The pool it mines at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool: Option<PoolName>,
    /// Most work its pool refuses, of what was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejected_max: Option<Percent>,
    /// The alert that fires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alert: Option<RuleName>,
}
