//! Desired and actual state compared: what the shares say of every rig, what was promised to every rental, and what
//! follows for who works for whom. Told the time and what was seen, it answers with movements, settlements and
//! events; daemon, plan and rehearsal call the same step.

mod check;
mod curtail;
mod forecast;
mod memory;
mod movement;
mod promises;
mod seen;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use exchange::event::{Event, EventKind};
use exchange::label::HOUSE;
use exchange::time::Timestamp;
use schema::api::OverrideAction;

use crate::assignment::{Assignment, AssignmentChange};
use crate::coverage::{Coverage, coverage};
use crate::desired::Desired;
use crate::label::is_running;
use crate::outage::{Group, Look, News, Outages};
use crate::promise::{Promise, Settlement};
use crate::roster::{Roster, hashes, rate};
use crate::schedule::Scheduler;
use crate::schedule::{problem::Fitness, problem::Move, problem::Problem, problem::Why};
use crate::terms::Terms;

use curtail::Curtailed;
use memory::Memory;
pub use movement::Movement;
use movement::Published;
pub use seen::{RentalSeen, RigSeen, Seen};

/// How often the whole farm is thought over.
const REPLAN: Duration = Duration::from_secs(300);
/// A connected rig without a share for this long is silent, where many of them may have one cause.
const SILENT: Duration = Duration::from_secs(15);
/// More movements than this in one step are told as one.
const TOLD_MAX: usize = 40;

/// What a step came to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Step {
    /// Somebody must hear of it: the assignment, or who is excused, is another one.
    pub changed: bool,
    /// Who moves, and why.
    pub movements: Vec<Movement>,
    /// Periods that ended.
    pub settlements: Vec<Settlement>,
    /// What is different now, for whoever follows without reading it all again.
    pub change: AssignmentChange,
}

/// What the roster was made of: while none of this changes, it holds.
#[derive(Debug, Clone)]
struct Basis {
    desired: Arc<Desired>,
    overrides: Vec<OverrideAction>,
    running: Vec<bool>,
}

impl Basis {
    fn of(desired: &Arc<Desired>, overrides: &[OverrideAction], at: Timestamp) -> Basis {
        let running = desired.farm.rentals().map(|(_, _, rental)| is_running(&desired.farm, rental, at));
        Basis { desired: desired.clone(), overrides: overrides.to_vec(), running: running.collect() }
    }

    /// Farms are compared only where the generation is another one.
    fn is_of(&self, desired: &Desired) -> bool {
        self.desired.generation == desired.generation || self.desired.says_the_same_as(desired)
    }

    fn holds(&self, next: &Basis) -> bool {
        self.overrides == next.overrides && self.is_of(&next.desired) && self.running == next.running
    }
}

/// Compares and decides.
#[derive(Debug, Clone)]
pub struct Reconciler {
    started: Timestamp,
    basis: Option<Basis>,
    roster: Roster,
    scheduler: Scheduler,
    /// By the roster's numbers.
    memory: Vec<Memory>,
    lines: Vec<Line>,
    /// The label of the house.
    house: Arc<str>,
    outages: Outages,
    excused: Arc<BTreeSet<Arc<str>>>,
    promises: BTreeMap<Arc<str>, Promise>,
    assignment: Arc<Assignment>,
    coverage: Arc<Vec<Coverage>>,
    replan_at: Timestamp,
    /// Counts changes of who is fit.
    fitness_changes: u64,
    curtailed: Curtailed,
    /// Rigs whose place must be looked at again, besides those that the scheduler moves.
    touched: BTreeSet<u32>,
}

/// What is remembered of a rental that runs.
#[derive(Debug, Clone, Default)]
struct Line {
    paused: bool,
    short: bool,
    /// When it last got or gave a rig.
    changed: Timestamp,
    /// What is missing from the promise because rigs are parked, kH/s.
    curtailed: u64,
    /// It was paused when the whole farm was thought over: what it gets once it is served belongs to it.
    unsettled: bool,
}

