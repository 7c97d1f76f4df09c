//! What a new farm file would do: which rigs move, which rentals fall short, and from when to when.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use schema::api::{OverrideWish, RigMove, Shortfall};
use schema::farm::Farm;
use schema::inventory::Inventory;

use crate::energy;
use crate::schedule::{ALGORITHM, Assignment, Situation, assign};
use crate::time::Timestamp;

/// Most moments in the future that are looked at.
const MOMENTS_MAX: usize = 64;

/// What would happen.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Effects {
    /// Rigs that would work for somebody else.
    pub rigs_moving: u64,
    /// The moves, grouped; the largest first.
    pub moves: Vec<RigMove>,
    /// Rentals that would get less than was promised.
    pub shortfalls: Vec<Shortfall>,
}

/// Looks at the farm now, at every moment when a rental starts or ends, and when a site is next held to less
/// power or no longer. In the future every rig counts as being there.
pub fn effects(
    next: &Farm,
    now: Timestamp,
    wishes: &[OverrideWish],
    present: &Assignment,
    away: &HashSet<Arc<str>>,
) -> Effects {
    let inventory = Inventory::of(next);
    let nobody = HashSet::new();
    let decide = |at, present: &Assignment, away: &HashSet<Arc<str>>| {
        assign(&Situation { farm: next, inventory: &inventory, at, wishes, present, away, suspect: &nobody })
    };
    let (assignment, coverage) = decide(now, present, away);
    let mut effects = Effects { moves: moves(&inventory, present, &assignment), ..Effects::default() };
    effects.rigs_moving =
        effects.moves.iter().filter(|m| m.from.is_some() && m.to.is_some()).map(|m| m.rigs).sum();

    // Open shortfalls by rental; each closes when a later moment covers it, or changes.
    let mut open: BTreeMap<Arc<str>, Shortfall> = BTreeMap::new();
    let mut before = assignment;
    let mut lines = coverage;
    let mut since = None;
    let mut later = moments(next, now).into_iter();
    loop {
        let moment = since.map(Timestamp::rfc3339);
        let mut still: BTreeMap<Arc<str>, Shortfall> = BTreeMap::new();
        for line in lines.iter().filter(|line| line.short() > 0.0) {
            let same = open.remove(&line.label).filter(|known| known.covered == line.covered);
            still.insert(
                line.label.clone(),
                same.unwrap_or_else(|| Shortfall {
                    rental: line.label.to_string(),
                    contracted: line.contracted.unwrap_or(0.0),
                    covered: line.covered,
                    short: line.short(),
                    from: moment.clone(),
                    until: None,
                }),
            );
        }
        for (_, mut over) in open {
            over.until.clone_from(&moment);
            effects.shortfalls.push(over);
        }
        open = still;
        let Some(at) = later.next() else { break };
        (before, lines) = decide(at, &before, &nobody);
        since = Some(at);
    }
    effects.shortfalls.extend(open.into_values());
    effects.shortfalls.sort_by(|a, b| a.from.cmp(&b.from).then_with(|| a.rental.cmp(&b.rental)));
    effects
}

/// Moments after `now` when a rental starts or ends, or a site's limit of power does next, in order.
fn moments(farm: &Farm, now: Timestamp) -> Vec<Timestamp> {
    let zone = farm.timezone.zone();
    let mut all: Vec<Timestamp> = farm
        .rentals()
        .flat_map(|(_, _, rental)| [rental.from.as_ref(), rental.until.as_ref()])
        .flatten()
        .map(|moment| Timestamp(moment.as_micros(&zone)))
        .filter(|at| *at > now)
        .chain(energy::changes(farm, now))
        .collect();
    // What a limit makes of a rental that starts or ends under it is over with the limit.
    let ends: Vec<Timestamp> = all.iter().flat_map(|at| limits_end(farm, *at)).collect();
    all.extend(ends);
    all.sort_unstable();
    all.dedup();
    all.truncate(MOMENTS_MAX);
    all
}

/// When the limits of power that hold at a time end, or become others.
fn limits_end(farm: &Farm, at: Timestamp) -> Vec<Timestamp> {
    /// More limits than this do not follow on each other in one day.
    const ENDS_MAX: usize = 4;
    let mut ends: Vec<Timestamp> = Vec::new();
    while ends.len() < ENDS_MAX {
        let caps = energy::caps(farm, ends.last().copied().unwrap_or(at));
        let Some(end) = caps.iter().filter_map(|cap| cap.until).min() else { break };
        ends.push(end);
    }
    ends
}

