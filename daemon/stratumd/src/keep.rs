//! Writes down who works for whom: what changed since it was last written, and all of it where that is not known.

use std::collections::BTreeMap;
use std::sync::Arc;

use exchange::time::Timestamp;
use farm::assignment::{Assignment, AssignmentChange, RigChange};
use farm::reconcile::Movement;
use store::{AssignmentRows, Store};

use crate::behind::Behind;

/// Movements kept for a store that does not take them; older ones give way.
const UNWRITTEN_MAX: usize = 1_000_000;

/// What is not written down yet.
#[derive(Debug, Clone)]
struct Unwritten {
    /// Everything, whatever is named here.
    whole: bool,
    rigs: BTreeMap<Arc<str>, RigChange>,
    slices: bool,
}

impl Unwritten {
    const NOTHING: Unwritten = Unwritten { whole: false, rigs: BTreeMap::new(), slices: false };

    /// Adds what came after.
    fn add(&mut self, later: Unwritten) {
        self.whole |= later.whole;
        self.slices |= later.slices;
        self.rigs.extend(later.rigs);
        if self.whole {
            self.rigs.clear();
        }
    }

    fn is_empty(&self) -> bool {
        !self.whole && !self.slices && self.rigs.is_empty()
    }
}

/// Keeps the assignment in the store.
pub(crate) struct Keeper {
    store: Store,
    /// The epoch that the store holds.
    kept: u64,
    unwritten: Unwritten,
    /// What the write under way writes.
    writing: Unwritten,
    movements: Vec<Movement>,
    /// The write under way: it answers the epoch that it kept, or none where the store holds another than we thought.
    write: Behind<(Option<u64>, usize)>,
}

impl Keeper {
    pub(crate) fn new(store: Store) -> Self {
        Self {
            store,
            kept: 0,
            // What the store holds is not known.
            unwritten: Unwritten { whole: true, ..Unwritten::NOTHING },
            writing: Unwritten::NOTHING,
            movements: Vec::new(),
            write: Behind::default(),
        }
    }

    /// A decision was made.
    pub(crate) fn note(&mut self, change: &AssignmentChange, movements: Vec<Movement>) {
        let rigs = change.rigs.iter().map(|rig| (rig.rig.clone(), rig.clone())).collect();
        self.unwritten.add(Unwritten { whole: change.whole, rigs, slices: change.slices });
        self.movements.extend(movements);
    }

    /// Writes what is not written yet, or looks how far that is. When to look again, if not all is written:
    /// `again` after a failure.
    pub(crate) async fn keep(
        &mut self,
        assignment: &Arc<Assignment>,
        epoch: u64,
        now: Timestamp,
        again: std::time::Duration,
    ) -> Option<Timestamp> {
        if !self.write.is_under_way() {
            // Not empty where a write was cut off by a panic: whether it was done is not known.
            self.writing.whole |= !self.writing.is_empty();
            let later = std::mem::replace(&mut self.unwritten, Unwritten::NOTHING);
            self.writing.add(later);
        }
        let (store, since) = (&self.store, self.kept);
        let (writing, movements) = (&self.writing, &self.movements);
        let write = || {
            let (store, movements) = (store.clone(), movements.clone());
            let slices = || assignment.slices.clone();
            let whole = writing.whole.then(|| whole(assignment, epoch));
            let rows = AssignmentRows {
                epoch,
                rigs: writing.rigs.values().cloned().collect(),
                slices: writing.slices.then(slices),
            };
            async move {
                let kept = match whole {
                    // One that is as new was written by nobody else.
                    Some(whole) => store.keep_assignment(&whole, &movements).await.map(|_| true),
                    None => store.keep_assignment_change(since, &rows, &movements).await,
                };
                kept.map(|kept| (kept.then_some(epoch), movements.len()))
            }
        };
        let is_done = match self.write.done(write).await {
            Some(Ok((Some(kept), movements))) => {
                self.kept = kept;
                self.writing = Unwritten::NOTHING;
                self.movements.drain(..movements);
                self.unwritten.is_empty() && kept >= epoch
            }
            Some(Ok((None, _))) => {
                self.unwritten.whole = true;
                self.restore();
                false
            }
            // It is looked after with the next step.
            None => false,
            Some(Err(error)) => {
                self.restore();
                tracing::debug!(%error, "the assignment is followed, but not kept");
                self.give_way();
                return Some(now + again);
            }
        };
        self.give_way();
        (!is_done).then_some(now)
    }

    /// What was not written is to be written.
    fn restore(&mut self) {
        let mut all = std::mem::replace(&mut self.writing, Unwritten::NOTHING);
        all.add(std::mem::replace(&mut self.unwritten, Unwritten::NOTHING));
        self.unwritten = all;
    }

    fn give_way(&mut self) {
        if !self.write.is_under_way() {
            let over = self.movements.len().saturating_sub(UNWRITTEN_MAX);
            self.movements.drain(..over);
        }
    }
}

fn whole(assignment: &Assignment, epoch: u64) -> store::Assignment {
    let text = |(rig, label): (&Arc<str>, &Arc<str>)| (rig.to_string(), label.to_string());
    store::Assignment {
        epoch,
        accounts: assignment.labels.iter().map(text).collect(),
        homes: assignment.homes.iter().map(text).collect(),
        slices: assignment.slices.clone(),
    }
}
