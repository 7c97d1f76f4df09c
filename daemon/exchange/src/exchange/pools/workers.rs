//! Under which names rigs mine at pools, what a pool that refuses one of them is like, and which version bits
//! pools grant. Learnt from the farm's own rigs only, on evidence, and unlearnt.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::super::{Exchange, GroupKey, Output};
use crate::event::{Event, EventKind};
use crate::failover::{Health, PoolFault};
use crate::id::UpstreamId;
use crate::session::{Identity, Session};
use crate::time::Timestamp;
use crate::upstream::{MASK, Standing};

/// The one name under which everybody mines who is no rig of the farm file.
const STRANGERS: &str = "quarantine";
/// What was learnt of a pool is tried again after this.
const LEARNT_MAX: Duration = Duration::from_secs(86_400);
/// A worker that is refused everywhere gets a connection of its own again after this.
const REFUSED_MAX: Duration = Duration::from_secs(3600);
/// A refused worker is told this often.
const TELL_EVERY: Duration = Duration::from_secs(600);
/// Most refused workers remembered of one pool.
const WORKERS_MAX: usize = 1_000;

/// The name that stands for `$rig` when this miner's work goes to a pool: pools hear the names of rigs that
/// the farm file has, and one for all others.
pub(in super::super) fn worker_of(session: &Session) -> Arc<str> {
    match &session.identity {
        Identity::Rig(rig) => rig.clone(),
        Identity::Stranger | Identity::Clone(_) | Identity::Unknown => STRANGERS.into(),
    }
}

/// What a connection of its own has shown of a refused rig.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Apart {
    /// It is being tried.
    Trying,
    /// It is refused there, too: this is about the worker, not about connections.
    Refused(Timestamp),
}

/// What is known of workers that a pool refuses.
#[derive(Debug, Default)]
pub(in super::super) struct Refusals {
    apart: BTreeMap<Arc<str>, Apart>,
    /// Workers that were looked up, and their rigs: a refused share must cost little.
    rigs: BTreeMap<Arc<str>, Arc<str>>,
    learnt: Option<Timestamp>,
    told: BTreeMap<Arc<str>, Timestamp>,
    single_told: Option<Timestamp>,
}

impl Refusals {
    /// This rig gets a connection of its own, to see whether it is refused there as well.
    pub(in super::super) fn is_apart(&self, rig: &Arc<str>) -> bool {
        self.apart.get(rig) == Some(&Apart::Trying)
    }

    /// Whether to try this rig on a connection of its own.
    fn is_worth_trying(&self, now: Timestamp, rig: &Arc<str>) -> bool {
        match self.apart.get(rig) {
            None => self.apart.len() < WORKERS_MAX,
            Some(Apart::Trying) => false,
            Some(Apart::Refused(at)) => now.since(*at) >= REFUSED_MAX,
        }
    }

    fn is_news(&mut self, now: Timestamp, user: &Arc<str>) -> bool {
        if self.told.get(user).is_some_and(|at| now.since(*at) < TELL_EVERY) {
            return false;
        }
        self.told.retain(|_, at| now.since(*at) < TELL_EVERY);
        if self.told.len() >= WORKERS_MAX {
            return false;
        }
        self.told.insert(user.clone(), now);
        true
    }
}

impl Exchange {
    /// A worker was refused. On a shared connection where another is welcome, a rig of the farm file gets a
    /// connection of its own: if it is welcome there, the pool takes one worker a connection.
    pub(super) fn on_worker_refused(
        &mut self,
        now: Timestamp,
        id: UpstreamId,
        user: &Arc<str>,
        words: &str,
        out: &mut Vec<Output>,
    ) {
        let Some(upstream) = self.upstreams.get(&id) else { return };
        let key = (upstream.account.clone(), upstream.entry.pool.clone());
        let shared = upstream.entry.user.is_per_rig() && upstream.rig.is_none() && upstream.is_ready();
        let only = upstream.rig.clone();
        let rig = if shared { self.refused_rig(&key, id, user) } else { None };
        let Some(group) = self.groups.get_mut(&key) else { return };
        if let Some(rig) = rig {
            if group.refusals.is_worth_trying(now, &rig) {
                group.refusals.apart.insert(rig.clone(), Apart::Trying);
                self.unplaced.extend(self.by_rig.get(&rig));
                return self.place(now, out);
            }
            if group.refusals.is_apart(&rig) {
                return;
            }
        }
        if let Some(rig) = only
            && group.refusals.is_apart(&rig)
        {
            group.refusals.apart.insert(rig, Apart::Refused(now));
            if let Some(upstream) = self.upstreams.get_mut(&id) {
                upstream.retired = true;
                self.unplaced.extend(upstream.members.keys());
            }
        }
        let Some(group) = self.groups.get_mut(&key) else { return };
        if group.refusals.is_news(now, user) {
            out.push(Output::Event(
                Event::new(
                    now,
                    EventKind::PoolWorkerRefused,
                    format!("pool/{}", key.1),
                    format!("{} refuses the worker {user} of {}: {words}", key.1, key.0),
                )
                .with("worker", user)
                .with("account", &key.0),
            ));
        }
    }