impl Line {
    /// Part of the promise that is not owed at present. `stands`: the clock does.
    fn excused(&self, terms: &Terms, stands: bool) -> f64 {
        match (stands, terms.excuses_curtailment) {
            (true, _) => 1.0,
            (false, true) => (hashes(self.curtailed) / terms.contracted).clamp(0.0, 1.0),
            (false, false) => 0.0,
        }
    }
}

impl Reconciler {
    /// One that goes on with this assignment and these promises, both empty at the very first.
    pub fn new(
        started: Timestamp,
        assignment: Arc<Assignment>,
        promises: BTreeMap<Arc<str>, Promise>,
    ) -> Self {
        Self {
            started,
            basis: None,
            roster: Roster::default(),
            scheduler: Scheduler::new(Problem::default(), Vec::new(), Vec::new()),
            memory: Vec::new(),
            lines: Vec::new(),
            house: HOUSE.into(),
            outages: Outages::default(),
            excused: Arc::default(),
            promises,
            assignment,
            coverage: Arc::default(),
            replan_at: started,
            fitness_changes: 0,
            curtailed: Curtailed::default(),
            touched: BTreeSet::new(),
        }
    }

    /// The clock of the system was set, `by` microseconds ahead, and no such time has passed: how long something
    /// has lasted does not change by it, nor what is owed. When periods, rentals and limits begin and end goes by the
    /// new clock.
    pub fn on_clock_set(&mut self, by: i64) {
        self.started = self.started.shifted(by);
        self.replan_at = Timestamp::default();
        self.memory.iter_mut().for_each(|rig| rig.shift(by));
        self.lines.iter_mut().for_each(|line| line.changed = line.changed.shifted(by));
        self.outages.shift(by);
        self.curtailed.shift(by);
        for promise in self.promises.values_mut() {
            promise.at = promise.at.shifted(by);
            promise.aimed = promise.aimed.shifted(by);
            // A step across its edge does not end a period, nor begin one: it moves along.
            if promise.at >= promise.until || promise.at < promise.from {
                promise.from = promise.from.shifted(by);
                promise.until = promise.until.shifted(by);
            }
        }
    }

    /// Who works for whom.
    pub fn assignment(&self) -> &Arc<Assignment> {
        &self.assignment
    }

    /// What each rental that runs gets by it, those of higher priority first.
    pub fn coverage(&self) -> &Arc<Vec<Coverage>> {
        &self.coverage
    }

    /// What was owed and credited in the periods that run, by label.
    pub fn promises(&self) -> &BTreeMap<Arc<str>, Promise> {
        &self.promises
    }

    /// Rigs that are part of something larger that failed.
    pub fn excused(&self) -> &Arc<BTreeSet<Arc<str>>> {
        &self.excused
    }

    /// Rigs that cover nothing at present: away, failing, or not yet trusted again.
    pub fn unfit(&self) -> impl Iterator<Item = &Arc<str>> {
        let unfit =
            |rig: &&Memory| !rig.parked && matches!(rig.scheduled, Fitness::LastResort | Fitness::Out);
        self.memory.iter().filter(unfit).map(|rig| &rig.name)
    }

    /// Grows whenever [`Reconciler::unfit`] may have changed.
    pub fn fitness_changes(&self) -> u64 {
        self.fitness_changes
    }

    /// What failed as a whole and is not over, in words such as `site hall-a`.
    pub fn outages(&self) -> impl Iterator<Item = String> {
        let open = self.outages.list().iter().filter(|outage| outage.ended.is_none());
        open.map(|outage| self.words_for(outage.group).1)
    }

    /// Rentals whose clock stands, by label.
    pub fn paused(&self) -> impl Iterator<Item = &Arc<str>> {
        let lines = self.roster.rentals().iter().zip(&self.lines);
        lines.filter(|(_, line)| line.paused).map(|(rental, _)| &rental.label)
    }

    /// Whether this farm is the one followed, whatever its generation: a step with it changes nothing by itself.
    pub fn follows(&self, desired: &Desired) -> bool {
        self.basis.as_ref().is_some_and(|basis| basis.is_of(desired))
    }

