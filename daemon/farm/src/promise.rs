//! A rental as a promise kept: what was owed, what was credited, what is still missing, and how much to
//! serve now so that the settlement period ends even. Work is at nominal scale.

use std::time::Duration;

use exchange::time::Timestamp;
use exchange::work::{Balance, Work};
use jiff::civil;
use jiff::tz::TimeZone;
use schema::farm::policy::Credit;
use serde::{Deserialize, Serialize};

use crate::terms::Terms;

/// Debt is worked off with this time constant, unless the period ends sooner.
const TAU: f64 = 1800.0;
/// Never less than this part of the promise, however much was delivered before.
const FLOOR: f64 = 0.95;
/// Catching up begins when this part of what may be missing at the end of the period is missing.
const BEGIN: f64 = 0.25;
/// Giving back begins when this many times as much as may be missing has been delivered too much.
const RELAX: f64 = 4.0;
/// What is served stands for at most one part in this many of the time that is left, so that what is missing can be
/// made up for before the period ends.
const LOOKS: u32 = 40;
/// What is served stands for this long, or for `slice_min` if that is less, even where the period ends soon.
const REST_MIN: Duration = Duration::from_secs(60);
/// The shortest time that a debt is spread over, seconds.
const SPREAD_MIN: f64 = 60.0;

/// What one rental was owed and got in the period that runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Promise {
    /// When the period began, or the rental within it.
    pub from: Timestamp,
    /// When the period ends.
    pub until: Timestamp,
    /// Up to when the following is counted.
    pub at: Timestamp,
    /// What was to be delivered.
    pub owed: Work,
    /// What was delivered by the count that decides.
    pub credited: Balance,
    /// What would have been owed while the clock stood, or but for an agreed curtailment.
    pub excused: Work,
    /// What is served at present.
    #[serde(flatten)]
    pub aim: Aim,
    /// When that was decided.
    #[serde(default)]
    pub aimed: Timestamp,
}

/// How much of a promise is served.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Aim {
    /// Of the promise.
    #[serde(default = "whole")]
    pub part: f64,
    /// More is served than was promised, to make up for what is missing.
    pub catching_up: bool,
    /// Less is served than was promised, because more was delivered before.
    pub relaxing: bool,
}

fn whole() -> f64 {
    1.0
}

impl Default for Aim {
    fn default() -> Self {
        Self { part: whole(), catching_up: false, relaxing: false }
    }
}

/// What was made of a promise in one period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settlement {
    /// `customer/rental`.
    pub rental: String,
    /// From when.
    pub from: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// What was to be delivered.
    pub owed: Work,
    /// What was delivered.
    pub credited: Balance,
    /// What would have been owed while the clock stood.
    pub excused: Work,
    /// Part of the work that was promised for certain; `None` without such a promise.
    pub delivered_min: Option<f64>,
    /// The promise was kept.
    pub met: bool,
    /// Part of the period's price that the customer gets back.
    pub credit: f64,
}

impl Settlement {
    /// What is missing.
    pub fn missing(&self) -> Balance {
        (Balance::from(self.owed) - self.credited).max(Balance::EVEN)
    }

    /// Part of what was owed that was delivered; one where nothing was.
    pub fn delivered(&self) -> f64 {
        delivered(self.owed, self.credited)
    }
}

fn delivered(owed: Work, credited: Balance) -> f64 {
    if owed > Work::NONE { credited.hashes() / owed.hashes() } else { 1.0 }
}

impl Promise {
    /// The promise of a rental from `at` on.
    pub fn new(at: Timestamp, terms: &Terms, zone: &TimeZone) -> Promise {
        Promise {
            from: at,
            until: period_end(at, terms.period, zone),
            at,
            owed: Work::NONE,
            credited: Balance::EVEN,
            excused: Work::NONE,
            aim: Aim::default(),
            aimed: at,
        }
    }

