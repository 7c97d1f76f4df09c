//! `status`: what was promised, what is delivered, who works where. Every hashrate is measured by shares
//! alone and comes with its 95 % interval.

pub(crate) mod overrides;
mod pools;
mod rentals;
mod rigs;
mod storage;

use std::collections::BTreeMap;
use std::time::Duration;

use clap::{Args, ValueEnum};
use owo_colors::Style;
use schema::api::{RejectCount, ShareFlow, StatusDoc};

use crate::args::{Common, OutputFormat};
use crate::client::Client;
use crate::error::{Exit, Failure};
use crate::format::{count, counted};
use crate::ui::Ui;

/// How often `--watch` looks.
const EVERY: Duration = Duration::from_secs(1);
/// Parts up to this size are listed whole without being asked for; of larger ones, what needs a look.
const LISTED_MAX: usize = 40;
/// Clears the terminal.
const HOME: &str = "\x1b[H\x1b[2J";

/// Shows the farm now: rentals, pools, rigs and overrides.
#[derive(Debug, Args)]
pub struct Status {
    /// Part of the status to show [default: all]
    #[arg(value_name = "PART")]
    part: Option<Part>,
    /// Refreshes the output every second
    #[arg(long)]
    watch: bool,
}

/// A part of the status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// Rentals: what was promised and delivered
    Rentals,
    /// Pools of each customer, and their health
    Pools,
    /// Every rig: what it serves, and its hashrate
    Rigs,
    /// Overrides that are in force
    Overrides,
}

impl Status {
    pub(crate) async fn run(self, common: &Common, ui: &mut Ui) -> Result<Exit, Failure> {
        let client = Client::of(common)?;
        if self.watch {
            ui.stream();
        }
        let mut seen = false;
        loop {
            match client.status().await {
                Ok(status) => {
                    seen = true;
                    if self.watch && ui.out_is_terminal {
                        ui.text(HOME);
                    }
                    match ui.format {
                        OutputFormat::Name => names(&status, self.part, ui),
                        OutputFormat::Table | OutputFormat::Wide => show(&status, self.part, ui),
                        _ => ui.document(&status),
                    }
                }
                // Whoever watches wants to see it come back.
                Err(failure) if self.watch && seen && failure.exit == Exit::Unreachable => {
                    ui.note(&failure.doc.error.message);
                }
                Err(failure) => return Err(failure),
            }
            if !self.watch || ui.is_gone() {
                return Ok(Exit::Success);
            }
            tokio::time::sleep(EVERY).await;
        }
    }
}

/// What is listed of a part of the status: all of it, or what needs a look, the worst first.
struct Listed<'a, T> {
    list: Vec<&'a T>,
    /// Nothing is left out but for having no need of a look.
    is_whole: bool,
    /// How many need a look.
    bad: usize,
}

impl<'a, T> Listed<'a, T> {
    /// All where it is asked for, or where that is little; else as much of the worst.
    fn of(all: &'a [T], is_asked: bool, worst: impl FnOnce(&'a [T]) -> Vec<&'a T>) -> Self {
        let is_whole = is_asked || all.len() <= LISTED_MAX;
        let mut list = if is_whole { all.iter().collect() } else { worst(all) };
        let bad = list.len();
        if !is_whole {
            list.truncate(LISTED_MAX);
        }
        Self { list, is_whole, bad }
    }

    /// Writes the part: its rows below its name, or below a summary, with where to find the rest.
    fn show(&self, part: &str, summary: impl FnOnce() -> String, fine: &str, rows: &str, ui: &mut Ui) {
        if self.is_whole {
            return section(part, rows, ui);
        }
        let command = format!("`stratumctl status {}`", part.to_lowercase());
        let title = format!("{part}: {}", summary());
        if self.list.is_empty() {
            section(&title, &format!("{fine}; {command} lists them"), ui);
        } else {
            section(&title, rows, ui);
        }
        if self.list.len() < self.bad {
            let (shown, bad) = (self.list.len(), count(self.bad as u64));
            ui.line(&format!("the worst {shown} of {bad}; {command} lists all"));
        }
    }
}

/// How many are in each state, in words.
fn summary<'a>(states: impl Iterator<Item = &'a str>) -> String {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    states.for_each(|state| *counts.entry(state).or_default() += 1);
    let words: Vec<String> =
        counts.iter().map(|(state, number)| format!("{} {state}", count(*number))).collect();
    words.join(", ")
}

fn names(status: &StatusDoc, part: Option<Part>, ui: &mut Ui) {
    let wanted = |this| part.is_none_or(|part| part == this);
    if wanted(Part::Rentals) {
        status.rentals.iter().for_each(|r| ui.line(&format!("rental/{}/{}", r.customer, r.name)));
    }
    if wanted(Part::Pools) {
        status.pools.iter().for_each(|p| ui.line(&format!("pool/{}/{}", p.customer, p.pool)));
    }
    if wanted(Part::Rigs) {
        status.rigs.iter().for_each(|rig| ui.line(&format!("rig/{}", rig.name)));
    }
    if wanted(Part::Overrides) {
        status.overrides.iter().for_each(|o| ui.line(&format!("override/{}", o.id)));
    }
}

