//! One thread, one current-thread runtime, one exchange; nothing shared inside. Tasks of sockets borrow
//! the worker for the length of one call and never across an `await`.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::time::{Duration, Instant};

use exchange::event::{Event, EventKind, Repeats, Severity};
use exchange::failover::Loss;
use exchange::id::{SessionId, UpstreamId};
use exchange::{Exchange, Output};
use foldhash::HashMap;
use stratum::Protocol;
use stratum::peer::{FromMiner, FromPool, ToPool};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use crate::allowance::{Addresses, BAD_LINE, BYTES, COSTLY_LINE, GOOD_SHARE, LINE, Place};
use crate::clock::{self, Clock, instant};
use crate::conn::Conn;
use crate::journal::{Journal, News, RETRY, SLOW};
use crate::limits::{Gate, Network};
use crate::{Command, HubError, ListenerSpec, Settings, Taken, listener, pool};

/// How often the exchange looks at its clock.
const TICK: Duration = Duration::from_millis(100);
/// Events kept until they are taken; older ones give way.
const EVENTS_MAX: usize = 100_000;

/// Shares that come this close upon each other go to their pool in one write, and come back in one answer. The miner
/// does not wait for either.
const GATHER: Duration = Duration::from_millis(2);

struct PoolLink {
    connection: u32,
    conn: Option<Rc<Conn>>,
    task: AbortHandle,
    /// When a share was last written.
    written: Instant,
    /// Shares wait to be written together.
    gathers: bool,
}

struct Listening {
    spec: ListenerSpec,
    address: SocketAddr,
    task: AbortHandle,
}

/// What a line costs, in tokens of [`allowance`](crate::allowance).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    /// Its connection.
    pub(crate) own: f32,
    /// All who share its address.
    pub(crate) shared: f32,
}

/// Everything that the hub's thread owns.
pub(crate) struct Worker {
    pub(crate) gate: Gate,
    pub(crate) addresses: Addresses,
    exchange: Exchange,
    clock: Clock,
    journal: Journal,
    miners: HashMap<SessionId, Rc<Conn>>,
    pools: HashMap<UpstreamId, PoolLink>,
    listeners: Vec<Listening>,
    repeats: Repeats,
    events: VecDeque<Event>,
    events_dropped: u64,
    next_session: u64,
    outputs: Vec<Output>,
    /// Pools whose shares wait to be written together.
    gathering: Vec<UpstreamId>,
    /// Where answers wait for the disk, and since which share.
    held: Vec<Rc<Conn>>,
    sync_wanted: Rc<tokio::sync::Notify>,
    /// Connections that were not let in or had to go, by reason.
    turned_away: BTreeMap<&'static str, u64>,
    /// There is more to do than was done in one go.
    more: Rc<tokio::sync::Notify>,
    me: std::rc::Weak<RefCell<Worker>>,
}

/// Runs the hub until it is told to stop, or its handle is gone.
pub(crate) async fn run(
    settings: Settings,
    journal: Journal,
    mut commands: mpsc::UnboundedReceiver<Command>,
) {
    let mut secret = [0; 8];
    getrandom::fill(&mut secret).expect("the system has randomness");
    let sync_wanted = Rc::new(tokio::sync::Notify::new());
    let more = Rc::new(tokio::sync::Notify::new());
    let worker = Rc::new_cyclic(|me| {
        RefCell::new(Worker {
            gate: Gate::new(settings.connections_max, settings.connections_per_address_max, settings.files),
            addresses: Addresses::new(instant()),
            exchange: Exchange::new(0, u64::from_le_bytes(secret), settings.algorithm),
            clock: Clock::start(),
            journal,
            miners: HashMap::default(),
            pools: HashMap::default(),
            listeners: Vec::new(),
            repeats: Repeats::default(),
            events: VecDeque::new(),
            events_dropped: 0,
            next_session: 1,
            outputs: Vec::new(),
            gathering: Vec::new(),
            held: Vec::new(),
            sync_wanted: sync_wanted.clone(),
            turned_away: BTreeMap::new(),
            more: more.clone(),
            me: me.clone(),
        })
    });
    tokio::task::spawn_local(sync_forever(worker.clone(), sync_wanted));
    worker.borrow_mut().tell_of_journal();
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = tick.tick() => worker.borrow_mut().on_tick(),
            () = more.notified() => {
                worker.borrow_mut().go_on();
                // One slice, then everybody else.
                tokio::task::yield_now().await;
            }
            command = commands.recv() => match command {
                Some(Command::Stop(answer)) => {
                    let _ = answer.send(worker.borrow_mut().stop());
                    return;
                }
                Some(command) => worker.borrow_mut().on_command(command),
                None => return,
            }
        }
    }
}

