//! Journal, tally and settlements agree: every accepted share is in both books, and what settlement periods say
//! was credited is what was credited.

use super::Broken;
use crate::world::World;

pub(super) fn check(world: &mut World) -> Vec<Broken> {
    let mut broken = Vec::new();
    if let Some((journal, tallied)) = world.books()
        && journal != tallied
    {
        broken.push(format!("the journal has {journal} shares, the tally {tallied}"));
    }
    for (label, promise) in world.promises() {
        if promise.until <= promise.from {
            broken.push(format!("the promise to {label} makes no sense: {promise:?}"));
        }
    }
    for period in &world.record().settlements {
        if period.until <= period.from || !(0.0..=1.0).contains(&period.credit) {
            broken.push(format!("a settlement makes no sense: {period:?}"));
        }
    }
    broken
}
