//! `demo`: a whole farm in half a minute. Simulated rigs and pools speak real stratum over real sockets and
//! do real double SHA-256; a pool and two rigs are killed on camera, and nobody loses a contract.

mod stage;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use owo_colors::Style;
use serde::Serialize;

use super::span;
use crate::error::{Exit, Failure};
use crate::ui::Ui;
use stage::Stage;

/// Demonstrates the whole system on a simulated farm: plan, apply, failover, spares.
#[derive(Debug, Args)]
pub struct Demo {
    /// Ends after this time, or as soon as everything was shown; without it, runs until Ctrl-C
    #[arg(long = "for", value_name = "DURATION", value_parser = span)]
    end: Option<Duration>,
    /// Folder for the demonstration's farm file and data [default: a temporary folder]
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

/// What was seen.
#[derive(Serialize)]
struct Report {
    kind: &'static str,
    format_version: &'static str,
    tool_version: &'static str,
    /// Everything that was to be seen was seen.
    success: bool,
    /// Shares that the simulated pools took.
    pool_accepted: u64,
    /// Seconds from the pool's death to work at the next pool.
    failover_seconds: f64,
    /// Connections of living rigs that were lost.
    reconnects: u64,
    rentals: Vec<Contract>,
}

#[derive(Serialize)]
struct Contract {
    rental: String,
    contracted: f64,
    covered: f64,
    delivered: f64,
    delivered_low: f64,
    delivered_high: f64,
    kept: bool,
}

impl Demo {
    pub(crate) async fn run(self, ui: &mut Ui) -> Result<Exit, Failure> {
        let started = Instant::now();
        let home = Home::of(self.folder)?;
        let folder = home.path.as_path();
        let mut stage = Stage::set(folder, ui).await?;
        let report = stage.play(ui).await?;
        let farm = folder.join("farm.yaml");
        if !ui.wants_document() {
            ui.line("");
            heading("Try it yourself, in another terminal", ui);
            let socket = stage.socket.display();
            for command in [
                format!("stratumctl -s {socket} status --watch"),
                format!("stratumctl -s {socket} events --follow"),
                format!("stratumctl -s {socket} failover pool bob --to cedar --reason 'trying it' --for 5m"),
                format!("stratumctl -s {socket} history"),
                format!("$EDITOR {}   # then: git commit -a, and", farm.display()),
                format!("stratumctl -s {socket} -f {} plan", farm.display()),
            ] {
                ui.line(&format!("  {command}"));
            }
        }
        match self.end {
            Some(end) => tokio::time::sleep(end.saturating_sub(started.elapsed())).await,
            None if ui.interactive && !ui.wants_document() => {
                ui.note("Ctrl-C ends the demonstration");
                std::future::pending::<()>().await;
            }
            None => {}
        }
        if ui.wants_document() {
            ui.document(&report);
        }
        if report.success {
            return Ok(Exit::Success);
        }
        ui.error("not everything that the demonstration should show was seen", None);
        Ok(Exit::Failed)
    }
}

/// Where the demonstration's farm is kept; a temporary one goes with this value.
struct Home {
    path: PathBuf,
    temporary: bool,
}

impl Home {
    fn of(asked: Option<PathBuf>) -> std::io::Result<Self> {
        let temporary = asked.is_none();
        let own = || std::env::temp_dir().join(format!("stratum-demo-{}", std::process::id()));
        let path = asked.unwrap_or_else(own);
        std::fs::create_dir_all(&path)?;
        Ok(Self { path, temporary })
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if self.temporary {
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

fn heading(text: &str, ui: &mut Ui) {
    let text = ui.paint(text, Style::new().bold().cyan());
    ui.line(&text);
}
