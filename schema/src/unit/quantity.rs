//! Hashrate, power, temperature, percent and odds.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::iter::Sum;
use std::ops::{Add, Mul, Sub};
use std::str::FromStr;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::{number, split};
use crate::text::{Text, TextError, text_value};

/// Largest amount in base units: beyond any farm, and small enough that sums stay exact.
fn amount_max() -> Decimal {
    Decimal::from_i128_with_scale(1_000_000_000_000_000_000_000_000, 0)
}

macro_rules! quantity {
    ($(#[$meta:meta])* $name:ident { $($unit:literal = $factor:literal),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy)]
        pub struct $name {
            amount: Decimal,
            unit: u8,
        }

        impl $name {
            const UNITS: &'static [(&'static str, u64)] = &[$(($unit, $factor)),*];

            /// Nothing.
            pub const ZERO: $name = $name { amount: Decimal::ZERO, unit: 0 };

            /// The exact amount in the base unit.
            pub fn decimal(&self) -> Decimal {
                self.amount * Decimal::from(Self::UNITS[usize::from(self.unit)].1)
            }

            /// An amount in the base unit, shown with the unit that suits it. Negative is nothing.
            pub fn from_decimal(base: Decimal) -> $name {
                let base = base.clamp(Decimal::ZERO, amount_max()).normalize();
                let unit = Self::UNITS.iter().rposition(|(_, factor)| base >= Decimal::from(*factor)).unwrap_or(0);
                let exact = |unit: usize| {
                    let amount = (base / Decimal::from(Self::UNITS[unit].1)).normalize();
                    (amount * Decimal::from(Self::UNITS[unit].1) == base).then_some((amount, unit))
                };
                let (amount, unit) = (0..=unit).rev().find_map(exact).unwrap_or((base, 0));
                $name { amount, unit: unit as u8 }
            }

            /// Is it nothing?
            pub fn is_zero(&self) -> bool {
                self.amount.is_zero()
            }

            fn base_f64(&self) -> f64 {
                self.decimal().to_f64().unwrap_or(0.0)
            }
        }

        impl FromStr for $name {
            type Err = TextError;
            fn from_str(text: &str) -> Result<Self, TextError> {
                let (digits, unit) = split(text);
                let amount = number(digits, false).map_err(TextError::of::<$name>)?;
                if unit.is_empty() {
                    return Err(TextError::of::<$name>("the unit is missing"));
                }
                let Some(unit) = Self::UNITS.iter().position(|(name, _)| *name == unit) else {
                    return Err(TextError::of::<$name>("the unit is not one of its units"));
                };
                let fits = amount
                    .checked_mul(Decimal::from(Self::UNITS[unit].1))
                    .is_some_and(|base| base <= amount_max());
                if !fits {
                    return Err(TextError::of::<$name>("it is too large"));
                }
                Ok($name { amount, unit: unit as u8 })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&format!("{} {}", self.amount, Self::UNITS[usize::from(self.unit)].0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl Default for $name {
            fn default() -> $name {
                $name::ZERO
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &$name) -> bool {
                self.decimal() == other.decimal()
            }
        }

        impl Eq for $name {}

        impl Hash for $name {
            fn hash<H: Hasher>(&self, state: &mut H) {
                self.decimal().normalize().hash(state);
            }
        }

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &$name) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Ord for $name {
            fn cmp(&self, other: &$name) -> Ordering {
                self.decimal().cmp(&other.decimal())
            }
        }

        impl Add for $name {
            type Output = $name;
            fn add(self, other: $name) -> $name {
                $name::from_decimal(self.decimal().saturating_add(other.decimal()))
            }
        }

        /// Never below nothing.
        impl Sub for $name {
            type Output = $name;
            fn sub(self, other: $name) -> $name {
                $name::from_decimal(self.decimal().saturating_sub(other.decimal()))
            }
        }

        impl Mul<u32> for $name {
            type Output = $name;
            fn mul(self, times: u32) -> $name {
                $name::from_decimal(self.decimal().saturating_mul(Decimal::from(times)))
            }
        }

        impl Sum for $name {
            fn sum<I: Iterator<Item = $name>>(items: I) -> $name {
                let base = items.fold(Decimal::ZERO, |sum, item| sum.saturating_add(item.decimal()));
                $name::from_decimal(base)
            }
        }

        text_value!($name);
    };
}

quantity! {
    /// Hashes per second, exactly.
    Hashrate {
        "H/s" = 1,
        "kH/s" = 1_000,
        "MH/s" = 1_000_000,
        "GH/s" = 1_000_000_000,
        "TH/s" = 1_000_000_000_000,
        "PH/s" = 1_000_000_000_000_000,
        "EH/s" = 1_000_000_000_000_000_000,
    }
}

impl Hashrate {
    /// The rate in H/s, as near as a float comes.
    pub fn hashes_per_second(&self) -> f64 {
        self.base_f64()
    }

    /// A measured rate in H/s. What is not a number, or negative, is nothing.
    pub fn from_hashes_per_second(rate: f64) -> Hashrate {
        // Seven digits are more than any measurement has, and read well.
        Decimal::from_f64_retain(rate)
            .and_then(|rate| rate.round_sf(7))
            .map_or(Hashrate::ZERO, Hashrate::from_decimal)
    }
}

impl Text for Hashrate {
    const FORMAT: &'static str = "farm-hashrate";
    const WHAT: &'static str = "a hashrate";
    const EXPECTED: &'static str =
        "a number and one of H/s, kH/s, MH/s, GH/s, TH/s, PH/s, EH/s, such as `110 TH/s`";
    const PATTERN: &'static str = r"^[0-9]+(\.[0-9]+)? ?[kMGTPE]?H/s$";
    const EXAMPLES: &'static [&'static str] = &["110 TH/s", "2.5 PH/s"];
}