fn moves(inventory: &Inventory, present: &Assignment, next: &Assignment) -> Vec<RigMove> {
    /// Where from and where to.
    type Way<'a> = (Option<&'a str>, Option<&'a str>);
    let mut groups: BTreeMap<Way<'_>, (u64, f64)> = BTreeMap::new();
    for rig in inventory.rigs() {
        let from = present.labels.get(rig.name.as_str()).map(|label| &**label);
        let to = next.labels.get(rig.name.as_str()).map(|label| &**label);
        if from != to {
            let group = groups.entry((from, to)).or_default();
            group.0 += 1;
            group.1 += rig.hashrate(ALGORITHM).hashes_per_second();
        }
    }
    for (_, label) in present.labels.iter().filter(|(rig, _)| !next.labels.contains_key(*rig)) {
        groups.entry((Some(label), None)).or_default().0 += 1;
    }
    let mut out: Vec<RigMove> = groups
        .into_iter()
        .map(|((from, to), (rigs, hashrate))| RigMove {
            from: from.map(Into::into),
            to: to.map(Into::into),
            rigs,
            hashrate,
        })
        .collect();
    out.sort_by(|a, b| b.rigs.cmp(&a.rigs).then_with(|| (&a.from, &a.to).cmp(&(&b.from, &b.to))));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::tests::{SMALL, farm};

    fn now() -> Timestamp {
        Timestamp::from_seconds(1_800_000_000)
    }

    #[test]
    fn a_first_farm_brings_its_rigs() {
        let effects = effects(&farm(SMALL), now(), &[], &Assignment::default(), &HashSet::new());
        assert_eq!(effects.moves.iter().map(|m| m.rigs).sum::<u64>(), 12);
        assert!(effects.moves.iter().all(|m| m.from.is_none()));
        assert_eq!(effects.rigs_moving, 0);
        assert_eq!(effects.shortfalls, []);
    }

    #[test]
    fn a_contract_that_outgrows_the_farm_falls_short_from_its_start_to_its_end() {
        let text = SMALL.replace(
            r#""100 TH/s", "from": "2030-01-01""#,
            r#""900 TH/s", "from": "2030-01-01", "until": "2030-02-01""#,
        );
        let effects = effects(&farm(&text), now(), &[], &Assignment::default(), &HashSet::new());
        let lines: Vec<_> = effects
            .shortfalls
            .iter()
            .map(|s| (s.rental.as_str(), (s.short / 1e12).round(), s.from.as_deref(), s.until.as_deref()))
            .collect();
        // Both have the same priority, so what is served already stays; in February all is well again.
        let (from, until) = (Some("2030-01-01T00:00:00Z"), Some("2030-02-01T00:00:00Z"));
        assert_eq!(lines, [("alice/later", 690.0, from, until)]);
    }

    #[test]
    fn an_unchanged_farm_has_no_effects() {
        let farm = farm(SMALL);
        let inventory = Inventory::of(&farm);
        let away = HashSet::new();
        let situation = Situation {
            farm: &farm,
            inventory: &inventory,
            at: now(),
            wishes: &[],
            present: &Assignment::default(),
            away: &away,
            suspect: &away,
        };
        let (present, _) = assign(&situation);
        assert_eq!(effects(&farm, now(), &[], &present, &away), Effects::default());
    }

    #[test]
    fn a_site_that_is_held_to_less_power_falls_short_from_the_windows_begin_to_its_end() {
        let text = SMALL.replace(
            r#""sites": {"hall": {}}"#,
            r#""windows": {"peak": "fri 09:00..10:00"},
               "sites": {"hall": {"curtail": [{"when": "peak", "power_max": "9 kW"}]}}"#,
        );
        // A Friday, at 08:00.
        let farm = farm(&text);
        let effects = effects(&farm, now(), &[], &Assignment::default(), &HashSet::new());
        let lines: Vec<_> = effects
            .shortfalls
            .iter()
            .map(|s| (s.rental.as_str(), (s.covered / 1e12).round(), s.from.as_deref(), s.until.as_deref()))
            .collect();
        let (from, until) = (Some("2027-01-15T09:00:00Z"), Some("2027-01-15T10:00:00Z"));
        // 9 kW are three rigs.
        assert_eq!(lines, [("alice/gold", 300.0, from, until), ("bob/more", 0.0, from, until)]);
        let inside = Timestamp(now().0 + 5_400_000_000);
        let within = super::effects(&farm, inside, &[], &Assignment::default(), &HashSet::new());
        let parked = within.moves.iter().find(|m| m.to.as_deref() == Some("parked")).map(|m| m.rigs);
        assert_eq!(parked, Some(9));
        assert_eq!(within.shortfalls[0].until.as_deref(), until);
        // A rental that starts within the window of a later day is short until that window closes.
        let text = text.replace("2030-01-01", "2027-02-05T09:30:00Z");
        let effects = super::effects(
            &crate::schedule::tests::farm(&text),
            now(),
            &[],
            &Assignment::default(),
            &HashSet::new(),
        );
        let later = effects.shortfalls.iter().find(|s| s.rental == "alice/later").expect("it is short");
        let (from, until) = ("2027-02-05T09:30:00Z", "2027-02-05T10:00:00Z");
        assert_eq!((later.from.as_deref(), later.until.as_deref()), (Some(from), Some(until)));
    }
}
