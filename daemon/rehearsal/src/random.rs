//! Farms and faults drawn from a seed, for the long search for a promise that breaks.

use std::time::Duration;

use exchange::time::Timestamp;
use farm::power_limit::caps;
use schema::api::OverrideAction;
use schema::farm::Farm;
use serde_json::{Map, Value, json};

use crate::fault::{Fault, FaultMode, Rigs};
use crate::rng::Rng;
use crate::world::{BEGIN, Fidelity, World};

/// A farm of up to `rigs_max` rigs of several sizes in racks and sites, with customers whose promises the rigs can
/// keep when all is well.
pub fn farm(seed: u64, rigs_max: u64) -> Farm {
    let mut rng = Rng::seeded(seed);
    let rigs_len = rng.between(3, rigs_max.max(3));
    let racks = rng.between(1, 4.min(rigs_len));
    let mut rigs = Map::new();
    let mut hash = 0.0;
    for n in 1..=rigs_len {
        let (model, rate) = [("small", 50.0), ("even", 100.0), ("large", 200.0)][rng.below(3) as usize];
        hash += rate;
        let rack = rng.between(1, racks);
        let site = if rack.is_multiple_of(2) { "hall-b" } else { "hall-a" };
        rigs.insert(format!("r-{n}"), json!({ "model": model, "site": site, "rack": format!("k{rack}") }));
    }
    let mut customers = Map::new();
    // What is rented in all leaves the largest rig free.
    let mut left = (hash - 200.0) * rng.uniform().mul_add(0.5, 0.3);
    for n in 0..rng.between(1, 4) {
        let rate = (left * rng.uniform()).floor();
        if rate < 40.0 {
            break;
        }
        left -= rate;
        let first = ["first", "second", "third"][rng.below(3) as usize];
        let mut pools = vec![json!({ "pool": first, "user": format!("c{n}.$rig") })];
        if rng.chance(0.7) {
            let second = if first == "second" { "third" } else { "second" };
            pools.push(json!({ "pool": second, "user": format!("c{n}") }));
        }
        let policy = ["plain", "sure", "standard"][rng.below(3) as usize];
        let rental =
            json!({ "hashrate": format!("{rate} TH/s"), "priority": rng.below(3), "policy": policy });
        customers.insert(format!("c{n}"), json!({ "pools": pools, "rentals": { "one": rental } }));
    }
    let pool = |name: &str| json!({ "urls": [format!("stratum+tcp://{name}.example:3333")] });
    let model = |rate: u32| json!({ "algorithms": { "sha256d": { "hashrate": format!("{rate} TH/s"), "power": "3000 W" } } });
    let per_minute = [6, 12, 20][rng.below(3) as usize];
    let (windows, hall_a, hall_b) = limits(seed, rigs_len);
    let whole: Value = json!({
        "apiVersion": "stratum.farm/v1", "kind": "Farm", "name": "drawn", "timezone": "UTC",
        "hubs": { "main": {
            "listeners": { "asic": { "bind": "127.0.0.1:3333" } },
            "vardiff": { "shares_per_minute": per_minute },
        } },
        "pools": { "home": pool("home"), "first": pool("first"), "second": pool("second"), "third": pool("third") },
        "models": { "small": model(50), "even": model(100), "large": model(200) },
        "windows": windows,
        "sites": { "hall-a": hall_a, "hall-b": hall_b },
        "rigs": rigs,
        "house": { "pools": [{ "pool": "home", "user": "h" }] },
        "customers": customers,
        "policies": {
            "sure": { "sla": { "delivered_min": "99.9%", "catch_up_max": "10%", "reserve": "0.1%" } },
            "plain": { "detect": { "kind": "window", "period": "10m", "degraded_below": "50%", "offline_after": "3m" } },
        },
    });
    serde_json::from_value(whole).expect("a drawn farm is a farm")
}

/// Some farms may draw less at one site, or at both, for some hours of the day. Drawn apart, so that the rest of
/// a farm does not depend on it.
fn limits(seed: u64, rigs: u64) -> (Value, Value, Value) {
    let mut rng = Rng::seeded(seed ^ 0xca9_u64.rotate_left(40));
    let mut sites = [json!({}), json!({})];
    let mut windows = Map::new();
    if rng.chance(0.3) {
        let (from, hours) = (rng.below(24), rng.between(1, 6));
        let days = ["daily", "mon..fri"][rng.below(2) as usize];
        let window = format!("{days} {from:02}:30..{:02}:15", (from + hours) % 24);
        windows.insert("peak".into(), window.into());
        for site in &mut sites {
            if rng.chance(0.7) {
                let watts = rng.below(rigs * 3000);
                *site = json!({ "curtail": [{ "when": "peak", "power_max": format!("{watts} W") }] });
            }
        }
    }
    let [hall_a, hall_b] = sites;
    (windows.into(), hall_a, hall_b)
}

/// Whether some site had to draw less within this time: a rig that is parked proves nothing.
fn was_held(world: &World, time: Duration) -> bool {
    const STEP: i64 = 1_800_000_000;
    let (now, steps) = (world.now().0, time.as_micros() as i64 / STEP);
    (0..=steps).any(|step| !caps(&world.desired().farm, Timestamp(now - step * STEP)).is_empty())
}

