//! A pool that signs everybody in, takes every share, and then sends more than anybody needs.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;

/// What it sends once a connection has work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noise {
    /// Nothing; it is well.
    None,
    /// Lines of `{}`, as fast as they are taken.
    Empty,
    /// A job every 2 ms.
    Jobs,
    /// A job every 2 ms that ends all work before it.
    CleanJobs,
    /// Difficulties, as fast as they are taken.
    Difficulties,
    /// Extranonces, as fast as they are taken.
    Extranonces,
}

/// Below one hash: every nonce is a share, so that nobody need search.
const DIFFICULTY: &str = "0.0000000001";
/// Lines of noise sent by all of this process.
static LINES: AtomicU64 = AtomicU64::new(0);

/// Lines of noise that this process has sent.
pub fn loud_lines() -> u64 {
    LINES.load(Ordering::Relaxed)
}

/// Lines written at a time.
const BATCH: usize = 500;

/// Starts one on a free port of this machine; it lives as long as the runtime.
pub async fn loud_pool(noise: Noise) -> SocketAddr {
    let (begin, begun) = watch::channel(true);
    let address = loud_pool_when(noise, begun).await;
    // Noise that has begun goes on.
    drop(begin);
    address
}

/// The same, and it is quiet, and well, until told to begin.
pub async fn loud_pool_when(noise: Noise, begun: watch::Receiver<bool>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("a bound socket has an address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = stream.set_nodelay(true);
            let (from, to) = stream.into_split();
            tokio::spawn(serve(from, to, noise, begun.clone()));
        }
    });
    address
}

async fn serve(
    from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    noise: Noise,
    mut loud: watch::Receiver<bool>,
) -> Option<()> {
    let mut from = BufReader::new(from).lines();
    let mut begun = false;
    loop {
        let line = tokio::select! {
            line = from.next_line() => line.ok()??,
            _ = loud.wait_for(|loud| *loud), if begun && noise != Noise::None => break,
        };
        to.write_all(answer(&line).as_bytes()).await.ok()?;
        if line.contains("mining.authorize") && !std::mem::replace(&mut begun, true) {
            let difficulty =
                format!(r#"{{"id":null,"method":"mining.set_difficulty","params":[{DIFFICULTY}]}}"#);
            to.write_all(format!("{difficulty}\n{}", job(1, true)).as_bytes()).await.ok()?;
        }
    }
    // From here on it answers nobody, and reads so that nobody waits for it.
    tokio::spawn(async move { while let Ok(Some(_)) = from.next_line().await {} });
    make(noise, to).await
}

async fn make(noise: Noise, mut to: OwnedWriteHalf) -> Option<()> {
    let line = |text: &str| format!("{text}\n").repeat(BATCH);
    let same = match noise {
        Noise::None => return None,
        Noise::Empty => line("{}"),
        Noise::Difficulties => {
            line(&format!(r#"{{"id":null,"method":"mining.set_difficulty","params":[{DIFFICULTY}]}}"#))
        }
        Noise::Extranonces => line(r#"{"id":null,"method":"mining.set_extranonce","params":["a1b2c3d4",8]}"#),
        Noise::Jobs | Noise::CleanJobs => {
            let mut every = tokio::time::interval(Duration::from_millis(2));
            for number in 2.. {
                every.tick().await;
                to.write_all(job(number, noise == Noise::CleanJobs).as_bytes()).await.ok()?;
                LINES.fetch_add(1, Ordering::Relaxed);
            }
            String::new()
        }
    };
    loop {
        to.write_all(same.as_bytes()).await.ok()?;
        LINES.fetch_add(BATCH as u64, Ordering::Relaxed);
    }
}

fn answer(line: &str) -> String {
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
    format!("{{\"id\":{id},\"result\":{result},\"error\":null}}\n")
}

/// A job of ordinary size: 12 branches, a coinbase of 250 bytes.
fn job(number: u32, clean: bool) -> String {
    let branch = vec![format!("\"{}\"", "5a".repeat(32)); 12].join(",");
    format!(
        "{{\"id\":null,\"method\":\"mining.notify\",\"params\":[\"{number:x}\",\"{}\",\"{}\",\"{}\",[{branch}],\"20000000\",\"1701f0cc\",\"68f00000\",{clean}]}}\n",
        "1b".repeat(32),
        "01".repeat(70),
        "02".repeat(170),
    )
}

/// Connects and sends the same bytes over and over, as fast as they are taken, until it is disconnected.
pub async fn flood(hub: SocketAddr, first: &[u8], bytes: &[u8]) -> Duration {
    flood_from("127.0.0.1", hub, first, bytes).await.expect("the hub listens")
}

/// The same from one of this machine's addresses, such as `127.0.0.2`. Fails where nobody listens.
pub async fn flood_from(own: &str, hub: SocketAddr, first: &[u8], bytes: &[u8]) -> std::io::Result<Duration> {
    let begun = tokio::time::Instant::now();
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::new(own.parse().expect("an address"), 0))?;
    let stream = socket.connect(hub).await?;
    let (mut from, mut to) = stream.into_split();
    let reads = tokio::spawn(async move { tokio::io::copy(&mut from, &mut tokio::io::sink()).await });
    if to.write_all(first).await.is_ok() {
        while to.write_all(bytes).await.is_ok() {}
    }
    let _ = reads.await;
    Ok(begun.elapsed())
}
