//! The pool connections: opened as needed, kept, followed, closed; and what their answers mean.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Duration;

use stratum::peer::FromPool;
use stratum::work::Reason;

use super::{Exchange, Group, GroupKey, Output};
use crate::event::{Event, Severity};
use crate::failover::{Health, Illness, choose};
use crate::id::{SessionId, UpstreamId};
use crate::orders::{Account, PoolEntry};
use crate::tally::PoolOutcome;
use crate::time::Timestamp;
use crate::upstream::{Heard, Phase, Upstream};

/// Least time between two connections opened to one pool for one account.
const OPEN_PACE: Duration = Duration::from_millis(100);
/// A connection that nobody uses, and that is not kept for standby, is closed after this: shares for its
/// jobs may still come.
const EMPTY_MAX: Duration = Duration::from_secs(60);

impl Exchange {
    /// Takes over the accounts of new orders: keeps connections whose pool is unchanged, retires others.
    pub(super) fn adopt_accounts(&mut self, now: Timestamp, _out: &mut [Output]) {
        let orders = self.orders.clone();
        let mut present: HashSet<GroupKey> = HashSet::new();
        for account in &orders.accounts {
            for entry in &account.pools {
                let key = (account.name.clone(), entry.pool.clone());
                present.insert(key.clone());
                let group = self.groups.entry(key).or_insert_with(|| Group {
                    health: Health::Ill(now, Illness::Unreachable),
                    upstreams: BTreeSet::new(),
                    own_connections: entry.own_connections,
                    extranonce_2_min: None,
                    open_again: now,
                    refused: 0,
                    refused_told: Timestamp::default(),
                });
                group.own_connections |= entry.own_connections;
                for id in &group.upstreams {
                    if let Some(upstream) = self.upstreams.get_mut(id)
                        && upstream.entry != *entry
                    {
                        upstream.retired = true;
                        self.unplaced.extend(upstream.members.keys());
                    }
                }
            }
        }
        for (key, group) in &self.groups {
            if !present.contains(key) {
                for id in &group.upstreams {
                    if let Some(upstream) = self.upstreams.get_mut(id) {
                        upstream.retired = true;
                        self.unplaced.extend(upstream.members.keys());
                    }
                }
            }
        }
        let names: HashSet<&Arc<str>> = orders.accounts.iter().map(|account| &account.name).collect();
        self.choices.retain(|name, _| names.contains(name));
        let labels: HashSet<&Arc<str>> = orders.routes.iter().map(|route| &route.label).collect();
        self.flows.retain(|label, _| labels.contains(label));
        self.passages.retain(|key, _| present.contains(key));
    }

    /// A pool's socket is open.
    pub fn on_pool_connected(
        &mut self,
        now: Timestamp,
        id: UpstreamId,
        connection: u32,
        out: &mut Vec<Output>,
    ) {
        let Some(upstream) = self.upstreams.get_mut(&id).filter(|u| u.connection == connection) else {
            return;
        };
        upstream.on_connected(now, &mut self.to_pool);
        self.flush_to_pool(id, out);
    }

    /// A pool's socket could not be opened, or is closed.
    pub fn on_pool_closed(
        &mut self,
        now: Timestamp,
        id: UpstreamId,
        connection: u32,
        why: &str,
        out: &mut Vec<Output>,
    ) {
        if self.upstreams.get(&id).is_some_and(|u| u.connection == connection) {
            self.lose(now, id, why, out);
        }
    }

    /// A pool said something.
    pub fn on_pool(
        &mut self,
        now: Timestamp,
        id: UpstreamId,
        connection: u32,
        message: FromPool,
        out: &mut Vec<Output>,
    ) {
        let Some(upstream) = self.upstreams.get_mut(&id).filter(|u| u.connection == connection) else {
            return;
        };
        let was_ready = upstream.is_ready();
        let heard = upstream.on_pool(now, message, &mut self.to_pool);
        self.flush_to_pool(id, out);
        self.on_heard(now, id, was_ready, heard, out);
    }

