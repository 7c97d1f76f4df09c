//! No site is given more work than it may draw power for, and a rig without work does none.

use std::collections::BTreeMap;
use std::time::Duration;

use exchange::service::Service;
use exchange::time::Timestamp;
use farm::power_limit::{allowance, caps, draw};
use farm::schedule::ALGORITHM;

use super::Broken;
use crate::world::World;

/// The farm has this long to follow a limit that has just begun.
const FOLLOWS: Duration = Duration::from_secs(60);

pub(super) fn check(world: &World) -> Vec<Broken> {
    let desired = world.desired();
    let mut broken = Vec::new();
    let mut drawn: BTreeMap<&str, u64> = BTreeMap::new();
    let assignment = world.assignment();
    for rig in desired.inventory.rigs() {
        let Some(site) = &rig.site else { continue };
        let is_parked = assignment.is_parked(rig.name.as_str());
        if !is_parked && !rig.hashrate(ALGORITHM).is_zero() {
            // What nobody knows could be anything.
            let power = rig.power(ALGORITHM).map_or(u64::MAX, draw);
            let sum = drawn.entry(site.as_str()).or_default();
            *sum = sum.saturating_add(power);
        }
    }
    let before = Timestamp(world.now().0 - FOLLOWS.as_micros() as i64);
    let known = caps(&desired.farm, before);
    for cap in caps(&desired.farm, world.now()) {
        let holds = known.iter().any(|known| (&known.site, known.power_max) == (&cap.site, cap.power_max));
        let drawn = drawn.get(cap.site.as_str()).copied().unwrap_or(0);
        if holds && drawn > allowance(cap.power_max) {
            broken.push(format!("{} is held to {} and draws {} mW", cap.site, cap.power_max, drawn));
        }
    }
    let idle = world.idle();
    for (name, connected, service) in world.services() {
        let (is_parked, is_idle) = (assignment.is_parked(&name), idle.contains(&*name));
        if connected && (is_parked || is_idle) != (service == Service::OutOfService) {
            broken.push(format!("{name} is parked: {is_parked}, idle: {is_idle}, and {}", service.name()));
        }
    }
    broken.extend(world.hashing_without_work());
    broken
}
