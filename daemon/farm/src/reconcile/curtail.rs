//! Sites that must draw less: what is parked follows the limits as windows open and close, and follows the
//! farm while one is open.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use exchange::event::{Event, EventKind};
use exchange::time::Timestamp;

use super::Reconciler;
use crate::desired::Desired;
use crate::power_limit::Cap;
use crate::roster::rate;
use crate::schedule::Scheduler;
use crate::schedule::problem::Fitness;
use crate::{curtail, power_limit};

/// While rigs come and go, what is parked is thought over this often at most.
const AGAIN: Duration = Duration::from_secs(10);
/// The limits are looked up anew at least this often.
const LOOKED_UP: Duration = Duration::from_secs(3600);

/// What sites are held to.
#[derive(Debug, Clone, Default)]
pub(super) struct Curtailed {
    caps: Arc<Vec<Cap>>,
    /// By number of the site, milliwatts.
    limits: BTreeMap<u32, u64>,
    /// By number of the site, why its rigs are parked.
    pub(super) words: BTreeMap<u32, String>,
    /// When the limits may be others.
    until: Timestamp,
    /// When what is parked was last thought over.
    decided: Timestamp,
    /// Somebody's fitness changed since then.
    is_stale: bool,
    fitness_changes: u64,
    /// What was told of last.
    told: Arc<Vec<Cap>>,
}

impl Curtailed {
    /// The clock was set: limits by the time of day are looked up again.
    pub(super) fn shift(&mut self, by: i64) {
        self.until = Timestamp::default();
        self.decided = self.decided.shifted(by);
    }
}

impl Reconciler {
    /// What sites are held to at present.
    pub fn caps(&self) -> &Arc<Vec<Cap>> {
        &self.curtailed.caps
    }

    pub(super) fn is_curtailed(&self) -> bool {
        !self.curtailed.limits.is_empty()
    }

    /// Parks rigs and lets them go, as the limits of their sites want it. True when any changes.
    pub(super) fn curtail(&mut self, desired: &Desired, at: Timestamp, anew: bool) -> bool {
        let held = &mut self.curtailed;
        held.is_stale |= held.fitness_changes != self.fitness_changes;
        held.fitness_changes = self.fitness_changes;
        let mut is_due = anew;
        if anew || at >= held.until {
            let caps = power_limit::caps(&desired.farm, at);
            let limits = curtail::limits(&caps, &self.roster);
            let zone = desired.farm.timezone.zone();
            let words = |cap: &Cap| Some((self.roster.site_number(cap.site.as_str())?, cap.words(&zone, at)));
            held.words = caps.iter().filter_map(words).collect();
            let next = power_limit::changes(&desired.farm, at).first().copied();
            held.until = next.map_or(at + LOOKED_UP, |next| next.min(at + LOOKED_UP));
            is_due |= limits != held.limits;
            held.limits = limits;
            if *held.caps != caps {
                held.caps = Arc::new(caps);
            }
        }
        // Where all may run, nobody's coming and going is of interest.
        let any = self.memory.iter().any(|rig| rig.parked);
        is_due |= any && (at >= self.replan_at || (held.is_stale && at.since(held.decided) >= AGAIN));
        if !is_due || (!any && held.limits.is_empty()) {
            return false;
        }
        (held.decided, held.is_stale) = (at, false);
        let memory = &self.memory;
        let rigs =
            curtail::draws(&self.roster, |n| memory[n as usize].own(at), |n| memory[n as usize].parked);
        let parked = curtail::hold(&self.scheduler, &rigs, &self.curtailed.limits, anew);
        let mut changed = false;
        for (n, memory) in self.memory.iter_mut().enumerate() {
            let n = n as u32;
            if memory.parked == parked.contains(&n) {
                continue;
            }
            changed = true;
            self.touched.insert(n);
            memory.parked = !memory.parked;
            memory.scheduled = if memory.parked { Fitness::Out } else { memory.fitness };
            if !memory.parked {
                memory.released = at;
            }
            if !self.roster.is_out(n) {
                self.scheduler.set_fitness(n, memory.scheduled);
            }
        }
        changed
    }

    /// Notes what each rental lacks that it would have if nobody were parked.
    pub(super) fn note_curtailed(&mut self, at: Timestamp) {
        self.lines.iter_mut().for_each(|line| line.curtailed = 0);
        if !self.memory.iter().any(|rig| rig.parked) {
            return;
        }
        let mut free = self.scheduler.clone();
        for (n, rig) in
            self.memory.iter().enumerate().filter(|(n, rig)| rig.parked && !self.roster.is_out(*n as u32))
        {
            free.set_fitness(n as u32, rig.own(at));
        }
        free.settle();
        for (n, line) in self.lines.iter_mut().enumerate() {
            let Some(terms) = &self.roster.rentals()[n].terms else { continue };
            let missing =
                |scheduler: &Scheduler| rate(terms.contracted).saturating_sub(scheduler.covered(n as u32));
            line.curtailed = missing(&self.scheduler).saturating_sub(missing(&free));
        }
    }

    /// Which sites are held from now on, and which no longer.
    pub(super) fn tell_of_caps(&mut self, desired: &Desired, at: Timestamp, out: &mut Vec<Event>) {
        if self.curtailed.caps == self.curtailed.told {
            return;
        }
        let told = std::mem::replace(&mut self.curtailed.told, self.curtailed.caps.clone());
        let zone = desired.farm.timezone.zone();
        let known = |caps: &[Cap], cap: &Cap| {
            caps.iter().any(|other| (&other.site, other.power_max) == (&cap.site, cap.power_max))
        };
        for cap in self.curtailed.caps.iter().filter(|cap| !known(&told, cap)) {
            let site = self.roster.site_number(cap.site.as_str());
            let stands = |n: &usize| site.is_some() && self.roster.rigs()[*n].site == site;
            let rigs: Vec<usize> = (0..self.memory.len()).filter(stands).collect();
            let parked = rigs.iter().filter(|n| self.memory[**n].parked).count();
            let words = format!("{}: {parked} of {} rigs are parked", cap.words(&zone, at), rigs.len());
            let subject = format!("site/{}", cap.site);
            let event = Event::new(at, EventKind::SiteCurtailed, subject, words)
                .with("power_max", cap.power_max)
                .with("rigs", rigs.len())
                .with("parked", parked);
            out.push(match cap.until {
                Some(until) => event.with("until", until.rfc3339()),
                None => event,
            });
        }
        for cap in told.iter() {
            if !self.curtailed.caps.iter().any(|other| other.site == cap.site) {
                let words = format!("{} may draw what it needs again", cap.site);
                let subject = format!("site/{}", cap.site);
                out.push(Event::new(at, EventKind::SiteReleased, subject, words));
            }
        }
    }

    /// Why a rig is parked, as a sentence.
    pub(super) fn parked_words(&self, rig: u32) -> String {
        let rig = &self.roster.rigs()[rig as usize];
        let held = rig.site.and_then(|site| self.curtailed.words.get(&site));
        power_limit::why_parked(held.map(String::as_str), rig.power.is_some())
    }
}
