//! Accepting miners: who may enter, what they seem to speak, and TLS where a listener has a certificate.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use farm::id::SessionId;
use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};
use stratum::v1::line::{Lines, MINER_LINE_MAX};
use tokio::net::{TcpListener, TcpStream};

use crate::ListenerSpec;
use crate::conn::Conn;
use crate::worker::Worker;

/// A miner that lets this much pile up unread is closed, bytes: some dozens of long jobs.
const OUT_MAX: usize = 512 * 1024;
/// A TLS handshake must be done within this.
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);
/// Connections that the kernel keeps ready for us.
const BACKLOG: i32 = 4096;

/// Opens the socket.
pub(crate) fn open(bind: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(bind), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&bind.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// Accepts until the task is dropped.
pub(crate) async fn accept(worker: Rc<RefCell<Worker>>, listener: TcpListener, spec: ListenerSpec) {
    loop {
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
        let tls = spec.tls.clone();
        tokio::task::spawn_local(async move {
            let _ = stream.set_nodelay(true);
            let keepalive =
                TcpKeepalive::new().with_time(Duration::from_secs(60)).with_interval(Duration::from_secs(15));
            let _ = SockRef::from(&stream).set_tcp_keepalive(&keepalive);
            match tls {
                None => plain(&worker, stream, address).await,
                Some(config) => encrypted(&worker, stream, address, config).await,
            }
            worker.borrow_mut().gate.leave(address.ip());
        });
    }
}

async fn plain(worker: &Rc<RefCell<Worker>>, stream: TcpStream, address: SocketAddr) {
    let stream = Rc::new(stream);
    let conn = Conn::new(Some(stream.clone()), OUT_MAX);
    let id = worker.borrow_mut().enter(address, conn.clone());
    let mut reader = Reader::new(id);
    let why = conn.serve_plain(&stream, |bytes| reader.read(worker, bytes)).await;
    worker.borrow_mut().leave(id, &why);
}

async fn encrypted(
    worker: &Rc<RefCell<Worker>>,
    stream: TcpStream,
    address: SocketAddr,
    config: std::sync::Arc<rustls::ServerConfig>,
) {
    let acceptor = tokio_rustls::TlsAcceptor::from(config);
    let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE_MAX, acceptor.accept(stream)).await else {
        tracing::debug!(%address, "no TLS handshake");
        return;
    };
    let conn = Conn::new(None, OUT_MAX);
    let id = worker.borrow_mut().enter(address, conn.clone());
    let mut reader = Reader::new(id);
    let why = conn.serve(stream, |bytes| reader.read(worker, bytes)).await;
    worker.borrow_mut().leave(id, &why);
}

/// Turns what a miner sends into requests.
struct Reader {
    id: SessionId,
    lines: Lines,
    greeted: bool,
}

impl Reader {
    fn new(id: SessionId) -> Self {
        Self { id, lines: Lines::new(MINER_LINE_MAX), greeted: false }
    }

    fn read(&mut self, worker: &Rc<RefCell<Worker>>, bytes: &[u8]) -> Result<(), String> {
        if !self.greeted {
            self.greeted = true;
            if let Some(other) = speaks_something_else(bytes) {
                // bfgminer tries TLS first and comes back in clear text once that is closed.
                return Err(format!("it speaks {other}, not stratum"));
            }
        }
        let mut worker = worker.borrow_mut();
        let id = self.id;
        let fed = self.lines.feed(bytes, |line| worker.on_line(id, line));
        worker.carry_out();
        fed.map_err(|error| error.to_string())
    }
}

fn speaks_something_else(first: &[u8]) -> Option<&'static str> {
    match first {
        [0x16, ..] => Some("TLS"),
        _ if first.starts_with(b"PROXY ") => Some("the PROXY protocol"),
        _ if [&b"GET "[..], b"POST ", b"HEAD ", b"PUT ", b"OPTIONS "]
            .iter()
            .any(|m| first.starts_with(m)) =>
        {
            Some("HTTP")
        }
        _ => None,
    }
}
