//! `status`: what was promised, what is delivered, who works where. Every hashrate is measured by shares
//! alone and comes with its 95 % interval.

use std::collections::BTreeMap;
use std::time::Duration;

use clap::{Args, ValueEnum};
use owo_colors::Style;
use schema::api::{
    OverrideDoc, OverrideState, OverrideWish, PoolState, PoolStatus, RentalState, RentalStatus, RigStatus,
    ServiceState, StatusDoc,
};

use crate::args::{Common, OutputFormat};
use crate::client::Client;
use crate::error::{Exit, Failure};
use crate::format::{age, count, counted, difficulty, rate};
use crate::ui::{Ui, table};

/// Farms up to this size are listed whole without being asked to.
const RIGS_MAX: usize = 40;

/// Shows rentals, pools and rigs: promised, delivered, where.
#[derive(Debug, Args)]
pub struct Status {
    /// Only this part
    #[arg(value_name = "PART")]
    part: Option<Part>,
    /// Shows it again every second
    #[arg(long)]
    watch: bool,
}

/// A part of the status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// What customers rent
    Rentals,
    /// Where work comes from
    Pools,
    /// Every rig
    Rigs,
    /// Wishes of operators in force
    Overrides,
}

impl Status {
    pub(crate) async fn run(self, common: &Common, ui: &mut Ui) -> Result<Exit, Failure> {
        let client = Client::of(common)?;
        loop {
            let status = client.status().await?;
            if self.watch && ui.out_is_terminal {
                // Home, then what is left of the old screen goes after the new one is written.
                ui.text("\x1b[H\x1b[2J");
            }
            match ui.format {
                OutputFormat::Json if self.watch => ui.json_line(&status),
                OutputFormat::Json | OutputFormat::Yaml => ui.document(&status),
                OutputFormat::Name => names(&status, self.part, ui),
                OutputFormat::Table | OutputFormat::Wide => show(&status, self.part, ui),
            }
            if !self.watch {
                return Ok(Exit::Success);
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
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
    }
    if wanted(Part::Rentals) {
        show_rentals(&status.rentals, ui);
    }
    if wanted(Part::Pools) {
        show_pools(&status.pools, ui);
    }
    if wanted(Part::Rigs) {
        show_rigs(&status.rigs, part == Some(Part::Rigs), ui);
    }
    if wanted(Part::Overrides) {
        show_overrides(&status.overrides, part == Some(Part::Overrides), ui);
    }
}

fn header(status: &StatusDoc, ui: &mut Ui) {
    let Some(farm) = &status.farm else {
        ui.line("No farm was applied yet: `stratumctl apply` applies one.");
        return;
    };
    let farm = ui.paint(farm, Style::new().bold());
    let so = if status.converged {
        ui.paint("as wanted", Style::new().green())
    } else {
        ui.paint(&format!("{} on the way", counted(status.pending_rigs, "rig")), Style::new().yellow())
    };
    let mut line = format!("{farm}, generation {}, {so}", status.generation);
    if status.scale.simulated {
        let note = format!("  simulated at {:e} of nominal", status.scale.factor);
        line += &ui.paint(&note, Style::new().magenta());
    }
    ui.line(&line);
    for listener in &status.listeners {
        if let Some(why) = &listener.why {
            let text = format!("listener {} at {} does not listen: {why}", listener.name, listener.address);
            let text = ui.paint(&text, Style::new().red());
            ui.line(&text);
        }
    }
}

fn section(title: &str, text: &str, ui: &mut Ui) {
    ui.line("");
    let title = ui.paint(title, Style::new().bold().underline());
    ui.line(&title);
    ui.line(text);
}

fn measured(value: f64, low: f64, high: f64) -> String {
    if high <= 0.0 { "-".into() } else { format!("{} ({} .. {})", rate(value), rate(low), rate(high)) }
}

fn show_rentals(rentals: &[RentalStatus], ui: &mut Ui) {
    if rentals.is_empty() {
        return;
    }
    let wide = ui.format == OutputFormat::Wide;
    let mut head = vec![
        "RENTAL",
        "STATE",
        "CONTRACTED",
        "COVERED",
        "DELIVERED (95 %)",
        "RIGS",
        "POOL",
        "ACCEPTED",
        "REJECTED",
    ];
    if wide {
        head.extend(["FROM", "UNTIL"]);
    }
    let rows = rentals
        .iter()
        .map(|r| {
            let (state, style) = match r.state {
                RentalState::Running => ("running", Style::new().green()),
                RentalState::Short => ("short", Style::new().red()),
                RentalState::Paused => ("paused", Style::new().red()),
                RentalState::Ordered => ("ordered", Style::new()),
                RentalState::Done => ("done", Style::new().dimmed()),
            };
            let mut row = vec![
                format!("{}/{}", r.customer, r.name),
                ui.paint(state, style),
                r.contracted.map_or("by name".into(), rate),
                rate(r.expected),
                measured(r.delivered, r.delivered_low, r.delivered_high),
                count(r.rigs),
                r.pool.clone().unwrap_or_else(|| "-".into()),
                count(r.accepted),
                count(r.rejected),
            ];
            if wide {
                let open = || "-".to_owned();
                row.extend([r.from.clone().unwrap_or_else(open), r.until.clone().unwrap_or_else(open)]);
            }
            row
        })
        .collect();
    let text = table(ui, &head, rows);
    section("Rentals", &text, ui);
    for rental in rentals {
        if let Some(why) = &rental.why {
            let text = format!("{}/{}: {why}", rental.customer, rental.name);
            let text = ui.paint(&text, Style::new().yellow());
            ui.line(&text);
        }
    }
}

fn show_pools(pools: &[PoolStatus], ui: &mut Ui) {
    if pools.is_empty() {
        return;
    }
    let wide = ui.format == OutputFormat::Wide;
    let mut head = vec![
        "CUSTOMER",
        "POOL",
        "STATE",
        "RIGS",
        "ACCEPTED",
        "REJECTED",
        "UNANSWERED",
        "LATENCY",
        "LAST JOB",
    ];
    if wide {
        head.extend(["CONNECTIONS", "DIFFICULTY", "URL"]);
    }
    let rows = pools
        .iter()
        .map(|p| {
            let (state, style) = match p.state {
                PoolState::Ready => ("in use", Style::new().green()),
                PoolState::Standby => ("standby", Style::new()),
                PoolState::Returning => ("returning", Style::new().yellow()),
                PoolState::Connecting => ("connecting", Style::new().yellow()),
                PoolState::Idle => ("idle", Style::new().dimmed()),
                PoolState::Stalled => ("stalled", Style::new().red()),
                PoolState::Rejecting => ("rejecting", Style::new().red()),
                PoolState::Down => ("down", Style::new().red()),
            };
            let mut row = vec![
                p.customer.clone(),
                p.pool.clone(),
                ui.paint(state, style),
                count(p.rigs),
                count(p.accepted),
                count(p.rejected),
                count(p.unanswered),
                p.latency.map_or("-".into(), |seconds| format!("{:.1} ms", seconds * 1000.0)),
                p.last_job_age.map_or("-".into(), age),
            ];
            if wide {
                let hard = p.difficulty.map_or("-".into(), difficulty);
                row.extend([count(p.connections), hard, p.url.clone()]);
            }
            row
        })
        .collect();
    let text = table(ui, &head, rows);
    section("Pools", &text, ui);
    for pool in pools {
        if let Some(why) = pool.why.as_ref().filter(|_| pool.state != PoolState::Connecting) {
            let text = format!("{} of {} {why}", pool.pool, pool.customer);
            let text = ui.paint(&text, Style::new().yellow());
            ui.line(&text);
        }
    }
}

fn state_of(rig: &RigStatus) -> (&'static str, Style) {
    match rig.state {
        ServiceState::Online => ("online", Style::new().green()),
        ServiceState::Vetting => ("vetting", Style::new()),
        ServiceState::Suspect => ("suspect", Style::new().yellow()),
        ServiceState::Degraded => ("degraded", Style::new().red()),
        ServiceState::Dead => ("dead", Style::new().red()),
        ServiceState::Offline => ("offline", Style::new().red()),
        ServiceState::Returning => ("returning", Style::new().yellow()),
        ServiceState::Quarantined => ("quarantined", Style::new().magenta()),
        ServiceState::OutOfService => ("out of service", Style::new().dimmed()),
    }
}

fn show_rigs(rigs: &[RigStatus], all: bool, ui: &mut Ui) {
    if rigs.is_empty() {
        return;
    }
    let wide = ui.format == OutputFormat::Wide;
    let list: Vec<&RigStatus> = if all || wide || rigs.len() <= RIGS_MAX {
        rigs.iter().collect()
    } else {
        let fine = |rig: &&RigStatus| !matches!(rig.state, ServiceState::Online | ServiceState::Vetting);
        rigs.iter().filter(fine).take(RIGS_MAX).collect()
    };
    let mut head = vec![
        "RIG",
        "STATE",
        "WORKS FOR",
        "POOL",
        "EXPECTED",
        "MEASURED (95 %)",
        "LAST SHARE",
        "ACCEPTED",
        "REJECTED",
    ];
    if wide {
        head.extend(["RACK", "DIFFICULTY", "ADDRESS", "AGENT"]);
    }
    let rows = list
        .iter()
        .map(|rig| {
            let (state, style) = state_of(rig);
            let works_for = match (&rig.serving, &rig.wanted) {
                (Some(serving), Some(wanted)) => format!("{serving} (wanted: {wanted})"),
                (Some(serving), None) => serving.clone(),
                (None, Some(wanted)) => format!("- (wanted: {wanted})"),
                (None, None) => "-".into(),
            };
            let mut row = vec![
                rig.name.clone(),
                ui.paint(state, style),
                works_for,
                rig.pool.clone().unwrap_or_else(|| "-".into()),
                rate(rig.expected),
                measured(rig.measured, rig.measured_low, rig.measured_high),
                rig.last_share_age.map_or("-".into(), age),
                count(rig.accepted),
                count(rig.rejected),
            ];
            if wide {
                let none = || "-".to_owned();
                row.extend([
                    rig.rack.clone().unwrap_or_else(none),
                    rig.difficulty.map_or_else(none, difficulty),
                    rig.address.clone().unwrap_or_else(none),
                    rig.agent.clone().unwrap_or_else(none),
                ]);
            }
            row
        })
        .collect();
    let mut states: BTreeMap<&str, u64> = BTreeMap::new();
    for rig in rigs {
        *states.entry(state_of(rig).0).or_default() += 1;
    }
    let summary: Vec<String> =
        states.iter().map(|(state, number)| format!("{} {state}", count(*number))).collect();
    let title = format!("Rigs: {}", summary.join(", "));
    if list.is_empty() {
        section(&title, "all do what is expected; `stratumctl status rigs` lists them", ui);
    } else {
        let text = table(ui, &head, rows);
        section(&title, &text, ui);
        if list.len() < rigs.len() {
            ui.line(&format!(
                "{} of {}; `stratumctl status rigs` lists all",
                list.len(),
                count(rigs.len() as u64)
            ));
        }
    }
}

/// What an override asks for, in words.
pub(crate) fn wish(wish: &OverrideWish) -> String {
    match wish {
        OverrideWish::Pool { customer, rental: None, pool } => format!("{customer} mines at {pool}"),
        OverrideWish::Pool { customer, rental: Some(rental), pool } => {
            format!("{customer}/{rental} mines at {pool}")
        }
        OverrideWish::OutOfService { rig } => format!("{rig} is out of service"),
        OverrideWish::Lend { rig, rental } => format!("{rig} works for {rental}"),
    }
}

/// Writes a table of overrides.
pub(crate) fn show_overrides(overrides: &[OverrideDoc], asked: bool, ui: &mut Ui) {
    if overrides.is_empty() {
        if asked {
            ui.line("No overrides are in force.");
        }
        return;
    }
    let rows = overrides
        .iter()
        .map(|o| {
            let state = match o.state {
                OverrideState::Active => "active",
                OverrideState::Waiting => "waiting",
                OverrideState::Expired => "expired",
                OverrideState::Ended => "ended",
            };
            vec![
                o.id.to_string(),
                state.into(),
                wish(&o.wish),
                o.until.clone(),
                o.by.clone(),
                o.reason.clone(),
            ]
        })
        .collect();
    let text = table(ui, &["ID", "STATE", "OVERRIDE", "UNTIL", "BY", "REASON"], rows);
    section("Overrides", &text, ui);
}
