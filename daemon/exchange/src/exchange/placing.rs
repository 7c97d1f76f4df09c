//! Moving sessions to where they should be, and handing out work. A move is a new difficulty and a clean
//! job on the same connection; the miner notices nothing else.

use std::sync::Arc;
use std::time::Duration;

use stratum::extranonce::Geometry;
use stratum::peer::{Notify, ToMiner};

use super::{Exchange, Output, RESHAPE_AGAIN_MAX, RESHAPES_MAX, Reshape};
use crate::event::{Event, EventKind};
use crate::id::{SessionId, UpstreamId};
use crate::orders::{HOUSE, PoolEntry, Route};
use crate::session::jobs::MinerJob;
use crate::session::{Attachment, Own, takes_small};
use crate::time::Timestamp;

/// Where no filler is left to vary, a job's time may be moved this far ahead, seconds.
const TIME_AHEAD_MAX: u32 = 600;
/// A miner that was asked to reconnect is closed after this.
const RECONNECT_GRACE: Duration = Duration::from_secs(3);

/// A rig that never had work waits this long for its own pool before another one has it meanwhile.
const WORK_WAIT: Duration = Duration::from_secs(5);
/// A rig with work gets a new job, or another piece of the old one, more often than this.
const JOBS_END: Duration = Duration::from_secs(60);

/// The shape for pools that leave three bytes: all of them are rolled by the one miner on the connection.
pub(super) const SMALL: Geometry = Geometry { fixed: 0, rolled: 3 };

/// Where a session should be.
struct Goal {
    label: Arc<str>,
    account: Arc<str>,
    entry: Arc<PoolEntry>,
}

/// What was found for a goal.
enum Found {
    Attachment(UpstreamId),
    /// A connection is on its way, or must wait.
    Later,
    /// The pool's extranonce is too short for the miner's shape.
    TooShort,
}

/// What a rig's pool has not got for it.
#[derive(Clone, Copy, PartialEq)]
enum Lack {
    Connection,
    Room,
}

impl Exchange {
    /// Tries to attach everyone who is not where they should be.
    pub(super) fn place(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        let waiting: Vec<SessionId> = std::mem::take(&mut self.unplaced).into_iter().collect();
        for id in waiting {
            if !self.place_one(now, id, out) {
                self.unplaced.insert(id);
            }
        }
    }

    /// True when the session is where it should be, or is not to be placed at all.
    fn place_one(&mut self, now: Timestamp, id: SessionId, out: &mut Vec<Output>) -> bool {
        let Some(session) = self.sessions.get(&id).filter(|session| session.is_open()) else { return true };
        if session.parked {
            self.park(now, id, out);
            return true;
        }
        let Some(goal) = self.goal(id, session.route) else { return false };
        let own = session.own.expect("an open session has subscribed");
        let rig = super::pools::worker_of(session);
        if let Some(attachment) = &session.attachment
            && attachment.label == goal.label
            && let Some(upstream) = self.upstreams.get(&attachment.upstream)
            && upstream.account == goal.account
            && upstream.entry == goal.entry
            && !upstream.retired
            && !upstream.too_short(own.geometry)
            && upstream.rig.as_ref().map_or(!self.wants_own(&goal, &rig), |only| *only == rig)
        {
            // Attached right. A connection without work hands it out when it gets some.
            return true;
        }
        match self.find_attachment(now, &goal, &rig, (id, own)) {
            Found::Attachment(upstream) => {
                self.move_to(now, id, upstream, &goal, out);
                true
            }
            Found::Later => {
                self.make_do(now, id, &goal, Lack::Connection, out);
                false
            }
            Found::TooShort => {
                if !self.change_shape(now, id, out) {
                    self.make_do(now, id, &goal, Lack::Room, out);
                }
                false
            }
        }
    }

