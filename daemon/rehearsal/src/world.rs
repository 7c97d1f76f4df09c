//! The world: a farm file, rigs and pools that do as told, and a clock that is a number. What goes wrong comes
//! from a timetable; what the farm makes of it comes from the daemon's own code.
//!
//! [`shares`] plays every share over every connection, [`counts`] draws a count of shares for each rig and
//! minute and leaves the connections out.

mod counts;
mod pool;
mod rig;
mod shares;
mod sketch;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use exchange::event::{Event, EventKind};
use exchange::orders::Orders;
use exchange::service::Service;
use exchange::time::Timestamp;
use farm::assignment::Assignment;
use farm::desired::Desired;
use farm::instruct::{Wanted, orders};
use farm::label::label;
use farm::promise::Promise;
use farm::reconcile::Reconciler;
use farm::schedule::ALGORITHM;
use schema::api::OverrideAction;
use schema::event::Rehearsed;
use schema::farm::{Farm, Hub};

use crate::fault::{Fault, FaultMode, Happening, Timetable};
use crate::record::Record;
use crate::rng::Rng;
use crate::truth::Truth;
use counts::Counts;
use shares::Shares;
pub use sketch::{BEGIN, Sketch};

/// How closely a world is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fidelity {
    /// Every share, over real sessions.
    Shares,
    /// A count of shares for each rig and minute; no sessions.
    Counts,
}

impl Fidelity {
    /// Whether a world of this fidelity tells of such events.
    pub fn tells_of(self, kind: EventKind) -> bool {
        match kind.entry().rehearsed {
            Rehearsed::Always => true,
            Rehearsed::ByShares => self == Fidelity::Shares,
            Rehearsed::Never => false,
        }
    }

    /// For people and documents.
    pub fn name(self) -> &'static str {
        match self {
            Fidelity::Shares => "shares",
            Fidelity::Counts => "counts",
        }
    }
}

/// What is rented, and when.
#[derive(Debug, Clone)]
pub(crate) struct Terms {
    pub(crate) label: Arc<str>,
    /// Hashes per second.
    pub(crate) promised: f64,
    from: Option<i64>,
    until: Option<i64>,
}

impl Terms {
    pub(crate) fn runs(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= at.0) && self.until.is_none_or(|until| at.0 < until)
    }
}

/// What both fidelities share: desired state, truth, decision, record.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) desired: Arc<Desired>,
    pub(crate) hub: Hub,
    pub(crate) terms: Vec<Terms>,
    /// Index into the terms.
    pub(crate) by_label: HashMap<Arc<str>, usize>,
    pub(crate) truth: Truth,
    pub(crate) by_name: HashMap<Arc<str>, usize>,
    pub(crate) names: Vec<Arc<str>>,
    pub(crate) overrides: Vec<(u64, OverrideAction)>,
    pub(crate) reconciler: Reconciler,
    pub(crate) rng: Rng,
    pub(crate) record: Record,
}

impl Stage {
    fn adopt(&mut self, desired: Arc<Desired>) {
        assert!(
            desired.inventory.rigs().iter().map(|rig| &rig.name).eq(self
                .desired
                .inventory
                .rigs()
                .iter()
                .map(|rig| &rig.name)),
            "a rehearsal keeps its rigs: a new farm file in the middle of it may change all else"
        );
        self.terms = terms(&desired);
        self.by_label = self.terms.iter().enumerate().map(|(n, terms)| (terms.label.clone(), n)).collect();
        for terms in &self.terms {
            self.record.rentals.entry(terms.label.clone()).or_default();
        }
        self.desired = desired;
    }

    pub(crate) fn overrides(&self) -> Vec<OverrideAction> {
        self.overrides.iter().map(|(_, action)| action.clone()).collect()
    }

    /// What the hub is told to do at present, the assignment being the `epoch`th.
    pub(crate) fn orders(&self, epoch: u64) -> Orders {
        let Stage { desired, hub, reconciler, .. } = self;
        let wanted = Wanted {
            farm: &desired.farm,
            inventory: &desired.inventory,
            hub,
            assignment: reconciler.assignment(),
            excused: reconciler.excused(),
            overrides: &self.overrides(),
            generation: desired.generation,
            epoch,
            scale: 1.0,
        };
        // Nobody asks for a password here.
        orders(&wanted, &mut |_| Ok("x".into())).0
    }