/// Writes what was gathered for pools, after the time for that.
async fn write_gathered(worker: std::rc::Weak<RefCell<Worker>>) {
    tokio::time::sleep(GATHER).await;
    if let Some(worker) = worker.upgrade() {
        worker.borrow_mut().write_gathered();
    }
}

/// Waits for the disk: once a second, and at once where answers wait, one `fdatasync` for all that came meanwhile.
async fn sync_forever(worker: Rc<RefCell<Worker>>, wanted: Rc<tokio::sync::Notify>) {
    loop {
        let _ = tokio::time::timeout(RETRY, wanted.notified()).await;
        let look = {
            let mut worker = worker.borrow_mut();
            let now = worker.clock.now();
            worker.journal.look(now)
        };
        if let Some(look) = look {
            let gone = tokio::task::spawn_blocking(move || look.run()).await.unwrap_or_default();
            let mut worker = worker.borrow_mut();
            let now = worker.clock.now();
            worker.journal.gone(&gone, now);
        }
        let sync = {
            let mut worker = worker.borrow_mut();
            let now = worker.clock.now();
            worker.journal.retry(now);
            worker.tell_of_journal();
            worker.journal.sync()
        };
        // Without a file to wait for, all is on the disk, or nobody can say so: then answers wait on.
        let Some(sync) = sync else { continue };
        let sync = std::sync::Arc::new(sync);
        let waiting = sync.clone();
        let mut running = tokio::task::spawn_blocking(move || waiting.run());
        let done = loop {
            match tokio::time::timeout(SLOW, &mut running).await {
                Ok(done) => break done.unwrap_or_else(|error| Err(std::io::Error::other(error))),
                Err(_) => {
                    let mut worker = worker.borrow_mut();
                    let now = worker.clock.now();
                    worker.journal.note_slow(now);
                    worker.tell_of_journal();
                }
            }
        };
        let mut worker = worker.borrow_mut();
        match done {
            Ok(()) => {
                worker.journal.synced(&sync);
                worker.release(sync.mark);
            }
            Err(error) => {
                let now = worker.clock.now();
                worker.journal.sync_failed(&sync, &error, now);
            }
        }
        worker.tell_of_journal();
    }
}

