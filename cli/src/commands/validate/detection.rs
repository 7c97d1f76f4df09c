//! What each policy in use costs by its rule of detection: false alarms, and time until a failure is noticed.
//! The odds are `farm`'s; here are the words.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

use exchange::watch::odds::{self, Plain};
use schema::farm::policy::Detect;
use schema::farm::{Algorithm, Farm};
use schema::name::PolicyName;
use schema::problem::{BLIND, FALSE_ALARMS};
use schema::unit::{Odds, Percent, Span};
use schema::{Inventory, Problem, Reading};
use serde::Serialize;

use crate::format::counted;

const DAY: f64 = 86_400.0;
/// More false alarms of one rig in a day are worth a warning: one a week. Each costs some 25 minutes of the rig,
/// so that is 0.25 % of all hashrate, more than most promises leave.
const ALARMS_MAX: f64 = 1.0 / 7.0;
/// What a pair that is suggested keeps to.
const ALARMS_GOOD: f64 = 1.0 / 30.0;
/// Parts of the hashrate left after a drop.
const RESTS: [f64; 3] = [0.0, 0.5, 0.8];

/// What one policy costs.
#[derive(Debug, Serialize)]
pub(super) struct Cost {
    policy: String,
    #[serde(skip)]
    detect: Detect,
    /// Rigs that its rentals need.
    rigs: u64,
    /// Shares a minute of the hub with the fewest.
    shares_per_minute: u16,
    /// Of one rig, those that call it degraded or dead.
    false_alarms_per_rig_day: f64,
    /// Of one rig, those that only bring a spare.
    #[serde(skip_serializing_if = "Option::is_none")]
    false_suspicions_per_rig_day: Option<f64>,
    /// Seconds until a rig is called degraded or dead with nothing, half and four fifths left; nothing is over a year.
    noticed_after_s: [Option<f64>; 3],
}

/// The policies that rentals use, in the order of the rentals.
pub(super) fn costs(farm: &Farm) -> Vec<Cost> {
    let inventory = Inventory::of(farm);
    let per_minute = farm.hubs.values().map(|hub| hub.vardiff.shares_per_minute).min().unwrap_or(20);
    let mut seen: BTreeSet<&PolicyName> = BTreeSet::new();
    let names: Vec<&PolicyName> =
        farm.rentals().map(|(_, _, rental)| &rental.policy).filter(|name| seen.insert(name)).collect();
    let mut known: Vec<(Algorithm, f64)> = Vec::new();
    let mut mean = |algorithm| match known.iter().find(|(one, _)| *one == algorithm) {
        Some((_, rate)) => *rate,
        None => {
            known.push((algorithm, mean_rate(&inventory, algorithm)));
            known[known.len() - 1].1
        }
    };
    names.into_iter().map(|name| cost(farm, &mut mean, name, per_minute)).collect()
}

/// Hashes a second of the rigs that can mine this, on average.
fn mean_rate(inventory: &Inventory, algorithm: Algorithm) -> f64 {
    let rates = inventory.rigs().iter().map(|rig| rig.hashrate(algorithm).hashes_per_second());
    let (sum, count) =
        rates.filter(|rate| *rate > 0.0).fold((0.0, 0.0), |(sum, n), rate| (sum + rate, n + 1.0));
    if count > 0.0 { sum / count } else { f64::INFINITY }
}

fn cost(farm: &Farm, mean: &mut dyn FnMut(Algorithm) -> f64, name: &PolicyName, per_minute: u16) -> Cost {
    let rigs = farm
        .rentals()
        .filter(|(_, _, rental)| rental.policy == *name)
        .map(|(_, _, rental)| match rental.hashrate {
            None => rental.dedicated.iter().map(|range| range.names().count() as u64).sum(),
            Some(rented) => (rented.hashes_per_second() / mean(rental.algorithm())).ceil() as u64,
        })
        .sum();
    let detect = farm.policy(name).detect;
    let seconds = |delay: Option<Duration>| delay.map(|delay| delay.as_secs_f64().round());
    let (alarms, suspicions, delays) = match &detect {
        Detect::Likelihood { healthy_min, suspect, degraded } => {
            let between = Duration::from_secs_f64((DAY / degraded.per_rig_day()).clamp(1.0, 1e15));
            let rate = f64::from(per_minute) / 60.0;
            let delays = RESTS.map(|rest| seconds(odds::delay(rate, healthy_min.fraction(), between, rest)));
            (degraded.per_rig_day(), Some(Odds::per_rig_day(suspect)), delays)
        }
        Detect::Window { period, degraded_below, offline_after } => {
            let rule = plain(per_minute, *period, *degraded_below, *offline_after);
            (rule.alarms_a_day(), None, RESTS.map(|rest| seconds(rule.delay(rest))))
        }
    };
    Cost {
        policy: name.to_string(),
        detect,
        rigs,
        shares_per_minute: per_minute,
        false_alarms_per_rig_day: rounded(alarms),
        false_suspicions_per_rig_day: suspicions.map(rounded),
        noticed_after_s: delays,
    }
}

