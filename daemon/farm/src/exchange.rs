//! One slice of sessions and upstreams: who mines for whom, and which share goes where. A plain value:
//! messages and times go in, [`Output`]s come out, and the shell carries them out in order.
//!
//! [`miners`] answers miners, [`shares`] judges their work, [`pools`] follows the pool connections,
//! [`placing`] moves sessions to where they should be, [`facts`] reports.

mod facts;
mod miners;
mod placing;
mod pools;
mod shares;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use stratum::peer::{ToMiner, ToPool};

use crate::event::{Event, Severity};
use crate::failover::Standing;
use crate::id::{SessionId, UpstreamId};
use crate::journal::Record;
use crate::observed::Meter;
use crate::orders::{Endpoint, Orders};
use crate::rig::{Service, Watch};
use crate::session::{Identity, Session};
use crate::tally::{Outcome, Tally};
use crate::time::Timestamp;
use crate::upstream::Upstream;

/// A connection must have introduced itself within this.
const INTRODUCTION_MAX: Duration = Duration::from_secs(60);
/// A miner that has nothing new for this long gets its work again in another piece: cgminer gives a pool
/// up after 90 s of silence.
const KEEPALIVE: Duration = Duration::from_secs(45);

/// A miner that was asked to connect again, to be given a smaller shape of extranonce, comes within this.
const RESHAPE_MAX: Duration = Duration::from_secs(60);
/// Most of these that are remembered; older ones give way.
const RESHAPES_MAX: usize = 10_000;

/// A miner that was asked to connect again because its next pool leaves too little room.
#[derive(Debug)]
struct Reshape {
    at: Timestamp,
    rig: Arc<str>,
    address: IpAddr,
    /// What it may name when it subscribes again.
    resume: String,
    /// It came.
    came: bool,
}

/// What the shell should do, in this order.
#[derive(Debug)]
pub enum Output {
    /// Write this down before any answer of the same batch is sent.
    Journal(Record),
    /// Tell a miner.
    ToMiner(SessionId, ToMiner),
    /// Close a miner's connection once all before is sent.
    CloseMiner(SessionId, &'static str),
    /// Open a connection to a pool.
    Connect {
        /// For whom.
        upstream: UpstreamId,
        /// To be given back with everything heard from this connection.
        connection: u32,
        /// Where.
        endpoint: Endpoint,
    },
    /// Tell a pool.
    ToPool(UpstreamId, ToPool),
    /// Close a pool's connection; nothing more needs to be reported of it.
    Disconnect(UpstreamId),
    /// Something happened.
    Event(Event),
}

/// One pool of one account: its health, and its connections.
#[derive(Debug)]
struct Group {
    /// Well or ill, and how far it is trusted.
    standing: Standing,
    /// The one rig that tries it now.
    canary: Option<SessionId>,
    /// What was said of it, and is to be told.
    news: pools::News,
    /// Version bits that it granted last.
    mask: Option<u32>,
    /// What is known of workers that it refuses.
    refusals: pools::Refusals,
    /// Connections, oldest first.
    upstreams: BTreeSet<UpstreamId>,
    /// The pool takes one worker a connection; learned, or said in the farm file.
    own_connections: bool,
    /// Shortest extranonce 2 that it ever gave, bytes.
    extranonce_2_min: Option<usize>,
    /// No other connection is opened before this.
    open_again: Timestamp,
    /// Refused shares since that was last told.
    refused: u64,
    refused_told: Timestamp,
    /// Counters of connections that are gone.
    accepted: u64,
    rejected: u64,
    unanswered: u64,
}

/// A name for a [`Group`]: the account and the pool.
type GroupKey = (Arc<str>, Arc<str>);

/// Work of one label.
#[derive(Debug)]
struct Flow {
    meter: Meter,
    accepted: u64,
    rejected: u64,
}

/// One slice of the farm's sessions and upstreams.
#[derive(Debug)]
pub struct Exchange {
    orders: Arc<Orders>,
    sessions: BTreeMap<SessionId, Session>,
    upstreams: BTreeMap<UpstreamId, Upstream>,
    groups: BTreeMap<GroupKey, Group>,
    /// Each account's present pool, by name; `None` where all are ill.
    choices: BTreeMap<Arc<str>, Option<Arc<str>>>,
    by_rig: HashMap<Arc<str>, SessionId>,
    /// What is known of each rig's service, over its connections.
    watches: HashMap<Arc<str>, Watch>,
    /// Sessions that are not where they should be.
    unplaced: BTreeSet<SessionId>,
    reshapes: VecDeque<Reshape>,
    /// Accounts whose miners have nowhere to work, and since when.
    stranded: BTreeMap<Arc<str>, pools::Stranded>,
    flows: BTreeMap<Arc<str>, Flow>,
    tally: Tally,
    next_upstream: u64,
    next_own: BTreeMap<u8, u64>,
    /// Scrambles names of sessions, so that nobody guesses another's.
    secret: u64,
    to_pool: Vec<ToPool>,
    /// When connections and waiting sessions were last looked at as a whole.
    tidied: Timestamp,
    /// What pools hand out.
    algorithm: stratum::work::Algorithm,
}

/// What concerns everybody is looked at this often, however often the clock ticks.
const TIDY: Duration = Duration::from_secs(1);
/// So many waiting sessions are tried at every tick; more only when everybody is looked at.
const WAITING_MAX: usize = 2000;

impl Exchange {
    /// An exchange that nobody has connected to. `secret` should be hard to guess; `slice` keeps the
    /// numbers of several exchanges in one process apart.
    pub fn new(slice: u16, secret: u64) -> Self {
        Self {
            orders: Arc::new(Orders::empty()),
            sessions: BTreeMap::new(),
            upstreams: BTreeMap::new(),
            groups: BTreeMap::new(),
            choices: BTreeMap::new(),
            by_rig: HashMap::new(),
            watches: HashMap::new(),
            unplaced: BTreeSet::new(),
            reshapes: VecDeque::new(),
            stranded: BTreeMap::new(),
            flows: BTreeMap::new(),
            tally: Tally::default(),
            next_upstream: u64::from(slice) << 48,
            next_own: BTreeMap::new(),
            secret,
            to_pool: Vec::new(),
            tidied: Timestamp::default(),
            algorithm: stratum::work::Algorithm::Sha256d,
        }
    }

