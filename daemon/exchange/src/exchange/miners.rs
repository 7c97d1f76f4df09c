//! Answers to miners: the handshake, who they are, and the habits of firmware.

use std::sync::Arc;

use stratum::extranonce::Geometry;
use stratum::peer::{Configure, FromMiner, Request, RequestId, ToMiner};
use stratum::work::{Difficulty, Reason};

use super::placing::SMALL;
use super::{Exchange, Output, RESHAPE_MAX, service_changed};
use crate::event::{Event, EventKind};
use crate::id::SessionId;
use crate::orders::{HOUSE, QUARANTINE, Unknown};
use crate::session::{Identity, Own, first_difficulty, geometry_for, takes_small};
use crate::time::Timestamp;
use crate::watch::{Rule, Watch};
use crate::work::Work;

/// Most names that one connection may authorize.
const USERS_MAX: usize = 8;
impl Exchange {
    /// A miner said something.
    pub fn on_miner(&mut self, now: Timestamp, id: SessionId, request: Request, out: &mut Vec<Output>) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.heard = now;
        self.answer(now, id, request, out);
        self.arm(id);
    }

    fn answer(&mut self, now: Timestamp, id: SessionId, request: Request, out: &mut Vec<Output>) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let say = |message| Output::ToMiner(id, message);
        match request.ask {
            FromMiner::Submit { user, job, share } => {
                self.on_share(now, id, request.id, &user, &job, share, out);
            }
            FromMiner::Configure(asked) => self.on_configure(id, request.id, asked, out),
            FromMiner::Subscribe { agent, session } => {
                self.on_subscribe(now, id, request.id, agent, session.as_deref(), out);
            }
            FromMiner::Authorize { user, password } => {
                self.on_authorize(now, id, request.id, &user, &password, out);
            }
            FromMiner::SuggestDifficulty(difficulty) => {
                // A rig of the farm file is known better than it knows itself.
                if session.rig().is_none() && session.difficulty_asked.is_none() {
                    session.difficulty_asked = Some(difficulty);
                    session.vardiff.restart(now, difficulty.max(stranger_min()));
                    out.push(say(ToMiner::Done { id: request.id }));
                    if session.attachment.is_some() {
                        self.hand_out(now, id, false, out);
                    }
                } else {
                    out.push(say(ToMiner::Done { id: request.id }));
                }
            }
            FromMiner::SubscribeExtranonce => {
                session.takes_extranonce = true;
                out.push(say(ToMiner::Done { id: request.id }));
            }
            FromMiner::GetTransactions => {
                out.push(say(ToMiner::Refused { id: request.id, code: 20, text: "Not supported." }));
            }
            FromMiner::Noted => out.push(say(ToMiner::Done { id: request.id })),
            FromMiner::Notice => {}
            FromMiner::Unknown { .. } => {
                out.push(say(ToMiner::Refused { id: request.id, code: 20, text: "Unknown method" }));
                self.on_bad_request(now, id, out);
            }
        }
    }

    /// A miner sent something that is no request at all.
    pub fn on_bad_line(&mut self, now: Timestamp, id: SessionId, out: &mut Vec<Output>) {
        out.push(Output::ToMiner(
            id,
            ToMiner::Refused { id: RequestId::null(), code: 20, text: "Not a JSON-RPC line" },
        ));
        self.on_bad_request(now, id, out);
    }

    /// Takes note of a bad request, and closes the connection when there were too many.
    pub(super) fn on_bad_request(&mut self, now: Timestamp, id: SessionId, out: &mut Vec<Output>) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if session.forgive(now) || session.close_at.is_some() {
            return;
        }
        session.dismiss(now);
        out.push(Output::Event(
            Event::new(
                now,
                EventKind::MinerDismissed,
                session.subject(),
                format!("{} sent too many bad requests", session.address),
            )
            .with("address", session.address),
        ));
        out.push(Output::CloseMiner(id, "too many bad requests"));
    }

    fn on_configure(&mut self, id: SessionId, request: RequestId, asked: Configure, out: &mut Vec<Output>) {
        let grantable = self.grantable_mask();
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let granted = asked.version_mask.map(|mask| mask & grantable).filter(|mask| *mask != 0);
        if asked.version_mask.is_some() {
            session.mask = granted;
            session.mask_told = granted.unwrap_or(0);
        }
        session.takes_extranonce |= asked.extranonce;
        if let Some(least) = asked.difficulty_min.and_then(Difficulty::new) {
            session.vardiff.at_least(least);
        }
        out.push(Output::ToMiner(id, ToMiner::Configured { id: request, asked, version_mask: granted }));
    }

    fn on_subscribe(
        &mut self,
        now: Timestamp,
        id: SessionId,
        request: RequestId,
        agent: Option<String>,
        resume: Option<&str>,
        out: &mut Vec<Output>,
    ) {
        let upstream_min = self.extranonce_2_min();
        let secret = self.secret;
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if let Some(agent) = agent {
            session.agent = stratum::text::words(&agent).into();
        }
        let may_be_small = session.own.is_none() && takes_small(&session.agent);
        let small = may_be_small && self.comes_for_a_smaller_shape(now, id, resume);
        // Whoever had the small shape has it again while there is a pool that asks for it.
        let stays_small =
            may_be_small && self.groups.values().any(|group| group.extranonce_2_min.is_some_and(is_small));
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.resumed = resume.filter(|name| resumed(name, secret).is_some()).map(Into::into);
        if session.own.is_none() {
            // A pool with a shorter extranonce is left to the fallbacks; the miner starts on what fits most.
            let geometry = geometry_for(&session.agent, upstream_min).unwrap_or(Geometry::DEFAULT);
            let own = small
                .then_some(Own { geometry: SMALL, value: 0 })
                .or_else(|| {
                    resumed(resume?, secret)
                        .filter(|own| own.geometry == geometry || (stays_small && own.geometry == SMALL))
                })
                .unwrap_or_else(|| {
                    let next = self.next_own.entry(geometry.fixed).or_default();
                    *next += 1;
                    let space = 1u64 << (8 * u32::from(geometry.fixed));
                    Own { geometry, value: *next % space }
                });
            session.own = Some(own);
            session.resume = resume_name(id, own, secret);
        }
        // It starts afresh, and has forgotten the job that it had.
        let starts_afresh = session.attachment.is_some();
        let own = session.own.expect("set above");
        let bytes = own.bytes();
        out.push(Output::ToMiner(
            id,
            ToMiner::Subscribed {
                id: request,
                session: session.resume.clone(),
                extranonce_1: bytes[..usize::from(own.geometry.fixed)].to_vec(),
                extranonce_2_size: own.geometry.rolled,
            },
        ));
        if session.is_open() {
            self.unplaced.insert(id);
            self.place(now, out);
        }
        if starts_afresh && self.sessions.get(&id).is_some_and(|session| session.attachment.is_some()) {
            self.hand_out(now, id, true, out);
        }
    }

    /// Whether this miner was asked to connect again for its next pool's sake. It may name the session that
    /// it had; one that names none of ours is known by its address.
    fn comes_for_a_smaller_shape(&mut self, now: Timestamp, id: SessionId, resume: Option<&str>) -> bool {
        let Some(address) = self.sessions.get(&id).map(|session| session.address.ip()) else { return false };
        let is_ours = resume.is_some_and(|name| resumed(name, self.secret).is_some());
        let asked = self.reshapes.iter_mut().find(|asked| match resume.filter(|_| is_ours) {
            Some(name) => {
                now.since(asked.at) <= RESHAPE_MAX
                    && (name == asked.resume || asked.resumed.as_deref() == Some(name))
            }
            None => asked.is_awaited(now) && asked.address == address,
        });
        let Some(asked) = asked else { return false };
        asked.came = Some(id);
        true
    }

    /// Who came for the shape that was kept for another one behind the same address leaves it to be asked again.
    fn give_back_shape(&mut self, id: SessionId) {
        let Some(session) = self.sessions.get(&id) else { return };
        let name = match &session.identity {
            Identity::Rig(rig) | Identity::Clone(rig) => rig,
            Identity::Stranger | Identity::Unknown => &session.user,
        };
        if let Some(asked) =
            self.reshapes.iter_mut().find(|asked| asked.came == Some(id) && asked.rig != *name)
        {
            (asked.came, asked.taken) = (None, true);
        }
    }

    fn on_authorize(
        &mut self,
        now: Timestamp,
        id: SessionId,
        request: RequestId,
        user: &str,
        password: &str,
        out: &mut Vec<Output>,
    ) {
        let refuse = |request, text| Output::ToMiner(id, ToMiner::Refused { id: request, code: 24, text });
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let user: Arc<str> = stratum::text::words(user.trim()).into();
        if user.is_empty() {
            out.push(refuse(request, "A worker name is needed"));
            return self.on_bad_request(now, id, out);
        }
        if session.users.contains(&user) {
            out.push(Output::ToMiner(id, ToMiner::Done { id: request }));
            return;
        }
        if session.users.len() >= USERS_MAX {
            out.push(refuse(request, "Too many workers on one connection"));
            return self.on_bad_request(now, id, out);
        }
        let address = session.address;
        let known = self.orders.identify(&user, password, address.ip());
        if known.is_none() && self.orders.unknown == Unknown::Reject {
            out.push(refuse(request, "This worker is not in the farm file"));
            out.push(Output::Event(
                Event::new(
                    now,
                    EventKind::RigRefused,
                    session.subject(),
                    format!("{user} from {address} is not in the farm file"),
                )
                .with("address", address),
            ));
            return self.on_bad_request(now, id, out);
        }
        if let (Some(other), Some(rig)) = (&known, session.rig())
            && other != rig
        {
            out.push(refuse(request, "Another rig uses this connection: open a separate one for this rig"));
            let words = format!(
                "{other} authorizes on the connection of {rig}, where their shares could not be told apart"
            );
            let event = Event::new(now, EventKind::RigSharesConnection, format!("rig/{other}"), words);
            out.push(Output::Event(event.with("address", address).with("rig", rig)));
            return;
        }
        session.users.reserve_exact(1);
        session.users.push(user.clone());
        out.push(Output::ToMiner(id, ToMiner::Done { id: request }));
        if session.identity != Identity::Unknown {
            return;
        }
        session.user = user;
        session.password = password.into();
        if let Some(asked) = option(password, &["d", "diff"]) {
            session.difficulty_asked.get_or_insert(asked);
        }
        if let Some(least) = option(password, &["md"]) {
            session.vardiff.at_least(least);
        }
        self.introduce(now, id, known, out);
        self.place(now, out);
    }

    /// Decides who a connection is and where it belongs.
    fn introduce(&mut self, now: Timestamp, id: SessionId, known: Option<Arc<str>>, out: &mut Vec<Output>) {
        self.forget_identity(now, id);
        let (identity, other) = match known {
            None => (Identity::Stranger, None),
            Some(rig) => match self.by_rig.get(&rig).copied() {
                None => (Identity::Rig(rig), None),
                Some(other) if self.gives_way(now, other, id) => (Identity::Rig(rig), Some(other)),
                Some(_) => (Identity::Clone(rig), None),
            },
        };
        if let Some(other) = other {
            self.forget_identity(now, other);
            self.dismiss(now, other);
            out.push(Output::CloseMiner(other, "replaced by another connection of the same rig"));
        }
        if let Identity::Clone(rig) = &identity {
            self.clones.entry(rig.clone()).or_default().insert(id);
            self.tell_clone(now, &rig.clone(), id, out);
        }
        let is_without_work = matches!(&identity, Identity::Rig(rig) if self.is_without_work(rig));
        if let Identity::Rig(rig) = &identity {
            self.by_rig.insert(rig.clone(), id);
            let order = self.orders.rigs.get(rig);
            let watch =
                self.watches.entry(rig.clone()).or_insert_with(|| Box::new(Watch::new(now, Rule::default())));
            watch.excuse(order.is_some_and(|order| order.excused));
            if self.sessions.get(&id).is_none_or(|session| session.jobs.newest().is_none()) {
                // Nothing can come of it before it is given work.
                watch.expect(now, 0.0);
            }
            if is_without_work {
                watch.set_aside(now);
            }
            if let Some(before) = watch.reconnect(now, Rule::default()) {
                out.extend(service_changed(now, rig, before, watch));
            }
        }
        let is_stranger = !matches!(identity, Identity::Rig(_));
        if is_stranger {
            self.strangers.enter(now, id);
        }
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.identity = identity;
        self.give_back_shape(id);
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let start = match session.rig().and_then(|rig| self.orders.rigs.get(rig)) {
            Some(order) => Difficulty::new(order.hashrate * 60.0 / self.orders.per_minute / 4_295_032_833.0),
            None => session.difficulty_asked.map(|asked| asked.max(stranger_min())),
        };
        let start = start.unwrap_or_else(|| first_difficulty(&session.agent));
        let mut vardiff = crate::session::vardiff::Vardiff::new(now, start, self.orders.per_minute);
        if is_stranger {
            vardiff.at_least(stranger_min());
        }
        if session.vardiff.difficulty().get() > start.get() && session.difficulty_asked.is_none() {
            // A minimum asked for in configure outlives the introduction.
            if session.vardiff.difficulty().get() > 1.0 {
                vardiff.at_least(session.vardiff.difficulty());
            }
        }
        session.vardiff = vardiff;
        session.meter.restart(now);
        let told = match &session.identity {
            Identity::Rig(_) => Some((EventKind::RigConnected, "connected")),
            Identity::Stranger => Some((EventKind::RigQuarantined, "is not in the farm file")),
            Identity::Clone(_) | Identity::Unknown => None,
        };
        if let Some((kind, words)) = told.filter(|_| !is_without_work) {
            let name = session.called();
            out.push(Output::Event(
                Event::new(
                    now,
                    kind,
                    session.subject(),
                    format!("{name} {words} ({}, {})", session.address, session.agent),
                )
                .with("address", session.address)
                .with("agent", &session.agent),
            ));
        }
        self.route(now, id);
    }

    /// A connection is told to go, and is looked at no more.
    fn dismiss(&mut self, now: Timestamp, id: SessionId) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.dismiss(now);
        }
    }

    /// A connection is nobody any more: whatever names it is taken out. Says which rig's name it held.
    pub(super) fn forget_identity(&mut self, now: Timestamp, id: SessionId) -> Option<Arc<str>> {
        let session = self.sessions.get_mut(&id)?;
        self.strangers.leave(id);
        match std::mem::replace(&mut session.identity, Identity::Unknown) {
            Identity::Rig(rig) => {
                self.by_rig.remove(&rig);
                if let Some(watch) = self.watches.get_mut(&rig) {
                    watch.disconnect(now);
                }
                Some(rig)
            }
            Identity::Clone(rig) => {
                if let Some(ids) = self.clones.get_mut(&rig) {
                    ids.remove(&id);
                    if ids.is_empty() {
                        self.clones.remove(&rig);
                    }
                }
                None
            }
            Identity::Stranger | Identity::Unknown => None,
        }
    }

    /// Says that a rig's name comes from two connections.
    fn tell_clone(&mut self, now: Timestamp, rig: &Arc<str>, id: SessionId, out: &mut Vec<Output>) {
        let Some(first) = self.by_rig.get(rig).and_then(|first| self.sessions.get(first)) else { return };
        let second = &self.sessions[&id];
        let both = first.works(now, self.orders.per_minute) && second.accepted > 0;
        let words = if both { "both submit good shares; the first keeps the name until" } else { "until" };
        let (first, second) = (first.address, second.address);
        out.push(Output::Event(
            Event::new(
                now,
                EventKind::RigCloned,
                format!("rig/{rig}"),
                format!(
                    "{rig} is sent from two connections: {first} and, quarantined, {second}; {words} `identify` \
                     tells them apart"
                ),
            )
            .with("first", first)
            .with("second", second)
            .with("both_work", both),
        ));
    }

    /// Whether a connection gives its rig's name up to `newer`. Work beats talk: who sends good shares keeps the
    /// name, and who takes it has sent some. One that takes up the very session of the older one is the same
    /// machine: only that was told the session's name.
    fn gives_way(&self, now: Timestamp, older: SessionId, newer: SessionId) -> bool {
        let (Some(older), Some(newer)) = (self.sessions.get(&older), self.sessions.get(&newer)) else {
            return true;
        };
        if newer.resumed.as_deref().is_some_and(|name| name == older.resume) {
            return true;
        }
        // It was asked to go and connect again, and has done the second first.
        if older.close_at.is_some() && older.address.ip() == newer.address.ip() {
            return true;
        }
        newer.works(now, self.orders.per_minute) && !older.works(now, self.orders.per_minute)
    }

    /// A rig's name is free: a quarantined connection that claims it, if any, takes it; one that works first.
    pub(super) fn promote_clone(&mut self, now: Timestamp, rig: &Arc<str>, out: &mut Vec<Output>) {
        if self.by_rig.contains_key(rig) {
            return;
        }
        let heir = self.clones.get(rig).and_then(|ids| {
            ids.iter().copied().max_by_key(|id| {
                (self.sessions.get(id).and_then(|session| session.last_share), std::cmp::Reverse(*id))
            })
        });
        if let Some(id) = heir {
            self.introduce(now, id, Some(rig.clone()), out);
        }
    }

    /// Quarantined connections that work take over from ones that do not.
    pub(super) fn promote_silent_clones(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        let due: Vec<(SessionId, Arc<str>)> = self
            .clones
            .iter()
            .filter_map(|(rig, ids)| {
                let older = self.by_rig.get(rig)?;
                let able = ids.iter().copied().filter(|id| self.gives_way(now, *older, *id));
                let address = self.sessions.get(older).map(|session| session.address.ip());
                let heir = able
                    .max_by(|a, b| self.claim(now, *a, address).total_cmp(&self.claim(now, *b, address)))?;
                Some((heir, rig.clone()))
            })
            .collect();
        for (id, rig) in due {
            self.introduce(now, id, Some(rig), out);
        }
    }

    /// How good a claim to a rig's name is: the work that it does, and twice that from the address where the rig was.
    fn claim(&self, now: Timestamp, id: SessionId, address: Option<std::net::IpAddr>) -> f64 {
        let Some(session) = self.sessions.get(&id) else { return 0.0 };
        let rate = session.work.hashes() / now.since(session.since).as_secs_f64().max(1.0);
        if Some(session.address.ip()) == address { 2.0 * rate } else { rate }
    }

    /// A clone's first good share: the one that has the name may work as well, and then somebody should know.
    pub(super) fn on_clones_first_share(&mut self, now: Timestamp, id: SessionId, out: &mut Vec<Output>) {
        let Some(Identity::Clone(rig)) = self.sessions.get(&id).map(|session| session.identity.clone())
        else {
            return;
        };
        let first = self.by_rig.get(&rig).and_then(|first| self.sessions.get(first));
        if first.is_some_and(|first| first.works(now, self.orders.per_minute)) {
            self.tell_clone(now, &rig, id, out);
        }
    }

    /// New orders: who is this now, and where does it belong?
    pub(super) fn reconsider(&mut self, now: Timestamp, id: SessionId, out: &mut Vec<Output>) {
        let Some(session) = self.sessions.get(&id) else { return };
        if session.identity == Identity::Unknown {
            return;
        }
        let known = self.orders.identify(&session.user, &session.password, session.address.ip());
        let same = match (&session.identity, &known) {
            (Identity::Rig(rig), Some(known)) => rig == known,
            (Identity::Clone(rig), Some(known)) => rig == known && self.by_rig.contains_key(rig),
            (Identity::Stranger, None) => true,
            _ => false,
        };
        if same {
            self.route(now, id);
            return;
        }
        let freed = self.forget_identity(now, id);
        if known.is_none() && self.orders.unknown == Unknown::Reject {
            self.dismiss(now, id);
            out.push(Output::CloseMiner(id, "no longer in the farm file"));
        } else {
            self.introduce(now, id, known, out);
        }
        if let Some(rig) = freed {
            self.promote_clone(now, &rig, out);
        }
    }

    /// Looks up where a session should be; notes it when it is not there.
    fn route(&mut self, now: Timestamp, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.route = match &session.identity {
            Identity::Rig(rig) => self.orders.rigs.get(rig).map_or(QUARANTINE, |order| order.route),
            Identity::Stranger if self.orders.unknown == Unknown::House => HOUSE,
            _ => QUARANTINE,
        };
        let parked = match &session.identity {
            // Another connection of that name may be the same machine.
            Identity::Rig(rig) | Identity::Clone(rig) => self.orders.is_parked(rig),
            Identity::Stranger | Identity::Unknown => false,
        };
        if session.parked != parked {
            session.parked = parked;
            session.kept_at = now;
            session.vardiff.hold(now);
        }
        if session.is_open() {
            self.unplaced.insert(id);
        }
        self.arm(id);
    }

    /// The shortest extranonce 2 of the pools that a miner may visit, as far as they are known.
    fn extranonce_2_min(&self) -> usize {
        let wanted =
            self.orders.accounts.iter().flat_map(|account| {
                account.pools.iter().map(|entry| (account.name.clone(), entry.pool.clone()))
            });
        wanted
            .map(|key| self.groups.get(&key).and_then(|group| group.extranonce_2_min).unwrap_or(4))
            // One that left three bytes may leave four next.
            .map(|size| size.max(4))
            .min()
            .unwrap_or(4)
    }

    /// Rejects a request about a share.
    pub(super) fn reject(
        &mut self,
        now: Timestamp,
        id: SessionId,
        request: RequestId,
        reason: Reason,
        work: Work,
        out: &mut Vec<Output>,
    ) {
        out.push(Output::ToMiner(id, ToMiner::Rejected { id: request, reason }));
        self.count_rejected(now, id, reason, work, out);
        self.on_bad_request(now, id, out);
    }
}

