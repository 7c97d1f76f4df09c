//! A rig's service state: what its shares say of it. What a device says of itself is another axis and not
//! here. Nothing else invents states.

use std::time::Duration;

use crate::detector::Detector;
use crate::event::EventKind;
use crate::time::Timestamp;
use crate::window::Window;

/// Accepted shares before a rig is known well enough to be called online.
pub const VETTING_SHARES: u32 = 20;
/// A rig whose connection is gone for this long is offline.
pub const OFFLINE_AFTER: Duration = Duration::from_secs(15);
/// After a change of assignment a rig's first shares are not looked at for the time of ten of them, but
/// never longer than this,
const GRACE_MAX: Duration = Duration::from_secs(30);
/// nor shorter than this.
const GRACE_MIN: Duration = Duration::from_secs(2);
/// A rig that had no work for a while is given this long to hash again,
const WARM_UP: Duration = Duration::from_secs(120);
/// and this long to connect again, should it not be connected.
pub const COME_BACK: Duration = Duration::from_secs(60);
/// Shares expected within the grace.
const GRACE_SHARES: f64 = 10.0;
/// The return test: this much evidence for the whole rate against four fifths of it, ln 1000.
const TRUST: f64 = 6.907_755;
/// A rig that is degraded already is dead when so many shares in a row are missing: odds of ten billion to one.
const SILENCE: f64 = 23.0;
/// A degraded rig that sent a share within these seconds is not called one that sends nothing.
const QUIET_MIN: f64 = 2.0;
/// What the return test compares with.
const REST: f64 = 0.8;
/// Evidence that a rig does twice of what it should, or more, against once: a quarter of a billion to one.
const EXCESS: f64 = 19.4;
/// A relapse within this doubles the time that a rig must prove itself.
const RELAPSE_WITHIN: Duration = Duration::from_secs(86_400);

/// How a rig serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Service {
    /// Connected, too few shares to say more.
    Vetting,
    /// Its shares are what is expected of it.
    Online,
    /// Its shares are fewer than chance explains easily.
    Suspect,
    /// It does clearly less than expected.
    Degraded,
    /// It is connected and sends nothing.
    Dead,
    /// It is not connected.
    Offline,
    /// It does what is expected again, and must do so for a while.
    Returning,
    /// Taken out of service by an operator, or without work because its site must draw less.
    OutOfService,
    /// In no farm file, or its name came from two connections.
    Quarantined,
}

impl Service {
    /// As written in events and documents.
    pub fn name(self) -> &'static str {
        match self {
            Service::Vetting => "vetting",
            Service::Online => "online",
            Service::Suspect => "suspect",
            Service::Degraded => "degraded",
            Service::Dead => "dead",
            Service::Offline => "offline",
            Service::Returning => "returning",
            Service::OutOfService => "out of service",
            Service::Quarantined => "quarantined",
        }
    }

    /// The event that it comes to this.
    pub fn event(self) -> EventKind {
        match self {
            Service::Vetting => EventKind::RigVetting,
            Service::Online => EventKind::RigOnline,
            Service::Suspect => EventKind::RigSuspect,
            Service::Degraded => EventKind::RigDegraded,
            Service::Dead => EventKind::RigDead,
            Service::Offline => EventKind::RigOffline,
            Service::Returning => EventKind::RigReturning,
            Service::OutOfService => EventKind::RigOutOfService,
            Service::Quarantined => EventKind::RigQuarantined,
        }
    }

    /// Its hash can be promised to somebody.
    pub fn covers(self) -> bool {
        matches!(self, Service::Vetting | Service::Online)
    }

    /// It sends next to nothing.
    pub fn is_silent(self) -> bool {
        matches!(self, Service::Suspect | Service::Dead)
    }

    /// It has failed, and must prove itself before it is trusted again.
    pub fn fails(self) -> bool {
        matches!(self, Service::Degraded | Service::Dead | Service::Offline)
    }
}

