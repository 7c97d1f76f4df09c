//! Overrides of operators on top of the farm file.

use schema::api::{OverrideAction, OverrideDoc, OverrideState};

use super::section;
use crate::ui::{Column, Ui, table};

/// What an override asks for, in words.
pub(crate) fn action(action: &OverrideAction) -> String {
    match action {
        OverrideAction::Pool { customer, rental: None, pool } => format!("{customer} mines at {pool}"),
        OverrideAction::Pool { customer, rental: Some(rental), pool } => {
            format!("{customer}/{rental} mines at {pool}")
        }
        OverrideAction::OutOfService { rig } => format!("{rig} is out of service"),
        OverrideAction::Lend { rig, rental } => format!("{rig} works for {rental}"),
    }
}

const HEAD: [Column; 6] = [("ID", 0), ("STATE", 0), ("OVERRIDE", 0), ("UNTIL", 0), ("BY", 1), ("REASON", 0)];

/// Writes a table of overrides.
pub(crate) fn show(overrides: &[OverrideDoc], asked: bool, ui: &mut Ui) {
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
                OverrideState::Active if o.followed == Some(false) => "not followed",
                OverrideState::Active => "active",
                OverrideState::Waiting => "waiting",
                OverrideState::Expired => "expired",
                OverrideState::Ended => "ended",
            };
            vec![
                o.id.to_string(),
                state.into(),
                action(&o.action),
                o.until.clone(),
                o.by.clone(),
                o.reason.clone(),
            ]
        })
        .collect();
    let mut text = table(ui, &HEAD, rows);
    for (o, why) in overrides.iter().filter_map(|o| Some((o, o.why.as_ref()?))) {
        text += &format!("\noverride {}: {why}", o.id);
    }
    section("Overrides", &text, ui);
}
