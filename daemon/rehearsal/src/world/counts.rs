//! The farm by counts: for each rig and minute a number of shares is drawn; sessions and messages are left out.
//! Detector, scheduler, promises and the choice of pools are the daemon's own.
//!
//! A rig of which nothing special can be said is *calm*: its counts are kept, and two sums watch whether they
//! begin to look odd. Only then is its detector fed with them, share by share. What happens to a rig makes it
//! *hot*: it is followed by the second until the detector has said what it has to say.

mod pools;
mod rig;

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::sync::Arc;
use std::time::Duration;

use exchange::event::{Event, EventKind};
use exchange::failover::PoolFault;
use exchange::label::PARKED;
use exchange::service::Service;
use exchange::time::Timestamp;
use exchange::watch::{OFFLINE_AFTER, Rule};
use exchange::work::Balance;
use farm::reconcile::{Reconciler, RentalSeen, RigSeen, Seen};

use super::Stage;
use crate::rng::{Poisson, Rng};
use pools::Pools;
use rig::{Mode, Rig};

const MINUTE: i64 = 60_000_000;
const SECOND: Duration = Duration::from_secs(1);
/// The daemon looks so often, and decides once for whatever happened meanwhile, microseconds.
const LOOK: i64 = 500_000;
/// The hub gives up a connection that died without a goodbye after this.
const HUB_PATIENCE: Duration = Duration::from_secs(120);
/// No rental: the house, or nobody.
pub(super) const HOUSE: usize = usize::MAX;

/// Something that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Wake {
    /// The hub notices that a connection is dead.
    Disconnect(usize, u32),
    /// A rig has booted.
    Connect(usize, u32),
    /// A pool's fault shows.
    PoolShows(usize, u32),
    /// Pools are chosen anew.
    Choose,
    /// Something was seen that decisions rest on.
    Decide,
}

/// The farm by counts.
#[derive(Debug)]
pub(crate) struct Counts {
    now: Timestamp,
    rigs: Vec<Rig>,
    hot: BTreeSet<usize>,
    tables: Vec<Poisson>,
    wakes: BinaryHeap<Reverse<(Timestamp, u64, Wake)>>,
    /// When decisions are due: one for whatever happens within a look of the daemon.
    deciding: BTreeSet<Timestamp>,
    order: u64,
    pools: Pools,
    /// By rental.
    credited: Vec<Balance>,
    rules: Vec<Rule>,
    excused: Arc<std::collections::BTreeSet<Arc<str>>>,
    seen: Seen,
    rng: Rng,
}

impl Counts {
    pub(crate) fn new(stage: &mut Stage, now: Timestamp) -> Self {
        let mut rng = stage.rng.apart();
        let per_minute = stage.per_minute();
        let rigs: Vec<Rig> =
            stage.truth.rigs.iter().map(|truth| Rig::new(now, truth.nominal, per_minute)).collect();
        let mut counts = Self {
            now,
            hot: BTreeSet::new(),
            tables: vec![Poisson::of(per_minute)],
            wakes: BinaryHeap::new(),
            deciding: BTreeSet::new(),
            order: 0,
            pools: Pools::default(),
            credited: Vec::new(),
            rules: Vec::new(),
            excused: Arc::default(),
            seen: Seen { at: now, rigs: vec![RigSeen::default(); rigs.len()], rentals: Vec::new() },
            rigs,
            rng: rng.apart(),
        };
        for rig in 0..counts.rigs.len() {
            if stage.truth.rigs[rig].nominal > 0.0 {
                counts.wake(now + Duration::from_millis(rng.between(0, 5_000)), Wake::Connect(rig, 0));
            }
        }
        counts.adopt(stage, now);
        counts
    }

    fn wake(&mut self, at: Timestamp, wake: Wake) {
        self.order += 1;
        self.wakes.push(Reverse((at, self.order, wake)));
    }

    /// Decides when the daemon next looks after `at`.
    fn decide_after(&mut self, at: Timestamp) {
        let look = Timestamp((at.0.div_euclid(LOOK) + 1) * LOOK);
        if self.deciding.insert(look) {
            self.wake(look, Wake::Decide);
        }
    }

    /// A new farm file, or new overrides.
    fn adopt(&mut self, stage: &mut Stage, now: Timestamp) {
        self.credited.resize(stage.terms.len(), Balance::EVEN);
        self.seen.rentals.resize(stage.terms.len(), RentalSeen::default());
        self.rules = self.pools.adopt(stage, now);
        self.choose(stage, now);
        // The daemon is woken for it.
        self.decide(stage, now);
    }

