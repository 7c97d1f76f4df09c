//! The pool connections: opened as needed, kept, followed, closed; and what their answers mean.
//!
//! [`choice`] decides which pool gets an account's work, [`news`] tells what ails a pool, [`workers`] under
//! which names rigs mine, [`let_go`] what becomes of miners that have nowhere to work.

mod choice;
mod let_go;
mod news;
mod workers;

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Duration;

use stratum::peer::FromPool;
use stratum::work::Reason;

use super::{Exchange, Group, GroupKey, Output};
use crate::failover::{Health, Loss, PoolFault, Standing};
use crate::id::{SessionId, UpstreamId};
use crate::orders::{Account, PoolEntry};
use crate::tally::PoolOutcome;
use crate::time::Timestamp;
use crate::upstream::{Heard, Phase, Upstream};

pub(super) use let_go::{Guest, LET_GO, Stranded};
pub(super) use news::News;
pub(super) use workers::{Refusals, worker_of};

/// Least time between two connections opened to one pool for one account.
const OPEN_PACE: Duration = Duration::from_millis(100);
/// A connection that nobody uses, and that is not kept for standby, is closed after this: shares for its
/// jobs may still come.
const EMPTY_MAX: Duration = Duration::from_secs(60);
/// Rentals, and pools of accounts, that are no longer in the farm file and whose counters are kept.
const GONE_MAX: usize = 1024;

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
                    standing: Standing::new(Health::Unhealthy(now, PoolFault::Connecting)),
                    canary: None,
                    news: News::default(),
                    mask: None,
                    refusals: Refusals::default(),
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
        // What was counted since the start is there again when a pool or a rental comes back.
        if self.flows.len() > orders.routes.len() + GONE_MAX {
            let labels: HashSet<&Arc<str>> = orders.routes.iter().map(|route| &route.label).collect();
            self.flows.retain(|label, _| labels.contains(label));
        }
        if self.passages.len() > present.len() + GONE_MAX {
            self.passages.retain(|key, _| present.contains(key));
        }
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

    /// A pool's socket is closed.
    pub fn on_pool_closed(
        &mut self,
        now: Timestamp,
        id: UpstreamId,
        connection: u32,
        why: &str,
        out: &mut Vec<Output>,
    ) {
        if let Some(upstream) = self.upstreams.get(&id).filter(|u| u.connection == connection) {
            let loss = upstream.closed(why);
            self.lose(now, id, loss, out);
        }
    }

    /// A pool's socket could not be opened, or ended in a way that says why.
    pub fn on_pool_failed(
        &mut self,
        now: Timestamp,
        id: UpstreamId,
        connection: u32,
        loss: Loss,
        out: &mut Vec<Output>,
    ) {
        if self.upstreams.get(&id).is_some_and(|u| u.connection == connection) {
            self.lose(now, id, loss, out);
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
        // What was read together with the line that ended a connection is not heard any more.
        let current = |u: &&mut Upstream| u.connection == connection && !u.is_down();
        let Some(upstream) = self.upstreams.get_mut(&id).filter(current) else { return };
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
                let granted = upstream.granted();
                let clean = !was_ready || upstream.job().is_some_and(|job| job.work.job.clean);
                let endpoint = upstream.endpoint();
                if let (Some(group), Some(size)) = (self.groups.get_mut(&key), size) {
                    let least = group.extranonce_2_min.unwrap_or(size);
                    group.extranonce_2_min = Some(least.min(size));
                    group.mask = granted.or(group.mask);
                }
                self.spread(now, id, clean, out);
                if !was_ready {
                    self.on_worker_welcome(now, id, out);
                    if let Some(group) = self.groups.get_mut(&key) {
                        out.extend(group.news.connected(now, &key, &endpoint));
                    }
                    self.choose_pools(now, out);
                    self.place(now, out);
                }
            }
            Heard::Welcome(_) => self.on_worker_welcome(now, id, out),
            Heard::Said(words) => {
                if let Some(group) = self.groups.get_mut(&key) {
                    out.extend(group.news.said(now, &key, words));
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
            Heard::Verdict { share, verdict, late } => {
                if let Some(group) = self.groups.get_mut(&key).filter(|_| !late) {
                    group.standing.on_verdict(share.at, verdict.is_ok());
                }
                if let Err(refusal) = &verdict
                    && refusal.reason() == Reason::Unauthorized
                {
                    self.on_worker_refused(now, id, &share.user.clone(), &refusal.text, out);
                }
                self.on_verdict(now, &key.0, pool, share, (verdict, late), out);
            }
            Heard::WorkerRefused(user, refusal) => {
                self.on_worker_refused(now, id, &user, &refusal.text, out);
            }
            Heard::Broken(loss) => {
                out.push(Output::Disconnect(id));
                self.lose(now, id, loss, out);
            }
            Heard::Redirect { to, obeyed } => {
                if let Some(group) = self.groups.get_mut(&key) {
                    out.extend(group.news.redirected(now, &key.1, &to, obeyed));
                }
                if obeyed {
                    out.push(Output::Disconnect(id));
                    let words = format!("it redirected us to {to}");
                    self.lose(now, id, Loss::new(PoolFault::Away, &words), out);
                }
            }
        }
    }

    /// A connection is gone: its unanswered shares are counted, its members wait for it or move. Told once by
    /// the conversation or by the socket, whichever is first.
    fn lose(&mut self, now: Timestamp, id: UpstreamId, loss: Loss, out: &mut Vec<Output>) {
        let Some(upstream) = self.upstreams.get_mut(&id).filter(|upstream| !upstream.is_down()) else {
            return;
        };
        let was_ready = upstream.is_ready();
        let key = (upstream.account.clone(), upstream.entry.pool.clone());
        let members = upstream.members.len();
        let why = match &*loss.words {
            "" => loss.cause.words().to_owned(),
            // What we make of it, and what it was: neither replaces the other.
            words => format!("{} ({words})", loss.cause.words()),
        };
        let lost = upstream.on_closed(now, loss);
        if was_ready && let Some(group) = self.groups.get_mut(&key) {
            out.extend(group.news.lost(now, &key, &why, members, lost.len()));
        }
        for share in lost.iter().filter(|share| !share.overdue) {
            self.count_pool(now, &key, &share.label, share.work, PoolOutcome::Unanswered);
        }
        self.unlearn_own(now, &key);
        self.knock(now, id, out);
        let orders = self.orders.clone();
        if let Some(index) = orders.accounts.iter().position(|account| account.name == key.0)
            && self.choose_pool(now, index, out)
        {
            self.place(now, out);
        }
    }

    /// Connects, if that is due.
    fn knock(&mut self, now: Timestamp, id: UpstreamId, out: &mut Vec<Output>) {
        if !self.may_knock(id) {
            return;
        }
        let Some(upstream) = self.upstreams.get_mut(&id) else { return };
        if let Phase::Waiting(until) = upstream.phase
            && now >= until
            && !(upstream.members.is_empty() && upstream.retired)
        {
            let endpoint = upstream.connect(now);
            let connection = upstream.connection;
            out.push(Output::Connect { upstream: id, connection, endpoint });
        }
    }

    /// While none of a pool's connections is up, one that has failed leaves it to the oldest to find out when
    /// the pool is back.
    fn may_knock(&self, id: UpstreamId) -> bool {
        let Some(upstream) = self.upstreams.get(&id) else { return false };
        let key = (upstream.account.clone(), upstream.entry.pool.clone());
        let Some(group) = self.groups.get(&key) else { return true };
        if !upstream.is_failing() {
            return true;
        }
        let mut others = group.upstreams.iter().filter_map(|id| self.upstreams.get(id));
        let first = others.clone().find(|other| !other.retired).map(|other| other.id);
        first.is_none_or(|first| first == id) || others.any(|other| other.is_ready())
    }

    pub(super) fn upstreams_on_time(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        let ids: Vec<UpstreamId> = self.upstreams.keys().copied().collect();
        for id in ids {
            self.knock(now, id, out);
            let Some(upstream) = self.upstreams.get_mut(&id) else { continue };
            let was_ready = upstream.is_ready();
            let heard = upstream.on_time(now, &mut self.to_pool);
            let overdue = upstream.overdue(now);
            let key = (upstream.account.clone(), upstream.entry.pool.clone());
            for share in overdue {
                self.count_pool(now, &key, &share.label, share.work, PoolOutcome::Unanswered);
            }
            self.flush_to_pool(id, out);
            self.on_heard(now, id, was_ready, heard, out);
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
        // A pool that an operator wants can be found well only while it is connected to.
        let is_wanted = |route: &crate::orders::Route| {
            route.pinned == Some(at) && self.orders.accounts[route.account].name == account.name
        };
        at <= current.saturating_add(account.standby) || self.orders.routes.iter().any(is_wanted)
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
        // Nobody needs more connections than there are miners, and one to be ready.
        let open = group.upstreams.iter().filter(|id| self.upstreams.get(id).is_some_and(|u| !u.retired));
        if now < group.open_again || open.count() > self.sessions.len() {
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
        let (account, entry) = (account.clone(), entry.clone());
        let upstream = Upstream::new(id, account, entry, rig, worker.into(), self.algorithm, now);
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
        self.unlearn_old(now);
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
            let lost = upstream.on_closed(now, Loss::new(PoolFault::Closed, "nobody uses it"));
            for share in lost.iter().filter(|share| !share.overdue) {
                self.count_pool(now, &key, &share.label, share.work, PoolOutcome::Unanswered);
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

    fn flush_to_pool(&mut self, id: UpstreamId, out: &mut Vec<Output>) {
        out.extend(self.to_pool.drain(..).map(|message| Output::ToPool(id, message)));
    }
}