    /// The same for a rehearsal: shares are believed to be as hard as they say. No setting and no farm file
    /// leads here; a daemon must never call it.
    pub fn rehearsal(slice: u16, secret: u64) -> Self {
        Self { algorithm: stratum::work::Algorithm::Unit, ..Self::new(slice, secret) }
    }

    /// The orders followed.
    pub fn orders(&self) -> &Arc<Orders> {
        &self.orders
    }

    /// Follows new orders, if they are not older than the present ones. False when they are.
    pub fn apply(&mut self, now: Timestamp, orders: Arc<Orders>, out: &mut Vec<Output>) -> bool {
        if orders.epoch < self.orders.epoch {
            return false;
        }
        self.orders = orders;
        let (known, by_rig) = (&self.orders.rigs, &self.by_rig);
        self.watches.retain(|rig, watch| {
            let order = known.get(rig);
            watch.excuse(order.is_some_and(|order| order.excused));
            if order.is_some_and(|order| order.parked) {
                watch.set_aside(now);
            } else {
                watch.resume(now, by_rig.contains_key(rig));
            }
            order.is_some()
        });
        self.adopt_accounts(now, out);
        let ids: Vec<SessionId> = self.sessions.keys().copied().collect();
        for id in ids {
            self.reconsider(now, id, out);
        }
        self.choose_pools(now, out);
        self.place(now, out);
        true
    }

    /// A miner has connected.
    pub fn on_miner_connected(&mut self, now: Timestamp, id: SessionId, address: SocketAddr) {
        self.sessions.insert(id, Session::new(id, address, now, self.orders.per_minute));
    }

    /// A miner's connection is gone.
    pub fn on_miner_closed(&mut self, now: Timestamp, id: SessionId, why: &str, out: &mut Vec<Output>) {
        let Some(session) = self.sessions.remove(&id) else { return };
        self.unplaced.remove(&id);
        if let Some(seat) = &session.seat
            && let Some(upstream) = self.upstreams.get_mut(&seat.upstream)
        {
            upstream.unseat(now, id);
        }
        if session.identity == Identity::Unknown {
            return;
        }
        let name = session.booked_as();
        // A rig without work may go and come as it likes.
        if !session.parked && why != pools::LET_GO {
            out.push(Output::Event(
                Event::new(
                    now,
                    "rig-disconnected",
                    Severity::Warning,
                    format!("rig/{name}"),
                    format!("{name} disconnected: {why}"),
                )
                .with("address", session.address),
            ));
        }
        if let Identity::Rig(rig) = &session.identity
            && self.by_rig.get(rig) == Some(&id)
        {
            self.by_rig.remove(rig);
            if let Some(watch) = self.watches.get_mut(rig) {
                watch.disconnect(now);
            }
            self.promote_clone(now, &rig.clone(), out);
            self.place(now, out);
        }
    }

    /// Does what is due. To be called several times a second.
    pub fn on_time(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        let tidy = now.since(self.tidied) >= TIDY || now < self.tidied;
        self.upstreams_on_time(now, out);
        self.choose_pools(now, out);
        self.sessions_on_time(now, out);
        if tidy {
            self.tidied = now;
            self.watch_all(now, out);
            self.let_go(now, out);
            self.close_empty(now, out);
        }
        if tidy || self.unplaced.len() <= WAITING_MAX {
            self.place(now, out);
        }
    }

