//! What a farm counts in a minute, made up so that it is the same whenever it is asked for, and the same summed up over
//! an hour or a day.

use exchange::tally::Counted;
use exchange::work::Work;
use store::{AccountRow, PoolRow};

/// Minutes of a day.
pub(crate) const DAY: i64 = 1_440;

/// How large the farm is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) rigs: u64,
    pub(crate) rentals: u64,
    pub(crate) pools: u64,
}

/// A rig's counter: the account's number (the house is behind all rentals), the reason, the work of each, how many.
type Share = (u64, &'static str, Work, u64);

/// What a share of this difficulty stands for.
fn work(difficulty: f64) -> Work {
    Work::rounded(difficulty * 4_294_967_296.0)
}

impl Shape {
    pub(crate) fn rig(self, rig: u64) -> String {
        format!("hall-{}-{:04}", rig % 4, rig)
    }

    pub(crate) fn account(self, account: u64) -> String {
        if account == self.rentals {
            "house".into()
        } else {
            format!("customer-{:02}/rental-{account:03}", account % 20)
        }
    }

    pub(crate) fn pool(self, pool: u64) -> String {
        format!("pool-{}", pool % self.pools)
    }

    /// Where a rig works in this minute: seven of ten for a rental, the others are spares of the house that stand in
    /// for eight hours at a time.
    fn serves(self, rig: u64, minute: u64) -> u64 {
        let turn = mix(rig, minute / 480, 1);
        match rig * 10 / self.rigs {
            0..7 => rig % self.rentals,
            _ if turn % 10 < 3 => turn % self.rentals,
            _ => self.rentals,
        }
    }

    /// What a rig did in a minute: 20 shares, one in a thousand of which is stale; its difficulty changes every four
    /// hours, and now and then it is away for two.
    fn shares(self, rig: u64, minute: u64, mut add: impl FnMut(Share)) {
        if mix(rig, minute / 120, 2).is_multiple_of(100) {
            return;
        }
        let account = self.serves(rig, minute);
        let steps = mix(rig, minute / 240, 3) % 1_000;
        let each = work(65_536.0 * (1 + rig % 8) as f64 * (1.0 + steps as f64 / 3_000.0));
        let rng = mix(rig, minute, 4);
        add((account, "accepted", each, 14 + rng % 13));
        if (rng >> 20).is_multiple_of(50) {
            add((account, "stale", each, 1));
        }
        if (rng >> 40).is_multiple_of(2_000) {
            add((account, "low-difficulty", each, 1));
        }
    }

    /// What pools said to an account in a minute; the second pool has it one day in twenty.
    fn verdicts(self, account: u64, minute: u64, mut add: impl FnMut(Share)) {
        let day = minute / DAY as u64;
        let pool = account + u64::from((day + account).is_multiple_of(20));
        let each = work(1e6 * (1 + mix(account, minute / 720, 5) % 8) as f64);
        let rng = mix(account, minute, 6);
        add((pool, "forwarded", each, 3 + rng % 5));
        add((pool, "accepted", each, 3 + rng % 5));
        if (rng >> 20).is_multiple_of(40) {
            add((pool, "rejected:stale", each, 1));
        }
    }

    /// All that was counted from this minute on for so many, in one row for all minutes, under the first of them.
    pub(crate) fn counted(self, from: i64, minutes: i64) -> (Vec<AccountRow>, Vec<PoolRow>) {
        let (mut rows, mut pools) = (Vec::new(), Vec::new());
        let all = from as u64..(from + minutes) as u64;
        let mut sums: Vec<(Share, u64)> = Vec::new();
        for rig in 0..self.rigs {
            sums.clear();
            all.clone().for_each(|minute| self.shares(rig, minute, |share| sum(&mut sums, share)));
            rows.extend(sums.iter().map(|((account, reason, each, _), count)| AccountRow {
                minute: from,
                rig: self.rig(rig),
                account: self.account(*account),
                reason: (*reason).into(),
                counted: Counted { count: *count, work: each.times(*count) },
            }));
        }
        for account in 0..=self.rentals {
            sums.clear();
            all.clone().for_each(|minute| self.verdicts(account, minute, |share| sum(&mut sums, share)));
            pools.extend(sums.iter().map(|((pool, verdict, each, _), count)| PoolRow {
                minute: from,
                account: self.account(account),
                pool: self.pool(*pool),
                verdict: (*verdict).into(),
                counted: Counted { count: *count, work: each.times(*count) },
            }));
        }
        (rows, pools)
    }
}

fn sum(sums: &mut Vec<(Share, u64)>, share: Share) {
    let is_same = |other: &Share| (other.0, other.1, other.2) == (share.0, share.1, share.2);
    // What came last comes again.
    match sums.iter_mut().rev().find(|(other, _)| is_same(other)) {
        Some((_, count)) => *count += share.3,
        None => sums.push((share, share.3)),
    }
}

/// Numbers that look random and are always the same.
pub(crate) fn mix(a: u64, b: u64, salt: u64) -> u64 {
    let mut x = a.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ b.wrapping_mul(0xc2b2_ae3d_27d4_eb4f) ^ salt << 56;
    x = (x ^ x >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ x >> 31
}