quantity! {
    /// Electrical power, exactly.
    Power { "W" = 1, "kW" = 1_000, "MW" = 1_000_000, "GW" = 1_000_000_000 }
}

impl Power {
    /// The power in watts, as near as a float comes.
    pub fn watts(&self) -> f64 {
        self.base_f64()
    }
}

impl Text for Power {
    const FORMAT: &'static str = "farm-power";
    const WHAT: &'static str = "a power";
    const EXPECTED: &'static str = "a number and one of W, kW, MW, GW, such as `3010 W`";
    const PATTERN: &'static str = r"^[0-9]+(\.[0-9]+)? ?[kMG]?W$";
    const EXAMPLES: &'static [&'static str] = &["3010 W", "400 kW"];
}

/// A temperature.
#[derive(Clone, Copy)]
pub struct Temperature {
    amount: Decimal,
    fahrenheit: bool,
}

impl Temperature {
    fn decimal(&self) -> Decimal {
        if self.fahrenheit { (self.amount - Decimal::from(32)) / Decimal::new(18, 1) } else { self.amount }
    }

    /// The temperature in degrees Celsius.
    pub fn celsius(&self) -> f64 {
        self.decimal().to_f64().unwrap_or(0.0)
    }
}

impl PartialEq for Temperature {
    fn eq(&self, other: &Temperature) -> bool {
        self.decimal() == other.decimal()
    }
}

impl PartialOrd for Temperature {
    fn partial_cmp(&self, other: &Temperature) -> Option<Ordering> {
        self.decimal().partial_cmp(&other.decimal())
    }
}

impl fmt::Display for Temperature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, if self.fahrenheit { "°F" } else { "°C" })
    }
}

