//! One slice of sessions and upstreams: who mines for whom, and which share goes where. A plain value:
//! messages and times go in, [`Output`]s come out, and the shell carries them out in order.
//!
//! [`miners`] answers miners, [`shares`] judges their work, [`pools`] follows the pool connections,
//! [`fanout`] hands their jobs out, [`placing`] moves sessions to where they should be, [`deadlines`] knows when
//! each is next due, [`facts`] reports.

#[cfg(any(test, feature = "fuzzing"))]
mod bench;
mod check;
mod deadlines;
mod facts;
mod fanout;
mod miners;
mod placing;
mod pools;
mod shares;
#[cfg(any(test, feature = "fuzzing"))]
mod steps;
mod strangers;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use foldhash::HashMap;
use stratum::peer::{ToMiner, ToPool};
use stratum::work::{Algorithm, Reason};

pub(crate) use deadlines::NEVER;
pub use deadlines::{AUTHORIZE_MAX, SUBSCRIBE_MAX};
pub use fanout::FanOut;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use steps::play;

use crate::duplicates::{Duplicates, Fingerprint};
use crate::endpoint::Endpoint;
use crate::event::{Event, EventKind, Severity};
use crate::failover::Standing;
use crate::id::{SessionId, UpstreamId};
use crate::journal::Record;
use crate::meter::Meter;
use crate::orders::OrdersChange;
use crate::orders::{Orders, QUARANTINE};
use crate::service::Service;
use crate::session::{Identity, Session, UNKNOWN};
use crate::tally::{Outcome, Passage, Refusals, ShareKey, Tally};
use crate::time::Timestamp;
use crate::upstream::Upstream;
use crate::watch::Watch;
use crate::work::Work;

/// A miner that was asked to reconnect, to be given a smaller shape of extranonce, comes within this.
const RESHAPE_MAX: Duration = Duration::from_secs(60);
/// One that came back in its old shape is asked again after [`RESHAPE_MAX`], doubled each time, up to this.
const RESHAPE_AGAIN_MAX: Duration = Duration::from_secs(3600);
/// Most of these that are remembered; older ones give way.
const RESHAPES_MAX: usize = 10_000;

/// A miner that was asked to reconnect because its next pool leaves too little room.
#[derive(Debug)]
struct Reshape {
    at: Timestamp,
    rig: Arc<str>,
    address: IpAddr,
    /// What it may name when it subscribes again,
    resume: String,
    /// or the session that it named before, where it names the same one always.
    resumed: Option<Box<str>>,
    /// Who came for it.
    came: Option<SessionId>,
    /// Another miner from its address had the shape that was kept for it.
    taken: bool,
    /// So often it was asked.
    times: u32,
}

impl Reshape {
    /// It is on its way.
    fn is_awaited(&self, now: Timestamp) -> bool {
        self.came.is_none() && now.since(self.at) <= RESHAPE_MAX
    }

    /// It may be asked again then: one that always comes back in its old shape is asked ever more rarely.
    fn again_at(&self) -> Timestamp {
        let doubled = RESHAPE_MAX.saturating_mul(1 << (self.times - 1).min(16)).min(RESHAPE_AGAIN_MAX);
        if self.taken { self.at } else { self.at + doubled }
    }
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
    /// Healthy or not, and how far it is trusted.
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
}

/// A name for a [`Group`]: the account and the pool.
type GroupKey = (Arc<str>, Arc<str>);

/// Work of one label.
#[derive(Debug)]
struct Flow {
    meter: Meter,
    rejected: Refusals,
    passage: Passage,
}

/// One rig's shares that were refused here for one reason.
#[derive(Debug)]
struct Refused {
    reason: Reason,
    count: u64,
    /// Of these, how many were told of, and when.
    told: u64,
    told_at: Timestamp,
}

/// That one rig's shares are refused for one reason is told this often.
const REJECTED_EVERY: Duration = Duration::from_secs(3600);

