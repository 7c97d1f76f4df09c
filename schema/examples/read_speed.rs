//! How fast a farm is read: writes farms of 10,000 and 100,000 rigs out (no ranges), reads each, and
//! prints seconds, the highest memory so far, and the number of problems.
//!
//! `cargo run --release -p schema --example read_speed [rigs [faulty]]`: of so many rigs, and so many of them faulty.

#![allow(clippy::disallowed_methods)] // this is not the ground floor: it has files and a clock
#![allow(clippy::print_stdout)]

use std::fmt::Write;
use std::time::Instant;

use schema::problem::{Look, render_human};

fn farm(rigs: usize, faulty: usize) -> String {
    let mut text = String::from(
        "apiVersion: stratum.farm/v1\nkind: Farm\nname: large\n\
         pools:\n  a: { urls: ['stratum+tcp://a.example:3333'] }\n\
         house: { pools: [{ pool: a, user: house.$rig }] }\n\
         sites:\n  north: {}\n\
         customers:\n  big:\n    pools: [{ pool: a, user: big.$rig }]\n    rentals: { all: { hashrate: 1 EH/s, serve_from: { tags: [air] } } }\n\
         rigs:\n",
    );
    for rig in 0..rigs {
        let site = if rig < faulty { "nroth" } else { "north" };
        let (a, b, c) = (rig / 62_500, rig / 250 % 250, rig % 250 + 1);
        let _ = write!(
            text,
            "  rig-{rig:06}:\n    model: antminer-s19-xp\n    site: {site}\n    rack: rack-{:04}\n    address: 10.{a}.{b}.{c}\n    tags: [air, batch-{:03}]\n    hashrate: 141.5 TH/s\n    units: 1\n    # bought in {}, serial number SN-{rig:012}, checked on delivery\n",
            rig / 48,
            rig / 500,
            2019 + rig % 7,
        );
    }
    text
}

/// Highest memory of this process so far, in MiB, where the system tells.
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    kib.map_or("unknown".into(), |kib| format!("{} MiB", kib / 1024))
}

fn run(rigs: usize, faulty: usize) {
    let bundle = schema::Bundle::single("farm.yaml", farm(rigs, faulty));
    let bytes = bundle.files[0].text.len();
    let start = Instant::now();
    let reading = schema::read(&bundle);
    let read = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let drawn = render_human(&reading.problems, &reading.sources, Look::default()).len();
    let draw = start.elapsed().as_secs_f64();
    println!(
        "{rigs} rigs, {:.1} MB: read {read:.3} s, drawn {draw:.3} s ({drawn} bytes), {} problems, peak {}",
        bytes as f64 / 1e6,
        reading.problems.len(),
        peak()
    );
    let Some(farm) = reading.farm else { return };
    drop(reading.problems);
    drop(reading.sources);
    let mut other = farm.clone();
    for rig in other.rigs.values_mut() {
        rig.rack = Some("rack-new".parse().expect("a name"));
    }
    let start = Instant::now();
    let changes = schema::diff::diff(&farm, &other);
    let groups = schema::diff::group(&changes);
    let lines = groups.len();
    println!(
        "  a field of every rig changed: {:.3} s, {} changes in {lines} lines, peak {}",
        start.elapsed().as_secs_f64(),
        changes.len(),
        peak()
    );
    let start = Instant::now();
    let inventory = schema::Inventory::of(&farm);
    println!("  inventory of {}: {:.3} s, peak {}", inventory.len(), start.elapsed().as_secs_f64(), peak());
}

fn main() {
    let mut arguments = std::env::args().skip(1).filter_map(|argument| argument.parse().ok());
    match arguments.next() {
        Some(rigs) => run(rigs, arguments.next().unwrap_or(0)),
        None => {
            run(10_000, 0);
            run(100_000, 0);
        }
    }
}
