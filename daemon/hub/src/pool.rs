//! One connection to a pool, from connecting to closing, and what the system says about its end.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use exchange::endpoint::Endpoint;
use exchange::failover::{Loss, PoolFault};
use exchange::id::UpstreamId;
use stratum::line::Lines;
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedWriteHalf;

use crate::allowance::{BYTES, Bucket, LINE, POOL};
use crate::clock::instant;
use crate::conn::Conn;
use crate::tls;
use crate::turn::{Dealt, Turn};
use crate::worker::Worker;

/// Shares and requests that may wait for a pool to read them, bytes.
const OUT_MAX: usize = 16 * 1024 * 1024;
/// TCP and TLS must each be through within this; the exchange waits a little longer than for both.
const CONNECT_MAX: Duration = Duration::from_secs(10);

pub(crate) async fn run(worker: Rc<RefCell<Worker>>, id: UpstreamId, connection: u32, endpoint: Endpoint) {
    let mut seen = Seen {
        protocol: endpoint.protocol,
        lines: endpoint.protocol.pool_lines(),
        purse: Bucket::full(instant(), POOL),
        first: true,
        fault: None,
    };
    let why = match open(&endpoint).await {
        Err(loss) => {
            tracing::debug!(%endpoint, reason = loss.cause.name(), words = %loss.words, "pool not reached");
            worker.borrow_mut().pool_failed(id, connection, loss);
            return;
        }
        Ok(Link::Plain(stream)) => {
            let (from, to) = stream.into_split();
            let conn = Conn::new(Some(to), OUT_MAX, endpoint.protocol);
            if !worker.borrow_mut().pool_connected(id, connection, conn.clone()) {
                return;
            }
            let each = |bytes: &[u8]| seen.read(&worker, &conn, id, connection, bytes);
            conn.serve(from, None::<OwnedWriteHalf>, each).await
        }
        Ok(Link::Tls(stream)) => {
            let conn = Conn::new(None, OUT_MAX, endpoint.protocol);
            if !worker.borrow_mut().pool_connected(id, connection, conn.clone()) {
                return;
            }
            let (from, to) = tokio::io::split(stream);
            let each = |bytes: &[u8]| seen.read(&worker, &conn, id, connection, bytes);
            conn.serve(from, Some(to), each).await
        }
    };
    tracing::debug!(%endpoint, why, "pool connection ended");
    match seen.fault {
        Some(loss) => worker.borrow_mut().pool_failed(id, connection, loss),
        None => worker.borrow_mut().pool_closed(id, connection, &why),
    }
}

enum Link {
    Plain(TcpStream),
    Tls(Box<tokio_rustls::client::TlsStream<TcpStream>>),
}

async fn open(endpoint: &Endpoint) -> Result<Link, Loss> {
    let stream = tokio::time::timeout(CONNECT_MAX, reach(endpoint))
        .await
        .unwrap_or_else(|_| Err(Loss::new(PoolFault::ConnectionTimeout, "no answer within 10 s")))?;
    let _ = stream.set_nodelay(true);
    if endpoint.tls {
        let opened = tokio::time::timeout(CONNECT_MAX, tls::connect(endpoint, stream)).await;
        let words =
            "no answer to the TLS handshake within 10 s; if the port does not speak TLS, write stratum+tcp";
        let stream = opened.unwrap_or_else(|_| Err(Loss::new(PoolFault::Tls, words)))?;
        return Ok(Link::Tls(Box::new(stream)));
    }
    Ok(Link::Plain(stream))
}

/// Finds the host and connects to the first of its addresses that takes us.
async fn reach(endpoint: &Endpoint) -> Result<TcpStream, Loss> {
    let host = &*endpoint.host;
    let found = tokio::net::lookup_host((host, endpoint.port)).await;
    let addresses =
        found.map_err(|error| Loss::new(PoolFault::NameUnknown, &format!("`{host}`: {error}")))?;
    let mut last = Loss::new(PoolFault::NameUnknown, &format!("`{host}` has no address"));
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = loss_of(&error),
        }
    }
    Err(last)
}

fn loss_of(error: &io::Error) -> Loss {
    let cause = match error.kind() {
        io::ErrorKind::ConnectionRefused => PoolFault::ConnectionRefused,
        io::ErrorKind::TimedOut => PoolFault::ConnectionTimeout,
        _ => PoolFault::Unreachable,
    };
    Loss::new(cause, &error.to_string())
}

/// What has come on one connection.
struct Seen {
    protocol: stratum::Protocol,
    lines: Lines,
    purse: Bucket,
    first: bool,
    /// Why it ends, where that is known here.
    fault: Option<Loss>,
}

impl Seen {
    fn read(
        &mut self,
        worker: &Rc<RefCell<Worker>>,
        conn: &Conn,
        id: UpstreamId,
        connection: u32,
        bytes: &[u8],
    ) -> Result<Dealt, String> {
        // An alert or a handshake of TLS: a pool that expects it finds our text as odd as we find its bytes.
        if std::mem::take(&mut self.first) && matches!(bytes, [0x15 | 0x16, 3, ..]) {
            self.fault = Some(Loss::new(PoolFault::Tls, "the port speaks TLS: write stratum+ssl"));
            return Err("it speaks TLS".into());
        }
        let mut worker = worker.borrow_mut();
        let mut turn = Turn::begin();
        let mut pause = Duration::ZERO;
        let (purse, protocol) = (&mut self.purse, self.protocol);
        purse.credit(POOL, conn.take_asked() as f32);
        let fed = self.lines.feed_some(bytes, |line| {
            worker.on_pool(id, connection, protocol.read_pool(line));
            let now = instant();
            pause = purse.spend(now, POOL, LINE + line.len() as f32 / BYTES);
            pause.is_zero() && turn.goes_on(now)
        });
        worker.carry_out();
        let len = fed.map_err(|error| {
            self.fault = Some(Loss::new(PoolFault::NotStratum, &error.to_string()));
            error.to_string()
        })?;
        Ok(Dealt { len, pause, blameless: false })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn fails(host: &str, port: u16) -> PoolFault {
        let endpoint =
            Endpoint { host: host.into(), port, protocol: Default::default(), tls: false, trust: None };
        reach(&endpoint).await.map(|_| ()).unwrap_err().cause
    }

    #[tokio::test]
    async fn what_the_system_says_is_told_apart() {
        let port = {
            let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            socket.local_addr().unwrap().port()
        };
        assert_eq!(fails("127.0.0.1", port).await, PoolFault::ConnectionRefused);
        // No name server needs to be asked for what is no name.
        assert_eq!(fails("no..name", port).await, PoolFault::NameUnknown);
    }
}