    /// Counts the time up to `at`, never past the end of the period. `excused` is the part of the promise that is
    /// not owed meanwhile: one while the clock stands.
    pub fn advance(&mut self, at: Timestamp, terms: &Terms, excused: f64) {
        let at = at.min(self.until);
        let work = terms.contracted * at.since(self.at).as_secs_f64();
        // Both parts are rounded together, so none of it is lost between them.
        let (whole, excused) = (Work::rounded(work), Work::rounded(work * excused));
        self.excused += excused;
        self.owed += Work(whole.0.saturating_sub(excused.0));
        self.at = self.at.max(at);
    }

    /// Counts delivered work.
    pub fn credit(&mut self, work: Balance) {
        self.credited += work;
    }

    /// What is missing so far, the margin included, hashes; negative where more was delivered.
    pub fn debt(&self, terms: &Terms) -> f64 {
        // The difference first: it is exact, and small beside what it is taken from.
        (Balance::from(self.owed) - self.credited).hashes() + self.owed.hashes() * terms.reserve
    }

    /// Part of what was owed so far that was delivered; one where nothing was owed.
    pub fn delivered(&self) -> f64 {
        delivered(self.owed, self.credited)
    }

    /// How much to serve now, hashes per second: the promise, more while something is missing, less while
    /// more was delivered. Less is decided when that has stood for `rest`, or a fortieth of the time that is left if
    /// that is less, and more after a third of it: what is missing goes up and down with rng and with every turn of a
    /// shared rig, and no rig should follow that.
    pub fn target(&mut self, terms: &Terms, rest: Duration) -> f64 {
        let rest = rest.min((self.until.since(self.at) / LOOKS).max(REST_MIN));
        let stood = self.at.since(self.aimed);
        if stood >= rest / 3 {
            let aim = self.aim_now(terms);
            if stood >= rest || aim.part > self.aim.part {
                (self.aim, self.aimed) = (aim, self.at);
            }
        }
        self.aim.part * terms.contracted
    }

    /// What to serve by what was delivered so far.
    fn aim_now(&self, terms: &Terms) -> Aim {
        let Some(min) = terms.delivered_min else { return Aim::default() };
        // The margin is part of the debt, not of this: it would cost a whole rig where rigs cover a contract exactly.
        let debt = self.debt(terms) / terms.contracted.max(1.0);
        let whole = self.until.since(self.from).as_secs_f64();
        let left = self.until.since(self.at).as_secs_f64();
        let tolerance = whole * (1.0 - min).max(1e-6);
        let catching_up =
            terms.catch_up_max > 0.0 && debt > if self.aim.catching_up { 0.0 } else { BEGIN * tolerance };
        let relaxing = debt < if self.aim.relaxing { 0.0 } else { -RELAX * tolerance };
        let spread = TAU.min(left / 2.0).max(SPREAD_MIN.min(whole / 100.0).max(1e-3));
        let more = match (catching_up, relaxing) {
            (true, _) => (debt / spread).clamp(0.0, terms.catch_up_max),
            (false, true) => (debt / spread).clamp(FLOOR - 1.0, 0.0),
            (false, false) => 0.0,
        };
        Aim { part: 1.0 + more, catching_up, relaxing }
    }

    /// The period is over, or the rental is: what was made of it.
    pub fn settle(&self, rental: &str, terms: &Terms) -> Settlement {
        let mut settlement = Settlement {
            rental: rental.to_owned(),
            from: self.from,
            until: self.at,
            owed: self.owed,
            credited: self.credited,
            excused: self.excused,
            delivered_min: terms.delivered_min,
            met: true,
            credit: 0.0,
        };
        settlement.met = terms.delivered_min.is_none_or(|min| settlement.delivered() >= min);
        if !settlement.met {
            settlement.credit = match &terms.credit {
                None => 0.0,
                Some(Credit::ProRata { max }) => (1.0 - settlement.delivered()).min(max.fraction()),
                Some(Credit::Fixed { share }) => share.fraction(),
            }
            .clamp(0.0, 1.0);
        }
        settlement
    }
}

