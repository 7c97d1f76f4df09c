//! What goes wrong, and when: a plan that follows from a seed and a length alone.

use std::time::Duration;

/// Something that happens to the farm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// A pool closes every connection and takes no new one, as if its process were killed.
    PoolDies(usize),
    /// It is back.
    PoolLives(usize),
    /// A pool judges shares and answers none, or does again.
    Mute(usize, bool),
    /// A pool keeps its connections and neither hears nor speaks, or does again.
    Stall(usize, bool),
    /// A pool refuses a part of good shares, or none any more.
    Refuse(usize, bool),
    /// A pool's network found a block.
    Block(usize),
    /// Somebody mines under a rig's name from another address.
    CloneComes(usize),
    /// And goes.
    CloneGoes(usize),
    /// Somebody sends as much as is taken, for so long.
    Flood(usize, Duration),
    /// A rig loses its connection and makes another; most ask for their session.
    Reconnects(usize),
    /// A rig is switched off.
    RigDies(usize),
    /// And on again.
    RigLives(usize),
    /// The disk is full.
    DiskFull,
    /// The database gives errors.
    DatabaseFails,
    /// The journal gives errors.
    JournalFails,
    /// The disk is as it should be.
    DiskWell,
    /// The daemon's system clock is so many seconds ahead.
    Clock(i64),
    /// The daemon stands still for so long.
    Pause(Duration),
    /// `kill -9`, and a start.
    Kill,
    /// SIGTERM, and a start.
    Term,
    /// Another farm file.
    Apply,
    /// SIGHUP.
    HangUp,
}

impl Act {
    /// What is counted; nothing for what only ends something.
    pub(super) fn kind(self) -> Option<&'static str> {
        Some(match self {
            Act::PoolDies(_) => "pool killed",
            Act::Mute(_, true) => "pool mute",
            Act::Stall(_, true) => "pool silent",
            Act::Refuse(_, true) => "pool refuses",
            Act::Block(_) => "block",
            Act::CloneComes(_) => "name claimed",
            Act::Flood(..) => "flood",
            Act::Reconnects(_) => "rig reconnects",
            Act::RigDies(_) => "rig off",
            Act::DiskFull => "disk full",
            Act::DatabaseFails => "database EIO",
            Act::JournalFails => "journal EIO",
            Act::Clock(_) => "clock set",
            Act::Pause(_) => "daemon stopped",
            Act::Kill => "kill -9",
            Act::Term => "SIGTERM",
            Act::Apply => "apply",
            Act::HangUp => "SIGHUP",
            _ => return None,
        })
    }
}

/// All that [`Act::kind`] can say.
pub(super) const KINDS: usize = 18;

/// How many of each there are to choose from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cast {
    pub(super) pools: usize,
    pub(super) rigs: usize,
    pub(super) clones: usize,
    pub(super) floods: usize,
}

/// Where the system's clock may be set, seconds ahead.
const CLOCKS: [i64; 7] = [3, -3, 90, 3_600, -3_600, 86_400, -86_400];
/// A run of this length has each kind once or twice; a longer one is slower, down to a pool killed each minute.
const SHORT: f64 = 30.0;
const SLOWEST: f64 = 12.0;

/// The plan. Nothing begins in its last tenth, and all that begins ends.
pub(super) fn plan(seed: u64, length: Duration, cast: Cast) -> Vec<(Duration, Act)> {
    let mut rng = Rng(seed);
    let pace = (length.as_secs_f64() / SHORT).sqrt().clamp(1.0, SLOWEST);
    let end = length.mul_f64(0.9);
    let mut acts = Vec::new();
    for (time, slot) in slots(5.0 * pace, 1.0, end) {
        let pool = rng.low(cast.pools);
        let back = time + slot.mul_f64(0.2 + 0.6 * rng.part());
        acts.extend([(time, Act::PoolDies(pool)), (back, Act::PoolLives(pool))]);
    }
    daemon(&mut rng, pace, end, &mut acts);
    peers(&mut rng, pace, end, cast, &mut acts);
    for (time, _) in &mut acts {
        *time = (*time).min(length.mul_f64(0.98));
    }
    // Those that are due together happen in the order in which they were planned.
    acts.sort_by_key(|(time, _)| *time);
    acts
}

