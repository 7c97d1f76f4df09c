//! Who serves whom. The rules are in [`scheduler`], in numbers; here they meet the farm's words: who runs when,
//! what an assignment is, and what each rental gets by it. Who decides is [`crate::reconcile`], for plans too.

use std::collections::BTreeMap;
use std::sync::Arc;

use schema::farm::{Algorithm, Farm, Rental};
use schema::name::{CustomerName, RentalName};

use crate::roster::{Roster, hashes, rate};
use exchange::label::PARKED;

mod flow;
pub mod problem;
mod reasons;
mod repair;
mod replan;
mod rounding;
pub mod scheduler;
mod search;
mod slices;
mod stock;
mod table;

use exchange::label::HOUSE;
use exchange::time::Timestamp;
use problem::Slice;
pub use scheduler::Scheduler;
use serde::{Deserialize, Serialize};

/// What is mined in this release.
pub const ALGORITHM: Algorithm = Algorithm::Sha256d;

/// Who works for whom, by label: `customer/rental`, `house`, or `parked` for rigs without any work.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Assignment {
    /// Rig to label. A rig that several share is where its turn is.
    pub labels: BTreeMap<Arc<str>, Arc<str>>,
    /// Where rigs belong that work elsewhere: they stand in, or somebody stands in for them.
    pub homes: BTreeMap<Arc<str>, Arc<str>>,
    /// Rigs that several rentals share, by name.
    pub slices: Vec<NamedSlice>,
}

impl Assignment {
    /// Whether a rig gets no work, because its site must draw less.
    pub fn is_parked(&self, rig: &str) -> bool {
        self.labels.get(rig).is_some_and(|label| **label == *PARKED)
    }
}

/// A rig that several rentals share, or a rental and the house. They take turns by the work done, not by time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NamedSlice {
    /// The rig.
    pub rig: Arc<str>,
    /// Label to its part, hashes per second.
    pub parts: BTreeMap<Arc<str>, f64>,
    /// Whose turn it is: a label.
    pub turn: Arc<str>,
    /// Since when.
    #[serde(default)]
    pub since: Timestamp,
    /// Label to work done for it, hashes.
    pub done: BTreeMap<Arc<str>, f64>,
}

impl NamedSlice {
    /// Who is furthest behind its part of the work done: the label whose turn is next.
    pub fn next(&self) -> Arc<str> {
        let whole: f64 = self.parts.values().sum();
        let total: f64 = self.done.values().sum();
        let behind =
            |label: &Arc<str>, part: f64| part / whole * total - self.done.get(label).copied().unwrap_or(0.0);
        self.parts
            .iter()
            .max_by(|(a, x), (b, y)| behind(a, **x).total_cmp(&behind(b, **y)).then_with(|| b.cmp(a)))
            .map_or_else(|| self.turn.clone(), |(label, _)| label.clone())
    }

    /// In the scheduler's numbers, if all that it names is there.
    pub(crate) fn numbered(&self, roster: &Roster) -> Option<Slice> {
        let rig = roster.rigs().binary_search_by(|rig| (*rig.name).cmp(&*self.rig)).ok()? as u32;
        let number = |(label, part): (&Arc<str>, &f64)| Some((roster.rental(label)?, rate(*part)));
        let mut parts: Vec<(u32, u64)> = self.parts.iter().filter_map(number).collect();
        parts.sort_unstable();
        (!parts.is_empty()).then_some(Slice { rig, parts })
    }

