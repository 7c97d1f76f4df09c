//! The demonstration's processes, and the play: two customers, a pool and two rigs that die on camera.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use schema::api::StatusDoc;

use super::{Contract, Report, heading};
use crate::args::{FileArg, OutputFormat};
use crate::client::Client;
use crate::commands::apply::Apply;
use crate::commands::{events, status};
use crate::daemon::{Process, answering};
use crate::error::Failure;
use crate::format::{counted, measured, rate};
use crate::ui::Ui;

/// What a simulated rig really does of its nominal hashrate.
const SCALE: &str = "1e-9";
/// Rigs that die on camera: they serve the first customer.
const VICTIMS: [&str; 2] = ["a-001", "a-002"];
/// Longest wait for any step.
const STEP_MAX: Duration = Duration::from_secs(60);

/// The processes, ended with this value: rigs first, then the daemon, then the pools.
pub(super) struct Stage {
    victims: Process,
    rigs: Process,
    daemon: Process,
    pools: Vec<(&'static str, Process)>,
    client: Client,
    pub(super) socket: PathBuf,
    farm: PathBuf,
}

impl Stage {
    pub(super) async fn set(folder: &Path, ui: &mut Ui) -> Result<Self, Failure> {
        let quiet = ui.wants_document();
        let say = |text: &str, ui: &mut Ui| if quiet { ui.note(text) } else { ui.line(text) };
        say(
            &format!(
                "A farm of 24 rigs, two customers and three pools, all simulated, in {}",
                folder.display()
            ),
            ui,
        );
        let mut pools = Vec::new();
        let mut ports = Vec::new();
        for name in ["aspen", "birch", "cedar"] {
            let port = free_port()?;
            let args = [
                "simulator",
                "pool",
                "--listen",
                &format!("127.0.0.1:{port}"),
                "--difficulty",
                "3e-5",
                "--job-interval",
                "5",
            ];
            let args: Vec<String> = args.iter().map(ToString::to_string).collect();
            pools.push((
                name,
                Process::start("a simulated pool", &args, &folder.join(format!("{name}.log")))?,
            ));
            ports.push((name, port));
        }
        let farm = folder.join("farm.yaml");
        std::fs::write(&farm, farm_text(&ports))?;
        std::fs::write(folder.join(".gitignore"), "*.log\n.stratumd/\n")?;
        repository::commit_all(folder, "A farm to show", "Demo", "demo@farm.example")
            .map_err(|error| Failure::failed(error.to_string()))?;
        let data = folder.join(".stratumd");
        let (socket, log) = (data.join("stratumd.sock"), folder.join("stratumd.log"));
        let args = ["--data", &data.display().to_string(), "--scale", SCALE].map(str::to_owned);
        let mut daemon = Process::start("stratumd", &args, &log)?;
        let client = answering(&mut daemon, &socket, &log).await?;

        if !quiet {
            ui.line("");
            heading("stratumctl apply", ui);
        }
        let format = std::mem::replace(&mut ui.format, OutputFormat::Table);
        let applied =
            if quiet { hand_in_silently(&client, &farm).await } else { hand_in(&client, &farm, ui).await };
        ui.format = format;
        applied?;

        let status = client.status().await?;
        let listener = status.listeners.first().filter(|listener| listener.why.is_none());
        let hub = listener.ok_or_else(|| Failure::failed("the hub does not listen"))?.address.clone();
        let rigs = |name: &str, only: &[String]| {
            let mut args =
                vec!["simulator".to_owned(), "rigs".into(), "--farm".into(), farm.display().to_string()];
            args.extend(["--hub".into(), hub.clone(), "--scale".into(), SCALE.into()]);
            args.extend(only.iter().flat_map(|rig| ["--only".to_owned(), rig.clone()]));
            Process::start("the simulated rigs", &args, &folder.join(name))
        };
        let doomed: Vec<String> = VICTIMS.iter().map(ToString::to_string).collect();
        let others: Vec<String> =
            (1..=24).map(|n| format!("a-{n:03}")).filter(|name| !doomed.contains(name)).collect();
        let victims = rigs("victims.log", &doomed)?;
        let rigs = rigs("rigs.log", &others)?;
        Ok(Self { victims, rigs, daemon, pools, client, socket, farm })
    }

