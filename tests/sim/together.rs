//! What dies together is replaced, whoever it worked for.

use std::time::Duration;

use rehearsal::outlook::{Question, ask};
use rehearsal::world::Fidelity;
use schema::farm::Farm;

/// Two racks of 30 rigs, of which ten serve alice and the others the house.
fn farm() -> Farm {
    let text = serde_json::json!({
        "apiVersion": "stratum.farm/v1", "kind": "Farm", "name": "t", "timezone": "UTC",
        "pools": { "a": { "urls": ["stratum+tcp://a.example:3333"] }, "b": { "urls": ["stratum+tcp://b.example:3333"] } },
        "sites": { "hall": {} },
        "models": { "m": { "algorithms": { "sha256d": { "hashrate": "100 TH/s", "power": "3000 W" } } } },
        "rigs": {
            "r-01..30": { "model": "m", "site": "hall", "rack": "left" },
            "t-01..30": { "model": "m", "site": "hall", "rack": "right" },
        },
        "house": { "pools": [{ "pool": "b", "user": "me" }] },
        "customers": { "alice": {
            "pools": [{ "pool": "a", "user": "alice.$rig" }, { "pool": "b", "user": "alice.$rig" }],
            "rentals": { "gold": { "hashrate": "1 PH/s" } },
        } },
    });
    serde_json::from_value(text).expect("a farm")
}

#[test]
fn a_rental_whose_rigs_all_die_at_once_gets_others_at_once() {
    for lost in ["rig/r-01..10", "rig/r-01..05", "rack/left", "rig/r-04..06"] {
        let question = Question {
            lose: vec![lost.parse().expect("a loss")],
            lose_for: Duration::from_secs(7200),
            failing: None,
            time: Duration::from_secs(3 * 3600),
            seed: 1,
            fidelity: Fidelity::Counts,
            from: None,
            columns: 10,
        };
        let outlook = ask(&farm(), &question, &mut |_, _| {});
        let gold = &outlook.rentals[0];
        // They are missed within a minute or two, of sixty.
        assert!(gold.hour_min > 0.95 && gold.hours_short <= 1, "{lost}: {gold:?}");
    }
}