    /// Looks at everything and decides. A new generation that says what the last one said is no change.
    pub fn step(
        &mut self,
        desired: &Arc<Desired>,
        overrides: &[OverrideAction],
        seen: &Seen,
        out: &mut Vec<Event>,
    ) -> Step {
        let at = seen.at;
        let mut step = Step::default();
        let basis = Basis::of(desired, overrides, at);
        let mut moves = Vec::new();
        let anew = !self.basis.as_ref().is_some_and(|before| before.holds(&basis));
        if anew {
            self.touched.clear();
            self.settle_ended(desired, &basis, at, &mut step.settlements);
            self.enrol(desired, overrides, at);
        }
        self.basis = Some(basis);
        let excused = self.look(seen, out);
        self.keep_promises(desired, seen, out, &mut step.settlements);
        let curtailed = self.curtail(desired, at, anew);
        if anew {
            let mut decided = self.scheduler.replan();
            for rental in 0..self.lines.len() as u32 {
                // A rental that became smaller has no use for what it had.
                decided.extend(self.scheduler.give_back(rental));
            }
            self.settle_homes(&decided);
            moves.extend(decided);
            self.lines.iter_mut().for_each(|line| line.unsettled = line.paused);
            self.replan_at = at + REPLAN;
        } else {
            let decided = self.scheduler.settle();
            self.settle_resumed(&decided);
            moves.extend(decided);
            self.come_home(at, &mut moves);
            self.give_back(at, &mut moves);
            if at >= self.replan_at {
                self.replan_at = at + REPLAN;
                let decided = self.scheduler.replan();
                // What makes up for rigs that are parked goes home when they work again.
                if !self.is_curtailed() {
                    self.settle_homes(&decided);
                }
                moves.extend(decided);
            }
        }
        let turned = self.take_turns(seen);
        step.changed = anew || !excused.is_empty() || turned || curtailed;
        let mut published = Published::default();
        if anew || turned || curtailed || !moves.is_empty() {
            published = self.publish(at, moves, anew);
            step.changed |= !published.movements.is_empty();
        }
        step.movements = published.movements;
        if step.changed {
            self.note_curtailed(at);
        }
        let mut rigs = published.rigs;
        rigs.extend(excused.iter().filter_map(|rig| self.roster.rig(rig)));
        let rigs = if anew { Vec::new() } else { self.rig_changes(rigs) };
        step.change = AssignmentChange { whole: anew, rigs, slices: published.slices || turned };
        self.publish_coverage();
        self.tell_of_caps(desired, at, out);
        self.tell(at, anew, &step, out);
        debug_assert_eq!(self.check(), Ok(()));
        step
    }

    /// New numbers for everything; what is remembered of rigs and rentals goes by their names.
    fn enrol(&mut self, desired: &Desired, overrides: &[OverrideAction], at: Timestamp) {
        let roster = Roster::new(&desired.farm, &desired.inventory, overrides, at);
        self.memory =
            memory::carry_over(std::mem::take(&mut self.memory), &roster, &self.assignment, self.started);
        let mut known: BTreeMap<Arc<str>, Line> = self
            .roster
            .rentals()
            .iter()
            .map(|rental| rental.label.clone())
            .zip(self.lines.drain(..))
            .collect();
        let mut line =
            |label: &Arc<str>| known.remove(label).unwrap_or(Line { changed: at, ..Line::default() });
        self.lines = roster.rentals().iter().map(|rental| line(&rental.label)).collect();
        let present = self.memory.iter().map(|rig| roster.rental(&rig.holder)).collect();
        let problem = roster.problem(
            |rig| self.memory[rig as usize].scheduled,
            |rig| roster.rental(&self.memory[rig as usize].home),
        );
        let slices = self.assignment.slices.iter().filter_map(|slice| slice.numbered(&roster));
        self.scheduler = Scheduler::new(problem, present, slices.collect());
        let before = std::mem::replace(&mut self.roster, roster);
        self.outages.renumber(
            |rig| self.roster.rig(&before.rigs()[rig as usize].name),
            |group| before.group_in(group, &self.roster),
        );
    }