/// When the settlement period that holds `at` ends. Periods of whole days end at midnight in the farm's time
/// zone, whatever length summer time gives a day; others are counted from the epoch.
fn period_end(at: Timestamp, period: Duration, zone: &TimeZone) -> Timestamp {
    const DAY: u64 = 86_400;
    let seconds = period.as_secs();
    let by_days = || {
        let days =
            i64::try_from(seconds / DAY).ok().filter(|days| *days > 0 && seconds.is_multiple_of(DAY))?;
        let date = jiff::Timestamp::from_microsecond(at.0).ok()?.to_zoned(zone.clone()).date();
        let since = date.duration_since(civil::date(1970, 1, 1)).as_secs().div_euclid(DAY as i64);
        let ahead = days - since.rem_euclid(days);
        let end = date.checked_add(jiff::Span::new().days(ahead)).ok()?;
        Some(Timestamp(zone.to_timestamp(end.to_datetime(civil::Time::midnight())).ok()?.as_microsecond()))
    };
    by_days().unwrap_or_else(|| {
        let period = i64::try_from(period.as_micros()).unwrap_or(i64::MAX).max(1);
        Timestamp((at.0.div_euclid(period) + 1).saturating_mul(period))
    })
}

#[cfg(test)]
mod tests {
    use schema::farm::policy::Judge;

    use super::*;

    fn terms() -> Terms {
        Terms {
            contracted: 1000.0,
            period: Duration::from_secs(86_400),
            delivered_min: Some(0.9999),
            catch_up_max: 0.1,
            reserve: 0.0002,
            judge: Judge::Credited,
            credit: Some(Credit::ProRata { max: schema::unit::Percent::whole(50) }),
            excuses_pools: true,
            excuses_curtailment: true,
        }
    }

    fn t(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    #[test]
    fn what_was_missed_is_made_up_for_and_no_more() {
        let terms = terms();
        let mut promise = Promise::new(t(0), &terms, &TimeZone::UTC);
        promise.advance(t(3600), &terms, 0.0);
        promise.credit(Balance(3_600_720));
        assert_eq!(promise.target(&terms, Duration::ZERO), 1000.0);
        // A minute without anything.
        promise.advance(t(3660), &terms, 0.0);
        let target = promise.target(&terms, Duration::ZERO);
        assert!((target - 1000.0 - 60_012.0 / 1800.0).abs() < 0.01, "{target}");
        // An hour: the most that was agreed.
        promise.advance(t(7260), &terms, 0.0);
        assert!((promise.target(&terms, Duration::ZERO) - 1100.0).abs() < 1e-9);
        promise.credit(Balance(3_670_000));
        assert_eq!(promise.target(&terms, Duration::ZERO), 1000.0);
    }

    #[test]
    fn what_is_served_stands_for_a_while() {
        let (terms, rest) = (terms(), Duration::from_secs(600));
        let mut promise = Promise::new(t(0), &terms, &TimeZone::UTC);
        let mut served = |at: i64, missing: i128| {
            promise.advance(t(at), &terms, 0.0);
            promise.credited = Balance::from(promise.owed) - Balance(missing);
            promise.target(&terms, rest)
        };
        assert_eq!(served(199, 60_000), 1000.0, "not decided yet");
        let decided = served(200, 60_000);
        assert!(decided > 1000.0);
        assert_eq!(served(799, 10_000), decided);
        assert!(served(800, 10_000) < decided);
        // Towards the end it is looked at more often, but not with every share.
        let decided = served(86_000, -10_000);
        assert_eq!(served(86_019, -5_000), decided);
        assert!(served(86_020, -5_000) > decided);
    }

    #[test]
    fn too_much_is_taken_back_within_limits() {
        let terms = terms();
        let mut promise = Promise::new(t(0), &terms, &TimeZone::UTC);
        promise.advance(t(3600), &terms, 0.0);
        promise.credit(Balance(3600 * 1005));
        assert_eq!(promise.target(&terms, Duration::ZERO), 1000.0, "{promise:?}");
        promise.credit(Balance(36_000_000));
        assert!((promise.target(&terms, Duration::ZERO) - 950.0).abs() < 1e-9);
    }

    #[test]
    fn the_clock_stands_while_the_customer_takes_nothing() {
        let terms = terms();
        let mut promise = Promise::new(t(0), &terms, &TimeZone::UTC);
        promise.advance(t(100), &terms, 1.0);
        promise.advance(t(200), &terms, 0.0);
        promise.credit(Balance(100_000));
        let settled = promise.settle("alice/gold", &terms);
        assert!(settled.met, "{settled:?}");
        assert_eq!((settled.owed, settled.excused), (Work(100_000), Work(100_000)));
    }

    #[test]
    fn what_is_missing_at_the_end_becomes_a_credit() {
        let terms = terms();
        let mut promise = Promise::new(t(0), &terms, &TimeZone::UTC);
        promise.advance(t(200_000), &terms, 0.0);
        assert_eq!(promise.at, t(86_400), "never past the end");
        promise.credit(Balance(86_400 * 900));
        let settled = promise.settle("alice/gold", &terms);
        assert!(!settled.met && (settled.credit - 0.1).abs() < 1e-12, "{settled:?}");
        assert_eq!(settled.missing(), Balance(8_640_000));
        promise.credited = Balance::EVEN;
        assert_eq!(promise.settle("alice/gold", &terms).credit, 0.5);
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config { cases: 10_000, ..Default::default() })]