    /// The rig of the farm file that sits on this shared connection and mines as this worker, while there is
    /// something to learn from it.
    fn refused_rig(&mut self, key: &GroupKey, id: UpstreamId, user: &Arc<str>) -> Option<Arc<str>> {
        let group = self.groups.get(key).filter(|group| !group.own_connections)?;
        if let Some(rig) = group.refusals.rigs.get(user) {
            return Some(rig.clone());
        }
        if group.refusals.rigs.len() >= WORKERS_MAX || group.refusals.told.contains_key(user) {
            return None;
        }
        let upstream = self.upstreams.get(&id)?;
        let rig = upstream.members.keys().find_map(|member| {
            let rig = self.sessions.get(member)?.rig()?;
            (upstream.entry.user.expand(rig) == **user).then(|| rig.clone())
        })?;
        self.groups.get_mut(key)?.refusals.rigs.insert(user.clone(), rig.clone());
        Some(rig)
    }

    /// A worker is welcome. If it is that of a rig which was refused beside others and now is alone, the pool
    /// takes one worker a connection, and every rig gets its own.
    pub(super) fn on_worker_welcome(&mut self, now: Timestamp, id: UpstreamId, out: &mut Vec<Output>) {
        let Some(upstream) = self.upstreams.get(&id) else { return };
        let Some(rig) = upstream.rig.clone() else { return };
        let user = upstream.entry.user.expand(&rig);
        if upstream.standing(&user) != Some(Standing::Welcome) {
            return;
        }
        let key = (upstream.account.clone(), upstream.entry.pool.clone());
        let Some(group) = self.groups.get_mut(&key).filter(|group| !group.own_connections) else { return };
        if !group.refusals.is_apart(&rig) {
            return;
        }
        group.own_connections = true;
        group.refusals.learnt = Some(now);
        if group.refusals.single_told.is_none_or(|at| now.since(at) >= LEARNT_MAX) {
            group.refusals.single_told = Some(now);
            out.push(Output::Event(
                Event::new(
                    now,
                    EventKind::PoolSingleWorker,
                    format!("pool/{}", key.1),
                    format!("{} takes one worker per connection: each rig of {} gets its own", key.1, key.0),
                )
                .with("worker", user)
                .with("account", &key.0),
            ));
        }
        let shared: Vec<UpstreamId> = group.upstreams.iter().copied().collect();
        for id in shared {
            let Some(upstream) = self.upstreams.get(&id).filter(|upstream| upstream.rig.is_none()) else {
                continue;
            };
            // The connection stays with the rig that it signed in as.
            let keeper = upstream
                .members
                .keys()
                .filter_map(|id| self.sessions.get(id))
                .map(|session| worker_of(session))
                .find(|rig| upstream.entry.user.expand(rig) == upstream.first_worker());
            self.unplaced.extend(upstream.members.keys());
            if let Some(upstream) = self.upstreams.get_mut(&id) {
                upstream.rig = keeper;
            }
        }
        self.place(now, out);
    }

    /// What was learnt of a pool is forgotten when its last connection is gone, or after a day: another pool
    /// may answer next.
    pub(super) fn unlearn_own(&mut self, now: Timestamp, key: &GroupKey) {
        let Some(group) = self.groups.get_mut(key) else { return };
        let up = group.upstreams.iter().any(|id| self.upstreams.get(id).is_some_and(|u| u.is_ready()));
        let old = group.refusals.learnt.is_some_and(|at| now.since(at) >= LEARNT_MAX);
        if up && !old {
            return;
        }
        if group.refusals.learnt.take().is_some() {
            let account = self.orders.accounts.iter().find(|account| account.name == key.0);
            let entry = account.and_then(|account| account.pools.iter().find(|entry| entry.pool == key.1));
            group.own_connections = entry.is_some_and(|entry| entry.own_connections);
        }
        group.refusals.apart.clear();
        group.refusals.rigs.clear();
    }

    /// Forgets what was learnt a day ago.
    pub(super) fn unlearn_old(&mut self, now: Timestamp) {
        let old = |at: Timestamp| now.since(at) >= LEARNT_MAX;
        let keys: Vec<GroupKey> = self
            .groups
            .iter()
            .filter(|(_, group)| group.refusals.learnt.is_some_and(old))
            .map(|(key, _)| key.clone())
            .collect();
        for key in keys {
            self.unlearn_own(now, &key);
        }
    }

    /// Version bits that a miner may roll at one pool or another. Who a miner is, and so where it will work, is
    /// not known when it asks; a job's own mask is told before the job. A pool that is still on its way may
    /// grant all, one that was never reached grants nothing.
    pub(in super::super) fn grantable_mask(&self) -> u32 {
        let mut known = self.groups.values().filter_map(|group| match (group.mask, group.standing.health) {
            (Some(mask), _) => Some(mask),
            (None, Health::Unhealthy(_, PoolFault::Connecting)) if !group.upstreams.is_empty() => Some(MASK),
            (None, _) => None,
        });
        match known.next() {
            Some(first) => known.fold(first, |all, mask| all | mask),
            None => MASK,
        }
    }
}
