//! Waiting until a generation is so, with a live view.

use std::time::{Duration, Instant};

use schema::api::{PoolStatus, StatusDoc};

use crate::client::Client;
use crate::error::{Exit, Failure};
use crate::format::{age, count, counted};
use crate::ui::Ui;

/// The failure of a farm file that is followed but for what only a person can mend.
pub(crate) const NOT_ALL: &str = "not_all_of_it";
/// How often to look, at most: a daemon that takes long to answer is asked less often.
const EVERY: Duration = Duration::from_millis(250);

/// Waits until every connected rig is where `generation` wants it.
pub(crate) async fn until_so(
    client: &Client,
    generation: u64,
    timeout: Duration,
    ui: &mut Ui,
) -> Result<(), Failure> {
    let started = Instant::now();
    let mut progress = ui.progress(&format!("generation {generation}"));
    loop {
        let asked = Instant::now();
        // A daemon that restarts meanwhile goes on where it was.
        match client.status_brief().await {
            Ok(status) if status.generation > generation => {
                return Err(Failure::new(
                    Exit::Conflict,
                    "superseded",
                    format!(
                        "generation {generation} was superseded by {} before the farm converged",
                        status.generation
                    ),
                    Some("`stratumctl history` shows by whom"),
                ));
            }
            Ok(status) if status.generation == generation => {
                if status.converged {
                    progress.clear();
                    let status = client.status().await?;
                    report(&status, started, ui);
                    return all_of_it(&status);
                }
                let connected = status.hub.sessions;
                let there = connected.saturating_sub(status.pending_rigs);
                let words = format!("{} of {} rigs", count(there), count(connected));
                progress.at(Some((there, connected)), &words, ui);
            }
            Ok(_) => progress.at(None, "accepted; waiting for the daemon to act on it", ui),
            Err(failure) if failure.exit == Exit::Unreachable => {
                progress.at(None, "the daemon does not answer, trying again", ui);
            }
            Err(failure) => return Err(failure),
        }
        if started.elapsed() > timeout {
            progress.clear();
            return Err(too_late(generation, timeout, client.status().await.ok().as_ref()));
        }
        let rest = timeout.saturating_sub(started.elapsed()) + Duration::from_millis(1);
        tokio::time::sleep(EVERY.max(asked.elapsed() * 2).min(rest)).await;
    }
}

fn report(status: &StatusDoc, started: Instant, ui: &mut Ui) {
    let connected = status.rigs.iter().filter(|rig| rig.address.is_some()).count() as u64;
    let away = status.rigs.len() as u64 - connected;
    let rigs = match (connected, away) {
        (0, 0) => "it has no rigs".to_owned(),
        (0, away) => format!("none of its {} is connected yet", counted(away, "rig")),
        (there, 0) => format!("{} where they should be", counted(there, "rig")),
        (there, away) => {
            format!("{} where they should be, {} not connected", counted(there, "rig"), count(away))
        }
    };
    let after = age(started.elapsed().as_secs_f64());
    ui.note(&format!("generation {}: converged after {after}: {rigs}", status.generation));
}

/// What of the generation followed is not as the farm file says, and will not be before somebody acts: where miners
/// cannot connect, and pools whose password cannot be read, whether or not they are needed now.
pub(crate) fn all_of_it(status: &StatusDoc) -> Result<(), Failure> {
    let listeners = status.listeners.iter().filter_map(|listener| {
        let why = listener.why.as_deref()?;
        Some(format!("listener {} at {} is not listening: {why}", listener.name, listener.address))
    });
    let unread =
        status.pools.iter().filter(|pool| pool.reason.as_deref() == Some(PoolStatus::PASSWORD_UNREADABLE));
    let pools = unread.map(|pool| {
        format!("pool {} of {}: {}", pool.pool, pool.customer, pool.why.as_deref().unwrap_or_default())
    });
    let faults: Vec<String> = listeners.chain(pools).collect();
    if faults.is_empty() {
        return Ok(());
    }
    Err(Failure::new(
        Exit::NotConverged,
        NOT_ALL,
        format!(
            "generation {} has converged, but parts of it are not in force: {}",
            status.generation,
            faults.join("; ")
        ),
        Some(
            "a missing secret is read within half a minute once it is there; a listener is retried with the next farm file or restart",
        ),
    ))
}

fn too_late(generation: u64, timeout: Duration, status: Option<&StatusDoc>) -> Failure {
    let missing = match status {
        None => "the daemon does not answer".to_owned(),
        Some(status) if status.generation < generation => {
            format!("the daemon still runs generation {}", status.generation)
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
                .take(3)
                .collect();
            let because = if pools.is_empty() { String::new() } else { format!("; {}", pools.join(", ")) };
            let which = if waiting.is_empty() { String::new() } else { format!(": {}", waiting.join(", ")) };
            format!("{} still to move{which}{because}", counted(status.pending_rigs, "rig"))
        }
    };
    Failure::new(
        Exit::NotConverged,
        "not_converged",
        format!(
            "generation {generation} was accepted, but has not converged after {}: {missing}",
            age(timeout.as_secs_f64())
        ),
        Some("the daemon carries on; `stratumctl status` shows the progress"),
    )
}
