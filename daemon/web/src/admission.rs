//! What both sockets count, and how wrong tokens are slowed: by address, in a table with an end.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use exchange::event::{Event, EventKind};
use exchange::time::Timestamp;
use schema::api::ApiCounters;

/// Wrong tokens that are answered at once: typing errors.
const FREE: u32 = 3;
/// The wait for the first one after those; each further one doubles it.
const WAIT_MIN: Duration = Duration::from_millis(250);
/// Longest wait for one answer.
const WAIT_MAX: Duration = Duration::from_secs(5);
/// An address that has more than this of waiting before it is not listened to at all.
const QUEUE_MAX: Duration = Duration::from_secs(15);
/// Wrong tokens count half after this.
const HALF_LIFE: Duration = Duration::from_secs(60);
/// Addresses that are remembered; the one that was silent longest gives way.
const ADDRESSES_MAX: usize = 4096;
/// Wrong tokens are told once in this time, with their number.
const TELL_EVERY: Duration = Duration::from_secs(60);

/// Most connections at a time.
#[derive(Debug, Clone, Copy)]
pub struct ApiLimits {
    /// On TCP.
    pub tcp_max: usize,
    /// On TCP from one address.
    pub tcp_per_address_max: usize,
    /// On the Unix socket.
    pub unix_max: usize,
}

impl Default for ApiLimits {
    fn default() -> Self {
        Self { tcp_max: 256, tcp_per_address_max: 32, unix_max: 128 }
    }
}

/// The state that both sockets share.
#[derive(Debug, Default)]
pub struct Admission {
    /// Most connections at a time.
    pub limits: ApiLimits,
    pub(crate) tcp: AtomicUsize,
    pub(crate) unix: AtomicUsize,
    each: Mutex<HashMap<IpAddr, usize>>,
    refused_connections: AtomicU64,
    refused_tokens: AtomicU64,
    wrong: Mutex<Wrong>,
}

#[derive(Debug, Default)]
struct Wrong {
    by_address: HashMap<IpAddr, Attempts>,
    /// Not yet told.
    untold: u64,
    last: Option<IpAddr>,
    told: Option<Instant>,
}

#[derive(Debug)]
struct Attempts {
    count: f64,
    at: Instant,
    /// When the next wrong token of this address may be answered.
    free: Instant,
}

/// What to do with a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    /// Answer after so long.
    For(Duration),
    /// Too many are waiting: ask again after so many seconds.
    TooMany(u64),
}

