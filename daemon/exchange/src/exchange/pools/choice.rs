//! Which pool gets an account's work: every pool's health is noted, [`choose`] decides, and one rig is sent to
//! a pool on trial.

use std::sync::Arc;

use super::super::{Exchange, Group, Output};
use crate::event::{Event, EventKind};
use crate::failover::{Health, PoolFault, choose};
use crate::id::{SessionId, UpstreamId};
use crate::orders::{Account, HOUSE, PoolEntry};
use crate::session::Identity;
use crate::snapshot::TrustFacts;
use crate::time::Timestamp;
use crate::upstream::Upstream;

impl Exchange {
    /// Notes every pool's health and chooses each account's pool anew.
    pub(in super::super) fn choose_pools(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        for index in 0..self.orders.accounts.len() {
            self.choose_pool(now, index, out);
        }
    }

    /// The same for one account. True if somebody must move.
    pub(super) fn choose_pool(&mut self, now: Timestamp, index: usize, out: &mut Vec<Output>) -> bool {
        let orders = self.orders.clone();
        let account = &orders.accounts[index];
        let mut standings = Vec::with_capacity(account.pools.len());
        let mut pins_moved = false;
        for (at, entry) in account.pools.iter().enumerate() {
            let changed = self.note_health(now, account, entry, out);
            pins_moved |= changed
                && orders.routes.iter().any(|route| route.account == index && route.pinned == Some(at));
            let key = (account.name.clone(), entry.pool.clone());
            standings.extend(self.groups.get(&key).map(|group| group.standing));
        }
        debug_assert_eq!(standings.len(), account.pools.len(), "every pool of the orders has a group");
        let before = self.choices.get(&account.name).cloned().flatten();
        let current =
            before.as_ref().and_then(|name| account.pools.iter().position(|entry| entry.pool == *name));
        let next = choose(now, current, &mut standings, account.thresholds, self.has_elsewhere(account));
        let mut moved = false;
        for (entry, standing) in account.pools.iter().zip(&standings) {
            if let Some(group) = self.groups.get_mut(&(account.name.clone(), entry.pool.clone())) {
                let (was, is) = (group.standing.on_trial(), standing.on_trial());
                if was.is_some() && is.is_none() && standing.has_failed() {
                    out.push(Output::Event(trial_failed(now, account, entry, standing.relapses())));
                    for id in &group.upstreams {
                        self.upstreams.get_mut(id).into_iter().for_each(Upstream::doubt);
                    }
                }
                group.standing = *standing;
            }
            moved |= self.man_the_trial(now, index, entry, out);
        }
        let next_name = next.map(|at| account.pools[at].pool.clone());
        if next_name.is_none() && !self.choices.contains_key(&account.name) {
            // None was ever healthy: the hub has just started, which is nothing to report.
            return moved;
        }
        let known = self.choices.insert(account.name.clone(), next_name.clone());
        if known.as_ref() != Some(&next_name) {
            if let Some(before) = known {
                out.push(Output::Event(self.switched(now, account, before.as_deref(), next_name.as_deref())));
            }
        } else if !pins_moved {
            return moved;
        }
        self.unplace_account(&account.name);
        true
    }

    /// Notes how one pool is. True if it became unhealthy or healthy.
    fn note_health(
        &mut self,
        now: Timestamp,
        account: &Account,
        entry: &PoolEntry,
        out: &mut Vec<Output>,
    ) -> bool {
        let key = (account.name.clone(), entry.pool.clone());
        let Some(group) = self.groups.get_mut(&key) else { return false };
        let mut worst: Option<(PoolFault, UpstreamId)> = None;
        let mut well = false;
        for id in &group.upstreams {
            let Some(upstream) = self.upstreams.get_mut(id).filter(|upstream| !upstream.retired) else {
                continue;
            };
            upstream.forgive(now, account.thresholds.return_after);
            match upstream.fault(now) {
                None => {
                    well = true;
                    break;
                }
                // What is nearest to working says most about the pool.
                Some(fault) if worst.is_none_or(|(known, _)| fault > known) => {
                    worst = Some((fault, *id));
                }
                Some(_) => {}
            }
        }
        let fault = match worst {
            _ if well => None,
            Some((fault, _)) => Some(fault),
            None => Some(PoolFault::Connecting),
        };
        let changed = group.standing.health.note(now, fault);
        let about = worst.filter(|_| !well).and_then(|(_, id)| self.upstreams.get(&id));
        let words = about.map_or("", |upstream| upstream.words(now));
        let url = about.map_or_else(|| entry.endpoints[0].clone(), |upstream| upstream.endpoint());
        out.extend(group.news.health(now, &key, &group.standing, words, &url));
        changed
    }

    /// Whether an account's work has another place to go while its own pools take none.
    fn has_elsewhere(&self, account: &Account) -> bool {
        let house = &self.orders.accounts[self.orders.routes[HOUSE].account].name;
        *house != account.name && matches!(self.choices.get(house), Some(Some(_)))
    }

    /// Whether this miner is the one that tries this pool.
    pub(in super::super) fn tries(&self, id: SessionId, account: &Arc<str>, entry: &PoolEntry) -> bool {
        self.groups
            .get(&(account.clone(), entry.pool.clone()))
            .is_some_and(|group| group.canary == Some(id) && group.standing.on_trial().is_some())
    }

