//! The facts that a hub reports about rigs, pools and routes. A fact says what is, never what should be.

use std::sync::Arc;

use crate::failover::{Health, PoolFault};
use crate::meter::Reading;
use crate::service::Service;
use crate::tally::{Passage, Refusals};
use crate::time::Timestamp;
use crate::work::Work;

/// One miner's connection, as seen now.
#[derive(Debug, Clone)]
pub struct SessionFacts {
    /// The rig it was taken for, if any.
    pub rig: Option<Arc<str>>,
    /// It sends a name that another connection has already.
    pub clone: bool,
    /// As it introduced itself.
    pub user: Arc<str>,
    /// The program it runs.
    pub agent: Arc<str>,
    /// Where it connects from.
    pub address: std::net::SocketAddr,
    /// Since when.
    pub since: Timestamp,
    /// For whom its present job is, `None` without one.
    pub serving: Option<Arc<str>>,
    /// For whom it should be.
    pub wanted: Arc<str>,
    /// The pool of its present job.
    pub pool: Option<Arc<str>>,
    /// Of its present job.
    pub difficulty: f64,
    /// Its recent work.
    pub reading: Reading,
    /// When it last sent an accepted share.
    pub last_share: Option<Timestamp>,
    /// How it serves, by its shares.
    pub service: Service,
    /// Since when.
    pub service_since: Timestamp,
    /// What the shares accepted on this connection stand for.
    pub work: Work,
    /// What became of its shares: a rig's since the hub started, anybody else's on this connection.
    pub shares: RigShares,
}

/// What became of a miner's shares.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RigShares {
    /// Accepted by the hub.
    pub accepted: u64,
    /// Rejected by the hub.
    pub rejected: u64,
    /// The same by reason; empty for who is no rig of the farm file.
    pub refusals: Refusals,
    /// Those of the accepted that pools refused.
    pub pool_refusals: Refusals,
}

/// One pool of one account, as seen now.
#[derive(Debug, Clone)]
pub struct PoolFacts {
    /// Whose.
    pub account: Arc<str>,
    /// Its name in the farm file.
    pub pool: Arc<str>,
    /// The endpoint in use, or tried last.
    pub url: String,
    /// Well or ill, since when and why.
    pub health: Health,
    /// The pool's or the system's own words about it; empty where there are none.
    pub words: Arc<str>,
    /// What the pool last said to us, unasked, and when.
    pub message: Option<(Timestamp, Arc<str>)>,
    /// When it is next connected to, while it is not.
    pub retry_at: Option<Timestamp>,
    /// Why it lost its work, while it has not shown yet that it takes work again.
    pub unproven: Option<PoolFault>,
    /// How far it is trusted with work.
    pub trust: TrustFacts,
    /// It gets the work of a route of the account now.
    pub in_use: bool,
    /// Kept connected.
    pub wanted: bool,
    /// Live connections.
    pub connections: usize,
    /// Rigs that work for it.
    pub rigs: usize,
    /// Of its present job; zero without one.
    pub difficulty: f64,
    /// When its last job came.
    pub last_job: Option<Timestamp>,
    /// Shares on their way.
    pub pending: usize,
    /// How far work for it has come.
    pub passage: Passage,
    /// Mean time it took to answer the last shares, milliseconds.
    pub latency_ms: f64,
}

/// How far a pool that failed with work is trusted with it again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum TrustFacts {
    /// Nothing is held against it.
    #[default]
    Trusted,
    /// It must stay well until then before one rig tries it.
    Waits {
        /// Until when.
        until: Timestamp,
        /// How often it failed again soon after the work came back.
        relapses: u32,
    },
    /// One rig tries it.
    OnTrial {
        /// Since when.
        since: Timestamp,
        /// Which one; none while no rig of the account can.
        rig: Option<Arc<str>>,
    },
}

/// One route, as seen now.
#[derive(Debug, Clone)]
pub struct RouteFacts {
    /// As in the accounts.
    pub label: Arc<str>,
    /// Recent accepted work.
    pub reading: Reading,
    /// The pool that gets it, if any.
    pub pool: Option<Arc<str>>,
    /// How far its work has come.
    pub passage: Passage,
    /// Shares of its rigs that were rejected here, since the hub started.
    pub rejected: Refusals,
}

/// Everything that a hub sees.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// When it was taken.
    pub at: Timestamp,
    /// The farm file followed.
    pub generation: u64,
    /// The assignment followed.
    pub epoch: u64,
    /// Miners' connections that have introduced themselves.
    pub sessions: Vec<SessionFacts>,
    /// Connections in all.
    pub connections: usize,
    /// Rigs of the farm file that are not connected and were since the hub started.
    pub absent: Vec<(Arc<str>, RigShares)>,
    /// Pools by account.
    pub pools: Vec<PoolFacts>,
    /// Routes.
    pub routes: Vec<RouteFacts>,
    /// Sessions that are not yet where they should be.
    pub unplaced: usize,
    /// How far the system's clock was set ahead since the hub started, microseconds, all steps together.
    pub clock_set: i64,
    /// Rigs of the farm file that have had no work for a while because no pool takes any, connected or not.
    pub idle: Vec<Arc<str>>,
    /// Miners' connections that were turned away or disconnected since the hub started, by reason.
    pub turned_away: std::collections::BTreeMap<&'static str, u64>,
}

impl Snapshot {
    /// The same by a clock that is ahead by so many microseconds.
    pub fn shift(&mut self, by: i64) {
        self.at = self.at.shifted(by);
        for session in &mut self.sessions {
            for at in [&mut session.since, &mut session.service_since] {
                *at = at.shifted(by);
            }
            session.last_share = session.last_share.map(|at| at.shifted(by));
        }
        for pool in &mut self.pools {
            pool.health = match pool.health {
                Health::Healthy(since) => Health::Healthy(since.shifted(by)),
                Health::Unhealthy(since, fault) => Health::Unhealthy(since.shifted(by), fault),
            };
            if let Some((at, _)) = &mut pool.message {
                *at = at.shifted(by);
            }
            for at in [&mut pool.retry_at, &mut pool.last_job].into_iter().flatten() {
                *at = at.shifted(by);
            }
            match &mut pool.trust {
                TrustFacts::Waits { until: at, .. } | TrustFacts::OnTrial { since: at, .. } => {
                    *at = at.shifted(by);
                }
                TrustFacts::Trusted => {}
            }
        }
    }
}