    /// The counters since this was last called.
    pub fn take_tally(&mut self) -> Tally {
        std::mem::take(&mut self.tally)
    }

    /// Connections of miners.
    pub fn sessions_len(&self) -> usize {
        self.sessions.len()
    }

    fn sessions_on_time(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        let mut again = Vec::new();
        let mut retarget = Vec::new();
        for (id, session) in &mut self.sessions {
            if session.close_at.is_some_and(|at| now >= at) {
                session.close_at = None;
                out.push(Output::CloseMiner(*id, "asked to connect again"));
            } else if session.identity == Identity::Unknown && now.since(session.since) > INTRODUCTION_MAX {
                out.push(Output::CloseMiner(*id, "did not introduce itself in time"));
            } else if session.parked {
                if session.is_open() && now.since(session.kept_at) >= KEEPALIVE {
                    // A line that asks for nothing. The difficulty is the one that the next job has, because
                    // cgminer keeps two that it was told before a job for two jobs.
                    session.kept_at = now;
                    session.vardiff.hold(now);
                    let difficulty =
                        *session.difficulty_told.get_or_insert_with(|| session.vardiff.difficulty());
                    out.push(Output::ToMiner(*id, ToMiner::SetDifficulty(difficulty)));
                }
            } else if let (Some(_), Some(job)) = (&session.seat, session.jobs.newest()) {
                // A silent rig says nothing about how hard its shares should be; back at work it would flood us.
                let watch = session.rig().and_then(|rig| self.watches.get(rig));
                let silent = watch.is_some_and(|watch| {
                    matches!(watch.service(), Service::Suspect | Service::Dead) || watch.is_warming(now)
                });
                if silent {
                    session.vardiff.hold(now);
                }
                if session.vardiff.wake_at() <= now && session.vardiff.on_time(now, job.difficulty).is_some()
                {
                    retarget.push(*id);
                } else if now.since(job.at) >= KEEPALIVE {
                    again.push(*id);
                }
            }
        }
        for id in again.into_iter().chain(retarget) {
            self.hand_out(now, id, false, out);
        }
        self.promote_silent_clones(now, out);
    }

    /// Looks at every rig, so that silence is noticed as well.
    fn watch_all(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        let mut changed: Vec<(&Arc<str>, Service)> = Vec::new();
        for (rig, watch) in &mut self.watches {
            let before = watch.on_time(now);
            changed.extend(before.map(|before| (rig, before)));
        }
        changed.sort_unstable();
        let changed: Vec<_> = changed.into_iter().map(|(rig, before)| (rig.clone(), before)).collect();
        out.extend(
            changed.iter().filter_map(|(rig, before)| service_changed(now, rig, *before, &self.watches[rig])),
        );
    }

    fn flow(&mut self, now: Timestamp, label: &Arc<str>) -> &mut Flow {
        self.flows.entry(label.clone()).or_insert_with(|| Flow {
            meter: Meter::new(now, Duration::from_secs(10), 60),
            accepted: 0,
            rejected: 0,
        })
    }

    fn count_rejected(
        &mut self,
        now: Timestamp,
        id: SessionId,
        reason: stratum::work::Reason,
        difficulty: f64,
    ) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.rejected += 1;
        let rig = session.booked_as();
        let label = session
            .seat
            .as_ref()
            .map_or_else(|| self.orders.routes[session.route].label.clone(), |s| s.label.clone());
        self.flow(now, &label).rejected += 1;
        self.tally.share(crate::tally::ShareKey {
            minute: now.minute(),
            rig,
            account: label,
            outcome: Outcome::Rejected(reason),
            difficulty: difficulty.to_bits(),
        });
    }
}

/// A change of service worth telling; that a new rig is as expected is none.
fn service_changed(now: Timestamp, rig: &Arc<str>, before: Service, watch: &Watch) -> Option<Output> {
    let next = watch.service();
    if (before == Service::Vetting && next == Service::Online) || (watch.is_excused() && next.fails()) {
        return None;
    }
    let severity = match next {
        Service::Degraded | Service::Dead | Service::Offline => Severity::Error,
        Service::Suspect => Severity::Warning,
        _ => Severity::Info,
    };
    let words = match next {
        Service::Suspect => "sends fewer shares than chance explains easily",
        Service::Degraded => "does clearly less than expected",
        Service::Dead => "sends nothing",
        Service::Offline => "has been disconnected for a while",
        Service::Returning if before == Service::Offline => "is back, and must prove itself for a while",
        Service::Vetting => "is back",
        Service::Returning => "does what is expected again, and must prove it for a while",
        _ => "does what is expected",
    };
    let kind = format!("rig-{}", next.name());
    let event = Event::new(now, &kind, severity, format!("rig/{rig}"), format!("{rig} {words}"));
    Some(Output::Event(event.with("before", before.name())))
}
