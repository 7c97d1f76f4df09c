//! `capacity`: how many spares the farm needs for its promises, and what it can still sell.

use clap::Args;
use farm::capacity::{Failing, Group, USUAL_PROMISE, capacity};
use rehearsal::outlook::{Outlook, Question, all_begun, ask};
use rehearsal::world::Fidelity;
use serde::Serialize;
use std::time::Duration;

use super::simulate::availability;
use super::{rehearse, span};
use crate::args::{FileArg, OutputFormat};
use crate::error::{Exit, Failure};
use crate::farm_file::FarmFile;
use crate::format::{first_of, rate};
use crate::ui::{Column, Ui, table};

/// Shows how many spares the farm needs to keep its promises, and how much hashrate it can still sell.
///
/// Assumes that rigs fail independently of each other, so that the number of working rigs is binomial. Rentals that share
/// rigs are computed together, as of the time when every rental has begun. A rental without a promise counts as one of
/// 99.9 %. The loss of a whole site is not part of these numbers; it is shown separately.
#[derive(Debug, Args)]
pub struct Capacity {
    #[command(flatten)]
    file: FileArg,
    /// Part of the time that a rig works; use your own figure once you have measured it
    #[arg(long, value_name = "PERCENT", default_value = "95%", value_parser = availability)]
    availability: f64,
    /// Mean time to repair a failed rig
    #[arg(long, value_name = "TIME", default_value = "4h", value_parser = span)]
    mttr: Duration,
    /// Time from a failure until a spare hashes: about 41 s of silence at 20 shares a minute, plus the switch
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = span)]
    detection: Duration,
    /// Also simulates such failures for this long, and shows what was delivered
    #[arg(long, value_name = "TIME", value_parser = span)]
    check: Option<Duration>,
    /// Seed of the random numbers that --check uses
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
}

#[derive(Serialize)]
struct Document {
    kind: &'static str,
    format_version: &'static str,
    tool_version: &'static str,
    availability: f64,
    mttr_seconds: f64,
    mtbf_seconds: f64,
    detection_seconds: f64,
    groups: Vec<Line>,
}

/// One group of rentals that share rigs.
#[derive(Serialize)]
struct Line {
    rentals: Vec<String>,
    rigs: usize,
    hashrate: f64,
    promised: f64,
    delivered_min: f64,
    catches_up: bool,
    availability: f64,
    rigs_rented: u32,
    spares_needed: Option<u32>,
    spares_there: i64,
    enough: bool,
    missing: f64,
    sellable: f64,
    largest_site: Option<String>,
    without_largest_site: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    simulated: Option<f64>,
}

impl Capacity {
    pub(crate) async fn run(self, ui: &mut Ui) -> Result<Exit, Failure> {
        let file = FarmFile::sound(self.file.file.as_deref(), ui)?;
        let farm = file.reading.farm.clone().expect("a sound file has a farm");
        let failing = Failing { availability: self.availability, mttr: self.mttr, detection: self.detection };
        let inventory = ::schema::Inventory::of(&farm);
        let groups = capacity(&farm, &inventory, failing, all_begun(&farm));
        let played = match self.check {
            None => None,
            Some(time) => {
                let question = Question {
                    lose: Vec::new(),
                    lose_for: Duration::ZERO,
                    failing: Some(failing),
                    time,
                    seed: self.seed,
                    fidelity: Fidelity::Counts,
                    from: None,
                    columns: 1,
                };
                Some(rehearse::away("simulating", ui, move |tell| ask(&farm, &question, tell)).await?.0)
            }
        };
        let lines: Vec<Line> = groups.into_iter().map(|group| line(group, played.as_ref())).collect();
        match ui.format {
            OutputFormat::Name => {
                lines.iter().flat_map(|line| &line.rentals).for_each(|rental| ui.line(rental))
            }
            OutputFormat::Table | OutputFormat::Wide => show(&lines, failing, ui),
            _ => ui.document(&Document {
                kind: "stratumctl.capacity",
                format_version: "1.0",
                tool_version: env!("CARGO_PKG_VERSION"),
                availability: failing.availability,
                mttr_seconds: failing.mttr.as_secs_f64(),
                mtbf_seconds: failing.mtbf().as_secs_f64(),
                detection_seconds: failing.detection.as_secs_f64(),
                groups: lines,
            }),
        }
        Ok(Exit::Success)
    }
}