impl Worker {
    /// Whether somebody from there may come in, or why not.
    pub(crate) fn admit(&mut self, address: IpAddr) -> Result<(), &'static str> {
        let admitted = if self.addresses.connect(instant(), Place::of(address)) {
            self.gate.enter(address, self.pools.len())
        } else {
            Err("too many connections in a row from one address")
        };
        if let Err(why) = admitted {
            self.turn_away(why);
        }
        admitted
    }

    /// Counts one that was not let in or had to go. Reasons are words of ours, so the table is bounded.
    pub(crate) fn turn_away(&mut self, why: &'static str) {
        *self.turned_away.entry(why).or_default() += 1;
    }

    /// A miner's socket is open.
    pub(crate) fn enter(&mut self, address: SocketAddr, conn: Rc<Conn>) -> SessionId {
        let id = SessionId(self.next_session);
        self.next_session += 1;
        self.miners.insert(id, conn);
        self.exchange.on_miner_connected(self.clock.now(), id, address);
        id
    }

    /// A miner's socket is closed.
    pub(crate) fn leave(&mut self, id: SessionId, why: &str) {
        self.miners.remove(&id);
        self.exchange.on_miner_closed(self.clock.now(), id, why, &mut self.outputs);
        self.carry_out();
    }

    /// A line from a miner. Gives what that costs, and nothing once the connection is gone.
    pub(crate) fn on_line(&mut self, id: SessionId, protocol: Protocol, line: &[u8]) -> Option<Cost> {
        let before = self.outputs.len();
        let mut cost = BAD_LINE;
        match protocol.read_miner(line) {
            Ok(request) => {
                cost = match &request.ask {
                    FromMiner::Subscribe { .. }
                    | FromMiner::Authorize { .. }
                    | FromMiner::Configure(_)
                    | FromMiner::SuggestDifficulty(_) => COSTLY_LINE,
                    FromMiner::Unknown { .. } => BAD_LINE,
                    _ => LINE,
                };
                let now = self.clock.now();
                // Shares may come before the first tick after this process stood still.
                if let Some(by) = self.clock.take_stall() {
                    self.exchange.on_stall(now, by);
                }
                self.exchange.on_miner(now, id, request, &mut self.outputs);
            }
            Err(_) => self.exchange.on_bad_line(self.clock.now(), id, &mut self.outputs),
        }
        self.miners.get(&id)?;
        if self.outputs[before..].iter().any(|output| matches!(output, Output::Journal(_))) {
            return Some(Cost { own: GOOD_SHARE, shared: 0.0 });
        }
        let cost = cost + line.len() as f32 / BYTES;
        Some(Cost { own: cost, shared: cost })
    }

    /// A pool's socket is open. False when nobody wants it any more.
    pub(crate) fn pool_connected(&mut self, id: UpstreamId, connection: u32, conn: Rc<Conn>) -> bool {
        let Some(link) = self.pools.get_mut(&id).filter(|link| link.connection == connection) else {
            return false;
        };
        link.conn = Some(conn);
        self.exchange.on_pool_connected(self.clock.now(), id, connection, &mut self.outputs);
        self.carry_out();
        true
    }

    /// A message from a pool.
    pub(crate) fn on_pool(&mut self, id: UpstreamId, connection: u32, message: FromPool) {
        self.exchange.on_pool(self.clock.now(), id, connection, message, &mut self.outputs);
    }

    /// A pool's socket is closed, or did not open.
    pub(crate) fn pool_closed(&mut self, id: UpstreamId, connection: u32, why: &str) {
        if self.pools.get(&id).is_some_and(|link| link.connection == connection) {
            self.pools.remove(&id);
        }
        self.exchange.on_pool_closed(self.clock.now(), id, connection, why, &mut self.outputs);
        self.carry_out();
    }

    /// A pool could not be reached, or ended in a way that says why.
    pub(crate) fn pool_failed(&mut self, id: UpstreamId, connection: u32, loss: Loss) {
        if self.pools.get(&id).is_some_and(|link| link.connection == connection) {
            self.pools.remove(&id);
        }
        self.exchange.on_pool_failed(self.clock.now(), id, connection, loss, &mut self.outputs);
        self.carry_out();
    }

    /// Goes on with what was too much for one go.
    fn go_on(&mut self) {
        self.exchange.go_on(self.clock.now(), &mut self.outputs);
        self.carry_out();
    }

    /// Carries out what the exchange wants: first shares are written down, then everyone is told.
    pub(crate) fn carry_out(&mut self) {
        if self.exchange.has_more(self.clock.now()) {
            self.more.notify_one();
        }
        if self.outputs.is_empty() {
            return;
        }
        let mut outputs = std::mem::take(&mut self.outputs);
        let mut journaled = false;
        for output in &outputs {
            if let Output::Journal(record) = output {
                self.journal.push(record);
                journaled = true;
            }
        }
        if journaled {
            self.journal.write(self.clock.now());
            self.tell_of_journal();
        }
        // The miner's answer waits for the disk, and nothing else does: pools and jobs have no part in it.
        let hold = (journaled && self.journal.is_strict()).then(|| self.journal.next());
        let mut is_answer = false;
        let at = instant();
        let mut touched: Vec<Rc<Conn>> = Vec::new();
        let mut touch = |conn: &Rc<Conn>| {
            if touched.last().is_none_or(|last| !Rc::ptr_eq(last, conn)) {
                touched.push(conn.clone());
            }
        };
        for output in outputs.drain(..) {
            match output {
                Output::Journal(_) => is_answer = true,
                Output::ToMiner(id, message) => {
                    let mark = hold.filter(|_| std::mem::take(&mut is_answer));
                    let Some(conn) = self.miners.get(&id) else { continue };
                    if let Some(mark) = mark {
                        if conn.hold(mark, |out| conn.protocol().write_to_miner(&message, out)) {
                            self.held.push(conn.clone());
                        }
                    } else {
                        conn.push(|out| conn.protocol().write_to_miner(&message, out));
                        touch(conn);
                    }
                }
                Output::CloseMiner(id, why) => {
                    if let Some(conn) = self.miners.get(&id) {
                        conn.close(why);
                    }
                }
                Output::ToPool(id, message) => {
                    let Some(link) = self.pools.get_mut(&id) else { continue };
                    let Some(conn) = &link.conn else { continue };
                    conn.push(|out| conn.protocol().write_to_pool(&message, out));
                    conn.asks();
                    if !matches!(message, ToPool::Submit { .. }) {
                        touch(conn);
                    } else if !link.gathers && at.saturating_duration_since(link.written) >= GATHER {
                        link.written = at;
                        touch(conn);
                    } else if !std::mem::replace(&mut link.gathers, true) {
                        self.gathering.push(id);
                        if self.gathering.len() == 1 {
                            tokio::task::spawn_local(write_gathered(self.me.clone()));
                        }
                    }
                }
                Output::Connect { upstream, connection, endpoint } => {
                    self.connect(upstream, connection, endpoint);
                }
                Output::Disconnect(id) => {
                    if let Some(link) = self.pools.remove(&id) {
                        match link.conn {
                            Some(conn) => conn.close("no longer wanted"),
                            None => link.task.abort(),
                        }
                    }
                }
                Output::Event(event) => self.note(event),
            }
        }
        self.outputs = outputs;
        if hold.is_some() {
            self.sync_wanted.notify_one();
        }
        touched.iter().for_each(|conn| conn.flush());
    }

    /// Writes the shares that were gathered.
    fn write_gathered(&mut self) {
        let at = instant();
        for id in self.gathering.drain(..) {
            if let Some(link) = self.pools.get_mut(&id) {
                (link.gathers, link.written) = (false, at);
                link.conn.iter().for_each(|conn| conn.flush());
            }
        }
    }

    fn connect(&mut self, id: UpstreamId, connection: u32, endpoint: exchange::endpoint::Endpoint) {
        let Some(me) = self.me.upgrade() else { return };
        let task = tokio::task::spawn_local(pool::run(me, id, connection, endpoint)).abort_handle();
        let link = PoolLink { connection, conn: None, task, written: instant(), gathers: false };
        self.pools.insert(id, link);
    }

    /// Takes an event, whose time is the steady clock's; people read the system's.
    fn note(&mut self, event: Event) {
        let Some(mut event) = self.repeats.admit(event) else { return };
        event.at = event.at.shifted(self.clock.ahead().0);
        let (kind, subject, words) = (&event.kind, &event.subject, &event.message);
        match event.severity {
            Severity::Error | Severity::Critical => tracing::error!(%kind, %subject, "{words}"),
            Severity::Warning => tracing::warn!(%kind, %subject, "{words}"),
            Severity::Info => tracing::info!(%kind, %subject, "{words}"),
        }
        if self.events.len() >= EVENTS_MAX {
            self.events.pop_front();
            self.events_dropped += 1;
        }
        self.events.push_back(event);
    }

    /// Lets answers go that wait for shares below `mark`; those that wait for a later one wait on.
    fn release(&mut self, mark: u64) {
        // A connection that nobody else holds is closed.
        self.held.retain(|conn| Rc::strong_count(conn) > 1 && !conn.release(mark));
    }

    fn tell_of_journal(&mut self) {
        for news in self.journal.take_news() {
            let at = self.clock.now();
            let ahead = self.clock.ahead().0;
            self.note(match news {
                News::Failed(why) => {
                    let words = if self.journal.is_strict() {
                        format!("shares cannot be recorded, and miners wait for their answers: {why}")
                    } else {
                        format!("shares are counted, but would not survive a crash: {why}")
                    };
                    Event::new(at, EventKind::JournalFailed, "hub", words)
                }
                News::Recovered { since, missed } => {
                    let words = "shares are recorded again, including those that waited".to_owned();
                    let event = Event::new(at, EventKind::JournalRecovered, "hub", words);
                    event.with("since", since.shifted(ahead).rfc3339()).with("missed", missed)
                }
            });
        }
    }

    /// Compares the clocks, and tells of what was found once.
    fn look_at_clocks(&mut self) {
        let news = self.clock.compare();
        self.exchange.set_ahead(self.clock.ahead().0);
        for news in news.into_iter().flatten() {
            let (kind, words) = match news {
                clock::News::Late(by) => (
                    EventKind::HubStalled,
                    format!("the hub stalled for {:.1} s; no rig is blamed for it", by.as_secs_f64()),
                ),
                clock::News::Set(by) => (
                    EventKind::ClockSet,
                    format!(
                        "the system clock was set by {:+.1} s; durations are not affected",
                        by as f64 / 1e6
                    ),
                ),
            };
            let at = self.clock.now();
            self.note(Event::new(at, kind, "hub", words));
        }
    }

    fn on_tick(&mut self) {
        self.look_at_clocks();
        self.exchange.on_time(self.clock.now(), &mut self.outputs);
        self.carry_out();
    }

    fn on_command(&mut self, command: Command) {
        match command {
            Command::Apply(orders) => {
                let (generation, epoch) = (orders.generation, orders.epoch);
                if !self.exchange.apply(self.clock.now(), orders, &mut self.outputs) {
                    tracing::warn!(generation, epoch, "orders older than those in force were ignored");
                }
                self.carry_out();
            }
            Command::Follow(change) => {
                let epoch = change.epoch;
                if !self.exchange.follow(self.clock.now(), &change, &mut self.outputs) {
                    tracing::warn!(epoch, "a change older than the orders followed was left alone");
                }
                self.carry_out();
            }
            Command::Listen { specs, accept_from, answer } => {
                let _ = answer.send(self.listen(specs, accept_from));
            }
            Command::Take(answer) => {
                let _ = answer.send(self.take());
            }
            Command::Snapshot(answer) => {
                let mut seen = self.exchange.snapshot(self.clock.now());
                seen.turned_away = self.turned_away.clone();
                let (ahead, set) = self.clock.ahead();
                seen.shift(ahead);
                seen.clock_set = set;
                let _ = answer.send(seen);
            }
            Command::Recover(prints) => self.exchange.recover(self.clock.now(), prints),
            Command::Trim(mark) => {
                self.journal.trim(mark, self.clock.now());
                // In the accounts they are on the disk as well.
                self.release(mark);
            }
            Command::Stop(answer) => {
                let _ = answer.send(self.stop());
            }
        }
    }

    fn take(&mut self) -> Taken {
        Taken {
            tally: self.exchange.take_tally(),
            mark: self.journal.next(),
            trouble: self.journal.trouble().cloned(),
            bereft: self.journal.take_bereft(),
            events: std::mem::take(&mut self.events).into(),
            events_dropped: std::mem::take(&mut self.events_dropped),
        }
    }

    fn stop(&mut self) -> Taken {
        for listening in self.listeners.drain(..) {
            listening.task.abort();
        }
        self.write_gathered();
        let now = self.clock.now() + RETRY;
        if let Some(look) = self.journal.look(now) {
            self.journal.gone(&look.run(), now);
            self.tell_of_journal();
        }
        let taken = self.take();
        self.miners.values().for_each(|conn| conn.close("the hub is shutting down"));
        taken
    }

    fn listen(
        &mut self,
        specs: Vec<ListenerSpec>,
        accept_from: Vec<Network>,
    ) -> Vec<Result<SocketAddr, HubError>> {
        self.gate.allow(accept_from);
        self.listeners.retain(|listening| {
            let same = |spec: &ListenerSpec| {
                spec.name == listening.spec.name
                    && spec.bind == listening.spec.bind
                    && match (&spec.tls, &listening.spec.tls) {
                        (None, None) => true,
                        (Some(a), Some(b)) => std::sync::Arc::ptr_eq(a, b),
                        _ => false,
                    }
            };
            let keep = specs.iter().any(same);
            if !keep {
                listening.task.abort();
            }
            keep
        });
        specs
            .into_iter()
            .map(|spec| {
                if let Some(listening) = self.listeners.iter().find(|l| l.spec.name == spec.name) {
                    return Ok(listening.address);
                }
                let failed = |source| HubError::Bind { name: spec.name.clone(), bind: spec.bind, source };
                let socket = listener::open(spec.bind).map_err(failed)?;
                let address = socket.local_addr().map_err(failed)?;
                let Some(me) = self.me.upgrade() else { return Err(HubError::Stopped) };
                let task =
                    tokio::task::spawn_local(listener::accept(me, socket, spec.clone())).abort_handle();
                self.listeners.push(Listening { spec, address, task });
                Ok(address)
            })
            .collect()
    }
}
