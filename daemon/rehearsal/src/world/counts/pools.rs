//! Pools without connections: how each of a customer's pools looks to the hub, and which has the work.

use std::collections::BTreeMap;
use std::sync::Arc;

use exchange::event::{Event, EventKind};
use exchange::failover::{Health, PoolFault, Standing, choose};
use exchange::orders::Orders;
use exchange::time::Timestamp;
use exchange::watch::Rule;

use super::Counts;
use crate::fault::FaultMode;
use crate::world::Stage;

fn health_event(now: Timestamp, account: &str, pool: &str, fault: Option<PoolFault>) -> Event {
    let (kind, words) = match fault {
        Some(fault) => (EventKind::PoolUnhealthy, fault.words()),
        None => (EventKind::PoolHealthy, "is healthy again"),
    };
    let event = Event::new(now, kind, format!("pool/{pool}"), format!("{pool} of {account} {words}"));
    let event = event.with("account", account);
    match fault {
        Some(fault) => event.with("reason", fault.name()),
        None => event,
    }
}

/// What becomes of a rental's shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Credited,
    Refused,
    Lost,
    /// No pool of the customer is well: its rigs mine for the house.
    House,
}

/// One customer's pools.
#[derive(Debug)]
struct Account {
    name: Arc<str>,
    healths: Vec<Standing>,
    current: Option<usize>,
}

/// All customers' pools.
#[derive(Debug, Default)]
pub(super) struct Pools {
    orders: Option<Orders>,
    accounts: Vec<Account>,
    /// By rental: the account, the pool that an operator wants, and what becomes of shares.
    rentals: Vec<(usize, Option<usize>, Fate)>,
    /// By pool: its fault_mode, the number of its last change.
    fault_modes: BTreeMap<Arc<str>, (FaultMode, u32)>,
    names: Vec<Arc<str>>,
}

impl Pools {
    /// A new farm file, or new overrides. Returns each rental's rule for rigs.
    pub(super) fn adopt(&mut self, stage: &Stage, now: Timestamp) -> Vec<Rule> {
        let orders = stage.orders(1);
        let mut before: BTreeMap<Arc<str>, Account> = std::mem::take(&mut self.accounts)
            .into_iter()
            .map(|account| (account.name.clone(), account))
            .collect();
        self.accounts = orders
            .accounts
            .iter()
            .map(|account| {
                before
                    .remove(&account.name)
                    .filter(|known| known.healths.len() == account.pools.len())
                    .unwrap_or_else(|| Account {
                        name: account.name.clone(),
                        healths: account
                            .pools
                            .iter()
                            .map(|entry| {
                                match self
                                    .fault_modes
                                    .get(&entry.pool)
                                    .and_then(|(fault_mode, _)| Counts::fault(*fault_mode))
                                {
                                    Some((fault, _)) => Standing::new(Health::Unhealthy(now, fault)),
                                    None => Standing::new(Health::Healthy(now)),
                                }
                            })
                            .collect(),
                        current: None,
                    })
            })
            .collect();
        let route = |label: &Arc<str>| orders.routes.iter().find(|route| route.label == *label);
        self.rentals = stage
            .terms
            .iter()
            .map(|terms| {
                route(&terms.label)
                    .map_or((0, None, Fate::House), |route| (route.account, route.pinned, Fate::House))
            })
            .collect();
        let rules =
            stage.terms.iter().map(|terms| route(&terms.label).map(|route| route.rule).unwrap_or_default());
        let rules = rules.collect();
        self.orders = Some(orders);
        rules
    }

    /// A pool's fault_mode is another one. Returns when that shows.
    pub(super) fn changed(
        &mut self,
        stage: &Stage,
        now: Timestamp,
        name: &str,
    ) -> Vec<(Timestamp, usize, u32)> {
        let fault_mode = stage.truth.fault_mode(name);
        let name: Arc<str> = name.into();
        let turn = self.fault_modes.get(&name).map_or(1, |(_, turn)| turn + 1);
        self.fault_modes.insert(name.clone(), (fault_mode, turn));
        let index = self.names.iter().position(|known| *known == name).unwrap_or_else(|| {
            self.names.push(name);
            self.names.len() - 1
        });
        let delay = Counts::fault(fault_mode).map_or(std::time::Duration::from_secs(1), |(_, delay)| delay);
        self.settle_fates();
        vec![(now + delay, index, turn)]
    }

