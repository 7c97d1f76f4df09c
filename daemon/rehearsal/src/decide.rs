//! The decision: who should work for whom, from what is seen. A thin seam before the daemon's own.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use farm::event::Event;
use farm::live::Desired;
use farm::rig::Service;
use farm::schedule::{Assignment, Coverage, Situation, assign, is_running};
use farm::time::Timestamp;
use schema::api::OverrideWish;

const AWAY_AFTER: Duration = Duration::from_secs(15);

#[derive(Debug, Clone, Copy)]
pub(crate) struct RigSeen {
    pub(crate) connected: bool,
    pub(crate) service: Service,
    pub(crate) last_share: Option<Timestamp>,
    pub(crate) work: f64,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct RentalSeen {
    pub(crate) credited: f64,
    pub(crate) pool_well: bool,
}

#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) at: Timestamp,
    pub(crate) rigs: Vec<RigSeen>,
    pub(crate) rentals: Vec<RentalSeen>,
}

#[derive(Debug)]
pub(crate) struct Reconciler {
    started: Timestamp,
    present: Arc<Assignment>,
    coverage: Vec<Coverage>,
    last: Vec<Timestamp>,
    basis: Option<(u64, Vec<OverrideWish>, Vec<u8>, Vec<bool>)>,
}

impl Reconciler {
    pub(crate) fn new(started: Timestamp) -> Self {
        Self { started, present: Arc::default(), coverage: Vec::new(), last: Vec::new(), basis: None }
    }

    pub(crate) fn assignment(&self) -> &Arc<Assignment> {
        &self.present
    }

    pub(crate) fn coverage(&self) -> &[Coverage] {
        &self.coverage
    }

    pub(crate) fn step(
        &mut self,
        desired: &Desired,
        wishes: &[OverrideWish],
        seen: &Seen,
        _out: &mut Vec<Event>,
    ) -> bool {
        self.last.resize(seen.rigs.len(), self.started);
        let state: Vec<u8> = seen
            .rigs
            .iter()
            .zip(&mut self.last)
            .map(|(rig, last)| {
                if rig.connected {
                    *last = seen.at;
                }
                let failing = matches!(rig.service, Service::Degraded | Service::Dead | Service::Returning);
                match rig.service {
                    _ if seen.at.since(*last) >= AWAY_AFTER => 2,
                    _ if rig.connected && failing => 2,
                    Service::Suspect if rig.connected => 1,
                    _ => 0,
                }
            })
            .collect();
        let running =
            desired.farm.rentals().map(|(_, _, rental)| is_running(&desired.farm, rental, seen.at)).collect();
        let basis = (desired.generation, wishes.to_vec(), state, running);
        if self.basis.as_ref() == Some(&basis) {
            return false;
        }
        let names = |which: u8| -> HashSet<Arc<str>> {
            let all = desired.inventory.rigs().iter().zip(&basis.2);
            all.filter(|(_, state)| **state == which).map(|(rig, _)| rig.name.clone().into()).collect()
        };
        let (assignment, coverage) = assign(&Situation {
            farm: &desired.farm,
            inventory: &desired.inventory,
            at: seen.at,
            wishes,
            present: &self.present,
            away: &names(2),
            suspect: &names(1),
        });
        let changed = assignment != *self.present;
        self.present = Arc::new(assignment);
        self.coverage = coverage;
        self.basis = Some(basis);
        changed
    }
}
