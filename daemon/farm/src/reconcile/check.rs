//! What is derived is held to what it is derived from. Every step of a build with debug assertions ends with it, so
//! all tests and rehearsals do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Reconciler;
use crate::coverage::{Coverage, coverage};
use crate::roster::rate;
use crate::schedule::{problem::Fitness, problem::Slice};
use exchange::label::PARKED;

/// What is wrong, in words, unless it is as it should be.
fn ensure(is_so: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if is_so { Ok(()) } else { Err(what()) }
}

impl Reconciler {
    /// Whether everything that was worked out is what it was worked out from: true after every step.
    pub fn check(&self) -> Result<(), String> {
        if self.basis.is_none() {
            return Ok(());
        }
        self.check_numbers()?;
        self.check_rigs()?;
        self.check_assignment()?;
        self.check_rentals()
    }

    /// All parts count the same rigs and rentals.
    fn check_numbers(&self) -> Result<(), String> {
        let rigs = self.roster.rigs();
        let named = rigs.iter().zip(&self.memory).all(|(rig, memory)| rig.name == memory.name);
        ensure(rigs.len() == self.memory.len() && named, || {
            "memory is of other rigs than the roster".into()
        })?;
        let rentals = self.roster.rentals().len();
        ensure(rentals == self.lines.len(), || format!("{} lines for {rentals} rentals", self.lines.len()))?;
        ensure(self.scheduler.size() == (rigs.len(), rentals), || {
            format!("the scheduler has {:?} rigs and rentals", self.scheduler.size())
        })
    }

    /// The scheduler takes every rig to be as fit as memory says, and who is out is nobody's.
    fn check_rigs(&self) -> Result<(), String> {
        for (n, memory) in self.memory.iter().enumerate() {
            let n = n as u32;
            let fitness = if self.roster.is_out(n) { Fitness::Out } else { memory.scheduled };
            ensure(self.scheduler.fitness(n) == fitness, || {
                format!("{} is {fitness:?}, and scheduled as {:?}", memory.name, self.scheduler.fitness(n))
            })?;
            ensure(!memory.parked || memory.scheduled == Fitness::Out, || {
                format!("{} is parked and {:?}", memory.name, memory.scheduled)
            })?;
            ensure(fitness != Fitness::Out || self.scheduler.holder(n).is_none(), || {
                format!("{} is out and serves {}", memory.name, self.label(self.scheduler.holder(n)))
            })?;
        }
        let excused = self.outages.excused();
        let names: BTreeSet<&Arc<str>> = excused.iter().map(|n| &self.memory[*n as usize].name).collect();
        ensure(names.into_iter().eq(self.excused.iter()), || "others are excused than the outages say".into())
    }

    /// What is published is what the scheduler holds, in names.
    fn check_assignment(&self) -> Result<(), String> {
        let published = &self.assignment;
        let slices = self.scheduler.slices();
        let named: Vec<Option<Slice>> =
            published.slices.iter().map(|slice| slice.numbered(&self.roster)).collect();
        ensure(slices.iter().map(Some).eq(named.iter().map(Option::as_ref)), || {
            format!("{:?} are published for {slices:?}", published.slices)
        })?;
        let turns: BTreeMap<u32, &Arc<str>> =
            slices.iter().zip(&published.slices).map(|(slice, named)| (slice.rig, &named.turn)).collect();
        ensure(published.labels.len() == self.memory.len(), || {
            format!("{} labels for {} rigs", published.labels.len(), self.memory.len())
        })?;
        let mut homes = 0;
        for ((n, memory), (rig, label)) in self.memory.iter().enumerate().zip(published.labels.iter()) {
            let own = self.label(self.scheduler.holder(n as u32));
            let held: &str = match turns.get(&(n as u32)) {
                _ if memory.parked => PARKED,
                Some(turn) => turn,
                None => &own,
            };
            ensure(*rig == memory.name && *held == **label && memory.holder == *label, || {
                format!("{rig} is published for {label}, held by {held}, known for {}", memory.holder)
            })?;
            let home = published.homes.get(rig);
            let away = (memory.home != *label).then_some(&memory.home);
            homes += usize::from(away.is_some());
            ensure(home == away, || format!("{rig} belongs to {away:?}, published is {home:?}"))?;
        }
        ensure(homes == published.homes.len(), || "homes of rigs that are not there".into())
    }

    /// Every rental is covered by its rigs, has the target that its promise asks for, and is published so.
    fn check_rentals(&self) -> Result<(), String> {
        let mut parts = vec![0; self.lines.len()];
        for slice in self.scheduler.slices() {
            let size = rate(self.roster.rigs()[slice.rig as usize].hashrate);
            let given: u64 = slice.parts.iter().map(|(_, part)| part).sum();
            ensure(given <= size, || format!("{given} of {size} kH/s are given away: {slice:?}"))?;
            for (rental, part) in slice.parts {
                let is_well = self.scheduler.fitness(slice.rig) == Fitness::Healthy;
                parts[rental as usize] += if is_well { part } else { 0 };
            }
        }
        let mut held = 0;
        for (n, rental) in self.roster.rentals().iter().enumerate() {
            let number = n as u32;
            let mut covered = parts[n];
            for rig in self.scheduler.rigs(number) {
                let is_well = self.scheduler.fitness(rig) == Fitness::Healthy;
                covered += if is_well { rate(self.roster.rigs()[rig as usize].hashrate) } else { 0 };
                held += 1;
                ensure(self.scheduler.holder(rig) == Some(number), || {
                    format!("{} counts a rig of another", rental.label)
                })?;
            }
            ensure(self.scheduler.covered(number) == covered, || {
                format!("{} is covered by {covered}, not {}", rental.label, self.scheduler.covered(number))
            })?;
            let aimed = self.aimed(n);
            ensure(aimed == Some(self.scheduler.target(number)), || {
                format!("{} is to get {aimed:?}, not {}", rental.label, self.scheduler.target(number))
            })?;
        }
        let all = (0..self.memory.len() as u32).filter(|n| self.scheduler.holder(*n).is_some()).count();
        ensure(held == all, || format!("{held} rigs of {all} are counted by their rentals"))?;
        let with_relaxed = |line: Coverage| Coverage { relaxed: self.is_relaxing(&line.label), ..line };
        let lines: Vec<Coverage> =
            coverage(&self.roster, &self.scheduler).into_iter().map(with_relaxed).collect();
        ensure(*self.coverage == lines, || format!("{lines:?}, published as {:?}", self.coverage))
    }

    /// What a rental is to get at present by its promise, kH/s. `None`: it has none, and should.
    fn aimed(&self, rental: usize) -> Option<u64> {
        let facts = &self.roster.rentals()[rental];
        let Some(terms) = &facts.terms else { return Some(0) };
        let promise = self.promises.get(&facts.label)?;
        Some(if self.lines[rental].paused { 0 } else { rate(promise.aim.part * terms.contracted) })
    }
}
