//! Local search: swaps and small rings of rigs that leave less missing, then fewer moves for the same. Ends
//! when nothing helps or its budget is used up; the budget counts trials, so the answer never depends on speed.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::table::{Ground, NOBODY, Table};

/// Trials of one search.
const TRIALS_MAX: usize = 300_000;
/// Beyond so many kinds of rigs only pairs are tried.
const ITEMS_MAX: usize = 400;

/// Where things stood before anything was decided.
#[derive(Debug)]
pub(super) struct Start {
    /// Rig to holder.
    pub(super) holder: Vec<u32>,
    /// Rental to what was missing, kH/s.
    missing: Vec<u64>,
    /// Rental to what was covered, kH/s.
    well: Vec<u64>,
    parts: BTreeMap<u32, Vec<(u32, u64)>>,
}

impl Start {
    pub(super) fn of(table: &Table) -> Self {
        let missing = (0..table.ground.rentals.len() as u32).map(|rental| table.missing(rental)).collect();
        let (holder, well, parts) = (table.holder.clone(), table.well.clone(), table.parts.clone());
        Self { holder, missing, well, parts }
    }

    /// How many rigs stand elsewhere, or are shared otherwise.
    pub(super) fn moves(&self, table: &Table) -> usize {
        let whole = (0..self.holder.len()).filter(|rig| self.holder[*rig] != table.holder[*rig]).count();
        let shared = |(rig, parts): &(&u32, &Vec<(u32, u64)>)| {
            self.holder[**rig as usize] == NOBODY && self.parts.get(rig) != Some(parts)
        };
        whole + table.parts.iter().filter(shared).count()
    }

    /// A rig that went to an equal or lower rental although its own is shorter than it was.
    pub(super) fn unfair(&self, table: &Table) -> Option<u32> {
        let ground = &table.ground;
        let is_shorter = |rental: u32| table.missing(rental) > self.missing[rental as usize];
        let shorter: Vec<bool> = (0..ground.rentals.len() as u32).map(is_shorter).collect();
        if !shorter.contains(&true) {
            return None;
        }
        let level = |rental: u32| ground.level_of[rental as usize];
        (0..self.holder.len() as u32).filter(|rig| table.is_movable(*rig)).find(|rig| {
            let whole = Some(self.holder[*rig as usize]).filter(|from| *from != NOBODY);
            let parts = self.parts.get(rig).into_iter().flatten().map(|(from, _)| *from);
            let mut losers = whole.into_iter().chain(parts).filter(|from| shorter[*from as usize]);
            let to = table.holder[*rig as usize];
            let now = table.parts.get(rig).map_or(&[][..], Vec::as_slice);
            let is_taken = |to: u32, from: u32| to != from && level(to) >= level(from);
            losers.any(|from| {
                to != NOBODY && is_taken(to, from) || now.iter().any(|(to, _)| is_taken(*to, from))
            })
        })
    }

    /// Whether nobody got more than suspects leave room for, and nobody was preempted by an equal or a lower rental,
    /// not even by way of a higher one that passed its rig on: whoever is shorter than it was, some higher rental has
    /// more for it.
    pub(super) fn is_allowed(&self, table: &Table) -> bool {
        let level = |rental: u32| table.ground.level_of[rental as usize];
        let all = 0..table.ground.rentals.len() as u32;
        let is_within = |rental: u32| {
            let well = table.well[rental as usize];
            well <= self.well[rental as usize].max(table.ceiling(rental))
        };
        let all_within = all.clone().all(is_within);
        let helped = all.clone().filter(|rental| table.missing(*rental) < self.missing[*rental as usize]);
        let top = helped.map(level).min().unwrap_or(u32::MAX);
        let mut harmed = all.filter(|rental| table.missing(*rental) > self.missing[*rental as usize]);
        all_within && harmed.all(|rental| level(rental) > top) && self.unfair(table).is_none()
    }
}

/// Rigs that are the same to everybody: one stands for all.
#[derive(Debug, Clone, Copy)]
struct Item {
    rig: u32,
    class: u32,
    rate: u64,
    holder: u32,
}

/// A rig and who should get it.
type Step = (u32, u32);

/// What some steps would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Effect {
    /// Levels and what would be missing more there (less: negative), the highest priority first.
    shorts: [(u32, i64); SIDES_MAX],
    /// Moves more than now.
    moves: i64,
    /// What rentals have beyond what is wanted, more than now, kH/s.
    over: i64,
}

/// Rentals that three steps can concern.
const SIDES_MAX: usize = 6;

impl Effect {
    fn shorts(&self) -> Ordering {
        self.shorts
            .iter()
            .map(|(_, delta)| delta.cmp(&0))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }

    /// Better is less.
    fn compared(&self, other: &Self) -> Ordering {
        for (mine, theirs) in self.shorts.iter().zip(&other.shorts) {
            let order = match mine.0.cmp(&theirs.0) {
                Ordering::Less => mine.1.cmp(&0),
                Ordering::Greater => 0.cmp(&theirs.1),
                Ordering::Equal => mine.1.cmp(&theirs.1),
            };
            if order.is_ne() {
                return order;
            }
        }
        (self.moves, self.over).cmp(&(other.moves, other.over))
    }
}

fn item_may(ground: &Ground, item: &Item, to: u32) -> bool {
    to == NOBODY || ground.allows(item.class, to)
}

/// One search, which changes a table.
#[derive(Debug)]
pub(super) struct Search<'a> {
    start: &'a Start,
    table: &'a mut Table,
    /// Trials that may still be made.
    trials: usize,
}

impl<'a> Search<'a> {
    pub(super) fn new(start: &'a Start, table: &'a mut Table) -> Self {
        Self { start, table, trials: TRIALS_MAX }
    }

    pub(super) fn run(mut self) {
        self.mend();
        self.spare_moves();
    }

    /// Rounds of swaps until no short rental can be helped.
    pub(super) fn mend(&mut self) {
        let ground = self.table.ground.clone();
        while self.trials > 0 {
            let short = ground.by_priority.iter().copied().filter(|rental| self.table.missing(*rental) > 0);
            let short: Vec<u32> = short.collect();
            if short.is_empty() {
                return;
            }
            let mut items = self.items();
            let mut is_better = false;
            for rental in short {
                while let Some(steps) = self.help(rental, &items) {
                    self.take(&steps);
                    items = self.items();
                    is_better = true;
                }
            }
            if !is_better {
                return;
            }
        }
    }

    fn items(&self) -> Vec<Item> {
        let mut seen = BTreeMap::new();
        for (at, rig) in self.table.ground.rigs.iter().enumerate() {
            if self.table.is_movable(at as u32) && !self.table.parts.contains_key(&(at as u32)) {
                let holder = self.table.holder[at];
                let item = Item { rig: at as u32, class: rig.class, rate: rig.rate, holder };
                seen.entry((holder, rig.class, rig.rate, self.start.holder[at])).or_insert(item);
            }
        }
        seen.into_values().collect()
    }

    fn take(&mut self, steps: &[Step]) {
        for (rig, to) in steps {
            self.table.place(*rig, *to);
        }
    }

    /// The best ring of up to three rigs that gets a rental more.
    fn help(&mut self, rental: u32, items: &[Item]) -> Option<Vec<Step>> {
        let ground = self.table.ground.clone();
        let (mine, others): (Vec<&Item>, Vec<&Item>) = items.iter().partition(|item| item.holder == rental);
        let useful: Vec<&Item> =
            others.iter().copied().filter(|item| item_may(&ground, item, rental)).collect();
        let mut best: Option<(Effect, Vec<Step>)> = None;
        for gain in &useful {
            self.offer(&mut best, &[(gain.rig, rental)]);
            for loss in mine.iter().filter(|loss| loss.rate < gain.rate) {
                self.offer(&mut best, &[(gain.rig, rental), (loss.rig, NOBODY)]);
                if gain.holder != NOBODY && item_may(&ground, loss, gain.holder) {
                    self.offer(&mut best, &[(gain.rig, rental), (loss.rig, gain.holder)]);
                }
            }
        }
        if best.is_some() || items.len() > ITEMS_MAX {
            return best.map(|(_, steps)| steps);
        }
        for gain in &useful {
            for third in &others {
                if third.rig == gain.rig {
                    continue;
                }
                if third.holder != gain.holder && item_may(&ground, third, gain.holder) {
                    let ring = [(gain.rig, rental), (third.rig, gain.holder)];
                    self.offer(&mut best, &ring);
                    for loss in mine.iter().filter(|loss| item_may(&ground, loss, third.holder)) {
                        self.offer(&mut best, &[ring[0], ring[1], (loss.rig, third.holder)]);
                    }
                }
                if third.rig > gain.rig && item_may(&ground, third, rental) {
                    for loss in mine.iter().filter(|loss| loss.rate < gain.rate + third.rate) {
                        for to in [gain.holder, third.holder] {
                            if item_may(&ground, loss, to) {
                                let steps = [(gain.rig, rental), (third.rig, rental), (loss.rig, to)];
                                self.offer(&mut best, &steps);
                            }
                        }
                    }
                }
            }
            for (at, loss) in mine.iter().enumerate() {
                for other in mine.iter().skip(at + 1).filter(|other| other.rate + loss.rate < gain.rate) {
                    if item_may(&ground, loss, gain.holder) && item_may(&ground, other, gain.holder) {
                        let steps = [(gain.rig, rental), (loss.rig, gain.holder), (other.rig, gain.holder)];
                        self.offer(&mut best, &steps);
                    }
                }
            }
        }
        best.map(|(_, steps)| steps)
    }