/// When a rig counts as failing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Detect {
    /// By the odds of a false alarm.
    Likelihood {
        /// Part of its hashrate above which it is healthy.
        healthy_min: f64,
        /// Mean time between false alarms of one rig, until it is suspect.
        suspect: Duration,
        /// The same until it is degraded or dead.
        degraded: Duration,
    },
    /// By the mean over the last so many minutes: the plain rule.
    Window {
        /// The time.
        period: Duration,
        /// Part of its hashrate above which it is healthy.
        degraded_below: f64,
        /// Time without a share after which it is dead.
        silent_after: Duration,
    },
}

/// When a rig counts as failing, and when it is trusted again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// Failing.
    pub detect: Detect,
    /// It must be healthy this long,
    pub healthy_for: Duration,
    /// doubled at each relapse within a day, up to this.
    pub relapse_max: Duration,
}

impl Default for Rule {
    fn default() -> Self {
        Self {
            detect: Detect::Likelihood {
                healthy_min: 0.95,
                suspect: Duration::from_secs(30 * 86_400),
                degraded: Duration::from_secs(10_000 * 86_400),
            },
            healthy_for: Duration::from_secs(600),
            relapse_max: Duration::from_secs(8 * 3600),
        }
    }
}

/// Follows one rig's shares.
#[derive(Debug, Clone)]
pub struct Watch {
    rule: Rule,
    service: Service,
    since: Timestamp,
    detector: Detector,
    /// Shares a second that the whole hashrate would send.
    rate: f64,
    accepted: u32,
    last_share: Timestamp,
    /// For the plain rule only.
    window: Option<Box<Window>>,
    trust: f64,
    trust_at: Timestamp,
    /// Evidence for more work than its model can do.
    excess: f64,
    excess_told: bool,
    /// While returning: when its shares had proved it.
    proved: Option<Timestamp>,
    dwell: Duration,
    /// The dwell before its last failure, should that turn out to be nobody's fault.
    dwell_before: Duration,
    recovered: Option<Timestamp>,
    disconnected: Option<Timestamp>,
    excused: bool,
    /// Since when it is given no work.
    aside: Option<Timestamp>,
    /// It may take this long to hash again after it had no work.
    warm_at: Timestamp,
}

impl Watch {
    /// A rig that has just connected for the first time.
    pub fn new(now: Timestamp, rule: Rule) -> Self {
        Self {
            rule,
            service: Service::Vetting,
            since: now,
            detector: Detector::new(now),
            rate: 0.0,
            accepted: 0,
            last_share: now,
            window: window(now, rule),
            trust: 0.0,
            trust_at: now,
            excess: 0.0,
            excess_told: false,
            proved: None,
            dwell: rule.healthy_for,
            dwell_before: rule.healthy_for,
            recovered: None,
            disconnected: None,
            excused: false,
            aside: None,
            warm_at: Timestamp::default(),
        }
    }

    /// How it serves: vetting, online, suspect, degraded, dead, offline or returning; out of service while it
    /// is set aside.
    pub fn service(&self) -> Service {
        if self.aside.is_some() { Service::OutOfService } else { self.service }
    }

    /// Since when.
    pub fn since(&self) -> Timestamp {
        self.aside.unwrap_or(self.since)
    }

    /// It is given no work: whatever it does or leaves undone meanwhile says nothing about it.
    pub fn set_aside(&mut self, now: Timestamp) {
        self.aside.get_or_insert(now);
        self.disconnected = None;
    }

    /// It is given work again, and is what it was before; one that was on its way back has proved nothing yet.
    pub fn resume(&mut self, now: Timestamp, is_connected: bool) {
        if self.aside.take().is_none() {
            return;
        }
        self.warm_at = now + WARM_UP;
        if self.service == Service::Returning {
            (self.proved, self.trust) = (None, 0.0);
        }
        self.restart(now, self.rule);
        if !is_connected && self.service != Service::Offline {
            self.disconnected = Some(now + COME_BACK);
        }
    }

