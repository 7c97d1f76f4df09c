//! Answers to miners: the handshake, who they are, and the habits of firmware.

use std::sync::Arc;
use std::time::Duration;

use stratum::extranonce::Geometry;
use stratum::peer::{Configure, FromMiner, Request, RequestId, ToMiner};
use stratum::work::{Difficulty, Reason};

use super::placing::SMALL;
use super::{Exchange, Output, RESHAPE_MAX, service_changed};
use crate::event::{Event, Severity};
use crate::id::SessionId;
use crate::orders::{HOUSE, QUARANTINE, Unknown};
use crate::rig::{Rule, Watch};
use crate::session::{Identity, Own, first_difficulty, geometry_for};
use crate::time::Timestamp;

/// Most names that one connection may authorize.
const USERS_MAX: usize = 8;
/// A connection that says nothing for this long gives its rig's name up to another one,
const SILENT_MAX: Duration = Duration::from_secs(60);
/// or after this, when the other comes from the same address.
const SILENT_MAX_SAME_ADDRESS: Duration = Duration::from_secs(10);

impl Exchange {
    /// A miner said something.
    pub fn on_miner(&mut self, now: Timestamp, id: SessionId, request: Request, out: &mut Vec<Output>) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.heard = now;
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
                    session.vardiff.restart(now, difficulty);
                    out.push(say(ToMiner::Done { id: request.id }));
                    if session.seat.is_some() {
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
            FromMiner::MultiVersion => out.push(say(ToMiner::Done { id: request.id })),
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
        session.close_at = Some(now + Duration::from_secs(3600));
        let name = session.booked_as();
        out.push(Output::Event(
            Event::new(
                now,
                "miner-dismissed",
                Severity::Warning,
                format!("rig/{name}"),
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
        let small = self.comes_for_a_smaller_shape(now, id, resume);
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if let Some(agent) = agent {
            session.agent = stratum::v1::message::words(&agent).into();
        }
        if session.own.is_none() {
            // A pool with a shorter extranonce is left to the fallbacks; the miner starts on what fits most.
            let geometry = geometry_for(&session.agent, upstream_min).unwrap_or(Geometry::DEFAULT);
            let own = small
                .then_some(Own { geometry: SMALL, value: 0 })
                .or_else(|| resumed(resume?, secret).filter(|own| own.geometry == geometry))
                .unwrap_or_else(|| {
                    let next = self.next_own.entry(geometry.fixed).or_default();
                    *next += 1;
                    let space = 1u64 << (8 * u32::from(geometry.fixed));
                    Own { geometry, value: *next % space }
                });
            session.own = Some(own);
            session.resume = resume_name(id, own, secret);
        }
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
    }

    /// Whether this miner was asked to connect again for its next pool's sake. It may name the session that
    /// it had; one that names none is known by its address.
    fn comes_for_a_smaller_shape(&mut self, now: Timestamp, id: SessionId, resume: Option<&str>) -> bool {
        let Some(address) = self.sessions.get(&id).map(|session| session.address.ip()) else { return false };
        let asked = self.reshapes.iter_mut().find(|asked| {
            !asked.came
                && now.since(asked.at) <= RESHAPE_MAX
                && resume.map_or(asked.address == address, |name| name == asked.resume)
        });
        let Some(asked) = asked else { return false };
        asked.came = true;
        true
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
        let user: Arc<str> = stratum::v1::message::words(user.trim()).into();
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
                    "rig-refused",
                    Severity::Warning,
                    format!("rig/{user}"),
                    format!("{user} from {address} is not in the farm file"),
                )
                .with("address", address),
            ));
            return self.on_bad_request(now, id, out);
        }
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
        let (identity, other) = match known {
            None => (Identity::Stranger, None),
            Some(rig) => match self.by_rig.get(&rig).copied().filter(|other| *other != id) {
                None => (Identity::Rig(rig), None),
                Some(other) if self.gives_way(now, other, id) => (Identity::Rig(rig), Some(other)),
                Some(other) => {
                    let first = self.sessions[&other].address;
                    let second = self.sessions[&id].address;
                    out.push(Output::Event(
                        Event::new(
                            now,
                            "rig-cloned",
                            Severity::Warning,
                            format!("rig/{rig}"),
                            format!("{rig} is sent from two addresses: {first} and, quarantined, {second}"),
                        )
                        .with("first", first)
                        .with("second", second),
                    ));
                    (Identity::Clone(rig), None)
                }
            },
        };
        if let Some(other) = other {
            // The old connection is dead without having said so.
            if let Some(old) = self.sessions.get_mut(&other) {
                old.identity = Identity::Unknown;
            }
            out.push(Output::CloseMiner(other, "replaced by a newer connection of the same rig"));
        }
        if let Identity::Rig(rig) = &identity {
            self.by_rig.insert(rig.clone(), id);
            let order = self.orders.rigs.get(rig);
            let watch = self.watches.entry(rig.clone()).or_insert_with(|| Watch::new(now, Rule::default()));
            watch.excuse(order.is_some_and(|order| order.excused));
            if order.is_some_and(|order| order.parked) {
                watch.set_aside(now);
            }
            if let Some(before) = watch.reconnect(now, Rule::default()) {
                out.extend(service_changed(now, rig, before, watch));
            }
        }
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.identity = identity;
        let start = match session.rig().and_then(|rig| self.orders.rigs.get(rig)) {
            Some(order) => Difficulty::new(order.hashrate * 60.0 / self.orders.per_minute / 4_295_032_833.0),
            None => session.difficulty_asked,
        };
        let start = start.unwrap_or_else(|| first_difficulty(&session.agent));
        let mut vardiff = crate::session::vardiff::Vardiff::new(now, start, self.orders.per_minute);
        if session.vardiff.difficulty().get() > start.get() && session.difficulty_asked.is_none() {
            // A minimum asked for in configure outlives the introduction.
            if session.vardiff.difficulty().get() > 1.0 {
                vardiff.at_least(session.vardiff.difficulty());
            }
        }
        session.vardiff = vardiff;
        session.meter.restart(now);
        let (kind, severity, words) = match &session.identity {
            Identity::Rig(_) => ("rig-connected", Severity::Info, "connected"),
            Identity::Stranger => ("rig-quarantined", Severity::Warning, "is not in the farm file"),
            Identity::Clone(_) | Identity::Unknown => ("", Severity::Info, ""),
        };
        let is_parked = session.rig().is_some_and(|rig| self.orders.is_parked(rig));
        if !kind.is_empty() && !is_parked {
            let name = session.booked_as();
            out.push(Output::Event(
                Event::new(
                    now,
                    kind,
                    severity,
                    format!("rig/{name}"),
                    format!("{name} {words} ({}, {})", session.address, session.agent),
                )
                .with("address", session.address)
                .with("agent", &session.agent),
            ));
        }
        self.route(now, id);
    }

    /// Whether a connection gives its rig's name up to `newer`.
    fn gives_way(&self, now: Timestamp, older: SessionId, newer: SessionId) -> bool {
        let (Some(older), Some(newer)) = (self.sessions.get(&older), self.sessions.get(&newer)) else {
            return true;
        };
        let same = older.address.ip() == newer.address.ip();
        now.since(older.heard) > if same { SILENT_MAX_SAME_ADDRESS } else { SILENT_MAX }
    }

    /// A rig's connection is gone: a quarantined one with its name, if any, takes its place.
    pub(super) fn promote_clone(&mut self, now: Timestamp, rig: &Arc<str>, out: &mut Vec<Output>) {
        let heir = self
            .sessions
            .iter()
            .find(|(_, session)| session.identity == Identity::Clone(rig.clone()))
            .map(|(id, _)| *id);
        if let Some(id) = heir {
            self.introduce(now, id, Some(rig.clone()), out);
        }
    }

    /// Quarantined connections take over from ones that have fallen silent.
    pub(super) fn promote_silent_clones(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        let due: Vec<(SessionId, Arc<str>)> = self
            .sessions
            .iter()
            .filter_map(|(id, session)| match &session.identity {
                Identity::Clone(rig) => {
                    let older = self.by_rig.get(rig)?;
                    self.gives_way(now, *older, *id).then(|| (*id, rig.clone()))
                }
                _ => None,
            })
            .collect();
        for (id, rig) in due {
            self.introduce(now, id, Some(rig), out);
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
            (Identity::Rig(rig) | Identity::Clone(rig), Some(known)) => rig == known,
            (Identity::Stranger, None) => true,
            _ => false,
        };
        if same {
            self.route(now, id);
            return;
        }
        if let Identity::Rig(rig) = &session.identity {
            let rig = rig.clone();
            self.by_rig.remove(&rig);
        }
        if known.is_none() && self.orders.unknown == Unknown::Reject {
            out.push(Output::CloseMiner(id, "no longer in the farm file"));
            return;
        }
        self.introduce(now, id, known, out);
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
    }

    /// The shortest extranonce 2 of the pools that a miner may visit, as far as they are known.
    fn extranonce_2_min(&self) -> usize {
        let wanted =
            self.orders.accounts.iter().flat_map(|account| {
                account.pools.iter().map(|entry| (account.name.clone(), entry.pool.clone()))
            });
        wanted
            .map(|key| self.groups.get(&key).and_then(|group| group.extranonce_2_min).unwrap_or(4))
            .filter(|size| *size >= 4)
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
        difficulty: f64,
        out: &mut Vec<Output>,
    ) {
        out.push(Output::ToMiner(id, ToMiner::Rejected { id: request, reason }));
        self.count_rejected(now, id, reason, difficulty);
        self.on_bad_request(now, id, out);
    }
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
    let hash = stratum::work::algorithm::double_sha256(&bytes);
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
