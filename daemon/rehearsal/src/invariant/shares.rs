//! No share is lost without a reason, and none is paid twice: what rigs found was accepted, rejected, cut off with
//! its connection, or is on its way; no pool saw one twice, or one that it had to refuse.

use super::Broken;
use crate::world::World;

pub(super) fn check(world: &World) -> Vec<Broken> {
    let Some((fates, verdicts)) = world.fates() else { return Vec::new() };
    let mut broken = Vec::new();
    let known = fates.accepted + fates.rejected + fates.cut_off + fates.on_the_way;
    if fates.found != known {
        broken.push(format!("of {} shares found {known} are accounted for: {fates:?}", fates.found));
    }
    if verdicts.duplicates > 0 {
        broken.push(format!("pools were sent {} shares twice", verdicts.duplicates));
    }
    if verdicts.faulty > 0 {
        broken.push(format!("pools without a fault had to refuse {} shares", verdicts.faulty));
    }
    broken
}
