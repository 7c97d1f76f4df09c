//! Scenarios: what must stay true when things go wrong.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::event::EventKind;
use crate::moment::Moment;
use crate::name::{CustomerName, HubName, PolicyName, PoolName, RackName, RentalPath, RuleName, SiteName};
use crate::range::RigRange;
use crate::unit::{Hashrate, Percent, Span};

/// Events, and what must be true after them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// When it plays; a bare date is midnight in the farm's time zone. When left out, the first time at which
    /// every rental runs that it expects something of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Moment>,
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
    /// This pool answers shares late.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool_slow: Option<PoolSlow>,
    /// This pool sends no new work, and refuses what is found for the old.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool_stale: Option<PoolName>,
    /// These cannot reach the hub.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_cut: Option<Target>,
    /// These can reach the hub again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_back: Option<Target>,
    /// These gradually lose hashrate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decline: Option<Decline>,
    /// From then on these fail and are repaired at random.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failures: Option<Failures>,
    /// Something is rented.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rent: Option<Rent>,
    /// An operator overrides the farm file.
    #[serde(default, rename = "override", skip_serializing_if = "Option::is_none")]
    pub action: Option<ScenarioOverride>,
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

/// A pool that answers shares late.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PoolSlow {
    /// The pool.
    pub pool: PoolName,
    /// By how much.
    pub by: Span,
}

/// Rigs that gradually lose hashrate. Exactly one of `rig`, `rack`, `site`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Decline {
    /// One rig or a range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rig: Option<RigRange>,
    /// All rigs of a rack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rack: Option<RackName>,
    /// All rigs of a site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<SiteName>,
    /// What is left, of their hashrate.
    pub to: Percent,
    /// Time it takes. Default: 1h.
    #[serde(default = "hour")]
    pub within: Span,
}

fn hour() -> Span {
    Span::hours(1)
}

/// Rigs that die at random. One of `rig`, `rack`, `site`; all rigs when left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Failures {
    /// One rig or a range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rig: Option<RigRange>,
    /// All rigs of a rack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rack: Option<RackName>,
    /// All rigs of a site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<SiteName>,
    /// Mean time that one works before it dies.
    pub mtbf: Span,
    /// Mean time until it works again. Default: 4h.
    #[serde(default = "four_hours")]
    pub mttr: Span,
}

fn four_hours() -> Span {
    Span::hours(4)
}

/// Something rented in the middle of a scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rent {
    /// Its name; the customer may be new.
    pub rental: RentalPath,
    /// How much is promised.
    pub hashrate: Hashrate,
    /// Pools of a new customer, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pools: Vec<PoolName>,
    /// How the promise is kept. Default: standard.
    #[serde(default)]
    pub policy: PolicyName,
    /// Rentals with a higher number are served first when hashrate is short. Default: 0.
    #[serde(default)]
    #[schemars(range(min = -1000, max = 1000))]
    pub priority: i32,
}

/// What an operator may do with `stratumctl failover`: `pool` with `customer` or `rental` sends work to that
/// pool, `rig` with `rental` lends it, `rig` alone takes it out of service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScenarioOverride {
    /// Whose work goes to the pool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerName>,
    /// The rental.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rental: Option<RentalPath>,
    /// The pool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool: Option<PoolName>,
    /// One rig.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rig: Option<RigRange>,
    /// How long it lasts. Until the end of the scenario when left out.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub time: Option<Span>,
}

/// Something that must be true, by a time or over a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// It must be true from this time on at the latest, until something else happens. Either this or `over`.
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
    /// Most rigs that come to the rental or leave it; of all rentals together when none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moves_max: Option<u32>,
    /// Most times that rigs connect again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reconnects_max: Option<u32>,
    /// A kind of event that happens, such as `rig-dead`; `stratumctl explain events` lists them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<EventKind>,
    /// A kind of event that does not happen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_event: Option<EventKind>,
    /// The alert that fires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alert: Option<RuleName>,
}