/// One slice of the farm's sessions and upstreams.
#[derive(Debug)]
pub struct Exchange {
    orders: Arc<Orders>,
    /// In boxes, because the map keeps room for as many again.
    sessions: BTreeMap<SessionId, Box<Session>>,
    deadlines: deadlines::Deadlines,
    /// Pool connections whose job is being handed out.
    spreading: VecDeque<UpstreamId>,
    upstreams: BTreeMap<UpstreamId, Upstream>,
    groups: BTreeMap<GroupKey, Group>,
    /// Each account's present pool, by name; `None` where all are ill.
    choices: BTreeMap<Arc<str>, Option<Arc<str>>>,
    by_rig: HashMap<Arc<str>, SessionId>,
    /// Connections that claim the name of a rig that another one has.
    clones: BTreeMap<Arc<str>, BTreeSet<SessionId>>,
    /// What is known of each rig's service, over its connections.
    watches: HashMap<Arc<str>, Box<Watch>>,
    /// Sessions that are not where they should be.
    unplaced: BTreeSet<SessionId>,
    reshapes: VecDeque<Reshape>,
    /// Shares that came, by their work.
    duplicates: Duplicates,
    strangers: strangers::Strangers,
    /// Accounts whose miners have nowhere to work, and since when.
    stranded: BTreeMap<Arc<str>, pools::Stranded>,
    /// Their rigs, once that has lasted a while.
    idle: BTreeSet<Arc<str>>,
    /// How often who comes back was let go since.
    let_go: BTreeMap<pools::Guest, u32>,
    flows: BTreeMap<Arc<str>, Flow>,
    /// How far work for each pool has come.
    passages: BTreeMap<GroupKey, Passage>,
    /// Shares of each rig of the farm file that were refused here; those of all others under one name.
    refusals: BTreeMap<Arc<str>, Vec<Refused>>,
    /// Shares of each rig of the farm file that pools refused.
    pool_refusals: BTreeMap<Arc<str>, Refusals>,
    tally: Tally,
    next_upstream: u64,
    next_own: BTreeMap<u8, u64>,
    /// Scrambles names of sessions, so that nobody guesses another's.
    secret: u64,
    /// How far the system's clock is ahead of the one that this is driven by, microseconds.
    ahead: i64,
    to_pool: Vec<ToPool>,
    /// When connections and waiting sessions were last looked at as a whole.
    tidied: Timestamp,
    /// What pools hand out.
    algorithm: Algorithm,
}

/// What concerns everybody is looked at this often, however often the clock ticks.
const TIDY: Duration = Duration::from_secs(1);
/// So many waiting sessions are tried at every tick; more only when everybody is looked at.
const WAITING_MAX: usize = 2000;

impl Exchange {
    /// An exchange that nobody has connected to. `secret` should be hard to guess; `slice` keeps the
    /// numbers of several exchanges in one process apart. Rigs and pools all compute `algorithm`.
    pub fn new(slice: u16, secret: u64, algorithm: Algorithm) -> Self {
        Self {
            orders: Arc::new(Orders::empty()),
            sessions: BTreeMap::new(),
            deadlines: deadlines::Deadlines::default(),
            spreading: VecDeque::new(),
            upstreams: BTreeMap::new(),
            groups: BTreeMap::new(),
            choices: BTreeMap::new(),
            by_rig: HashMap::default(),
            clones: BTreeMap::new(),
            watches: HashMap::default(),
            unplaced: BTreeSet::new(),
            reshapes: VecDeque::new(),
            duplicates: Duplicates::default(),
            strangers: strangers::Strangers::new(),
            stranded: BTreeMap::new(),
            idle: BTreeSet::new(),
            let_go: BTreeMap::new(),
            flows: BTreeMap::new(),
            passages: BTreeMap::new(),
            refusals: BTreeMap::new(),
            pool_refusals: BTreeMap::new(),
            tally: Tally::default(),
            next_upstream: u64::from(slice) << 48,
            next_own: BTreeMap::new(),
            secret,
            ahead: 0,
            to_pool: Vec::new(),
            tidied: Timestamp::default(),
            algorithm,
        }
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
        let (known, by_rig, idle) = (&self.orders.rigs, &self.by_rig, &self.idle);
        self.watches.retain(|rig, watch| {
            let order = known.get(rig);
            if let Some(order) = order {
                let blamed = watch.follow(now, order, idle.contains(rig), by_rig.contains_key(rig));
                out.extend(blamed.and_then(|before| service_changed(now, rig, before, watch)));
            }
            order.is_some()
        });
        self.refusals.retain(|rig, _| **rig == *UNKNOWN || self.orders.rigs.contains_key(rig));
        self.pool_refusals.retain(|rig, _| self.orders.rigs.contains_key(rig));
        self.adopt_accounts(now, out);
        let ids: Vec<SessionId> = self.sessions.keys().copied().collect();
        for id in ids {
            self.reconsider(now, id, out);
        }
        self.choose_pools(now, out);
        self.place(now, out);
        true
    }

