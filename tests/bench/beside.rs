//! What a miner costs, beside HAProxy in TCP mode and beside a loop that does nothing but read a line, check a
//! double SHA-256 and answer: processor time a share, memory a miner, processor time for each miner and job, and
//! what happens when the first pool dies. Prints the tables that `docs/measurements.md` keeps.
//!
//! Everything is a process of its own. `HUB_PROGRAM` names another build of the bench `hub` to take the hub from,
//! for figures before and after a change. Numbers on the command line are numbers of miners; `hub-only` leaves out the others.

#[allow(dead_code, reason = "each benchmark uses a part")]
mod child;
#[allow(dead_code, reason = "each benchmark uses a part")]
mod clients;
#[allow(dead_code, reason = "each benchmark uses a part")]
mod pool;
mod roles;

use std::io::Write as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use child::Child;
use pool::FakePool;

/// How long what happens anyway is looked at.
const LOOK: Duration = Duration::from_secs(10);
/// Shares a minute of a working miner.
const PER_MINUTE: usize = 20;
/// Jobs that everybody is given.
const JOBS: usize = 64;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let role = arguments.iter().position(|argument| argument == "--role");
    // Clients wait for many sockets and the pool for all of them: one thread each, as little as possible.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    match role.and_then(|at| arguments.get(at + 1..)) {
        Some([role]) if role == "bare" => runtime.block_on(bare()),
        Some(role) => runtime.block_on(roles::play(role)),
        None => {
            let counts: Vec<usize> = arguments.iter().filter_map(|word| word.parse().ok()).collect();
            let counts = if counts.is_empty() { vec![1_000, 10_000] } else { counts };
            runtime.block_on(measure(&counts, arguments.iter().any(|word| word == "hub-only")));
        }
    }
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    Hub,
    HaProxy,
    Bare,
}

impl Way {
    fn name(self) -> &'static str {
        match self {
            Way::Hub => "hub",
            Way::HaProxy => "HAProxy",
            Way::Bare => "bare loop",
        }
    }
}

/// HAProxy, ended when dropped.
struct HaProxy {
    process: std::process::Child,
    _config: tempfile::NamedTempFile,
}

impl Drop for HaProxy {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What stands between miners and pool.
enum Between {
    Child(Box<Child>),
    HaProxy(HaProxy),
}

impl Between {
    fn memory(&self) -> u64 {
        match self {
            Between::Child(child) => child.memory(),
            Between::HaProxy(proxy) => child::memory(proxy.process.id()),
        }
    }

