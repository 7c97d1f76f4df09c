//! What the exchange must know of the farm: who the rigs are, for whom each works, and which pools that
//! means. Made from an accepted farm file and an assignment; replaced as a whole, never edited.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;

use crate::endpoint::Endpoint;
use crate::failover::FailoverThresholds;
use crate::label::PARKED;
use crate::watch::Rule;

/// Index into [`Orders::routes`] of the house's own route.
pub const HOUSE: usize = 0;
/// Index into [`Orders::routes`] of rigs that nobody knows: they mine for the house, shown apart.
pub const QUARANTINE: usize = 1;

/// A worker's name at a pool, where `$rig` stands for the rig's name and `$$` for a dollar sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserTemplate(pub Arc<str>);

impl UserTemplate {
    /// Whether every rig has a worker of its own.
    pub fn is_per_rig(&self) -> bool {
        self.expand("a") != self.expand("b")
    }

    /// The worker's name for `rig`.
    pub fn expand(&self, rig: &str) -> String {
        let mut out = String::with_capacity(self.0.len() + rig.len());
        let mut rest = &*self.0;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            let tail = &rest[at + 1..];
            rest = if let Some(after) = tail.strip_prefix("rig") {
                out.push_str(rig);
                after
            } else if let Some(after) = tail.strip_prefix('$') {
                out.push('$');
                after
            } else {
                out.push('$');
                tail
            };
        }
        out.push_str(rest);
        out
    }
}

/// One pool in an account's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolEntry {
    /// Its name in the farm file.
    pub pool: Arc<str>,
    /// Its endpoints, in the order in which they are tried.
    pub endpoints: Vec<Endpoint>,
    /// The worker to mine as.
    pub user: UserTemplate,
    /// Its password, already read from where it is kept.
    pub password: Arc<str>,
    /// Every worker gets a connection of its own, whether or not the pool takes several on one.
    pub own_connections: bool,
    /// Other hosts that the pool may send us to; `*.` in front stands for any one label or more.
    pub reconnect_to: Vec<String>,
}

/// Somebody whose pools are mined at: a customer, or the house.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The customer's name, or `house`.
    pub name: Arc<str>,
    /// In the order of preference.
    pub pools: Vec<Arc<PoolEntry>>,
    /// How long a pool may be ill, and must be well.
    pub thresholds: FailoverThresholds,
    /// How many of the next pools are kept connected.
    pub standby: usize,
}

/// Where a rig's work can go.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// As in the accounts: `customer/rental`, `house` or `quarantine`.
    pub label: Arc<str>,
    /// Index into [`Orders::accounts`].
    pub account: usize,
    /// An operator's action for one of the account's pools, by index.
    pub pinned: Option<usize>,
    /// When a rig that works here counts as failing.
    pub rule: Rule,
}

/// One rig's orders.
#[derive(Debug, Clone, PartialEq)]
pub struct RigOrder {
    /// What it should do, hashes per second, at the farm's scale.
    pub hashrate: f64,
    /// Index into [`Orders::routes`].
    pub route: usize,
    /// It is part of something larger that failed: it is not blamed.
    pub excused: bool,
    /// Its site must draw less: it gets no work at all.
    pub parked: bool,
}

/// How a rig is known, other than by the worker name it sends.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Identities {
    /// By the whole user name.
    pub by_worker: HashMap<String, Arc<str>>,
    /// By the password.
    pub by_password: HashMap<String, Arc<str>>,
    /// By the address it connects from.
    pub by_address: HashMap<IpAddr, Arc<str>>,
    /// All of these rigs: they are not known by their names.
    pub rigs: HashSet<Arc<str>>,
}

impl Identities {
    /// This rig is known by the worker it sends.
    pub fn worker(&mut self, worker: &str, rig: Arc<str>) {
        self.rigs.insert(rig.clone());
        self.by_worker.insert(worker.to_owned(), rig);
    }

    /// This rig is known by the password it sends.
    pub fn password(&mut self, password: &str, rig: Arc<str>) {
        self.rigs.insert(rig.clone());
        self.by_password.insert(password.to_owned(), rig);
    }

    /// This rig is known by the address it connects from.
    pub fn address(&mut self, address: IpAddr, rig: Arc<str>) {
        self.rigs.insert(rig.clone());
        self.by_address.insert(address, rig);
    }
}

/// What to do with a miner whose name is in no farm file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unknown {
    /// Mine for the house, shown apart.
    #[default]
    Quarantine,
    /// Mine for the house.
    House,
    /// Refuse.
    Reject,
}

/// Everything, at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Orders {
    /// The farm file's.
    pub generation: u64,
    /// The assignment's; an older one is never followed.
    pub epoch: u64,
    /// Customers and the house.
    pub accounts: Vec<Account>,
    /// The first two are [`HOUSE`] and [`QUARANTINE`].
    pub routes: Vec<Route>,
    /// By name.
    pub rigs: HashMap<Arc<str>, RigOrder>,
    /// Other ways to know a rig.
    pub identities: Identities,
    /// Miners that are in no farm file.
    pub unknown: Unknown,
    /// Shares a minute that each rig should send.
    pub per_minute: f64,
}