    pub(super) async fn play(&mut self, ui: &mut Ui) -> Result<Report, Failure> {
        let quiet = ui.wants_document();
        let mut after = 0;
        // Everybody is there, and every rental has got some work.
        let status = self
            .until("24 rigs mining", ui, |status| {
                status.hub.sessions >= 24
                    && status.converged
                    && status.rentals.iter().all(|r| r.shares.taken >= 30)
            })
            .await?;
        self.show("24 rigs mine for two customers; surplus rigs mine for the house", &status, ui);
        after = self.news(after, true, ui).await?;

        if !quiet {
            ui.line("");
            heading("kill -9: the pool of alice, aspen", ui);
        }
        let killed = Instant::now();
        if let Some((_, pool)) = self.pools.iter_mut().find(|(name, _)| *name == "aspen") {
            pool.kill();
        }
        let before: u64 = status
            .pools
            .iter()
            .find(|p| p.customer == "alice" && p.pool == "birch")
            .map_or(0, |p| p.shares.accepted);
        if !quiet {
            ui.line("kill -9: two of alice's rigs, too");
        }
        self.victims.kill();
        self.until("alice's work at birch", ui, |status| {
            status
                .pools
                .iter()
                .any(|p| p.customer == "alice" && p.pool == "birch" && p.in_use && p.shares.accepted > before)
        })
        .await?;
        let failover_seconds = killed.elapsed().as_secs_f64();
        after = self.news(after, quiet, ui).await?;
        let status = self
            .until("spares in the dead rigs' places", ui, |status| {
                status.rentals.iter().all(|r| r.expected >= r.contracted.unwrap_or(0.0))
                    && status
                        .rigs
                        .iter()
                        .filter(|rig| VICTIMS.contains(&rig.name.as_str()))
                        .all(|rig| rig.address.is_none())
                    && status.converged
                    && !VICTIMS.iter().any(|victim| serves(status, victim, "alice"))
            })
            .await?;
        self.news(after, quiet, ui).await?;
        self.show(
            "alice mines at birch, spares took the dead rigs' places, every contract is covered again",
            &status,
            ui,
        );
        let moved =
            self.client.events(&[("kind", "rig-disconnected".into()), ("limit", "1000".into())]).await?;
        let lost = moved
            .events
            .iter()
            .filter(|e| !VICTIMS.iter().any(|victim| e.subject == format!("rig/{victim}")));
        let reconnects = lost.count() as u64;
        let rentals: Vec<Contract> = status
            .rentals
            .iter()
            .map(|r| Contract {
                rental: format!("{}/{}", r.customer, r.name),
                contracted: r.contracted.unwrap_or(0.0),
                covered: r.expected,
                delivered: r.delivered,
                delivered_low: r.delivered_low,
                delivered_high: r.delivered_high,
                kept: r.expected >= r.contracted.unwrap_or(0.0),
            })
            .collect();
        let pool_accepted = status.pools.iter().map(|pool| pool.shares.accepted).sum();
        if !quiet {
            ui.line("");
            let done = format!(
                "Failover in {failover_seconds:.1} s, {} accepted at the pools, {reconnects} reconnects of living rigs.",
                counted(pool_accepted, "share")
            );
            heading(&done, ui);
            for line in &rentals {
                ui.line(&format!(
                    "  {}: {} of {} covered",
                    line.rental,
                    rate(line.covered),
                    rate(line.contracted)
                ));
            }
        }
        let success = pool_accepted > 0 && reconnects == 0 && rentals.iter().all(|contract| contract.kept);
        Ok(Report {
            kind: "stratumctl.demo",
            format_version: "1.0",
            tool_version: env!("CARGO_PKG_VERSION"),
            success,
            pool_accepted,
            failover_seconds,
            reconnects,
            rentals,
        })
    }