    /// In names, from `at` on. Whose turn it is, and what was done, stay as they were where the same rig was shared
    /// before.
    pub(crate) fn of(slice: &Slice, roster: &Roster, before: &[NamedSlice], at: Timestamp) -> NamedSlice {
        let rig = &roster.rigs()[slice.rig as usize];
        let label = |rental: u32| roster.rentals()[rental as usize].label.clone();
        let mut parts: BTreeMap<Arc<str>, f64> =
            slice.parts.iter().map(|(rental, part)| (label(*rental), hashes(*part))).collect();
        let rest = rate(rig.hashrate).saturating_sub(slice.parts.iter().map(|(_, part)| part).sum());
        if rest > 0 {
            parts.insert(HOUSE.into(), hashes(rest));
        }
        let turn = HOUSE.into();
        let mut named = NamedSlice { rig: rig.name.clone(), parts, turn, since: at, done: BTreeMap::new() };
        match before.iter().find(|known| known.rig == rig.name) {
            Some(before) if named.parts.contains_key(&before.turn) => {
                named.turn = before.turn.clone();
                named.since = before.since;
                named.done = before.done.clone();
                named.done.retain(|label, _| named.parts.contains_key(label));
            }
            _ => named.turn = named.next(),
        }
        named
    }
}

/// What one rental gets.
#[derive(Debug, Clone, PartialEq)]
pub struct Coverage {
    /// `customer/rental`.
    pub label: Arc<str>,
    /// Promised, hashes per second; `None` for rigs by name.
    pub contracted: Option<f64>,
    /// What its rigs that are there should do, hashes per second.
    pub covered: f64,
    /// Its rigs, those that are away included.
    pub rigs: usize,
    /// It gets less for a while, because it got more before.
    pub relaxed: bool,
}

impl Coverage {
    /// What is missing, hashes per second.
    pub fn short(&self) -> f64 {
        if self.relaxed {
            return 0.0;
        }
        let short = self.contracted.unwrap_or(0.0) - self.covered;
        // Sums of floats may miss a contract that is met exactly by the last digit.
        if short > 1e-9 * self.contracted.unwrap_or(0.0) { short } else { 0.0 }
    }
}

/// Label of a rental.
pub fn label(customer: &CustomerName, rental: &RentalName) -> Arc<str> {
    format!("{customer}/{rental}").into()
}

/// Whether a rental runs at a time.
pub fn is_running(farm: &Farm, rental: &Rental, at: Timestamp) -> bool {
    let zone = farm.timezone.zone();
    rental.from.as_ref().is_none_or(|from| from.as_micros(&zone) <= at.0)
        && rental.until.as_ref().is_none_or(|until| at.0 < until.as_micros(&zone))
}