    /// What is seen of rigs: how fit they are, and what fell silent as a whole. Answers the rigs that are excused from
    /// now on, and those that no longer are.
    fn look(&mut self, seen: &Seen, out: &mut Vec<Event>) -> Vec<Arc<str>> {
        let at = seen.at;
        let mut looks = vec![Look::default(); self.memory.len()];
        let mut silent = 0;
        for (inventory, rig) in seen.rigs.iter().enumerate() {
            let n = self.roster.of_inventory(inventory);
            let memory = &mut self.memory[n as usize];
            let silent_since = memory.look(at, rig);
            if memory.is_on_trial() {
                let home = self.roster.rental(&memory.home).map(|home| &self.roster.rentals()[home as usize]);
                memory.try_out(at, rig, home.map_or(Duration::ZERO, |home| home.healthy_for));
            }
            silent += usize::from(silent_since.is_some());
            let place = &self.roster.rigs()[n as usize];
            let customer = self
                .roster
                .rental(&memory.served)
                .map_or(0, |to| self.roster.rentals()[to as usize].customer);
            looks[n as usize] = Look {
                site: place.site,
                rack: place.rack,
                customer: Some(customer),
                silent_since,
                heard: rig.last_share.filter(|_| rig.connected),
                connected: rig.connected,
                absent: memory.seen.is_none() || memory.parked || self.roster.is_out(n),
            };
        }
        let news = if silent > 0 || !self.outages.list().is_empty() {
            self.outages.look(at, &looks)
        } else {
            Vec::new()
        };
        out.extend(news.iter().map(|news| self.outage_event(at, news)));
        let excused = self.outages.excused();
        for (n, memory) in self.memory.iter_mut().enumerate() {
            // One that is known to be part of an outage is not waited for.
            let lost = looks[n].silent_since.is_some() && excused.contains(&(n as u32));
            let fitness = match (memory.parked, lost) {
                (true, _) => Fitness::Out,
                (false, true) => Fitness::LastResort,
                (false, false) => memory.fitness,
            };
            if memory.scheduled != fitness {
                memory.scheduled = fitness;
                self.fitness_changes += 1;
                if !self.roster.is_out(n as u32) {
                    self.scheduler.set_fitness(n as u32, fitness);
                }
            }
        }
        let names: BTreeSet<Arc<str>> =
            excused.iter().map(|n| self.memory[*n as usize].name.clone()).collect();
        if names == *self.excused {
            return Vec::new();
        }
        let changed = names.symmetric_difference(&self.excused).cloned().collect();
        self.excused = Arc::new(names);
        changed
    }

    fn outage_event(&self, at: Timestamp, news: &News) -> Event {
        let (outage, kind) = match news {
            News::Began(outage) => (outage, EventKind::OutageBegan),
            News::Widened(outage) => (outage, EventKind::OutageWidened),
            News::Ended(outage) => (outage, EventKind::OutageEnded),
        };
        let (subject, whole) = self.words_for(outage.group);
        let count = outage.rigs.len();
        let words = match news {
            News::Ended(outage) if outage.unfounded => {
                format!(
                    "{count} rigs of {whole} are silent wherever they mine: it is they who failed, not its pools"
                )
            }
            News::Ended(_) => {
                format!("{whole} is back: most of the {count} rigs that went silent work again")
            }
            _ => format!("{count} rigs of {whole} went silent at once; none of them is blamed"),
        };
        let rigs: Vec<&str> = outage.rigs.iter().take(20).map(|n| &*self.memory[*n as usize].name).collect();
        Event::new(at, kind, subject, words)
            .with("rigs", count)
            .with("since", outage.since.rfc3339())
            .with("first", rigs.join(" "))
    }

    /// A group as the subject of an event, and in words.
    fn words_for(&self, group: Group) -> (String, String) {
        match group {
            Group::Site(site) => {
                let name = self.roster.site(site);
                (format!("site/{name}"), format!("site {name}"))
            }
            Group::Rack(rack) => {
                let name = self.roster.rack(rack);
                (format!("rack/{name}"), format!("rack {name}"))
            }
            Group::Customer(customer) => {
                let name = self.roster.customer(customer);
                (format!("customer/{name}"), format!("customer {name}"))
            }
        }
    }

