//! Once nothing goes wrong, wish and fact meet: every rig is back, and every rental that there is hash for has it.

use farm::rig::Service;
use farm::schedule::ALGORITHM;

use super::Broken;
use crate::world::World;

/// Rentals may be served a little less while more than was owed is given back.
const RELAXED: f64 = 0.94;

pub(super) fn check(world: &World) -> Vec<Broken> {
    let mut broken = Vec::new();
    for (name, connected, service) in world.services() {
        if !connected || !matches!(service, Service::Online | Service::Suspect) {
            broken.push(format!("{name} is well and still {} (connected: {connected})", service.name()));
        }
    }
    let desired = world.desired();
    let running = |rental| farm::schedule::is_running(&desired.farm, rental, world.now());
    for (customer, name, rental) in desired.farm.rentals().filter(|(_, _, rental)| running(rental)) {
        let label = format!("{customer}/{name}");
        let Some(promised) = rental.hashrate.filter(|_| rental.algorithm() == ALGORITHM) else { continue };
        let covered = world.covered(&label) / promised.hashes_per_second();
        if covered < RELAXED {
            broken.push(format!("{label} is covered to {:.1} % with everything at rest", covered * 100.0));
        }
    }
    broken
}