/// Such an extranonce 2 holds nothing but what the one miner on the connection rolls.
fn is_small(extranonce_2: usize) -> bool {
    extranonce_2 == SMALL.size()
}

fn stranger_min() -> Difficulty {
    Difficulty::new(super::strangers::DIFFICULTY_MIN).expect("it is positive")
}

/// `key=value` fields of a password, split by commas or semicolons.
fn option(password: &str, keys: &[&str]) -> Option<Difficulty> {
    password
        .split([',', ';'])
        .filter_map(|field| field.split_once('='))
        .find(|(key, _)| keys.contains(&key.trim()))
        .and_then(|(_, value)| Difficulty::new(value.trim().parse().ok()?))
}

/// Name under which a session's own part can be had again: the part itself, sealed so that nobody can
/// write such a name without having been given it.
fn resume_name(id: SessionId, own: Own, secret: u64) -> String {
    let plain =
        format!("{:016x}{:02x}{:02x}{:08x}", id.0, own.geometry.fixed, own.geometry.rolled, own.value);
    format!("{plain}{:016x}", seal(&plain, secret))
}

fn resumed(name: &str, secret: u64) -> Option<Own> {
    let (plain, sealed) = name.split_at_checked(28)?;
    if sealed.len() != 16 || u64::from_str_radix(sealed, 16).ok()? != seal(plain, secret) {
        return None;
    }
    let part = |from: usize, to: usize| u64::from_str_radix(plain.get(from..to)?, 16).ok();
    let geometry = Geometry { fixed: part(16, 18)? as u8, rolled: part(18, 20)? as u8 };
    Some(Own { geometry, value: part(20, 28)? })
}