/// What every rental gets, those of higher priority first.
pub(crate) fn coverage(roster: &Roster, scheduler: &Scheduler) -> Vec<Coverage> {
    let mut order: Vec<usize> = (0..roster.rentals().len()).collect();
    order.sort_by_key(|n| std::cmp::Reverse(roster.rentals()[*n].priority()));
    let line = |n: usize| {
        let rental = &roster.rentals()[n];
        Coverage {
            label: rental.label.clone(),
            contracted: rental.terms.as_ref().map(|terms| terms.contracted),
            covered: hashes(scheduler.covered(n as u32)),
            rigs: scheduler.rigs(n as u32).count(),
            relaxed: false,
        }
    };
    order.into_iter().map(line).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use schema::api::OverrideWish;
    use schema::inventory::Inventory;

    use super::*;
    use crate::live::Desired;
    use crate::reconcile::{Reconciler, RigSeen, Seen};
    use exchange::service::Service;

    /// Reads a farm file that must be right.
    pub(crate) fn farm(text: &str) -> Farm {
        let value: serde_json::Value = serde_json::from_str(text).expect("tests write JSON, which is YAML");
        serde_json::from_value(value).expect("a farm")
    }

    pub(crate) const SMALL: &str = r#"{
        "apiVersion": "stratum.farm/v1", "kind": "Farm", "name": "t", "timezone": "UTC",
        "pools": {"p": {"urls": ["stratum+tcp://p.example:3333"]}, "q": {"urls": ["stratum+tcp://q.example:3333"]}},
        "models": {"m": {"algorithms": {"sha256d": {"hashrate": "100 TH/s", "power": "3000 W"}}},
                   "s": {"algorithms": {"sha256d": {"hashrate": "30 TH/s", "power": "900 W"}}}},
        "sites": {"hall": {}},
        "rigs": {"a-1..6": {"model": "m", "site": "hall", "rack": "r1"}, "b-1..4": {"model": "m", "site": "hall", "rack": "r2"},
                 "s-1": {"model": "s", "site": "hall"}, "x-1": {"model": "m", "site": "hall", "owner": "bob"}},
        "house": {"pools": [{"pool": "p", "user": "h"}]},
        "customers": {
            "alice": {"pools": [{"pool": "q", "user": "a.$rig"}, {"pool": "p", "user": "a.$rig"}],
                      "rentals": {"gold": {"hashrate": "320 TH/s", "priority": 5, "serve_from": {"spread": "rack"}},
                                  "later": {"hashrate": "100 TH/s", "from": "2030-01-01"}}},
            "bob": {"pools": [{"pool": "p", "user": "b"}], "rentals": {"own": {"dedicated": ["x-1"]}, "more": {"hashrate": "500 TH/s"}}}
        }
    }"#;

    /// One step of a new decider that goes on with `present`: rigs that are away have been so for long.
    fn decide(
        farm: &Farm,
        present: &Assignment,
        away: &[&str],
        suspect: &[&str],
        wishes: &[OverrideWish],
        at: Timestamp,
    ) -> (Assignment, Vec<Coverage>) {
        let (farm, inventory) = (farm.clone(), Inventory::of(farm));
        let desired = Arc::new(Desired { generation: 1, farm, inventory });
        let mut seen = Seen::well(&desired, at);
        for (rig, seen) in desired.inventory.rigs().iter().zip(&mut seen.rigs) {
            if away.contains(&rig.name.as_str()) {
                *seen = RigSeen::default();
            } else if suspect.contains(&rig.name.as_str()) {
                seen.service = Service::Suspect;
            }
        }
        let started = at.shifted(-3_600_000_000);
        let mut decider = Reconciler::new(started, Arc::new(present.clone()), BTreeMap::new());
        decider.step(&desired, wishes, &seen, &mut Vec::new());
        (Assignment::clone(decider.assignment()), decider.coverage().to_vec())
    }

    fn rigs_of(assignment: &Assignment, label: &str) -> Vec<String> {
        assignment.labels.iter().filter(|(_, l)| &***l == label).map(|(rig, _)| rig.to_string()).collect()
    }

    fn now() -> Timestamp {
        Timestamp::from_seconds(1_800_000_000)
    }

    #[test]
    fn contracts_are_covered_by_priority_and_the_rest_is_the_houses() {
        let farm = farm(SMALL);
        let (assignment, coverage) = decide(&farm, &Assignment::default(), &[], &[], &[], now());
        // Three of 100 and the small one do 330 of 320; taken from both racks in turn.
        let gold = rigs_of(&assignment, "alice/gold");
        assert_eq!(gold.iter().filter(|rig| rig.starts_with('a')).count(), 2, "{gold:?}");
        assert!(gold.contains(&"s-1".to_owned()), "{gold:?}");
        assert_eq!(rigs_of(&assignment, "bob/own"), ["x-1"]);
        assert_eq!(rigs_of(&assignment, "bob/more").len(), 5);
        assert_eq!(rigs_of(&assignment, "house").len(), 2);
        assert_eq!(rigs_of(&assignment, "alice/later").len(), 0);
        assert!(coverage.iter().all(|line| line.short() == 0.0), "{coverage:?}");
    }

    #[test]
    fn a_choice_of_rigs_is_kept_to() {
        let serves = |from: &str| {
            let text =
                SMALL.replace(r#""serve_from": {"spread": "rack"}"#, &format!(r#""serve_from": {from}"#));
            assert_ne!(text, SMALL);
            let (assignment, _) = decide(&farm(&text), &Assignment::default(), &[], &[], &[], now());
            rigs_of(&assignment, "alice/gold")
        };
        assert_eq!(serves(r#"{"racks": ["r2"]}"#).iter().filter(|rig| rig.starts_with('b')).count(), 4);
        assert_eq!(serves(r#"{"models": ["s"]}"#), ["s-1"]);
        let chosen = serves(r#"{"exclude": ["a-1..5", "s-1"]}"#);
        assert!(
            !chosen.is_empty() && chosen.iter().all(|rig| rig == "a-6" || rig.starts_with('b')),
            "{chosen:?}"
        );
        assert!(serves(r#"{"owners": ["lakeside"]}"#).is_empty());
    }

    #[test]
    fn an_unchanged_farm_moves_nobody() {
        let farm = farm(SMALL);
        let (first, _) = decide(&farm, &Assignment::default(), &[], &[], &[], now());
        let (second, _) = decide(&farm, &first, &[], &[], &[], now());
        assert_eq!(first, second);
    }

    #[test]
    fn a_rig_that_is_away_is_replaced_and_only_that() {
        let farm = farm(SMALL);
        let (before, _) = decide(&farm, &Assignment::default(), &[], &[], &[], now());
        let lost = rigs_of(&before, "alice/gold").into_iter().find(|rig| rig.starts_with('a')).unwrap();
        let (after, coverage) = decide(&farm, &before, &[&lost], &[], &[], now());
        assert!(coverage.iter().all(|line| line.short() == 0.0), "{coverage:?}");
        let moved = before.labels.iter().filter(|(rig, label)| after.labels[*rig] != **label).count();
        assert_eq!(moved, 2, "the lost one leaves, a spare comes");
    }

    #[test]
    fn a_suspect_stays_and_a_spare_is_added() {
        let farm = farm(SMALL);
        let (before, _) = decide(&farm, &Assignment::default(), &[], &[], &[], now());
        let doubted = rigs_of(&before, "alice/gold").into_iter().find(|rig| rig.starts_with('a')).unwrap();
        let (after, coverage) = decide(&farm, &before, &[], &[&doubted], &[], now());
        assert_eq!(&*after.labels[doubted.as_str()], "alice/gold");
        assert_eq!(rigs_of(&after, "alice/gold").len(), rigs_of(&before, "alice/gold").len() + 1);
        assert!(coverage.iter().all(|line| line.short() == 0.0), "{coverage:?}");
        // Cleared of the suspicion, it stays and the spare goes home.
        let (cleared, _) = decide(&farm, &after, &[], &[], &[], now());
        assert_eq!(rigs_of(&cleared, "alice/gold").len(), rigs_of(&before, "alice/gold").len());
    }

    #[test]
    fn the_lower_priority_falls_short_first() {
        let farm = farm(SMALL);
        let away = ["a-1", "a-2", "a-3", "a-4", "a-5", "a-6"];
        let (_, coverage) = decide(&farm, &Assignment::default(), &away, &[], &[], now());
        let short = |label: &str| coverage.iter().find(|line| &*line.label == label).unwrap().short();
        assert_eq!(short("alice/gold"), 0.0);
        // The small rig has 10 TH/s that gold does not need: it is shared.
        assert!((short("bob/more") - 390e12).abs() < 1e6, "{coverage:?}");
    }

    #[test]
    fn wishes_come_before_the_rules() {
        let farm = farm(SMALL);
        let wishes = [
            OverrideWish::OutOfService { rig: "b-1".into() },
            OverrideWish::Lend { rig: "a-6".into(), rental: "alice/gold".into() },
        ];
        let (assignment, _) = decide(&farm, &Assignment::default(), &[], &[], &wishes, now());
        assert_eq!(&*assignment.labels["b-1"], "house");
        assert_eq!(&*assignment.labels["a-6"], "alice/gold");
    }

    #[test]
    fn rentals_start_and_end_by_the_clock() {
        let farm = farm(SMALL);
        let later = Timestamp::from_seconds(1_893_456_000);
        let (assignment, _) = decide(&farm, &Assignment::default(), &[], &[], &[], later);
        assert_eq!(rigs_of(&assignment, "alice/later").len(), 1);
        let (assignment, _) = decide(&farm, &Assignment::default(), &[], &[], &[], Timestamp(later.0 - 1));
        assert_eq!(rigs_of(&assignment, "alice/later").len(), 0);
    }
}