    /// Where the rig is silent, or may still be on its way to hash again after it had no work: how far its
    /// shares say nothing about how hard they should be.
    pub fn says_nothing_until(&self, now: Timestamp) -> Option<Timestamp> {
        (now < self.warm_at || self.service().is_silent()).then(|| now.max(self.warm_at))
    }

    /// It works for somebody else, or connects again: what was seen says nothing about what comes.
    pub fn restart(&mut self, now: Timestamp, rule: Rule) {
        // How long a rig that failed must prove itself was decided where it failed.
        self.rule = rule;
        let from = (now + self.grace()).max(self.warm_at);
        self.detector.restart(from);
        self.window = window(from, rule);
        if let Some(window) = &mut self.window {
            window.expect(from, self.rate);
        }
        self.last_share = from;
        self.trust_at = self.trust_at.max(from);
        self.excess = 0.0;
    }

    /// Its connection is gone.
    pub fn disconnect(&mut self, now: Timestamp) {
        if self.aside.is_none() {
            self.disconnected.get_or_insert(now);
        }
    }

    /// It is connected again. Returns the state before, if that changes it.
    pub fn reconnect(&mut self, now: Timestamp, rule: Rule) -> Option<Service> {
        self.restart(now, rule);
        self.disconnected = None;
        if self.service != Service::Offline {
            return None;
        }
        let next = if self.excused { Service::Vetting } else { Service::Returning };
        let before = self.enter(now, next);
        self.aside.is_none().then_some(before)
    }

    /// What it fails by now has another cause than itself: a site, a rack or a pool fell silent as a whole.
    /// It is believed again as soon as it works.
    pub fn excuse(&mut self, excused: bool) {
        if excused && !self.excused && self.service.fails() {
            self.dwell = self.dwell_before;
        }
        self.excused = excused;
    }

    /// Its failure is not its own fault.
    pub fn is_excused(&self) -> bool {
        self.excused
    }

    /// From now on the whole hashrate would send this many shares a second.
    pub fn expect(&mut self, now: Timestamp, per_second: f64) {
        if (per_second / self.rate - 1.0).abs() < 1e-9 {
            return;
        }
        let is_first = self.rate <= 0.0;
        self.advance_trust(now);
        self.rate = per_second;
        if is_first && self.detector.at() > now {
            // How long the grace should be was not known yet.
            self.trust_at = now;
            self.restart(now, self.rule);
        }
        self.detector.expect(now, per_second * self.healthy_min());
        if let Some(window) = &mut self.window {
            window.expect(now, per_second);
        }
    }

    /// An accepted share.
    pub fn on_share(&mut self, now: Timestamp) -> Option<Service> {
        if self.aside.is_some() {
            return None;
        }
        self.detector.on_share(now);
        self.advance_trust(now);
        if now >= self.trust_at {
            self.trust += (1.0 / REST).ln() / self.detector.dispersion();
            self.excess += 2f64.ln() / self.detector.dispersion();
        }
        self.accepted = self.accepted.saturating_add(1);
        self.last_share = self.last_share.max(now);
        if let Some(window) = &mut self.window {
            window.on_share(now);
        }
        self.judge(now)
    }

    /// It does far more than its model can; true once for each time that this begins. Page's test for twice the
    /// rate against the rate itself: what lies below 1.44 times is never told.
    pub fn overdelivers(&mut self) -> bool {
        self.rate > 0.0 && self.excess >= EXCESS && !std::mem::replace(&mut self.excess_told, true)
    }

    /// Time passed.
    pub fn on_time(&mut self, now: Timestamp) -> Option<Service> {
        if self.aside.is_some() {
            return None;
        }
        if let Some(gone) = self.disconnected {
            let offline = now.since(gone) >= OFFLINE_AFTER && self.service != Service::Offline;
            return offline.then(|| self.enter(now, Service::Offline));
        }
        self.detector.on_time(now);
        if let Some(window) = &mut self.window {
            window.on_time(now);
        }
        self.advance_trust(now);
        self.judge(now)
    }

