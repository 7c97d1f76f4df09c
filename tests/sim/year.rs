//! What spares are worth: a hundred rented rigs that are there nine tenths of the time, and as many spares as
//! `capacity` asks for.

use std::time::Duration;

use farm::capacity::{Failing, capacity};
use rehearsal::fault::Fault;
use rehearsal::world::{Fidelity, Sketch, World};
use schema::Inventory;

const RENTED: usize = 100;
const FAILING: Failing =
    Failing { availability: 0.9, mttr: Duration::from_secs(4 * 3600), detection: Duration::from_secs(60) };

fn farm_with(spares: usize) -> Sketch {
    World::seeded(1)
        .rigs(RENTED + spares)
        .rental("north", &format!("{} TH/s", RENTED * 100))
        .policy(serde_json::json!({
            "sla": { "delivered_min": "99.99%", "catch_up_max": "10%", "reserve": "0.02%" }
        }))
        .fidelity(Fidelity::Counts)
}

/// A month of it; `SIM_DAYS=365` for the year.
#[test]
fn spares_as_told_keep_the_promise() {
    let file = farm_with(0).farm();
    let groups = capacity(&file, &Inventory::of(&file), FAILING, rehearsal::world::BEGIN);
    let spares = groups[0].needed.expect("spares can keep it") as usize;
    let mut world = farm_with(spares).begin();
    world.keep_brief();
    let rigs = world.rigs_that(|_| true);
    world.at(world.now(), Fault::Failures { rigs, mtbf: FAILING.mtbf(), mttr: FAILING.mttr });
    let days = super::setting("SIM_DAYS", 30u64);
    world.run_for(Duration::from_secs(86_400 * days));
    let record = world.record();
    let whole = record.delivery("north/north", record.zero, world.now());
    let (kept, all) = (record.settlements.iter().filter(|day| day.met).count(), record.settlements.len());
    let story =
        format!("{spares} spares: {:.4} % delivered, {kept} of {all} days kept", whole.part() * 100.0);
    super::say(&story);
    assert!(all as u64 + 1 >= days, "{story}");
    assert!(whole.part() >= 0.9999, "{story}");
    assert!(kept as f64 >= 0.99 * all as f64, "{story}");
}
