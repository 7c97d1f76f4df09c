//! A pool: speaks Stratum V1 over real sockets and recomputes every share in full.
//!
//! It is as strict as the strictest pool we know of, so what it accepts any pool should. `desk.rs` judges,
//! `server.rs` moves bytes, `template.rs` makes jobs, `book.rs` counts.

mod book;
mod desk;
mod server;
mod template;

pub use book::{PoolCounts, PoolShare, UserCounts};

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::json;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use self::desk::Desk;
use self::server::{Command, Place, unix_time};
use crate::lock;

/// What a pool does with a second worker on one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Workers {
    /// Both may submit.
    #[default]
    Several,
    /// The second is refused with error 24.
    RefusesSecond,
    /// The second gets no answer at all, and its shares are refused.
    IgnoresSecond,
}

/// What a pool is like.
#[derive(Debug, Clone, PartialEq)]
pub struct PoolOptions {
    /// Its name, which also stands in its coinbases.
    pub name: String,
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Jobs, extranonces and refusals follow from it.
    pub seed: u64,
    /// Difficulty that a connection begins with.
    pub difficulty: f64,
    /// Time between jobs on one block.
    pub job_interval: Duration,
    /// Bytes of the extranonce that the pool sets.
    pub extranonce_1_size: usize,
    /// Bytes of the extranonce that the client chooses.
    pub extranonce_2_size: usize,
    /// Version bits that may be rolled; none when left out.
    pub version_mask: Option<u32>,
    /// What it does with a second worker on one connection.
    pub workers: Workers,
    /// Sends difficulty and job right after subscribe, as ckpool does.
    pub jobs_before_authorize: bool,
    /// Merkle siblings in a job.
    pub branch_len: usize,
    /// A longer line ends the connection.
    pub line_max: usize,
    /// Keeps every share for [`PoolHandle::shares`].
    pub keeps_shares: bool,
}

impl Default for PoolOptions {
    /// A free port on this machine, a new job every 30 s, four bytes of extranonce on either side, all of BIP 320's
    /// version bits.
    fn default() -> PoolOptions {
        PoolOptions {
            name: "simulated".into(),
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            seed: 1,
            difficulty: 1e-5,
            job_interval: Duration::from_secs(30),
            extranonce_1_size: 4,
            extranonce_2_size: 4,
            version_mask: Some(0x1fff_e000),
            workers: Workers::Several,
            jobs_before_authorize: false,
            branch_len: 12,
            line_max: 1_024,
            keeps_shares: false,
        }
    }
}

/// Starts pools.
#[derive(Debug)]
pub struct Pool;

impl Pool {
    /// Starts a pool on the present runtime. It ends when its handle is dropped.
    pub async fn start(options: PoolOptions) -> io::Result<PoolHandle> {
        let place = Place::take(options.listen)?;
        let listener = place.listen()?;
        let address = place.address;
        let mut desk = Desk::new(options);
        desk.new_job(false, unix_time());
        let desk = Arc::new(Mutex::new(desk));
        let (commands, orders) = mpsc::channel(4);
        let task = tokio::spawn(server::serve(desk.clone(), place, listener, orders));
        Ok(PoolHandle { desk, address, commands, task })
    }
}

/// A running pool: what it has seen, and its switches. Each switch has taken effect when its call returns.
#[derive(Debug)]
pub struct PoolHandle {
    desk: Arc<Mutex<Desk>>,
    address: SocketAddr,
    commands: mpsc::Sender<Command>,
    task: JoinHandle<()>,
}

impl PoolHandle {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// As a farm file writes it.
    pub fn url(&self) -> String {
        format!("stratum+tcp://{}", self.address)
    }

    /// What it has seen.
    pub fn counts(&self) -> PoolCounts {
        self.desk().book.counts.clone()
    }

    /// Every share it has seen, in order; empty unless it keeps them.
    pub fn shares(&self) -> Vec<PoolShare> {
        self.desk().book.log.clone()
    }

    /// A new job on the same block.
    pub fn new_job(&self) {
        self.desk().new_job(false, unix_time());
    }

    /// Somebody found a block: a clean job, and earlier work is stale.
    pub fn new_block(&self) {
        self.desk().new_job(true, unix_time());
    }

    /// Another difficulty for everybody, from a new job on.
    pub fn set_difficulty(&self, difficulty: f64) {
        self.desk().set_difficulty(difficulty, unix_time());
    }

    /// Another extranonce for everybody, of these sizes, from a new clean job on.
    pub fn set_extranonce(&self, extranonce_1_size: usize, extranonce_2_size: usize) {
        self.desk().set_extranonce(extranonce_1_size, extranonce_2_size, unix_time());
    }

    /// Other version bits for those who roll them, from a new job on.
    pub fn set_version_mask(&self, mask: u32) {
        self.desk().set_version_mask(mask, unix_time());
    }

    /// Stalled, it keeps its connections, hears nothing and says nothing.
    pub fn stall(&self, stalled: bool) {
        self.desk().switches.stalled = stalled;
    }

    /// Mute, it judges and counts shares but does not answer them.
    pub fn mute(&self, mute: bool) {
        self.desk().switches.mute = mute;
    }

    /// Refuses this part of the shares that it would accept: 0 none, 1 all.
    pub fn reject(&self, part: f64) {
        self.desk().switches.reject = part;
    }

    /// Says everything so much later.
    pub fn delay(&self, by: Duration) {
        self.desk().switches.delay = by;
    }

    /// Closes every connection; new ones are welcome.
    pub fn drop_connections(&self) {
        self.desk().drop_all();
    }

    /// Asks everybody to connect again: to the same place, or to another.
    pub fn send_reconnect(&self, to: Option<(&str, u16)>, wait: Duration) {
        let params = match to {
            Some((host, port)) => json!([host, port, wait.as_secs()]),
            None => json!([]),
        };
        self.desk().tell("client.reconnect", &params);
    }

    /// Sends any notice to everybody.
    pub fn tell(&self, method: &str, params: &serde_json::Value) {
        self.desk().tell(method, params);
    }

    /// Closes every connection and refuses new ones.
    pub async fn down(&self) {
        let (done, is_done) = oneshot::channel();
        if self.commands.send(Command::Down(done)).await.is_ok() {
            let _ = is_done.await;
        }
    }

    /// Takes connections again, at the same address.
    pub async fn up(&self) {
        let (done, is_done) = oneshot::channel();
        if self.commands.send(Command::Up(done)).await.is_ok() {
            let _ = is_done.await;
        }
    }

    /// Ends the pool and returns what it has seen.
    pub async fn stop(mut self) -> PoolCounts {
        self.down().await;
        self.task.abort();
        let _ = (&mut self.task).await;
        self.counts()
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        lock(&self.desk)
    }
}

impl Drop for PoolHandle {
    fn drop(&mut self) {
        self.task.abort();
    }
}
