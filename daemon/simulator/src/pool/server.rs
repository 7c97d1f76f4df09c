//! The pool's sockets: a listener that can be taken away and put back, and one task per client.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use stratum::line::Lines;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use super::desk::{Desk, Outgoing};
use crate::lock;

/// Lines on their way to one client; one that lets more pile up is dropped.
const OUTGOING_MAX: usize = 1_024;
/// A write that takes longer ends the connection.
const WRITE_MAX: Duration = Duration::from_secs(20);
/// Connections waiting to be accepted.
const BACKLOG: u32 = 1_024;

/// What the listener is told, and who wants to know that it is done.
pub(super) enum Command {
    /// Refuse connections, and drop those there are.
    Down(oneshot::Sender<()>),
    /// Take them again.
    Up(oneshot::Sender<()>),
}

/// A place in the address space that is ours whether or not anybody listens there.
pub(super) struct Place {
    /// Bound and never listening: the system gives the port to nobody else meanwhile.
    _held: TcpSocket,
    pub(super) address: SocketAddr,
}

impl Place {
    pub(super) fn take(wanted: SocketAddr) -> io::Result<Place> {
        let held = socket(wanted)?;
        let address = held.local_addr()?;
        Ok(Place { _held: held, address })
    }

    pub(super) fn listen(&self) -> io::Result<TcpListener> {
        socket(self.address)?.listen(BACKLOG)
    }
}

fn socket(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

/// Serves until it is dropped.
pub(super) async fn serve(
    desk: Arc<Mutex<Desk>>,
    place: Place,
    listener: TcpListener,
    mut commands: mpsc::Receiver<Command>,
) {
    let mut listener = Some(listener);
    let mut clients = JoinSet::new();
    let job_interval = lock(&desk).options.job_interval;
    let mut jobs = tokio::time::interval_at(tokio::time::Instant::now() + job_interval, job_interval);
    loop {
        tokio::select! {
            command = commands.recv() => match command {
                None => return,
                Some(Command::Down(done)) => {
                    listener = None;
                    lock(&desk).drop_all();
                    clients.shutdown().await;
                    let _ = done.send(());
                }
                Some(Command::Up(done)) => {
                    if listener.is_none() {
                        match place.listen() {
                            Ok(again) => listener = Some(again),
                            Err(error) => tracing::error!(%error, "cannot listen again"),
                        }
                    }
                    let _ = done.send(());
                }
            },
            accepted = accept(listener.as_ref()) => match accepted {
                Ok(stream) => {
                    clients.spawn(client(desk.clone(), stream));
                }
                Err(error) => tracing::warn!(%error, "cannot accept"),
            },
            _ = clients.join_next(), if !clients.is_empty() => {}
            _ = jobs.tick() => lock(&desk).new_job(false, unix_time()),
        }
    }
}

async fn accept(listener: Option<&TcpListener>) -> io::Result<TcpStream> {
    match listener {
        Some(listener) => listener.accept().await.map(|(stream, _)| stream),
        None => std::future::pending().await,
    }
}

async fn client(desk: Arc<Mutex<Desk>>, stream: TcpStream) {
    let _ = stream.set_nodelay(true);
    let (out, outgoing) = mpsc::channel(OUTGOING_MAX);
    let (alive, ended) = oneshot::channel();
    let id = lock(&desk).connected(out, alive);
    let (from, to) = stream.into_split();
    tokio::select! {
        biased;
        _ = ended => {}
        () = read(&desk, id, from) => {}
        () = write(outgoing, to) => {}
    }
    lock(&desk).gone(id);
}

async fn read(desk: &Mutex<Desk>, id: u64, mut from: OwnedReadHalf) {
    let mut lines = Lines::new(lock(desk).options.line_max);
    let mut buffer = vec![0; 4_096];
    loop {
        let Ok(len @ 1..) = from.read(&mut buffer).await else { return };
        let mut desk = lock(desk);
        let mut goes_on = true;
        let fed = lines.feed(&buffer[..len], |line| {
            goes_on = desk.on_line(id, line);
            goes_on
        });
        if fed.is_err() {
            desk.book.counts.bad_lines += 1;
        }
        if fed.is_err() || !goes_on {
            return;
        }
    }
}

async fn write(mut outgoing: mpsc::Receiver<Outgoing>, mut to: OwnedWriteHalf) {
    let mut text = String::new();
    while let Some((due, line)) = outgoing.recv().await {
        wait(due).await;
        text.push_str(&line);
        // What is due as well goes along in the same packet.
        while let Ok((due, line)) = outgoing.try_recv() {
            if due > Instant::now() {
                if !send(&mut to, &mut text).await {
                    return;
                }
                wait(due).await;
            }
            text.push_str(&line);
        }
        if !send(&mut to, &mut text).await {
            return;
        }
    }
}

/// Timers count in milliseconds: what is due now should not wait for one.
async fn wait(due: Instant) {
    if due > Instant::now() {
        tokio::time::sleep_until(due.into()).await;
    }
}

async fn send(to: &mut OwnedWriteHalf, text: &mut String) -> bool {
    let sent = tokio::time::timeout(WRITE_MAX, to.write_all(text.as_bytes())).await;
    text.clear();
    matches!(sent, Ok(Ok(())))
}

/// Seconds since the Unix epoch.
pub(super) fn unix_time() -> u32 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as u32)
}
