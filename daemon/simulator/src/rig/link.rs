//! A rig's connection: makes it, keeps it, makes it again.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use stratum::line::Lines;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep, timeout};

use super::RigOptions;
use super::bench::Core;
use super::hands::Found;
use super::session::{Session, Step};
use crate::lock;
use crate::random::Random;

/// How long an attempt to connect may take.
const CONNECT_MAX: Duration = Duration::from_secs(10);
/// The longest line taken from a hub or pool.
const LINE_MAX: usize = 1 << 20;
/// A rig that fails again and again waits up to so many times its first wait.
const PATIENCE_MAX: u32 = 16;

/// What a rig was told to do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Orders {
    pub(super) life: Life,
    /// Shares that are sent together.
    pub(super) batch: usize,
    /// Counts up; another number means: close the connection and make a new one.
    pub(super) hang_up: u64,
}

/// Whether a rig lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    Works,
    /// Connected, but neither hears nor speaks nor hashes.
    Silent,
    /// Not connected.
    Gone,
}

/// Keeps one rig connected until it is dropped.
pub(super) async fn run(
    options: RigOptions,
    hub: SocketAddr,
    core: Arc<Core>,
    mut found: mpsc::Receiver<Found>,
    mut orders: watch::Receiver<Orders>,
) {
    let mut random = Random::new(options.seed);
    let mut resume = None;
    let mut failures = 0u32;
    for connection in 1.. {
        if orders.wait_for(|orders| orders.life == Life::Works).await.is_err() {
            return;
        }
        let Ok(Ok(stream)) = timeout(CONNECT_MAX, connect(options.from, hub)).await else {
            lock(&core.counters).connections_failed += 1;
            failures += 1;
            wait(options.habits.retry_after, failures, &mut random).await;
            continue;
        };
        lock(&core.counters).connections += 1;
        let mut session = Session::new(options.clone(), core.clone(), connection, resume.take());
        let again = talk(stream, &mut session, &options, &mut found, &mut orders).await;
        failures = if lock(&core.counters).ready { 0 } else { failures + 1 };
        session.ended();
        resume = session.resume.take();
        match again {
            Step::Again(after) => sleep(after).await,
            Step::Go => wait(options.habits.retry_after, failures, &mut random).await,
        }
    }
}

async fn connect(from: Option<IpAddr>, hub: SocketAddr) -> std::io::Result<TcpStream> {
    let Some(from) = from else { return TcpStream::connect(hub).await };
    let socket = if hub.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.bind(SocketAddr::new(from, 0))?;
    socket.connect(hub).await
}

/// Rigs of a farm that lost their hub together do not come back in one instant.
async fn wait(first: Duration, failures: u32, random: &mut Random) {
    let thresholds = 2u32.saturating_pow(failures.saturating_sub(1)).min(PATIENCE_MAX);
    sleep((first * thresholds).mul_f64(0.5 + random.fraction())).await;
}

/// Talks until the connection ends; `Go` when it was not on purpose.
async fn talk(
    mut stream: TcpStream,
    session: &mut Session,
    options: &RigOptions,
    found: &mut mpsc::Receiver<Found>,
    orders: &mut watch::Receiver<Orders>,
) -> Step {
    let _ = stream.set_nodelay(true);
    let mut lines = Lines::new(LINE_MAX);
    let mut buffer = vec![0; 8_192];
    let mut out = Vec::new();
    let hang_up = orders.borrow().hang_up;
    session.hello(&mut out);
    loop {
        if !out.is_empty() {
            let sent = timeout(options.habits.idle_max, stream.write_all(&out)).await;
            if !matches!(sent, Ok(Ok(()))) {
                return Step::Go;
            }
            out.clear();
        }
        let now = *orders.borrow_and_update();
        if now.hang_up != hang_up {
            return Step::Again(Duration::ZERO);
        }
        match now.life {
            Life::Works => {}
            Life::Gone => return Step::Go,
            Life::Silent => {
                if orders.changed().await.is_err() {
                    return Step::Go;
                }
                continue;
            }
        }
        tokio::select! {
            read = timeout(options.habits.idle_max, stream.read(&mut buffer)) => {
                // Nothing for so long means that the other side is dead, too.
                let Ok(Ok(len @ 1..)) = read else { return Step::Go };
                let mut step = Step::Go;
                let fed = lines.feed(&buffer[..len], |line| {
                    step = session.on_line(line, &mut out);
                    step == Step::Go
                });
                if fed.is_err() || step != Step::Go {
                    return step;
                }
            }
            share = found.recv() => {
                let Some(share) = share else { return Step::Go };
                session.on_found(share, now.batch, &mut out);
                while let Ok(share) = found.try_recv() {
                    session.on_found(share, now.batch, &mut out);
                }
            }
            changed = orders.changed() => {
                if changed.is_err() {
                    return Step::Go;
                }
            }
        }
    }
}
