//! The long search: random farms under random faults, every promise looked at again and again. A slice of it runs
//! with the tests; the whole runs for hours, in ranges of seeds that can be taken up again.
//!
//! ```text
//! SIM_SEEDS=1..1000 SIM_DAYS=365 cargo nextest run --release -p farm-tests --test sim by_counts
//! SIM_SEEDS=1..10 SIM_DAYS=365 cargo nextest run --release -p farm-tests --test sim by_shares
//! ```
//!
//! `SIM_DONE=FILE` notes every seed that passed and passes over those that it has. A seed that failed goes into
//! `seeds.txt` with its fix.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use rehearsal::random::search;
use rehearsal::world::Fidelity;

const DAY: u64 = 86_400;

/// Seeds that failed once: the fidelity, the seed and what it found.
fn failed_once(fidelity: Fidelity) -> Vec<u64> {
    let text = include_str!("seeds.txt");
    text.lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let is_ours = words.next()? == fidelity.name();
            words.next().and_then(|seed| seed.parse().ok()).filter(|_| is_ours)
        })
        .collect()
}

fn seeds(slice: std::ops::Range<u64>) -> Vec<u64> {
    let Ok(text) = std::env::var("SIM_SEEDS") else { return slice.collect() };
    let (first, last) = text.split_once("..").expect("SIM_SEEDS is FIRST..LAST");
    let number = |text: &str| text.trim().parse::<u64>().expect("SIM_SEEDS is FIRST..LAST");
    (number(first)..=number(last)).collect()
}

fn days(slice: u64) -> u64 {
    std::env::var("SIM_DAYS").ok().map_or(slice, |text| text.parse().expect("SIM_DAYS is a number"))
}

fn play(fidelity: Fidelity, seeds: Vec<u64>, rigs_max: u64, days: u64) {
    let done = std::env::var("SIM_DONE").ok();
    let known = done.as_ref().and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default();
    let mark = |seed: u64| format!("{} {seed} {days}", fidelity.name());
    let began = Instant::now();
    let (mut broken, mut rig_minutes, mut shares, mut played) = (Vec::new(), 0.0, 0, 0u64);
    for seed in failed_once(fidelity).into_iter().chain(seeds) {
        if known.lines().any(|line| line == mark(seed)) {
            continue;
        }
        let finding = search(seed, fidelity, rigs_max, Duration::from_secs(days * DAY));
        rig_minutes += finding.rig_minutes;
        shares += finding.shares;
        played += 1;
        if finding.broken.is_empty() {
            if let Some(path) = &done {
                let mut file =
                    OpenOptions::new().create(true).append(true).open(Path::new(path)).expect("SIM_DONE");
                writeln!(file, "{}", mark(seed)).expect("SIM_DONE");
            }
        } else {
            broken.push(format!("seed {seed}, {} rigs: {}", finding.rigs, finding.broken.join("; ")));
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    eprintln!(
        "{played} farms of {days} days by {}: {seconds:.1} s, {shares} shares, {:.0} ns a rig-minute, {:.2} ms a farm-day",
        fidelity.name(),
        seconds * 1e9 / f64::max(rig_minutes, 1.0),
        seconds * 1e3 / (played * days).max(1) as f64,
    );
    assert!(broken.is_empty(), "{} of {played} seeds broke a promise:\n{}", broken.len(), broken.join("\n"));
}

#[test]
fn no_promise_breaks_by_counts() {
    play(Fidelity::Counts, seeds(1..9), 40, days(20));
}

#[test]
fn no_promise_breaks_by_shares() {
    play(Fidelity::Shares, seeds(1..5), 10, days(1));
}
