//! Movements: what the scheduler decided, in words and names: who goes where, why, and what it costs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use exchange::event::{Event, EventKind};
use exchange::time::Timestamp;

use super::{Reconciler, Seen};
use crate::assignment::{Labels, NamedSlice, RigChange};
use crate::schedule::{problem::Move, problem::Slice, problem::Why};
use exchange::label::PARKED;

/// Work that a rig loses by a change of work, in seconds of its own: what a large market compensates for an
/// interruption of one machine.
const SWITCH_SECONDS: f64 = 10.0;

/// A rig that works for somebody else from now on.
#[derive(Debug, Clone, PartialEq)]
pub struct Movement {
    /// When it was decided.
    pub at: Timestamp,
    /// Who moves.
    pub rig: Arc<str>,
    /// A label.
    pub from: Arc<str>,
    /// A label.
    pub to: Arc<str>,
    /// Why, as a word that does not change: `replaces`, `covers`, `returned`, `preempted`, `chain`, `unfit`,
    /// `last-resort`, `pinned`, `barred`, `shared`, `turn`, `parked`, `released`.
    pub why: &'static str,
    /// Why, as a sentence.
    pub words: String,
    /// About what the change costs, hashes.
    pub cost: f64,
}

impl Movement {
    /// As an event.
    pub fn event(&self) -> Event {
        let Movement { rig, from, to, why, words, .. } = self;
        let message = format!("{rig} moves from {from} to {to}: {words}");
        Event::new(self.at, EventKind::RigAssigned, format!("rig/{rig}"), message)
            .with("from", from)
            .with("to", to)
            .with("why", why)
            .with("cost_hashes", format!("{:.0}", self.cost))
    }
}

/// What a step publishes.
#[derive(Debug, Default)]
pub(super) struct Published {
    pub movements: Vec<Movement>,
    /// Rigs whose label or home is another than before.
    pub rigs: BTreeSet<u32>,
    /// Shared rigs are others, or share otherwise.
    pub slices: bool,
}

impl Reconciler {
    /// Makes the assignment that the scheduler's answer means. Returns who moves by it, and what is published otherwise
    /// than before. Unless `anew`, only rigs are looked at that something happened to.
    pub(super) fn publish(&mut self, at: Timestamp, moves: Vec<Move>, anew: bool) -> Published {
        let mut why: BTreeMap<u32, Why> = BTreeMap::new();
        for step in &moves {
            why.insert(step.rig, step.why);
        }
        let slices: Vec<NamedSlice> = self
            .scheduler
            .slices()
            .iter()
            .map(|slice| NamedSlice::of(slice, &self.roster, &self.assignment.slices, at))
            .collect();
        let mut turns: BTreeMap<u32, Arc<str>> = BTreeMap::new();
        for (slice, named) in self.scheduler.slices().iter().zip(&slices) {
            turns.insert(slice.rig, named.turn.clone());
        }
        self.note_changes(at, &moves);
        let mut touched = std::mem::take(&mut self.touched);
        if anew {
            touched = (0..self.memory.len() as u32).collect();
            let all = self.memory.iter().map(|rig| (rig.name.clone(), rig.holder.clone()));
            let labels: Labels = all.collect();
            if labels != self.assignment.labels {
                Arc::make_mut(&mut self.assignment).labels = labels;
            }
        } else {
            touched.extend(moves.iter().map(|step| step.rig));
            touched.extend(turns.keys());
            let before = self.assignment.slices.iter().filter_map(|slice| self.roster.rig(&slice.rig));
            touched.extend(before);
        }
        let mut published = Published::default();
        let parked: Arc<str> = PARKED.into();
        for n in touched {
            let to = match turns.get(&n) {
                _ if self.memory[n as usize].parked => parked.clone(),
                Some(turn) => turn.clone(),
                None => self.label(self.scheduler.holder(n)),
            };
            let why = why.get(&n).copied();
            let words = (self.memory[n as usize].holder != to).then(|| self.reason(n, why));
            let memory = &mut self.memory[n as usize];
            if let Some((kind, words)) = words {
                let from = std::mem::replace(&mut memory.holder, to.clone());
                memory.placed = at;
                // Who takes turns has no more and no less by it.
                for label in [&from, &to].into_iter().filter(|_| kind != "turn") {
                    if let Some(rental) = self.roster.rental(label) {
                        self.lines[rental as usize].changed = at;
                    }
                }
                let cost = SWITCH_SECONDS * self.roster.rigs()[n as usize].hashrate;
                published.movements.push(Movement {
                    at,
                    rig: memory.name.clone(),
                    from,
                    to: to.clone(),
                    why: kind,
                    words,
                    cost,
                });
            }
            let home = (memory.home != to).then(|| memory.home.clone());
            let is_known = self.assignment.labels.at(n) == &to;
            if is_known && self.assignment.homes.get(&memory.name) == home.as_ref() {
                continue;
            }
            published.rigs.insert(n);
            let assignment = Arc::make_mut(&mut self.assignment);
            *assignment.labels.at_mut(n) = to;
            match home {
                Some(home) => assignment.homes.insert(memory.name.clone(), home),
                None => assignment.homes.remove(&memory.name),
            };
        }
        if anew {
            let gone = |rig: &Arc<str>| self.roster.rig(rig).is_none();
            if self.assignment.homes.keys().any(gone) {
                Arc::make_mut(&mut self.assignment).homes.retain(|rig, _| !gone(rig));
            }
        }
        if slices != self.assignment.slices {
            published.slices = true;
            Arc::make_mut(&mut self.assignment).slices = slices;
        }
        published
    }

