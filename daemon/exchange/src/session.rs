//! One miner's conversation: what was agreed, which jobs it holds, and how its work is going. The
//! exchange drives it; what it may ask of pools is not known here.

pub mod jobs;
pub mod vardiff;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use stratum::extranonce::Geometry;
use stratum::work::Difficulty;

use crate::id::{SessionId, UpstreamId};
use crate::meter::Meter;
use crate::time::Timestamp;
use crate::work::Work;
use jobs::Jobs;
use vardiff::Vardiff;

/// Bad requests that a connection may make at once before it is disconnected.
const PATIENCE_MAX: f64 = 200.0;
/// A connection that was told to go is told again after this, should it still be there.
const DISMISSED: Duration = Duration::from_secs(3600);
/// Bad requests forgiven a second.
const PATIENCE_REGAINED: f64 = 2.0;

/// The work of all miners that are in no farm file, or claim a name that another one has, is booked under this.
pub const UNKNOWN: &str = "(unknown)";

/// A miner of whom not one of so many expected shares has come does not work: odds of 160,000 to one.
const WORKS_SHARES: f64 = 12.0;

/// The constant part of a miner's extranonce.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Own {
    /// Its shape.
    pub geometry: Geometry,
    /// Its value, as a number.
    pub value: u64,
}

impl Own {
    /// Its bytes, in the front of the array.
    pub fn bytes(self) -> [u8; 4] {
        let all = (self.value as u32).to_be_bytes();
        let mut out = [0; 4];
        let len = usize::from(self.geometry.fixed);
        out[..len].copy_from_slice(&all[4 - len..]);
        out
    }
}

/// Who a connection turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// It has not said.
    Unknown,
    /// A rig of the farm file.
    Rig(Arc<str>),
    /// In no farm file.
    Stranger,
    /// Sends the name of a rig that another connection has.
    Clone(Arc<str>),
}

/// Where a session's present job comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// The pool connection.
    pub upstream: UpstreamId,
    /// For whom.
    pub label: Arc<str>,
}

/// One miner's conversation.
#[derive(Debug)]
pub struct Session {
    /// Its number.
    pub id: SessionId,
    /// Where it connects from.
    pub address: SocketAddr,
    /// Since when.
    pub since: Timestamp,
    /// When it last said anything.
    pub heard: Timestamp,
    /// The program it runs, as it says.
    pub agent: Arc<str>,
    /// The name it introduced itself with.
    pub user: Arc<str>,
    /// All names authorized.
    pub users: Vec<Arc<str>>,
    /// Its password, for identification after a new farm file.
    pub password: Arc<str>,
    /// Who it is.
    pub identity: Identity,
    /// Its part of the extranonce, once subscribed.
    pub own: Option<Own>,
    /// The name by which it can have that again.
    pub resume: String,
    /// The session of before that it named when it subscribed.
    pub resumed: Option<Box<str>>,
    /// Version bits agreed at configure; `None` when it does not roll.
    pub mask: Option<u32>,
    /// The mask it was told last.
    pub mask_told: u32,
    /// It takes a new extranonce while connected.
    pub takes_extranonce: bool,
    /// Pool connection and label of its present job.
    pub attachment: Option<Attachment>,
    /// Index of the route that it should be on.
    pub route: usize,
    /// Jobs handed out.
    pub jobs: Jobs,
    /// How hard its shares should be.
    pub vardiff: Vardiff,
    /// It named the difficulty itself.
    pub difficulty_asked: Option<Difficulty>,
    /// The difficulty it was told last.
    pub difficulty_told: Option<Difficulty>,
    /// Recent accepted work.
    pub meter: Meter,
    /// When it last sent an accepted share.
    pub last_share: Option<Timestamp>,
    /// Accepted on this connection.
    pub accepted: u64,
    /// What these stand for.
    pub work: Work,
    /// Rejected on this connection.
    pub rejected: u64,
    /// It gets no work.
    pub parked: bool,
    /// When something was last sent to keep it without work.
    pub kept_at: Timestamp,
    /// To be closed then.
    pub close_at: Option<Timestamp>,
    /// When it is next looked at.
    pub wake_at: Timestamp,
    thresholds: f64,
    thresholds_at: Timestamp,
}

impl Session {
    /// A connection that has said nothing yet.
    pub fn new(id: SessionId, address: SocketAddr, now: Timestamp, per_minute: f64) -> Self {
        let difficulty = Difficulty::new(1.0).expect("one is a difficulty");
        Self {
            id,
            address,
            since: now,
            heard: now,
            agent: "".into(),
            user: "".into(),
            users: Vec::new(),
            password: "".into(),
            identity: Identity::Unknown,
            own: None,
            resume: String::new(),
            resumed: None,
            mask: None,
            mask_told: 0,
            takes_extranonce: false,
            attachment: None,
            route: crate::orders::QUARANTINE,
            jobs: Jobs::default(),
            vardiff: Vardiff::new(now, difficulty, per_minute),
            difficulty_asked: None,
            difficulty_told: None,
            meter: Meter::new(now, Duration::from_secs(30), 20),
            last_share: None,
            work: Work::NONE,
            accepted: 0,
            rejected: 0,
            parked: false,
            kept_at: now,
            close_at: None,
            wake_at: crate::exchange::NEVER,
            thresholds: PATIENCE_MAX,
            thresholds_at: now,
        }
    }

