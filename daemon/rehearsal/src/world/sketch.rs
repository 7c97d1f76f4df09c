//! A small farm in a line: for tests, and for trying things out.

use std::time::Duration;

use exchange::time::Timestamp;
use schema::farm::Farm;
use serde_json::{Value, json};

use super::{Fidelity, World};
use crate::fault::{Fault, Rigs};

/// A farm of equal rigs with a house pool, a first and a second pool, sketched before it begins.
#[derive(Debug, Clone)]
pub struct Sketch {
    seed: u64,
    fidelity: Fidelity,
    farm: Value,
}

/// When sketched farms begin: any fixed time will do.
pub const BEGIN: Timestamp = Timestamp(1_767_225_600_000_000);

impl World {
    /// A farm with this seed: `World::seeded(7).rigs(10).rental("north", "500 TH/s").begin()`.
    pub fn seeded(seed: u64) -> Sketch {
        Sketch {
            seed,
            fidelity: Fidelity::Shares,
            farm: json!({
                "apiVersion": "stratum.farm/v1", "kind": "Farm", "name": "sketch", "timezone": "UTC",
                "hubs": { "main": { "listeners": { "asic": { "bind": "127.0.0.1:3333" } } } },
                "pools": {
                    "home": { "urls": ["stratum+tcp://home.example:3333"] },
                    "first": { "urls": ["stratum+tcp://first.example:3333"] },
                    "second": { "urls": ["stratum+tcp://second.example:3333"] },
                },
                "models": { "even": { "algorithms": { "sha256d": { "hashrate": "100 TH/s", "power": "3000 W" } } } },
                "sites": { "hall": {} },
                "rigs": {},
                "house": { "pools": [{ "pool": "home", "user": "house.$rig" }] },
                "customers": {},
                "policies": {},
            }),
        }
    }
}

impl Sketch {
    /// So many rigs of 100 TH/s: `rig-1` and so on, ten to a rack.
    pub fn rigs(mut self, number: usize) -> Self {
        for first in (1..=number).step_by(10) {
            let last = (first + 9).min(number);
            let name = if first == last { format!("rig-{first}") } else { format!("rig-{first}..{last}") };
            // A range is written with the same number of digits on both sides.
            for name in split(&name, first, last) {
                self.farm["rigs"][name] =
                    json!({ "model": "even", "site": "hall", "rack": format!("r{}", first / 10 + 1) });
            }
        }
        self
    }

    /// A customer with one rental of the same name, at the first pool and then the second.
    pub fn rental(mut self, name: &str, hashrate: &str) -> Self {
        let user = format!("{name}.$rig");
        self.farm["customers"][name] = json!({
            "pools": [{ "pool": "first", "user": user }, { "pool": "second", "user": user }],
            "rentals": { name: { "hashrate": hashrate, "policy": "standard" } },
        });
        self
    }

    /// What is promised about every rental.
    pub fn policy(mut self, policy: Value) -> Self {
        self.farm["policies"]["standard"] = policy;
        self
    }

    /// Whatever else the farm file should say.
    #[cfg(test)]
    pub(crate) fn edit(&mut self, edit: impl FnOnce(&mut Value)) {
        edit(&mut self.farm);
    }

    /// How closely it is played.
    pub fn fidelity(mut self, fidelity: Fidelity) -> Self {
        self.fidelity = fidelity;
        self
    }

    /// The farm file.
    pub fn farm(&self) -> Farm {
        serde_json::from_value(self.farm.clone()).expect("a sketch is a farm")
    }

    /// The farm begins.
    pub fn begin(self) -> World {
        World::new(self.farm(), self.seed, self.fidelity, BEGIN)
    }
}

/// A range as ranges whose ends have the same number of digits.
fn split(whole: &str, first: usize, last: usize) -> Vec<String> {
    if first.to_string().len() == last.to_string().len() {
        return vec![whole.to_owned()];
    }
    let edge = 10usize.pow(last.to_string().len() as u32 - 1);
    let lower = if first == edge - 1 { format!("rig-{first}") } else { format!("rig-{first}..{}", edge - 1) };
    let upper = if edge == last { format!("rig-{edge}") } else { format!("rig-{edge}..{last}") };
    vec![lower, upper]
}

impl World {
    /// Where a rig of this name stands in the inventory.
    pub fn rig(&self, name: &str) -> Rigs {
        self.rigs_that(|rig| rig.name.as_str() == name)
    }

    /// A rig stays connected and finds nothing.
    pub fn silence(&mut self, name: &str) {
        let fault = Fault::Silence(self.rig(name));
        self.at(self.now(), fault);
    }

    /// Mean hashrate that a rental was credited with over the last whole minutes, hashes per second.
    pub fn received(&self, rental: &str, time: Duration) -> f64 {
        let from = Timestamp(self.now().0 - time.as_micros() as i64).max(self.record().zero);
        let label = format!("{rental}/{rental}");
        let delivery = self.record().delivery(&label, from, self.now());
        delivery.sum.credited() / self.now().since(from).as_secs_f64()
    }
}
