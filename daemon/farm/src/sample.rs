//! A small farm for tests, and what a hub says of one of its pools.

use exchange::failover::Health;
use exchange::snapshot::PoolFacts;
use schema::farm::Farm;

/// A pool of alice that is in use.
pub(crate) fn pool_facts(pool: &str, health: Health) -> PoolFacts {
    PoolFacts {
        account: "alice".into(),
        pool: pool.into(),
        url: String::new(),
        health,
        words: "".into(),
        message: None,
        retry_at: None,
        unproven: None,
        trust: Default::default(),
        in_use: true,
        wanted: true,
        connections: 1,
        rigs: 0,
        difficulty: 1.0,
        last_job: None,
        pending: 0,
        passage: Default::default(),
        latency_ms: 0.0,
    }
}

/// Reads a farm file that must be right.
pub(crate) fn farm(text: &str) -> Farm {
    let value: serde_json::Value = serde_json::from_str(text).expect("tests write JSON, which is YAML");
    serde_json::from_value(value).expect("a farm")
}

pub(crate) const SMALL: &str = r#"{
    "apiVersion": "stratum.farm/v1", "kind": "Farm", "name": "t", "timezone": "UTC",
    "pools": {"p": {"urls": ["stratum+tcp://p.example:3333"]}, "q": {"urls": ["stratum+tcp://q.example:3333"]}},
    "models": {"m": {"algorithms": {"sha256d": {"hashrate": "100 TH/s", "power": "3000 W"}}},
               "s": {"algorithms": {"sha256d": {"hashrate": "30 TH/s", "power": "900 W"}}}},
    "sites": {"hall": {}},
    "rigs": {"a-1..6": {"model": "m", "site": "hall", "rack": "r1"}, "b-1..4": {"model": "m", "site": "hall", "rack": "r2"},
             "s-1": {"model": "s", "site": "hall"}, "x-1": {"model": "m", "site": "hall", "owner": "bob"}},
    "house": {"pools": [{"pool": "p", "user": "h"}]},
    "customers": {
        "alice": {"pools": [{"pool": "q", "user": "a.$rig"}, {"pool": "p", "user": "a.$rig"}],
                  "rentals": {"gold": {"hashrate": "320 TH/s", "priority": 5, "serve_from": {"spread": "rack"}},
                              "later": {"hashrate": "100 TH/s", "from": "2030-01-01"}}},
        "bob": {"pools": [{"pool": "p", "user": "b"}], "rentals": {"own": {"dedicated": ["x-1"]}, "more": {"hashrate": "500 TH/s"}}}
    }
}"#;