    /// The hub sees how a pool is. True if that is news.
    pub(super) fn shows(&mut self, stage: &mut Stage, now: Timestamp, pool: usize, turn: u32) -> bool {
        let Some(name) = self.names.get(pool) else { return false };
        let Some((fault_mode, last)) = self.fault_modes.get(name).copied() else { return false };
        if last != turn {
            return false;
        }
        let fault = Counts::fault(fault_mode).map(|(fault, _)| fault);
        let Some(orders) = &self.orders else { return false };
        let mut news = false;
        for (account, entry) in self.accounts.iter_mut().zip(&orders.accounts) {
            // Beyond the one in use and its standby, no pool is connected to, and nobody sees how it is.
            let seen = account.current.map_or(usize::MAX, |current| current + 1);
            for (at, (health, pool)) in account.healths.iter_mut().zip(&entry.pools).enumerate() {
                if pool.pool == *name && health.health.note(now, fault) {
                    news = true;
                    if at <= seen {
                        stage.record.note(health_event(now, &account.name, name, fault));
                    }
                }
            }
        }
        news
    }

    /// Chooses every account's pool. Returns when to look again.
    pub(super) fn choose(&mut self, stage: &mut Stage, now: Timestamp) -> Option<Timestamp> {
        let orders = self.orders.as_ref()?;
        let mut again = None;
        let mut house_serves = false;
        for (at, (account, entry)) in self.accounts.iter_mut().zip(&orders.accounts).enumerate() {
            let before = account.current;
            let house = at == 0;
            let elsewhere = !house && house_serves;
            let choice =
                |standings: &mut [Standing]| choose(now, before, standings, entry.thresholds, elsewhere);
            account.current = choice(&mut account.healths);
            if account.healths.iter().any(|pool| pool.on_trial().is_some()) {
                // Rigs are not told apart here: the one that tries a pool finds out at once how it is.
                for (pool, used) in account.healths.iter_mut().zip(&entry.pools) {
                    let fault_mode = self.fault_modes.get(&used.pool).map(|(fault_mode, _)| *fault_mode);
                    let taken = !matches!(fault_mode, Some(FaultMode::Rejecting | FaultMode::Stale));
                    (0..3).for_each(|_| pool.on_verdict(now, taken));
                }
                account.current = choice(&mut account.healths);
            }
            if house {
                house_serves = account.current.is_some();
            }
            for pool in &account.healths {
                let at = match pool.health {
                    Health::Unhealthy(since, _) => since + entry.thresholds.fail_after,
                    Health::Healthy(_) => pool.due_at(entry.thresholds),
                };
                if at > now {
                    again = Some(again.map_or(at, |earlier: Timestamp| earlier.min(at)));
                }
            }
            if before != account.current && before.is_some() {
                let name = |at: Option<usize>| at.map_or("none", |at| &*entry.pools[at].pool).to_owned();
                let (from, to) = (name(before), name(account.current));
                let kind = match (before, account.current) {
                    (_, None) => EventKind::PoolsAllUnhealthy,
                    (Some(a), Some(b)) if b > a => EventKind::PoolFailover,
                    _ => EventKind::PoolReturned,
                };
                let words = format!("{} moved from {from} to {to}", account.name);
                let subject = format!("customer/{}", account.name);
                let event = Event::new(now, kind, subject, words);
                stage.record.note(event.with("from", from).with("to", to));
            }
        }
        self.settle_fates();
        for (n, terms) in stage.terms.iter().enumerate() {
            let pool = self.pool_of(n).map(|(_, pool)| pool);
            stage.record.note_pool(now, &terms.label, pool.as_ref());
        }
        again
    }

    /// The pool of a rental.
    fn pool_of(&self, rental: usize) -> Option<(usize, Arc<str>)> {
        let (account, pinned, _) = self.rentals.get(rental)?;
        let chosen = self.accounts.get(*account)?;
        let pinned = pinned.filter(|at| chosen.healths.get(*at).is_some_and(|pool| pool.health.is_healthy()));
        let at = pinned.or(chosen.current)?;
        Some((at, self.orders.as_ref()?.accounts[*account].pools.get(at)?.pool.clone()))
    }

    fn settle_fates(&mut self) {
        for rental in 0..self.rentals.len() {
            let fate = match self.pool_of(rental) {
                None => Fate::House,
                Some((_, pool)) => match self.fault_modes.get(&pool).map(|(fault_mode, _)| *fault_mode) {
                    Some(FaultMode::Down) => Fate::Lost,
                    Some(FaultMode::Rejecting | FaultMode::Stale) => Fate::Refused,
                    _ => Fate::Credited,
                },
            };
            self.rentals[rental].2 = fate;
        }
    }

    /// What becomes of a rental's shares now.
    pub(super) fn fate(&self, rental: usize) -> Fate {
        self.rentals.get(rental).map_or(Fate::House, |(_, _, fate)| *fate)
    }
}