/// Faults over a time, each ended or repaired before it is over.
fn faults(seed: u64, world: &World, time: Duration) -> Vec<(Timestamp, Fault)> {
    let mut rng = Rng::seeded(seed ^ 0xfau64.rotate_left(40));
    let begin = world.now();
    let every = Duration::from_secs(rng.between(2, 40) * 3600);
    let mut out = Vec::new();
    let all = world.rigs_that(|_| true);
    if rng.chance(0.7) {
        let mtbf = Duration::from_secs(rng.between(20, 400) * 3600);
        let mttr = Duration::from_secs(rng.between(1, 12) * 1800);
        out.push((begin, Fault::Failures { rigs: all.clone(), mtbf, mttr }));
    }
    let mut at = begin + rng.wait(every);
    while at < begin + time {
        let mean = Duration::from_secs(rng.between(1, 240) * 60);
        let lasts = rng.wait(mean);
        let end = (at + lasts).min(begin + time);
        let some: Rigs = match rng.below(3) {
            0 => {
                let one = rng.below(all.len() as u64) as usize;
                [one].into()
            }
            1 => {
                let rack = format!("k{}", rng.between(1, 4));
                world.rigs_that(|rig| rig.rack.as_ref().is_some_and(|known| known.as_str() == rack))
            }
            _ => world.rigs_that(|rig| rig.site.as_ref().is_some_and(|site| site.as_str() == "hall-b")),
        };
        let pool = || ["home", "first", "second", "third"];
        let (begins, ends) = match rng.below(8) {
            0 | 1 => (Fault::PowerOff(some.clone()), Some(Fault::PowerOn(some))),
            2 => (Fault::Silence(some.clone()), Some(Fault::Repair(some))),
            3 => (Fault::NetworkCut(some.clone()), Some(Fault::NetworkBack(some))),
            4 => {
                let to = rng.uniform() * 0.8;
                (Fault::Decline { rigs: some.clone(), to, within: lasts / 2 }, Some(Fault::Repair(some)))
            }
            5 | 6 => {
                let pool = pool()[rng.below(4) as usize];
                let fault_mode = [
                    FaultMode::Down,
                    FaultMode::Rejecting,
                    FaultMode::Slow(Duration::from_secs(20)),
                    FaultMode::Stale,
                ][rng.below(4) as usize];
                (Fault::Pool(pool.into(), fault_mode), Some(Fault::Pool(pool.into(), FaultMode::None)))
            }
            _ if rng.chance(0.5) => (Fault::HubRestart, None),
            _ => {
                let rig = world.name_of(some.first().copied().unwrap_or(0));
                (Fault::Override(OverrideAction::OutOfService { rig }, Some(end.since(at))), None)
            }
        };
        out.push((at, begins));
        out.extend(ends.map(|fault| (end, fault)));
        at = at + rng.wait(every);
    }
    out.push((
        begin + time,
        Fault::Failures { rigs: all.clone(), mtbf: Duration::MAX, mttr: Duration::from_secs(60) },
    ));
    out.push((begin + time, Fault::Repair(all.clone())));
    out.push((begin + time, Fault::PowerOn(all.clone())));
    out.push((begin + time, Fault::NetworkBack(all)));
    out
}

/// What a search found out about one seed.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The seed.
    pub seed: u64,
    /// Rigs of the farm that it draws.
    pub rigs: usize,
    /// Promises that were broken, each once.
    pub broken: Vec<String>,
    /// Shares found.
    pub shares: u64,
    /// Rig-minutes played.
    pub rig_minutes: f64,
}

/// A farm and its faults over a time, drawn and not begun: to look at a seed closely.
pub fn drawn(seed: u64, fidelity: Fidelity, rigs_max: u64, time: Duration) -> World {
    let mut world = World::new(farm(seed, rigs_max), seed, fidelity, BEGIN);
    for (at, fault) in faults(seed, &world, time) {
        world.at(at, fault);
    }
    world
}

/// Draws a farm and its faults, plays them for a time, then lets everything come to rest; every promise is looked
/// at again and again.
pub fn search(seed: u64, fidelity: Fidelity, rigs_max: u64, time: Duration) -> Finding {
    /// Eight hours of proving oneself, at worst, and two to be believed.
    const REST: Duration = Duration::from_secs(10 * 3600);
    let mut world = drawn(seed, fidelity, rigs_max, time);
    world.keep_brief();
    let end = world.now() + time;
    let mut broken = Vec::new();
    while world.now() < end && broken.is_empty() {
        world.run_until((world.now() + Duration::from_secs(1740)).min(end));
        broken = world.audit();
    }
    if broken.is_empty() {
        world.run_for(REST);
        while was_held(&world, REST) {
            world.run_for(Duration::from_secs(1800));
        }
        broken = world.audit_at_rest();
    }
    broken.truncate(8);
    let rigs = world.desired().inventory.len();
    Finding {
        seed,
        rigs,
        broken,
        shares: world.record().shares,
        rig_minutes: rigs as f64 * (time + REST).as_secs_f64() / 60.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_drawn_farms_keep_their_promises() {
        let day = Duration::from_secs(86_400);
        let mut broken = Vec::new();
        for seed in 1..=12 {
            broken.push(search(seed, Fidelity::Counts, 30, day * 4));
        }
        for seed in 1..=4 {
            broken.push(search(seed, Fidelity::Shares, 8, day / 2));
        }
        broken.retain(|finding| !finding.broken.is_empty());
        assert!(broken.is_empty(), "{broken:#?}");
    }
}
