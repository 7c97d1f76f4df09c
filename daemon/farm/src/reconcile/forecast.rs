//! A look ahead: what would be decided at a later moment, if all went well until then.

use std::sync::Arc;

use exchange::time::Timestamp;
use schema::api::OverrideAction;

use super::{Reconciler, Seen};
use crate::desired::Desired;
use crate::outage::Outages;

impl Reconciler {
    /// Steps to a later moment as if every rig were there and well by then, and everything that is owed were
    /// delivered: for a copy whose [`Reconciler::coverage`] is then looked at.
    pub fn forecast(&mut self, desired: &Arc<Desired>, overrides: &[OverrideAction], at: Timestamp) {
        self.memory.iter_mut().for_each(|rig| rig.assume_well());
        self.outages = Outages::default();
        // They begin with the step, so nothing is to be caught up with, nor was too much delivered.
        self.promises.clear();
        // There was time to think the whole farm over.
        self.replan_at = at;
        self.step(desired, overrides, &Seen::well(desired, at), &mut Vec::new());
    }
}
