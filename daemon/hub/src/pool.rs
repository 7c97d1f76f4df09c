//! One connection to a pool, from connecting to closing.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use farm::id::UpstreamId;
use farm::orders::Endpoint;
use stratum::v1::line::{Lines, POOL_LINE_MAX};
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
/// TCP and TLS must be through within this.
const CONNECT_MAX: Duration = Duration::from_secs(10);

pub(crate) async fn run(worker: Rc<RefCell<Worker>>, id: UpstreamId, connection: u32, endpoint: Endpoint) {
    let why = match tokio::time::timeout(CONNECT_MAX, open(&endpoint)).await {
        Err(_) => "no answer".to_owned(),
        Ok(Err(why)) => why,
        Ok(Ok(Link::Plain(stream))) => {
            let (from, to) = stream.into_split();
            let conn = Conn::new(Some(to), OUT_MAX);
            if !worker.borrow_mut().pool_connected(id, connection, conn.clone()) {
                return;
            }
            let mut lines = Lines::new(POOL_LINE_MAX);
            let mut purse = Bucket::full(instant(), POOL);
            let each = |bytes: &[u8]| read(&worker, &conn, (&mut lines, &mut purse), id, connection, bytes);
            conn.serve(from, None::<OwnedWriteHalf>, each).await
        }
        Ok(Ok(Link::Tls(stream))) => {
            let conn = Conn::new(None, OUT_MAX);
            if !worker.borrow_mut().pool_connected(id, connection, conn.clone()) {
                return;
            }
            let mut lines = Lines::new(POOL_LINE_MAX);
            let mut purse = Bucket::full(instant(), POOL);
            let (from, to) = tokio::io::split(stream);
            let each = |bytes: &[u8]| read(&worker, &conn, (&mut lines, &mut purse), id, connection, bytes);
            conn.serve(from, Some(to), each).await
        }
    };
    tracing::debug!(%endpoint, why, "pool connection ended");
    worker.borrow_mut().pool_closed(id, connection, &why);
}

enum Link {
    Plain(TcpStream),
    Tls(Box<tokio_rustls::client::TlsStream<TcpStream>>),
}

async fn open(endpoint: &Endpoint) -> Result<Link, String> {
    let stream = TcpStream::connect((&*endpoint.host, endpoint.port)).await.map_err(|e| e.to_string())?;
    let _ = stream.set_nodelay(true);
    if endpoint.tls {
        return tls::connect(&endpoint.host, stream).await.map(|stream| Link::Tls(Box::new(stream)));
    }
    Ok(Link::Plain(stream))
}

fn read(
    worker: &Rc<RefCell<Worker>>,
    conn: &Conn,
    (lines, purse): (&mut Lines, &mut Bucket),
    id: UpstreamId,
    connection: u32,
    bytes: &[u8],
) -> Result<Dealt, String> {
    let mut worker = worker.borrow_mut();
    let mut bad = None;
    let mut turn = Turn::begin();
    let mut pause = Duration::ZERO;
    purse.credit(POOL, conn.take_asked() as f32);
    let fed = lines.feed_some(bytes, |line| {
        match stratum::v1::pool::read(line) {
            Ok(message) => worker.on_pool(id, connection, message),
            Err(error) => bad = Some(error.to_string()),
        }
        let now = instant();
        pause = purse.spend(now, POOL, LINE + line.len() as f32 / BYTES);
        pause.is_zero() && turn.goes_on(now)
    });
    worker.carry_out();
    if let Some(error) = bad {
        tracing::debug!(error, "a pool sent what makes no sense");
    }
    let len = fed.map_err(|error| error.to_string())?;
    Ok(Dealt { len, pause, blameless: false })
}
