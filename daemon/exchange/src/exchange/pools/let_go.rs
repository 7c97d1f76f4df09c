//! Miners that have nowhere to work: neither a pool of their account nor one of the house takes any. After some
//! minutes they are let go, so that the backup pools in their own settings get them. A rig without work is blamed for
//! nothing, and one that knows no other pool is let go ever more rarely.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use super::super::{Exchange, Output};
use crate::event::{Event, EventKind};
use crate::failover::Health;
use crate::id::SessionId;
use crate::orders::HOUSE;
use crate::session::{Identity, Session};
use crate::time::Timestamp;

/// Why a miner's connection is closed then.
pub(in super::super) const LET_GO: &str = "no pool takes its work";
/// Pools may all be gone this long before miners are let go.
const PATIENCE: Duration = Duration::from_secs(180);
/// They are let go over about so many seconds,
const SPREAD: usize = 30;
/// and at least so many a second.
const PACE_MIN: usize = 10;
/// Where an account has had no pool for this long, what its rigs do or leave undone says nothing about them. No silence
/// is told so soon.
const IDLE: Duration = Duration::from_secs(2);
/// One that comes back is kept this long before it is let go again, doubled each time,
const KEPT_MIN: Duration = Duration::from_secs(2);
/// up to this.
const KEPT_MAX: Duration = Duration::from_secs(120);
/// Addresses of strangers whose returns are counted; more are kept for the shortest time.
const COUNTED_MAX: usize = 100_000;

/// Who comes back: a rig, or whoever it is from there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) enum Guest {
    /// Of the farm file.
    Rig(Arc<str>),
    /// In no farm file.
    Address(IpAddr),
}

/// An account whose miners have nowhere to work.
#[derive(Debug)]
pub(in super::super) struct Stranded {
    since: Timestamp,
    /// So many are let go a second, once that was told.
    pace: Option<usize>,
    /// So many were.
    count: u64,
}

impl Exchange {
    /// Lets miners go that have had nowhere to work for some minutes, and those that come back meanwhile. To be
    /// called once a second.
    pub(in super::super) fn let_go(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        let orders = self.orders.clone();
        let house = &orders.accounts[orders.routes[HOUSE].account];
        let serves = |name: &Arc<str>| matches!(self.choices.get(name), Some(Some(_)));
        let house_serves = serves(&house.name);
        let gone: Vec<&Arc<str>> = orders
            .accounts
            .iter()
            .map(|account| &account.name)
            .filter(|name| !house_serves && !serves(name))
            .collect();
        let back: Vec<Arc<str>> = self.stranded.keys().filter(|name| !gone.contains(name)).cloned().collect();
        for name in back {
            let Some(stranded) = self.stranded.remove(&name) else { continue };
            if stranded.pace.is_some() {
                out.push(Output::Event(taken_back(now, &name, &stranded)));
            }
        }
        for name in &gone {
            let fresh = || Stranded { since: now, pace: None, count: 0 };
            self.stranded.entry((*name).clone()).or_insert_with(fresh);
        }
        self.excuse_idle(now);
        let overdue =
            |name: &Arc<str>| self.stranded.get(name).is_some_and(|it| now.since(it.since) >= PATIENCE);
        if !gone.iter().any(|name| overdue(name)) {
            self.let_go.clear();
            return;
        }
        let mut idle: BTreeMap<&Arc<str>, Vec<SessionId>> = BTreeMap::new();
        let kept = |session: &Session| match self.let_go.get(&Guest::of(session)) {
            None | Some(0) => Duration::ZERO,
            Some(times) => (KEPT_MIN * (1 << (times - 1).min(16))).min(KEPT_MAX),
        };
        for (id, session) in self.sessions.iter().filter(|(_, s)| s.is_open() && !s.parked) {
            if now.since(session.since) < kept(session) {
                continue;
            }
            let account = orders.routes.get(session.route).map(|route| &orders.accounts[route.account].name);
            if let Some(account) = account.filter(|name| overdue(name)) {
                idle.entry(account).or_default().push(*id);
            }
        }
        let mut going = Vec::new();
        for (name, sessions) in idle {
            let why = self.why_all_are_ill(name);
            let Some(stranded) = self.stranded.get_mut(name) else { continue };
            let pace = *stranded.pace.get_or_insert_with(|| {
                let count = sessions.len();
                let is_house = house.name == *name;
                out.push(Output::Event(event_of(now, name, is_house, stranded.since, count, &why)));
                (count / SPREAD).max(PACE_MIN)
            });
            for id in sessions.into_iter().take(pace) {
                stranded.count += 1;
                out.push(Output::CloseMiner(id, LET_GO));
                if let Some(session) = self.sessions.get_mut(&id) {
                    // It is on its way out: nothing more is handed to it.
                    session.dismiss(now);
                    let guest = Guest::of(session);
                    if self.let_go.len() < COUNTED_MAX || self.let_go.contains_key(&guest) {
                        *self.let_go.entry(guest).or_default() += 1;
                    }
                }
                going.push(id);
            }
        }
        going.into_iter().for_each(|id| self.arm(id));
    }

