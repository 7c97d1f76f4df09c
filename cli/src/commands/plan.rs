//! `plan`: what applying the farm file would do. Grouped and short: one line for a thousand like changes,
//! destructive ones first, then what it means for rigs and rentals.

use clap::Args;
use owo_colors::Style;
use schema::api::{ChangeLine, ChangeVerb, PlanDoc, PlanRequest};

use super::{ByExitCode, delete_limit};
use crate::args::{Common, FileArg, OutputFormat};
use crate::client::Client;
use crate::error::{Exit, Failure};
use crate::farm_file::FarmFile;
use crate::format::{count, counted, rate};
use crate::ui::Ui;

/// Most lines of one part; the rest is counted.
const LINES_MAX: usize = 24;

/// Shows what `apply` would change, without changing anything.
#[derive(Debug, Args)]
pub struct Plan {
    #[command(flatten)]
    file: FileArg,
    #[command(flatten)]
    tell: ByExitCode,
    /// Most objects that this may delete, as a count or a percentage of all
    #[arg(long, value_name = "LIMIT", value_parser = delete_limit)]
    max_delete: Option<String>,
    /// Prints every line instead of a summary of long parts
    #[arg(long)]
    full: bool,
}

impl Plan {
    pub(crate) async fn run(self, common: &Common, ui: &mut Ui) -> Result<Exit, Failure> {
        let file = FarmFile::sound(self.file.file.as_deref(), ui)?;
        let client = Client::of(common)?;
        let plan = ask(&client, &file, self.max_delete).await?;
        match ui.format {
            OutputFormat::Name => plan.changes.iter().for_each(|change| ui.line(&change.path)),
            OutputFormat::Table | OutputFormat::Wide => show(&plan, self.full, ui),
            _ => ui.document(&plan),
        }
        Ok(self.tell.of(plan.changes_present))
    }
}

/// Has the daemon plan.
pub(crate) async fn ask(
    client: &Client,
    file: &FarmFile,
    max_delete: Option<String>,
) -> Result<PlanDoc, Failure> {
    let request = PlanRequest {
        kind: Default::default(),
        format_version: Default::default(),
        bundle: file.bundle.clone(),
        max_delete,
    };
    client.plan(&request).await
}

/// Writes a plan for a person.
pub(crate) fn show(plan: &PlanDoc, full: bool, ui: &mut Ui) {
    if !plan.changes_present {
        ui.line(&format!("No changes: generation {} is the same.", plan.base_generation));
    } else {
        let base = match plan.base_generation {
            0 => "the first farm file".to_owned(),
            number => format!("changes to generation {number}"),
        };
        let heading = ui.paint(&format!("Plan: {base}"), Style::new().bold());
        ui.line(&heading);
        show_changes(&plan.changes, full, ui);
    }
    show_effects(plan, full, ui);
}

/// Writes grouped changes.
pub(crate) fn show_changes(changes: &[ChangeLine], full: bool, ui: &mut Ui) {
    let max = if full { usize::MAX } else { LINES_MAX };
    for change in changes.iter().take(max) {
        let (sign, style) = match change.kind {
            ChangeVerb::Remove => ("-", Style::new().red()),
            ChangeVerb::Change => ("~", Style::new().yellow()),
            ChangeVerb::Add => ("+", Style::new().green()),
        };
        ui.line_cut(&format!("  {sign} {}", sentence(change)), style);
    }
    if changes.len() > max {
        ui.line(&format!(
            "    ... and {} more lines; --full shows them",
            count((changes.len() - max) as u64)
        ));
    }
}

fn sentence(change: &ChangeLine) -> String {
    let names = change.names.join(", ");
    let what = if change.count > 1 {
        let path = change.path.trim_start_matches('/');
        format!("{} {}", count(change.count), path.strip_suffix("/*").unwrap_or(path))
    } else {
        match change.names.first() {
            Some(name) => change.path.trim_start_matches('/').replacen('*', name, 1),
            None => change.path.trim_start_matches('/').to_owned(),
        }
    };
    let mut out = what;
    match (&change.old, &change.new) {
        (Some(old), Some(new)) => out += &format!(": {old} -> {new}"),
        (Some(value), None) | (None, Some(value)) => out += &format!(": {value}"),
        (None, None) => {}
    }
    if change.count > 1 && !names.is_empty() {
        out += &format!("  ({names})");
    }
    out
}

fn show_effects(plan: &PlanDoc, full: bool, ui: &mut Ui) {
    let effects = &plan.effects;
    let max = if full { usize::MAX } else { 10 };
    let moving: Vec<_> = effects.moves.iter().filter(|m| m.from != m.to).collect();
    if !moving.is_empty() {
        ui.line("");
        let heading = ui.paint("Effect on the farm", Style::new().bold());
        ui.line(&heading);
        for group in moving.iter().take(max) {
            let rigs = counted(group.rigs, "rig");
            let hash =
                if group.hashrate > 0.0 { format!(" ({})", rate(group.hashrate)) } else { String::new() };
            ui.line(&match (&group.from, &group.to) {
                (None, Some(to)) => format!("  {rigs}{hash} will work for {to}"),
                (Some(from), None) => format!("  {rigs} of {from} leave the farm"),
                (from, to) => format!(
                    "  {rigs}{hash} move from {} to {}, without a reconnect",
                    from.as_deref().unwrap_or("nobody"),
                    to.as_deref().unwrap_or("nobody")
                ),
            });
        }
        if moving.len() > max {
            ui.line(&format!("  ... and {} more groups", moving.len() - max));
        }
    }
    if !effects.shortfalls.is_empty() {
        ui.line("");
        let heading = ui.paint("Rentals that fall short", Style::new().bold().red());
        ui.line(&heading);
        for short in effects.shortfalls.iter().take(max) {
            let from = short.from.as_deref().map_or("from now".to_owned(), |from| format!("from {from}"));
            let until = short.until.as_deref().map(|until| format!(" until {until}")).unwrap_or_default();
            ui.line(&format!(
                "  {}: {} of {} are there, {} missing, {from}{until}",
                short.rental,
                rate(short.covered),
                rate(short.contracted),
                rate(short.short)
            ));
        }
        if effects.shortfalls.len() > max {
            ui.line(&format!("  ... and {} more", effects.shortfalls.len() - max));
        }
    }
    if !effects.notes.is_empty() {
        ui.line("");
        let heading = ui.paint("Notes", Style::new().bold());
        ui.line(&heading);
        for note in effects.notes.iter().take(max) {
            ui.line(&format!("  {}", note.message));
        }
        if effects.notes.len() > max {
            ui.line(&format!("  ... and {} more", effects.notes.len() - max));
        }
    }
    if plan.destructive {
        ui.line("");
        let text = format!("This deletes {} from the farm.", counted(plan.delete_count, "thing"));
        let text = ui.paint(&text, Style::new().red().bold());
        ui.line(&text);
        if !plan.applicable {
            ui.line(&format!(
                "`apply` will refuse this. If it is intended, use --max-delete {}.",
                plan.delete_count
            ));
        }
    }
}