    /// Follows what is different of some rigs: nobody else is looked at. False when it is not younger than the present
    /// orders.
    pub fn follow(&mut self, now: Timestamp, change: &OrdersChange, out: &mut Vec<Output>) -> bool {
        if change.epoch <= self.orders.epoch {
            return false;
        }
        // Nobody else holds them, unless a caller keeps what it applied: then this is a copy.
        Arc::make_mut(&mut self.orders).follow(change);
        for (rig, ..) in &change.rigs {
            let Some(order) = self.orders.rigs.get(rig) else { continue };
            let session = self.by_rig.get(rig).copied();
            if let Some(watch) = self.watches.get_mut(rig) {
                let blamed = watch.follow(now, order, self.idle.contains(rig), session.is_some());
                out.extend(blamed.and_then(|before| service_changed(now, rig, before, watch)));
            }
            let clones = self.clones.get(rig).into_iter().flatten().copied();
            for id in session.into_iter().chain(clones).collect::<Vec<_>>() {
                self.reconsider(now, id, out);
            }
        }
        self.choose_pools(now, out);
        self.place(now, out);
        true
    }

    /// A miner has connected.
    pub fn on_miner_connected(&mut self, now: Timestamp, id: SessionId, address: SocketAddr) {
        self.sessions.insert(id, Box::new(Session::new(id, address, now, self.orders.per_minute)));
        self.arm(id);
    }

    /// A miner's connection is gone.
    pub fn on_miner_closed(&mut self, now: Timestamp, id: SessionId, why: &str, out: &mut Vec<Output>) {
        let Some(session) = self.sessions.get(&id) else { return };
        let was_somebody = session.identity != Identity::Unknown;
        let (name, subject) = (session.called(), session.subject());
        let idle = session.rig().is_some_and(|rig| self.is_without_work(rig));
        let (address, parked) = (session.address, session.parked || idle);
        let freed = self.forget_identity(now, id);
        let Some(session) = self.sessions.remove(&id) else { return };
        self.unplaced.remove(&id);
        if let Some(attachment) = &session.attachment
            && let Some(upstream) = self.upstreams.get_mut(&attachment.upstream)
        {
            upstream.detach(now, id);
        }
        // A rig without work may go and come as it likes.
        if was_somebody && !parked && why != pools::LET_GO {
            out.push(Output::Event(
                Event::new(now, EventKind::RigDisconnected, subject, format!("{name} disconnected: {why}"))
                    .with("address", address),
            ));
        }
        if let Some(rig) = freed {
            self.promote_clone(now, &rig, out);
            self.place(now, out);
        }
    }

    /// Does what is due, to be called several times a second; [`go_on`](Self::go_on) does what was too much.
    pub fn on_time(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        let tidy = now.since(self.tidied) >= TIDY || now < self.tidied;
        self.upstreams_on_time(now, out);
        self.choose_pools(now, out);
        self.spread_held_back(now, out);
        self.sessions_on_time(now, out);
        self.promote_silent_clones(now, out);
        if tidy {
            self.tidied = now;
            self.watch_all(now, out);
            let in_use = self.upstreams.values().filter_map(|upstream| upstream.job());
            self.duplicates.tidy(now, in_use.map(|job| job.id));
            for id in self.strangers.idle(now) {
                self.strangers.leave(id);
                out.push(Output::CloseMiner(id, "in no farm file, and without a good share for ten minutes"));
            }
            self.let_go(now, out);
            self.close_empty(now, out);
        }
        if tidy || self.unplaced.len() <= WAITING_MAX {
            self.place(now, out);
        }
    }

    /// Shares that an earlier process accepted count for nothing if they come again.
    pub fn recover(&mut self, now: Timestamp, prints: impl IntoIterator<Item = Fingerprint>) {
        self.duplicates.recover(now, prints);
    }