        /// Whatever is delivered and however long the clock stands: nothing that was owed or credited is lost between
        /// two periods, and every hash that was owed is credited, missing, or was delivered too much elsewhere.
        #[test]
        fn debt_is_conserved(steps in proptest::collection::vec((0u32..50_000, 0u32..2_000_000, 0.0f64..=1.0), 1..40)) {
            let terms = terms();
            let mut promise = Promise::new(t(0), &terms, &TimeZone::UTC);
            let (mut now, mut given, mut settled) = (0, 0, Vec::new());
            for (seconds, hashes, excused) in &steps {
                now += i64::from(*seconds);
                promise.credit(Balance((*hashes).into()));
                given += i128::from(*hashes);
                promise.advance(t(now), &terms, *excused);
                while promise.until <= t(now) {
                    settled.push(promise.settle("a/b", &terms));
                    promise = Promise::new(promise.until, &terms, &TimeZone::UTC);
                    promise.advance(t(now), &terms, *excused);
                }
            }
            settled.push(promise.settle("a/b", &terms));
            let sum = |of: fn(&Settlement) -> Balance| settled.iter().map(of).sum::<Balance>().0;
            let owed = sum(|s| s.owed.into());
            proptest::prop_assert_eq!(owed + sum(|s| s.excused.into()), 1_000 * i128::from(now));
            proptest::prop_assert_eq!(sum(|s| s.credited), given);
            let beyond = sum(|s| (s.credited - s.owed.into()).max(Balance::EVEN));
            proptest::prop_assert_eq!(sum(|s| s.credited) + sum(Settlement::missing) - beyond, owed);
            for one in &settled {
                proptest::prop_assert!(one.met == (one.delivered() >= 0.9999));
                proptest::prop_assert!(one.met || one.credit > 0.0 && one.credit <= 0.5);
            }
            for pair in settled.windows(2) {
                proptest::prop_assert_eq!(pair[0].until, pair[1].from);
            }
        }
    }

    #[test]
    fn days_end_at_midnight_where_the_farm_is() {
        let zone = TimeZone::get("America/Toronto").expect("a zone");
        let at = |text: &str| Timestamp(text.parse::<jiff::Timestamp>().expect("a time").as_microsecond());
        let day = Duration::from_secs(86_400);
        assert_eq!(period_end(at("2026-12-01T05:00:00Z"), day, &zone), at("2026-12-02T05:00:00Z"));
        assert_eq!(period_end(at("2026-12-01T04:59:59Z"), day, &zone), at("2026-12-01T05:00:00Z"));
        // The day on which summer time begins has 23 hours.
        assert_eq!(period_end(at("2027-03-14T05:00:00Z"), day, &zone), at("2027-03-15T04:00:00Z"));
        let hour = Duration::from_secs(3600);
        assert_eq!(period_end(at("2026-12-01T05:30:00Z"), hour, &zone), at("2026-12-01T06:00:00Z"));
    }
}