    fn grace(&self) -> Duration {
        if self.rate <= 0.0 {
            return GRACE_MAX;
        }
        Duration::from_secs_f64((GRACE_SHARES / self.rate).min(1e6)).clamp(GRACE_MIN, GRACE_MAX)
    }

    fn healthy_min(&self) -> f64 {
        match self.rule.detect {
            Detect::Likelihood { healthy_min, .. } => healthy_min,
            Detect::Window { .. } => 1.0,
        }
    }

    /// Page's test upwards, for the whole rate against [`REST`] of it.
    fn advance_trust(&mut self, now: Timestamp) {
        if now <= self.trust_at {
            return;
        }
        let seconds = now.since(self.trust_at).as_secs_f64();
        self.trust_at = now;
        let rate = self.rate * self.healthy_min() / self.detector.dispersion();
        self.trust = (self.trust - (1.0 - REST) * rate * seconds).max(0.0);
        self.excess = (self.excess - self.rate / self.detector.dispersion() * seconds).max(0.0);
        if self.excess == 0.0 {
            self.excess_told = false;
        }
    }

    /// Notes a change of state and returns the state before.
    fn judge(&mut self, now: Timestamp) -> Option<Service> {
        if self.service == Service::Returning && self.proved.is_none() && self.trust >= TRUST {
            self.proved = Some(now);
        }
        let next = self.next(now);
        (next != self.service).then(|| self.enter(now, next))
    }

    /// Changes the state and returns the one before.
    fn enter(&mut self, now: Timestamp, next: Service) -> Service {
        let before = self.service;
        if next.fails() && !before.fails() {
            self.dwell_before = self.dwell;
            let relapsed = self.recovered.is_some_and(|at| now.since(at) < RELAPSE_WITHIN);
            if !self.excused {
                self.dwell = if relapsed || before == Service::Returning {
                    (self.dwell * 2).min(self.rule.relapse_max.max(self.rule.healthy_for))
                } else {
                    self.rule.healthy_for
                };
            }
        }
        if before.fails() || next == Service::Returning {
            // Whatever was suspected is over; the next suspicion starts from nothing.
            let from = self.detector_from(now);
            self.detector.restart(from);
            self.window = window(from, self.rule);
            if let Some(window) = &mut self.window {
                window.expect(from, self.rate);
            }
        }
        if next == Service::Returning {
            // One that was cut off has proved nothing yet.
            self.proved = (before != Service::Offline).then_some(now);
        }
        if before == Service::Returning && next == Service::Online {
            self.recovered = Some(now);
        }
        if next == Service::Vetting {
            self.accepted = 0;
        }
        if next.fails() {
            self.trust = 0.0;
        }
        self.since = now;
        self.service = next;
        before
    }

    /// A grace that runs is not cut short.
    fn detector_from(&self, now: Timestamp) -> Timestamp {
        self.detector.at().max(now)
    }

    fn next(&self, now: Timestamp) -> Service {
        if self.rate <= 0.0 {
            return self.service;
        }
        let verdict = self.verdict(now);
        match self.service {
            Service::Degraded | Service::Dead if self.excused && self.trust > 0.0 => Service::Vetting,
            Service::Degraded | Service::Dead => {
                if self.trust >= TRUST {
                    Service::Returning
                } else if self.service == Service::Degraded && self.is_silent(now) {
                    Service::Dead
                } else if self.service == Service::Dead && self.trust > 0.0 && verdict != Service::Dead {
                    Service::Degraded
                } else {
                    self.service
                }
            }
            Service::Returning => match verdict {
                Service::Degraded | Service::Dead => verdict,
                _ if self.proved.is_some_and(|at| now.since(at) >= self.dwell) => Service::Online,
                _ => Service::Returning,
            },
            _ => match verdict {
                Service::Online if self.accepted < VETTING_SHARES => Service::Vetting,
                other => other,
            },
        }
    }