    /// A rig that cannot mine at its pool, because the pool takes no more connections or leaves too little room for its
    /// shape, is not left without work: the next ready pool of its account has it meanwhile, or the house. It goes on
    /// waiting for its own.
    fn make_do(&mut self, now: Timestamp, id: SessionId, goal: &Goal, lack: Lack, out: &mut Vec<Output>) {
        let Some(session) = self.sessions.get(&id) else { return };
        let since = session.jobs.newest().map_or(session.since + WORK_WAIT, |job| job.at + JOBS_END);
        let attachment = session.attachment.as_ref().and_then(|attachment| {
            let upstream = self.upstreams.get(&attachment.upstream).filter(|upstream| upstream.is_ready())?;
            Some((attachment.label.clone(), upstream.account.clone(), upstream.entry.clone()))
        });
        // A connection may come at any moment, more room does not: that is not waited for, nor is work for somebody
        // else gone on with.
        if lack == Lack::Connection && (attachment.is_some() || now < since) {
            return;
        }
        let Some(own) = session.own else { return };
        let (rig, called) = (super::pools::worker_of(session), session.called());
        let orders = self.orders.clone();
        let own_route = orders.routes.get(session.route);
        let others = own_route.into_iter().chain(orders.routes.get(HOUSE)).flat_map(|route| {
            let account = &orders.accounts[route.account];
            account.pools.iter().map(move |entry| Goal {
                label: route.label.clone(),
                account: account.name.clone(),
                entry: entry.clone(),
            })
        });
        for other in others.filter(|other| other.account != goal.account || other.entry != goal.entry) {
            let here = |(label, account, entry): &(Arc<str>, Arc<str>, Arc<PoolEntry>)| {
                (label, account, entry) == (&other.label, &other.account, &other.entry)
            };
            if attachment.as_ref().is_some_and(here) {
                return;
            }
            let key = (other.account.clone(), other.entry.pool.clone());
            if !self.groups.get(&key).is_some_and(|group| group.standing.health.is_healthy()) {
                continue;
            }
            if let Found::Attachment(upstream) = self.find_attachment(now, &other, &rig, (id, own)) {
                let (pool, account) = (&goal.entry.pool, &goal.account);
                let words = match lack {
                    Lack::Connection => format!("{pool} gives {called} of {account} no connection"),
                    Lack::Room => {
                        format!("the extranonce of {pool} leaves too little room for {called} of {account}")
                    }
                };
                let place = format!("it mines at {} for {} meanwhile", other.entry.pool, other.label);
                out.push(Output::Event(
                    Event::new(
                        now,
                        EventKind::PoolNoRoom,
                        format!("pool/{}", goal.entry.pool),
                        format!("{words}: {place}"),
                    )
                    .with("account", &goal.account),
                ));
                return self.move_to(now, id, upstream, &other, out);
            }
        }
    }

