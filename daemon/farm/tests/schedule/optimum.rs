//! The exact answer for small farms: whole rigs as an integer program, solved level by level.

use std::collections::BTreeMap;

use good_lp::{
    Expression, ProblemVariables, Solution, SolutionStatus, SolverModel, Variable, WithTimeLimit, constraint,
    microlp, variable,
};

use crate::farms::Case;
use farm::schedule::problem::Fitness;

/// A farm for which no proof is found within this time is left out, and counted.
const SECONDS_MAX: f64 = 0.5;

/// Rigs that are the same to every rental: class, rate, present holder.
type Group = (u32, u64, Option<u32>);

/// Whole rigs, as many as each rental gets of each group.
pub(crate) struct Optimum<'a> {
    case: &'a Case,
    groups: BTreeMap<Group, u32>,
    /// What is missing at present, by rental.
    missing: Vec<u64>,
    /// Levels, the highest priority first.
    levels: Vec<Vec<u32>>,
}

impl<'a> Optimum<'a> {
    pub(crate) fn of(case: &'a Case) -> Self {
        let mut groups = BTreeMap::new();
        let mut missing: Vec<u64> = case.problem.rentals.iter().map(|rental| rental.target).collect();
        for (at, rig) in case.problem.rigs.iter().enumerate() {
            if rig.fitness != Fitness::Healthy {
                continue;
            }
            if let Some(rental) = case.present[at] {
                missing[rental as usize] = missing[rental as usize].saturating_sub(rig.rate);
            }
            *groups.entry((rig.class, rig.rate, case.present[at])).or_default() += 1;
        }
        let mut levels: BTreeMap<i32, Vec<u32>> = BTreeMap::new();
        for (at, rental) in case.problem.rentals.iter().enumerate() {
            levels.entry(-rental.priority).or_default().push(at as u32);
        }
        Self { case, groups, missing, levels: levels.into_values().collect() }
    }

    /// The least that can be missing on each level, from the highest down. Nobody on the highest level is
    /// left shorter than at present, since nobody may take from it.
    pub(crate) fn shorts(&self) -> Option<Vec<u64>> {
        let mut fixed = Vec::new();
        for level in 0..self.levels.len() {
            let least = self.solve(&fixed, Some(level))?;
            fixed.push(least.round() as u64);
        }
        Some(fixed)
    }

    /// The fewest moves that leave no more missing on any level than this.
    pub(crate) fn moves(&self, shorts: &[u64]) -> Option<u64> {
        self.solve(shorts, None).map(|moves| moves.round() as u64)
    }

    fn solve(&self, fixed: &[u64], level: Option<usize>) -> Option<f64> {
        let mut variables = ProblemVariables::new();
        let rentals = &self.case.problem.rentals;
        let mut counts: BTreeMap<(Group, u32), Variable> = BTreeMap::new();
        for (group, count) in &self.groups {
            for rental in &self.case.problem.classes[group.0 as usize].rentals {
                let most = variable().integer().min(0).max(*count as i32);
                counts.insert((*group, *rental), variables.add(most));
            }
        }
        let most = |at: usize| {
            let is_top = self.levels[0].contains(&(at as u32));
            if is_top { self.missing[at] } else { rentals[at].target }
        };
        let short: Vec<Variable> =
            (0..rentals.len()).map(|at| variables.add(variable().min(0).max(most(at) as f64))).collect();
        let sum = |level: usize| self.levels[level].iter().map(|at| short[*at as usize]).sum::<Expression>();
        let stay = |group: &Group| group.2.and_then(|rental| counts.get(&(*group, rental)));
        let total: u32 = self.groups.values().sum();
        let mut moves = Expression::from(f64::from(total));
        for (group, count) in &self.groups {
            match group.2 {
                // A rig of the house moves if anybody gets it.
                None => {
                    moves -= f64::from(*count);
                    for ((_, _), given) in counts.range((*group, 0)..=(*group, u32::MAX)) {
                        moves += *given;
                    }
                }
                Some(_) => {
                    if let Some(kept) = stay(group) {
                        moves -= *kept;
                    }
                }
            }
        }
        let aim = level.map_or(moves, sum);
        let mut model = variables.minimise(aim.clone()).using(microlp).with_time_limit(SECONDS_MAX);
        for (at, rental) in rentals.iter().enumerate() {
            let mut covered = Expression::from(short[at]);
            for ((group, to), count) in &counts {
                if *to as usize == at {
                    covered += group.1 as f64 * *count;
                }
            }
            model = model.with(constraint!(covered >= rental.target as f64));
        }
        for (group, count) in &self.groups {
            let used: Expression =
                counts.range((*group, 0)..=(*group, u32::MAX)).map(|(_, count)| *count).sum();
            model = model.with(constraint!(used <= f64::from(*count)));
        }
        for (level, least) in fixed.iter().enumerate() {
            model = model.with(constraint!(sum(level) <= *least as f64 + 1e-6));
        }
        let solution = model.solve().ok()?;
        let is_proven = matches!(solution.status(), SolutionStatus::Optimal);
        is_proven.then(|| solution.eval(aim))
    }
}
