//! What the hub costs, beside a plain TCP relay in the same run: time a share, shares a second, time until
//! a new job is everywhere, memory a connection. Prints tables; `docs/measurements.md` keeps them.
//!
//! Hub, relay and clients are processes of their own (this program again, with a role): each has its own
//! file descriptors and its own memory to look at. The pool is in this process and believes everything.

#[allow(dead_code, reason = "each benchmark uses a part")]
mod child;
#[allow(dead_code, reason = "each benchmark uses a part")]
mod clients;
#[allow(dead_code, reason = "each benchmark uses a part")]
mod pool;
mod roles;

use std::time::Duration;

use child::Child;
use pool::FakePool;

/// Connections of the latency and throughput runs.
const BUSY: usize = 200;
/// Shares that each of them sends.
const SHARES: usize = 100;
/// Jobs handed out to everybody, for each number of connections.
const JOBS: usize = 7;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let role = arguments.iter().position(|argument| argument == "--role");
    match role.and_then(|at| arguments.get(at + 1..)) {
        Some(role) => runtime.block_on(roles::play(role)),
        None => runtime.block_on(measure()),
    }
}

/// What is measured against what.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    Direct,
    Relay,
    Hub,
}

impl Way {
    fn name(self) -> &'static str {
        match self {
            Way::Direct => "the pool itself",
            Way::Relay => "plain TCP relay",
            Way::Hub => "hub",
        }
    }

    /// Starts what stands between clients and pool; gives the address to connect to.
    async fn start(self, pool: &FakePool, clients: usize) -> (Option<Child>, String) {
        let mut between = match self {
            Way::Direct => return (None, pool.address.to_string()),
            Way::Relay => Child::start(&["relay", &pool.address.to_string()]),
            Way::Hub => Child::hub(&pool.address.to_string(), clients),
        };
        let address = between.line().await;
        (Some(between), address)
    }
}

async fn measure() {
    say(&format!("cores: {}", std::thread::available_parallelism().map_or(0, usize::from)));
    latency().await;
    throughput().await;
    memory_and_fan_out().await;
}

async fn latency() {
    say(&format!("\nOne share at a time, {BUSY} connections, {SHARES} shares each: time until its answer"));
    say("| way | median | 99 % | added by it, median |\n|---|---|---|---|");
    let mut direct = 0.0;
    for way in [Way::Direct, Way::Relay, Way::Hub] {
        let pool = FakePool::start().await;
        let (_between, address) = way.start(&pool, BUSY).await;
        let mut clients = Child::clients(&address, BUSY, "latency", SHARES);
        clients.expect("ready").await;
        let micros = clients.numbers().await;
        if way == Way::Direct {
            direct = micros[0];
        }
        let added = micros[0] - direct;
        say(&format!("| {} | {:.0} µs | {:.0} µs | {added:.0} µs |", way.name(), micros[0], micros[1]));
    }
}

async fn throughput() {
    say(&format!("\nAs fast as it goes, {BUSY} connections, {SHARES} shares each at once"));
    say("| way | shares a second | beside the relay |\n|---|---|---|");
    let mut relay = 0.0;
    for way in [Way::Direct, Way::Relay, Way::Hub] {
        let mut best: f64 = 0.0;
        for _ in 0..3 {
            let pool = FakePool::start().await;
            let (_between, address) = way.start(&pool, BUSY).await;
            let mut clients = Child::clients(&address, BUSY, "throughput", SHARES);
            clients.expect("ready").await;
            best = best.max(clients.numbers().await[0]);
        }
        if way == Way::Relay {
            relay = best;
        }
        let ratio = if relay > 0.0 { format!("{:.2}", best / relay) } else { "-".into() };
        say(&format!("| {} | {best:.0} | {ratio} |", way.name()));
    }
}

async fn memory_and_fan_out() {
    say(&format!("\nA new job to everybody ({JOBS} jobs, median), and memory of the process in between"));
    say("| way | connections | first has it | half have it | all have it | memory a connection |");
    say("|---|---|---|---|---|---|");
    // A relay has two sockets a connection, and a process here may have 20,000.
    for (way, count) in [(Way::Relay, 1_000), (Way::Hub, 1_000), (Way::Relay, 9_000), (Way::Hub, 10_000)] {
        let pool = FakePool::start().await;
        let (between, address) = way.start(&pool, count).await;
        let between = between.expect("something stands between");
        let before = between.memory();
        let mut clients = Child::clients(&address, count, "fanout", 0);
        clients.expect("ready").await;
        let after = between.memory();
        let mut rounds = Vec::new();
        for _ in 0..JOBS {
            clients.say("go").await;
            clients.expect("armed").await;
            let sent = clients::nanos();
            pool.new_job();
            let seen = clients.numbers().await;
            rounds.push(seen.iter().map(|at| (at - sent) / 1e6).collect::<Vec<f64>>());
        }
        let median = |column: usize| {
            let mut all: Vec<f64> = rounds.iter().map(|round| round[column]).collect();
            all.sort_by(f64::total_cmp);
            all[all.len() / 2]
        };
        say(&format!(
            "| {} | {count} | {:.1} ms | {:.1} ms | {:.1} ms | {:.1} KiB |",
            way.name(),
            median(0),
            median(1),
            median(2),
            after.saturating_sub(before) as f64 / count as f64
        ));
        // Sockets of thousands of connections should be gone before the next thousands come.
        drop((clients, between));
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

#[expect(clippy::print_stdout, reason = "a benchmark is there to print")]
fn say(text: &str) {
    println!("{text}");
}
