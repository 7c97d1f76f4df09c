//! The long search: random farms under random faults, every promise looked at again and again. A slice of it runs
//! with the tests; the whole runs for hours, in ranges of seeds that can be taken up again.
//!
//! ```text
//! SIM_SEEDS=1..1000 SIM_DAYS=365 cargo nextest run --release -p farm-tests --test sim by_counts
//! SIM_SEEDS=1..10 SIM_DAYS=365 SIM_RIGS=5 cargo nextest run --release -p farm-tests --test sim by_shares
//! ```
//!
//! - `SIM_SEEDS=FIRST..LAST`: which farms, both ends included;
//! - `SIM_DAYS`: how long each is played;
//! - `SIM_RIGS`: the most rigs of one. A farm draws its size evenly from three up to this, so the average farm has
//!   `(3 + SIM_RIGS) / 2`, and the time that a search takes follows it;
//! - `SIM_DONE=FILE` notes every seed that passed, and passes over those that it has.
//!
//! A seed that failed goes into `seeds.txt` with its fix, and with the rigs and days that it needs.

mod together;
mod year;

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use rehearsal::random::search;
use rehearsal::world::Fidelity;

const DAY: f64 = 86_400.0;

/// A farm to be played: the seed, the most rigs, days.
#[derive(Debug, Clone, Copy)]
struct Draw {
    seed: u64,
    rigs_max: u64,
    days: f64,
}

/// Seeds that failed once, a line each: the fidelity, the seed, the most rigs, days.
fn failed_once(fidelity: Fidelity) -> Vec<Draw> {
    let text = include_str!("seeds.txt");
    text.lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|words| words[0] == fidelity.name())
        .map(|words| match words[1..] {
            [seed, rigs_max, days] => Draw {
                seed: seed.parse().expect("a seed"),
                rigs_max: rigs_max.parse().expect("a number of rigs"),
                days: days.parse().expect("a number of days"),
            },
            _ => panic!("a line is FIDELITY SEED RIGS DAYS: {words:?}"),
        })
        .collect()
}

fn seeds(slice: std::ops::Range<u64>) -> Vec<u64> {
    let Ok(text) = std::env::var("SIM_SEEDS") else { return slice.collect() };
    let (first, last) = text.split_once("..").expect("SIM_SEEDS is FIRST..LAST");
    let number = |text: &str| text.trim().parse::<u64>().expect("SIM_SEEDS is FIRST..LAST");
    (number(first)..=number(last)).collect()
}

/// What a variable says, else what the slice has that runs with the tests.
fn setting<T: std::str::FromStr>(name: &str, slice: T) -> T {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} is a number, not {text}")),
        Err(_) => slice,
    }
}

#[expect(clippy::print_stdout, reason = "figures of a long search, shown with --nocapture")]
fn say(text: &str) {
    println!("{text}");
}

fn play(fidelity: Fidelity, seeds: std::ops::Range<u64>, rigs_max: u64, days: f64) {
    let done = std::env::var("SIM_DONE").ok();
    let known = done.as_ref().and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default();
    let mark = |draw: Draw| format!("{} {} {} {}", fidelity.name(), draw.seed, draw.rigs_max, draw.days);
    let (rigs_max, days) = (setting("SIM_RIGS", rigs_max), setting("SIM_DAYS", days));
    let drawn = self::seeds(seeds).into_iter().map(|seed| Draw { seed, rigs_max, days });
    let (mut broken, mut rig_minutes, mut shares, mut played, mut farm_days) =
        (Vec::new(), 0.0, 0, 0u64, 0.0);
    let began = Instant::now();
    for draw in failed_once(fidelity).into_iter().chain(drawn) {
        if known.lines().any(|line| line == mark(draw)) {
            continue;
        }
        let finding = search(draw.seed, fidelity, draw.rigs_max, Duration::from_secs_f64(draw.days * DAY));
        rig_minutes += finding.rig_minutes;
        shares += finding.shares;
        played += 1;
        farm_days += finding.rig_minutes / 1440.0 / finding.rigs.max(1) as f64;
        if !finding.broken.is_empty() {
            let what = format!("{}, {} rigs: {}", mark(draw), finding.rigs, finding.broken.join("; "));
            say(&what);
            broken.push(what);
        } else if let Some(path) = &done {
            let mut file =
                OpenOptions::new().create(true).append(true).open(Path::new(path)).expect("SIM_DONE");
            writeln!(file, "{}", mark(draw)).expect("SIM_DONE");
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    say(&format!(
        "{played} farms, {farm_days:.0} farm-days by {}: {seconds:.1} s, {shares} shares, {rig_minutes:.0} rig-minutes, \
         {:.0} ns a rig-minute, {:.2} ms a farm-day",
        fidelity.name(),
        seconds * 1e9 / f64::max(rig_minutes, 1.0),
        seconds * 1e3 / f64::max(farm_days, 1.0),
    ));
    assert!(broken.is_empty(), "{} of {played} farms broke a promise:\n{}", broken.len(), broken.join("\n"));
}

#[test]
fn no_promise_breaks_by_counts() {
    play(Fidelity::Counts, 1..9, 40, 20.0);
}

#[test]
fn no_promise_breaks_by_shares() {
    play(Fidelity::Shares, 1..5, 10, 1.0);
}
