//! What customers rent: promised, covered, delivered.

use owo_colors::Style;
use schema::api::{PeriodStatus, RentalState, RentalStatus};

use super::{FLOW, Listed, flow, summary};
use crate::args::OutputFormat;
use crate::format::{count, measured, rate};
use crate::ui::{Column, Ui, table};

/// What part of the work owed in the period that runs was delivered: red below the promise, `+` while it is
/// being made up for.
fn delivered(period: &PeriodStatus, ui: &Ui) -> String {
    let more = if period.catching_up { "+" } else { "" };
    let text = format!("{:.2} %{more}", 100.0 * period.delivered);
    match period.delivered_min {
        Some(min) if period.delivered < min => ui.paint(&text, Style::new().yellow()),
        Some(_) => ui.paint(&text, Style::new().green()),
        None => text,
    }
}

fn state_of(rental: &RentalStatus) -> (&'static str, Style) {
    match rental.state {
        RentalState::Idle => ("idle", Style::new().dimmed()),
        RentalState::Running => ("running", Style::new().green()),
        RentalState::Short => ("short", Style::new().red()),
        RentalState::Paused => ("paused", Style::new().red()),
        RentalState::Scheduled => ("scheduled", Style::new()),
        RentalState::Ended => ("ended", Style::new().dimmed()),
    }
}

/// How far a period is behind its promise, of one.
fn behind(rental: &RentalStatus) -> f64 {
    let behind = |period: &PeriodStatus| Some((period.delivered_min? - period.delivered).max(0.0));
    rental.period.as_ref().and_then(behind).unwrap_or(0.0)
}

/// Rentals that need a look, the worst first.
fn worst(rentals: &[RentalStatus]) -> Vec<&RentalStatus> {
    let rank = |rental: &RentalStatus| match rental.state {
        RentalState::Short => 0,
        RentalState::Paused => 1,
        _ if behind(rental) > 0.0 => 2,
        RentalState::Idle => 3,
        _ if rental.why.is_some() => 4,
        RentalState::Running | RentalState::Scheduled | RentalState::Ended => 5,
    };
    let mut list: Vec<&RentalStatus> = rentals.iter().filter(|rental| rank(rental) < 5).collect();
    list.sort_by(|a, b| rank(a).cmp(&rank(b)).then(behind(b).total_cmp(&behind(a))));
    list
}

/// Writes a table of rentals: all of them, or those that need a look.
pub(super) fn show(rentals: &[RentalStatus], all: bool, ui: &mut Ui) {
    if rentals.is_empty() {
        return;
    }
    let wide = ui.format == OutputFormat::Wide;
    let listed = Listed::of(rentals, all || wide, worst);
    let mut head: Vec<Column> = vec![
        ("RENTAL", 0),
        ("STATE", 0),
        ("CONTRACTED", 0),
        ("COVERED", 3),
        ("RIGS SEND (95 %)", 0),
        ("PERIOD", 1),
        ("RIGS", 4),
        ("POOL", 2),
        ("TAKEN", 5),
        ("REJECTED", 1),
    ];
    if wide {
        head.extend(FLOW);
        head.extend([("FROM", 7), ("UNTIL", 6)]);
    }
    let rows = listed
        .list
        .iter()
        .map(|r| {
            let (state, style) = state_of(r);
            let mut row = vec![
                format!("{}/{}", r.customer, r.name),
                ui.paint(state, style),
                r.contracted.map_or("by name".into(), rate),
                rate(r.expected),
                measured(r.delivered, r.delivered_low, r.delivered_high),
                r.period.as_ref().map_or("-".into(), |period| delivered(period, ui)),
                count(r.rigs),
                r.pool.clone().unwrap_or_else(|| "-".into()),
                count(r.shares.taken),
                count(r.rejected),
            ];
            if wide {
                row.extend(flow(&r.shares));
                let open = || "-".to_owned();
                row.extend([r.from.clone().unwrap_or_else(open), r.until.clone().unwrap_or_else(open)]);
            }
            row
        })
        .collect();
    let totals = || {
        let states = summary(rentals.iter().map(|rental| state_of(rental).0));
        let contracted = rate(rentals.iter().filter_map(|rental| rental.contracted).sum());
        let covered = rate(rentals.iter().map(|rental| rental.expected).sum());
        format!("{states}; {contracted} contracted, {covered} covered")
    };
    listed.show("Rentals", totals, "all get what is promised", &table(ui, &head, rows), ui);
    for rental in listed.list {
        if let Some(why) = &rental.why {
            let text = format!("{}/{}: {why}", rental.customer, rental.name);
            let text = ui.paint(&text, Style::new().yellow());
            ui.line(&text);
        }
    }
}