    /// The hub itself stood still for so long, and its clock with it: what rigs found meanwhile comes at once.
    pub fn on_stall(&mut self, now: Timestamp, by: std::time::Duration) {
        self.watches.values_mut().for_each(|watch| watch.on_stall(now, by));
    }

    /// The exchange is driven by a clock that nobody sets; what it writes down is told by the system's clock, which
    /// is ahead of that by so many microseconds.
    pub fn set_ahead(&mut self, ahead: i64) {
        self.ahead = ahead;
    }

    /// The counters since this was last called.
    pub fn take_tally(&mut self) -> Tally {
        std::mem::take(&mut self.tally)
    }

    /// Connections of miners.
    pub fn sessions_len(&self) -> usize {
        self.sessions.len()
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
        for (rig, _) in changed.iter().filter(|(_, before)| before.is_silent()) {
            // What was counted while it was silent says nothing about how hard its shares should be.
            if let Some(id) = self.by_rig.get(rig).copied()
                && let Some(session) = self.sessions.get_mut(&id)
            {
                session.vardiff.hold(now);
                self.arm(id);
            }
        }
        out.extend(
            changed.iter().filter_map(|(rig, before)| service_changed(now, rig, *before, &self.watches[rig])),
        );
    }

    fn flow(&mut self, now: Timestamp, label: &Arc<str>) -> &mut Flow {
        self.flows.entry(label.clone()).or_insert_with(|| Flow {
            meter: Meter::new(now, Duration::from_secs(10), 60),
            rejected: Refusals::new(),
            passage: Passage::default(),
        })
    }

    fn count_rejected(
        &mut self,
        now: Timestamp,
        id: SessionId,
        reason: Reason,
        work: Work,
        out: &mut Vec<Output>,
    ) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.rejected += 1;
        let rig = session.booked_as();
        let known = session.rig().is_some();
        let label = session
            .attachment
            .as_ref()
            .map(|attachment| attachment.label.clone())
            .or_else(|| self.orders.routes.get(session.route).map(|route| route.label.clone()))
            .unwrap_or_else(|| self.orders.routes[QUARANTINE].label.clone());
        *self.flow(now, &label).rejected.entry(reason).or_default() += 1;
        self.note_refused(now, &rig, known, reason, out);
        let minute = now.shifted(self.ahead).minute();
        let outcome = Outcome::Rejected(reason);
        self.tally.share(ShareKey { minute, rig, account: label, outcome }, work);
    }

    /// Counts a refused share, and tells of the first for each reason; of more, now and then.
    fn note_refused(
        &mut self,
        now: Timestamp,
        rig: &Arc<str>,
        known: bool,
        reason: Reason,
        out: &mut Vec<Output>,
    ) {
        let list = self.refusals.entry(rig.clone()).or_default();
        let at = list.iter().position(|refused| refused.reason == reason).unwrap_or_else(|| {
            list.push(Refused { reason, count: 0, told: 0, told_at: Timestamp::default() });
            list.len() - 1
        });
        let refused = &mut list[at];
        refused.count += 1;
        let due = refused.told == 0 || now.since(refused.told_at) >= REJECTED_EVERY;
        if !known || !due {
            return;
        }
        let count = refused.count - refused.told;
        (refused.told, refused.told_at) = (refused.count, now);
        // A share that was on its way while the block changed is nobody's fault.
        let late = matches!(reason, Reason::Stale | Reason::UnknownJob);
        let shares = if count == 1 { "a share".to_owned() } else { format!("{count} shares") };
        out.push(Output::Event(
            Event::new(
                now,
                EventKind::SharesRejected,
                format!("rig/{rig}"),
                format!("{shares} of {rig} did not count: {}", reason.text()),
            )
            .told_as(if late { Severity::Info } else { Severity::Warning })
            .with("reason", reason.name())
            .with("count", count),
        ));
    }
}

/// A change of service worth telling; that a new rig is as expected is none.
fn service_changed(now: Timestamp, rig: &Arc<str>, before: Service, watch: &Watch) -> Option<Output> {
    let next = watch.service();
    if (before == Service::Vetting && next == Service::Online) || (watch.is_excused() && next.fails()) {
        return None;
    }
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
    let event = Event::new(now, next.event(), format!("rig/{rig}"), format!("{rig} {words}"));
    Some(Output::Event(event.with("before", before.name())))
}