    /// Rigs whose rental was decided on as a whole belong there; those that failover moved belong where they
    /// came from.
    fn settle_homes(&mut self, decided: &[Move]) {
        for step in decided.iter().filter(|step| step.why != Why::Unfit && step.why != Why::Pinned) {
            self.memory[step.rig as usize].home = self.label(step.to);
            self.touched.insert(step.rig);
            self.scheduler.set_home(step.rig, step.to);
        }
    }

    /// Rigs that come to a rental which was paused when the whole farm was thought over belong there.
    fn settle_resumed(&mut self, decided: &[Move]) {
        let is_resumed = |line: &Line| line.unsettled && !line.paused;
        if !self.lines.iter().any(is_resumed) {
            return;
        }
        let comes = |step: &&Move| step.to.is_some_and(|to| is_resumed(&self.lines[to as usize]));
        let coming: Vec<Move> = decided.iter().filter(comes).copied().collect();
        self.settle_homes(&coming);
        for (n, line) in self.lines.iter_mut().enumerate() {
            let is_served = self.scheduler.covered(n as u32) >= self.scheduler.target(n as u32);
            line.unsettled &= line.paused || !is_served;
        }
    }

    /// Rigs that are trusted again go back where they belong, and whoever stood in for them goes home.
    fn come_home(&mut self, at: Timestamp, moves: &mut Vec<Move>) {
        // A shared rig is at work, and its part of it is counted already where it belongs.
        let shared: BTreeSet<u32> = self.scheduler.slices().iter().map(|slice| slice.rig).collect();
        for n in 0..self.memory.len() as u32 {
            let memory = &self.memory[n as usize];
            if memory.fitness != Fitness::Healthy
                || memory.scheduled != Fitness::Healthy
                || self.scheduler.holder(n).is_some()
                || shared.contains(&n)
            {
                continue;
            }
            let Some(home) = self.roster.rental(&memory.home) else { continue };
            if self.lines[home as usize].paused || self.roster.is_out(n) {
                continue;
            }
            let own = rate(self.roster.rigs()[n as usize].hashrate);
            let room = self.scheduler.covered(home) + own;
            let target = self.scheduler.target(home);
            let Some(lent) = self.lent(at, home, room.saturating_sub(target)) else { continue };
            moves.push(self.scheduler.place(n, Some(home), Why::Returned));
            moves.push(self.scheduler.place(lent, None, Why::Returned));
            self.lines[home as usize].changed = at;
        }
    }

    /// Of the rigs that stand in at a rental and have been there long enough, the largest that does no more than
    /// this.
    fn lent(&self, at: Timestamp, rental: u32, rate_max: u64) -> Option<u32> {
        let line = &self.roster.rentals()[rental as usize];
        self.largest(rental, rate_max, |memory| {
            memory.home != line.label && at.0 - memory.placed.0 >= line.slice_min
        })
    }

    /// Of such rigs that a rental may give away, the largest that does no more than this.
    fn largest(&self, rental: u32, rate_max: u64, is_such: impl Fn(&Memory) -> bool) -> Option<u32> {
        let rate_of = |n: u32| rate(self.roster.rigs()[n as usize].hashrate);
        self.scheduler
            .rigs(rental)
            .filter(|n| !self.scheduler.is_pinned(*n) && rate_of(*n) <= rate_max)
            .filter(|n| self.memory[*n as usize].scheduled == Fitness::Healthy)
            .filter(|n| is_such(&self.memory[*n as usize]))
            .max_by_key(|n| (rate_of(*n), std::cmp::Reverse(*n)))
    }

