//! What a new farm file would do: which rigs move, which rentals fall short, and from when to when. The one who
//! decides for the daemon is asked: a copy of it takes the very step that an apply would.

use std::collections::BTreeMap;
use std::sync::Arc;

use exchange::time::Timestamp;
use schema::api::{OverrideAction, RigMove, Shortfall};
use schema::farm::Farm;

use crate::assignment::Assignment;
use crate::coverage::Coverage;
use crate::desired::Desired;
use crate::power_limit;
use crate::reconcile::{Reconciler, Seen};
use crate::schedule::ALGORITHM;

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

/// What a step with this farm would do at the moment of `seen`, and what it leaves short then and at every later
/// moment when a rental starts or ends, or a site is held to less power or no longer. `next` has a generation of its
/// own; if it says what the farm followed says, nothing moves.
///
/// In the future every rig counts as being there, and everything owed as delivered; so it does at present where no
/// rig is connected, since then nothing is known of any.
pub fn effects(
    next: &Arc<Desired>,
    mut decider: Reconciler,
    overrides: &[OverrideAction],
    seen: &Seen,
) -> Effects {
    let before = decider.assignment().clone();
    if !decider.follows(next) {
        decider.step(next, overrides, seen, &mut Vec::new());
    }
    let mut effects = Effects { moves: moves(next, &before, decider.assignment()), ..Effects::default() };
    effects.rigs_moving =
        effects.moves.iter().filter(|m| m.from.is_some() && m.to.is_some()).map(|m| m.rigs).sum();
    if !seen.rigs.iter().any(|rig| rig.connected) {
        decider.forecast(next, overrides, seen.at);
    }
    let mut shortfalls = Shortfalls::default();
    shortfalls.at(None, short(&decider));
    for at in moments(&next.farm, seen.at) {
        decider.forecast(next, overrides, at);
        shortfalls.at(Some(at.rfc3339()), short(&decider));
    }
    effects.shortfalls = shortfalls.all();
    effects
}

/// Rentals that get less than was promised. Whoever takes no work is owed none.
fn short(decider: &Reconciler) -> Vec<Coverage> {
    let is_paused = |label: &Arc<str>| decider.paused().any(|paused| paused == label);
    let lines = decider.coverage().iter().filter(|line| line.short() > 0.0 && !is_paused(&line.label));
    lines.cloned().collect()
}

/// Shortfalls from moment to moment.
#[derive(Default)]
struct Shortfalls {
    /// By rental; each ends when a later moment covers it, or changes it.
    open: BTreeMap<Arc<str>, Shortfall>,
    over: Vec<Shortfall>,
}

impl Shortfalls {
    /// What is short from this moment on; `None` is now.
    fn at(&mut self, moment: Option<String>, lines: Vec<Coverage>) {
        let mut before = std::mem::take(&mut self.open);
        for line in lines {
            let is_same = before.get(&line.label).is_some_and(|known| known.covered == line.covered);
            let same = if is_same { before.remove(&line.label) } else { None };
            let new = || Shortfall {
                rental: line.label.to_string(),
                contracted: line.contracted.unwrap_or(0.0),
                covered: line.covered,
                short: line.short(),
                from: moment.clone(),
                until: None,
            };
            self.open.insert(line.label.clone(), same.unwrap_or_else(new));
        }
        for (_, mut over) in before {
            over.until.clone_from(&moment);
            self.over.push(over);
        }
    }

    /// All of them, the earliest first.
    fn all(self) -> Vec<Shortfall> {
        let mut all = self.over;
        all.extend(self.open.into_values());
        all.sort_by(|a, b| a.from.cmp(&b.from).then_with(|| a.rental.cmp(&b.rental)));
        all
    }
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
        .chain(power_limit::changes(farm, now))
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
        let caps = power_limit::caps(farm, ends.last().copied().unwrap_or(at));
        let Some(end) = caps.iter().filter_map(|cap| cap.until).min() else { break };
        ends.push(end);
    }
    ends
}

/// Who works for somebody else by the next assignment, in groups.
fn moves(desired: &Desired, present: &Assignment, next: &Assignment) -> Vec<RigMove> {
    /// Where from and where to.
    type Way<'a> = (Option<&'a str>, Option<&'a str>);
    let mut groups: BTreeMap<Way<'_>, (u64, f64)> = BTreeMap::new();
    for rig in desired.inventory.rigs() {
        let from = present.labels.get(rig.name.as_str()).map(|label| &**label);
        let to = next.labels.get(rig.name.as_str()).map(|label| &**label);
        if from != to {
            let group = groups.entry((from, to)).or_default();
            group.0 += 1;
            group.1 += rig.hashrate(ALGORITHM).hashes_per_second();
        }
    }
    for (_, label) in present.labels.iter().filter(|(rig, _)| next.labels.get(rig).is_none()) {
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
mod tests;