impl fmt::Debug for Temperature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Temperature {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        let (digits, unit) = split(text);
        let amount = number(digits, true).map_err(TextError::of::<Temperature>)?;
        let fahrenheit = match unit {
            "°C" => false,
            "°F" => true,
            "" => return Err(TextError::of::<Temperature>("the unit is missing")),
            _ => return Err(TextError::of::<Temperature>("the unit is not one of its units")),
        };
        let value = Temperature { amount, fahrenheit };
        if value.decimal() < Decimal::from(-100) || value.decimal() > Decimal::from(200) {
            return Err(TextError::of::<Temperature>("no machine works at it"));
        }
        Ok(value)
    }
}

impl Text for Temperature {
    const FORMAT: &'static str = "farm-temperature";
    const WHAT: &'static str = "a temperature";
    const EXPECTED: &'static str = "a number and °C or °F, such as `35 °C`";
    const PATTERN: &'static str = r"^-?[0-9]+(\.[0-9]+)? ?°[CF]$";
    const EXAMPLES: &'static [&'static str] = &["35 °C", "-5.5 °C"];
}

text_value!(Temperature);

/// A part of a hundred, from 0% to 100%. Of what, the field says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent(Decimal);

impl Percent {
    /// So many whole percent.
    pub const fn whole(percent: u8) -> Percent {
        Percent(Decimal::from_parts(percent as u32, 0, 0, false, 0))
    }

    /// The same as a fraction of one.
    pub fn fraction(&self) -> f64 {
        (self.0 / Decimal::ONE_HUNDRED).to_f64().unwrap_or(0.0)
    }

    /// The same as a fraction of one, exactly.
    pub fn decimal(&self) -> Decimal {
        self.0 / Decimal::ONE_HUNDRED
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", self.0)
    }
}

impl fmt::Debug for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Percent {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        let (digits, unit) = split(text);
        let amount = number(digits, false).map_err(TextError::of::<Percent>)?;
        if unit != "%" {
            return Err(TextError::of::<Percent>("the `%` is missing"));
        }
        if amount > Decimal::ONE_HUNDRED {
            return Err(TextError::of::<Percent>("it is more than 100%"));
        }
        Ok(Percent(amount))
    }
}

impl Text for Percent {
    const FORMAT: &'static str = "farm-percent";
    const WHAT: &'static str = "a percentage";
    const EXPECTED: &'static str = "a number from 0 to 100 and `%`, such as `99.9%`";
    const PATTERN: &'static str = r"^[0-9]+(\.[0-9]+)? ?%$";
    const EXAMPLES: &'static [&'static str] = &["95%", "99.99%"];
}

text_value!(Percent);

/// How often a false alarm is accepted: so many in so many days of one rig.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Odds {
    count: u32,
    rig_days: u32,
}

impl Odds {
    /// One in so many days of one rig.
    pub const fn one_per(rig_days: u32) -> Odds {
        Odds { count: 1, rig_days }
    }

    /// Expected false alarms of one rig in one day.
    pub fn per_rig_day(&self) -> f64 {
        f64::from(self.count) / f64::from(self.rig_days)
    }
}

impl fmt::Display for Odds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} per {} rig-days", self.count, self.rig_days)
    }
}

impl fmt::Debug for Odds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Odds {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        let whole = |digits: &str| {
            let plain = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
            digits.parse::<u32>().ok().filter(|_| plain)
        };
        let parts = text.strip_suffix(" rig-days").and_then(|rest| rest.split_once(" per "));
        match parts.map(|(count, days)| (whole(count), whole(days))) {
            Some((Some(count), Some(rig_days))) => Ok(Odds { count, rig_days }),
            _ => Err(TextError::of::<Odds>("it is not written like one")),
        }
    }
}

impl Text for Odds {
    const FORMAT: &'static str = "farm-odds";
    const WHAT: &'static str = "odds";
    const EXPECTED: &'static str = "how many in how many days of one rig, such as `1 per 30 rig-days`";
    const PATTERN: &'static str = r"^[1-9][0-9]* per [1-9][0-9]* rig-days$";
    const EXAMPLES: &'static [&'static str] = &["1 per 30 rig-days"];
}

text_value!(Odds);
