//! `up`: a daemon in the foreground with the farm file applied, like `docker compose up`.

use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::apply::Apply;
use super::{delete_limit, events, wait};
use crate::args::{Common, FileArg};
use crate::daemon::{Process, answering};
use crate::error::{Exit, Failure};
use crate::farm_file;
use crate::ui::Ui;

/// Runs a daemon in the foreground and applies the farm file; Ctrl-C ends both.
#[derive(Debug, Args)]
pub struct Up {
    #[command(flatten)]
    file: FileArg,
    /// Folder for the daemon's data [default: `.stratumd` next to the farm file]
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Folder that the farm file's secrets are read from [default: `secrets` in the data folder]
    #[arg(long, value_name = "FOLDER")]
    secrets: Option<PathBuf>,
    /// Fraction of the nominal hashrate that simulated rigs really do, such as 1e-9
    #[arg(long, value_name = "FACTOR")]
    scale: Option<String>,
    /// Accepts files with uncommitted changes
    #[arg(long)]
    allow_dirty: bool,
    /// Most objects of the previous generation that this may delete, as a count or a percentage of all
    #[arg(long, value_name = "LIMIT", value_parser = delete_limit)]
    max_delete: Option<String>,
}

impl Up {
    pub(crate) async fn run(self, common: &Common, ui: &mut Ui) -> Result<Exit, Failure> {
        if common.server.is_some() {
            ui.note("--server is for a daemon that is already running; `up` starts its own");
        }
        ui.stream();
        let file = farm_file::find(self.file.file.as_deref())?;
        let beside =
            file.parent().map(|folder| folder.join(".stratumd")).unwrap_or_else(|| ".stratumd".into());
        let data = self.data.unwrap_or(beside);
        // The daemon keeps its data to itself, and its log is there before it is.
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&data)?;
        // Git should not see the daemon's data, nor call the tree dirty for it.
        let mut ignore = std::fs::OpenOptions::new();
        ignore.create(true).write(true).truncate(true).mode(0o600);
        ignore.open(data.join(".gitignore"))?.write_all(b"*\n")?;
        let socket = data.join("stratumd.sock");
        let log = data.join("stratumd.log");
        let mut args = vec!["--data".to_owned(), data.display().to_string()];
        args.extend(self.scale.iter().flat_map(|scale| ["--scale".to_owned(), scale.clone()]));
        args.extend(
            self.secrets.iter().flat_map(|folder| ["--secrets".to_owned(), folder.display().to_string()]),
        );
        let mut process = Process::start("stratumd", &args, &log)?;
        let client = answering(&mut process, &socket, &log).await?;
        ui.note(&format!("stratumd is running; its log is {}", log.display()));
        let apply = Apply {
            file: FileArg { file: Some(file) },
            yes: true,
            reason: Some("stratumctl up".into()),
            allow_dirty: self.allow_dirty,
            max_delete: self.max_delete,
            expect_generation: None,
            no_wait: false,
            timeout: Duration::from_secs(60),
            resume: None,
        };
        match apply.carry_out(&client, ui).await {
            // What runs is worth more than nothing; the reasons stand there, and are mended while it runs.
            Err(failure) if failure.doc.error.code == wait::NOT_ALL => ui.note(&failure.doc.error.message),
            other => drop(other?),
        }
        ui.if_cut_off(None);
        let status = client.status().await?;
        for listener in status.listeners.iter().filter(|listener| listener.why.is_none()) {
            let scheme = if listener.tls { "stratum+ssl" } else { "stratum+tcp" };
            ui.note(&format!(
                "miners connect to {scheme}://{}, with the name of their rig as user and any password",
                listener.address
            ));
        }
        ui.note(&format!("watch it: stratumctl --server {} status --watch", socket.display()));
        ui.note("Ctrl-C ends it");
        let mut after = client.events(&[("limit", "1".into())]).await?.next_after;
        loop {
            match client.events(&[("after", after.to_string()), ("wait", "5".into())]).await {
                Ok(doc) => {
                    after = doc.next_after;
                    doc.events.iter().for_each(|event| events::show(event, ui));
                }
                Err(failure) => {
                    if let Some(status) = process.ended() {
                        let log = log.display();
                        return Err(Failure::failed(format!("stratumd ended ({status}); its log is {log}")));
                    }
                    ui.note(&failure.doc.error.message);
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }
}
