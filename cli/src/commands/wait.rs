//! Waiting until a generation is so, with a live view.

use std::time::{Duration, Instant};

use schema::api::StatusDoc;

use crate::client::Client;
use crate::error::{Exit, Failure};
use crate::format::{age, counted};
use crate::ui::Ui;

/// How often to look.
const EVERY: Duration = Duration::from_millis(250);

/// Waits until every connected rig is where `generation` wants it.
pub(crate) async fn until_so(
    client: &Client,
    generation: u64,
    timeout: Duration,
    ui: &mut Ui,
) -> Result<Exit, Failure> {
    let started = Instant::now();
    let spinner = ui.spinner(format!("generation {generation} accepted, the daemon takes it up"));
    let mut bar: Option<indicatif::ProgressBar> = None;
    let mut last: Option<StatusDoc>;
    loop {
        // A daemon that restarts meanwhile goes on where it was.
        match client.status().await {
            Ok(status) => {
                if status.generation > generation {
                    finish(&spinner, bar.as_ref());
                    return Err(Failure::new(
                        Exit::Conflict,
                        "superseded",
                        format!(
                            "generation {generation} was replaced by {} before it was reached",
                            status.generation
                        ),
                        Some("`stratumctl history` says by whom"),
                    ));
                }
                if status.generation == generation {
                    let connected = status.rigs.iter().filter(|rig| rig.address.is_some()).count() as u64;
                    let bar = bar.get_or_insert_with(|| {
                        spinner.finish_and_clear();
                        ui.bar(connected, format!("generation {generation}"))
                    });
                    bar.set_length(connected);
                    bar.set_position(connected.saturating_sub(status.pending_rigs));
                    if status.converged {
                        bar.finish_and_clear();
                        report(&status, started, ui);
                        return Ok(Exit::Success);
                    }
                }
                last = Some(status);
            }
            Err(failure) if failure.exit == Exit::Unreachable => last = None,
            Err(failure) => {
                finish(&spinner, bar.as_ref());
                return Err(failure);
            }
        }
        if started.elapsed() > timeout {
            finish(&spinner, bar.as_ref());
            return Err(too_late(generation, timeout, last.as_ref()));
        }
        tokio::time::sleep(EVERY).await;
    }
}

fn finish(spinner: &indicatif::ProgressBar, bar: Option<&indicatif::ProgressBar>) {
    spinner.finish_and_clear();
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
}

fn report(status: &StatusDoc, started: Instant, ui: &mut Ui) {
    let connected = status.rigs.iter().filter(|rig| rig.address.is_some()).count() as u64;
    let away = status.rigs.len() as u64 - connected;
    let mut text = format!(
        "generation {} is so after {}: {} where they should be",
        status.generation,
        age(started.elapsed().as_secs_f64()),
        counted(connected, "connected rig")
    );
    if away > 0 {
        text += &format!(", {} not connected", counted(away, "rig"));
    }
    ui.note(&text);
    for listener in status.listeners.iter().filter(|listener| listener.why.is_some()) {
        ui.note(&format!(
            "listener {} at {} does not listen: {}",
            listener.name,
            listener.address,
            listener.why.as_deref().unwrap_or_default()
        ));
    }
}

fn too_late(generation: u64, timeout: Duration, status: Option<&StatusDoc>) -> Failure {
    let missing = match status {
        None => "the daemon does not answer".to_owned(),
        Some(status) if status.generation < generation => {
            format!("the daemon still follows generation {}", status.generation)
        }
        Some(status) => {
            let waiting: Vec<String> = status
                .rigs
                .iter()
                .filter(|rig| rig.address.is_some() && rig.wanted.is_some())
                .take(3)
                .map(|rig| format!("{} (for {})", rig.name, rig.wanted.as_deref().unwrap_or_default()))
                .collect();
            let pools: Vec<String> = status
                .pools
                .iter()
                .filter_map(|pool| {
                    Some(format!("{} of {} {}", pool.pool, pool.customer, pool.why.as_deref()?))
                })
                .collect();
            let because = if pools.is_empty() { String::new() } else { format!("; {}", pools.join(", ")) };
            format!("{} wait: {}{because}", counted(status.pending_rigs, "rig"), waiting.join(", "))
        }
    };
    Failure::new(
        Exit::NotConverged,
        "not_converged",
        format!(
            "generation {generation} was accepted, but is not so after {}: {missing}",
            age(timeout.as_secs_f64())
        ),
        Some("the daemon goes on; `stratumctl status` shows how far it is"),
    )
}
