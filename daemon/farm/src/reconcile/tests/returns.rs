//! When a rig goes back to the house: as soon as its rental has enough without it, but not before its time. And that
//! rigs come to rest.

use proptest::prelude::*;

use super::crash::{Day, on_many_days};
use super::*;

/// How long a rig stays where it was put, in the farms of these days: `slice_min` of their policy.
const STAYS: Duration = Duration::from_secs(60);

impl Reconciler {
    /// What a rental has beyond its target, kH/s.
    fn beyond(&self, rental: usize) -> u64 {
        self.scheduler.covered(rental as u32).saturating_sub(self.scheduler.target(rental as u32))
    }

    /// The rigs of a rental that are well, do no more than this and are its own, or have stood in long enough.
    fn may_leave(&self, at: Timestamp, rental: usize, rate_max: u64) -> Vec<u32> {
        let label = &self.roster.rentals()[rental].label;
        let may = |rig: &u32| {
            let memory = &self.memory[*rig as usize];
            memory.scheduled == Fitness::Healthy
                && (memory.home == *label || at.since(memory.placed) >= STAYS)
                && rate(self.roster.rigs()[*rig as usize].hashrate) <= rate_max
        };
        self.scheduler.rigs(rental as u32).filter(may).collect()
    }

    /// What a rental has of a shared rig that is well, kH/s.
    fn part(&self, rental: usize) -> u64 {
        let is_well = |rig: u32| self.memory[rig as usize].scheduled == Fitness::Healthy;
        let slices = self.scheduler.slices();
        let parts = slices.iter().filter(|slice| is_well(slice.rig)).flat_map(|slice| &slice.parts);
        parts.filter(|(of, _)| *of as usize == rental).map(|(_, rate)| rate).sum()
    }
}

/// Between full plans: who goes home was there for the time that a rig stays, and leaves its rental with all that it
/// is to get. And nobody stays, nor keeps a part of a shared rig, where there is that much to spare and nobody came
/// or went for as long.
#[test]
fn a_rig_goes_home_if_and_only_if_its_rental_has_enough_without_it_and_its_time_is_over() {
    on_many_days(|mut day: Day| {
        day.step();
        for _ in 0..80 {
            let seconds = [1, 5, 20, 60][day.rng.below(4)];
            day.pass(seconds);
            day.shake();
            let placed: BTreeMap<Arc<str>, Timestamp> =
                day.reconciler.memory.iter().map(|rig| (rig.name.clone(), rig.placed)).collect();
            let shared: BTreeSet<Arc<str>> =
                day.reconciler.assignment().slices.iter().map(|slice| slice.rig.clone()).collect();
            let step = day.step();
            let (at, reconciler) = (day.seen.at, &day.reconciler);
            if reconciler.replan_at == at + REPLAN {
                continue;
            }
            let is_return = |made: &&Movement| {
                made.why == "returned" && &*made.to == HOUSE && !shared.contains(&made.rig)
            };
            for made in step.movements.iter().filter(is_return) {
                prop_assert!(at.since(placed[&made.rig]) >= STAYS, "{:?}", made);
                let Some(rental) = reconciler.roster.rental(&made.from) else { continue };
                let target = reconciler.scheduler.target(rental);
                prop_assert!(reconciler.scheduler.covered(rental) >= target, "{:?}", step);
            }
            for (rental, line) in reconciler.lines.iter().enumerate() {
                if !line.paused && at.since(line.changed) >= STAYS {
                    let beyond = reconciler.beyond(rental);
                    let left = reconciler.may_leave(at, rental, beyond);
                    prop_assert!(left.is_empty(), "{:?} stay at {}", left, rental);
                    let part = reconciler.part(rental);
                    prop_assert!(part == 0 || part > beyond, "{} keeps {} of a rig", rental, part);
                }
            }
        }
        Ok(())
    });
}

/// While nothing happens, what a rental is to get changes with what is missing of its promise, once in the time that a
/// rig stays, and each change moves few.
#[test]
fn while_nothing_happens_few_rigs_move() {
    on_many_days(|mut day: Day| {
        for _ in 0..20 {
            let seconds = [1, 5, 20, 60][day.rng.below(4)];
            day.pass(seconds);
            day.shake();
            day.step();
        }
        let mut moved = 0;
        for second in 0..STAYS.as_secs() * 15 {
            day.pass(1);
            let step = day.step();
            if second >= STAYS.as_secs() * 10 {
                moved += step.movements.iter().filter(|made| made.why != "turn").count();
            }
        }
        let rentals = day.reconciler.lines.len();
        prop_assert!(moved <= 10 * rentals, "{} moves", moved);
        Ok(())
    });
}
