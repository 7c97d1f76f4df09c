//! What customers rent: promised, covered, delivered.

use owo_colors::Style;
use schema::api::{RentalState, RentalStatus};

use super::section;
use crate::args::OutputFormat;
use crate::format::{count, measured, rate};
use crate::ui::{Column, Ui, table};

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
        ("DELIVERED (95 %)", 0),
        ("RIGS", 4),
        ("POOL", 2),
        ("ACCEPTED", 5),
        ("REJECTED", 1),
    ];
    if wide {
        head.extend([("FROM", 7), ("UNTIL", 6)]);
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
