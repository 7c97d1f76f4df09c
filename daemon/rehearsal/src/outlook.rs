//! What would happen: something is lost for a while, or rigs fail at random for a year; what each rental would
//! receive.

use std::collections::BTreeMap;
use std::time::Duration;

use exchange::event::EventKind;
use exchange::time::Timestamp;
use farm::capacity::{Failing, USUAL_PROMISE};
use farm::schedule::ALGORITHM;
use schema::farm::Farm;
use schema::name::{PoolName, RackName, SiteName};
use schema::range::RigRange;
use serde::Serialize;

use crate::fault::{Fault, FaultMode};
use crate::scenario::{group, policy_of};
use crate::world::{Fidelity, World};

/// Time before anything goes wrong.
const SETTLE: Duration = Duration::from_secs(1200);
/// When nothing in the file says when a rental begins.
const SOME_DAY: Timestamp = Timestamp(1_767_225_600_000_000);

/// Something that is lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loss {
    /// Power of a site.
    Site(SiteName),
    /// Power of a rack.
    Rack(RackName),
    /// Power of rigs.
    Rig(RigRange),
    /// A pool.
    Pool(PoolName),
}

impl std::str::FromStr for Loss {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, name) = text.split_once('/').ok_or("write site/NAME, rack/NAME, rig/NAME or pool/NAME")?;
        let bad = |error: schema::text::TextError| error.to_string();
        match kind {
            "site" => Ok(Loss::Site(name.parse().map_err(bad)?)),
            "rack" => Ok(Loss::Rack(name.parse().map_err(bad)?)),
            "rig" => Ok(Loss::Rig(name.parse().map_err(bad)?)),
            "pool" => Ok(Loss::Pool(name.parse().map_err(bad)?)),
            _ => Err("write site/NAME, rack/NAME, rig/NAME or pool/NAME".into()),
        }
    }
}

/// What is asked.
#[derive(Debug, Clone)]
pub struct Question {
    /// What is lost, when the farm has settled,
    pub lose: Vec<Loss>,
    /// and for how long.
    pub lose_for: Duration,
    /// How rigs fail besides.
    pub failing: Option<Failing>,
    /// How long is looked at.
    pub time: Duration,
    /// All chance comes from it.
    pub seed: u64,
    /// How closely.
    pub fidelity: Fidelity,
    /// When it begins; once every rental has begun, if left out.
    pub from: Option<Timestamp>,
    /// Columns of the charts.
    pub columns: usize,
}

/// One rental's outlook.
#[derive(Debug, Clone, Serialize)]
pub struct RentalOutlook {
    /// `customer/rental`.
    pub rental: String,
    /// Hashes per second.
    pub promised: f64,
    /// Of what was promised over the whole time, of one.
    pub delivered: f64,
    /// The least of any hour, of one.
    pub hour_min: f64,
    /// Hours with clearly less than 99 % of what is promised.
    pub hours_short: u64,
    /// Part of the work that the policy promises for certain; what is usual where it promises nothing.
    pub delivered_min: f64,
    /// Settlement periods whose promise was kept,
    pub periods_kept: u64,
    /// of so many; none where the policy promises nothing.
    pub periods: u64,
    /// Rigs that came or left.
    pub moves: u64,
    /// Delivered of promised, column by column; all where chance alone explains what is missing.
    pub chart: Vec<f64>,
}

/// What would happen.
#[derive(Debug, Clone, Serialize)]
pub struct Outlook {
    /// When it begins, RFC 3339.
    pub from: String,
    /// How long it is, seconds.
    pub seconds: f64,
    /// `shares` or `counts`.
    pub fidelity: &'static str,
    /// The same seed gives the same outlook.
    pub seed: u64,
    /// Rentals in the order of the file.
    pub rentals: Vec<RentalOutlook>,
    /// Events by kind.
    pub events: BTreeMap<EventKind, u64>,
    /// Shares that rigs found.
    pub shares: u64,
}

/// The first time at which every rental has begun.
pub fn all_begun(farm: &Farm) -> Timestamp {
    let zone = farm.timezone.zone();
    let begins =
        farm.rentals().filter_map(|(_, _, rental)| rental.from.as_ref()).map(|from| from.as_micros(&zone));
    let micros = begins.max().unwrap_or(SOME_DAY.0);
    Timestamp((micros + 59_999_999).div_euclid(60_000_000) * 60_000_000)
}