    /// Chance does not explain how long it has sent nothing.
    fn is_silent(&self, now: Timestamp) -> bool {
        let quiet = now.since(self.last_share).as_secs_f64();
        quiet >= QUIET_MIN && quiet * self.rate * self.healthy_min() / self.detector.dispersion() >= SILENCE
    }

    /// What the present evidence says, the past left aside.
    fn verdict(&self, now: Timestamp) -> Service {
        match self.rule.detect {
            Detect::Likelihood { suspect, degraded, .. } => {
                let statistic = self.detector.statistic();
                if statistic >= degraded.as_secs_f64() {
                    if self.detector.is_silent() { Service::Dead } else { Service::Degraded }
                } else if statistic >= suspect.as_secs_f64()
                    || (self.service == Service::Suspect && statistic >= suspect.as_secs_f64() / 100.0)
                {
                    Service::Suspect
                } else {
                    Service::Online
                }
            }
            Detect::Window { degraded_below, silent_after, .. } => {
                if now.since(self.last_share) >= silent_after {
                    return Service::Dead;
                }
                let part = self.window.as_ref().and_then(|window| window.part());
                // What is written as 70 % of 200 must not miss 140 by a rounding.
                if part.is_some_and(|part| part <= degraded_below + 1e-9) {
                    Service::Degraded
                } else {
                    Service::Online
                }
            }
        }
    }
}