    /// What these rigs do from now on, in the order of their names.
    pub(super) fn rig_changes(&self, rigs: BTreeSet<u32>) -> Vec<RigChange> {
        let change = |n: u32| {
            let rig = &self.memory[n as usize].name;
            RigChange {
                rig: rig.clone(),
                label: self.assignment.labels.at(n).clone(),
                home: self.assignment.homes.get(rig).cloned(),
                excused: self.excused.contains(rig),
            }
        };
        rigs.into_iter().map(change).collect()
    }

    /// Notes who gets or gives a rig, or another part of one, by what was decided in this step.
    pub(super) fn note_changes(&mut self, at: Timestamp, moves: &[Move]) {
        if moves.is_empty() {
            return;
        }
        for rental in moves.iter().flat_map(|step| [step.from, step.to]).flatten() {
            self.lines[rental as usize].changed = at;
        }
        let parts = |slices: &[Slice]| -> BTreeSet<(u32, u32, u64)> {
            slices
                .iter()
                .flat_map(|slice| slice.parts.iter().map(|part| (slice.rig, part.0, part.1)))
                .collect()
        };
        let known = self.assignment.slices.iter().filter_map(|slice| slice.numbered(&self.roster));
        let before = parts(&known.collect::<Vec<_>>());
        for (_, rental, _) in before.symmetric_difference(&parts(&self.scheduler.slices())) {
            self.lines[*rental as usize].changed = at;
        }
    }

    /// Why a rig moves, as a word and as a sentence.
    fn reason(&self, rig: u32, why: Option<Why>) -> (&'static str, String) {
        let name = |rig: u32| self.memory[rig as usize].name.clone();
        let memory = &self.memory[rig as usize];
        match why {
            _ if memory.parked => ("parked", self.parked_words(rig)),
            None if *memory.holder == *PARKED => ("released", "its site may draw enough for it again".into()),
            None => ("turn", "the rentals that share it take turns".into()),
            Some(Why::Replaces(lost)) => ("replaces", format!("it covers for {}", name(lost))),
            Some(Why::Covers) => ("covers", "its hashrate is needed there".into()),
            Some(Why::Returned)
                if self.memory[rig as usize].home == self.label(self.scheduler.holder(rig)) =>
            {
                ("returned", "it belongs there".into())
            }
            Some(Why::Returned) => ("returned", "the rental has enough without it".into()),
            Some(Why::Preempted { by }) => {
                ("preempted", format!("{} has the higher priority", self.roster.rentals()[by as usize].label))
            }
            Some(Why::Chain) => ("chain", "it could be spared where it was".into()),
            Some(Why::Unfit) => ("unfit", "it is not fit to serve".into()),
            Some(Why::LastResort) => {
                ("last-resort", "it is not fit to serve, but no better rig is left".into())
            }
            Some(Why::Pinned) => ("pinned", "an override or the contract puts it there".into()),
            Some(Why::Barred) => ("barred", "it may no longer serve where it was".into()),
            Some(Why::Shared) => ("shared", "several rentals share it".into()),
        }
    }

    /// A holder's label; nobody is the house.
    pub(super) fn label(&self, holder: Option<u32>) -> Arc<str> {
        match holder {
            Some(rental) => self.roster.rentals()[rental as usize].label.clone(),
            None => self.house.clone(),
        }
    }

    /// Counts the work of shared rigs, and passes them on when it is another's turn. True when one is passed on.
    pub(super) fn take_turns(&mut self, seen: &Seen) -> bool {
        let mut worked: BTreeMap<u32, f64> = BTreeMap::new();
        for (inventory, rig) in seen.rigs.iter().enumerate() {
            let n = self.roster.of_inventory(inventory);
            let memory = &mut self.memory[n as usize];
            // A new connection counts from nothing.
            let more = if rig.work >= memory.work { rig.work - memory.work } else { rig.work };
            memory.work = rig.work;
            if more > 0.0 {
                worked.insert(n, more);
            }
        }
        if self.assignment.slices.is_empty() {
            return false;
        }
        let assignment = Arc::make_mut(&mut self.assignment);
        let mut turned = false;
        for slice in &mut assignment.slices {
            let Ok(n) = self.memory.binary_search_by(|rig| (*rig.name).cmp(&*slice.rig)) else { continue };
            if let Some(more) = worked.get(&(n as u32)) {
                *slice.done.entry(slice.turn.clone()).or_default() += more;
            }
            let slice_min = slice
                .parts
                .keys()
                .filter_map(|label| self.roster.rental(label))
                .map(|rental| self.roster.rentals()[rental as usize].slice_min)
                .max()
                .unwrap_or(0);
            if seen.at.0 - slice.since.0 < slice_min {
                continue;
            }
            let next = slice.next();
            if next != slice.turn {
                slice.turn = next;
                slice.since = seen.at;
                turned = true;
            }
        }
        turned
    }
}