    fn busy(&self) -> f64 {
        match self {
            Between::Child(child) => child.busy(),
            Between::HaProxy(proxy) => child::busy(proxy.process.id()),
        }
    }
}

/// Debian's package, or whatever of that name is found.
fn haproxy_is_there() -> bool {
    let asked = std::process::Command::new("haproxy").arg("-v").output();
    asked.is_ok_and(|answer| answer.status.success())
}

async fn haproxy(pools: &[String]) -> (Between, String) {
    let port = {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        socket.local_addr().expect("a bound socket has an address").port()
    };
    let mut config = tempfile::NamedTempFile::new().expect("a temporary file");
    let servers: String = pools
        .iter()
        .enumerate()
        .map(|(n, pool)| {
            let kind = if n > 0 { " backup" } else { "" };
            format!("  server p{n} {pool} check inter 500ms fall 1 on-marked-down shutdown-sessions{kind}\n")
        })
        .collect();
    write!(
        config,
        "global\n  nbthread 1\n  maxconn 9900\ndefaults\n  mode tcp\n  timeout connect 5s\n  timeout client 1h\n  timeout server 1h\nlisten stratum\n  bind 127.0.0.1:{port}\n{servers}"
    )
    .expect("a configuration is written");
    let process = std::process::Command::new("haproxy")
        .arg("-db")
        .arg("-f")
        .arg(config.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("HAProxy starts");
    let address = format!("127.0.0.1:{port}");
    farm_tests::wait_until("HAProxy listens", farm_tests::SOON, async || {
        tokio::net::TcpStream::connect(&address).await.is_ok()
    })
    .await;
    (Between::HaProxy(HaProxy { process, _config: config }), address)
}

async fn start(way: Way, pools: &[String], miners: usize) -> (Between, String) {
    let mut child = match way {
        Way::HaProxy => return haproxy(pools).await,
        Way::Hub => Child::hub(&pools.join(" "), miners),
        Way::Bare => Child::start(&["bare"]),
    };
    let address = child.line().await;
    (Between::Child(Box::new(child)), address)
}

async fn measure(counts: &[usize], hub_only: bool) {
    let ways = if hub_only {
        vec![Way::Hub]
    } else if haproxy_is_there() {
        vec![Way::Bare, Way::HaProxy, Way::Hub]
    } else {
        say("HAProxy is not installed (Debian's package `haproxy`): its lines are left out");
        vec![Way::Bare, Way::Hub]
    };
    say(&format!(
        "{PER_MINUTE} shares a minute and miner when working; {} s each; {JOBS} jobs\n",
        LOOK.as_secs()
    ));
    say(
        "| way | miners | memory a miner | after the jobs | idle, of a core | working, of a core | a share | a miner and job |",
    );
    say("|---|---|---|---|---|---|---|---|");
    for count in counts {
        for way in &ways {
            // HAProxy has two sockets a miner, and a process here may have 20,000.
            one(*way, if *way == Way::HaProxy { (*count).min(9_000) } else { *count }).await;
        }
    }
    say("\nThe first of two pools dies\n");
    say("| way | miners | half have new work after | all have | disconnected |");
    say("|---|---|---|---|---|");
    for count in counts {
        for way in ways.iter().filter(|way| **way != Way::Bare) {
            first_pool_dies(*way, if *way == Way::HaProxy { (*count).min(4_000) } else { *count }).await;
        }
    }
}

async fn one(way: Way, miners: usize) {
    let pool = FakePool::start().await;
    let (between, address) = start(way, &[pool.address.to_string()], miners).await;
    let empty = between.memory();
    let mut clients = Child::clients(&address, miners, "work", PER_MINUTE);
    clients.expect("ready").await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let each = |memory: u64| (memory.saturating_sub(empty)) as f64 * 1.024 / miners as f64;
    let full = each(between.memory());
    let share_of = |busy: f64, time: Duration| busy / time.as_secs_f64() * 100.0;

    let (busy, begun) = (between.busy(), Instant::now());
    tokio::time::sleep(LOOK).await;
    let idle = share_of(between.busy() - busy, begun.elapsed());

    // Jobs before shares: what is measured of these is the miners' part alone.
    let mut a_job = f64::NAN;
    let mut after = f64::NAN;
    if way != Way::Bare {
        clients.say("jobs").await;
        let before = clients.numbers().await[0];
        let (busy, begun) = (between.busy(), Instant::now());
        // No faster than the hub hands jobs out to so many.
        let pace = Duration::from_millis(250) + Duration::from_micros(100) * miners as u32;
        for _ in 0..JOBS {
            pool.new_job();
            tokio::time::sleep(pace).await;
        }
        let busy = between.busy() - busy - idle / 100.0 * begun.elapsed().as_secs_f64();
        clients.say("jobs").await;
        let jobs = clients.numbers().await[0] - before;
        a_job = busy / jobs * 1e6;
        after = each(between.memory());
    }

    clients.say("work").await;
    clients.expect("working").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    clients.say("shares").await;
    let before = clients.numbers().await[0];
    let (busy, begun) = (between.busy(), Instant::now());
    tokio::time::sleep(LOOK).await;
    let (busy, took) = (between.busy() - busy, begun.elapsed());
    clients.say("shares").await;
    let shares = clients.numbers().await[0] - before;
    let text = |value: f64, unit: &str| {
        if value.is_nan() { "-".to_owned() } else { format!("{value:.1} {unit}") }
    };
    say(&format!(
        "| {} | {miners} | {full:.1} kB | {} | {idle:.2} % | {:.1} % | {:.1} µs | {} |",
        way.name(),
        text(after, "kB"),
        share_of(busy, took),
        busy / shares * 1e6,
        text(a_job, "µs"),
    ));
    drop((clients, between));
    tokio::time::sleep(Duration::from_millis(500)).await;
}

async fn first_pool_dies(way: Way, miners: usize) {
    // A process of its own, so that it can die.
    let mut first = Child::start(&["pool"]);
    let second = FakePool::start().await;
    let pools = [first.line().await, second.address.to_string()];
    let (between, address) = start(way, &pools, miners).await;
    let mut clients = Child::clients(&address, miners, "survive", 0);
    clients.expect("ready").await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    clients.say("now").await;
    clients.expect("armed").await;
    let died = clients::nanos();
    drop(first);
    let seen = clients.numbers().await;
    say(&format!(
        "| {} | {miners} | {:.2} s | {:.2} s | {} |",
        way.name(),
        (seen[0] - died) / 1e9,
        (seen[1] - died) / 1e9,
        seen[2]
    ));
    drop((clients, between));
    tokio::time::sleep(Duration::from_millis(500)).await;
}

/// The least that anybody who checks shares can do: reads a line, hashes a header twice, answers.
async fn bare() {
    use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a free port");
    let listener = socket.listen(4_096).expect("it listens");
    say(&listener.local_addr().expect("a bound socket has an address").to_string());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = stream.set_nodelay(true);
            tokio::spawn(async move {
                let mut stream = BufReader::with_capacity(256, stream);
                let (mut line, mut out) = (String::new(), String::new());
                while matches!(stream.read_line(&mut line).await, Ok(1..)) {
                    pool::answer(&line, &mut out);
                    if line.contains("mining.submit") {
                        let mut header = [0; 80];
                        let len = line.len().min(80);
                        header[..len].copy_from_slice(&line.as_bytes()[..len]);
                        std::hint::black_box(stratum::digest(&header));
                    } else if line.contains("mining.authorize") {
                        out.push_str(&pool::begin());
                    }
                    line.clear();
                    if stream.get_mut().write_all(out.as_bytes()).await.is_err() {
                        return;
                    }
                    out.clear();
                }
            });
        }
    });
    while roles::is_told_something().await {}
}

#[expect(clippy::print_stdout, reason = "a benchmark is there to print")]
fn say(text: &str) {
    println!("{text}");
}
