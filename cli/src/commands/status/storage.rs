//! What outlives the daemon: loud where it cannot be written, one line in the wide table otherwise.

use owo_colors::Style;
use schema::api::{StorageStatus, TroubleStatus};

use crate::args::OutputFormat;
use crate::format::counted;
use crate::ui::Ui;

pub(super) fn show(storage: &StorageStatus, ui: &mut Ui) {
    let mut warn = |text: String| {
        let text = ui.paint(&text, Style::new().red());
        ui.line(&text);
    };
    if let Some(TroubleStatus { since, why }) = &storage.database_trouble {
        let waiting = counted(storage.unbooked_shares, "share");
        warn(format!(
            "accounts, events and farm files cannot be written since {since}: {why}; {waiting} are waiting"
        ));
    }
    if let Some(TroubleStatus { since, why }) = &storage.journal_trouble {
        warn(format!("the share journal cannot be written since {since}: {why}"));
    }
    if storage.missing_shares > 0 {
        let missing = counted(storage.missing_shares, "accepted share");
        warn(format!(
            "{missing} from before the start are missing: the journal was damaged or could not be written"
        ));
    }
    if let Some(since) = &storage.unwritten_since {
        warn(format!(
            "the previous stratumd process could not record shares from {since} on, and was killed: accepted shares from that time may be missing"
        ));
    }
    for file in &storage.set_aside {
        warn(format!("{file} is damaged and was set aside"));
    }
    if storage.recovering {
        ui.line("the journal of the previous process is still being read");
    }
    if ui.format == OutputFormat::Wide {
        let from = |name: &str, from: &Option<String>| match from {
            Some(from) => format!(", {name} since {from}"),
            None => String::new(),
        };
        let mib = |bytes: u64| format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20));
        ui.line(&format!(
            "database {} (accounts {}, events {}, history {}), journal {}{}{}{}{}{}",
            mib(storage.database_bytes),
            mib(storage.accounts_bytes),
            mib(storage.events_bytes),
            mib(storage.history_bytes),
            mib(storage.journal_bytes),
            from("minutes", &storage.minutes_from),
            from("hours", &storage.hours_from),
            from("days", &storage.days_from),
            from("events", &storage.events_from),
            from("placements", &storage.placements_from),
        ));
    }
}
