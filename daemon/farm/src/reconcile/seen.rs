//! What was seen, as the step needs it: made from a hub's snapshot and from what was counted since the last step.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use exchange::credit::Credits;
use exchange::service::Service;
use exchange::snapshot::Snapshot;
use exchange::time::Timestamp;
use exchange::work::Balance;
use schema::farm::policy::Judge;

use crate::desired::Desired;

/// A customer's pools are on their way, not gone, for this long.
const POOLS_COMING: Duration = Duration::from_secs(10);

/// One rig, as seen now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RigSeen {
    /// Its connection is up.
    pub connected: bool,
    /// What its shares say, if it is connected.
    pub service: Service,
    /// When it last sent an accepted share.
    pub last_share: Option<Timestamp>,
    /// Accepted on this connection, hashes at nominal scale.
    pub work: f64,
    /// No pool takes its work, so none is expected of it, and it may have been let go.
    pub idle: bool,
}

impl Default for RigSeen {
    fn default() -> Self {
        Self { connected: false, service: Service::Offline, last_share: None, work: 0.0, idle: false }
    }
}

/// One rental, as seen now.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct RentalSeen {
    /// Credited since the last step by the count that its policy names, at nominal scale.
    pub credited: Balance,
    /// At least one of the customer's pools takes work.
    pub pool_well: bool,
}

/// Everything that was seen.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Seen {
    /// When.
    pub at: Timestamp,
    /// Rigs, in the order of the inventory.
    pub rigs: Vec<RigSeen>,
    /// Rentals, in the order of [`schema::farm::Farm::rentals`].
    pub rentals: Vec<RentalSeen>,
}

impl Seen {
    /// As if every rig were there and well, and every pool took work.
    pub fn well(desired: &Desired, at: Timestamp) -> Seen {
        let online =
            RigSeen { connected: true, service: Service::Online, last_share: Some(at), ..RigSeen::default() };
        let rentals = desired.farm.rentals().map(|_| RentalSeen { credited: Balance::EVEN, pool_well: true });
        Seen { at, rigs: vec![online; desired.inventory.len()], rentals: rentals.collect() }
    }

    /// What a hub sees, and what was counted since the last step. `scale` is what a simulated rig does of its
    /// nominal hashrate, one for real ones.
    pub fn of(snapshot: &Snapshot, desired: &Desired, credits: &Credits, scale: f64) -> Seen {
        let sessions: HashMap<&str, _> = snapshot
            .sessions
            .iter()
            .filter(|session| !session.clone)
            .filter_map(|session| Some((&**session.rig.as_ref()?, session)))
            .collect();
        let idle: HashSet<&str> = snapshot.idle.iter().map(|rig| &**rig).collect();
        let rig = |rig: &schema::inventory::ResolvedRig| {
            let session = sessions.get(rig.name.as_str());
            let idle = idle.contains(rig.name.as_str());
            session.map_or(RigSeen { idle, ..RigSeen::default() }, |session| RigSeen {
                idle,
                connected: true,
                service: session.service,
                last_share: session.last_share.or(Some(session.since)),
                work: session.work.hashes() / scale,
            })
        };
        let rental = |customer: &str, label: &str, judge: Judge| {
            let mut pools = snapshot.pools.iter().filter(|pool| &*pool.account == customer).peekable();
            // A hub that has not heard of the customer yet says nothing about its pools.
            let pool_well = pools.peek().is_none()
                || pools.any(|pool| {
                    pool.health.is_healthy() || snapshot.at.since(pool.health.since()) < POOLS_COMING
                });
            RentalSeen {
                credited: credits
                    .0
                    .get(label)
                    .map_or(Balance::EVEN, |credit| credit.by(judge).at_scale(scale)),
                pool_well,
            }
        };
        Seen {
            at: snapshot.at,
            rigs: desired.inventory.rigs().iter().map(rig).collect(),
            rentals: desired
                .farm
                .rentals()
                .map(|(customer, name, terms)| {
                    let judge =
                        desired.farm.policy(&terms.policy).sla.map(|sla| sla.judge).unwrap_or_default();
                    rental(customer.as_str(), &crate::label::label(customer, name), judge)
                })
                .collect(),
        }
    }
}