    /// Rigs whose account has had no pool for a while are not judged; they are again once it has.
    fn excuse_idle(&mut self, now: Timestamp) {
        if self.stranded.is_empty() && self.idle.is_empty() {
            return;
        }
        let orders = &self.orders;
        let is_idle = |name: &Arc<str>| self.stranded.get(name).is_some_and(|it| now.since(it.since) >= IDLE);
        let accounts: Vec<bool> = orders.accounts.iter().map(|account| is_idle(&account.name)).collect();
        let without_work = orders.rigs.iter().filter(|(_, order)| {
            orders.routes.get(order.route).is_some_and(|route| accounts[route.account]) && !order.parked
        });
        let idle: BTreeSet<Arc<str>> = without_work.map(|(rig, _)| rig.clone()).collect();
        for rig in self.idle.difference(&idle) {
            let parked = orders.is_parked(rig);
            if let Some(watch) = self.watches.get_mut(rig).filter(|_| !parked) {
                watch.resume(now, self.by_rig.contains_key(rig));
            }
        }
        for rig in &idle {
            if let Some(watch) = self.watches.get_mut(rig) {
                watch.set_aside(now);
            }
        }
        self.idle = idle;
    }

    /// Rigs of the farm file, connected or not, of which nothing is expected because no pool takes their work, or
    /// because they were asked to connect again and are on their way.
    pub fn idle(&self) -> impl Iterator<Item = &Arc<str>> {
        let asked = self.reshapes.iter().filter(|asked| {
            asked.is_awaited(self.tidied)
                && self.orders.rigs.contains_key(&asked.rig)
                && !self.idle.contains(&asked.rig)
        });
        self.idle.iter().chain(asked.map(|asked| &asked.rig))
    }

    /// Nothing is expected of a rig: its site must draw less, or no pool takes its work.
    pub(in super::super) fn is_without_work(&self, rig: &Arc<str>) -> bool {
        self.orders.is_parked(rig) || self.idle.contains(rig)
    }

    fn why_all_are_ill(&self, account: &Arc<str>) -> String {
        let ill = self.groups.iter().filter(|((name, _), _)| name == account);
        let words = ill.filter_map(|((_, pool), group)| match group.standing.health {
            Health::Unhealthy(_, fault) => Some(format!("{pool} {}", fault.words())),
            Health::Healthy(_) => None,
        });
        let words: Vec<String> = words.take(4).collect();
        if words.is_empty() { "it has no pool that could be used".into() } else { words.join(", ") }
    }
}

impl Guest {
    fn of(session: &Session) -> Self {
        match &session.identity {
            Identity::Rig(rig) => Self::Rig(rig.clone()),
            Identity::Clone(_) | Identity::Stranger | Identity::Unknown => {
                Self::Address(session.address.ip())
            }
        }
    }
}

fn event_of(now: Timestamp, name: &str, is_house: bool, since: Timestamp, count: usize, why: &str) -> Event {
    let whose = if is_house {
        "no pool of the house takes"
    } else {
        "neither a pool of its own nor one of the house takes"
    };
    let message = format!(
        "{whose} the work of {name} since {} ({why}): {count} miners are disconnected, so that they use their own backup pools",
        since.rfc3339()
    );
    Event::new(now, EventKind::MinersLetGo, format!("customer/{name}"), message)
        .with("count", count)
        .with("since", since.rfc3339())
        .with("why", why)
}

fn taken_back(now: Timestamp, name: &str, stranded: &Stranded) -> Event {
    let message = format!(
        "the work of {name} has a pool again after {} s; meanwhile miners were disconnected {} times",
        now.since(stranded.since).as_secs(),
        stranded.count
    );
    Event::new(now, EventKind::MinersReadmitted, format!("customer/{name}"), message)
        .with("count", stranded.count)
}
