//! `history`: the farm files that were applied, newest first; or what one rig or rental went through.

mod asset;

use clap::Args;
use owo_colors::Style;
use schema::api::{ChangeKind, Outcome};

use crate::args::{Common, OutputFormat};
use crate::client::Client;
use crate::error::{Exit, Failure};
use crate::ui::{Ui, table};

/// Lists the generations of the farm file, or the history of one rig or rental, newest first.
///
/// For a rig: which accounts it served, when, and why. For a rental: which rigs served it, and how its settlement
/// periods ended.
#[derive(Debug, Args)]
pub struct History {
    /// Rig or rental to show, such as rig/a-001 or rental/alice/gold [default: the generations]
    #[arg(value_name = "ASSET")]
    asset: Option<asset::Asset>,
    /// Most entries to list
    #[arg(long, short = 'n', default_value_t = 20, value_name = "COUNT")]
    limit: u32,
}

impl History {
    pub(crate) async fn run(self, common: &Common, ui: &mut Ui) -> Result<Exit, Failure> {
        let client = Client::of(common)?;
        if let Some(asset) = &self.asset {
            return asset::show(asset, self.limit, &client, ui).await;
        }
        let doc = client.history(self.limit).await?;
        match ui.format {
            _ if ui.wants_document() => ui.document(&doc),
            OutputFormat::Name => {
                doc.generations.iter().for_each(|g| ui.line(&format!("generation/{}", g.generation)))
            }
            _ if doc.generations.is_empty() => ui.line("No farm was applied yet."),
            _ => {
                let wide = ui.format == OutputFormat::Wide;
                let rows: Vec<Vec<String>> = doc
                    .generations
                    .iter()
                    .map(|g| {
                        let commit = g.commit.as_deref().map_or("-".to_owned(), |commit| {
                            let dirty = if g.dirty { " dirty" } else { "" };
                            format!("{}{dirty}", &commit[..commit.len().min(10)])
                        });
                        let outcome = match g.outcome {
                            Outcome::Pending => "pending",
                            Outcome::Converged => "converged",
                            Outcome::Superseded => "superseded",
                        };
                        let why = match (g.kind, g.rolled_back_to) {
                            (ChangeKind::Rollback, Some(to)) => {
                                format!("back to {to}: {}", g.reason.as_deref().unwrap_or_default())
                            }
                            _ => g.reason.clone().or_else(|| g.message.clone()).unwrap_or_default(),
                        };
                        let first = why.lines().next().unwrap_or_default().to_owned();
                        let author = g.author.as_deref().unwrap_or(&g.peer);
                        let author = match author.split_once(" <") {
                            Some((name, _)) if !wide => name.to_owned(),
                            _ => author.to_owned(),
                        };
                        vec![g.generation.to_string(), g.at.clone(), author, commit, outcome.into(), first]
                    })
                    .collect();
                let columns = [
                    ("GENERATION", 0),
                    ("APPLIED", 0),
                    ("AUTHOR", 0),
                    ("COMMIT", 0),
                    ("OUTCOME", 0),
                    ("WHY", 0),
                ];
                let text = table(ui, &columns, rows);
                ui.line(&text);
                if doc.more {
                    let hint = ui.paint("use --limit to list older ones", Style::new().dimmed());
                    ui.note(&hint);
                }
            }
        }
        Ok(Exit::Success)
    }
}
