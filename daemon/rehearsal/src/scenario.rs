//! `scenarios:` of a farm file played: what happens becomes faults, what must be true becomes checks, and what
//! came of it a report.

mod coverage;
mod expect;
mod timeline;

use std::sync::Arc;
use std::time::Duration;

use exchange::time::Timestamp;
use farm::desired::Desired;
use farm::schedule::ALGORITHM;
use schema::api::OverrideAction;
use schema::farm::scenario::{Event, ScenarioOverride, Target};
use schema::farm::{Customer, Farm, PoolUse, Rental, Scenario};
use schema::inventory::{Inventory, ResolvedRig};
use schema::name::{PolicyName, RackName, SiteName};
use schema::range::RigRange;
use schema::secret::SecretRef;
use schema::unit::Span;
use serde::Serialize;

use crate::fault::{Fault, FaultMode, Rigs};
use crate::world::{Fidelity, World};
pub use coverage::{Coverage, ListUse, PolicyUse};
pub use expect::{Check, Verdict};
pub use timeline::Line;

/// Up to so many shares a scenario is played share by share, unless said otherwise.
pub const SHARES_MAX: u64 = 4_000_000;
/// When nothing in the file says when a scenario plays.
const SOME_DAY: Timestamp = Timestamp(1_767_225_600_000_000);
const MINUTE: i64 = 60_000_000;

/// How a scenario is to be played.
#[derive(Debug, Clone, Copy)]
pub struct Way {
    /// All chance comes from it.
    pub seed: u64,
    /// How closely; by the size of the scenario when left out.
    pub fidelity: Option<Fidelity>,
}

/// What came of a scenario.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Its name.
    pub scenario: String,
    /// Every expectation was met.
    pub passed: bool,
    /// Missed if any expectation was; else unjudged if any could not be judged.
    pub verdict: Verdict,
    /// The same seed plays the same story.
    pub seed: u64,
    /// `shares` or `counts`.
    pub fidelity: &'static str,
    /// When its clock starts, RFC 3339.
    pub from: String,
    /// How long it lasts, seconds, the time to settle left out.
    pub seconds: f64,
    /// Shares that rigs found.
    pub shares: u64,
    /// What must be true, and whether it is.
    pub checks: Vec<Check>,
    /// What happened, from the start of its clock on.
    pub timeline: Vec<Line>,
    /// What it exercised.
    #[serde(skip)]
    pub coverage: Coverage,
}

/// Plays a scenario. `tell` hears how many of its simulated seconds are over, and of how many.
pub fn play(
    farm: &Farm,
    name: &str,
    scenario: &Scenario,
    way: Way,
    tell: &mut dyn FnMut(f64, f64),
) -> Report {
    let begin = begin(farm, scenario);
    let settle = (scenario.settle.as_micros() + MINUTE - 1) / MINUTE * MINUTE;
    let zero = Timestamp(begin.0 + settle);
    let length = length(scenario);
    let end = zero + length;
    let fidelity = way.fidelity.unwrap_or_else(|| fitting(farm, end.since(begin)));
    let mut world = World::new(farm.clone(), way.seed, fidelity, begin);
    for (at, fault) in faults(farm, scenario, &world) {
        world.at(zero + at, fault);
    }
    let total = end.since(begin).as_secs_f64();
    while world.now() < end {
        let next = (world.now() + Duration::from_secs(600)).min(end);
        world.run_until(next);
        tell(next.since(begin).as_secs_f64(), total);
    }
    let checks: Vec<Check> =
        scenario.expect.iter().map(|expect| expect::check(expect, scenario, &world, zero, end)).collect();
    let verdict = Verdict::of(checks.iter().map(|check| check.verdict));
    Report {
        scenario: name.to_owned(),
        passed: verdict == Verdict::Met,
        verdict,
        seed: way.seed,
        fidelity: fidelity.name(),
        from: zero.rfc3339(),
        seconds: length.as_secs_f64(),
        shares: world.record().shares,
        timeline: timeline::lines(&world.record().events, zero),
        coverage: Coverage::of(&world, zero),
        checks,
    }
}

/// The world's first moment: as said, else when every rental runs that something is expected of.
fn begin(farm: &Farm, scenario: &Scenario) -> Timestamp {
    let zone = farm.timezone.zone();
    let expected = |customer: &str, rental: &str| {
        scenario
            .expect
            .iter()
            .filter_map(|expect| expect.rental.as_ref())
            .any(|path| path.customer.as_str() == customer && path.rental.as_str() == rental)
    };
    let latest = || {
        farm.rentals()
            .filter(|(customer, name, _)| expected(customer.as_str(), name.as_str()))
            .filter_map(|(_, _, rental)| rental.from.as_ref().map(|from| from.as_micros(&zone)))
            .max()
    };
    let micros =
        scenario.from.as_ref().map(|from| from.as_micros(&zone)).or_else(latest).unwrap_or(SOME_DAY.0);
    Timestamp((micros + MINUTE - 1).div_euclid(MINUTE) * MINUTE)
}

/// From the start of the clock to the last thing that happens or must be true, in whole minutes.
fn length(scenario: &Scenario) -> Duration {
    let events = scenario.events.iter().map(|event| event.at);
    let expects = scenario.expect.iter().flat_map(|expect| [expect.by, expect.over]).flatten();
    let last = events.chain(expects).map(|span| span.as_micros()).max().unwrap_or(0);
    Duration::from_micros(((last / MINUTE + 1) * MINUTE) as u64)
}

