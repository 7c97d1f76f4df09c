//! How many open files a farm takes in its daemon: one for each miner and each connection to a pool.

use schema::Inventory;
use schema::farm::{Farm, Workers};
use serde::Serialize;

use crate::format::count;

/// Kept back by the daemon for its API, database, journal and secrets.
const OWN: u64 = 600;
/// Farms that need fewer get by with the limit that a shell or a service has without being told.
const USUAL: u64 = 1024;

/// What a farm needs.
#[derive(Debug, Serialize)]
pub(super) struct OpenFiles {
    /// So many at least, a `LimitNOFILE=` to be on the safe side of.
    needed: u64,
}

/// Of a farm that needs more than is usual.
pub(super) fn needed(farm: &Farm) -> Option<OpenFiles> {
    let rigs = Inventory::of(farm).len() as u64;
    let apart = farm.pools.values().any(|pool| pool.workers == Workers::OwnConnection);
    let pools = farm.pools.len() as u64 + if apart { rigs } else { 0 };
    let needed = rigs + pools + OWN;
    (needed > USUAL).then_some(OpenFiles { needed })
}

impl OpenFiles {
    /// For a person.
    pub(super) fn words(&self) -> String {
        format!(
            "Open files: its daemon needs {} or more. It raises its soft limit to the hard one; see that this is \
             enough (`ulimit -Hn`, or LimitNOFILE= of the service).\n",
            count(self.needed)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn farm(rigs: &str, workers: &str) -> Farm {
        let text = serde_json::json!({
            "apiVersion": "stratum.farm/v1", "kind": "Farm", "name": "t",
            "pools": {"p": {"urls": ["stratum+tcp://p.example:3333"], "workers": workers}},
            "house": {"pools": [{"pool": "p", "user": "u.$rig"}]},
            "models": {"m": {"algorithms": {"sha256d": {"hashrate": "100 TH/s", "power": "3000 W"}}}},
            "sites": {"hall": {}}, "rigs": {rigs: {"model": "m", "site": "hall"}},
        });
        serde_json::from_value(text).expect("a farm")
    }

    #[test]
    fn large_farms_and_pools_that_take_one_worker_each_need_more_than_is_usual() {
        let of = |rigs, workers| needed(&farm(rigs, workers)).map(|files| files.needed);
        assert_eq!(of("a-1..9", "shared-connection"), None);
        assert_eq!(of("a-001..400", "shared-connection"), None);
        assert_eq!(of("a-0001..1000", "shared-connection"), Some(1601));
        assert_eq!(of("a-001..400", "own-connection"), Some(1401));
    }
}