    /// What a rental no longer needs goes home, unless something came or went there of late: first its part of a shared
    /// rig, then what stood in, then its own. An own rig belongs there no longer, unless the rental only rests
    /// because it has had too much.
    fn give_back(&mut self, at: Timestamp, moves: &mut Vec<Move>) {
        self.note_changes(at, moves);
        for rental in 0..self.lines.len() as u32 {
            let surplus = self.idle(at, rental);
            if surplus > 0 {
                let ended = self.scheduler.give_back_part(rental);
                self.note_changes(at, &ended);
                moves.extend(ended);
            }
        }
        for rental in 0..self.lines.len() as u32 {
            let surplus = self.idle(at, rental);
            if surplus == 0 {
                continue;
            }
            let label = &self.roster.rentals()[rental as usize].label;
            let relaxing = self.is_relaxing(label);
            let lent = self.lent(at, rental, surplus);
            let own = || self.largest(rental, surplus, |memory| relaxing || memory.home == *label);
            let Some(rig) = lent.or_else(own) else { continue };
            let gone = self.scheduler.place(rig, None, Why::Returned);
            if lent.is_none() && !relaxing && !self.is_curtailed() {
                self.settle_homes(&[gone]);
            }
            moves.push(gone);
            self.lines[rental as usize].changed = at;
        }
    }

    /// What a rental has beyond its target, kH/s; nothing while it is paused or has got or given a rig of late.
    fn idle(&self, at: Timestamp, rental: u32) -> u64 {
        let line = &self.lines[rental as usize];
        let facts = &self.roster.rentals()[rental as usize];
        if facts.terms.is_none() || line.paused || at.0 - line.changed.0 < facts.slice_min {
            return 0;
        }
        self.scheduler.covered(rental).saturating_sub(self.scheduler.target(rental))
    }

    /// It gets less at present, because it had too much before.
    fn is_relaxing(&self, label: &str) -> bool {
        self.promises.get(label).is_some_and(|promise| promise.aim.relaxing)
    }

    fn publish_coverage(&mut self) {
        let mut coverage = coverage(&self.roster, &self.scheduler);
        for line in &mut coverage {
            line.relaxed = self.is_relaxing(&line.label);
        }
        if coverage != **self.coverage() {
            self.coverage = Arc::new(coverage);
        }
    }

    /// What a person may want to know of this step.
    fn tell(&mut self, at: Timestamp, anew: bool, step: &Step, out: &mut Vec<Event>) {
        if step.movements.len() > TOLD_MAX || (anew && step.movements.len() > 1) {
            let parked = step.movements.iter().filter(|moved| moved.why == "parked").count();
            let words = match (step.movements.len(), parked) {
                (rigs, 0) => format!("{rigs} rigs work for others from now on"),
                (rigs, parked) if rigs == parked => format!("{rigs} rigs are parked from now on"),
                (rigs, parked) => {
                    let others = rigs - parked;
                    format!("{others} rigs work for others from now on, and {parked} are parked")
                }
            };
            let event = Event::new(at, EventKind::RigsAssigned, "farm", words);
            out.push(event.with("rigs", step.movements.len()));
        } else {
            out.extend(step.movements.iter().map(Movement::event));
        }
        for (n, line) in self.lines.iter_mut().enumerate() {
            let rental = &self.roster.rentals()[n];
            let Some(terms) = &rental.terms else { continue };
            // What is there for the promise itself; catching up is told by the account.
            let covered = self.scheduler.covered(n as u32);
            let relaxing = self.promises.get(&rental.label).is_some_and(|promise| promise.aim.relaxing);
            let short = !line.paused && !relaxing && covered < rate(terms.contracted);
            if short == line.short {
                continue;
            }
            line.short = short;
            let lack = 100.0 * (1.0 - hashes(covered) / terms.contracted);
            let subject = format!("rental/{}", rental.label);
            out.push(if short {
                let words =
                    format!("{} is short: its rigs give {lack:.1} % less than the contract", rental.label);
                Event::new(at, EventKind::RentalShort, subject, words)
                    .with("lack_percent", format!("{lack:.1}"))
            } else {
                let words = format!("{} has enough rigs again", rental.label);
                Event::new(at, EventKind::RentalCovered, subject, words)
            });
        }
    }

    /// The rentals that a customer's own pools keep from being served, by number.
    fn is_paused(&self, rental: usize, pool_well: bool) -> bool {
        let customer = self.roster.rentals()[rental].customer;
        let silent = |outage: &crate::outage::Outage| {
            outage.ended.is_none() && outage.group == Group::Customer(customer)
        };
        !pool_well || self.outages.list().iter().any(silent)
    }
}

#[cfg(test)]
mod tests;
