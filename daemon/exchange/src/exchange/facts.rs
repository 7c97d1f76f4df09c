//! What is so now, for status and plans.

use std::sync::Arc;
use std::time::Duration;

use super::Exchange;
use crate::label::{HOUSE, PARKED};
use crate::meter::Meter;
use crate::service::Service;
use crate::session::Identity;
use crate::snapshot::{PoolFacts, RigShares, RouteFacts, SessionFacts, Snapshot};
use crate::time::Timestamp;
use crate::watch::Watch;
use crate::work::Work;

impl Exchange {
    /// Everything seen, as of `now`.
    pub fn snapshot(&self, now: Timestamp) -> Snapshot {
        Snapshot {
            at: now,
            generation: self.orders.generation,
            epoch: self.orders.epoch,
            sessions: self.session_facts(now),
            connections: self.sessions.len(),
            absent: self.absent(),
            pools: self.pool_facts(now),
            routes: self.route_facts(now),
            idle: self.idle().cloned().collect(),
            turned_away: Default::default(),
            clock_set: 0,
            unplaced: self
                .unplaced
                .iter()
                .filter(|id| self.sessions.get(id).is_some_and(|s| s.is_open()))
                .count(),
        }
    }

    /// Every connected rig of the farm file, in the order of connections: how it serves, and when it last sent
    /// an accepted share. Cheap enough to be asked every second.
    pub fn rigs(&self) -> impl Iterator<Item = (&Arc<str>, Service, Option<Timestamp>)> {
        self.sessions.values().filter_map(|session| {
            let Identity::Rig(rig) = &session.identity else { return None };
            let service = self.watches.get(rig).map_or(Service::Vetting, |watch| watch.service());
            Some((rig, service, session.last_share))
        })
    }

    /// Every route and the pool that gets its work now; none while its rigs mine for the house.
    pub fn pools_in_use(&self) -> impl Iterator<Item = (&Arc<str>, Option<&Arc<str>>)> {
        self.orders.routes.iter().map(|route| (&route.label, self.pool_of(route).map(|entry| &entry.pool)))
    }

    fn session_facts(&self, now: Timestamp) -> Vec<SessionFacts> {
        self.sessions
            .values()
            .filter(|session| session.identity != Identity::Unknown)
            .map(|session| {
                let job = session.jobs.newest();
                let difficulty = job.map_or_else(|| session.vardiff.difficulty(), |j| j.difficulty);
                let next = Work::of_share(difficulty, self.algorithm);
                let watch = session.rig().and_then(|rig| self.watches.get(rig));
                SessionFacts {
                    service: watch.map_or(Service::Quarantined, |watch| watch.service()),
                    service_since: watch.map_or(session.since, |watch| watch.since()),
                    rig: match &session.identity {
                        Identity::Rig(rig) | Identity::Clone(rig) => Some(rig.clone()),
                        _ => None,
                    },
                    clone: matches!(session.identity, Identity::Clone(_)),
                    user: session.user.clone(),
                    agent: session.agent.clone(),
                    address: session.address,
                    since: session.since,
                    serving: session
                        .attachment
                        .as_ref()
                        .filter(|_| job.is_some())
                        .map(|attachment| attachment.label.clone()),
                    wanted: match self.orders.routes.get(session.route) {
                        _ if session.parked => PARKED.into(),
                        Some(route) => route.label.clone(),
                        None => HOUSE.into(),
                    },
                    pool: job.map(|job| job.job.pool.clone()),
                    difficulty: difficulty.get(),
                    reading: session.meter.read(now, next),
                    last_share: session.last_share,
                    work: session.work,
                    shares: match session.rig() {
                        Some(rig) => self.shares_of(rig, watch.map(|watch| &**watch)),
                        None => RigShares {
                            accepted: session.accepted,
                            rejected: session.rejected,
                            ..RigShares::default()
                        },
                    },
                }
            })
            .collect()
    }

