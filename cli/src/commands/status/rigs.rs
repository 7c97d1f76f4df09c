//! Rigs: what each does, and for whom.

use owo_colors::Style;
use schema::api::{RigStatus, ServiceState};

use super::{Listed, reasons, section, summary};
use crate::args::OutputFormat;
use crate::format::{age, count, difficulty, measured, rate};
use crate::ui::{Column, Ui, table};

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

/// Writes a table of rigs: all of them, or those that need a look.
pub(super) fn show(rigs: &[RigStatus], all: bool, ui: &mut Ui) {
    if rigs.is_empty() {
        return;
    }
    let wide = ui.format == OutputFormat::Wide;
    let fine = |rig: &&RigStatus| !matches!(rig.state, ServiceState::Online | ServiceState::Vetting);
    let list = Listed::of(rigs, all || wide, |rigs| rigs.iter().filter(fine).collect()).list;
    let mut head: Vec<Column> = vec![
        ("RIG", 0),
        ("STATE", 0),
        ("WORKS FOR", 0),
        ("POOL", 3),
        ("EXPECTED", 4),
        ("MEASURED (95 %)", 0),
        ("LAST SHARE", 2),
        ("ACCEPTED", 5),
        ("REJECTED", 1),
    ];
    if wide {
        head.extend([
            ("REJECTED FOR", 7),
            ("POOL REFUSED FOR", 7),
            ("RACK", 6),
            ("DIFFICULTY", 8),
            ("ADDRESS", 7),
            ("AGENT", 9),
        ]);
    }
    let rows = list
        .iter()
        .map(|rig| {
            let (state, style) = state_of(rig);
            let works_for = match (&rig.serving, &rig.wanted) {
                (Some(serving), Some(wanted)) => format!("{serving} (wanted: {wanted})"),
                (Some(serving), None) => serving.clone(),
                (None, Some(wanted)) => format!("- (wanted: {wanted})"),
                (None, None) => rig.why.as_ref().map_or("-".into(), |why| format!("- ({why})")),
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
                    if rig.rejects.is_empty() { none() } else { reasons(&rig.rejects) },
                    if rig.pool_refused.is_empty() { none() } else { reasons(&rig.pool_refused) },
                    rig.rack.clone().unwrap_or_else(none),
                    rig.difficulty.map_or_else(none, difficulty),
                    rig.address.clone().unwrap_or_else(none),
                    rig.agent.clone().unwrap_or_else(none),
                ]);
            }
            row
        })
        .collect();
    let title = format!("Rigs: {}", summary(rigs.iter().map(|rig| state_of(rig).0)));
    if list.is_empty() {
        section(&title, "all work as expected; `stratumctl status rigs` lists them", ui);
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