    pub(crate) fn run(&mut self, stage: &mut Stage, until: Timestamp) {
        while self.now < until {
            let minute = Timestamp((self.now.minute() + 1) * MINUTE);
            let end = until.min(minute);
            self.within(stage, end);
            if end == minute {
                self.close(stage, minute);
            }
        }
        self.due(stage, until);
    }

    /// Lets hot rigs and what is due run, inside of a minute.
    fn within(&mut self, stage: &mut Stage, end: Timestamp) {
        while self.now < end {
            self.due(stage, self.now);
            let due = self.wakes.peek().map_or(end, |Reverse((at, _, _))| (*at).max(self.now).min(end));
            let step = if self.hot.is_empty() { due } else { due.min(self.now + SECOND) };
            // What is due at once was done.
            let step = if step == self.now { end.min(self.now + SECOND) } else { step };
            self.follow(stage, step);
            self.now = step;
        }
    }

    fn due(&mut self, stage: &mut Stage, now: Timestamp) {
        while self.wakes.peek().is_some_and(|Reverse((at, _, _))| *at <= now) {
            let Some(Reverse((_, _, wake))) = self.wakes.pop() else { return };
            match wake {
                Wake::Disconnect(rig, turn) if self.rigs[rig].turn == turn && self.rigs[rig].connected => {
                    self.rigs[rig].connected = false;
                    self.rigs[rig].watch.disconnect(now);
                    stage.record.note(told(
                        now,
                        &stage.names[rig],
                        EventKind::RigDisconnected,
                        "disconnected",
                    ));
                    self.decide_after(now);
                    self.decide_after(now + OFFLINE_AFTER);
                }
                Wake::Connect(rig, turn) if self.rigs[rig].turn == turn => self.connect(stage, now, rig),
                Wake::PoolShows(pool, turn) => {
                    if self.pools.shows(stage, now, pool, turn) {
                        self.choose(stage, now);
                    }
                }
                Wake::Choose => self.choose(stage, now),
                Wake::Decide => {
                    self.deciding.remove(&now);
                    self.decide(stage, now);
                }
                Wake::Disconnect(..) | Wake::Connect(..) => {}
            }
        }
    }

    fn connect(&mut self, stage: &mut Stage, now: Timestamp, rig: usize) {
        self.bring(stage, now, rig);
        let rule = self.rule(self.rigs[rig].serves);
        let one = &mut self.rigs[rig];
        one.since = now;
        one.up = true;
        let before = if one.known {
            one.watch.reconnect(now, rule)
        } else {
            one.known = true;
            one.watch = exchange::watch::Watch::new(now, rule);
            None
        };
        one.watch.expect(now, one.per_minute / 60.0);
        if one.parked {
            one.watch.set_aside(now);
        }
        one.connected = true;
        one.work = 0.0;
        one.forget();
        one.mode = Mode::Warm;
        self.hot.remove(&rig);
        stage.record.note(told(now, &stage.names[rig], EventKind::RigConnected, "connected"));
        if before.is_some() {
            self.tell_service(stage, now, rig);
        }
        self.decide_after(now);
    }

    fn rule(&self, serves: usize) -> Rule {
        self.rules.get(serves).copied().unwrap_or_default()
    }

    /// Part of its nominal hashrate that arrives at the hub.
    fn part(&self, stage: &Stage, rig: usize) -> f64 {
        let truth = &stage.truth.rigs[rig];
        if self.rigs[rig].up && !self.rigs[rig].parked && truth.reachable && truth.nominal > 0.0 {
            truth.rate() / truth.nominal
        } else {
            0.0
        }
    }

    /// Follows hot rigs to a time at most a second ahead.
    fn follow(&mut self, stage: &mut Stage, to: Timestamp) {
        let mut news = false;
        let mut hot = std::mem::take(&mut self.hot);
        for &rig in &hot {
            let rate = self.part(stage, rig) * self.rigs[rig].per_minute / 60.0;
            let one = &mut self.rigs[rig];
            let before = one.watch.service();
            let mut shares = 0;
            if rate > 0.0 {
                let mut next = one.since + self.rng.wait(Duration::from_secs_f64(1.0 / rate));
                while next <= to {
                    one.watch.on_share(next);
                    one.last_share = Some(next);
                    shares += 1;
                    next = next + self.rng.wait(Duration::from_secs_f64(1.0 / rate));
                }
            }
            one.watch.on_time(to);
            one.since = to;
            one.count += shares;
            let changed = one.watch.service() != before;
            self.credit(stage, to, rig, shares);
            if changed {
                self.tell_service(stage, to, rig);
                news = true;
            }
        }
        if news {
            self.decide_after(to);
            self.decide_after(to + SECOND);
        }
        // What is offline needs nobody's attention.
        let rigs = &mut self.rigs;
        hot.retain(|rig| {
            let idle = rigs[*rig].watch.service() == Service::Offline;
            if idle {
                rigs[*rig].mode = Mode::Idle;
            }
            !idle
        });
        self.hot = hot;
    }