/// To four digits: more would be noise, and another on each machine.
fn rounded(value: f64) -> f64 {
    format!("{value:.3e}").parse().unwrap_or(value)
}

fn plain(per_minute: u16, period: Span, degraded_below: Percent, offline_after: Span) -> Plain {
    let span = |span: Span| Duration::from_secs_f64(span.seconds_f64().max(1.0));
    Plain {
        rate: f64::from(per_minute) / 60.0,
        period: span(period),
        degraded_below: degraded_below.fraction(),
        silent_after: span(offline_after),
    }
}

impl Cost {
    /// For people.
    pub(super) fn words(&self) -> String {
        let rigs = counted(self.rigs, "rig");
        let mut out = format!(
            "policy {}: false alarms of {rigs} at {} shares a minute {}",
            self.policy,
            self.shares_per_minute,
            often(self.false_alarms_per_rig_day * self.rigs as f64),
        );
        if let Some(suspicions) = self.false_suspicions_per_rig_day {
            let _ = write!(out, ", suspicions {}", often(suspicions * self.rigs as f64));
        }
        let [dead, half, most] = self.noticed_after_s.map(|seconds| seconds.map_or("never".into(), long));
        let _ = writeln!(out, "; noticed when dead: {dead}, at half: {half}, at four fifths: {most}");
        out
    }
}

/// How often something happens that happens so many times a day.
fn often(a_day: f64) -> String {
    if a_day >= 9.5 {
        format!("{a_day:.0} a day")
    } else if a_day >= 0.5 {
        format!("{a_day:.1} a day")
    } else if a_day >= 1.0 / 3650.0 {
        format!("one in {} days", (1.0 / a_day).round())
    } else {
        "less than one in 10 years".into()
    }
}

fn long(seconds: f64) -> String {
    match seconds {
        s if s < 600.0 => format!("{:.1} min", s / 60.0),
        s if s < 7200.0 => format!("{:.0} min", s / 60.0),
        s if s < 2.0 * DAY => format!("{:.0} h", s / 3600.0),
        s => format!("{:.0} days", s / DAY),
    }
}

/// Rules that blame healthy rigs, or overlook broken ones.
pub(super) fn warnings(costs: &[Cost], reading: &Reading) -> Vec<Problem> {
    let mut found = Vec::new();
    for cost in costs {
        let pointer = format!("/policies/{}/detect", cost.policy);
        let Some(spot) = reading.rules.iter().find(|spot| spot.pointer == pointer) else { continue };
        if cost.false_alarms_per_rig_day > ALARMS_MAX {
            let message = format!(
                "chance alone makes each healthy rig look failed {} at {} shares a minute",
                often(cost.false_alarms_per_rig_day),
                cost.shares_per_minute
            );
            found.push(Problem::warn(
                FALSE_ALARMS,
                spot,
                message,
                "cannot tell chance from a failure",
                advice(cost),
            ));
        }
        if cost.noticed_after_s[1].is_none_or(|seconds| seconds > DAY) {
            found.push(Problem::warn(
                BLIND,
                spot,
                "a rig that lost half of its hashrate is not noticed within a day",
                "misses failures that it should detect",
                "raise `degraded_below` over 55%, or take `kind: likelihood`, which sees every loss".into(),
            ));
        }
    }
    found
}

/// A pair that would do.
fn advice(cost: &Cost) -> String {
    let Detect::Window { period, degraded_below, offline_after } = &cost.detect else {
        return "accept fewer, such as `degraded: 1 per 10000 rig-days`".into();
    };
    let alarms = |period: Span, below: Percent, silent: Span| {
        plain(cost.shares_per_minute, period, below, silent).alarms_a_day()
    };
    let silent = [*offline_after]
        .into_iter()
        .chain((1..=60).map(Span::minutes))
        .find(|silent| {
            plain(cost.shares_per_minute, *period, *degraded_below, *silent).silent_a_day()
                < ALARMS_GOOD / 2.0
        })
        .unwrap_or(*offline_after);
    let mut ways = Vec::new();
    let lower = (11..20).rev().map(|fives| 5 * fives).map(Percent::whole).find(|below| {
        below.fraction() <= degraded_below.fraction() && alarms(*period, *below, silent) <= ALARMS_GOOD
    });
    if let Some(below) = lower {
        ways.push(format!("`period: {period}` with `degraded_below: {below}`"));
    }
    let minutes = (1..=288).map(|n| Span::minutes(5 * n));
    let longer = minutes
        .filter(|longer| longer.seconds_f64() > period.seconds_f64())
        .find(|longer| alarms(*longer, *degraded_below, silent) <= ALARMS_GOOD);
    if let (Some(longer), true) = (longer, silent == *offline_after || lower.is_none()) {
        ways.push(format!("`period: {longer}` with `degraded_below: {degraded_below}`"));
    }
    if silent != *offline_after {
        ways = vec![format!(
            "`offline_after: {silent}`{}",
            ways.first().map_or(String::new(), |way| format!(", {way}"))
        )];
    }
    ways.push("`kind: likelihood`, which detects failures sooner at the same odds".into());
    format!("take {}", ways.join(", or "))
}
