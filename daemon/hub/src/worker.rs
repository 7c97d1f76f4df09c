//! One thread, one current-thread runtime, one exchange; nothing shared inside. Tasks of sockets borrow
//! the worker for the length of one call and never across an `await`.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use farm::event::{Event, Severity};
use farm::exchange::{Exchange, Output};
use farm::id::{SessionId, UpstreamId};
use stratum::peer::FromPool;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use crate::clock::now;
use crate::conn::Conn;
use crate::journal::Journal;
use crate::limits::{Gate, Network};
use crate::{Command, HubError, ListenerSpec, Settings, Taken, listener, pool};

/// How often the exchange looks at its clock.
const TICK: Duration = Duration::from_millis(100);
/// Events kept until they are taken; older ones give way.
const EVENTS_MAX: usize = 100_000;

struct PoolLink {
    connection: u32,
    conn: Option<Rc<Conn>>,
    task: AbortHandle,
}

struct Listening {
    spec: ListenerSpec,
    address: SocketAddr,
    task: AbortHandle,
}

/// Everything that the hub's thread owns.
pub(crate) struct Worker {
    pub(crate) gate: Gate,
    exchange: Exchange,
    journal: Journal,
    journal_is_well: bool,
    miners: HashMap<SessionId, Rc<Conn>>,
    pools: HashMap<UpstreamId, PoolLink>,
    listeners: Vec<Listening>,
    events: VecDeque<Event>,
    events_dropped: u64,
    next_session: u64,
    outputs: Vec<Output>,
    /// Where answers wait for the disk, and since which share.
    held: Vec<Rc<Conn>>,
    sync_wanted: Rc<tokio::sync::Notify>,
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
    let strict = journal.is_strict();
    let sync_wanted = Rc::new(tokio::sync::Notify::new());
    let worker = Rc::new_cyclic(|me| {
        RefCell::new(Worker {
            gate: Gate::new(settings.connections_max, settings.connections_per_address_max, settings.files),
            exchange: Exchange::new(0, u64::from_le_bytes(secret)),
            journal,
            journal_is_well: true,
            miners: HashMap::new(),
            pools: HashMap::new(),
            listeners: Vec::new(),
            events: VecDeque::new(),
            events_dropped: 0,
            next_session: 1,
            outputs: Vec::new(),
            held: Vec::new(),
            sync_wanted: sync_wanted.clone(),
            me: me.clone(),
        })
    });
    if strict {
        tokio::task::spawn_local(sync_forever(worker.clone(), sync_wanted));
    }
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = tick.tick() => worker.borrow_mut().on_tick(),
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

/// Lets answers go once the disk has their shares: one `fdatasync` for all that came meanwhile.
async fn sync_forever(worker: Rc<RefCell<Worker>>, wanted: Rc<tokio::sync::Notify>) {
    loop {
        wanted.notified().await;
        let (held, file, mark) = {
            let mut worker = worker.borrow_mut();
            (std::mem::take(&mut worker.held), worker.journal.file(), worker.journal.next())
        };
        if held.is_empty() {
            continue;
        }
        let synced = match file {
            Ok(Some(file)) => tokio::task::spawn_blocking(move || file.sync_data())
                .await
                .unwrap_or_else(|error| Err(std::io::Error::other(error))),
            Ok(None) => Ok(()),
            Err(error) => Err(error),
        };
        if let Err(error) = synced {
            worker.borrow_mut().journal_failed(&error);
        }
        // Those that wait for a later share are among the next.
        held.iter().for_each(|conn| {
            conn.release(mark);
        });
    }
}

impl Worker {
    /// Lets a miner's connection in, or says why not.
    pub(crate) fn admit(&mut self, address: std::net::IpAddr) -> Result<(), &'static str> {
        self.gate.enter(address, self.pools.len())
    }

    /// A miner's socket is open.
    pub(crate) fn enter(&mut self, address: SocketAddr, conn: Rc<Conn>) -> SessionId {
        let id = SessionId(self.next_session);
        self.next_session += 1;
        self.miners.insert(id, conn);
        self.exchange.on_miner_connected(now(), id, address);
        id
    }

    /// A miner's socket is closed.
    pub(crate) fn leave(&mut self, id: SessionId, why: &str) {
        self.miners.remove(&id);
        self.exchange.on_miner_closed(now(), id, why, &mut self.outputs);
        self.carry_out();
    }

    /// A line from a miner. False once the connection is to be closed.
    pub(crate) fn on_line(&mut self, id: SessionId, line: &[u8]) -> bool {
        match stratum::v1::miner::read(line) {
            Ok(request) => self.exchange.on_miner(now(), id, request, &mut self.outputs),
            Err(_) => self.exchange.on_bad_line(now(), id, &mut self.outputs),
        }
        self.miners.contains_key(&id)
    }

