//! `diff`: how two farm files, or generations, differ. File against file needs no daemon.

use std::path::Path;

use clap::Args;
use schema::Farm;
use schema::api::{BundleDoc, ChangeLine};
use schema::diff::{diff, group};
use serde::Serialize;

use super::ByExitCode;
use crate::args::{Common, FileArg, OutputFormat};
use crate::client::Client;
use crate::error::{Exit, Failure};
use crate::farm_file::FarmFile;
use crate::ui::Ui;

/// Shows the differences between two farm files or generations.
#[derive(Debug, Args)]
pub struct Diff {
    /// Old side: a file, or a generation such as @3 [default: the generation in force]
    #[arg(value_name = "OLD")]
    old: Option<String>,
    /// New side: a file, or a generation such as @4 [default: the farm file]
    #[arg(value_name = "NEW")]
    new: Option<String>,
    #[command(flatten)]
    file: FileArg,
    #[command(flatten)]
    tell: ByExitCode,
    /// Prints every line instead of a summary of long parts
    #[arg(long)]
    full: bool,
}

#[derive(Serialize)]
struct Document<'a> {
    kind: &'static str,
    format_version: &'static str,
    tool_version: &'static str,
    changes_present: bool,
    changes: &'a [ChangeLine],
}

impl Diff {
    pub(crate) async fn run(self, common: &Common, ui: &mut Ui) -> Result<Exit, Failure> {
        let here = self.file.file.as_deref();
        let (old, new) = match (self.old, self.new) {
            (Some(old), Some(new)) => (farm(common, &old, ui).await?, farm(common, &new, ui).await?),
            // One place alone is compared with what is followed: a file as the new one, a generation as the old.
            (Some(one), None) if one.starts_with('@') => (farm(common, &one, ui).await?, local(here, ui)?),
            (Some(one), None) => {
                let new = local(Some(Path::new(&one)), ui)?;
                (head(common).await?, new)
            }
            _ => {
                let new = local(here, ui)?;
                (head(common).await?, new)
            }
        };
        let changes: Vec<ChangeLine> = group(&diff(&old, &new)).into_iter().map(ChangeLine::from).collect();
        match ui.format {
            _ if ui.wants_document() => ui.document(&Document {
                kind: "stratumctl.diff",
                format_version: "1.0",
                tool_version: env!("CARGO_PKG_VERSION"),
                changes_present: !changes.is_empty(),
                changes: &changes,
            }),
            OutputFormat::Name => changes.iter().for_each(|change| ui.line(&change.path)),
            _ if changes.is_empty() => ui.line("No differences."),
            _ => super::plan::show_changes(&changes, self.full, ui),
        }
        Ok(self.tell.of(!changes.is_empty()))
    }
}

/// A file on this machine.
fn local(named: Option<&Path>, ui: &mut Ui) -> Result<Farm, Failure> {
    let file = FarmFile::sound(named, ui)?;
    file.reading.farm.ok_or_else(|| Failure::failed("a farm file without errors gave no farm"))
}

async fn head(common: &Common) -> Result<Farm, Failure> {
    match Client::of(common)?.head().await? {
        Some(doc) => understood(&doc.bundle),
        None => Err(Failure::new(
            Exit::Failed,
            "not_found",
            "no farm was applied yet, so there is nothing to compare with",
            Some("`stratumctl apply` applies one; two files are compared with `stratumctl diff OLD NEW`"),
        )),
    }
}

async fn farm(common: &Common, place: &str, ui: &mut Ui) -> Result<Farm, Failure> {
    let Some(number) = place.strip_prefix('@') else { return local(Some(Path::new(place)), ui) };
    let number = number.parse().map_err(|_| {
        Failure::usage(
            format!("`{place}` is not a generation"),
            "write it as @3; `stratumctl history` lists them",
        )
    })?;
    understood(&Client::of(common)?.show(number).await?.bundle)
}

fn understood(bundle: &BundleDoc) -> Result<Farm, Failure> {
    schema::read(bundle).farm.ok_or_else(|| {
        Failure::new(
            Exit::Unreachable,
            "incompatible",
            "the generation cannot be read by this release of stratumctl",
            Some("use the stratumctl that was installed with the daemon"),
        )
    })
}
