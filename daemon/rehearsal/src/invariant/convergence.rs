//! Once nothing goes wrong, desired and actual state agree: every rig is back, and every rental that there is hash for has it.

use std::time::Duration;

use exchange::service::Service;
use exchange::time::Timestamp;
use farm::power_limit::caps;
use farm::schedule::ALGORITHM;

use super::Broken;
use crate::world::World;

/// Rentals may be served a little less while more than was owed is given back.
const RELAXED: f64 = 0.94;
/// Rigs that had no work are back at it after this.
const RETURN: Duration = Duration::from_secs(600);

pub(super) fn check(world: &World) -> Vec<Broken> {
    let mut broken = Vec::new();
    for (name, connected, service) in world.services() {
        if connected && world.assignment().is_parked(&name) {
            continue;
        }
        if !connected || !matches!(service, Service::Online | Service::Suspect) {
            broken
                .push(format!("{name} works again and is still {} (connected: {connected})", service.name()));
        }
    }
    let desired = world.desired();
    let running = |rental| farm::label::is_running(&desired.farm, rental, world.now());
    // Where a site may not draw what it needs, or could not until now, nobody knows what is left for whom.
    let lately = Timestamp(world.now().0 - RETURN.as_micros() as i64);
    if [lately, world.now()].into_iter().any(|at| !caps(&desired.farm, at).is_empty()) {
        return broken;
    }
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