    fn on_heard(
        &mut self,
        now: Timestamp,
        id: UpstreamId,
        was_ready: bool,
        heard: Heard,
        out: &mut Vec<Output>,
    ) {
        let Some(upstream) = self.upstreams.get_mut(&id) else { return };
        let pool = upstream.entry.pool.clone();
        let key = (upstream.account.clone(), pool.clone());
        match heard {
            Heard::Nothing => {}
            Heard::Job => {
                let size = upstream.extranonce.as_ref().map(|(_, size)| *size);
                let clean = !was_ready || upstream.job().is_some_and(|job| job.work.job.clean);
                if let (Some(group), Some(size)) = (self.groups.get_mut(&key), size) {
                    let least = group.extranonce_2_min.unwrap_or(size);
                    group.extranonce_2_min = Some(least.min(size));
                }
                self.spread(now, id, clean, out);
                if !was_ready {
                    out.push(Output::Event(Event::new(
                        now,
                        "pool-connected",
                        Severity::Info,
                        format!("pool/{pool}"),
                        format!("{pool} is ready for {} at {}", key.0, self.upstreams[&id].endpoint()),
                    )));
                    self.choose_pools(now, out);
                    self.place(now, out);
                }
            }
            Heard::Extranonce => {
                // The next job carries it; whoever no longer fits is moved then.
                let geometries: Vec<SessionId> = upstream.members.keys().copied().collect();
                for member in geometries {
                    let fits = self
                        .sessions
                        .get(&member)
                        .and_then(|s| s.own)
                        .is_some_and(|own| !self.upstreams[&id].too_short(own.geometry));
                    if !fits {
                        self.unplaced.insert(member);
                    }
                }
            }
            Heard::Verdict(share, verdict) => {
                if let Err(refusal) = &verdict
                    && refusal.reason() == Reason::Unauthorized
                {
                    self.on_worker_refused(now, id, &share.user.clone(), &refusal.text, out);
                }
                self.on_verdict(now, &key.0, pool, share, verdict, out);
            }
            Heard::WorkerRefused(user, refusal) => {
                self.on_worker_refused(now, id, &user, &refusal.text, out);
            }
            Heard::Broken(why) => {
                out.push(Output::Disconnect(id));
                self.lose(now, id, why, out);
            }
            Heard::Redirect { to, obeyed } => {
                let (severity, words) = if obeyed {
                    (Severity::Info, "sends us to")
                } else {
                    (Severity::Warning, "tried to send us elsewhere and was not obeyed:")
                };
                out.push(Output::Event(
                    Event::new(
                        now,
                        if obeyed { "pool-redirected" } else { "pool-redirect-refused" },
                        severity,
                        format!("pool/{pool}"),
                        format!("{pool} {words} {to}"),
                    )
                    .with("to", &to),
                ));
                if obeyed {
                    out.push(Output::Disconnect(id));
                    self.lose(now, id, "the pool asked us to connect again", out);
                }
            }
        }
    }

    /// A second worker was refused on a shared connection: this pool wants a connection for each. A pool
    /// that refuses the only worker of a connection is ill.
    fn on_worker_refused(
        &mut self,
        now: Timestamp,
        id: UpstreamId,
        user: &Arc<str>,
        words: &str,
        out: &mut Vec<Output>,
    ) {
        let Some(upstream) = self.upstreams.get(&id) else { return };
        let key = (upstream.account.clone(), upstream.entry.pool.clone());
        let per_rig = upstream.entry.user.is_per_rig() && upstream.rig.is_none();
        let Some(group) = self.groups.get_mut(&key) else { return };
        if per_rig && upstream.is_ready() && !group.own_connections {
            group.own_connections = true;
            out.push(Output::Event(
                Event::new(
                    now,
                    "pool-single-worker",
                    Severity::Info,
                    format!("pool/{}", key.1),
                    format!("{} takes one worker a connection: each rig of {} gets its own", key.1, key.0),
                )
                .with("worker", user),
            ));
            let members: Vec<SessionId> = upstream.members.keys().copied().collect();
            // The connection stays with the rig that it signed in as.
            let keeper = members
                .iter()
                .filter_map(|id| self.sessions.get(id))
                .map(|s| s.booked_as())
                .find(|rig| upstream.entry.user.expand(rig) == upstream.first_worker());
            self.unplaced.extend(members);
            if let Some(upstream) = self.upstreams.get_mut(&id) {
                upstream.rig = keeper;
            }
            self.place(now, out);
            return;
        }
        out.push(Output::Event(
            Event::new(
                now,
                "pool-worker-refused",
                Severity::Error,
                format!("pool/{}", key.1),
                format!("{} refuses the worker {user} of {}: {words}", key.1, key.0),
            )
            .with("worker", user),
        ));
    }

    /// A connection is gone: its unanswered shares are counted, its members wait for it or move.
    fn lose(&mut self, now: Timestamp, id: UpstreamId, why: &str, out: &mut Vec<Output>) {
        let Some(upstream) = self.upstreams.get_mut(&id) else { return };
        let was_ready = upstream.is_ready();
        let pool = upstream.entry.pool.clone();
        let account = upstream.account.clone();
        let members = upstream.members.len();
        let lost = upstream.on_closed(now);
        if was_ready {
            out.push(Output::Event(
                Event::new(
                    now,
                    "pool-lost",
                    if members > 0 { Severity::Error } else { Severity::Warning },
                    format!("pool/{pool}"),
                    format!("the connection of {account} to {pool} is gone: {why}"),
                )
                .with("rigs", members)
                .with("unanswered", lost.len()),
            ));
        }
        for share in lost {
            let key = (account.clone(), pool.clone());
            self.count_pool(now, &key, &share.label, share.difficulty, PoolOutcome::Unanswered);
        }
    }