/// Writes a status for a person.
pub(crate) fn show(status: &StatusDoc, part: Option<Part>, ui: &mut Ui) {
    let wanted = |this| part.is_none_or(|part| part == this);
    if part.is_none() {
        header(status, ui);
        admission(status, ui);
    }
    if wanted(Part::Rentals) {
        rentals::show(&status.rentals, part == Some(Part::Rentals), ui);
    }
    if wanted(Part::Pools) {
        pools::show(&status.pools, part == Some(Part::Pools), ui);
    }
    if wanted(Part::Rigs) {
        rigs::show(&status.rigs, part == Some(Part::Rigs), ui);
    }
    if wanted(Part::Overrides) {
        overrides::show(&status.overrides, part == Some(Part::Overrides), ui);
    }
}

fn header(status: &StatusDoc, ui: &mut Ui) {
    let Some(farm) = &status.farm else {
        ui.line("No farm was applied yet: `stratumctl apply` applies one.");
        storage::show(&status.storage, ui);
        return;
    };
    let farm = ui.paint(farm, Style::new().bold());
    let so = if status.converged && super::wait::all_of_it(status).is_err() {
        ui.paint("converged, but parts of the farm file are not in force", Style::new().red())
    } else if status.converged {
        ui.paint("converged", Style::new().green())
    } else {
        ui.paint(&format!("{} still moving", counted(status.pending_rigs, "rig")), Style::new().yellow())
    };
    let mut line = format!("{farm}, generation {}, {so}", status.generation);
    if status.scale.simulated {
        let note = format!("  simulated at {:e} of nominal", status.scale.factor);
        line += &ui.paint(&note, Style::new().magenta());
    }
    ui.line(&line);
    for outage in &status.outages {
        let text = ui.paint(&format!("{outage} fell silent as a whole"), Style::new().red());
        ui.line(&text);
    }
    let turned_away: u64 = status.hub.turned_away.values().sum();
    if let Some((why, most)) = status.hub.turned_away.iter().max_by_key(|(_, count)| **count) {
        let connections = counted(turned_away, "connection");
        ui.line(&format!("{connections} refused since the hub started, most often ({most}) because: {why}"));
    }
    for listener in &status.listeners {
        if let Some(why) = &listener.why {
            let text = format!("listener {} at {} is not listening: {why}", listener.name, listener.address);
            let text = ui.paint(&text, Style::new().red());
            ui.line(&text);
        }
    }
    storage::show(&status.storage, ui);
}

/// What limits new connections to the daemon, and how many API requests had a wrong token.
fn admission(status: &StatusDoc, ui: &mut Ui) {
    let wide = ui.format == OutputFormat::Wide;
    if let Some(files) = &status.open_files {
        let full = files.refused_miners > 0 || files.in_use + files.kept_back / 2 > files.limit;
        let mut text = format!(
            "open files: {} of {}, {} reserved",
            count(files.in_use),
            count(files.limit),
            count(files.kept_back)
        );
        if files.refused_miners > 0 {
            text +=
                &format!("; {} refused for lack of them", counted(files.refused_miners, "miner connection"));
        }
        if full {
            ui.line(&ui.paint(&text, Style::new().red()));
        } else if wide {
            ui.line(&text);
        }
    }
    if let Some(api) = &status.api {
        let mut text =
            format!("API: {} of {}", counted(api.connections, "connection"), count(api.connections_max));
        if api.refused_connections > 0 {
            text += &format!("; {} refused", counted(api.refused_connections, "connection"));
        }
        if api.refused_tokens > 0 {
            text += &format!("; {} with a wrong token", counted(api.refused_tokens, "request"));
        }
        if api.refused_connections + api.refused_tokens > 0 {
            ui.line(&ui.paint(&text, Style::new().yellow()));
        } else if wide {
            ui.line(&text);
        }
    }
}

/// A titled part.
fn section(title: &str, text: &str, ui: &mut Ui) {
    ui.line("");
    let title = ui.paint(title, Style::new().bold().underline());
    ui.line(&title);
    ui.line(text);
}

/// What became of work at its pools; see [`flow`].
const FLOW: [crate::ui::Column; 5] =
    [("FORWARDED", 5), ("POOL ACCEPTED", 3), ("POOL REFUSED", 2), ("UNANSWERED", 4), ("UNDELIVERABLE", 4)];

/// The cells of [`FLOW`].
fn flow(shares: &ShareFlow) -> [String; 5] {
    [shares.forwarded, shares.accepted, shares.refused_len(), shares.unanswered, shares.undeliverable]
        .map(count)
}

/// Refused shares by reason, such as `12 stale, 3 duplicate`.
fn reasons(list: &[RejectCount]) -> String {
    let list: Vec<String> = list.iter().map(|one| format!("{} {}", count(one.count), one.reason)).collect();
    list.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_is_large_the_worst_is_listed_unless_all_is_asked_for() {
        let worst =
            |all: &'static [usize]| all.iter().filter(|number| *number % 2 == 0).rev().collect::<Vec<_>>();
        let all: &'static [usize] = (0..200).collect::<Vec<_>>().leak();
        let small = Listed::of(&all[..LISTED_MAX], false, worst);
        assert!(small.is_whole && small.list.len() == LISTED_MAX);
        assert_eq!(Listed::of(all, true, worst).list.len(), 200);
        let large = Listed::of(all, false, worst);
        assert_eq!((large.list.len(), large.bad, *large.list[0]), (LISTED_MAX, 100, 198));
        assert!(!large.is_whole);
        let fine = Listed::of(all, false, |_| Vec::new());
        assert_eq!((fine.list.len(), fine.bad, fine.is_whole), (0, 0, false));
        assert_eq!(summary(["short", "running", "short"].into_iter()), "1 running, 2 short");
    }
}
