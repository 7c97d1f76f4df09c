//! A rig serves at most one rental, one that runs and that it may serve; a customer's own rigs serve nobody else.

use std::collections::BTreeMap;

use exchange::label::HOUSE;
use exchange::label::PARKED;
use schema::inventory::Owner;

use super::Broken;
use crate::world::World;

pub(super) fn check(world: &World) -> Vec<Broken> {
    let desired = world.desired();
    let mut rentals = BTreeMap::new();
    for (customer, name, rental) in desired.farm.rentals() {
        rentals.insert(format!("{customer}/{name}"), (customer.to_string(), rental));
    }
    let assignment = world.assignment();
    let mut broken = Vec::new();
    for rig in desired.inventory.rigs() {
        let Some(label) = assignment.labels.get(rig.name.as_str()) else { continue };
        if **label == *HOUSE || **label == *PARKED {
            continue;
        }
        let Some((customer, rental)) = rentals.get(&**label) else {
            broken.push(format!("{} serves {label}, which is no rental", rig.name));
            continue;
        };
        if !farm::label::is_running(&desired.farm, rental, world.now()) && world.now().0 % 60_000_000 != 0 {
            broken.push(format!("{} serves {label}, which does not run", rig.name));
        }
        if let Owner::Customer(owner) = &rig.owner
            && owner.as_str() != customer
        {
            broken.push(format!("{} is {owner}'s own and serves {label}", rig.name));
        }
        if let Some(from) = &rental.serve_from
            && !world.is_overridden()
            && (!from.tags.iter().all(|tag| rig.tags.contains(tag))
                || (!from.sites.is_empty()
                    && !rig.site.as_ref().is_some_and(|site| from.sites.contains(site)))
                || (!from.racks.is_empty()
                    && !rig.rack.as_ref().is_some_and(|rack| from.racks.contains(rack))))
        {
            broken.push(format!("{} may not serve {label}, and does", rig.name));
        }
    }
    broken
}