/// What happens to the daemon itself: one after another, for it should be whole before the next.
fn daemon(rng: &mut Rng, pace: f64, end: Duration, acts: &mut Vec<(Duration, Act)>) {
    let mut deck = Vec::new();
    for (time, slot) in slots(2.6 * pace, 1.5, end) {
        if deck.is_empty() {
            deck = rng.shuffled(9);
        }
        let within = slot.mul_f64(0.3 + 0.4 * rng.part()).min(Duration::from_secs(20));
        let mut card = deck.pop().expect("just dealt");
        // One life is long, so that what grows can be seen to.
        let is_calm = pace > 3.0 && time > end.mul_f64(0.35) && time < end.mul_f64(0.75);
        if is_calm && card < 2 {
            card += 5;
        }
        let fails = |act| vec![(time, act), (time + within, Act::DiskWell)];
        acts.extend(match card {
            0 => vec![(time, Act::Kill)],
            1 => vec![(time, Act::Term)],
            2 => fails(Act::DiskFull),
            3 => fails(Act::DatabaseFails),
            4 => fails(Act::JournalFails),
            5 => vec![(time, Act::Clock(CLOCKS[rng.below(CLOCKS.len())]))],
            6 => vec![(time, Act::Pause(within.min(Duration::from_secs(8))))],
            7 => vec![(time, Act::Apply)],
            _ => vec![(time, Act::HangUp)],
        });
    }
}

/// What miners, strangers and pools do beside that.
fn peers(rng: &mut Rng, pace: f64, end: Duration, cast: Cast, acts: &mut Vec<(Duration, Act)>) {
    let mut deck = Vec::new();
    for (time, slot) in slots(1.5 * pace, 0.7, end) {
        if deck.is_empty() {
            deck = rng.shuffled(8);
        }
        let until = time + slot.mul_f64(0.5 + 2.0 * rng.part());
        let (pool, rig, clone) = (rng.low(cast.pools), rng.below(cast.rigs), rng.below(cast.clones));
        let both = |begins, ends| vec![(time, begins), (until, ends)];
        acts.extend(match deck.pop().expect("just dealt") {
            0 => both(Act::Mute(pool, true), Act::Mute(pool, false)),
            1 => both(Act::Stall(pool, true), Act::Stall(pool, false)),
            2 => both(Act::Refuse(pool, true), Act::Refuse(pool, false)),
            3 => vec![(time, Act::Block(pool))],
            4 => both(Act::CloneComes(clone), Act::CloneGoes(clone)),
            5 => {
                vec![(time, Act::Flood(rng.below(cast.floods), (until - time).min(Duration::from_secs(5))))]
            }
            6 => vec![(time, Act::Reconnects(rig))],
            _ => both(Act::RigDies(rig), Act::RigLives(rig)),
        });
    }
}

/// Times of so many seconds each, from the first on.
fn slots(every: f64, first: f64, end: Duration) -> impl Iterator<Item = (Duration, Duration)> {
    let every = Duration::from_secs_f64(every);
    let first = Duration::from_secs_f64(first);
    (0..).map(move |n| (first + every * n, every)).take_while(move |(time, _)| *time < end)
}

/// SplitMix64.
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, count: usize) -> usize {
        (self.next() % count as u64) as usize
    }

    /// Mostly one of the first, which do most work.
    fn low(&mut self, count: usize) -> usize {
        self.below(count).min(self.below(count))
    }

    fn part(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn shuffled(&mut self, count: usize) -> Vec<usize> {
        let mut all: Vec<usize> = (0..count).collect();
        for at in (1..count).rev() {
            all.swap(at, self.below(at + 1));
        }
        all
    }
}

#[test]
fn a_plan_follows_from_its_seed_and_has_each_kind_whatever_its_length() {
    let cast = Cast { pools: 9, rigs: 12, clones: 2, floods: 4 };
    for seed in 0..50 {
        for length in [30, 60, 600, 3_600].map(Duration::from_secs) {
            let acts = plan(seed, length, cast);
            assert_eq!(acts, plan(seed, length, cast));
            let kinds: std::collections::BTreeSet<_> =
                acts.iter().filter_map(|(_, act)| act.kind()).collect();
            assert_eq!(kinds.len(), KINDS, "seed {seed}, {length:?}: {kinds:?}");
            assert!(acts.is_sorted_by_key(|(time, _)| *time) && acts.iter().all(|(time, _)| *time < length));
            let mut ill = false;
            for (_, act) in acts {
                match act {
                    Act::DiskFull | Act::DatabaseFails | Act::JournalFails => ill = true,
                    Act::DiskWell => ill = false,
                    // Both together may lose shares, as the documentation says.
                    Act::Kill | Act::Term | Act::Apply => assert!(!ill, "seed {seed}: {act:?} on a bad disk"),
                    _ => {}
                }
            }
        }
    }
}