    /// Takes a session's work away. No message of the protocol does that: a miner hashes on with the last job for
    /// as long as it is connected. So it is asked to reconnect, and is answered and given no job.
    fn park(&mut self, now: Timestamp, id: SessionId, out: &mut Vec<Output>) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if let Some(upstream) =
            session.attachment.take().and_then(|attachment| self.upstreams.get_mut(&attachment.upstream))
        {
            upstream.detach(now, id);
        }
        if session.jobs.newest().is_some() {
            out.push(Output::ToMiner(id, ToMiner::Reconnect));
            session.close_at = Some(now + RECONNECT_GRACE);
        }
        self.arm(id);
    }

    /// Where a route leads at present: the account's pool, or the house while none of its pools is healthy.
    fn goal(&self, id: SessionId, route: usize) -> Option<Goal> {
        let orders = &self.orders;
        let route = orders.routes.get(route).or_else(|| orders.routes.get(HOUSE))?;
        let account = &orders.accounts[route.account];
        // One rig tries a pool that failed before.
        let tried = || account.pools.iter().find(|entry| self.tries(id, &account.name, entry));
        if let Some(entry) = self.pinned(route).or_else(tried).or_else(|| self.pool_of(route)) {
            return Some(Goal {
                label: route.label.clone(),
                account: account.name.clone(),
                entry: entry.clone(),
            });
        }
        let house = &orders.routes[HOUSE];
        let account = &orders.accounts[house.account];
        let entry = self.pool_of(house)?;
        Some(Goal { label: house.label.clone(), account: account.name.clone(), entry: entry.clone() })
    }

    /// The pool that an operator wants for a route, while it is healthy.
    fn pinned(&self, route: &Route) -> Option<&Arc<PoolEntry>> {
        let account = &self.orders.accounts[route.account];
        let entry = account.pools.get(route.pinned?)?;
        let group = self.groups.get(&(account.name.clone(), entry.pool.clone()))?;
        group.standing.health.is_healthy().then_some(entry)
    }

    /// The pool that gets a route's work now; none while none of its account is healthy. What is done and what is told
    /// go by this.
    pub(super) fn pool_of(&self, route: &Route) -> Option<&Arc<PoolEntry>> {
        let chosen = || {
            let account = &self.orders.accounts[route.account];
            let name = self.choices.get(&account.name)?.as_ref()?;
            account.pools.iter().find(|entry| entry.pool == *name)
        };
        self.pinned(route).or_else(chosen)
    }

    fn wants_own(&self, goal: &Goal, rig: &Arc<str>) -> bool {
        goal.entry.user.is_per_rig()
            && self
                .groups
                .get(&(goal.account.clone(), goal.entry.pool.clone()))
                .is_some_and(|group| group.own_connections || group.refusals.is_apart(rig))
    }

    fn find_attachment(
        &mut self,
        now: Timestamp,
        goal: &Goal,
        rig: &Arc<str>,
        (session, own): (SessionId, Own),
    ) -> Found {
        let key = (goal.account.clone(), goal.entry.pool.clone());
        let alone = self.wants_own(goal, rig);
        let Some(group) = self.groups.get(&key) else { return Found::Later };
        let (mut coming, mut short) = (false, false);
        for id in &group.upstreams {
            let Some(upstream) = self.upstreams.get(id).filter(|u| !u.retired && u.entry == goal.entry)
            else {
                continue;
            };
            let suits = if alone {
                // A shared connection that nobody uses serves the rig that it signed in as.
                upstream.rig.as_ref() == Some(rig)
                    || (upstream.rig.is_none()
                        && upstream.members.is_empty()
                        && *upstream.first_worker() == goal.entry.user.expand(rig))
            } else {
                upstream.rig.is_none()
            };
            if !suits {
                continue;
            }
            if upstream.is_ready() {
                if upstream.is_attached(session, own.geometry, own.value) {
                    return Found::Attachment(*id);
                }
                short |= upstream.too_short(own.geometry);
            } else {
                coming = true;
            }
        }
        if short {
            return Found::TooShort;
        }
        if !coming {
            self.open(now, &goal.account, &goal.entry, alone.then(|| rig.clone()));
        }
        Found::Later
    }

    fn move_to(&mut self, now: Timestamp, id: SessionId, to: UpstreamId, goal: &Goal, out: &mut Vec<Output>) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let own = session.own.expect("an open session has subscribed");
        let before = session.attachment.replace(Attachment { upstream: to, label: goal.label.clone() });
        let (called, subject) = (session.called(), session.subject());
        let known = session.rig().cloned();
        let rig = super::pools::worker_of(session);
        if let Some(upstream) =
            before.as_ref().and_then(|attachment| self.upstreams.get_mut(&attachment.upstream))
        {
            upstream.detach(now, id);
        }
        let user: Arc<str> = goal.entry.user.expand(&rig).into();
        let alone = self.wants_own(goal, &rig);
        if let Some(upstream) = self.upstreams.get_mut(&to) {
            upstream.attachment(id, own.geometry, own.value);
            if alone {
                upstream.rig = Some(rig);
            }
            upstream.authorize(&user, &mut self.to_pool);
        }
        out.extend(self.to_pool.drain(..).map(|message| Output::ToPool(to, message)));
        if let Some(watch) = known.and_then(|rig| self.watches.get_mut(&rig)) {
            let route = self.orders.routes.iter().find(|route| route.label == goal.label);
            watch.restart(now, route.map(|route| route.rule).unwrap_or_default());
        }
        let from = before.map_or_else(|| "nobody".to_owned(), |attachment| attachment.label.to_string());
        let words = match from.as_str() {
            "nobody" => format!("{called} works for {} at {}", goal.label, goal.entry.pool),
            before => {
                format!("{called} works for {} at {}; before, for {before}", goal.label, goal.entry.pool)
            }
        };
        if from != *goal.label {
            out.push(Output::Event(
                Event::new(now, EventKind::RigMoved, subject, words)
                    .with("from", from)
                    .with("to", &goal.label)
                    .with("pool", &goal.entry.pool)
                    .with("epoch", self.orders.epoch),
            ));
        }
        self.hand_out(now, id, true, out);
    }

    /// Gives a session a new piece of its connection's present job. Every one is work that the miner never
    /// had, and its difficulty is told right before it.
    pub(super) fn hand_out(&mut self, now: Timestamp, id: SessionId, clean: bool, out: &mut Vec<Output>) {
        let Some(session) = self.sessions.get_mut(&id).filter(|session| session.is_open()) else { return };
        let (Some(attachment), Some(own)) = (session.attachment.clone(), session.own) else { return };
        let Some(upstream) = self.upstreams.get_mut(&attachment.upstream).filter(|u| u.is_ready()) else {
            return;
        };
        let Some(job) = upstream.job().cloned() else { return };
        let work = (job.id, job.extranonce_2_size);
        let Some(piece) = self.duplicates.cut(now, work, (own.geometry, own.value), TIME_AHEAD_MAX) else {
            // The job is used up for this miner, or its shape no longer fits: another one helps, or a move.
            if upstream.too_short(own.geometry) {
                self.unplaced.insert(id);
            }
            return;
        };
        let mask = session.mask.unwrap_or(0) & job.mask;
        if session.mask.is_some() && mask != session.mask_told {
            session.mask_told = mask;
            out.push(Output::ToMiner(id, ToMiner::SetVersionMask(mask)));
        }
        // A share that the pool would count must never be held back by a harder target here.
        let difficulty = session.vardiff.difficulty().min(job.difficulty);
        if session.difficulty_told != Some(difficulty) {
            session.difficulty_told = Some(difficulty);
            out.push(Output::ToMiner(id, ToMiner::SetDifficulty(difficulty)));
        }
        if let Some(rig) = session.rig()
            && let Some(order) = self.orders.rigs.get(rig)
            && let Some(watch) = self.watches.get_mut(rig)
        {
            watch.expect(now, order.hashrate / difficulty.hashes(job.algorithm));
        }
        let next = session.jobs.next_id();
        let given = MinerJob::new(
            next,
            job.clone(),
            piece,
            (own.geometry, own.bytes()),
            difficulty,
            mask,
            attachment.label,
            now,
        );
        out.push(Output::ToMiner(
            id,
            ToMiner::Notify(Notify {
                id: next,
                work: job.work.clone(),
                filler: piece.filler().into(),
                time: given.time(),
                clean,
            }),
        ));
        session.jobs.push(given, clean);
        self.arm(id);
    }

    /// The fallbacks for a pool whose extranonce 2 is too short to fold for this miner: a new extranonce
    /// where the miner takes one, else a new connection. False where neither helps now.
    fn change_shape(&mut self, now: Timestamp, id: SessionId, out: &mut Vec<Output>) -> bool {
        let Some(session) = self.sessions.get_mut(&id) else { return false };
        if session.own.is_some_and(|own| own.geometry == SMALL) || !takes_small(&session.agent) {
            return false;
        }
        let rig = session.called();
        let (kind, words) = if session.takes_extranonce {
            session.own = Some(Own { geometry: SMALL, value: 0 });
            out.push(Output::ToMiner(
                id,
                ToMiner::SetExtranonce { extranonce_1: Vec::new(), extranonce_2_size: SMALL.rolled },
            ));
            (
                EventKind::RigExtranonceChanged,
                "gets another extranonce, because its next pool leaves too little room",
            )
        } else {
            // One that came back in its old shape would come back so for ever.
            let before = self.reshapes.iter().find(|asked| asked.rig == rig);
            if before.is_some_and(|asked| now < asked.again_at()) {
                return false;
            }
            let times = before.map_or(0, |asked| asked.times).saturating_add(1);
            self.reshapes
                .retain(|asked| asked.rig != rig && now.since(asked.again_at()) <= RESHAPE_AGAIN_MAX);
            if self.reshapes.len() >= RESHAPES_MAX {
                self.reshapes.pop_front();
            }
            self.reshapes.push_back(Reshape {
                at: now,
                rig,
                address: session.address.ip(),
                resume: session.resume.clone(),
                resumed: session.resumed.clone(),
                came: None,
                taken: false,
                times,
            });
            out.push(Output::ToMiner(id, ToMiner::Reconnect));
            session.close_at = Some(now + RECONNECT_GRACE);
            (EventKind::RigReconnected, "must reconnect, because its next pool leaves too little room")
        };
        let (name, subject) = (session.called(), session.subject());
        if let Some(upstream) =
            session.attachment.take().and_then(|attachment| self.upstreams.get_mut(&attachment.upstream))
        {
            upstream.detach(now, id);
        }
        self.arm(id);
        out.push(Output::Event(Event::new(now, kind, subject, format!("{name} {words}"))));
        true
    }
}
