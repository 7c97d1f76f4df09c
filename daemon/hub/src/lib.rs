//! A hundred thousand sockets between rigs and pools: a thin shell around [`exchange`].
//!
//! One thread owns the exchange, its sockets and its journal. [`Hub`] is the handle that the rest of the
//! process holds: it hands in orders, and takes counters, events and snapshots out.

mod allowance;
mod clock;
mod conn;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
pub mod journal;
pub mod limits;
mod listener;
mod pool;
mod tls;
mod turn;
mod worker;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use exchange::duplicates::Fingerprint;
use exchange::event::Event;
use exchange::orders::{Orders, OrdersChange};
use exchange::snapshot::Snapshot;
use exchange::tally::Tally;
use stratum::Protocol;
use stratum::work::Algorithm;
use tokio::sync::{mpsc, oneshot};

pub use clock::now;
pub use journal::{Durability, Trouble};
pub use limits::{FileLimit, Network};

/// Turns of peers before sockets and clock are asked what is new.
const EVENT_INTERVAL: u32 = 16;

/// Where miners may connect.
#[derive(Clone)]
pub struct ListenerSpec {
    /// Its name in the farm file.
    pub name: String,
    /// Address and port; port 0 takes any free one.
    pub bind: SocketAddr,
    /// What miners speak there.
    pub protocol: Protocol,
    /// With a certificate, TLS is spoken.
    pub tls: Option<Arc<rustls::ServerConfig>>,
}

impl std::fmt::Debug for ListenerSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at {}{}", self.name, self.bind, if self.tls.is_some() { " (TLS)" } else { "" })
    }
}

/// What a hub needs in order to start.
#[derive(Debug)]
pub struct Settings {
    /// Folder of the share journal.
    pub journal: PathBuf,
    /// Number of the next share, from [`journal::next_number`].
    pub next_share: u64,
    /// What rigs compute for all pools.
    pub algorithm: Algorithm,
    /// When a share counts as durable.
    pub durability: Durability,
    /// Most miner connections at a time.
    pub connections_max: usize,
    /// Most miner connections from one IP address at a time.
    pub connections_per_address_max: usize,
    /// How many open files connections may take.
    pub files: FileLimit,
}

/// What has happened since it was last asked.
#[derive(Debug, Default)]
pub struct Taken {
    /// Counters.
    pub tally: Tally,
    /// Shares with a lower number are in these counters or were in earlier ones.
    pub mark: u64,
    /// Why shares are not written to the journal at present.
    pub trouble: Option<Trouble>,
    /// A journal file was removed: shares that no other file has are in these counters or were in earlier ones.
    pub bereft: bool,
    /// Events, oldest first.
    pub events: Vec<Event>,
    /// Events that found no room and are not among them.
    pub events_dropped: u64,
}

/// A hub could not start, listen, or answer.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// A listener's address.
    #[error("listener `{name}` cannot listen at {bind}: {source}")]
    Bind {
        /// Its name in the farm file.
        name: String,
        /// Where.
        bind: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The hub's thread has ended.
    #[error("the hub has stopped")]
    Stopped,
    /// The thread or its runtime could not be made.
    #[error("the hub's thread: {0}")]
    Thread(std::io::Error),
}

pub(crate) enum Command {
    Apply(Arc<Orders>),
    Follow(OrdersChange),
    Listen {
        specs: Vec<ListenerSpec>,
        accept_from: Vec<Network>,
        answer: oneshot::Sender<Vec<Result<SocketAddr, HubError>>>,
    },
    Take(oneshot::Sender<Taken>),
    Snapshot(oneshot::Sender<Snapshot>),
    Recover(Vec<Fingerprint>),
    Trim(u64),
    Stop(oneshot::Sender<Taken>),
}

/// A runtime of tasks that stay on its thread. Unlike a `LocalSet` it wakes none of them with a system call.
fn runtime() -> std::io::Result<tokio::runtime::LocalRuntime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .event_interval(EVENT_INTERVAL)
        .build_local(Default::default())
}

/// The handle to a running hub.
#[derive(Clone)]
pub struct Hub {
    commands: mpsc::UnboundedSender<Command>,
}

impl Hub {
    /// Starts the hub's thread. It has no listener and no orders yet.
    pub fn start(settings: Settings) -> Result<Self, HubError> {
        let (next, durability) = (settings.next_share, settings.durability);
        let journal = journal::Journal::open(&settings.journal, next, durability, now());
        let (commands, queue) = mpsc::unbounded_channel();
        let (ready, started) = std::sync::mpsc::channel();
        std::thread::Builder::new()
            .name("hub".into())
            .spawn(move || match runtime() {
                Ok(runtime) => {
                    let _ = ready.send(Ok(()));
                    runtime.block_on(worker::run(settings, journal, queue));
                }
                Err(error) => {
                    let _ = ready.send(Err(error));
                }
            })
            .map_err(HubError::Thread)?;
        started.recv().map_err(|_| HubError::Stopped)?.map_err(HubError::Thread)?;
        Ok(Self { commands })
    }

    /// Follows these orders from now on, unless they are older than the present ones.
    pub fn apply(&self, orders: Arc<Orders>) -> Result<(), HubError> {
        self.commands.send(Command::Apply(orders)).map_err(|_| HubError::Stopped)
    }

    /// Follows what is different of some rigs, all else being as it was applied last.
    pub fn follow(&self, change: OrdersChange) -> Result<(), HubError> {
        self.commands.send(Command::Follow(change)).map_err(|_| HubError::Stopped)
    }

    /// Listens at exactly these places: others are closed to new miners, connected ones stay. Answers in
    /// the same order with the address in use.
    pub async fn listen(
        &self,
        specs: Vec<ListenerSpec>,
        accept_from: Vec<Network>,
    ) -> Result<Vec<Result<SocketAddr, HubError>>, HubError> {
        self.ask(|answer| Command::Listen { specs, accept_from, answer }).await
    }

    /// Takes counters and events.
    pub async fn take(&self) -> Result<Taken, HubError> {
        self.ask(Command::Take).await
    }

    /// Looks.
    pub async fn snapshot(&self) -> Result<Snapshot, HubError> {
        self.ask(Command::Snapshot).await
    }

    /// Work that an earlier process accepted: it is not new when it comes again.
    pub fn recover(&self, prints: Vec<Fingerprint>) -> Result<(), HubError> {
        self.commands.send(Command::Recover(prints)).map_err(|_| HubError::Stopped)
    }

    /// Shares with a lower number are booked: the journal may forget them.
    pub fn trim(&self, mark: u64) -> Result<(), HubError> {
        self.commands.send(Command::Trim(mark)).map_err(|_| HubError::Stopped)
    }

    /// Closes everything, and gives out the last counters.
    pub async fn stop(&self) -> Result<Taken, HubError> {
        self.ask(Command::Stop).await
    }

    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> Result<T, HubError> {
        let (answer, answered) = oneshot::channel();
        self.commands.send(command(answer)).map_err(|_| HubError::Stopped)?;
        answered.await.map_err(|_| HubError::Stopped)
    }
}