    /// Sends one rig to a pool on trial, another one if that is gone, and brings it back at the end. True if
    /// somebody must move.
    fn man_the_trial(
        &mut self,
        now: Timestamp,
        index: usize,
        entry: &PoolEntry,
        out: &mut Vec<Output>,
    ) -> bool {
        let orders = self.orders.clone();
        let account = &orders.accounts[index];
        let key = (account.name.clone(), entry.pool.clone());
        let Some(group) = self.groups.get(&key) else { return false };
        let (canary, on_trial) = (group.canary, group.standing.on_trial().is_some());
        let serves = |id: &SessionId| {
            self.sessions.get(id).is_some_and(|session| {
                let route = orders.routes.get(session.route);
                session.is_open()
                    && !session.parked
                    && matches!(session.identity, Identity::Rig(_))
                    && route.is_some_and(|route| route.account == index && route.pinned.is_none())
            })
        };
        if canary.is_some_and(|id| on_trial && serves(&id)) || (canary.is_none() && !on_trial) {
            return false;
        }
        let next = if on_trial {
            let hashrate = |id: &SessionId| {
                let rig = self.sessions.get(id).and_then(|session| session.rig());
                rig.and_then(|rig| orders.rigs.get(rig)).map_or(0.0, |order| order.hashrate)
            };
            // The strongest knows soonest.
            let able = self.sessions.keys().filter(|id| serves(id)).copied();
            able.min_by(|a, b| hashrate(b).total_cmp(&hashrate(a)))
        } else {
            None
        };
        if let Some(session) = next.and_then(|id| self.sessions.get(&id)) {
            let rig = session.booked_as();
            out.push(Output::Event(
                Event::new(
                    now,
                    EventKind::PoolOnTrial,
                    format!("pool/{}", entry.pool),
                    format!("{rig} tries {} before the other rigs of {} follow", entry.pool, account.name),
                )
                .with("account", &account.name)
                .with("rig", rig),
            ));
        }
        self.unplaced.extend(canary.into_iter().chain(next));
        if let Some(group) = self.groups.get_mut(&key) {
            group.canary = next;
        }
        canary.is_some() || next.is_some()
    }

    /// How far a pool is trusted, for status.
    pub(in super::super) fn trust_facts(
        &self,
        now: Timestamp,
        account: &Account,
        group: &Group,
    ) -> TrustFacts {
        let standing = &group.standing;
        if let Some(since) = standing.on_trial() {
            let session = group.canary.and_then(|id| self.sessions.get(&id));
            return TrustFacts::OnTrial { since, rig: session.map(|session| session.booked_as()) };
        }
        let until = standing.due_at(account.thresholds);
        if standing.has_failed() && matches!(standing.health, Health::Healthy(_)) && until > now {
            return TrustFacts::Waits { until, relapses: standing.relapses() };
        }
        TrustFacts::Trusted
    }

    /// Everyone who works for an account must be looked at again.
    fn unplace_account(&mut self, account: &Arc<str>) {
        let orders = &self.orders;
        self.unplaced.extend(
            self.sessions
                .iter()
                .filter(|(_, s)| {
                    s.is_open()
                        && orders.routes.get(s.route).is_some_and(|route| {
                            // The house takes in those whose own pools are all unhealthy.
                            orders.accounts[route.account].name == *account || &**account == "house"
                        })
                })
                .map(|(id, _)| *id),
        );
    }

    fn switched(&self, now: Timestamp, account: &Account, before: Option<&str>, next: Option<&str>) -> Event {
        let place = |name: Option<&str>| {
            account.pools.iter().position(|entry| Some(&*entry.pool) == name).unwrap_or(usize::MAX)
        };
        let (kind, words) = match (before, next) {
            (_, None) if self.has_elsewhere(account) => (
                EventKind::PoolsAllUnhealthy,
                format!("no pool of {} is healthy: its rigs mine for the house meanwhile", account.name),
            ),
            (_, None) => (
                EventKind::PoolsAllUnhealthy,
                format!("no pool of {} is healthy, and its rigs have nowhere else to mine", account.name),
            ),
            (Some(a), Some(b)) if place(before) == usize::MAX => (
                EventKind::PoolFailover,
                format!("{} moved from {a}, which it has no longer, to {b}", account.name),
            ),
            (Some(a), Some(b)) if place(next) > place(before) => {
                (EventKind::PoolFailover, format!("{} moved from {a} to {b}", account.name))
            }
            (a, Some(b)) => (
                EventKind::PoolReturned,
                format!(
                    "{} returned to {b}{}",
                    account.name,
                    a.map(|a| format!(" from {a}")).unwrap_or_default()
                ),
            ),
        };
        let mut event = Event::new(now, kind, format!("customer/{}", account.name), words);
        for (key, value) in [("from", before), ("to", next)] {
            if let Some(value) = value {
                event = event.with(key, value);
            }
        }
        event
    }
}

fn trial_failed(now: Timestamp, account: &Account, entry: &PoolEntry, relapses: u32) -> Event {
    Event::new(
        now,
        EventKind::PoolTrialFailed,
        format!("pool/{}", entry.pool),
        format!("{} of {} failed again with one rig's work", entry.pool, account.name),
    )
    .with("account", &account.name)
    .with("relapses", relapses)
}