/// The first eight bytes of a hash over the secret and the text.
fn seal(text: &str, secret: u64) -> u64 {
    let mut bytes = secret.to_le_bytes().to_vec();
    bytes.extend(text.as_bytes());
    let hash = stratum::digest(&bytes);
    u64::from_le_bytes(hash[..8].try_into().expect("eight bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_name_gives_back_its_own_part_and_cannot_be_made_up() {
        let own = Own { geometry: Geometry::DEFAULT, value: 0x42 };
        let name = resume_name(SessionId(7), own, 99);
        assert_eq!(resumed(&name, 99), Some(own));
        assert_eq!(resumed(&name, 98), None);
        assert_eq!(resumed(&name.replace("42", "43"), 99), None);
        for bad in ["", "x", "ae6812eb4cd7735a302a8a9dd95cf71f", &"ä".repeat(22)] {
            assert_eq!(resumed(bad, 99), None, "{bad}");
        }
    }

    #[test]
    fn passwords_may_carry_a_difficulty() {
        let read = |password| option(password, &["d", "diff"]).map(Difficulty::get);
        assert_eq!(read("d=500000"), Some(500_000.0));
        assert_eq!(read("x;diff=0.5"), Some(0.5));
        for none in ["x", "123", "", "d=", "d=-1", "id=5"] {
            assert_eq!(read(none), None, "{none}");
        }
    }
}
