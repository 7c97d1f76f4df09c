//! What floods cost an honest miner: time until its shares are answered, before and during each of sixteen kinds
//! of flood from miners and from the pool. Prints the table that `docs/measurements.md` keeps.
//!
//! Hub, flooding miners and pool are processes of their own. `HUB_PROGRAM` names another build of the bench `hub`
//! to take the hub from, for figures before and after a change; a word on the command line picks the kinds that
//! contain it.

#[allow(dead_code, reason = "each benchmark uses a part")]
mod child;
#[allow(dead_code, reason = "each benchmark uses a part")]
mod clients;
#[allow(dead_code, reason = "each benchmark uses a part")]
mod pool;
mod roles;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use child::Child;
use clients::Client;
use farm_tests::{Noise, loud_pool_when};
use roles::is_told_something;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

/// Connections of honest miners, each of which sends a share now and then.
const HONEST: usize = 20;
/// Rigs at the pool that floods.
const RIGS: usize = 300;
/// Time before a flood, and of it.
const QUIET: Duration = Duration::from_secs(4);
const LOUD: Duration = Duration::from_secs(8);
/// Between two shares.
const PAUSE: Duration = Duration::from_millis(2);
/// Connections that flood at a time.
const FLOODERS: usize = 4;

const MINERS: [&str; 11] = [
    "empty objects",
    "unknown methods",
    "bad JSON",
    "lines without end",
    "subscribe again and again",
    "authorize with new names",
    "configure again and again",
    "shares that are none",
    "connect and close",
    "half-open and half a line",
    "ask and never read",
];
const POOLS: [(&str, Noise); 5] = [
    ("pool: empty objects", Noise::Empty),
    ("pool: a job every 2 ms", Noise::Jobs),
    ("pool: a clean job every 2 ms", Noise::CleanJobs),
    ("pool: difficulties", Noise::Difficulties),
    ("pool: extranonces", Noise::Extranonces),
];

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let role = arguments.iter().position(|argument| argument == "--role");
    let role = role.map(|at| arguments[at + 1..].to_vec());
    match role.as_deref() {
        Some([role, kind, hub, ..]) if role == "flood" => runtime.block_on(flood(kind, hub)),
        Some([role, noise, ..]) if role == "loud" => runtime.block_on(loud(noise)),
        Some(role) => runtime.block_on(roles::play(role)),
        None => runtime.block_on(measure(arguments.get(1).filter(|word| !word.starts_with('-')))),
    }
}

async fn measure(only: Option<&String>) {
    say(&format!(
        "{HONEST} honest connections, a share every {} ms, {} s before and {} s during",
        PAUSE.as_millis(),
        QUIET.as_secs(),
        LOUD.as_secs()
    ));
    say("| flood | sent a second | before: p50, p99, max | during: p50, p99, max | p99, times |");
    say("|---|---|---|---|---|");
    let wanted = |kind: &str| only.is_none_or(|word| kind.contains(word.as_str()));
    for kind in MINERS.into_iter().filter(|kind| wanted(kind)) {
        let pool = pool::FakePool::start().await;
        let (_hub, honest) = hub_at(&pool.address.to_string()).await;
        let address = honest.1.clone();
        row(kind, honest, async move || Child::start(&["flood", kind, &address])).await;
    }
    for (kind, _) in POOLS.into_iter().filter(|(kind, _)| wanted(kind)) {
        let mut pool = Child::start(&["loud", kind]);
        let (_hub, honest) = hub_at(&pool.line().await).await;
        let mut rigs = Child::clients(&honest.1, RIGS, "rest", 0);
        rigs.expect("ready").await;
        row(kind, honest, async move || {
            pool.say("go").await;
            pool
        })
        .await;
    }
}

/// A hub whose house mines at this pool, and its address.
async fn hub_at(pool: &str) -> (Child, (Vec<Client>, String)) {
    let mut hub = Child::hub(pool, HONEST + RIGS);
    let address = hub.line().await;
    let mut honest = Vec::new();
    for n in 0..HONEST {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind("127.0.0.2:0".parse().expect("an address")).expect("an address of this machine");
        let stream = socket.connect(address.parse().expect("an address")).await.expect("the hub listens");
        honest.push(Client::enter_on(stream, RIGS + n).await);
    }
    (hub, (honest, address))
}

async fn row(kind: &str, honest: (Vec<Client>, String), begin: impl AsyncFnOnce() -> Child) {
    let mut honest = honest.0;
    let before = answers(&mut honest, QUIET).await;
    let mut flood = begin().await;
    let during = answers(&mut honest, LOUD).await;
    flood.say("enough").await;
    let sent = flood.numbers().await[0] / LOUD.as_secs_f64();
    let ratio = during[1] / before[1];
    let text =
        |micros: &[f64; 3]| format!("{:.0} µs, {:.0} µs, {:.1} ms", micros[0], micros[1], micros[2] / 1e3);
    say(&format!("| {kind} | {sent:.0} | {} | {} | {ratio:.1} |", text(&before), text(&during)));
}

