//! The hub without the daemon, for stories and benchmarks that give it its orders themselves.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use exchange::endpoint::Endpoint;
use exchange::failover::FailoverThresholds;
use exchange::orders::{Account, HOUSE, Orders, PoolEntry, RigOrder, Route, UserTemplate};
use hub::{Durability, Hub, ListenerSpec, Settings};
use simulator::pool::PoolHandle;
use tempfile::TempDir;

/// Somebody who mines at one pool: a customer's label is `name/main`.
#[derive(Debug, Clone)]
pub struct Customer {
    /// The customer, or `house`.
    pub name: &'static str,
    /// As a farm file writes it; several with blanks between them are pools in the order of preference, all of
    /// which are kept connected.
    pub url: String,
}

impl Customer {
    /// A customer who mines at a simulated pool.
    pub fn at(name: &'static str, pool: &PoolHandle) -> Customer {
        Customer { name, url: pool.url() }
    }
}

/// A hub that listens, with its journal in a folder of its own.
pub struct HubAlone {
    /// Its handle.
    pub hub: Hub,
    /// Where miners connect.
    pub address: SocketAddr,
    customers: Vec<Customer>,
    per_minute: f64,
    epoch: u64,
    _folder: TempDir,
}

impl HubAlone {
    /// Starts a hub for the house, which comes first, and customers; rigs should send so many shares a minute.
    pub async fn start(customers: Vec<Customer>, per_minute: f64) -> HubAlone {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let hub = Hub::start(Settings {
            journal: folder.path().join("journal"),
            next_share: 0,
            algorithm: stratum::work::Algorithm::Sha256d,
            durability: Durability::Kernel,
            connections_max: 100_000,
            connections_per_address_max: 100_000,
            files: hub::FileLimit::default(),
        })
        .expect("a hub starts");
        let bind = "127.0.0.1:0".parse().expect("an address");
        let spec = ListenerSpec { name: "asic".into(), bind, protocol: Default::default(), tls: None };
        let mut answers = hub.listen(vec![spec], Vec::new()).await.expect("the hub answers");
        let address = answers.remove(0).expect("a free port");
        HubAlone { hub, address, customers, per_minute, epoch: 0, _folder: folder }
    }

    /// Gives every rig (name, hashes per second, index of its customer) its orders, in a new epoch.
    pub fn order(&mut self, rigs: &[(&str, f64, usize)]) {
        self.epoch += 1;
        let accounts: Vec<Account> = self.customers.iter().map(account).collect();
        let empty = Orders::empty();
        let mut routes = empty.routes.clone();
        for (at, customer) in self.customers.iter().enumerate().skip(1) {
            let house = empty.routes[HOUSE].clone();
            routes.push(Route { label: label(customer.name).into(), account: at, ..house });
        }
        let rigs = rigs.iter().map(|(name, hashrate, customer)| {
            let route = if *customer == 0 { HOUSE } else { customer + 1 };
            (Arc::from(*name), RigOrder { hashrate: *hashrate, route, excused: false, parked: false })
        });
        let orders = Orders {
            generation: 1,
            epoch: self.epoch,
            accounts,
            routes,
            rigs: rigs.collect(),
            per_minute: self.per_minute,
            ..empty
        };
        self.hub.apply(Arc::new(orders)).expect("the hub runs");
    }
}

/// The account of a customer's rental.
fn label(customer: &str) -> String {
    format!("{customer}/main")
}

fn account(customer: &Customer) -> Account {
    let entry = |(at, url): (usize, &str)| PoolEntry {
        pool: if at == 0 {
            format!("{}-pool", customer.name)
        } else {
            format!("{}-pool-{at}", customer.name)
        }
        .into(),
        endpoints: vec![Endpoint::parse(url).expect("a pool's URL")],
        user: UserTemplate(format!("{}.$rig", customer.name).into()),
        password: "x".into(),
        own_connections: false,
        reconnect_to: Vec::new(),
    };
    let pools: Vec<_> = customer.url.split_whitespace().enumerate().map(entry).map(Arc::new).collect();
    Account {
        name: customer.name.into(),
        standby: pools.len() - 1,
        pools,
        thresholds: FailoverThresholds {
            fail_after: Duration::from_secs(20),
            return_after: Duration::from_secs(60),
        },
    }
}
