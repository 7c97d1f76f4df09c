//! Farm files for stories: said in a few words, written as YAML, the way a person would.

use std::fmt;

use simulator::pool::PoolHandle;
use simulator::rig::RigOptions;

/// What one rig of a [`FarmText`] really does, hashes per second: 100 TH/s at the scale of [`crate::Farm`].
pub const RIG_HASHRATE: f64 = 10_000.0;

/// A farm file in the making. Every rig does 100 TH/s on paper.
#[derive(Debug, Clone, Default)]
pub struct FarmText {
    pools: Vec<String>,
    rigs: Vec<String>,
    house: Vec<String>,
    customers: Vec<String>,
    listeners: Vec<String>,
    hub: Vec<String>,
    limit: Option<String>,
    title: String,
}

impl FarmText {
    /// A farm with these rigs, such as `a-1..4`.
    pub fn new(rigs: &str) -> FarmText {
        FarmText { title: "story".into(), ..FarmText::default() }.rigs(rigs)
    }

    /// More rigs.
    pub fn rigs(mut self, names: &str) -> Self {
        self.rigs.push(format!("  {names}: {{ model: antminer-s19-xp, hashrate: 100 TH/s }}"));
        self
    }

    /// A pool that somebody will use.
    pub fn pool(self, name: &str, pool: &PoolHandle) -> Self {
        self.pool_at(name, &pool.url(), "")
    }

    /// A pool by its URL, with more fields such as `, workers: own-connection`.
    pub fn pool_at(mut self, name: &str, url: &str, more: &str) -> Self {
        self.pools.push(format!("  {name}: {{ urls: ['{url}']{more} }}"));
        self
    }

    /// A pool of the house; several in this order.
    pub fn house(mut self, pool: &str) -> Self {
        self.house.push(format!("    - {{ pool: {pool}, user: house.$rig }}"));
        self
    }

    /// A customer with one rental `main` of so many TH/s, who mines at these pools in this order. Its pools
    /// are given up after 2 s and trusted again after 5 s.
    pub fn customer(mut self, name: &str, terahashes: u32, pools: &[&str]) -> Self {
        let pools: Vec<String> =
            pools.iter().map(|pool| format!("{{ pool: {pool}, user: {name}.$rig }}")).collect();
        self.customers.push(format!(
            "  {name}:\n    pools: [{}]\n    rentals: {{ main: {{ hashrate: {terahashes} TH/s, policy: quick }} }}",
            pools.join(", ")
        ));
        self
    }

    /// Another listener beside `asic`, with the fields behind `bind`.
    pub fn listener(mut self, name: &str, more: &str) -> Self {
        self.listeners.push(format!("      {name}: {{ bind: '127.0.0.1:3399'{more} }}"));
        self
    }

    /// A field of the hub, such as `unknown_rigs: reject`.
    pub fn hub(mut self, field: &str) -> Self {
        self.hub.push(format!("    {field}"));
        self
    }

    /// All rigs stand in one hall, and from now on that may draw no more than this. A rig draws 3010 W.
    pub fn limited(mut self, power_max: &str) -> Self {
        self.limit = Some(power_max.into());
        self
    }

    /// Another name, for two texts that are otherwise the same.
    pub fn titled(mut self, title: &str) -> Self {
        self.title = title.into();
        self
    }
}

impl fmt::Display for FarmText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = |list: &[String]| list.join("\n");
        writeln!(f, "apiVersion: stratum.farm/v1\nkind: Farm\nname: {}", self.title)?;
        writeln!(f, "pools:\n{}", lines(&self.pools))?;
        let site = if self.limit.is_some() { ", site: hall }" } else { " }" };
        writeln!(f, "rigs:\n{}", lines(&self.rigs).replace(" }", site))?;
        if let Some(power_max) = &self.limit {
            writeln!(f, "windows: {{ always: 'daily 00:00..24:00' }}")?;
            writeln!(f, "sites: {{ hall: {{ curtail: [{{ when: always, power_max: {power_max} }}] }} }}")?;
        }
        writeln!(f, "house:\n  pools:\n{}", lines(&self.house))?;
        writeln!(f, "hubs:\n  main:\n    vardiff: {{ shares_per_minute: 600 }}")?;
        writeln!(f, "    listeners:\n      asic: {{ bind: '127.0.0.1:3333' }}")?;
        for line in self.listeners.iter().chain(&self.hub) {
            writeln!(f, "{line}")?;
        }
        writeln!(f, "policies:\n  quick: {{ pools: {{ fail_after: 2s, return_after: 5s, standby: 1 }} }}")?;
        if !self.customers.is_empty() {
            writeln!(f, "customers:\n{}", lines(&self.customers))?;
        }
        Ok(())
    }
}

/// A simulated rig as a [`FarmText`] has it.
pub fn rig(name: &str) -> RigOptions {
    RigOptions::new(&format!("farm.{name}"), RIG_HASHRATE)
}
