//! Who serves whom: rentals by priority take eligible rigs until the contracted hashrate is covered, the
//! rest mines for the house. Same input, same answer, in whatever order rigs were seen.

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

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use schema::api::OverrideWish;
use schema::farm::{Algorithm, Farm, Rental, Spread};
use schema::inventory::{Inventory, Owner, ResolvedRig};
use schema::name::{CustomerName, RentalName};

use crate::time::Timestamp;

/// What is mined in this release.
pub const ALGORITHM: Algorithm = Algorithm::Sha256d;
/// Label of rigs that nobody rents.
pub const HOUSE_LABEL: &str = "house";

/// Who works for whom, by label: `customer/rental` or `house`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Assignment {
    /// Rig to label.
    pub labels: BTreeMap<Arc<str>, Arc<str>>,
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
}

impl Coverage {
    /// What is missing, hashes per second.
    pub fn short(&self) -> f64 {
        let short = self.contracted.unwrap_or(0.0) - self.covered;
        // Sums of floats may miss a contract that is met exactly by the last digit.
        if short > 1e-9 * self.contracted.unwrap_or(0.0) { short } else { 0.0 }
    }
}

/// What is known when deciding.
#[derive(Debug)]
pub struct Situation<'a> {
    /// The farm file.
    pub farm: &'a Farm,
    /// Its rigs.
    pub inventory: &'a Inventory,
    /// The time for which to decide.
    pub at: Timestamp,
    /// Wishes of operators that hold at that time.
    pub wishes: &'a [OverrideWish],
    /// The assignment so far: rigs are not moved without need.
    pub present: &'a Assignment,
    /// Rigs that are away, or fail; they cover nothing.
    pub away: &'a HashSet<Arc<str>>,
    /// Rigs that may be failing: they stay where they are and cover nothing, so that a spare is added.
    pub suspect: &'a HashSet<Arc<str>>,
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

/// Decides.
pub fn assign(situation: &Situation<'_>) -> (Assignment, Vec<Coverage>) {
    let Situation { farm, inventory, at, .. } = situation;
    let mut rentals: Vec<(Arc<str>, &Rental)> = farm
        .rentals()
        .filter(|(_, _, rental)| is_running(farm, rental, *at))
        .map(|(customer, name, rental)| (label(customer, name), rental))
        .collect();
    rentals.sort_by(|(a, x), (b, y)| y.priority.cmp(&x.priority).then_with(|| a.cmp(b)));
    let mut table = Table::new(situation);
    let mut coverage: BTreeMap<Arc<str>, Coverage> = rentals
        .iter()
        .map(|(label, rental)| {
            let contracted = rental.hashrate.map(|hashrate| hashrate.hashes_per_second());
            (label.clone(), Coverage { label: label.clone(), contracted, covered: 0.0, rigs: 0 })
        })
        .collect();
    table.lend(situation.wishes, &mut coverage);
    for (label, rental) in rentals.iter().filter(|(_, rental)| !rental.dedicated.is_empty()) {
        for name in rental.dedicated.iter().flat_map(|range| range.names()) {
            if let Some(rig) = table.by_name.get(name.as_str()).copied() {
                table.give(rig, label, &mut coverage);
            }
        }
    }
    for (label, rental) in rentals.iter().filter(|(_, rental)| rental.hashrate.is_some()) {
        table.cover(label, rental, &mut coverage);
    }
    let mut assignment = Assignment::default();
    for (at, rig) in inventory.rigs().iter().enumerate() {
        let label = table.taken[at].clone().unwrap_or_else(|| HOUSE_LABEL.into());
        assignment.labels.insert(rig.name.clone().into(), label);
    }
    let order = rentals.iter().filter_map(|(label, _)| coverage.get(label).cloned()).collect();
    (assignment, order)
}

struct Table<'a> {
    situation: &'a Situation<'a>,
    rigs: &'a [ResolvedRig],
    by_name: HashMap<&'a str, usize>,
    taken: Vec<Option<Arc<str>>>,
    out_of_service: HashSet<usize>,
}

impl<'a> Table<'a> {
    fn new(situation: &'a Situation<'a>) -> Self {
        let rigs = situation.inventory.rigs();
        let by_name: HashMap<&str, usize> =
            rigs.iter().enumerate().map(|(at, rig)| (rig.name.as_str(), at)).collect();
        let out_of_service = situation
            .wishes
            .iter()
            .filter_map(|wish| match wish {
                OverrideWish::OutOfService { rig } => by_name.get(rig.as_str()).copied(),
                _ => None,
            })
            .collect();
        Self { situation, rigs, by_name, taken: vec![None; rigs.len()], out_of_service }
    }

    fn is_away(&self, rig: usize) -> bool {
        self.situation.away.contains(self.rigs[rig].name.as_str())
    }

    fn is_suspect(&self, rig: usize) -> bool {
        self.situation.suspect.contains(self.rigs[rig].name.as_str())
    }