    /// A minute ends: everybody's shares of it are drawn, if that was not done.
    fn close(&mut self, stage: &mut Stage, end: Timestamp) {
        let start = Timestamp(end.0 - MINUTE);
        let mut work = vec![(0.0f64, 0u32); stage.terms.len()];
        let mut odd = Vec::new();
        let mut warm = Vec::new();
        for (n, rig) in self.rigs.iter_mut().enumerate() {
            if rig.mode == Mode::Calm && rig.since <= start {
                let shares = self.tables[usize::from(rig.table)].draw(&mut self.rng);
                rig.since = end;
                rig.work += f64::from(shares) * rig.hashes;
                if let Some(sum) = work.get_mut(rig.serves) {
                    sum.0 += f64::from(shares) * rig.hashes;
                    sum.1 += u32::from(shares);
                }
                if rig.keep(shares) {
                    odd.push(n);
                }
                stage.record.shares += u64::from(shares);
            } else if rig.mode != Mode::Idle {
                warm.push(n);
            }
        }
        let at = Timestamp(end.0 - 1);
        for (rental, (hashes, shares)) in work.into_iter().enumerate() {
            self.book(stage, at, rental, hashes, shares);
        }
        for rig in odd {
            self.heat(end, rig);
            self.noticed(stage, end, rig);
        }
        for rig in warm {
            self.bring(stage, end, rig);
            self.cool(stage, end, rig);
        }
        self.decide(stage, end);
    }

    /// A rig's shares up to now are drawn and booked.
    fn bring(&mut self, stage: &mut Stage, now: Timestamp, rig: usize) {
        let seconds = now.since(self.rigs[rig].since).as_secs_f64();
        if seconds <= 0.0 || self.rigs[rig].mode == Mode::Hot {
            return;
        }
        let mean = self.part(stage, rig) * self.rigs[rig].per_minute * seconds / 60.0;
        let shares = if mean > 0.0 { u32::from(Poisson::of(mean).draw(&mut self.rng)) } else { 0 };
        let one = &mut self.rigs[rig];
        let before = one.watch.service();
        if one.mode == Mode::Warm {
            for n in 0..shares {
                let at =
                    one.since + Duration::from_secs_f64(seconds * (f64::from(n) + 0.5) / f64::from(shares));
                one.watch.on_share(at);
                one.last_share = Some(at);
            }
            one.watch.on_time(now);
        }
        one.count += shares;
        one.since = now;
        let changed = one.watch.service() != before;
        self.credit(stage, Timestamp(now.0 - 1), rig, shares);
        if changed {
            self.tell_service(stage, now, rig);
        }
    }

    /// A warm or hot rig at the end of a minute: back to calm where nothing is left to be seen.
    fn cool(&mut self, stage: &mut Stage, end: Timestamp, rig: usize) {
        let part = self.part(stage, rig);
        let Some(table) = self.table(part * self.rigs[rig].per_minute) else { return };
        let one = &mut self.rigs[rig];
        one.table = table;
        let shares = u8::try_from(one.count).unwrap_or(u8::MAX);
        one.count = 0;
        let odd = one.keep(shares);
        if one.mode == Mode::Hot
            && !odd
            && one.looks_calm()
            && one.watch.service() == Service::Online
            && part > 0.0
        {
            one.mode = Mode::Calm;
            self.hot.remove(&rig);
        } else if one.mode == Mode::Warm && one.watch.service() == Service::Online && part > 0.0 {
            one.mode = Mode::Calm;
        } else if odd && one.mode == Mode::Warm && one.watch.service() == Service::Online {
            self.heat(end, rig);
        }
    }

    /// The table for a mean, made where there is none; `None` when there are too many.
    fn table(&mut self, mean: f64) -> Option<u8> {
        let known = self.tables.iter().position(|table| (table.mean() - mean).abs() < 1e-9);
        let at = known.unwrap_or_else(|| {
            if self.tables.len() < 255 {
                self.tables.push(Poisson::of(mean));
            }
            self.tables.len() - 1
        });
        (known.is_some() || (self.tables[at].mean() - mean).abs() < 1e-9).then_some(at as u8)
    }