    /// Shares a minute that a rig should send.
    pub(crate) fn per_minute(&self) -> f64 {
        f64::from(self.hub.vardiff.shares_per_minute)
    }
}

fn terms(desired: &Desired) -> Vec<Terms> {
    let farm = &desired.farm;
    let zone = farm.timezone.zone();
    let hashrate: HashMap<&str, f64> = desired
        .inventory
        .rigs()
        .iter()
        .map(|rig| (rig.name.as_str(), rig.hashrate(ALGORITHM).hashes_per_second()))
        .collect();
    farm.rentals()
        .map(|(customer, name, rental)| {
            let dedicated = rental.dedicated.iter().flat_map(|range| range.names());
            let promised = match rental.hashrate {
                Some(hashrate) if rental.algorithm() == ALGORITHM => hashrate.hashes_per_second(),
                Some(_) => 0.0,
                None => dedicated.filter_map(|name| hashrate.get(name.as_str())).sum(),
            };
            Terms {
                label: label(customer, name),
                promised,
                from: rental.from.as_ref().map(|from| from.as_micros(&zone)),
                until: rental.until.as_ref().map(|until| until.as_micros(&zone)),
            }
        })
        .collect()
}

/// The farm at one fidelity.
#[derive(Debug)]
enum Engine {
    Shares(Box<Shares>),
    Counts(Box<Counts>),
}

impl Engine {
    fn run(&mut self, stage: &mut Stage, until: Timestamp) {
        match self {
            Engine::Shares(shares) => shares.run(stage, until),
            Engine::Counts(counts) => counts.run(stage, until),
        }
    }

    fn rig_changed(&mut self, stage: &mut Stage, now: Timestamp, rig: usize) {
        match self {
            Engine::Shares(shares) => shares.rig_changed(stage, now, rig),
            Engine::Counts(counts) => counts.rig_changed(stage, now, rig),
        }
    }

    fn pool_changed(&mut self, stage: &mut Stage, now: Timestamp, pool: &str) {
        match self {
            Engine::Shares(shares) => shares.pool_changed(stage, now, pool),
            Engine::Counts(counts) => counts.pool_changed(stage, now, pool),
        }
    }

    fn hub_restarts(&mut self, stage: &mut Stage, now: Timestamp) {
        match self {
            Engine::Shares(shares) => shares.hub_restarts(stage, now),
            Engine::Counts(counts) => counts.hub_restarts(stage, now),
        }
    }

    fn action_changed(&mut self, stage: &mut Stage, now: Timestamp) {
        match self {
            Engine::Shares(shares) => shares.decide(stage, now, true),
            Engine::Counts(counts) => counts.action_changed(stage, now),
        }
    }
}

/// A farm that is rehearsed.
#[derive(Debug)]
pub struct World {
    now: Timestamp,
    timetable: Timetable,
    stage: Stage,
    engine: Engine,
    next_override: u64,
}

impl World {
    /// A farm at `now`, with all rigs about to connect and all pools well.
    pub fn new(farm: Farm, seed: u64, fidelity: Fidelity, now: Timestamp) -> Self {
        let hub = farm.hubs.values().next().cloned().unwrap_or_else(|| {
            serde_json::from_value(serde_json::json!({ "listeners": {} })).expect("a hub needs no more")
        });
        let desired = Arc::new(Desired::of(1, farm));
        let names: Vec<Arc<str>> =
            desired.inventory.rigs().iter().map(|rig| rig.name.clone().into()).collect();
        let mut rng = Rng::seeded(seed);
        let mut stage = Stage {
            hub,
            terms: Vec::new(),
            by_label: HashMap::new(),
            truth: Truth::of(&desired.inventory),
            by_name: names.iter().enumerate().map(|(at, name)| (name.clone(), at)).collect(),
            names,
            overrides: Vec::new(),
            reconciler: Reconciler::new(now, Arc::default(), Default::default()),
            rng: rng.apart(),
            record: Record::new(now),
            desired: desired.clone(),
        };
        stage.adopt(desired);
        let engine = match fidelity {
            Fidelity::Shares => Engine::Shares(Box::new(Shares::new(&mut stage, now))),
            Fidelity::Counts => Engine::Counts(Box::new(Counts::new(&mut stage, now))),
        };
        Self { now, timetable: Timetable::default(), stage, engine, next_override: 0 }
    }