    fn give(&mut self, rig: usize, label: &Arc<str>, coverage: &mut BTreeMap<Arc<str>, Coverage>) {
        if self.taken[rig].is_some() || self.out_of_service.contains(&rig) {
            return;
        }
        let Some(line) = coverage.get_mut(label) else { return };
        line.rigs += 1;
        if !self.is_away(rig) && !self.is_suspect(rig) {
            line.covered += self.rigs[rig].hashrate(ALGORITHM).hashes_per_second();
        }
        self.taken[rig] = Some(label.clone());
    }

    /// Operators' wishes come first.
    fn lend(&mut self, wishes: &[OverrideWish], coverage: &mut BTreeMap<Arc<str>, Coverage>) {
        for wish in wishes {
            if let OverrideWish::Lend { rig, rental } = wish
                && let Some(at) = self.by_name.get(rig.as_str()).copied()
            {
                self.give(at, &rental.as_str().into(), coverage);
            }
        }
    }

    fn is_eligible(&self, at: usize, rental: &Rental) -> bool {
        let rig = &self.rigs[at];
        if self.taken[at].is_some() || self.out_of_service.contains(&at) {
            return false;
        }
        if matches!(rig.owner, Owner::Customer(_)) || rig.hashrate(rental.algorithm()).is_zero() {
            return false;
        }
        rental.serve_from.as_ref().is_none_or(|from| {
            from.tags.iter().all(|tag| rig.tags.contains(tag))
                && (from.sites.is_empty() || rig.site.as_ref().is_some_and(|site| from.sites.contains(site)))
                && (from.racks.is_empty() || rig.rack.as_ref().is_some_and(|rack| from.racks.contains(rack)))
        })
    }

    fn cover(&mut self, label: &Arc<str>, rental: &Rental, coverage: &mut BTreeMap<Arc<str>, Coverage>) {
        let eligible: Vec<usize> = (0..self.rigs.len()).filter(|at| self.is_eligible(*at, rental)).collect();
        let serves_now = |at: &usize| {
            self.situation.present.labels.get(self.rigs[*at].name.as_str()).is_some_and(|now| now == label)
        };
        let spread = rental.serve_from.as_ref().and_then(|from| from.spread);
        let (here, away): (Vec<usize>, Vec<usize>) = eligible.into_iter().partition(|at| !self.is_away(*at));
        let (mut kept, mut new): (Vec<usize>, Vec<usize>) = here.into_iter().partition(serves_now);
        // A suspect keeps its place as long as the suspicion lasts, and gets no other.
        new.retain(|at| !self.is_suspect(*at));
        kept.sort_by_key(|at| !self.is_suspect(*at));
        let serves_another = |at: &usize| {
            let label = self.situation.present.labels.get(self.rigs[*at].name.as_str());
            label.is_some_and(|label| **label != *HOUSE_LABEL)
        };
        let (others, spare): (Vec<usize>, Vec<usize>) = new.into_iter().partition(serves_another);
        // Those that serve it already, then spares, then other rentals' rigs, then the ones that may yet come.
        self.take(label, rental, kept, coverage);
        self.take(label, rental, self.interleaved(spare, spread), coverage);
        self.take(label, rental, self.interleaved(others, spread), coverage);
        self.take_hopefuls(label, rental, self.interleaved(away, spread), coverage);
    }

    /// Takes rigs in this order until the contract is covered; the last one is the smallest that does.
    fn take(
        &mut self,
        label: &Arc<str>,
        rental: &Rental,
        candidates: Vec<usize>,
        coverage: &mut BTreeMap<Arc<str>, Coverage>,
    ) {
        let rate = |table: &Self, at: usize| table.rigs[at].hashrate(rental.algorithm()).hashes_per_second();
        for (n, at) in candidates.iter().enumerate() {
            if self.is_suspect(*at) {
                self.give(*at, label, coverage);
                continue;
            }
            let missing = coverage[label].short();
            if missing <= 0.0 {
                return;
            }
            if rate(self, *at) < missing {
                self.give(*at, label, coverage);
                continue;
            }
            let last = candidates[n..]
                .iter()
                .copied()
                .filter(|other| rate(self, *other) >= missing)
                .min_by(|a, b| rate(self, *a).total_cmp(&rate(self, *b)))
                .unwrap_or(*at);
            return self.give(last, label, coverage);
        }
    }

    /// Rigs that are away would cover what is missing if they came.
    fn take_hopefuls(
        &mut self,
        label: &Arc<str>,
        rental: &Rental,
        candidates: Vec<usize>,
        coverage: &mut BTreeMap<Arc<str>, Coverage>,
    ) {
        let mut missing = coverage[label].short();
        for at in candidates {
            if missing <= 0.0 {
                return;
            }
            missing -= self.rigs[at].hashrate(rental.algorithm()).hashes_per_second();
            self.give(at, label, coverage);
        }
    }

