//! `export`: the farm that is followed, as one file that reads back the same.

use clap::Args;

use crate::args::{Common, OutputFormat};
use crate::client::Client;
use crate::error::{Exit, Failure};
use crate::ui::Ui;

/// Prints the farm file in force as one document, with includes merged and defaults filled in.
#[derive(Debug, Args)]
pub struct Export {
    /// Generation to print [default: the head]
    #[arg(value_name = "NUMBER")]
    number: Option<u64>,
}

impl Export {
    pub(crate) async fn run(self, common: &Common, ui: &mut Ui) -> Result<Exit, Failure> {
        let client = Client::of(common)?;
        let doc = match self.number {
            Some(number) => client.show(number).await?,
            None => client.head().await?.ok_or_else(|| {
                Failure::new(
                    Exit::Failed,
                    "not_found",
                    "no farm was applied yet",
                    Some("`stratumctl apply` applies one"),
                )
            })?,
        };
        let farm = ::schema::read(&doc.bundle).farm.ok_or_else(|| {
            Failure::new(Exit::Unreachable, "incompatible", "this release cannot read that farm", None)
        })?;
        if matches!(ui.format, OutputFormat::Json | OutputFormat::Jsonl) {
            ui.document(&farm);
        } else {
            ui.text(&::schema::write::yaml(&farm));
        }
        Ok(Exit::Success)
    }
}
