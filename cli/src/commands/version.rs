//! `version`: this program and the daemon.

use clap::Args;
use schema::api::VersionDoc;
use serde::Serialize;

use crate::args::Common;
use crate::client::Client;
use crate::error::{Exit, Failure};
use crate::ui::Ui;

/// Shows the versions of stratumctl and of the daemon.
#[derive(Debug, Args)]
pub struct Version {
    /// Shows only the version of stratumctl, without contacting the daemon
    #[arg(long)]
    client: bool,
}

#[derive(Serialize)]
struct Document {
    kind: &'static str,
    format_version: &'static str,
    tool_version: &'static str,
    daemon: Option<VersionDoc>,
}

impl Version {
    pub(crate) async fn run(self, common: &Common, ui: &mut Ui) -> Result<Exit, Failure> {
        let tool_version = env!("CARGO_PKG_VERSION");
        let daemon = if self.client { None } else { Some(Client::of(common)?.version().await) };
        let daemon = match daemon {
            Some(Err(failure)) if failure.exit == Exit::Unreachable => {
                if !ui.wants_document() {
                    ui.line(&format!("stratumctl {tool_version}"));
                }
                return Err(failure);
            }
            Some(Err(failure)) => return Err(failure),
            Some(Ok(doc)) => Some(doc),
            None => None,
        };
        if ui.wants_document() {
            ui.document(&Document {
                kind: "stratumctl.version",
                format_version: "1.0",
                tool_version,
                daemon,
            });
            return Ok(Exit::Success);
        }
        ui.line(&format!("stratumctl {tool_version}"));
        if let Some(doc) = daemon {
            let server = doc.server;
            let farm = server.farm.map_or("no farm yet".to_owned(), |farm| format!("farm {farm}"));
            ui.line(&format!(
                "stratumd   {} ({farm}, generation {}, since {}, id {})",
                server.version, server.generation, server.started_at, server.id
            ));
        }
        Ok(Exit::Success)
    }
}
