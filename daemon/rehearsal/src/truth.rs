//! What is really so, whatever the hub believes: which rigs run and how fast, and how pools behave.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use farm::schedule::ALGORITHM;
use schema::inventory::Inventory;

use crate::fault::FaultMode;

/// One rig.
#[derive(Debug, Clone)]
pub(crate) struct RigTruth {
    /// By the farm file, hashes per second; zero where it mines something else.
    pub(crate) nominal: f64,
    pub(crate) powered: bool,
    /// It died of itself.
    pub(crate) broken: bool,
    pub(crate) silent: bool,
    /// It and the hub hear each other.
    pub(crate) reachable: bool,
    /// Part of its hashrate that is left, of one.
    pub(crate) part: f64,
    /// How often it was repaired, or began to lose hash: a decline ends with its turn.
    pub(crate) decline: u32,
    /// Mean times between failures and to repair, where it fails at random.
    pub(crate) failures: Option<(Duration, Duration)>,
    /// How often those were said: a death that was drawn earlier does not happen.
    pub(crate) failing: u32,
}

impl RigTruth {
    pub(crate) fn runs(&self) -> bool {
        self.powered && !self.broken
    }

    /// Hashes per second that it does.
    pub(crate) fn rate(&self) -> f64 {
        if self.runs() && !self.silent { self.nominal * self.part } else { 0.0 }
    }
}

/// The whole farm.
#[derive(Debug, Clone)]
pub(crate) struct Truth {
    /// In the order of the inventory.
    pub(crate) rigs: Vec<RigTruth>,
    /// Pools that are not well.
    pub(crate) fault_modes: BTreeMap<Arc<str>, FaultMode>,
}

impl Truth {
    pub(crate) fn of(inventory: &Inventory) -> Self {
        let rigs = inventory.rigs().iter().map(|rig| RigTruth {
            nominal: rig.hashrate(ALGORITHM).hashes_per_second(),
            powered: true,
            broken: false,
            silent: false,
            reachable: true,
            part: 1.0,
            decline: 0,
            failures: None,
            failing: 0,
        });
        Self { rigs: rigs.collect(), fault_modes: BTreeMap::new() }
    }

    pub(crate) fn fault_mode(&self, pool: &str) -> FaultMode {
        self.fault_modes.get(pool).copied().unwrap_or(FaultMode::None)
    }
}