    pub(super) fn upstreams_on_time(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        let ids: Vec<UpstreamId> = self.upstreams.keys().copied().collect();
        for id in ids {
            let upstream = self.upstreams.get_mut(&id).expect("listed above");
            if let Phase::Waiting(until) = upstream.phase {
                let done_with = upstream.members.is_empty() && upstream.retired;
                if now >= until && !done_with {
                    let endpoint = upstream.connect(now);
                    let connection = upstream.connection;
                    out.push(Output::Connect { upstream: id, connection, endpoint });
                    continue;
                }
            }
            let was_ready = upstream.is_ready();
            let (heard, give_up) = upstream.on_time(now, &mut self.to_pool);
            self.flush_to_pool(id, out);
            self.on_heard(now, id, was_ready, heard, out);
            if let Some(why) = give_up {
                out.push(Output::Disconnect(id));
                self.lose(now, id, why, out);
            }
        }
        self.keep_connected(now);
    }

    /// Opens what every account should have: its present pool, all before it, and the standby behind.
    fn keep_connected(&mut self, now: Timestamp) {
        let orders = self.orders.clone();
        for account in &orders.accounts {
            for (at, entry) in account.pools.iter().enumerate() {
                if self.is_kept(account, at) {
                    let key = (account.name.clone(), entry.pool.clone());
                    let none = self.groups.get(&key).is_some_and(|group| {
                        !group.upstreams.iter().any(|id| self.upstreams.get(id).is_some_and(|u| !u.retired))
                    });
                    if none {
                        self.open(now, &account.name, entry, None);
                    }
                }
            }
        }
    }

    /// Whether an account's pool is kept connected though nobody may mine there now.
    pub(super) fn is_kept(&self, account: &Account, at: usize) -> bool {
        let current = self
            .choices
            .get(&account.name)
            .cloned()
            .flatten()
            .and_then(|name| account.pools.iter().position(|entry| entry.pool == name))
            .unwrap_or(account.pools.len());
        at <= current.saturating_add(account.standby)
    }

    /// Makes another connection to a pool, unless one was made just before.
    pub(super) fn open(
        &mut self,
        now: Timestamp,
        account: &Arc<str>,
        entry: &Arc<PoolEntry>,
        rig: Option<Arc<str>>,
    ) {
        let key = (account.clone(), entry.pool.clone());
        let Some(group) = self.groups.get_mut(&key) else { return };
        if now < group.open_again {
            return;
        }
        group.open_again = now + OPEN_PACE;
        let id = UpstreamId(self.next_upstream);
        self.next_upstream += 1;
        group.upstreams.insert(id);
        let worker = match &rig {
            Some(rig) => entry.user.expand(rig),
            None => entry.user.expand(&self.some_rig_of(account)),
        };
        let mut upstream = Upstream::new(id, account.clone(), entry.clone(), rig, worker.into(), now);
        upstream.algorithm = self.algorithm;
        self.upstreams.insert(id, upstream);
    }

    /// A rig that works for an account, to sign in with; its first by name.
    fn some_rig_of(&self, account: &Arc<str>) -> Arc<str> {
        let orders = &self.orders;
        orders
            .rigs
            .iter()
            .filter(|(_, order)| {
                orders.routes.get(order.route).is_some_and(|r| orders.accounts[r.account].name == *account)
            })
            .map(|(name, _)| name.clone())
            .min()
            .unwrap_or_else(|| "hub".into())
    }

    pub(super) fn close_empty(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        let mut gone = Vec::new();
        let mut present: HashSet<GroupKey> = HashSet::new();
        let mut kept: HashSet<GroupKey> = HashSet::new();
        for account in &self.orders.accounts {
            for (at, entry) in account.pools.iter().enumerate() {
                let key = (account.name.clone(), entry.pool.clone());
                if self.is_kept(account, at) {
                    kept.insert(key.clone());
                }
                present.insert(key);
            }
        }
        for (key, group) in &self.groups {
            let mut spare = kept.contains(key);
            for id in &group.upstreams {
                let Some(upstream) = self.upstreams.get(id) else { continue };
                // The first shared connection is the one that is kept.
                if spare && !upstream.retired && upstream.rig.is_none() {
                    spare = false;
                    continue;
                }
                if upstream.members.is_empty() && now.since(upstream.empty_since) > EMPTY_MAX {
                    gone.push((key.clone(), *id));
                }
            }
        }
        for (key, id) in gone {
            let Some(upstream) = self.upstreams.get_mut(&id) else { continue };
            let open = !matches!(upstream.phase, Phase::Waiting(_) | Phase::Closed);
            upstream.phase = Phase::Closed;
            let lost = upstream.on_closed(now);
            for share in lost {
                self.count_pool(now, &key, &share.label, share.difficulty, PoolOutcome::Unanswered);
            }
            if open {
                out.push(Output::Disconnect(id));
            }
            self.upstreams.remove(&id);
            if let Some(group) = self.groups.get_mut(&key) {
                group.upstreams.remove(&id);
            }
        }
        self.groups.retain(|key, group| present.contains(key) || !group.upstreams.is_empty());
    }