    /// How closely it is played.
    pub fn fidelity(&self) -> Fidelity {
        match self.engine {
            Engine::Shares(_) => Fidelity::Shares,
            Engine::Counts(_) => Fidelity::Counts,
        }
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The farm file that is followed.
    pub fn desired(&self) -> &Arc<Desired> {
        &self.stage.desired
    }

    /// What happened so far.
    pub fn record(&self) -> &Record {
        &self.stage.record
    }

    /// Only the number of events is kept from now on.
    pub fn keep_brief(&mut self) {
        self.stage.record.brief = true;
    }

    /// Hashes per second that a label's rigs should do by the assignment, however they do.
    pub fn covered(&self, label: &str) -> f64 {
        let coverage = self.stage.reconciler.coverage().iter().find(|coverage| *coverage.label == *label);
        coverage.map_or(0.0, |coverage| coverage.covered)
    }

    /// Places in the inventory of rigs that are so.
    pub fn rigs_that(&self, mut are: impl FnMut(&schema::inventory::ResolvedRig) -> bool) -> Arc<[usize]> {
        let all = self.stage.desired.inventory.rigs().iter().enumerate();
        all.filter(|(_, rig)| are(rig)).map(|(at, _)| at).collect()
    }

    /// The name of a rig, by its place in the inventory.
    pub fn name_of(&self, rig: usize) -> String {
        self.stage.names[rig].to_string()
    }

    pub(crate) fn assignment(&self) -> &Arc<Assignment> {
        self.stage.reconciler.assignment()
    }

    pub(crate) fn promises(&self) -> &std::collections::BTreeMap<Arc<str>, Promise> {
        self.stage.reconciler.promises()
    }

    /// An operator overrides the file at present.
    pub(crate) fn is_overridden(&self) -> bool {
        !self.stage.overrides.is_empty()
    }

    /// Where shares went, and what pools made of them; nothing by counts.
    pub(crate) fn fates(&self) -> Option<(shares::Fates, pool::Verdicts)> {
        match &self.engine {
            Engine::Shares(shares) => Some((shares.fates, shares.verdicts)),
            Engine::Counts(_) => None,
        }
    }

    /// Accepted shares by the journal and by the tally; nothing by counts.
    pub(crate) fn books(&mut self) -> Option<(u64, u64)> {
        match &mut self.engine {
            Engine::Shares(shares) => Some(shares.books(&mut self.stage, self.now)),
            Engine::Counts(_) => None,
        }
    }

    /// Rigs that were given no work a while ago and hash all the same; nothing by counts.
    pub(crate) fn hashing_without_work(&self) -> Vec<String> {
        match &self.engine {
            Engine::Shares(shares) => shares.hashing_without_work(&self.stage, self.now),
            Engine::Counts(_) => Vec::new(),
        }
    }

    /// Every rig that mines here: its name, whether it is connected, and how it serves.
    pub(crate) fn services(&self) -> Vec<(String, bool, Service)> {
        let all = match &self.engine {
            Engine::Shares(shares) => shares.services(&self.stage),
            Engine::Counts(counts) => counts.services(),
        };
        let known = self.stage.names.iter().zip(&self.stage.truth.rigs).zip(all);
        known
            .filter(|((_, truth), _)| truth.nominal > 0.0)
            .map(|((name, _), (connected, service))| (name.to_string(), connected, service))
            .collect()
    }

    /// Rigs of which nothing is expected because no pool takes their work.
    pub(crate) fn idle(&self) -> BTreeSet<&str> {
        match &self.engine {
            Engine::Shares(shares) => shares.idle(),
            Engine::Counts(_) => BTreeSet::new(),
        }
    }

    /// Has something happen.
    pub fn at(&mut self, when: Timestamp, fault: Fault) {
        self.timetable.enter(when.max(self.now), Happening::Fault(fault));
    }

    /// Lets time pass.
    pub fn run_until(&mut self, until: Timestamp) {
        while self.now < until {
            let minute = Timestamp((self.now.minute() + 1) * 60_000_000);
            let next = self.timetable.next_at().map_or(until, |at| at.max(self.now));
            let next = next.min(until).min(minute);
            self.engine.run(&mut self.stage, next);
            self.now = next;
            if next == minute {
                self.close_minute(next);
                debug_assert_eq!(self.check(), Ok(()));
            }
            while let Some(happening) = self.timetable.due(self.now) {
                self.happen(happening);
            }
        }
    }

    /// Lets time pass.
    pub fn run_for(&mut self, time: Duration) {
        self.run_until(self.now + time);
    }

    /// Only what the catalogue says of this fidelity was told.
    fn check(&self) -> Result<(), EventKind> {
        let fidelity = self.fidelity();
        let unknown = self.stage.record.kinds.keys().find(|kind| !fidelity.tells_of(**kind));
        unknown.map_or(Ok(()), |kind| Err(*kind))
    }

    fn close_minute(&mut self, end: Timestamp) {
        let minute = Timestamp(end.0 - 60_000_000);
        for terms in self.stage.terms.iter().filter(|terms| terms.runs(minute)) {
            let seconds = end.since(minute.max(self.stage.record.zero)).as_secs_f64();
            if let Some(slot) = self.stage.record.minute(&terms.label, minute.max(self.stage.record.zero)) {
                slot.promised += terms.promised * seconds;
            }
        }
    }

    fn tell(&mut self, kind: EventKind, subject: &str, words: String) {
        self.stage.record.note(Event::new(self.now, kind, subject, words));
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Fault(fault) => self.fail(fault),
            Happening::Dies(rig, turn) => {
                let truth = &self.stage.truth.rigs[rig];
                let Some((_, mttr)) = truth.failures.filter(|_| truth.failing == turn) else { return };
                self.stage.truth.rigs[rig].broken = true;
                let back = self.now + self.stage.rng.wait(mttr);
                self.timetable.enter(back, Happening::Recovers(rig, turn));
                self.tell(
                    EventKind::RehearsalRigDies,
                    &format!("rig/{}", self.stage.names[rig]),
                    format!("{} dies", self.stage.names[rig]),
                );
                self.engine.rig_changed(&mut self.stage, self.now, rig);
            }
            Happening::Recovers(rig, turn) => {
                let truth = &mut self.stage.truth.rigs[rig];
                truth.broken = false;
                if let Some((mtbf, _)) = truth.failures.filter(|_| truth.failing == turn) {
                    let next = self.now + self.stage.rng.wait(mtbf);
                    self.timetable.enter(next, Happening::Dies(rig, turn));
                }
                self.tell(
                    EventKind::RehearsalRigRepaired,
                    &format!("rig/{}", self.stage.names[rig]),
                    format!("{} is repaired", self.stage.names[rig]),
                );
                self.engine.rig_changed(&mut self.stage, self.now, rig);
            }
            Happening::Part(rig, turn, part) => {
                if self.stage.truth.rigs[rig].decline != turn {
                    return;
                }
                self.stage.truth.rigs[rig].part = part;
                self.engine.rig_changed(&mut self.stage, self.now, rig);
            }
            Happening::OverrideExpired(id) => {
                self.stage.overrides.retain(|(other, _)| *other != id);
                self.tell(
                    EventKind::OverrideExpired,
                    &format!("override/{id}"),
                    format!("override {id} has run out"),
                );
                self.engine.action_changed(&mut self.stage, self.now);
            }
        }
    }