impl Admission {
    /// Admission with these limits.
    pub fn new(limits: ApiLimits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// What was counted since the start.
    pub fn counters(&self) -> ApiCounters {
        ApiCounters {
            connections: (self.tcp.load(Ordering::Relaxed) + self.unix.load(Ordering::Relaxed)) as u64,
            connections_max: (self.limits.tcp_max + self.limits.unix_max) as u64,
            refused_connections: self.refused_connections.load(Ordering::Relaxed),
            refused_tokens: self.refused_tokens.load(Ordering::Relaxed),
        }
    }

    /// An event about wrong tokens, if there were any and it is time to tell.
    pub fn news(&self, at: Timestamp) -> Option<Event> {
        let now = Instant::now();
        let mut wrong = lock(&self.wrong);
        if wrong.untold == 0 || wrong.told.is_some_and(|told| now.duration_since(told) < TELL_EVERY) {
            return None;
        }
        wrong.told = Some(now);
        let count = std::mem::take(&mut wrong.untold);
        let last = wrong.last.map(|address| address.to_string()).unwrap_or_default();
        let requests = if count == 1 { "a request".to_owned() } else { format!("{count} requests") };
        let words = format!("{requests} to the API on TCP had a wrong token, the last from {last}");
        Some(Event::new(at, EventKind::ApiTokenRefused, "api", words))
    }

    /// Lets a TCP connection in, unless there are too many.
    pub(crate) fn enter(&self, address: IpAddr) -> bool {
        let mut each = lock(&self.each);
        let count = each.entry(group(address)).or_default();
        let room = *count < self.limits.tcp_per_address_max;
        if room && self.tcp.load(Ordering::Relaxed) < self.limits.tcp_max {
            *count += 1;
            self.tcp.fetch_add(1, Ordering::Relaxed);
            return true;
        }
        if *count == 0 {
            each.remove(&group(address));
        }
        self.refused_connections.fetch_add(1, Ordering::Relaxed);
        false
    }

    pub(crate) fn leave(&self, address: IpAddr) {
        self.tcp.fetch_sub(1, Ordering::Relaxed);
        let mut each = lock(&self.each);
        if let Some(count) = each.get_mut(&group(address)) {
            *count -= 1;
            if *count == 0 {
                each.remove(&group(address));
            }
        }
    }

    pub(crate) fn refuse(&self) {
        self.refused_connections.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether an address has so many wrong tokens waiting that none of its tokens is looked at.
    pub(crate) fn is_shut(&self, now: Instant, address: IpAddr) -> Option<u64> {
        let wrong = lock(&self.wrong);
        let left = wrong.by_address.get(&group(address))?.free.saturating_duration_since(now);
        (left > QUEUE_MAX).then(|| left.as_secs() + 1)
    }

    /// Counts a wrong token, and says how long its answer has to wait.
    pub(crate) fn wrong_token(&self, now: Instant, address: IpAddr) -> Wait {
        self.refused_tokens.fetch_add(1, Ordering::Relaxed);
        let mut wrong = lock(&self.wrong);
        wrong.untold += 1;
        wrong.last = Some(address);
        let address = group(address);
        if wrong.by_address.len() >= ADDRESSES_MAX && !wrong.by_address.contains_key(&address) {
            let oldest = wrong.by_address.iter().min_by_key(|(_, attempts)| attempts.at).map(|(ip, _)| *ip);
            oldest.map(|oldest| wrong.by_address.remove(&oldest));
        }
        let attempts = wrong.by_address.entry(address).or_insert(Attempts { count: 0.0, at: now, free: now });
        let halves = now.saturating_duration_since(attempts.at).as_secs_f64() / HALF_LIFE.as_secs_f64();
        attempts.count = attempts.count * 0.5_f64.powf(halves) + 1.0;
        attempts.at = now;
        let over = (attempts.count.round() as u32).saturating_sub(FREE);
        if over == 0 {
            return Wait::For(Duration::ZERO);
        }
        let wait = WAIT_MIN.saturating_mul(1 << (over - 1).min(10)).min(WAIT_MAX);
        attempts.free = attempts.free.max(now) + wait;
        let left = attempts.free.saturating_duration_since(now);
        if left > QUEUE_MAX { Wait::TooMany(left.as_secs() + 1) } else { Wait::For(left) }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// One host has one IPv4 address and as many IPv6 addresses of its network as it likes.
fn group(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(six) => Ipv6Addr::from_bits(six.to_bits() >> 64 << 64).into(),
        four => four,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_tokens_wait_longer_and_longer_and_only_at_their_own_address() {
        let admission = Admission::default();
        let now = Instant::now();
        let bad: IpAddr = "10.0.0.5".parse().unwrap();
        for _ in 0..FREE {
            assert_eq!(admission.wrong_token(now, bad), Wait::For(Duration::ZERO));
        }
        let mut last = Duration::ZERO;
        let shut = loop {
            match admission.wrong_token(now, bad) {
                Wait::For(wait) => {
                    assert!(wait > last && wait <= QUEUE_MAX);
                    last = wait;
                }
                Wait::TooMany(seconds) => break seconds,
            }
        };
        assert!(shut > 10 && admission.is_shut(now, bad).is_some());
        let good: IpAddr = "10.0.0.6".parse().unwrap();
        assert_eq!(admission.is_shut(now, good), None);
        assert_eq!(admission.wrong_token(now, good), Wait::For(Duration::ZERO));
        // It is forgiven in time.
        assert_eq!(admission.is_shut(now + Duration::from_secs(60), bad), None);
        assert_eq!(admission.wrong_token(now + Duration::from_secs(600), bad), Wait::For(Duration::ZERO));
        assert!(admission.counters().refused_tokens > 8);
    }

    #[test]
    fn the_table_of_addresses_has_an_end_and_a_network_is_one_address() {
        let admission = Admission::default();
        let now = Instant::now();
        for n in 0..5_000_u32 {
            admission.wrong_token(now, IpAddr::V4((0x0a00_0000 + n).into()));
        }
        assert!(lock(&admission.wrong).by_address.len() <= ADDRESSES_MAX);
        for n in 1..50_u32 {
            admission.wrong_token(now, format!("fd00::{n:x}").parse().unwrap());
        }
        assert!(admission.is_shut(now, "fd00::ffff".parse().unwrap()).is_some());
        assert!(admission.is_shut(now, "fd00:0:0:1::1".parse().unwrap()).is_none());
    }

    #[test]
    fn a_flood_is_told_once_with_its_number() {
        let admission = Admission::default();
        assert!(admission.news(Timestamp::default()).is_none());
        for _ in 0..1000 {
            admission.wrong_token(Instant::now(), "10.0.0.5".parse().unwrap());
        }
        let event = admission.news(Timestamp::default()).unwrap();
        assert!(event.message.contains("1000 requests") && event.message.contains("10.0.0.5"));
        admission.wrong_token(Instant::now(), "10.0.0.5".parse().unwrap());
        assert!(admission.news(Timestamp::default()).is_none(), "not twice in a minute");
    }

    #[test]
    fn connections_have_an_end_by_address_and_over_all() {
        let limits = ApiLimits { tcp_max: 3, tcp_per_address_max: 2, unix_max: 1 };
        let admission = Admission::new(limits);
        let (a, b): (IpAddr, IpAddr) = ("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap());
        assert!(
            admission.enter(a)
                && admission.enter(a)
                && !admission.enter(a)
                && admission.enter(b)
                && !admission.enter(b)
        );
        admission.leave(a);
        assert!(admission.enter(b));
        admission.leave(b);
        admission.leave(b);
        admission.leave(a);
        assert!(lock(&admission.each).is_empty());
        assert_eq!((admission.counters().connections, admission.counters().refused_connections), (0, 2));
    }
}
