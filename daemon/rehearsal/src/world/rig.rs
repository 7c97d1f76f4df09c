//! A rig that is a value: connects, takes work, and finds shares as often as its hashrate and rng have it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use exchange::id::SessionId;
use exchange::time::Timestamp;
use schema::inventory::{Identity, ResolvedRig};
use stratum::peer::{FromMiner, ToMiner};
use stratum::work::algorithm::unit_nonce;
use stratum::work::{Algorithm, Difficulty, Share};

use crate::rng::Rng;

/// However easy its shares are, the clock goes on between two of them.
const GAP_MIN: Duration = Duration::from_millis(1);

/// A rig's side of the conversation.
#[derive(Debug)]
pub(super) struct Rig {
    pub(super) user: String,
    pub(super) password: String,
    pub(super) address: SocketAddr,
    /// Version bits are rolled, as modern firmware does.
    pub(super) rolls: bool,
    /// One way.
    pub(super) latency: Duration,
    pub(super) session: Option<SessionId>,
    /// Anything planned under an older number is off.
    pub(super) turn: u32,
    /// Accepted on this connection, hashes.
    pub(super) work: f64,
    pub(super) rng: Rng,
    rolled: usize,
    difficulty: f64,
    job: Option<Work>,
    mask: u32,
    count: u32,
    /// Expects a share at this difficulty; `None` while it does not hash.
    pub(super) hashing: Option<f64>,
}

#[derive(Debug)]
struct Work {
    id: String,
    time: u32,
    difficulty: f64,
}

impl Rig {
    pub(super) fn new(at: usize, rig: &ResolvedRig, rng: &mut Rng) -> Self {
        let name = rig.name.to_string();
        let index = at as u32;
        let mut address = IpAddr::V4(Ipv4Addr::new(10, (index >> 16) as u8, (index >> 8) as u8, index as u8));
        let (mut user, mut password) = (format!("farm.{name}"), "x".to_owned());
        match &rig.identify {
            Identity::Name => {}
            Identity::Worker(worker) => user = worker.to_string(),
            Identity::Password(said) => password = said.to_string(),
            Identity::Address(said) => address = said.parse().unwrap_or(address),
        }
        let mut rng = rng.apart();
        Self {
            user,
            password,
            address: SocketAddr::new(address, 4028),
            rolls: rng.chance(0.8),
            latency: Duration::from_micros(rng.between(500, 15_000)),
            session: None,
            turn: 0,
            work: 0.0,
            rng,
            rolled: 0,
            difficulty: 0.0,
            job: None,
            mask: 0,
            count: 0,
            hashing: None,
        }
    }

    /// A connection of its own.
    pub(super) fn connected(&mut self, session: SessionId) {
        self.session = Some(session);
        self.turn += 1;
        (self.job, self.hashing, self.work, self.mask) = (None, None, 0.0, 0);
    }

    /// It has none any more.
    pub(super) fn disconnected(&mut self) {
        self.session = None;
        self.turn += 1;
        (self.job, self.hashing) = (None, None);
    }

    /// Takes a message. True where it has other work than before.
    pub(super) fn hear(&mut self, message: ToMiner) -> bool {
        match message {
            ToMiner::Subscribed { extranonce_2_size, .. }
            | ToMiner::SetExtranonce { extranonce_2_size, .. } => {
                self.rolled = usize::from(extranonce_2_size);
            }
            ToMiner::Configured { version_mask, .. } => self.mask = version_mask.unwrap_or(0),
            ToMiner::SetVersionMask(mask) => self.mask = mask,
            ToMiner::SetDifficulty(difficulty) => self.difficulty = difficulty.get(),
            ToMiner::Notify(job) => {
                self.job =
                    Some(Work { id: format!("{:x}", job.id), time: job.time, difficulty: self.difficulty });
                self.count = 0;
                return true;
            }
            _ => {}
        }
        false
    }

    /// Difficulty of its present work.
    pub(super) fn wants(&self) -> Option<f64> {
        self.job.as_ref().map(|job| job.difficulty)
    }

    /// Time until it finds the next share of this difficulty at so many hashes per second.
    pub(super) fn next_share(&mut self, difficulty: f64, rate: f64) -> Duration {
        let hashes = Difficulty::new(difficulty).map_or(1.0, |difficulty| difficulty.hashes(Algorithm::Unit));
        self.rng.wait(Duration::from_secs_f64((hashes / rate).min(1e9))).max(GAP_MIN)
    }

    /// A share for its present work: as hard as asked for, and by rng harder.
    pub(super) fn find(&mut self, now: Timestamp) -> Option<FromMiner> {
        let job = self.job.as_ref()?;
        self.count += 1;
        let counter = self.count.to_be_bytes();
        let bits = (self.mask != 0).then_some((self.count << 13) & self.mask);
        let nonce = unit_nonce(Difficulty::new(job.difficulty / self.rng.uniform())?);
        let rolled = counter.get(4usize.saturating_sub(self.rolled)..)?;
        let mut extranonce_2 = vec![0; self.rolled - rolled.len()];
        extranonce_2.extend(rolled);
        debug_assert!(now.0 > 0);
        let share = Share::new(&extranonce_2, job.time, nonce, bits)?;
        Some(FromMiner::Submit { user: self.user.clone(), job: job.id.clone(), share: Ok(share) })
    }
}