fn line(group: Group, played: Option<&Outlook>) -> Line {
    let simulated = played.map(|outlook| {
        let mine = outlook
            .rentals
            .iter()
            .filter(|rental| group.rentals.iter().any(|label| **label == *rental.rental));
        let (got, promised) = mine.fold((0.0, 0.0), |(got, promised), rental| {
            (got + rental.delivered * rental.promised, promised + rental.promised)
        });
        if promised > 0.0 { got / promised } else { 1.0 }
    });
    Line {
        rentals: group.rentals.iter().map(ToString::to_string).collect(),
        rigs: group.rigs,
        hashrate: group.hashrate,
        promised: group.promised,
        delivered_min: group.delivered_min,
        catches_up: group.catches_up,
        availability: group.availability,
        rigs_rented: group.rented,
        spares_needed: group.needed,
        spares_there: group.spare,
        enough: group.sellable >= 0.0,
        missing: group.missing,
        sellable: group.sellable,
        largest_site: group.largest_site,
        without_largest_site: group.without_largest_site,
        simulated,
    }
}

fn show(lines: &[Line], failing: Failing, ui: &mut Ui) {
    let hours = |time: Duration| time.as_secs_f64() / 3600.0;
    ui.line(&format!(
        "rigs are there {} % of the time, away for {:.3} h and working for {:.0} h on average; a spare is hashing after {:.0} s",
        trimmed(failing.availability * 100.0),
        hours(failing.mttr),
        hours(failing.mtbf()),
        failing.detection.as_secs_f64(),
    ));
    if lines.is_empty() {
        ui.line("no rental of a hashrate, so there is no promise that spares could keep");
        return;
    }
    const COLUMNS: [Column; 8] = [
        ("RENTALS", 0),
        ("PROMISED", 0),
        ("OF", 3),
        ("MUST", 2),
        ("SPARES NEEDED", 0),
        ("THERE", 0),
        ("STILL TO SELL", 0),
        ("MISSING", 1),
    ];
    let rows = lines.iter().map(|line| {
        vec![
            first_of(&line.rentals),
            rate(line.promised),
            format!("{} rigs, {}", line.rigs, rate(line.hashrate)),
            format!(
                "{} %{}",
                trimmed(line.delivered_min * 100.0),
                if line.catches_up { ", catching up" } else { "" }
            ),
            line.spares_needed.map_or_else(|| "no number".into(), |spares| spares.to_string()),
            line.spares_there.to_string(),
            if line.enough { rate(line.sellable) } else { format!("-{}", rate(-line.sellable)) },
            format!("{:.1e}", line.missing),
        ]
    });
    let drawn = table(ui, &COLUMNS, rows.collect());
    ui.line(&drawn);
    for line in lines {
        for note in notes(line) {
            ui.line(&format!("{}: {note}", first_of(&line.rentals)));
        }
    }
}

fn notes(line: &Line) -> Vec<String> {
    let mut notes = vec![format!(
        "a rig can serve {} % of the time, the proof after each repair taken off",
        trimmed(line.availability * 100.0)
    )];
    if line.spares_needed.is_none() {
        notes.push(
            "changing rigs alone loses more than may be missing; let the policy's `sla` catch up, or notice failures sooner"
                .to_owned(),
        );
    } else if !line.enough {
        notes.push("more is promised than these rigs keep".to_owned());
    }
    if let Some(site) = &line.largest_site {
        notes.push(if line.without_largest_site >= line.delivered_min {
            format!("the loss of {site} is covered")
        } else {
            format!(
                "the loss of {site} is not covered: {:.0} % would be left; keep rigs elsewhere, or exclude it in the contract",
                line.without_largest_site * 100.0
            )
        });
    }
    if let Some(part) = line.simulated {
        notes.push(format!("{:.4} % delivered in the simulation", part * 100.0));
    }
    notes
}

/// A number without zeros behind.
fn trimmed(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The help says what is taken where nothing is promised.
const _: () = assert!(USUAL_PROMISE == 0.999);
