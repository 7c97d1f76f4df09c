//! What peers may ask for: tokens that the clock earns and lines spend. A turn bounds how long a peer keeps others
//! waiting once; this bounds how often. Whoever has spent more than it had is not read until that is earned: its
//! own system holds it back, and costs us nothing meanwhile.
//!
//! Work pays for itself. A share that is accepted costs its connection a quarter of a line and its address nothing,
//! so an honest rig behind the same address as a flood mines on; only to sign in it may have to wait.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use foldhash::HashMap;
/// Tokens a second, and the most that are kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    pub(crate) per_second: f32,
    pub(crate) burst: f32,
}

/// A miner's connection: a rig asks a dozen things when it signs in, and then sends a share every few seconds.
pub(crate) const MINER: Rate = Rate { per_second: 200.0, burst: 2_000.0 };
/// All that comes from one address and is no good share. Ten thousand rigs behind one address sign in at once after
/// a cut, with ten tokens each.
pub(crate) const ADDRESS: Rate = Rate { per_second: 5_000.0, burst: 100_000.0 };
/// Connections from one address: ten thousand rigs, twice.
pub(crate) const CONNECTS: Rate = Rate { per_second: 50.0, burst: 20_000.0 };
/// Connections taken from everybody together; the others wait in the kernel's queue.
pub(crate) const ACCEPTS: Rate = Rate { per_second: 1_000.0, burst: 16.0 };
/// The same where a handshake of TLS follows, which costs as much as a hundred lines.
pub(crate) const ACCEPTS_TLS: Rate = Rate { per_second: 500.0, burst: 16.0 };
/// A pool's connection, beside one line for each of ours.
pub(crate) const POOL: Rate = Rate { per_second: 2_000.0, burst: 10_000.0 };

/// A line that is read and answered.
pub(crate) const LINE: f32 = 1.0;
/// A line that is no request, or asks for what there is not.
pub(crate) const BAD_LINE: f32 = 2.0;
/// A line that makes us look somebody up or write work: subscribe, authorize, configure, a suggested difficulty.
pub(crate) const COSTLY_LINE: f32 = 3.0;
/// A share that is accepted, to its connection.
pub(crate) const GOOD_SHARE: f32 = 0.25;
/// Every so many bytes of a line cost one token more.
pub(crate) const BYTES: f32 = 2_048.0;

/// Addresses that are told apart; beyond these, all others share one account.
const ADDRESSES_MAX: usize = 16_384;

/// Tokens of one peer. Debts are possible: what a line costs is known once it is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bucket {
    tokens: f32,
    at: Instant,
}

impl Bucket {
    pub(crate) fn full(now: Instant, rate: Rate) -> Self {
        Self { tokens: rate.burst, at: now }
    }

    /// Spends, and says how long to wait until the debt is earned, if there is one.
    pub(crate) fn spend(&mut self, now: Instant, rate: Rate, cost: f32) -> Duration {
        self.earn(now, rate);
        self.tokens -= cost;
        if self.tokens >= 0.0 {
            return Duration::ZERO;
        }
        Duration::from_secs_f32((-self.tokens / rate.per_second).max(0.001))
    }

    /// More than the clock earns.
    pub(crate) fn credit(&mut self, rate: Rate, tokens: f32) {
        self.tokens = (self.tokens + tokens).min(rate.burst);
    }

    fn earn(&mut self, now: Instant, rate: Rate) {
        let earned = now.saturating_duration_since(self.at).as_secs_f32() * rate.per_second;
        self.at = now;
        self.credit(rate, earned);
    }

    fn is_full(&mut self, now: Instant, rate: Rate) -> bool {
        self.earn(now, rate);
        self.tokens >= rate.burst
    }
}

/// Where a peer comes from: an IPv4 address, or the /64 that an IPv6 subscriber is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Place(u64);

impl Place {
    pub(crate) fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(four) => Self(u64::from(four.to_bits())),
            // No global address of version 6 begins with 32 zero bits.
            IpAddr::V6(six) => Self((six.to_bits() >> 64) as u64),
        }
    }
}

#[derive(Debug)]
struct Account {
    lines: Bucket,
    connects: Bucket,
}

