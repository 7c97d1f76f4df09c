//! Promises from step to step: time passes, work is credited, periods end, and each rental is told how much to
//! serve now.

use std::time::Duration;

use exchange::event::{Event, EventKind};
use exchange::time::Timestamp;

use super::{Basis, Reconciler, Seen};
use crate::desired::Desired;
use crate::label::label;
use crate::promise::{Promise, Settlement};
use crate::roster::rate;
use crate::terms::Terms;

/// No promise is settled over a longer time than this in which nothing was counted.
const ABSENT_MAX: Duration = Duration::from_secs(35 * 86_400);

impl Reconciler {
    /// Credits what was delivered, settles periods that ended, and sets what each rental is to get.
    pub(super) fn keep_promises(
        &mut self,
        desired: &Desired,
        seen: &Seen,
        out: &mut Vec<Event>,
        settled: &mut Vec<Settlement>,
    ) {
        let (at, zone) = (seen.at, desired.farm.timezone.zone());
        for n in 0..self.lines.len() {
            let line = &self.roster.rentals()[n];
            let Some(terms) = line.terms.clone() else { continue };
            let label = line.label.clone();
            let rest = Duration::from_micros(line.slice_min.max(0) as u64);
            let look = seen.rentals.get(line.number).copied().unwrap_or_default();
            let paused = self.is_paused(n, look.pool_well);
            let promise =
                self.promises.entry(label.clone()).or_insert_with(|| Promise::new(at, &terms, &zone));
            if at < promise.from || at.since(promise.at) > ABSENT_MAX {
                // Nobody knows what was owed meanwhile: the clock was wrong, then or now, or nothing ran for weeks.
                out.push(restarted_event(at, &label, promise));
                *promise = Promise::new(at, &terms, &zone);
            }
            promise.credit(look.credited);
            let stands = paused && terms.excuses_pools;
            let excused = self.lines[n].excused(&terms, stands);
            promise.advance(at, &terms, excused);
            while promise.until <= at {
                let settlement = promise.settle(&label, &terms);
                *promise = Promise::new(promise.until, &terms, &zone);
                promise.advance(at, &terms, excused);
                out.push(settlement_event(at, &settlement));
                settled.push(settlement);
            }
            let aim = promise.target(&terms, rest);
            self.scheduler.set_target(n as u32, if paused { 0 } else { rate(aim) });
            let line = &mut self.lines[n];
            if line.paused != paused {
                line.paused = paused;
                let subject = format!("rental/{label}");
                out.push(if paused {
                    let clock =
                        if stands { "the promise is paused, too" } else { "the promise still counts" };
                    let words =
                        format!("{label} is paused: none of the customer's pools takes work; {clock}");
                    Event::new(at, EventKind::RentalPaused, subject, words)
                } else {
                    Event::new(at, EventKind::RentalResumed, subject, format!("{label} has a pool again"))
                });
            }
        }
    }

    /// Settles rentals that have ended, and says which have begun. Called before new numbers are given.
    pub(super) fn settle_ended(
        &mut self,
        desired: &Desired,
        basis: &Basis,
        at: Timestamp,
        settled: &mut Vec<Settlement>,
    ) {
        let running: std::collections::BTreeMap<_, _> = desired
            .farm
            .rentals()
            .zip(&basis.running)
            .filter(|(_, running)| **running)
            .map(|((customer, name, rental), _)| (label(customer, name), rental))
            .collect();
        let ended: Vec<_> =
            self.promises.keys().filter(|label| !running.contains_key(*label)).cloned().collect();
        for label in ended {
            let Some(mut promise) = self.promises.remove(&label) else { continue };
            let number = self.roster.rental(&label);
            // After a restart the terms are those of the farm file, if it still knows the rental.
            let known = number.and_then(|n| self.roster.rentals()[n as usize].terms.clone());
            let from_file = || {
                let (_, _, rental) = desired
                    .farm
                    .rentals()
                    .find(|(customer, name, _)| self::label(customer, name) == label)?;
                Terms::of(&desired.farm, rental)
            };
            let Some(terms) = known.or_else(from_file) else { continue };
            let line = number.map(|n| &self.lines[n as usize]);
            let excused = line.map_or(0.0, |line| line.excused(&terms, line.paused && terms.excuses_pools));
            promise.advance(at, &terms, excused);
            settled.push(promise.settle(&label, &terms));
        }
    }
}

fn restarted_event(at: Timestamp, label: &str, promise: &Promise) -> Event {
    let words = format!(
        "the period of {label} that ran from {} to {} was last counted at {}, and it is {} now: it stays unsettled and a \
         new one begins; check the clock of the machine",
        promise.from.rfc3339(),
        promise.until.rfc3339(),
        promise.at.rfc3339(),
        at.rfc3339()
    );
    Event::new(at, EventKind::PeriodAbandoned, format!("rental/{label}"), words)
        .with("owed_hashes", promise.owed)
        .with("credited_hashes", promise.credited)
}

fn settlement_event(at: Timestamp, settlement: &Settlement) -> Event {
    let subject = format!("rental/{}", settlement.rental);
    let delivered = 100.0 * settlement.delivered();
    let (kind, words) = if settlement.met {
        (EventKind::PeriodSettled, format!("{} got {delivered:.3} % of what was owed", settlement.rental))
    } else {
        let credit = 100.0 * settlement.credit;
        let words = format!(
            "{} got {delivered:.3} % of what was owed, less than promised; credit: {credit:.2} % of the price",
            settlement.rental
        );
        (EventKind::PromiseMissed, words)
    };
    Event::new(at, kind, subject, words)
        .with("from", settlement.from.rfc3339())
        .with("until", settlement.until.rfc3339())
        .with("owed_hashes", settlement.owed)
        .with("credited_hashes", settlement.credited)
        .with("excused_hashes", settlement.excused)
        .with("credit", format!("{:.6}", settlement.credit))
}
