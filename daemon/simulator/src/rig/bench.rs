//! The processor of a fleet: a few threads that hash for all rigs in turn, each at its own pace.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::counters::{RigCounters, RigShare};
use super::hands::{Found, Hands};
use crate::lock;

/// Hashes for one rig before it is another one's turn; also how long its lock is held.
const SLICE: u32 = 2_048;
/// How often budgets are filled.
const TICK: Duration = Duration::from_millis(4);
/// What a rig may save up, in time: short, so that a stopped machine does not wake up to a flood of shares.
const SAVED_MAX: Duration = Duration::from_millis(200);

/// What a rig's connection and the threads share.
#[derive(Debug)]
pub(super) struct Core {
    pub(super) hands: Mutex<Hands>,
    pub(super) counters: Mutex<RigCounters>,
    /// Shares of which the fate is known, where the rig keeps them.
    pub(super) shares: Option<Mutex<Vec<RigShare>>>,
    pub(super) found: mpsc::Sender<Found>,
    /// Hashes per second.
    pub(super) hashrate: f64,
    /// Part of the hashrate that it does now.
    pub(super) speed: Part,
}

/// A number of 0 or more that several threads may set and read.
#[derive(Debug)]
pub(super) struct Part(AtomicU64);

impl Part {
    pub(super) fn new(value: f64) -> Part {
        Part(AtomicU64::new(value.to_bits()))
    }

    pub(super) fn set(&self, value: f64) {
        self.0.store(value.max(0.0).to_bits(), Ordering::Relaxed);
    }

    pub(super) fn get(&self) -> f64 {
        f64::from_bits(self.0.load(Ordering::Relaxed))
    }
}

/// The threads.
#[derive(Debug)]
pub(super) struct Bench {
    stopped: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Bench {
    /// Starts this many threads; each hashes for its share of the rigs.
    pub(super) fn start(cores: &[Arc<Core>], threads: usize, scale: &Arc<Part>) -> std::io::Result<Bench> {
        let stopped = Arc::new(AtomicBool::new(false));
        let mut bench = Bench { stopped, threads: Vec::new() };
        for n in 0..threads.max(1) {
            let own: Vec<_> = cores.iter().skip(n).step_by(threads.max(1)).cloned().collect();
            let (stopped, scale) = (bench.stopped.clone(), scale.clone());
            let thread = std::thread::Builder::new().name(format!("hashing-{n}"));
            bench.threads.push(thread.spawn(move || run(&own, &scale, &stopped))?);
        }
        Ok(bench)
    }

    pub(super) fn stop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.stop();
    }
}

fn run(cores: &[Arc<Core>], scale: &Part, stopped: &AtomicBool) {
    let mut budgets = vec![0.0; cores.len()];
    let mut filled = Instant::now();
    while !stopped.load(Ordering::Relaxed) {
        let now = Instant::now();
        fill(cores, &mut budgets, scale.get(), now.duration_since(filled));
        filled = now;
        // One round at a time, so that all come on equally when there is more to do than can be done.
        while spend(cores, &mut budgets) && filled.elapsed() < TICK && !stopped.load(Ordering::Relaxed) {}
        if let Some(rest) = TICK.checked_sub(filled.elapsed()) {
            std::thread::park_timeout(rest);
        }
    }
}

fn fill(cores: &[Arc<Core>], budgets: &mut [f64], scale: f64, passed: Duration) {
    for (core, budget) in cores.iter().zip(budgets) {
        let rate = core.hashrate * core.speed.get() * scale;
        *budget += rate * passed.as_secs_f64();
        // A slow rig may save up one hash.
        let most = (rate * SAVED_MAX.as_secs_f64()).max(1.0);
        if *budget > most {
            lock(&core.counters).hashes_short += (*budget - most) as u64;
            *budget = most;
        }
    }
}

/// Gives every rig one slice. False when nobody has anything left to do.
fn spend(cores: &[Arc<Core>], budgets: &mut [f64]) -> bool {
    let mut more = false;
    for (core, budget) in cores.iter().zip(budgets) {
        let count = budget.min(f64::from(SLICE)) as u32;
        if count == 0 {
            continue;
        }
        let (mut found, mut unsent) = (0, 0);
        let done = lock(&core.hands).hash(Instant::now(), count, |share| {
            found += 1;
            unsent += u64::from(core.found.try_send(share).is_err());
        });
        // Who has no work does not save up for when there is some.
        *budget = if done < count { 0.0 } else { *budget - f64::from(done) };
        let mut counters = lock(&core.counters);
        counters.hashes += u64::from(done);
        counters.found += found;
        counters.unsent += unsent;
        more |= *budget >= 1.0;
    }
    more
}