    /// From now on a rig is followed by the second. A calm one's detector catches up on what it missed.
    fn heat(&mut self, now: Timestamp, rig: usize) {
        let one = &mut self.rigs[rig];
        if one.mode == Mode::Hot {
            return;
        }
        if one.mode == Mode::Calm {
            let rule = self.rules.get(one.serves).copied().unwrap_or_default();
            one.catch_up(now, rule);
        }
        one.mode = Mode::Hot;
        one.count = 0;
        self.hot.insert(rig);
    }

    fn noticed(&mut self, stage: &mut Stage, now: Timestamp, rig: usize) {
        if self.rigs[rig].watch.service() != Service::Online {
            self.tell_service(stage, now, rig);
        }
    }

    fn tell_service(&mut self, stage: &mut Stage, now: Timestamp, rig: usize) {
        let service = self.rigs[rig].watch.service();
        let name = &stage.names[rig];
        let words = format!("{name} is {}", service.name());
        stage.record.note(Event::new(now, service.event(), format!("rig/{name}"), words));
    }

    fn credit(&mut self, stage: &mut Stage, at: Timestamp, rig: usize, shares: u32) {
        let hashes = f64::from(shares) * self.rigs[rig].hashes;
        self.rigs[rig].work += hashes;
        stage.record.shares += u64::from(shares);
        self.book(stage, at, self.rigs[rig].serves, hashes, shares);
    }

    /// Books work for a rental, or refuses it as its pool does.
    fn book(&mut self, stage: &mut Stage, at: Timestamp, rental: usize, hashes: f64, shares: u32) {
        let Some(terms) = stage.terms.get(rental).filter(|_| shares > 0) else { return };
        let fate = self.pools.fate(rental);
        if fate == pools::Fate::House {
            return;
        }
        let Some(minute) = stage.record.minute(&terms.label, at) else { return };
        minute.accepted += hashes;
        minute.shares += u64::from(shares);
        match fate {
            pools::Fate::Lost => minute.lost += hashes,
            pools::Fate::Refused => minute.refused += hashes,
            _ => self.credited[rental] += Balance::rounded(hashes),
        }
    }

    pub(crate) fn rig_changed(&mut self, stage: &mut Stage, now: Timestamp, rig: usize) {
        let truth = &stage.truth.rigs[rig];
        if truth.nominal <= 0.0 {
            return;
        }
        // Until now it did as before; the truth has changed already, so what it did is drawn by its table.
        let (runs, reachable) = (truth.runs(), truth.reachable);
        self.bring_before(stage, now, rig);
        let one = &mut self.rigs[rig];
        if !runs || !reachable {
            if one.connected {
                self.heat(now, rig);
                let turn = self.rigs[rig].turn;
                self.wake(now + HUB_PATIENCE, Wake::Disconnect(rig, turn));
            }
            if !runs {
                self.rigs[rig].up = false;
            }
        } else if !self.rigs[rig].connected || !self.rigs[rig].up {
            self.rigs[rig].turn += 1;
            let turn = self.rigs[rig].turn;
            // One that was gone for a moment only is still taken for connected; it comes anew all the same.
            let boot = Duration::from_millis(self.rng.between(20_000, 60_000));
            self.wake(now + boot, Wake::Connect(rig, turn));
        } else {
            self.rigs[rig].turn += 1;
            self.heat(now, rig);
        }
    }

    /// Draws what a calm rig did before it changed, by the table it had.
    fn bring_before(&mut self, stage: &mut Stage, now: Timestamp, rig: usize) {
        if self.rigs[rig].mode != Mode::Calm {
            self.rigs[rig].since = self.rigs[rig].since.max(now);
            return;
        }
        let seconds = now.since(self.rigs[rig].since).as_secs_f64();
        let mean = self.tables[usize::from(self.rigs[rig].table)].mean() * seconds / 60.0;
        let shares = if mean > 0.0 { u32::from(Poisson::of(mean).draw(&mut self.rng)) } else { 0 };
        self.rigs[rig].since = now;
        self.credit(stage, Timestamp(now.0 - 1), rig, shares);
    }

    pub(crate) fn pool_changed(&mut self, stage: &mut Stage, now: Timestamp, name: &str) {
        self.flush(stage, now);
        for (at, pool, turn) in self.pools.changed(stage, now, name) {
            self.wake(at, Wake::PoolShows(pool, turn));
        }
    }

