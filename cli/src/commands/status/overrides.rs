//! Wishes of operators on top of the farm file.

use schema::api::{OverrideDoc, OverrideState, OverrideWish};

use super::section;
use crate::ui::{Column, Ui, table};

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
                wish(&o.wish),
                o.until.clone(),
                o.by.clone(),
                o.reason.clone(),
            ]
        })
        .collect();
    let mut text = table(ui, &HEAD, rows);
    for (o, why) in overrides.iter().filter_map(|o| Some((o, o.why.as_ref()?))) {
        text += &format!("override {}: {why}\n", o.id);
    }
    section("Overrides", &text, ui);
}