    /// The name under which its work is booked: a rig's own, and one for all that are in no farm file or claim
    /// another's name. Strangers choose their names; no row, worker or watch is made for a name of theirs.
    pub fn booked_as(&self) -> Arc<str> {
        match &self.identity {
            Identity::Rig(rig) => rig.clone(),
            Identity::Clone(_) | Identity::Stranger | Identity::Unknown => UNKNOWN.into(),
        }
    }

    /// What to call it where people read.
    pub fn called(&self) -> Arc<str> {
        match &self.identity {
            Identity::Rig(rig) => rig.clone(),
            Identity::Clone(rig) => format!("{rig} (clone)").into(),
            Identity::Stranger | Identity::Unknown => self.user.clone(),
        }
    }

    /// What its events are about: a rig, or all that are in quarantine.
    pub fn subject(&self) -> String {
        match &self.identity {
            Identity::Rig(rig) | Identity::Clone(rig) => format!("rig/{rig}"),
            Identity::Stranger | Identity::Unknown => "quarantine".into(),
        }
    }

    /// The rig, when it is one and the only one of that name.
    pub fn rig(&self) -> Option<&Arc<str>> {
        match &self.identity {
            Identity::Rig(rig) => Some(rig),
            _ => None,
        }
    }

    /// It sends good shares: the last one came within the time of some dozen at the pace that is asked of everyone.
    pub fn works(&self, now: Timestamp, per_minute: f64) -> bool {
        let thresholds = Duration::from_secs_f64((WORKS_SHARES * 60.0 / per_minute).clamp(10.0, 600.0));
        self.last_share.is_some_and(|at| now.since(at) < thresholds)
    }

    /// Counts a good share.
    pub fn take_share(&mut self, now: Timestamp, work: Work) {
        self.accepted += 1;
        self.work += work;
        self.last_share = Some(now);
        self.meter.add(now, work);
    }

    /// It can be given work: subscribed and authorized.
    pub fn is_open(&self) -> bool {
        self.own.is_some() && self.identity != Identity::Unknown && self.close_at.is_none()
    }

    /// It is told to go, and given nothing more until it is gone.
    pub fn dismiss(&mut self, now: Timestamp) {
        self.close_at = Some(now + DISMISSED);
    }

    /// When something of it is next due, should nothing happen before. Never late, but maybe early.
    pub fn due(&self, keepalive: Duration, subscribe_max: Duration, authorize_max: Duration) -> Timestamp {
        let never = crate::exchange::NEVER;
        if let Some(at) = self.close_at {
            return at;
        }
        let mut due = if self.own.is_none() { self.since + subscribe_max } else { never };
        if self.identity == Identity::Unknown {
            due = due.min(self.since + authorize_max);
        } else if self.parked {
            due = due.min(if self.is_open() { self.kept_at + keepalive } else { never });
        } else if let (Some(_), Some(job)) = (&self.attachment, self.jobs.newest()) {
            due = due.min(self.vardiff.wake_at()).min(job.at + keepalive);
        }
        due
    }

    /// Notes a bad request; false when there were too many.
    pub fn forgive(&mut self, now: Timestamp) -> bool {
        let regained = now.since(self.thresholds_at).as_secs_f64() * PATIENCE_REGAINED;
        self.thresholds = (self.thresholds + regained).min(PATIENCE_MAX) - 1.0;
        self.thresholds_at = now;
        self.thresholds > 0.0
    }
}

/// The shape of extranonce for a program, given the shortest extranonce 2 of the pools it may visit.
/// Facts about programs: `protocols`, section 8.
pub fn geometry_for(agent: &str, upstream_min: usize) -> Option<Geometry> {
    let agent = agent.to_ascii_lowercase();
    if agent.contains("nerdminer") {
        // Handles 2, 4 and 8 bytes only, and no empty constant part.
        return (upstream_min >= 4).then_some(Geometry { fixed: 2, rolled: 2 });
    }
    Geometry::for_upstream(upstream_min)
}

/// Whether a program can do without a constant part, as pools need that leave three bytes.
pub fn takes_small(agent: &str) -> bool {
    !agent.to_ascii_lowercase().contains("nerdminer")
}

/// A first difficulty for a miner of unknown hashrate, by what its program usually runs on.
pub fn first_difficulty(agent: &str) -> Difficulty {
    let agent = agent.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| agent.contains(word));
    let value = if says(&["nerdminer"]) {
        0.0001
    } else if says(&["cpuminer", "bfgminer", "minerd"]) {
        0.005
    } else if says(&["bitaxe", "nerdaxe", "nerdqaxe", "esp-miner"]) {
        500.0
    } else {
        64.0
    };
    Difficulty::new(value).expect("positive")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_part_is_written_from_the_front() {
        let own = Own { geometry: Geometry { fixed: 2, rolled: 4 }, value: 0x0102 };
        assert_eq!(own.bytes(), [1, 2, 0, 0]);
    }

    #[test]
    fn tolerance_runs_out_and_comes_back() {
        let start = Timestamp::from_seconds(0);
        let mut session = Session::new(SessionId(1), "127.0.0.1:1".parse().unwrap(), start, 20.0);
        let calm = (0..10_000).take_while(|_| session.forgive(start)).count();
        assert_eq!(calm, 199);
        assert!(session.forgive(start + Duration::from_secs(5)));
    }

    #[test]
    fn small_devices_get_their_shape() {
        assert_eq!(geometry_for("NerdMinerV2/V1.8.3", 4), Some(Geometry { fixed: 2, rolled: 2 }));
        assert_eq!(geometry_for("cgminer/4.12", 4), Some(Geometry::DEFAULT));
        assert_eq!(geometry_for("cgminer/4.12", 3), None);
    }
}