    /// Everybody's work up to now is booked as things were.
    fn flush(&mut self, stage: &mut Stage, now: Timestamp) {
        for rig in 0..self.rigs.len() {
            if self.rigs[rig].mode != Mode::Idle {
                self.bring(stage, now, rig);
            }
        }
    }

    fn choose(&mut self, stage: &mut Stage, now: Timestamp) {
        self.flush(stage, now);
        let again = self.pools.choose(stage, now);
        if let Some(at) = again {
            self.wake(at, Wake::Choose);
        }
        self.decide_after(now);
    }

    pub(crate) fn hub_restarts(&mut self, stage: &mut Stage, now: Timestamp) {
        self.flush(stage, now);
        let (assignment, promises) =
            (stage.reconciler.assignment().clone(), stage.reconciler.promises().clone());
        stage.reconciler = Reconciler::new(now, assignment, promises);
        for rig in 0..self.rigs.len() {
            if self.rigs[rig].connected {
                self.rigs[rig].known = false;
                self.connect(stage, now, rig);
            }
        }
    }

    /// Whether each rig is connected, and how it serves.
    pub(crate) fn services(&self) -> Vec<(bool, Service)> {
        self.rigs.iter().map(|rig| (rig.connected, rig.watch.service())).collect()
    }

    pub(crate) fn action_changed(&mut self, stage: &mut Stage, now: Timestamp) {
        self.flush(stage, now);
        self.adopt(stage, now);
    }

    /// Looks at action and fact, and follows the answer.
    fn decide(&mut self, stage: &mut Stage, now: Timestamp) {
        self.seen.at = now;
        for (seen, rig) in self.seen.rigs.iter_mut().zip(&self.rigs) {
            *seen = RigSeen {
                idle: false,
                connected: rig.connected,
                service: rig.watch.service(),
                last_share: if rig.mode == Mode::Calm { Some(now) } else { rig.last_share },
                work: rig.work,
            };
        }
        for (n, seen) in self.seen.rentals.iter_mut().enumerate() {
            *seen = RentalSeen {
                credited: std::mem::take(&mut self.credited[n]),
                pool_well: self.pools.fate(n) != pools::Fate::House,
            };
        }
        let overrides = stage.overrides();
        let mut events = Vec::new();
        stage.record.decisions += 1;
        let step = stage.reconciler.step(&stage.desired, &overrides, &self.seen, &mut events);
        events.into_iter().for_each(|event| stage.record.note(event));
        stage.record.settle(step.settlements);
        if !step.changed {
            return;
        }
        for movement in &step.movements {
            let Some(rig) = stage.by_name.get(&movement.rig).copied() else { continue };
            self.bring(stage, now, rig);
            let serves = stage.by_label.get(&movement.to).copied().unwrap_or(HOUSE);
            self.rigs[rig].serves = serves;
            let rule = self.rule(serves);
            if *movement.to == *PARKED {
                self.hot.remove(&rig);
            }
            let one = &mut self.rigs[rig];
            one.forget();
            if *movement.to == *PARKED {
                one.park(now);
            } else if one.parked {
                one.let_go(now);
            }
            one.watch.restart(now, rule);
            let moved =
                Event::new(now, EventKind::RigMoved, format!("rig/{}", movement.rig), movement.words.clone())
                    .with("from", &movement.from)
                    .with("to", &movement.to);
            stage.record.note(moved);
        }
        let excused = stage.reconciler.excused().clone();
        if !Arc::ptr_eq(&excused, &self.excused) {
            for (rig, name) in self.rigs.iter_mut().zip(&stage.names) {
                rig.watch.excuse(excused.contains(name));
            }
            self.excused = excused;
        }
    }

    /// What ails a pool in this fault_mode, and how long until it shows.
    pub(super) fn fault(fault_mode: crate::fault::FaultMode) -> Option<(PoolFault, Duration)> {
        use crate::fault::FaultMode;
        match fault_mode {
            FaultMode::None => None,
            FaultMode::Down => Some((PoolFault::Unreachable, Duration::ZERO)),
            // Ten verdicts at twenty a minute.
            FaultMode::Rejecting => Some((PoolFault::Rejecting, Duration::from_secs(30))),
            FaultMode::Slow(by) if by > Duration::from_secs(10) => {
                Some((PoolFault::Silent, Duration::from_secs(10)))
            }
            FaultMode::Slow(_) => None,
            FaultMode::Stale => Some((PoolFault::NoJob, Duration::from_secs(150))),
        }
    }
}

fn told(now: Timestamp, name: &Arc<str>, kind: EventKind, words: &str) -> Event {
    Event::new(now, kind, format!("rig/{name}"), format!("{name} {words}"))
}
