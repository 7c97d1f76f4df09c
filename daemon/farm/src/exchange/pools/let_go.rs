//! Miners that have nowhere to work: neither a pool of their account nor one of the house takes any. After some
//! minutes they are let go, so that the backup pools in their own settings get them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::super::{Exchange, Output};
use crate::event::{Event, Severity};
use crate::failover::Health;
use crate::id::SessionId;
use crate::orders::HOUSE;
use crate::time::Timestamp;

/// Why a miner's connection is closed then.
pub(in super::super) const LET_GO: &str = "no pool takes its work";
/// Pools may all be gone this long before miners are let go.
const PATIENCE: Duration = Duration::from_secs(180);
/// They are let go over about so many seconds,
const SPREAD: usize = 30;
/// and at least so many a second.
const PACE_MIN: usize = 10;

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
        let overdue =
            |name: &Arc<str>| self.stranded.get(name).is_some_and(|it| now.since(it.since) >= PATIENCE);
        if !gone.iter().any(|name| overdue(name)) {
            return;
        }
        let mut idle: BTreeMap<&Arc<str>, Vec<SessionId>> = BTreeMap::new();
        for (id, session) in self.sessions.iter().filter(|(_, s)| s.is_open() && !s.parked) {
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
                }
                going.push(id);
            }
        }
        going.into_iter().for_each(|id| self.arm(id));
    }

    fn why_all_are_ill(&self, account: &Arc<str>) -> String {
        let ill = self.groups.iter().filter(|((name, _), _)| name == account);
        let words = ill.filter_map(|((_, pool), group)| match group.standing.health {
            Health::Ill(_, illness) => Some(format!("{pool} {}", illness.words())),
            Health::Well(_) => None,
        });
        let words: Vec<String> = words.take(4).collect();
        if words.is_empty() { "it has no pool that could be used".into() } else { words.join(", ") }
    }
}

fn event_of(now: Timestamp, name: &str, is_house: bool, since: Timestamp, count: usize, why: &str) -> Event {
    let whose = if is_house {
        "no pool of the house takes"
    } else {
        "neither a pool of its own nor one of the house takes"
    };
    let message = format!(
        "{whose} the work of {name} since {} ({why}): {count} miners are let go, so that their own backup pools get them",
        since.rfc3339()
    );
    Event::new(now, "miners-let-go", Severity::Error, format!("customer/{name}"), message)
        .with("count", count)
        .with("since", since.rfc3339())
        .with("why", why)
}

fn taken_back(now: Timestamp, name: &str, stranded: &Stranded) -> Event {
    let message = format!(
        "the work of {name} has somewhere to go again, after {} s; miners were let go {} times meanwhile",
        now.since(stranded.since).as_secs(),
        stranded.count
    );
    Event::new(now, "miners-welcome", Severity::Info, format!("customer/{name}"), message)
        .with("count", stranded.count)
}
