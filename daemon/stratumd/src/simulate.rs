//! `stratumd simulator`: rigs and pools to rehearse a farm with before its hardware is there.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use farm::schedule::ALGORITHM;
use schema::Inventory;
use schema::inventory::Identity;
use simulator::pool::{Pool, PoolOptions};
use simulator::rig::{Fleet, FleetOptions, RigOptions};

use crate::settings::{SimulatedPool, SimulatedRigs, Simulator};
use crate::shutdown::Ends;

/// How often a line says how it goes.
const EVERY: Duration = Duration::from_secs(10);
/// Longest wait for answers on the way when the rigs end.
const ANSWERS_MAX: Duration = Duration::from_secs(5);

/// Simulates until asked to end, or its time is up.
pub(crate) async fn run(what: Simulator, ends: &mut Ends) -> Result<(), String> {
    match what {
        Simulator::Rigs(rigs) => run_rigs(rigs, ends).await,
        Simulator::Pool(pool) => run_pool(pool, ends).await,
    }
}

async fn run_rigs(what: SimulatedRigs, ends: &mut Ends) -> Result<(), String> {
    let hub = address(&what.hub).await?;
    let rigs = rigs_of(&what.farm, &what.only, what.scale)?;
    let count = rigs.len();
    let total: f64 = rigs.iter().map(|rig| rig.hashrate).sum();
    let fleet = Fleet::start(FleetOptions::new(hub, rigs)).map_err(|error| error.to_string())?;
    tracing::info!(rigs = count, %hub, scale = what.scale, hashes_per_second = total, "simulated rigs started");
    until_the_end(what.seconds, ends, || {
        let total = fleet.total();
        tracing::info!(
            ready = fleet.ready(),
            submitted = total.submitted,
            accepted = total.accepted,
            rejected = total.rejected.values().sum::<u64>(),
            reconnects = total.connections.saturating_sub(count as u64),
            "rigs"
        );
    })
    .await?;
    fleet.stop(ANSWERS_MAX).await;
    Ok(())
}

/// The rigs of a farm file that mine what this release serves, at `scale`.
fn rigs_of(file: &Path, only: &[String], scale: f64) -> Result<Vec<RigOptions>, String> {
    let collected = repository::read_farm(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let reading = schema::read_collected(&collected);
    let errors = reading.problems.iter().filter(|problem| problem.is_error()).count();
    let farm = reading
        .farm
        .ok_or_else(|| format!("{} has {errors} errors; `stratumctl validate` shows them", file.display()))?;
    let inventory = Inventory::of(&farm);
    for name in only {
        if !inventory.rigs().iter().any(|rig| rig.name.as_str() == name) {
            return Err(format!("{} has no rig `{name}`", file.display()));
        }
    }
    let mut out = Vec::new();
    for rig in inventory.rigs() {
        let name = rig.name.as_str();
        let nominal = rig.hashrate(ALGORITHM);
        if nominal.is_zero() || (!only.is_empty() && !only.iter().any(|wanted| wanted == name)) {
            continue;
        }
        let user = match &rig.identify {
            Identity::Worker(worker) => worker.to_string(),
            _ => format!("simulated.{name}"),
        };
        let mut options = RigOptions::new(&user, nominal.hashes_per_second() * scale);
        if let Identity::Password(password) = &rig.identify {
            options.password = password.to_string();
        }
        if let Identity::Address(address) = &rig.identify {
            tracing::warn!(rig = name, %address, "is identified by its address, but its simulation connects from this host: the daemon will not recognise it");
        }
        options.seed = out.len() as u64 + 1;
        out.push(options);
    }
    Ok(out)
}

async fn run_pool(what: SimulatedPool, ends: &mut Ends) -> Result<(), String> {
    let pool = Pool::start(PoolOptions {
        listen: what.listen,
        difficulty: what.difficulty,
        job_interval: Duration::from_secs_f64(what.job_interval.max(0.1)),
        extranonce_1_size: what.extranonce1,
        extranonce_2_size: what.extranonce2,
        ..PoolOptions::default()
    })
    .await
    .map_err(|error| format!("{}: {error}", what.listen))?;
    tracing::info!(url = %pool.url(), difficulty = what.difficulty, "simulated pool started");
    until_the_end(what.seconds, ends, || {
        let counts = pool.counts();
        tracing::info!(
            connections = counts.connections,
            accepted = counts.accepted(),
            rejected = counts.rejected(),
            "pool"
        );
    })
    .await?;
    pool.stop().await;
    Ok(())
}

/// Says how it goes now and then, until [`ending`] is done.
async fn until_the_end(seconds: Option<f64>, ends: &mut Ends, say: impl Fn()) -> Result<(), String> {
    let mut tick = tokio::time::interval(EVERY);
    tick.tick().await;
    let end = ending(seconds, ends);
    tokio::pin!(end);
    loop {
        tokio::select! {
            why = &mut end => {
                tracing::info!(why = why?, "ending");
                return Ok(());
            }
            _ = tick.tick() => say(),
        }
    }
}

/// Done when the process is asked to end, or its time is up.
async fn ending(seconds: Option<f64>, ends: &mut Ends) -> Result<&'static str, String> {
    let time = async {
        match seconds {
            Some(seconds) => tokio::time::sleep(Duration::from_secs_f64(seconds.max(0.0))).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        why = ends.asked() => Ok(why),
        () = time => Ok("its time is up"),
    }
}

async fn address(text: &str) -> Result<SocketAddr, String> {
    tokio::net::lookup_host(text)
        .await
        .map_err(|error| format!("{text}: {error}"))?
        .next()
        .ok_or_else(|| format!("{text}: no address"))
}
