//! `diff`: how two farm files, or generations, differ. File against file needs no daemon.

use std::path::Path;

use clap::Args;
use schema::Farm;
use schema::api::{BundleDoc, ChangeLine, ChangeVerb};
use schema::diff::{ChangeKind, diff, group};
use serde::Serialize;

use crate::args::{Common, OutputFormat};
use crate::client::Client;
use crate::error::{Exit, Failure};
use crate::farm_file::FarmFile;
use crate::ui::Ui;

/// Shows how two farm files, or generations, differ.
#[derive(Debug, Args)]
pub struct Diff {
    /// A file, or a generation such as @3; the one followed when left out
    #[arg(value_name = "OLD")]
    old: Option<String>,
    /// A file, or a generation such as @4; the farm file here when left out
    #[arg(value_name = "NEW")]
    new: Option<String>,
    /// Ends with 10 when there are differences
    #[arg(long)]
    detailed_exitcode: bool,
    /// Shows every line, however many
    #[arg(long)]
    full: bool,
}

#[derive(Serialize)]
struct Document<'a> {
    kind: &'static str,
    format_version: &'static str,
    changes_present: bool,
    changes: &'a [ChangeLine],
}

impl Diff {
    pub(crate) async fn run(self, common: &Common, ui: &mut Ui) -> Result<Exit, Failure> {
        let (old, new) = match (self.old, self.new) {
            (Some(old), Some(new)) => {
                (farm(common, Some(&old), ui).await?, farm(common, Some(&new), ui).await?)
            }
            // One place alone is compared with what is followed: a file as the new one, a generation as the old.
            (Some(one), None) if one.starts_with('@') => (farm(common, Some(&one), ui).await?, here(ui)?),
            (Some(one), None) => (head(common).await?, farm(common, Some(&one), ui).await?),
            _ => (head(common).await?, here(ui)?),
        };
        let changes: Vec<ChangeLine> = group(&diff(&old, &new))
            .into_iter()
            .map(|group| ChangeLine {
                count: group.count as u64,
                path: group.path,
                kind: match group.kind {
                    ChangeKind::Removed => ChangeVerb::Remove,
                    ChangeKind::Changed => ChangeVerb::Change,
                    ChangeKind::Added => ChangeVerb::Add,
                },
                old: group.old,
                new: group.new,
                names: group.names,
            })
            .collect();
        match ui.format {
            OutputFormat::Json | OutputFormat::Yaml => ui.document(&Document {
                kind: "stratumctl.diff",
                format_version: "1.0",
                changes_present: !changes.is_empty(),
                changes: &changes,
            }),
            OutputFormat::Name => changes.iter().for_each(|change| ui.line(&change.path)),
            _ if changes.is_empty() => ui.line("No differences."),
            _ => super::plan::show_changes(&changes, self.full, ui),
        }
        let tell = self.detailed_exitcode && !changes.is_empty();
        Ok(if tell { Exit::Changes } else { Exit::Success })
    }
}

fn here(ui: &mut Ui) -> Result<Farm, Failure> {
    sound(FarmFile::sound(None, ui)?)
}

fn sound(file: FarmFile) -> Result<Farm, Failure> {
    file.reading.farm.ok_or_else(|| Failure::failed("a farm file without errors gave no farm"))
}

async fn head(common: &Common) -> Result<Farm, Failure> {
    match Client::of(common)?.head().await? {
        Some(doc) => understood(&doc.bundle),
        None => Err(Failure::new(
            Exit::Failed,
            "not_found",
            "no farm was applied yet, so there is nothing to compare with",
            None,
        )),
    }
}

async fn farm(common: &Common, place: Option<&str>, ui: &mut Ui) -> Result<Farm, Failure> {
    match place {
        None => here(ui),
        Some(text) => match text.strip_prefix('@') {
            Some(number) => {
                let number = number
                    .parse()
                    .map_err(|_| Failure::usage(format!("`{text}` is no generation"), "write it as @3"))?;
                understood(&Client::of(common)?.show(number).await?.bundle)
            }
            None => sound(FarmFile::sound(Some(Path::new(text)), ui)?),
        },
    }
}

fn understood(bundle: &BundleDoc) -> Result<Farm, Failure> {
    schema::read(bundle).farm.ok_or_else(|| {
        Failure::new(
            Exit::Unreachable,
            "incompatible",
            "the generation cannot be read by this release of stratumctl",
            Some("use the release that lies beside the daemon"),
        )
    })
}