/// Plays it. `tell` hears how many simulated seconds are over, and of how many.
pub fn ask(farm: &Farm, question: &Question, tell: &mut dyn FnMut(f64, f64)) -> Outlook {
    let begin = question.from.unwrap_or_else(|| all_begun(farm));
    let begin = Timestamp(begin.0.div_euclid(60_000_000) * 60_000_000);
    let zero = begin + SETTLE;
    let end = zero + question.time;
    let mut world = World::new(farm.clone(), question.seed, question.fidelity, begin);
    world.keep_brief();
    for loss in &question.lose {
        let (lost, back) = match loss {
            Loss::Site(site) => power(group(&world, None, None, Some(site))),
            Loss::Rack(rack) => power(group(&world, None, Some(rack), None)),
            Loss::Rig(range) => power(group(&world, Some(range), None, None)),
            Loss::Pool(pool) => {
                let pool: std::sync::Arc<str> = pool.clone().into();
                (Fault::Pool(pool.clone(), FaultMode::Down), Fault::Pool(pool, FaultMode::None))
            }
        };
        world.at(zero, lost);
        world.at(zero + question.lose_for, back);
    }
    if let Some(failing) = question.failing {
        let rigs = world.rigs_that(|rig| !rig.hashrate(ALGORITHM).is_zero());
        world.at(zero, Fault::Failures { rigs, mtbf: failing.mtbf(), mttr: failing.mttr });
    }
    let total = end.since(begin).as_secs_f64();
    while world.now() < end {
        let next = (world.now() + Duration::from_secs(6 * 3600)).min(end);
        world.run_until(next);
        tell(next.since(begin).as_secs_f64(), total);
    }
    let record = world.record();
    let labels = farm.rentals().map(|(customer, name, _)| farm::label::label(customer, name));
    let rentals = labels.map(|label| {
        let whole = record.delivery(&label, zero, end);
        let sla = policy_of(farm, &label).and_then(|policy| farm.policy(&policy).sla);
        let delivered_min = sla.map_or(USUAL_PROMISE, |sla| sla.delivered_min.fraction());
        let slices = |width: Duration| {
            let mut parts = Vec::new();
            let mut at = zero;
            while at < end {
                let next = (at + width).min(end);
                let seen = record.delivery(&label, at, next);
                parts.push((seen.part(), seen.part_max()));
                at = next;
            }
            parts
        };
        let hours = slices(Duration::from_secs(3600));
        let column = question.time.as_secs_f64() / question.columns.max(1) as f64;
        let settled = record
            .settlements
            .iter()
            .filter(|period| *period.rental == *label && period.until > zero)
            .filter(|period| period.delivered_min.is_some());
        let known = record.rentals.get(&label);
        RentalOutlook {
            rental: label.to_string(),
            promised: whole.sum.promised / question.time.as_secs_f64(),
            delivered: whole.part(),
            hour_min: hours.iter().map(|(part, _)| *part).fold(f64::INFINITY, f64::min),
            hours_short: hours.iter().filter(|(_, high)| *high < 0.99).count() as u64,
            delivered_min,
            periods_kept: settled.clone().filter(|period| period.met).count() as u64,
            periods: settled.count() as u64,
            moves: known.map_or(0, |rental| {
                rental.came.iter().chain(&rental.left).filter(|at| **at >= zero).count() as u64
            }),
            // What chance explains is no loss.
            chart: slices(Duration::from_secs((column / 60.0).ceil().max(1.0) as u64 * 60))
                .into_iter()
                .map(|(part, high)| if high >= 1.0 { part.max(1.0) } else { part })
                .collect(),
        }
    });
    Outlook {
        from: zero.rfc3339(),
        seconds: question.time.as_secs_f64(),
        fidelity: question.fidelity.name(),
        seed: question.seed,
        rentals: rentals.collect(),
        events: record.kinds.clone(),
        shares: record.shares,
    }
}

fn power(rigs: crate::fault::Rigs) -> (Fault, Fault) {
    (Fault::PowerOff(rigs.clone()), Fault::PowerOn(rigs))
}