/// What is different of some rigs, all else being the same.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OrdersChange {
    /// Of the assignment that it leads to; one that is no younger than what is followed is not followed.
    pub epoch: u64,
    /// For whom each of these rigs works from now on, and whether it is part of something larger that failed.
    pub rigs: Vec<(Arc<str>, Arc<str>, bool)>,
}

impl Orders {
    /// Makes these orders those that a change leads to. Rigs and labels that are unknown here are left alone.
    pub fn follow(&mut self, change: &OrdersChange) {
        self.epoch = change.epoch;
        let routes: HashMap<&Arc<str>, usize> =
            self.routes.iter().enumerate().map(|(at, route)| (&route.label, at)).collect();
        for (rig, label, excused) in &change.rigs {
            let Some(order) = self.rigs.get_mut(rig) else { continue };
            order.excused = *excused;
            order.parked = **label == *PARKED;
            order.route = routes.get(label).copied().unwrap_or(HOUSE);
        }
    }

    /// Whether a rig gets no work at all.
    pub fn is_parked(&self, rig: &str) -> bool {
        self.rigs.get(rig).is_some_and(|order| order.parked)
    }

    /// Nobody and nothing: what a hub follows before the first farm file.
    pub fn empty() -> Self {
        let house = Account {
            name: "house".into(),
            pools: Vec::new(),
            thresholds: FailoverThresholds::default(),
            standby: 0,
        };
        let route =
            |label: &str| Route { label: label.into(), account: 0, pinned: None, rule: Rule::default() };
        Self {
            generation: 0,
            epoch: 0,
            accounts: vec![house],
            routes: vec![route("house"), route("quarantine")],
            rigs: HashMap::new(),
            identities: Identities::default(),
            unknown: Unknown::Quarantine,
            per_minute: 20.0,
        }
    }

    /// Which rig a miner is: by address, password or whole worker name where the farm file says so, else by
    /// its worker name alone or behind the first dot.
    pub fn identify(&self, user: &str, password: &str, address: IpAddr) -> Option<Arc<str>> {
        let ids = &self.identities;
        let other = ids
            .by_address
            .get(&address)
            .or_else(|| ids.by_worker.get(user))
            .or_else(|| ids.by_password.get(password));
        if let Some(rig) = other {
            return self.rigs.contains_key(rig).then(|| rig.clone());
        }
        let known = |name: &str| self.rigs.get_key_value(name).map(|(name, _)| name.clone());
        let rig = known(user).or_else(|| known(user.split_once('.')?.1))?;
        // A rig that is known by something else is not known by its name.
        (!ids.rigs.contains(&rig)).then_some(rig)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        let read = |url| Endpoint::parse(url).map(|e| (e.host.to_string(), e.port, e.tls));
        assert_eq!(read("stratum+tcp://eu.example:3333"), Ok(("eu.example".into(), 3333, false)));
        assert_eq!(read("stratum+ssl://[::1]:1/"), Ok(("::1".into(), 1, true)));
        for bad in
            ["eu.example:3333", "http://x:1", "stratum+tcp://x", "stratum+tcp://x:0", "stratum+tcp://:1"]
        {
            assert!(read(bad).is_err(), "{bad}");
        }
        assert_eq!(Endpoint::parse("ssl://[::1]:1").unwrap().to_string(), "stratum+ssl://[::1]:1");
    }

    #[test]
    fn templates() {
        let expand = |template: &str| UserTemplate(template.into()).expand("a-001");
        assert_eq!(expand("alice.$rig"), "alice.a-001");
        assert_eq!(expand("$$x$rig$"), "$xa-001$");
        assert!(UserTemplate("a.$rig".into()).is_per_rig());
        assert!(!UserTemplate("a.$$rig".into()).is_per_rig());
    }

    #[test]
    fn rigs_are_known_by_name_or_by_what_the_file_says() {
        let mut orders = Orders::empty();
        for name in ["a-001", "b-010", "b.x"] {
            orders
                .rigs
                .insert(name.into(), RigOrder { hashrate: 1.0, route: HOUSE, excused: false, parked: false });
        }
        let here: IpAddr = "10.10.2.10".parse().unwrap();
        let there: IpAddr = "10.10.2.11".parse().unwrap();
        orders.identities.address(here, "b-010".into());
        let known = |user, address| orders.identify(user, "x", address).map(|rig| rig.to_string());
        assert_eq!(known("a-001", there), Some("a-001".into()));
        assert_eq!(known("any.a-001", there), Some("a-001".into()));
        assert_eq!(known("acct.b.x", there), Some("b.x".into()));
        assert_eq!(known("whatever", here), Some("b-010".into()));
        assert_eq!(known("b-010", there), None);
        assert_eq!(known("nobody", there), None);
    }
}