impl Account {
    fn full(now: Instant) -> Self {
        Self { lines: Bucket::full(now, ADDRESS), connects: Bucket::full(now, CONNECTS) }
    }
}

/// The accounts of addresses that have spent anything lately.
#[derive(Debug)]
pub(crate) struct Addresses {
    each: HashMap<Place, Account>,
    others: Account,
}

impl Addresses {
    pub(crate) fn new(now: Instant) -> Self {
        Self { each: HashMap::default(), others: Account::full(now) }
    }

    /// A line came from there.
    pub(crate) fn line(&mut self, now: Instant, place: Place, cost: f32) -> Duration {
        if cost <= 0.0 {
            return Duration::ZERO;
        }
        self.account(now, place).lines.spend(now, ADDRESS, cost)
    }

    /// A connection comes from there. False when there were too many.
    pub(crate) fn connect(&mut self, now: Instant, place: Place) -> bool {
        let account = self.account(now, place);
        let allowed = account.connects.spend(now, CONNECTS, 1.0).is_zero();
        if !allowed {
            // What was turned away is not owed.
            account.connects.credit(CONNECTS, 1.0);
        }
        allowed
    }

    fn account(&mut self, now: Instant, place: Place) -> &mut Account {
        if self.each.len() >= ADDRESSES_MAX && !self.each.contains_key(&place) {
            self.each.retain(|_, account| {
                !(account.lines.is_full(now, ADDRESS) && account.connects.is_full(now, CONNECTS))
            });
            if self.each.len() >= ADDRESSES_MAX {
                return &mut self.others;
            }
        }
        self.each.entry(place).or_insert_with(|| Account::full(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_gets_its_burst_and_then_its_rate() {
        let start = Instant::now();
        let mut bucket = Bucket::full(start, MINER);
        let (mut now, mut lines) = (start, 0u32);
        while now < start + Duration::from_secs(10) {
            lines += 1;
            let pause = bucket.spend(now, MINER, LINE);
            now += pause.max(Duration::from_micros(1));
        }
        let expected = MINER.burst + 10.0 * MINER.per_second;
        assert!((f64::from(lines) / f64::from(expected) - 1.0).abs() < 0.01, "{lines}");
        // It forgets as fast as it earns.
        now += Duration::from_secs(60);
        assert_eq!(bucket.spend(now, MINER, MINER.burst), Duration::ZERO);
    }

    #[test]
    fn good_shares_pay_for_themselves_where_a_flood_shares_their_address() {
        let now = Instant::now();
        let mut addresses = Addresses::new(now);
        let (nat, other) = (Place::of([10, 0, 0, 1].into()), Place::of([10, 0, 0, 2].into()));
        while addresses.line(now, nat, BAD_LINE).is_zero() {}
        assert_eq!(addresses.line(now, nat, 0.0), Duration::ZERO);
        assert_eq!(addresses.line(now, other, COSTLY_LINE), Duration::ZERO);
        // Who signs in there waits, and not for long.
        let wait = addresses.line(now, nat, COSTLY_LINE);
        assert!(!wait.is_zero() && wait < Duration::from_millis(10), "{wait:?}");
    }

    #[test]
    fn one_subscribers_many_addresses_are_one_place() {
        let place = |text: &str| Place::of(text.parse().unwrap());
        assert_eq!(place("2001:db8:1:2::1"), place("2001:db8:1:2:ffff::9"));
        assert_ne!(place("2001:db8:1:2::1"), place("2001:db8:1:3::1"));
        assert_eq!(place("::ffff:10.0.0.1"), place("10.0.0.1"));
    }

    #[test]
    fn the_table_is_bounded_and_forgets_who_owes_nothing() {
        let now = Instant::now();
        let mut addresses = Addresses::new(now);
        for n in 0..40_000u32 {
            addresses.connect(now, Place::of(IpAddr::V4(n.into())));
        }
        assert_eq!(addresses.each.len(), ADDRESSES_MAX);
        addresses.connect(now + Duration::from_secs(1), Place::of(IpAddr::V4(u32::MAX.into())));
        assert_eq!(addresses.each.len(), 1);
    }
}