/// Share by share where that takes seconds.
fn fitting(farm: &Farm, time: Duration) -> Fidelity {
    let per_minute = farm.hubs.values().next().map_or(20.0, |hub| f64::from(hub.vardiff.shares_per_minute));
    let rigs = Inventory::of(farm).rigs().iter().filter(|rig| !rig.hashrate(ALGORITHM).is_zero()).count();
    let shares = rigs as f64 * per_minute * time.as_secs_f64() / 60.0;
    if shares <= SHARES_MAX as f64 { Fidelity::Shares } else { Fidelity::Counts }
}

/// What happens, in order of time.
fn faults(farm: &Farm, scenario: &Scenario, world: &World) -> Vec<(Duration, Fault)> {
    let mut events: Vec<&Event> = scenario.events.iter().collect();
    events.sort_by_key(|event| event.at);
    let mut farm = farm.clone();
    let mut generation = world.desired().generation;
    let mut out = Vec::new();
    for event in events {
        let at = duration(event.at);
        let mut happens = |fault| out.push((at, fault));
        for (target, make) in [
            (&event.power_off, Fault::PowerOff as fn(Rigs) -> Fault),
            (&event.power_on, Fault::PowerOn),
            (&event.silence, Fault::Silence),
            (&event.repair, Fault::Repair),
            (&event.network_cut, Fault::NetworkCut),
            (&event.network_back, Fault::NetworkBack),
        ] {
            if let Some(target) = target {
                happens(make(aimed(world, target)));
            }
        }
        for (pool, fault_mode) in [
            (&event.pool_down, FaultMode::Down),
            (&event.pool_up, FaultMode::None),
            (&event.pool_rejects, FaultMode::Rejecting),
            (&event.pool_stale, FaultMode::Stale),
        ] {
            if let Some(pool) = pool {
                happens(Fault::Pool(pool.clone().into(), fault_mode));
            }
        }
        if let Some(slow) = &event.pool_slow {
            happens(Fault::Pool(slow.pool.clone().into(), FaultMode::Slow(duration(slow.by))));
        }
        if let Some(decline) = &event.decline {
            let rigs = group(world, decline.rig.as_ref(), decline.rack.as_ref(), decline.site.as_ref());
            happens(Fault::Decline { rigs, to: decline.to.fraction(), within: duration(decline.within) });
        }
        if let Some(failures) = &event.failures {
            let rigs = group(world, failures.rig.as_ref(), failures.rack.as_ref(), failures.site.as_ref());
            happens(Fault::Failures { rigs, mtbf: duration(failures.mtbf), mttr: duration(failures.mttr) });
        }
        if let Some(rent) = &event.rent {
            let customer = farm.customers.entry(rent.rental.customer.clone()).or_insert_with(|| Customer {
                pools: rent.pools.iter().map(|pool| uses(rent.rental.customer.as_ref(), pool)).collect(),
                ..Customer::default()
            });
            let rental = Rental {
                hashrate: Some(rent.hashrate),
                policy: rent.policy.clone(),
                priority: rent.priority,
                ..Rental::default()
            };
            customer.rentals.insert(rent.rental.rental.clone(), rental);
            generation += 1;
            happens(Fault::Farm(Arc::new(Desired::of(generation, farm.clone()))));
        }
        if let Some(action) = &event.action {
            out.extend(overridden(action).map(|made| (at, Fault::Override(made, action.time.map(duration)))));
        }
        if event.hub_restart.is_some() {
            out.push((at, Fault::HubRestart));
        }
    }
    out
}

fn uses(customer: &str, pool: &schema::name::PoolName) -> PoolUse {
    PoolUse {
        pool: pool.clone(),
        user: format!("{customer}.$rig").parse().expect("a customer's name and a rig's are a user"),
        password: SecretRef::Text("x".into()),
    }
}

fn overridden(action: &ScenarioOverride) -> Option<OverrideAction> {
    match (&action.pool, &action.rig) {
        (Some(pool), None) => {
            let customer = action.customer.as_ref().or(action.rental.as_ref().map(|path| &path.customer))?;
            Some(OverrideAction::Pool {
                customer: customer.to_string(),
                rental: action.rental.as_ref().map(|path| path.rental.to_string()),
                pool: pool.to_string(),
            })
        }
        (None, Some(rig)) => Some(match &action.rental {
            Some(rental) => OverrideAction::Lend { rig: rig.to_string(), rental: rental.to_string() },
            None => OverrideAction::OutOfService { rig: rig.to_string() },
        }),
        _ => None,
    }
}

fn aimed(world: &World, target: &Target) -> Rigs {
    match target {
        Target::Rig(range) => group(world, Some(range), None, None),
        Target::Rack(rack) => group(world, None, Some(rack), None),
        Target::Site(site) => group(world, None, None, Some(site)),
    }
}

/// Rigs by name, rack or site; all of them where nothing is said.
pub fn group(
    world: &World,
    range: Option<&RigRange>,
    rack: Option<&RackName>,
    site: Option<&SiteName>,
) -> Rigs {
    let names: Option<std::collections::HashSet<String>> =
        range.map(|range| range.names().map(|name| name.to_string()).collect());
    world.rigs_that(|rig: &ResolvedRig| {
        names.as_ref().is_none_or(|names| names.contains(rig.name.as_str()))
            && rack.is_none_or(|rack| rig.rack.as_ref() == Some(rack))
            && site.is_none_or(|site| rig.site.as_ref() == Some(site))
    })
}

pub(crate) fn duration(span: Span) -> Duration {
    Duration::from_micros(span.as_micros().max(0) as u64)
}

/// The policy of a rental of this farm, by its label.
pub(crate) fn policy_of(farm: &Farm, label: &str) -> Option<PolicyName> {
    let (customer, rental) = label.split_once('/')?;
    let customer = farm.customers.iter().find(|(name, _)| name.as_str() == customer)?.1;
    let rental = customer.rentals.iter().find(|(name, _)| name.as_str() == rental)?.1;
    Some(rental.policy.clone())
}
