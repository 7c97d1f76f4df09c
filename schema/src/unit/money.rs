//! Money and prices: exact decimals, and a currency that is never guessed.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::Arc;

use rust_decimal::Decimal;

use super::{number, split};
use crate::text::{Text, TextError, text_value};

/// A currency or a coin: USD, BTC.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency(Arc<str>);

impl Currency {
    /// The currency's letters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Currency {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Default for Currency {
    fn default() -> Currency {
        Currency("USD".into())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Currency {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        let letters = text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        if !(2..=10).contains(&text.len()) || !letters || !text.as_bytes()[0].is_ascii_uppercase() {
            return Err(TextError::of::<Currency>("it is not written like one"));
        }
        Ok(Currency(text.into()))
    }
}

impl Text for Currency {
    const FORMAT: &'static str = "farm-currency";
    const WHAT: &'static str = "a currency";
    const EXPECTED: &'static str = "its capital letters, such as `USD` or `BTC`";
    const PATTERN: &'static str = "^[A-Z][A-Z0-9]{1,9}$";
    const EXAMPLES: &'static [&'static str] = &["USD", "BTC"];
}

text_value!(Currency);

/// An amount of money.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Money {
    /// How much.
    pub amount: Decimal,
    /// Of what.
    pub currency: Currency,
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Money {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        let (digits, currency) = split(text);
        let amount = number(digits, false).map_err(TextError::of::<Money>)?;
        let currency = currency.parse().map_err(|_| TextError::of::<Money>("the currency is missing"))?;
        Ok(Money { amount, currency })
    }
}

impl Text for Money {
    const FORMAT: &'static str = "farm-money";
    const WHAT: &'static str = "an amount of money";
    const EXPECTED: &'static str = "a number and its currency, such as `0.005 BTC`";
    const PATTERN: &'static str = r"^[0-9]+(\.[0-9]+)? ?[A-Z][A-Z0-9]{1,9}$";
    const EXAMPLES: &'static [&'static str] = &["0.005 BTC", "250 USD"];
}

text_value!(Money);

macro_rules! price {
    ($(#[$meta:meta])* $name:ident, $base:literal { $($unit:literal = $factor:literal),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone)]
        pub struct $name {
            /// How much for one unit, as written.
            pub amount: Decimal,
            /// Of what.
            pub currency: Currency,
            unit: u8,
        }

        impl $name {
            const UNITS: &'static [(&'static str, u64)] = &[$(($unit, $factor)),*];

            #[doc = concat!("The exact price for one ", $base, ".")]
            pub fn per_base(&self) -> Decimal {
                (self.amount / Decimal::from(Self::UNITS[usize::from(self.unit)].1)).normalize()
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &$name) -> bool {
                self.currency == other.currency && self.per_base() == other.per_base()
            }
        }

        impl Eq for $name {}

        impl Hash for $name {
            fn hash<H: Hasher>(&self, state: &mut H) {
                (&self.currency, self.per_base()).hash(state);
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{} {}{}", self.amount, self.currency, Self::UNITS[usize::from(self.unit)].0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = TextError;
            fn from_str(text: &str) -> Result<Self, TextError> {
                let (digits, rest) = split(text);
                // A market may pay to be rid of energy: a price can be negative.
                let amount = number(digits, true).map_err(TextError::of::<$name>)?;
                let Some(slash) = rest.find('/') else {
                    return Err(TextError::of::<$name>("what it is for is missing"));
                };
                let currency = rest[..slash].parse().map_err(|_| TextError::of::<$name>("the currency is missing"))?;
                let Some(unit) = Self::UNITS.iter().position(|(name, _)| *name == &rest[slash..]) else {
                    return Err(TextError::of::<$name>("what it is for is not one of its units"));
                };
                Ok($name { amount, currency, unit: unit as u8 })
            }
        }

        text_value!($name);
    };
}

price! {
    /// A price of energy.
    EnergyPrice, "kWh" { "/kWh" = 1, "/MWh" = 1_000 }
}

impl Text for EnergyPrice {
    const FORMAT: &'static str = "farm-energy-price";
    const WHAT: &'static str = "a price of energy";
    const EXPECTED: &'static str = "a number, its currency, and /kWh or /MWh, such as `0.045 USD/kWh`";
    const PATTERN: &'static str = r"^-?[0-9]+(\.[0-9]+)? ?[A-Z][A-Z0-9]{1,9}/[kM]Wh$";
    const EXAMPLES: &'static [&'static str] = &["0.045 USD/kWh", "52 EUR/MWh"];
}

price! {
    /// A price of hashrate held for a time.
    HashPrice, "H/s held for a day" {
        "/MH/day" = 1_000_000,
        "/GH/day" = 1_000_000_000,
        "/TH/day" = 1_000_000_000_000,
        "/PH/day" = 1_000_000_000_000_000,
        "/EH/day" = 1_000_000_000_000_000_000,
    }
}

impl Text for HashPrice {
    const FORMAT: &'static str = "farm-hash-price";
    const WHAT: &'static str = "a price of hashrate";
    const EXPECTED: &'static str =
        "a number, its currency, and /TH/day (also MH, GH, PH, EH), such as `0.055 USD/TH/day`";
    const PATTERN: &'static str = r"^-?[0-9]+(\.[0-9]+)? ?[A-Z][A-Z0-9]{1,9}/[MGTPE]H/day$";
    const EXAMPLES: &'static [&'static str] = &["0.055 USD/TH/day"];
}
