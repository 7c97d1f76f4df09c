//! Which share numbers were counted, as ranges: each counts once, and gaps are what is missing.

use std::collections::BTreeMap;

/// A set of numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Numbers {
    /// Start to end, not included; ranges neither touch nor overlap.
    ranges: BTreeMap<u64, u64>,
    /// None from here on belongs to it.
    until: Option<u64>,
}

impl Numbers {
    /// All below the mark are counted.
    pub fn below(mark: u64) -> Self {
        let ranges = if mark > 0 { BTreeMap::from([(0, mark)]) } else { BTreeMap::new() };
        Self { ranges, until: None }
    }

    /// Takes no number from `until` on.
    pub fn up_to(self, until: u64) -> Self {
        Self { until: Some(until), ..self }
    }

    /// Adds a number. False if it was there, does not belong here, or is too large to have one behind it.
    pub fn insert(&mut self, number: u64) -> bool {
        if self.until.is_some_and(|until| number >= until) {
            return false;
        }
        let Some(end) = number.checked_add(1) else { return false };
        let before = self.ranges.range_mut(..=number).next_back();
        let mut start = number;
        if let Some((first, until)) = before {
            if *until > number {
                return false;
            }
            if *until == number {
                *until = end;
                start = *first;
            }
        }
        let behind = self.ranges.remove(&end);
        if start == number || behind.is_some() {
            self.ranges.insert(start, behind.unwrap_or(end));
        }
        true
    }

    /// Numbers from 0 to `end` that are not there.
    pub fn missing(&self, end: u64) -> u64 {
        let there = self.ranges.range(..end).map(|(start, until)| (*until).min(end) - start).sum::<u64>();
        end - there
    }

    /// The first number that is not there.
    pub fn first_missing(&self) -> u64 {
        self.ranges.first_key_value().filter(|(start, _)| **start == 0).map_or(0, |(_, until)| *until)
    }

    /// What is wrong with it, if anything is.
    pub fn check(&self) -> Result<(), String> {
        let mut last = None;
        for (start, until) in &self.ranges {
            if start >= until || last.is_some_and(|last| last >= *start) {
                return Err(format!("{start}..{until} behind {last:?}"));
            }
            last = Some(*until);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn it_is_a_set(mark in 0u64..20, numbers in proptest::collection::vec(0u64..60, 0..80), end in 0u64..70) {
            let mut ours = Numbers::below(mark);
            let mut plain: BTreeSet<u64> = (0..mark).collect();
            for number in numbers {
                prop_assert_eq!(ours.insert(number), plain.insert(number));
                prop_assert_eq!(ours.check(), Ok(()));
            }
            prop_assert_eq!(ours.missing(end), (0..end).filter(|n| !plain.contains(n)).count() as u64);
            prop_assert_eq!(ours.first_missing(), (0..).find(|n| !plain.contains(n)).unwrap());
        }
    }

    #[test]
    fn what_comes_later_is_not_taken() {
        let mut numbers = Numbers::below(3).up_to(5);
        assert!(numbers.insert(4) && !numbers.insert(5) && !numbers.insert(9));
        assert_eq!(numbers.missing(5), 1);
    }

    #[test]
    fn the_largest_number_has_none_behind_it() {
        let mut numbers = Numbers::default();
        assert!(!numbers.insert(u64::MAX));
        assert!(numbers.insert(u64::MAX - 1));
        assert_eq!(numbers.missing(u64::MAX), u64::MAX - 1);
    }
}