    /// What became of a rig's shares, on all its connections.
    fn shares_of(&self, rig: &str, watch: Option<&Watch>) -> RigShares {
        let list = self.refusals.get(rig).map(Vec::as_slice).unwrap_or_default();
        RigShares {
            accepted: watch.map_or(0, |watch| watch.taken()),
            rejected: list.iter().map(|refused| refused.count).sum(),
            refusals: list.iter().map(|refused| (refused.reason, refused.count)).collect(),
            pool_refusals: self.pool_refusals.get(rig).cloned().unwrap_or_default(),
        }
    }

    fn absent(&self) -> Vec<(Arc<str>, RigShares)> {
        let is_absent = |rig: &Arc<str>| !self.by_rig.contains_key(rig);
        self.watches
            .iter()
            .filter(|(rig, _)| is_absent(rig))
            .map(|(rig, watch)| (rig.clone(), self.shares_of(rig, Some(&**watch))))
            .collect()
    }

    fn pool_facts(&self, now: Timestamp) -> Vec<PoolFacts> {
        let mut out = Vec::new();
        let mut routes = vec![Vec::new(); self.orders.accounts.len()];
        self.orders.routes.iter().for_each(|route| routes[route.account].push(self.pool_of(route)));
        for (account, in_use) in self.orders.accounts.iter().zip(routes) {
            for (at, entry) in account.pools.iter().enumerate() {
                let key = (account.name.clone(), entry.pool.clone());
                let Some(group) = self.groups.get(&key) else { continue };
                let upstreams = || group.upstreams.iter().filter_map(|id| self.upstreams.get(id));
                let live = || upstreams().filter(|upstream| upstream.is_ready());
                let first = live().next().or_else(|| upstreams().next());
                out.push(PoolFacts {
                    account: account.name.clone(),
                    pool: entry.pool.clone(),
                    url: first
                        .map(|u| u.endpoint())
                        .unwrap_or_else(|| entry.endpoints[0].clone())
                        .to_string(),
                    health: group.standing.health,
                    words: group.news.words().into(),
                    message: group.news.message(),
                    retry_at: first.and_then(|upstream| upstream.retry_at()).filter(|at| *at > now),
                    unproven: group.news.unproven(&group.standing),
                    trust: self.trust_facts(now, account, group),
                    in_use: match &*in_use {
                        // It would be, had the customer any rental.
                        [] => self.choices.get(&account.name) == Some(&Some(entry.pool.clone())),
                        pools => pools.contains(&Some(entry)),
                    },
                    wanted: self.is_kept(account, at),
                    connections: live().count(),
                    rigs: upstreams().map(|upstream| upstream.members.len()).sum(),
                    difficulty: live()
                        .find_map(|upstream| upstream.job().map(|job| job.difficulty.get()))
                        .unwrap_or(0.0),
                    last_job: upstreams().filter_map(|upstream| upstream.job_at).max(),
                    pending: upstreams().map(|upstream| upstream.pending_shares()).sum(),
                    passage: self.passages.get(&key).cloned().unwrap_or_default(),
                    latency_ms: first.map_or(0.0, |upstream| upstream.latency_ms),
                });
            }
        }
        out
    }

    fn route_facts(&self, now: Timestamp) -> Vec<RouteFacts> {
        let silent = Meter::new(now, Duration::from_secs(10), 60);
        self.orders
            .routes
            .iter()
            .map(|route| {
                let flow = self.flows.get(&route.label);
                RouteFacts {
                    label: route.label.clone(),
                    reading: flow.map_or(&silent, |flow| &flow.meter).read(now, Work::NONE),
                    pool: self.pool_of(route).map(|entry| entry.pool.clone()),
                    passage: flow.map(|flow| flow.passage.clone()).unwrap_or_default(),
                    rejected: flow.map(|flow| flow.rejected.clone()).unwrap_or_default(),
                }
            })
            .collect()
    }
}
