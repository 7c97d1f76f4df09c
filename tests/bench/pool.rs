//! A pool that believes everything: answers at once, and sends a new job to everybody when told to.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;

/// Below one hash: every nonce is a share, so that clients need not search.
const DIFFICULTY: f64 = 1e-10;

/// A running pool.
pub(crate) struct FakePool {
    pub(crate) address: SocketAddr,
    jobs: broadcast::Sender<Arc<str>>,
    made: AtomicU32,
}

impl FakePool {
    pub(crate) async fn start() -> FakePool {
        let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
        socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a free port");
        let listener = socket.listen(4_096).expect("it listens");
        let address = listener.local_addr().expect("a bound socket has an address");
        let (jobs, _) = broadcast::channel(64);
        tokio::spawn(accept(listener, jobs.clone()));
        FakePool { address, jobs, made: AtomicU32::new(1) }
    }

    /// A clean job for everybody.
    pub(crate) fn new_job(&self) {
        let number = self.made.fetch_add(1, Ordering::Relaxed) + 1;
        let _ = self.jobs.send(job(number).into());
    }
}

async fn accept(listener: TcpListener, jobs: broadcast::Sender<Arc<str>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        tokio::spawn(serve(stream, jobs.subscribe()));
    }
}

async fn serve(stream: TcpStream, mut jobs: broadcast::Receiver<Arc<str>>) {
    let (from, mut to) = stream.into_split();
    let mut from = BufReader::with_capacity(2_048, from);
    let mut line = String::new();
    let mut out = String::new();
    let mut begun = false;
    loop {
        tokio::select! {
            read = from.read_line(&mut line) => {
                if !matches!(read, Ok(1..)) {
                    return;
                }
                answer(&line, &mut out);
                // The hub signs many workers in on one connection: work begins with the first.
                if line.contains("mining.authorize") && !std::mem::replace(&mut begun, true) {
                    out.push_str(&begin());
                }
                line.clear();
                // What lies in the buffer already is answered in the same write.
                if from.buffer().contains(&b'\n') {
                    continue;
                }
            }
            job = jobs.recv() => match job {
                Ok(job) => out.push_str(&job),
                Err(_) => return,
            },
        }
        if to.write_all(out.as_bytes()).await.is_err() {
            return;
        }
        out.clear();
    }
}

pub(crate) fn answer(line: &str, out: &mut String) {
    let id = line.split_once("\"id\":").map_or("null", |(_, rest)| {
        let end = rest.find([',', '}']).unwrap_or(rest.len());
        rest[..end].trim()
    });
    let result = if line.contains("mining.configure") {
        r#"{"version-rolling":true,"version-rolling.mask":"1fffe000"}"#
    } else if line.contains("mining.subscribe") {
        r#"[[["mining.set_difficulty","1"],["mining.notify","1"]],"a1b2c3d4",8]"#
    } else {
        "true"
    };
    out.push_str(&format!("{{\"id\":{id},\"result\":{result},\"error\":null}}\n"));
}

/// The first difficulty and job of a connection.
pub(crate) fn begin() -> String {
    let line = format!("{{\"id\":null,\"method\":\"mining.set_difficulty\",\"params\":[{DIFFICULTY}]}}\n");
    line + &job(1)
}

/// A job of ordinary size: 12 branches, a coinbase of 250 bytes.
fn job(number: u32) -> String {
    let time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as u32);
    let branch = vec![format!("\"{}\"", "5a".repeat(32)); 12].join(",");
    format!(
        "{{\"id\":null,\"method\":\"mining.notify\",\"params\":[\"{number:x}\",\"{}\",\"{}\",\"{}\",[{branch}],\"20000000\",\"1701f0cc\",\"{time:08x}\",true]}}\n",
        "1b".repeat(32),
        "01".repeat(70),
        "02".repeat(170),
    )
}
