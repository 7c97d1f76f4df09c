//! What customers rent: promised, covered, delivered.

use owo_colors::Style;
use schema::api::{PeriodStatus, RentalState, RentalStatus};

use super::{FLOW, flow, section};
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

/// Writes a table of rentals.
pub(super) fn show(rentals: &[RentalStatus], ui: &mut Ui) {
    if rentals.is_empty() {
        return;
    }
    let wide = ui.format == OutputFormat::Wide;
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
    let rows = rentals
        .iter()
        .map(|r| {
            let (state, style) = match r.state {
                RentalState::Idle => ("idle", Style::new().dimmed()),
                RentalState::Running => ("running", Style::new().green()),
                RentalState::Short => ("short", Style::new().red()),
                RentalState::Paused => ("paused", Style::new().red()),
                RentalState::Scheduled => ("scheduled", Style::new()),
                RentalState::Ended => ("ended", Style::new().dimmed()),
            };
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