    fn offer(&mut self, best: &mut Option<(Effect, Vec<Step>)>, steps: &[Step]) {
        let Some(effect) = self.effect(steps) else { return };
        if effect.shorts() == Ordering::Less
            && best.as_ref().is_none_or(|(best, _)| effect.compared(best) == Ordering::Less)
        {
            *best = Some((effect, steps.to_vec()));
        }
    }

    /// What steps would do; `None` if they are not allowed or the budget is used up.
    fn effect(&mut self, steps: &[Step]) -> Option<Effect> {
        self.trials = self.trials.checked_sub(1)?;
        let ground = &self.table.ground;
        let mut sides = [(NOBODY, 0i64); SIDES_MAX];
        let mut count = 0;
        let mut add = |rental: u32, rate: i64| {
            if rental == NOBODY {
                return;
            }
            match sides[..count].iter_mut().find(|side| side.0 == rental) {
                Some(side) => side.1 += rate,
                None => {
                    sides[count] = (rental, rate);
                    count += 1;
                }
            }
        };
        let mut moves = 0;
        for (rig, to) in steps {
            let rate = ground.rigs[*rig as usize].rate as i64;
            let (from, first) = (self.table.holder[*rig as usize], self.start.holder[*rig as usize]);
            add(from, -rate);
            add(*to, rate);
            moves += i64::from(*to != first) - i64::from(from != first);
        }
        let mut shorts = [(u32::MAX, 0i64); SIDES_MAX];
        let (mut over, mut harmed, mut helped, mut levels) = (0, u32::MAX, u32::MAX, 0);
        for (rental, delta) in &sides[..count] {
            let at = *rental as usize;
            let well = self.table.well[at];
            let then = well.saturating_add_signed(*delta);
            if *delta > 0 && then > self.table.ceiling(*rental) {
                return None;
            }
            let wanted = self.table.wanted(*rental);
            let (short, short_then) = (wanted.saturating_sub(well), wanted.saturating_sub(then));
            over += then.saturating_sub(wanted) as i64 - well.saturating_sub(wanted) as i64;
            let level = ground.level_of[at];
            if short_then > short.max(self.start.missing[at]) {
                harmed = harmed.min(level);
            } else if short_then < short {
                helped = helped.min(level);
            }
            let change = short_then as i64 - short as i64;
            match shorts[..levels].iter_mut().find(|side| side.0 == level) {
                Some(side) => side.1 += change,
                None => {
                    shorts[levels] = (level, change);
                    levels += 1;
                }
            }
        }
        if harmed != u32::MAX && harmed <= helped {
            return None;
        }
        for side in &mut shorts[..levels] {
            if side.1 == 0 {
                side.0 = u32::MAX;
            }
        }
        shorts[..levels].sort_unstable();
        Some(Effect { shorts, moves, over })
    }

    /// Undoes what is not needed: rigs go back to where they were, alone or in rings of up to three.
    fn spare_moves(&mut self) {
        let ground = self.table.ground.clone();
        let mut is_better = true;
        while is_better && self.trials > 0 {
            is_better = false;
            let items = self.items();
            let moved = |search: &Self, item: &Item| item.holder != search.start.holder[item.rig as usize];
            let all: Vec<Item> = items.iter().copied().filter(|item| moved(self, item)).collect();
            if all.len() > ITEMS_MAX {
                return;
            }
            'next: for item in &all {
                let home = self.start.holder[item.rig as usize];
                if self.undo(&[(item.rig, home)]) {
                    is_better = true;
                    break;
                }
                for other in &all {
                    if other.rig == item.rig {
                        continue;
                    }
                    let back = self.start.holder[other.rig as usize];
                    let mut fits = [item.holder, back].into_iter().filter(|to| item_may(&ground, other, *to));
                    if fits.any(|to| self.undo(&[(item.rig, home), (other.rig, to)])) {
                        is_better = true;
                        break 'next;
                    }
                }
                // One rig may do what two were moved for; a rig may go where two moved rigs cross.
                for other in all.iter().filter(|other| other.rig != item.rig) {
                    let back = self.start.holder[other.rig as usize];
                    for third in items.iter().filter(|third| third.rig != item.rig && third.rig != other.rig)
                    {
                        for to in [item.holder, other.holder] {
                            if to != third.holder
                                && item_may(&ground, third, to)
                                && self.undo(&[(item.rig, home), (other.rig, back), (third.rig, to)])
                            {
                                is_better = true;
                                break 'next;
                            }
                        }
                    }
                }
            }
        }
    }

    fn undo(&mut self, steps: &[Step]) -> bool {
        let is_open = |(rig, to): &Step| *to == NOBODY || self.table.ground.may(*rig, *to);
        if !steps.iter().all(is_open) {
            return false;
        }
        let Some(effect) = self.effect(steps) else { return false };
        let is_better = match effect.shorts() {
            Ordering::Less => true,
            Ordering::Equal => effect.moves < 0,
            Ordering::Greater => false,
        };
        if is_better {
            self.take(steps);
        }
        is_better
    }
}