    /// One from each rack (or site) in turn, so that losing one costs little.
    fn interleaved(&self, rigs: Vec<usize>, spread: Option<Spread>) -> Vec<usize> {
        let Some(spread) = spread else { return rigs };
        let place = |at: usize| match spread {
            Spread::Rack => self.rigs[at].rack.as_ref().map(|rack| rack.to_string()),
            Spread::Site => self.rigs[at].site.as_ref().map(|site| site.to_string()),
        };
        let mut turns: HashMap<Option<String>, usize> = HashMap::new();
        let mut ranked: Vec<(usize, usize)> = rigs
            .into_iter()
            .map(|at| {
                let turn = turns.entry(place(at)).or_default();
                *turn += 1;
                (*turn, at)
            })
            .collect();
        ranked.sort_unstable();
        ranked.into_iter().map(|(_, at)| at).collect()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

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

    fn decide(
        farm: &Farm,
        present: &Assignment,
        away: &[&str],
        wishes: &[OverrideWish],
        at: Timestamp,
    ) -> (Assignment, Vec<Coverage>) {
        let inventory = Inventory::of(farm);
        let away = away.iter().map(|rig| Arc::from(*rig)).collect();
        let suspect = HashSet::new();
        assign(&Situation {
            farm,
            inventory: &inventory,
            at,
            wishes,
            present,
            away: &away,
            suspect: &suspect,
        })
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
        let (assignment, coverage) = decide(&farm, &Assignment::default(), &[], &[], now());
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
    fn an_unchanged_farm_moves_nobody() {
        let farm = farm(SMALL);
        let (first, _) = decide(&farm, &Assignment::default(), &[], &[], now());
        let (second, _) = decide(&farm, &first, &[], &[], now());
        assert_eq!(first, second);
    }

    #[test]
    fn a_rig_that_is_away_is_replaced_and_only_that() {
        let farm = farm(SMALL);
        let (before, _) = decide(&farm, &Assignment::default(), &[], &[], now());
        let lost = rigs_of(&before, "alice/gold").into_iter().find(|rig| rig.starts_with('a')).unwrap();
        let (after, coverage) = decide(&farm, &before, &[&lost], &[], now());
        assert!(coverage.iter().all(|line| line.short() == 0.0), "{coverage:?}");
        let moved = before.labels.iter().filter(|(rig, label)| after.labels[*rig] != **label).count();
        assert_eq!(moved, 2, "the lost one leaves, a spare comes");
    }

    #[test]
    fn a_suspect_stays_and_a_spare_is_added() {
        let farm = farm(SMALL);
        let inventory = Inventory::of(&farm);
        let (before, _) = decide(&farm, &Assignment::default(), &[], &[], now());
        let doubted = rigs_of(&before, "alice/gold").into_iter().find(|rig| rig.starts_with('a')).unwrap();
        let suspect = HashSet::from([Arc::from(doubted.as_str())]);
        let (after, coverage) = assign(&Situation {
            farm: &farm,
            inventory: &inventory,
            at: now(),
            wishes: &[],
            present: &before,
            away: &HashSet::new(),
            suspect: &suspect,
        });
        assert_eq!(&*after.labels[doubted.as_str()], "alice/gold");
        assert_eq!(rigs_of(&after, "alice/gold").len(), rigs_of(&before, "alice/gold").len() + 1);
        assert!(coverage.iter().all(|line| line.short() == 0.0), "{coverage:?}");
        // Cleared of the suspicion, it stays and the spare goes home.
        let (cleared, _) = decide(&farm, &after, &[], &[], now());
        assert_eq!(rigs_of(&cleared, "alice/gold").len(), rigs_of(&before, "alice/gold").len());
    }

    #[test]
    fn the_lower_priority_falls_short_first() {
        let farm = farm(SMALL);
        let away = ["a-1", "a-2", "a-3", "a-4", "a-5", "a-6"];
        let (_, coverage) = decide(&farm, &Assignment::default(), &away, &[], now());
        let short = |label: &str| coverage.iter().find(|line| &*line.label == label).unwrap().short();
        assert_eq!(short("alice/gold"), 0.0);
        assert!((short("bob/more") - 400e12).abs() < 1e6, "{coverage:?}");
    }

    #[test]
    fn wishes_come_before_the_rules() {
        let farm = farm(SMALL);
        let wishes = [
            OverrideWish::OutOfService { rig: "b-1".into() },
            OverrideWish::Lend { rig: "a-6".into(), rental: "alice/gold".into() },
        ];
        let (assignment, _) = decide(&farm, &Assignment::default(), &[], &wishes, now());
        assert_eq!(&*assignment.labels["b-1"], "house");
        assert_eq!(&*assignment.labels["a-6"], "alice/gold");
    }

    #[test]
    fn rentals_start_and_end_by_the_clock() {
        let farm = farm(SMALL);
        let later = Timestamp::from_seconds(1_893_456_000);
        let (assignment, _) = decide(&farm, &Assignment::default(), &[], &[], later);
        assert_eq!(rigs_of(&assignment, "alice/later").len(), 1);
        let (assignment, _) = decide(&farm, &Assignment::default(), &[], &[], Timestamp(later.0 - 1));
        assert_eq!(rigs_of(&assignment, "alice/later").len(), 0);
    }
}
