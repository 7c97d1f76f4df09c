//! Follows one rig's shares, and says how it serves.

pub mod detector;
pub mod odds;
mod rule;
pub mod window;

pub use rule::{Detect, Rule};

use std::time::Duration;

use crate::orders::RigOrder;
use crate::service::Service;
use crate::time::Timestamp;
use detector::Detector;
use window::Window;

/// Accepted shares before a rig is known well enough to be called online.
pub const VETTING_SHARES: u32 = 20;
/// A rig whose connection is gone for this long is offline.
pub const OFFLINE_AFTER: Duration = Duration::from_secs(15);
/// Longest grace: after a change of assignment a rig's first shares are not judged for the time of [`GRACE_SHARES`].
const GRACE_MAX: Duration = Duration::from_secs(30);
/// Shortest grace after a change of assignment.
const GRACE_MIN: Duration = Duration::from_secs(2);
/// A rig that had no work for a while is given this long to hash again.
const WARM_UP: Duration = Duration::from_secs(120);
/// A rig that had no work for a while, and is not connected, is given this long to connect again.
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
/// Shares that are missing where chance explains it once in some ten thousand times: the rig's network or the hub
/// itself stood still.
const STALLED: f64 = 10.0;
/// What comes late after longer is not taken for such shares.
const STALLED_MAX: Duration = Duration::from_secs(600);
/// Within this after it stood still the hub has read what came meanwhile.
const HELD: Duration = Duration::from_secs(30);
/// A relapse within this doubles the time that a rig must prove itself.
const RELAPSE_WITHIN: Duration = Duration::from_secs(86_400);

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
    /// Accepted since the hub started.
    taken: u64,
    last_share: Timestamp,
    /// For the plain rule only.
    window: Option<Box<Window>>,
    trust: f64,
    trust_at: Timestamp,
    /// Evidence for more work than its model can do.
    excess: f64,
    excess_told: bool,
    /// When it was last heard, and the shares that may still come late of what it found before.
    heard: Timestamp,
    late: f64,
    /// Shares that the hub itself may have held back, and until when they would come.
    held: f64,
    held_until: Timestamp,
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
            taken: 0,
            last_share: now,
            window: window(now, rule),
            trust: 0.0,
            trust_at: now,
            excess: 0.0,
            excess_told: false,
            heard: now,
            late: 0.0,
            held: 0.0,
            held_until: now,
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

    /// What it is ordered to do says what may be expected of it. One that is `idle` has no pool that takes its work.
    /// Gives the state that is news where it fails and is no longer excused: nothing was told of that before.
    pub fn follow(
        &mut self,
        now: Timestamp,
        order: &RigOrder,
        is_idle: bool,
        is_connected: bool,
    ) -> Option<Service> {
        let was_excused = self.excused;
        self.excuse(order.excused);
        if order.parked {
            self.set_aside(now);
        } else if !is_idle {
            self.resume(now, is_connected);
        }
        (was_excused && !self.excused && self.service().fails()).then_some(Service::Online)
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
        self.held = 0.0;
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

    /// From now on the whole hashrate would send this many shares a second; none while it has no work.
    pub fn expect(&mut self, now: Timestamp, per_second: f64) {
        if per_second == self.rate || (per_second / self.rate - 1.0).abs() < 1e-9 {
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

    /// Accepted shares since the hub started, on all its connections.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// An accepted share.
    pub fn on_share(&mut self, now: Timestamp) -> Option<Service> {
        self.taken += 1;
        if self.aside.is_some() {
            return None;
        }
        // What was found while nothing came through comes all at once: that is no more than was to be expected.
        let silent = self.shares_of(now.since(self.heard));
        if silent >= STALLED {
            self.late = (self.late + silent).min(self.shares_of(STALLED_MAX));
        }
        self.heard = now;
        let (late, held) = (take_one(&mut self.late), now < self.held_until && take_one(&mut self.held));
        if held {
            self.detector.on_held_share(now);
        } else {
            self.detector.on_share(now);
        }
        self.advance_trust(now);
        if now >= self.trust_at && !held {
            self.trust += (1.0 / REST).ln() / self.detector.dispersion();
            if !late {
                self.excess += 2f64.ln() / self.detector.dispersion();
            }
        }
        self.accepted = self.accepted.saturating_add(1);
        self.last_share = self.last_share.max(now);
        if let Some(window) = &mut self.window {
            window.on_share(now);
        }
        self.judge(now)
    }

    /// The hub stood still for so long: what the rig found meanwhile comes at once, within [`HELD`], and says nothing
    /// but that it was found.
    pub fn on_stall(&mut self, now: Timestamp, by: Duration) {
        self.held = (self.held + self.shares_of(by)).min(self.shares_of(STALLED_MAX));
        self.held_until = now + HELD;
    }

    /// Shares that its whole hashrate sends in such a time.
    fn shares_of(&self, time: Duration) -> f64 {
        time.as_secs_f64() * self.rate
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
                // Evidence begins again with a move; good news is a share.
                Service::Online if self.service == Service::Suspect && self.heard < self.since => {
                    Service::Suspect
                }
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

/// Takes one of so many, where there is one.
fn take_one(shares: &mut f64) -> bool {
    let one = *shares >= 1.0;
    *shares -= if one { 1.0 } else { 0.0 };
    one
}

/// The plain rule's window, where it is the rule.
fn window(from: Timestamp, rule: Rule) -> Option<Box<Window>> {
    match rule.detect {
        Detect::Window { period, .. } => Some(Box::new(Window::new(from, period))),
        Detect::Likelihood { .. } => None,
    }
}

#[cfg(test)]
mod tests;