    /// Notes every pool's health and chooses each account's pool anew.
    pub(super) fn choose_pools(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        let orders = self.orders.clone();
        for (index, account) in orders.accounts.iter().enumerate() {
            let mut healths = Vec::with_capacity(account.pools.len());
            let mut pins_moved = false;
            for (at, entry) in account.pools.iter().enumerate() {
                let key = (account.name.clone(), entry.pool.clone());
                let Some(group) = self.groups.get_mut(&key) else { continue };
                let ills: Vec<Option<Illness>> = group
                    .upstreams
                    .iter()
                    .filter_map(|id| self.upstreams.get(id))
                    .filter(|upstream| !upstream.retired)
                    .map(|upstream| upstream.illness(now, account.patience.return_after))
                    .collect();
                let illness = if ills.iter().any(Option::is_none) {
                    None
                } else {
                    // What is nearest to working says most about the pool.
                    Some(
                        ills.into_iter()
                            .flatten()
                            .max_by_key(|i| *i != Illness::Unreachable)
                            .unwrap_or(Illness::Unreachable),
                    )
                };
                let changed = group.health.note(now, illness);
                pins_moved |= changed
                    && orders.routes.iter().any(|route| route.account == index && route.pinned == Some(at));
                if changed && let Some(illness) = illness {
                    out.push(Output::Event(
                        Event::new(
                            now,
                            "pool-ill",
                            Severity::Warning,
                            format!("pool/{}", entry.pool),
                            format!("{} of {} {}", entry.pool, account.name, illness.words()),
                        )
                        .with("account", &account.name),
                    ));
                }
                healths.push(group.health);
            }
            let before = self.choices.get(&account.name).cloned().flatten();
            let current =
                before.as_ref().and_then(|name| account.pools.iter().position(|entry| entry.pool == *name));
            let next = choose(now, current, &healths, account.patience);
            let next_name = next.map(|at| account.pools[at].pool.clone());
            if next_name.is_none() && !self.choices.contains_key(&account.name) {
                // None was ever well: the hub has just started, which is nothing to report.
                continue;
            }
            let known = self.choices.insert(account.name.clone(), next_name.clone());
            if pins_moved {
                self.unplace_account(&account.name);
            }
            if known.as_ref() == Some(&next_name) {
                continue;
            }
            self.unplace_account(&account.name);
            if let Some(before) = known {
                out.push(Output::Event(switched(now, account, before.as_deref(), next_name.as_deref())));
            }
        }
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
                            // The house takes in those whose own pools are all ill.
                            orders.accounts[route.account].name == *account || &**account == "house"
                        })
                })
                .map(|(id, _)| *id),
        );
    }

    fn flush_to_pool(&mut self, id: UpstreamId, out: &mut Vec<Output>) {
        out.extend(self.to_pool.drain(..).map(|message| Output::ToPool(id, message)));
    }
}

fn switched(now: Timestamp, account: &Account, before: Option<&str>, next: Option<&str>) -> Event {
    let place = |name: Option<&str>| {
        account.pools.iter().position(|entry| Some(&*entry.pool) == name).unwrap_or(usize::MAX)
    };
    let (kind, severity, words) = match (before, next) {
        (_, None) => (
            "pools-all-ill",
            Severity::Error,
            format!("no pool of {} is well: its rigs mine for the house meanwhile", account.name),
        ),
        (Some(a), Some(b)) if place(next) > place(before) => {
            ("pool-failover", Severity::Warning, format!("{} moved from {a} to {b}", account.name))
        }
        (a, Some(b)) => (
            "pool-returned",
            Severity::Info,
            format!(
                "{} returned to {b}{}",
                account.name,
                a.map(|a| format!(" from {a}")).unwrap_or_default()
            ),
        ),
    };
    let mut event = Event::new(now, kind, severity, format!("customer/{}", account.name), words);
    for (key, value) in [("from", before), ("to", next)] {
        if let Some(value) = value {
            event = event.with(key, value);
        }
    }
    event
}