    /// Waits until something is so; a process that ended meanwhile is named.
    async fn until(
        &mut self,
        what: &str,
        ui: &Ui,
        so: impl Fn(&StatusDoc) -> bool,
    ) -> Result<StatusDoc, Failure> {
        let end = Instant::now() + STEP_MAX;
        let board = ui.board();
        loop {
            let status = self.client.status().await?;
            board.draw(&live(&status, what));
            if so(&status) {
                return Ok(status);
            }
            for (name, process) in [("stratumd", &mut self.daemon), ("the simulated rigs", &mut self.rigs)] {
                if let Some(how) = process.ended() {
                    let logs = self.farm.parent().unwrap_or(Path::new(".")).display();
                    return Err(Failure::failed(format!("{name} ended ({how}); the logs are in {logs}")));
                }
            }
            if Instant::now() > end {
                return Err(Failure::failed(format!(
                    "gave up after {} s waiting for {what}",
                    STEP_MAX.as_secs()
                )));
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    fn show(&self, text: &str, doc: &StatusDoc, ui: &mut Ui) {
        if ui.wants_document() {
            return ui.note(text);
        }
        ui.line("");
        heading(text, ui);
        status::show(doc, Some(status::Part::Rentals), ui);
        status::show(doc, Some(status::Part::Pools), ui);
    }

    /// What has happened since: the events that tell the story.
    async fn news(&self, after: u64, silent: bool, ui: &mut Ui) -> Result<u64, Failure> {
        let doc = self.client.events(&[("after", after.to_string()), ("limit", "10000".into())]).await?;
        if !silent {
            for event in doc.events.iter().filter(|event| event.kind != "shares-refused") {
                events::show(event, ui);
            }
        }
        Ok(doc.next_after)
    }
}

/// What changes while the play waits, a line a rental.
fn live(status: &StatusDoc, awaited: &str) -> Vec<String> {
    let mut lines = vec![format!("waiting for {awaited}")];
    lines.extend(status.rentals.iter().map(|r| {
        format!(
            "  {:<11} covered {:>9} of {:>9}   delivered {:<24} {} rigs at {}",
            format!("{}/{}", r.customer, r.name),
            rate(r.expected),
            rate(r.contracted.unwrap_or(0.0)),
            measured(r.delivered, r.delivered_low, r.delivered_high),
            r.rigs,
            r.pool.as_deref().unwrap_or("no pool"),
        )
    }));
    lines
}

fn serves(status: &StatusDoc, rig: &str, customer: &str) -> bool {
    status.rigs.iter().any(|r| {
        r.name == rig && r.wanted.as_ref().or(r.serving.as_ref()).is_some_and(|to| to.starts_with(customer))
    })
}

fn apply_of(farm: &Path) -> Apply {
    Apply {
        file: FileArg { file: Some(farm.to_owned()) },
        yes: true,
        reason: Some("to show it".into()),
        allow_dirty: false,
        max_delete: None,
        expect_generation: None,
        no_wait: false,
        timeout: STEP_MAX,
        resume: None,
    }
}

async fn hand_in(client: &Client, farm: &Path, ui: &mut Ui) -> Result<(), Failure> {
    apply_of(farm).carry_out(client, ui).await.map(drop)
}

async fn hand_in_silently(client: &Client, farm: &Path) -> Result<(), Failure> {
    let mut nowhere = Ui::to(std::io::sink(), std::io::sink(), OutputFormat::Table);
    hand_in(client, farm, &mut nowhere).await
}

/// A port that is free now. Between here and the pool's start somebody might take it; then the pool says so.
fn free_port() -> Result<u16, Failure> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn farm_text(ports: &[(&str, u16)]) -> String {
    let with_port =
        |text: String, (name, port): &(&str, u16)| text.replace(&format!("{name}-port"), &port.to_string());
    ports.iter().fold(include_str!("farm.yaml").to_owned(), with_port)
}
