//! Desired and actual state at one moment, published as a whole: what pages, commands and plans read.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use exchange::label::PARKED;
use exchange::snapshot::Snapshot;
use exchange::time::Timestamp;
use schema::api::{ListenerStatus, OverrideAction};

use crate::assignment::Assignment;
use crate::coverage::Coverage;
use crate::desired::Desired;
use crate::instruct::SecretMissing;
use crate::power_limit::Cap;
use crate::promise::Promise;

/// Everything as of [`Snapshot::at`].
#[derive(Debug, Clone)]
pub struct Live {
    /// When the daemon started.
    pub started: Timestamp,
    /// What a simulated rig does of its nominal hashrate; one for real ones.
    pub scale: f64,
    /// The farm file followed, `None` before the first.
    pub desired: Option<Arc<Desired>>,
    /// Why the head generation is not followed, if so.
    pub held: Option<Arc<str>>,
    /// The assignment followed.
    pub assignment: Arc<Assignment>,
    /// Its number.
    pub epoch: u64,
    /// What each rental gets by it.
    pub coverage: Arc<Vec<Coverage>>,
    /// Overrides of operators in force.
    pub overrides: Arc<Vec<OverrideAction>>,
    /// Rigs that cover nothing at present: away, failing, or not yet trusted again.
    pub away: Arc<HashSet<Arc<str>>>,
    /// What was owed and credited in the settlement periods that run, by label.
    pub promises: Arc<BTreeMap<Arc<str>, Promise>>,
    /// Rentals whose customer's pools take no work.
    pub paused: Arc<BTreeSet<Arc<str>>>,
    /// What failed as a whole, in words.
    pub outages: Arc<Vec<String>>,
    /// What sites are held to.
    pub caps: Arc<Vec<Cap>>,
    /// What the hub sees.
    pub snapshot: Arc<Snapshot>,
    /// Where miners connect.
    pub listeners: Arc<Vec<ListenerStatus>>,
    /// Passwords that could not be read: their pools are left out.
    pub secrets_missing: Arc<Vec<SecretMissing>>,
}

impl Live {
    /// Before anything is known.
    pub fn new(started: Timestamp, scale: f64) -> Self {
        Self {
            started,
            scale,
            desired: None,
            held: None,
            assignment: Arc::default(),
            epoch: 0,
            coverage: Arc::default(),
            overrides: Arc::default(),
            away: Arc::default(),
            promises: Arc::default(),
            paused: Arc::default(),
            outages: Arc::default(),
            caps: Arc::default(),
            snapshot: Arc::default(),
            listeners: Arc::default(),
            secrets_missing: Arc::default(),
        }
    }

    /// The generation followed; 0 before the first.
    pub fn generation(&self) -> u64 {
        self.desired.as_ref().map_or(0, |desired| desired.generation)
    }

    /// Connected rigs that do not yet work for whom they should.
    pub fn pending(&self) -> usize {
        let snapshot = &self.snapshot;
        snapshot
            .sessions
            .iter()
            .filter(|session| session.rig.is_some() && !session.clone)
            .filter(|session| match &session.serving {
                Some(serving) => *serving != session.wanted,
                None => *session.wanted != *PARKED,
            })
            .count()
    }

    /// The hub follows these orders and every connected rig is where it should be.
    pub fn is_converged(&self) -> bool {
        self.snapshot.generation == self.generation()
            && self.snapshot.epoch == self.epoch
            && self.pending() == 0
    }
}
