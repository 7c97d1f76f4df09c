//! `show`: one generation, with where it came from and its files.

use clap::Args;

use crate::args::{Common, OutputFormat};
use crate::client::Client;
use crate::error::{Exit, Failure};
use crate::ui::Ui;

/// Shows one generation of the farm file: its origin and its text.
#[derive(Debug, Args)]
pub struct Show {
    /// Number of the generation, such as 3
    #[arg(value_name = "NUMBER")]
    number: u64,
}

impl Show {
    pub(crate) async fn run(self, common: &Common, ui: &mut Ui) -> Result<Exit, Failure> {
        let doc = Client::of(common)?.show(self.number).await?;
        if ui.wants_document() {
            ui.document(&doc);
            return Ok(Exit::Success);
        }
        if ui.format == OutputFormat::Name {
            doc.bundle.files.iter().for_each(|file| ui.line(&file.path));
            return Ok(Exit::Success);
        }
        let g = &doc.generation;
        let mut fact = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                ui.line(&format!("# {name:<11} {value}"));
            }
        };
        fact("generation", Some(format!("{} (after {})", g.generation, g.parent)));
        fact("applied", Some(g.at.clone()));
        fact("author", g.author.clone());
        fact(
            "commit",
            g.commit.as_ref().map(|c| format!("{c}{}", if g.dirty { ", changed since" } else { "" })),
        );
        fact("branch", g.branch.clone());
        fact("remote", g.remote.clone());
        fact("reason", g.reason.clone());
        fact("back to", g.rolled_back_to.map(|to| to.to_string()));
        fact("sent by", Some(g.peer.clone()));
        fact("digest", Some(g.digest.clone()));
        for file in &doc.bundle.files {
            ui.line("");
            ui.line(&format!("# ---- {}", file.path));
            ui.text(&file.text);
        }
        Ok(Exit::Success)
    }
}
