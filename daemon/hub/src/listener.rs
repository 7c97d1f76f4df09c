//! Accepting miners: who may enter, what they seem to speak, and TLS where a listener has a certificate.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use exchange::id::SessionId;
use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};
use stratum::line::Lines;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::net::{TcpListener, TcpStream};

use crate::ListenerSpec;
use crate::allowance::{ACCEPTS, ACCEPTS_TLS, Bucket, MINER, Place};
use crate::clock::instant;
use crate::conn::Conn;
use crate::turn::{Dealt, Turn};
use crate::worker::Worker;

/// A miner that lets this much pile up unread is closed, bytes: some dozens of long jobs.
const OUT_MAX: usize = 512 * 1024;
/// A TLS handshake must be done within this.
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);
/// Bytes that the kernel keeps of what a miner has sent ahead; it takes twice that.
const RECEIVE_MAX: usize = 64 * 1024;
/// Connections that the kernel keeps ready for us.
const BACKLOG: i32 = 4096;

/// Ends of connections that are nobody's fault.
const COMES_AGAIN: [&str; 2] = ["asked to reconnect", "the hub is shutting down"];

/// Opens the socket.
pub(crate) fn open(bind: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(bind), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    // Lines of miners are short. What a flood has sent ahead should not fill the kernel's memory.
    socket.set_recv_buffer_size(RECEIVE_MAX)?;
    socket.bind(&bind.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// Accepts until the task is dropped.
pub(crate) async fn accept(worker: Rc<RefCell<Worker>>, listener: TcpListener, spec: ListenerSpec) {
    let rate = if spec.tls.is_some() { ACCEPTS_TLS } else { ACCEPTS };
    let mut pace = Bucket::full(instant(), rate);
    loop {
        let wait = pace.spend(instant(), rate, 1.0);
        if !wait.is_zero() {
            // Those inside come first.
            tokio::time::sleep(wait).await;
        }
        tokio::task::yield_now().await;
        let (stream, address) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, most likely: those inside go on, newcomers wait.
                tracing::warn!(listener = %spec.name, %error, "cannot accept");
                tokio::time::sleep(Duration::from_millis(200)).await;
                continue;
            }
        };
        if let Err(why) = worker.borrow_mut().admit(address.ip()) {
            tracing::debug!(%address, why, "turned away");
            continue;
        }
        let worker = worker.clone();
        let (tls, protocol) = (spec.tls.clone(), spec.protocol);
        tokio::task::spawn_local(async move {
            let _ = stream.set_nodelay(true);
            let keepalive =
                TcpKeepalive::new().with_time(Duration::from_secs(60)).with_interval(Duration::from_secs(15));
            let _ = SockRef::from(&stream).set_tcp_keepalive(&keepalive);
            match tls {
                None => plain(&worker, stream, address, protocol).await,
                // In a box of its own: a plain connection should not hold the room that TLS would need.
                Some(config) => Box::pin(encrypted(&worker, stream, address, protocol, config)).await,
            }
            worker.borrow_mut().gate.leave(address.ip());
        });
    }
}

async fn plain(
    worker: &Rc<RefCell<Worker>>,
    stream: TcpStream,
    address: SocketAddr,
    protocol: stratum::Protocol,
) {
    let (read, write) = stream.into_split();
    let conn = Conn::new(Some(write), OUT_MAX, protocol);
    let id = worker.borrow_mut().enter(address, conn.clone());
    let mut reader = Reader::new(id, address, protocol);
    let why = conn.serve(read, None::<OwnedWriteHalf>, |bytes| reader.read(worker, bytes)).await;
    leave(worker, &conn, id, &why);
}

async fn encrypted(
    worker: &Rc<RefCell<Worker>>,
    stream: TcpStream,
    address: SocketAddr,
    protocol: stratum::Protocol,
    config: std::sync::Arc<rustls::ServerConfig>,
) {
    let acceptor = tokio_rustls::TlsAcceptor::from(config);
    let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE_MAX, acceptor.accept(stream)).await else {
        tracing::debug!(%address, "TLS handshake failed");
        worker.borrow_mut().turn_away("TLS handshake failed");
        return;
    };
    let conn = Conn::new(None, OUT_MAX, protocol);
    let id = worker.borrow_mut().enter(address, conn.clone());
    let mut reader = Reader::new(id, address, protocol);
    let (read, write) = tokio::io::split(stream);
    let why = conn.serve(read, Some(write), |bytes| reader.read(worker, bytes)).await;
    leave(worker, &conn, id, &why);
}

fn leave(worker: &Rc<RefCell<Worker>>, conn: &Conn, id: SessionId, why: &str) {
    let mut worker = worker.borrow_mut();
    // Who was asked to come again did nothing wrong.
    if let Some(why) = conn.closed_for().filter(|why| !COMES_AGAIN.contains(why)) {
        worker.turn_away(why);
    }
    worker.leave(id, why);
}

/// Turns what a miner sends into requests.
struct Reader {
    id: SessionId,
    protocol: stratum::Protocol,
    lines: Lines,
    purse: Bucket,
    place: Place,
    greeted: bool,
}

impl Reader {
    fn new(id: SessionId, address: SocketAddr, protocol: stratum::Protocol) -> Self {
        let purse = Bucket::full(instant(), MINER);
        let place = Place::of(address.ip());
        Self { id, protocol, lines: protocol.miner_lines(), purse, place, greeted: false }
    }

    fn read(&mut self, worker: &Rc<RefCell<Worker>>, bytes: &[u8]) -> Result<Dealt, String> {
        if !self.greeted {
            self.greeted = true;
            if let Some(why) = speaks_something_else(bytes) {
                // bfgminer tries TLS first and comes back in clear text once that is closed.
                worker.borrow_mut().turn_away(why);
                return Err(why.into());
            }
        }
        let mut worker = worker.borrow_mut();
        let id = self.id;
        let mut turn = Turn::begin();
        let (mut own, mut shared) = (Duration::ZERO, Duration::ZERO);
        let fed = self.lines.feed_some(bytes, |line| {
            let Some(cost) = worker.on_line(id, self.protocol, line) else { return false };
            let now = instant();
            own = self.purse.spend(now, MINER, cost.own);
            shared = worker.addresses.line(now, self.place, cost.shared);
            own.is_zero() && shared.is_zero() && turn.goes_on(now)
        });
        worker.carry_out();
        let len = fed.map_err(|error| error.to_string())?;
        Ok(Dealt { len, pause: own.max(shared), blameless: own.is_zero() })
    }
}

fn speaks_something_else(first: &[u8]) -> Option<&'static str> {
    match first {
        [0x16, ..] => Some("it speaks TLS, and this listener is a plain one"),
        _ if first.starts_with(b"PROXY ") => Some("it speaks the PROXY protocol, not stratum"),
        _ if [&b"GET "[..], b"POST ", b"HEAD ", b"PUT ", b"OPTIONS "]
            .iter()
            .any(|m| first.starts_with(m)) =>
        {
            Some("it speaks HTTP, not stratum")
        }
        _ => None,
    }
}