    /// A pool's socket is open. False when nobody wants it any more.
    pub(crate) fn pool_connected(&mut self, id: UpstreamId, connection: u32, conn: Rc<Conn>) -> bool {
        let Some(link) = self.pools.get_mut(&id).filter(|link| link.connection == connection) else {
            return false;
        };
        link.conn = Some(conn);
        self.exchange.on_pool_connected(now(), id, connection, &mut self.outputs);
        self.carry_out();
        true
    }

    /// A message from a pool.
    pub(crate) fn on_pool(&mut self, id: UpstreamId, connection: u32, message: FromPool) {
        self.exchange.on_pool(now(), id, connection, message, &mut self.outputs);
    }

    /// A pool's socket is closed, or did not open.
    pub(crate) fn pool_closed(&mut self, id: UpstreamId, connection: u32, why: &str) {
        if self.pools.get(&id).is_some_and(|link| link.connection == connection) {
            self.pools.remove(&id);
        }
        self.exchange.on_pool_closed(now(), id, connection, why, &mut self.outputs);
        self.carry_out();
    }

    /// Carries out what the exchange wants: first shares are written down, then everyone is told.
    pub(crate) fn carry_out(&mut self) {
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
            match self.journal.write() {
                Ok(()) => self.journal_is_well = true,
                Err(error) => self.journal_failed(&error),
            }
        }
        let hold = journaled && self.journal.is_strict();
        let mut touched: Vec<Rc<Conn>> = Vec::new();
        let mut touch = |conn: &Rc<Conn>| {
            if touched.last().is_none_or(|last| !Rc::ptr_eq(last, conn)) {
                touched.push(conn.clone());
            }
        };
        for output in outputs.drain(..) {
            match output {
                Output::Journal(_) => {}
                Output::ToMiner(id, message) => {
                    if let Some(conn) = self.miners.get(&id) {
                        conn.push(|out| stratum::v1::miner::write(&message, out));
                        touch(conn);
                    }
                }
                Output::CloseMiner(id, why) => {
                    if let Some(conn) = self.miners.get(&id) {
                        conn.close(why);
                    }
                }
                Output::ToPool(id, message) => {
                    if let Some(conn) = self.pools.get(&id).and_then(|link| link.conn.as_ref()) {
                        conn.push(|out| stratum::v1::pool::write(&message, out));
                        touch(conn);
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
        if hold {
            let mark = self.journal.next();
            touched.iter().for_each(|conn| conn.hold(mark));
            self.held.append(&mut touched);
            self.sync_wanted.notify_one();
        } else {
            touched.iter().for_each(|conn| conn.flush());
        }
    }

    fn connect(&mut self, id: UpstreamId, connection: u32, endpoint: farm::orders::Endpoint) {
        let Some(me) = self.me.upgrade() else { return };
        let task = tokio::task::spawn_local(pool::run(me, id, connection, endpoint)).abort_handle();
        self.pools.insert(id, PoolLink { connection, conn: None, task });
    }

    fn note(&mut self, event: Event) {
        let (kind, subject, words) = (&event.kind, &event.subject, &event.message);
        match event.severity {
            Severity::Error => tracing::error!(%kind, %subject, "{words}"),
            Severity::Warning => tracing::warn!(%kind, %subject, "{words}"),
            Severity::Info => tracing::info!(%kind, %subject, "{words}"),
        }
        if self.events.len() >= EVENTS_MAX {
            self.events.pop_front();
            self.events_dropped += 1;
        }
        self.events.push_back(event);
    }

    fn journal_failed(&mut self, error: &std::io::Error) {
        if !std::mem::replace(&mut self.journal_is_well, false) {
            return;
        }
        let message = format!("shares are counted, but would not survive a crash: {error}");
        self.note(Event::new(now(), "journal-failed", Severity::Error, "hub", message));
    }

    fn on_tick(&mut self) {
        self.exchange.on_time(now(), &mut self.outputs);
        self.carry_out();
    }

    fn on_command(&mut self, command: Command) {
        match command {
            Command::Apply(orders) => {
                let (generation, epoch) = (orders.generation, orders.epoch);
                if !self.exchange.apply(now(), orders, &mut self.outputs) {
                    tracing::warn!(generation, epoch, "orders older than those followed were left alone");
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
                let _ = answer.send(self.exchange.snapshot(now()));
            }
            Command::Trim(mark) => self.journal.trim(mark),
            Command::Stop(answer) => {
                let _ = answer.send(self.stop());
            }
        }
    }

    fn take(&mut self) -> Taken {
        Taken {
            tally: self.exchange.take_tally(),
            mark: self.journal.next(),
            events: std::mem::take(&mut self.events).into(),
            events_dropped: std::mem::take(&mut self.events_dropped),
        }
    }

    fn stop(&mut self) -> Taken {
        for listening in self.listeners.drain(..) {
            listening.task.abort();
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