/// The plain rule's window, where it is the rule.
fn window(from: Timestamp, rule: Rule) -> Option<Box<Window>> {
    match rule.detect {
        Detect::Window { period, .. } => Some(Box::new(Window::new(from, period))),
        Detect::Likelihood { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A rig that sends like clockwork, at `per_minute` of the 20 that are expected.
    struct Rig {
        watch: Watch,
        now: Timestamp,
        changes: Vec<(i64, Service)>,
        owed: f64,
    }

    impl Rig {
        fn new(rule: Rule) -> Self {
            let now = Timestamp::from_seconds(0);
            let mut watch = Watch::new(now, rule);
            watch.expect(now, 20.0 / 60.0);
            Self { watch, now, changes: Vec::new(), owed: 0.0 }
        }

        fn run(&mut self, minutes: f64, per_minute: f64) {
            let end = self.now + Duration::from_secs_f64(minutes * 60.0);
            while self.now < end {
                self.now = self.now + Duration::from_secs(1);
                self.owed += per_minute / 60.0;
                let mut change = self.watch.on_time(self.now);
                if self.owed >= 1.0 {
                    self.owed -= 1.0;
                    change = self.watch.on_share(self.now).or(change);
                }
                if change.is_some() {
                    self.changes.push((self.now.0 / 1_000_000, self.watch.service()));
                }
            }
        }

        fn states(&self) -> Vec<Service> {
            self.changes.iter().map(|(_, service)| *service).collect()
        }
    }

    #[test]
    fn the_first_grace_is_as_long_as_the_shares_that_are_expected_want_it() {
        for (per_second, noticed_max) in [(20.0, 6), (1.0 / 3.0, 120)] {
            let t = |millis: i64| Timestamp(1_800_000_000_000_000 + millis * 1000);
            // It connects, is given a place, and is told how hard its shares should be.
            let mut watch = Watch::new(t(0), Rule::default());
            watch.restart(t(0), Rule::default());
            watch.expect(t(0), per_second);
            let gap = (1000.0 / per_second) as i64;
            for n in 1..=25 {
                watch.on_share(t(n * gap));
            }
            let silent = 25 * gap / 1000;
            let noticed = (silent..silent + 600).find(|second| {
                watch.on_time(t(second * 1000));
                watch.service() == Service::Dead
            });
            let took = noticed.expect("it is noticed") - silent;
            assert!(took <= noticed_max, "{per_second} a second: {took} s");
        }
    }

    #[test]
    fn a_healthy_rig_is_vetted_and_stays_online() {
        let mut rig = Rig::new(Rule::default());
        rig.run(600.0, 20.0);
        assert_eq!(rig.states(), [Service::Online]);
    }

    #[test]
    fn a_rig_that_falls_silent_is_suspect_then_dead_and_comes_back_after_its_dwell() {
        let mut rig = Rig::new(Rule::default());
        rig.run(30.0, 20.0);
        rig.run(3.0, 0.0);
        assert_eq!(rig.states(), [Service::Online, Service::Suspect, Service::Dead]);
        let [_, suspect, dead] = rig.changes.as_slice() else { panic!("{:?}", rig.changes) };
        assert!((suspect.0 - 1800) < 60 && (dead.0 - 1800) < 80, "{:?}", rig.changes);
        rig.run(40.0, 20.0);
        assert_eq!(rig.states()[3..], [Service::Degraded, Service::Returning, Service::Online]);
        let (returning, online) = (rig.changes[4].0, rig.changes[5].0);
        assert!((600..620).contains(&(online - returning)), "{:?}", rig.changes);
    }

    #[test]
    fn half_a_rig_is_degraded_in_minutes_and_a_relapse_doubles_its_dwell() {
        let mut rig = Rig::new(Rule::default());
        rig.run(30.0, 20.0);
        rig.run(12.0, 10.0);
        assert_eq!(rig.watch.service(), Service::Degraded);
        rig.run(60.0, 20.0);
        assert_eq!(rig.watch.service(), Service::Online);
        rig.run(12.0, 10.0);
        rig.run(60.0, 20.0);
        let times: Vec<i64> = rig
            .changes
            .windows(2)
            .filter(|pair| pair[0].1 == Service::Returning)
            .map(|pair| pair[1].0 - pair[0].0)
            .collect();
        assert_eq!(times.len(), 2, "{:?}", rig.changes);
        assert!(times[1] > 2 * times[0] - 20, "{times:?}");
    }

    #[test]
    fn half_a_rig_that_dies_is_dead() {
        let mut rig = Rig::new(Rule::default());
        rig.run(30.0, 20.0);
        rig.run(12.0, 10.0);
        rig.run(3.0, 0.0);
        assert_eq!(rig.watch.service(), Service::Dead, "{:?}", rig.changes);
        rig.run(60.0, 20.0);
        assert_eq!(rig.watch.service(), Service::Online, "{:?}", rig.changes);
    }

    #[test]
    fn ninety_seven_percent_is_healthy_enough() {
        let mut rig = Rig::new(Rule::default());
        rig.run(1440.0, 19.4);
        assert_eq!(rig.states(), [Service::Online]);
    }

    #[test]
    fn the_plain_rule_looks_at_the_last_minutes_whenever_they_began() {
        let rule = Rule {
            detect: Detect::Window {
                period: Duration::from_secs(600),
                degraded_below: 0.7,
                silent_after: Duration::from_secs(180),
            },
            ..Rule::default()
        };
        let mut rig = Rig::new(rule);
        rig.run(33.0, 20.0);
        // Three fifths of the window at half the hashrate leave 70 %.
        rig.run(5.5, 10.0);
        assert_eq!(rig.watch.service(), Service::Online);
        rig.run(1.0, 10.0);
        assert_eq!(rig.watch.service(), Service::Degraded);
        rig.run(60.0, 20.0);
        assert_eq!(rig.states(), [Service::Online, Service::Degraded, Service::Returning, Service::Online]);
        let mut rig = Rig::new(rule);
        rig.run(30.0, 20.0);
        rig.run(3.2, 0.0);
        assert_eq!(rig.watch.service(), Service::Dead);
    }

    #[test]
    fn a_move_neither_shortens_the_proof_nor_counts_as_one() {
        let quick = Rule { healthy_for: Duration::from_secs(30), ..Rule::default() };
        let mut rig = Rig::new(quick);
        rig.run(30.0, 20.0);
        rig.run(12.0, 10.0);
        assert_eq!(rig.watch.service(), Service::Degraded);
        rig.watch.restart(rig.now, Rule::default());
        rig.run(0.6, 20.0);
        assert_eq!(rig.watch.service(), Service::Degraded, "shares of the grace are no proof");
        rig.run(40.0, 20.0);
        let [.., (returning, Service::Returning), (online, Service::Online)] = rig.changes.as_slice() else {
            panic!("{:?}", rig.changes)
        };
        assert!((30..35).contains(&(online - returning)), "{:?}", rig.changes);
    }

    /// Cuts a rig off for so many minutes.
    fn cut_off(rig: &mut Rig, minutes: i64) {
        rig.watch.disconnect(rig.now);
        for _ in 0..minutes * 60 {
            rig.now = rig.now + Duration::from_secs(1);
            if rig.watch.on_time(rig.now).is_some() {
                rig.changes.push((rig.now.0 / 1_000_000, rig.watch.service()));
            }
        }
        if rig.watch.reconnect(rig.now, Rule::default()).is_some() {
            rig.changes.push((rig.now.0 / 1_000_000, rig.watch.service()));
        }
    }

    #[test]
    fn a_rig_that_was_cut_off_proves_itself_and_a_short_cut_costs_nothing() {
        let mut rig = Rig::new(Rule::default());
        rig.run(30.0, 20.0);
        rig.watch.disconnect(rig.now);
        rig.now = rig.now + Duration::from_secs(14);
        assert_eq!(rig.watch.on_time(rig.now), None);
        assert_eq!(rig.watch.reconnect(rig.now, Rule::default()), None);
        rig.run(5.0, 20.0);
        cut_off(&mut rig, 5);
        rig.run(60.0, 20.0);
        assert_eq!(
            rig.states(),
            [Service::Online, Service::Offline, Service::Returning, Service::Online],
            "{:?}",
            rig.changes
        );
        // The proof takes some minutes, and then the dwell begins.
        let took = rig.changes[3].0 - rig.changes[2].0;
        assert!(took > 600 + 300, "{took}");
    }

    #[test]
    fn what_was_not_its_fault_costs_no_trust() {
        for cut in [true, false] {
            let mut rig = Rig::new(Rule::default());
            rig.run(30.0, 20.0);
            rig.watch.excuse(true);
            if cut {
                cut_off(&mut rig, 5)
            } else {
                rig.run(5.0, 0.0)
            }
            assert_eq!(rig.watch.service().fails(), !cut, "{:?}", rig.changes);
            rig.watch.excuse(true);
            rig.run(2.0, 20.0);
            assert_eq!(rig.watch.service(), Service::Online, "{:?}", rig.changes);
            rig.watch.excuse(false);
            rig.run(30.0, 20.0);
            rig.run(5.0, 0.0);
            rig.run(60.0, 20.0);
            let dwell = rig.changes.last().unwrap().0 - rig.changes[rig.changes.len() - 2].0;
            assert!((600..620).contains(&dwell), "no relapse was counted: {:?}", rig.changes);
        }
    }

    #[test]
    fn a_rig_that_does_twice_of_what_it_can_is_told_once_and_an_overclocked_one_never() {
        for (per_minute, told) in [(20.0, 0), (26.0, 0), (40.0, 1), (200.0, 1)] {
            let mut rig = Rig::new(Rule::default());
            let mut count = 0;
            for _ in 0..600 {
                rig.run(0.1, per_minute);
                count += usize::from(rig.watch.overdelivers());
            }
            assert_eq!(count, told, "{per_minute} a minute");
        }
    }

    #[test]
    fn a_move_starts_from_nothing() {
        let mut rig = Rig::new(Rule::default());
        rig.run(30.0, 20.0);
        rig.run(0.5, 0.0);
        rig.watch.restart(rig.now, Rule::default());
        rig.run(1.0, 0.0);
        assert_eq!(rig.watch.service(), Service::Online);
        rig.run(2.0, 0.0);
        assert_eq!(rig.watch.service(), Service::Dead);
    }
}