    fn each(
        &mut self,
        rigs: &[usize],
        kind: EventKind,
        words: &str,
        change: impl Fn(&mut crate::truth::RigTruth),
    ) {
        let what = match rigs {
            [one] => self.stage.names[*one].to_string(),
            many => format!("{} rigs", many.len()),
        };
        self.tell(kind, "farm", format!("{what} {words}"));
        for rig in rigs {
            change(&mut self.stage.truth.rigs[*rig]);
            self.engine.rig_changed(&mut self.stage, self.now, *rig);
        }
    }

    fn fail(&mut self, fault: Fault) {
        match fault {
            Fault::PowerOff(rigs) => {
                self.each(&rigs, EventKind::RehearsalPowerOff, "lost power", |rig| rig.powered = false)
            }
            Fault::PowerOn(rigs) => {
                self.each(&rigs, EventKind::RehearsalPowerOn, "got power back", |rig| rig.powered = true)
            }
            Fault::Silence(rigs) => {
                self.each(&rigs, EventKind::RehearsalSilence, "fell silent, but stayed connected", |rig| {
                    rig.silent = true
                });
            }
            Fault::Repair(rigs) => self.each(&rigs, EventKind::RehearsalRepair, "came back as new", |rig| {
                (rig.silent, rig.broken, rig.part) = (false, false, 1.0);
                rig.decline += 1;
            }),
            Fault::NetworkCut(rigs) => {
                self.each(&rigs, EventKind::RehearsalNetworkCut, "cannot reach the hub", |rig| {
                    rig.reachable = false
                });
            }
            Fault::NetworkBack(rigs) => {
                self.each(&rigs, EventKind::RehearsalNetworkBack, "can reach the hub again", |rig| {
                    rig.reachable = true
                });
            }
            Fault::Decline { rigs, to, within } => {
                const STEPS: u32 = 20;
                for rig in rigs.iter().copied() {
                    let truth = &mut self.stage.truth.rigs[rig];
                    truth.decline += 1;
                    let (from, turn) = (truth.part, truth.decline);
                    for step in 1..=STEPS {
                        let part = from + (to - from) * f64::from(step) / f64::from(STEPS);
                        let at = self.now + within * step / STEPS;
                        self.timetable.enter(at, Happening::Part(rig, turn, part));
                    }
                }
                let words = format!("began to lose hash, down to {:.0} %", to * 100.0);
                self.each(&rigs, EventKind::RehearsalDecline, &words, |_| {});
            }
            Fault::Failures { rigs, mtbf, mttr } => {
                for rig in rigs.iter().copied() {
                    let truth = &mut self.stage.truth.rigs[rig];
                    truth.failures = Some((mtbf, mttr));
                    truth.failing += 1;
                    let turn = truth.failing;
                    let first = self.now + self.stage.rng.wait(mtbf);
                    self.timetable.enter(first, Happening::Dies(rig, turn));
                }
                let hours = mtbf.as_secs_f64() / 3600.0;
                self.each(
                    &rigs,
                    EventKind::RehearsalFailures,
                    &format!("die every {hours:.1} h each from now on"),
                    |_| {},
                );
            }
            Fault::Pool(pool, fault_mode) => {
                let words = match fault_mode {
                    FaultMode::None => "is healthy again".to_owned(),
                    FaultMode::Down => "is gone".to_owned(),
                    FaultMode::Rejecting => "refuses every share".to_owned(),
                    FaultMode::Slow(by) => format!("takes {:.1} s to answer", by.as_secs_f64()),
                    FaultMode::Stale => "sends no new work".to_owned(),
                };
                self.tell(EventKind::RehearsalPool, &format!("pool/{pool}"), format!("{pool} {words}"));
                self.stage.truth.fault_modes.insert(pool.clone(), fault_mode);
                self.engine.pool_changed(&mut self.stage, self.now, &pool);
            }
            Fault::HubRestart => {
                self.tell(EventKind::RehearsalHubRestart, "hub", "the hub is killed and starts again".into());
                self.engine.hub_restarts(&mut self.stage, self.now);
            }
            Fault::Override(action, time) => {
                self.next_override += 1;
                let id = self.next_override;
                self.tell(
                    EventKind::RehearsalOverride,
                    &format!("override/{id}"),
                    format!("an operator overrides: {}", words(&action)),
                );
                self.stage.overrides.push((id, action));
                if let Some(time) = time {
                    self.timetable.enter(self.now + time, Happening::OverrideExpired(id));
                }
                self.engine.action_changed(&mut self.stage, self.now);
            }
            Fault::Farm(desired) => {
                self.tell(EventKind::RehearsalFarm, "farm", "a new farm file is followed".into());
                self.stage.adopt(desired);
                self.engine.action_changed(&mut self.stage, self.now);
            }
        }
    }
}

/// An override as a sentence.
fn words(action: &OverrideAction) -> String {
    match action {
        OverrideAction::Pool { customer, rental: None, pool } => format!("{customer} mines at {pool}"),
        OverrideAction::Pool { customer, rental: Some(rental), pool } => {
            format!("{customer}/{rental} mines at {pool}")
        }
        OverrideAction::OutOfService { rig } => format!("{rig} is out of service"),
        OverrideAction::Lend { rig, rental } => format!("{rig} serves {rental}"),
    }
}
