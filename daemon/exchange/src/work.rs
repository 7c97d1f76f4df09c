//! Work, counted in hashes: whole numbers, so that sums are the same in whatever order and portions they are added.
//!
//! 128 bits, because 64 are too few: a year of 1,000 EH/s is 3e28 hashes, and one share at the difficulty of the
//! network is 6e23. Fractions appear at the edges only, where a hashrate is shown.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub, SubAssign};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use stratum::work::{Algorithm, Difficulty};

/// An amount of work, hashes. Sums end at the largest number instead of beginning again at zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Work(pub u128);

/// A difference of amounts of work, hashes: what was credited, less what is not to count after all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Balance(pub i128);

impl Work {
    /// None.
    pub const NONE: Work = Work(0);

    /// What a share of this difficulty stands for on average, rounded once and for all: at least one hash.
    pub fn of_share(difficulty: Difficulty, algorithm: Algorithm) -> Self {
        Self::rounded(difficulty.hashes(algorithm)).max(Self(1))
    }

    /// The nearest whole number of hashes; none below zero and for what is not a number.
    pub fn rounded(hashes: f64) -> Self {
        // A conversion ends at the limits of the type.
        Self(hashes.round() as u128)
    }

    /// So many times this.
    pub fn times(self, count: u64) -> Self {
        Self(self.0.saturating_mul(count.into()))
    }

    /// For rates and tables: the nearest f64.
    pub fn hashes(self) -> f64 {
        self.0 as f64
    }

    /// The sum of the difficulties of the shares, as those know it who count in difficulty.
    pub fn difficulty(self, algorithm: Algorithm) -> f64 {
        self.hashes() / algorithm.hashes_per_difficulty()
    }
}

impl Balance {
    /// Even.
    pub const EVEN: Balance = Balance(0);

    /// The nearest whole number of hashes; even for what is not a number.
    pub fn rounded(hashes: f64) -> Self {
        Self(hashes.round() as i128)
    }

    /// For rates and tables: the nearest f64.
    pub fn hashes(self) -> f64 {
        self.0 as f64
    }

    /// The same at nominal scale, where simulated rigs do `scale` hashes for each nominal one. Exact where that is one.
    pub fn at_scale(self, scale: f64) -> Self {
        if scale == 1.0 { self } else { Self::rounded(self.hashes() / scale) }
    }
}

impl From<Work> for Balance {
    fn from(work: Work) -> Self {
        Self(i128::try_from(work.0).unwrap_or(i128::MAX))
    }
}

impl Add for Work {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Work {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Work {
    type Output = Balance;
    fn sub(self, other: Self) -> Balance {
        Balance::from(self) - Balance::from(other)
    }
}

impl Sum for Work {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::NONE, Add::add)
    }
}

impl Add for Balance {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Balance {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Balance {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl SubAssign for Balance {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Sum for Balance {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::EVEN, Add::add)
    }
}

/// In decimal digits, which the width, fill and sign of a format apply to; texts and files read it back exactly.
macro_rules! in_digits {
    ($type:ident, $number:ty) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $type {
            type Err = std::num::ParseIntError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                struct Digits;
                impl de::Visitor<'_> for Digits {
                    type Value = $type;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str(
                            "a whole number of hashes in a text, or a number as earlier releases wrote it",
                        )
                    }
                    fn visit_str<E: de::Error>(self, text: &str) -> Result<$type, E> {
                        text.parse().map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
                    }
                    fn visit_u64<E>(self, number: u64) -> Result<$type, E> {
                        Ok($type(number.into()))
                    }
                    fn visit_i64<E>(self, number: i64) -> Result<$type, E> {
                        Ok($type(<$number>::try_from(number).unwrap_or_default()))
                    }
                    fn visit_f64<E>(self, number: f64) -> Result<$type, E> {
                        Ok($type::rounded(number))
                    }
                }
                from.deserialize_any(Digits)
            }
        }
    };
}

in_digits!(Work, u128);
in_digits!(Balance, i128);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_share_is_rounded_once_to_whole_hashes() {
        for (difficulty, work) in [
            (1e-30, 1),
            (1e-9, 4),
            (1.0, 4_295_032_833),
            (65_536.0, 281_479_271_743_489),
            // Of the network in 2025; an f64 holds 53 bits of it.
            (1.5e14, 644_254_924_950_002_288_853_284),
        ] {
            let Work(found) = Work::of_share(Difficulty::new(difficulty).unwrap(), Algorithm::Unit);
            assert!(found.abs_diff(work) as f64 <= work as f64 * 1e-15, "{difficulty}: {found}");
        }
        assert_eq!(Work::of_share(Difficulty::new(1e300).unwrap(), Algorithm::Unit), Work(u128::MAX));
    }

    #[test]
    fn sums_end_at_the_limit_and_a_year_of_a_thousand_exahashes_is_far_from_it() {
        assert_eq!(Work(u128::MAX) + Work(1), Work(u128::MAX));
        assert_eq!(Work(u128::MAX).times(2), Work(u128::MAX));
        assert_eq!(Work(0) - Work(u128::MAX), Balance(-i128::MAX));
        assert_eq!(Balance(i128::MIN) - Balance(1), Balance(i128::MIN));
        assert_eq!((Work::rounded(-3.0), Work::rounded(f64::NAN)), (Work(0), Work(0)));
        let year = Work(1_000_000_000_000_000_000_000 * 86_400 * 366);
        assert!(year.times(1_000_000_000).0 < i128::MAX as u128);
    }

    #[test]
    fn what_earlier_releases_wrote_as_a_number_is_read() {
        use de::IntoDeserializer as _;
        use de::value::{Error, F64Deserializer, I64Deserializer, StrDeserializer, U64Deserializer};
        let float: F64Deserializer<Error> = 12.6.into_deserializer();
        assert_eq!(Balance::deserialize(float), Ok(Balance(13)));
        let natural: U64Deserializer<Error> = 7u64.into_deserializer();
        assert_eq!(Balance::deserialize(natural), Ok(Balance(7)));
        let whole: I64Deserializer<Error> = (-3i64).into_deserializer();
        assert_eq!((Balance::deserialize(whole), Work::deserialize(whole)), (Ok(Balance(-3)), Ok(Work(0))));
        let text: StrDeserializer<'_, Error> = "-5".into_deserializer();
        assert_eq!(Balance::deserialize(text), Ok(Balance(-5)));
        let text: StrDeserializer<'_, Error> = "much".into_deserializer();
        assert!(Work::deserialize(text).is_err());
        assert_eq!(format!("{:>6}|{}", Work(42), Balance(-1)), "    42|-1");
    }

    proptest! {
        #[test]
        fn sums_are_equal_in_any_order_and_any_portions(
            mut all in proptest::collection::vec(0u128..u128::MAX / 64, 0..60), cut in 0usize..60
        ) {
            let whole: Work = all.iter().copied().map(Work).sum();
            let (left, right) = all.split_at(cut.min(all.len()));
            let sum = |part: &[u128]| part.iter().copied().map(Work).sum::<Work>();
            prop_assert_eq!(sum(left) + sum(right), whole);
            all.sort_unstable();
            prop_assert_eq!(sum(&all), whole);
        }

        #[test]
        fn texts_are_read_back_exactly(work: u128, balance: i128) {
            prop_assert_eq!(Work(work).to_string().parse(), Ok(Work(work)));
            prop_assert_eq!(Balance(balance).to_string().parse(), Ok(Balance(balance)));
        }
    }
}