/// Sends shares for so long, one at a time: median, 99 % and longest time until the answer, µs.
async fn answers(honest: &mut [Client], time: Duration) -> [f64; 3] {
    let end = Instant::now() + time;
    let mut micros = Vec::new();
    while Instant::now() < end {
        for client in &mut *honest {
            // What was handed out since its last share is read before, so that it does not count.
            client.catch_up().await;
            let share = client.share();
            let begun = Instant::now();
            client.send(&share).await;
            client.answers(1).await;
            micros.push(begun.elapsed().as_secs_f64() * 1e6);
            tokio::time::sleep(PAUSE).await;
        }
    }
    micros.sort_by(f64::total_cmp);
    [micros[micros.len() / 2], micros[micros.len() * 99 / 100], micros[micros.len() - 1]]
}

/// The pool in its own process: loud from the first line of the parent on.
async fn loud(kind: &str) {
    let noise = POOLS.iter().find(|(name, _)| *name == kind).map_or(Noise::None, |(_, noise)| *noise);
    let (begin, begun) = tokio::sync::watch::channel(false);
    say(&loud_pool_when(noise, begun).await.to_string());
    is_told_something().await;
    begin.send_replace(true);
    is_told_something().await;
    say(&farm_tests::loud_lines().to_string());
    while is_told_something().await {}
}

/// Floods until told that it is enough, and says how many lines, or connections, it sent.
async fn flood(kind: &str, hub: &str) {
    let hub: SocketAddr = hub.parse().expect("an address");
    let sent = Arc::new(AtomicU64::new(0));
    for _ in 0..FLOODERS {
        match kind {
            "connect and close" => drop(tokio::spawn(churn(hub, sent.clone()))),
            "half-open and half a line" => drop(tokio::spawn(half_open(hub, sent.clone()))),
            _ => drop(tokio::spawn(lines(hub, kind.to_owned(), sent.clone()))),
        }
    }
    is_told_something().await;
    say(&sent.load(Ordering::Relaxed).to_string());
    while is_told_something().await {}
}

async fn lines(hub: SocketAddr, kind: String, sent: Arc<AtomicU64>) {
    let mut names = 0u64;
    loop {
        let Ok(stream) = TcpStream::connect(hub).await else { continue };
        let (mut from, mut to) = stream.into_split();
        let reads = kind != "ask and never read";
        let reading = tokio::spawn(async move {
            if !reads {
                std::future::pending::<()>().await;
            }
            let mut buffer = vec![0; 65_536];
            while matches!(from.read(&mut buffer).await, Ok(1..)) {}
        });
        let sign_in = "{\"id\":1,\"method\":\"mining.subscribe\",\"params\":[\"x\"]}\n{\"id\":2,\"method\":\"mining.authorize\",\"params\":[\"bench.x\",\"x\"]}\n";
        if matches!(&*kind, "shares that are none" | "ask and never read") {
            let _ = to.write_all(sign_in.as_bytes()).await;
        }
        loop {
            let (batch, count) = batch(&kind, &mut names);
            if to.write_all(batch.as_bytes()).await.is_err() {
                break;
            }
            sent.fetch_add(count, Ordering::Relaxed);
        }
        reading.abort();
    }
}

/// Lines that are sent at once, and how many.
fn batch(kind: &str, names: &mut u64) -> (String, u64) {
    let line = match kind {
        "empty objects" => "{}",
        "unknown methods" => r#"{"id":1,"method":"mining.levitate","params":[]}"#,
        "bad JSON" => "{\"id\":1,\"method\":",
        "lines without end" => return ("x".repeat(4_096), 1),
        "subscribe again and again" => r#"{"id":1,"method":"mining.subscribe","params":["x"]}"#,
        "configure again and again" => {
            r#"{"id":1,"method":"mining.configure","params":[["version-rolling"],{"version-rolling.mask":"1fffe000"}]}"#
        }
        "shares that are none" => {
            r#"{"id":9,"method":"mining.submit","params":["bench.x","1","00000000","00000000","00000000"]}"#
        }
        "ask and never read" => r#"{"id":1,"method":"mining.extranonce.subscribe","params":[]}"#,
        "authorize with new names" => {
            let one = |name: u64| {
                format!(
                    "{{\"id\":1,\"method\":\"mining.authorize\",\"params\":[\"bench.n-{name}\",\"x\"]}}\n"
                )
            };
            let first = *names;
            *names += 100;
            return ((first..first + 100).map(one).collect(), 100);
        }
        _ => panic!("there is no flood {kind}"),
    };
    (format!("{line}\n").repeat(100), 100)
}

async fn churn(hub: SocketAddr, sent: Arc<AtomicU64>) {
    loop {
        if TcpStream::connect(hub).await.is_ok() {
            sent.fetch_add(1, Ordering::Relaxed);
        }
    }
}

async fn half_open(hub: SocketAddr, sent: Arc<AtomicU64>) {
    let mut held = Vec::new();
    loop {
        // As many as a process may have, and then the hub's own bound on their time.
        if held.len() < 3_000
            && let Ok(mut stream) = TcpStream::connect(hub).await
        {
            let _ = stream.write_all(b"{\"id\":1,\"method\":\"mining.sub").await;
            sent.fetch_add(1, Ordering::Relaxed);
            held.push(stream);
        } else {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

#[expect(clippy::print_stdout, reason = "a benchmark is there to print")]
fn say(text: &str) {
    println!("{text}");
}
