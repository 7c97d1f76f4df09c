//! Durations.

use std::fmt;
use std::str::FromStr;

use crate::text::{Text, TextError, text_value};

const SECOND: i64 = 1_000_000;
const DAY: i64 = 24 * 3600 * SECOND;

/// From the largest unit down, in microseconds.
const UNITS: [(&str, i64); 6] =
    [("d", DAY), ("h", 3600 * SECOND), ("m", 60 * SECOND), ("s", SECOND), ("ms", 1_000), ("us", 1)];

/// A length of time, to the microsecond. A day is 24 hours.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span(i64);

impl Span {
    /// No time at all.
    pub const ZERO: Span = Span(0);
    /// A hundred years of 365 days.
    pub const MAX: Span = Span(36_500 * DAY);

    /// So many microseconds; kept within zero and [`Span::MAX`].
    pub fn from_micros(micros: i64) -> Span {
        Span(micros.clamp(0, Span::MAX.0))
    }

    /// So many seconds.
    pub const fn seconds(seconds: u32) -> Span {
        Span(seconds as i64 * SECOND)
    }

    /// So many minutes.
    pub const fn minutes(minutes: u32) -> Span {
        Span(minutes as i64 * 60 * SECOND)
    }

    /// So many hours.
    pub const fn hours(hours: u16) -> Span {
        Span(hours as i64 * 3600 * SECOND)
    }

    /// The length in microseconds.
    pub const fn as_micros(&self) -> i64 {
        self.0
    }

    /// The length in seconds.
    pub fn seconds_f64(&self) -> f64 {
        self.0 as f64 / SECOND as f64
    }

    /// Is it no time at all?
    pub const fn is_zero(&self) -> bool {
        self.0 == 0
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.pad("0s");
        }
        let mut text = String::new();
        let mut rest = self.0;
        for (unit, micros) in UNITS {
            if rest >= micros {
                text += &format!("{}{unit}", rest / micros);
                rest %= micros;
            }
        }
        f.pad(&text)
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Span {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        let error = |reason: &'static str| TextError::of::<Span>(reason);
        if text.is_empty() {
            return Err(error("it is empty"));
        }
        let (mut rest, mut sum, mut smaller_than) = (text, 0i64, i64::MAX);
        while !rest.is_empty() {
            let digits = rest.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(rest.len());
            if digits == 0 || digits > 15 {
                return Err(error("it is not a whole number and a unit"));
            }
            let (number, tail) = rest.split_at(digits);
            let letters = tail.bytes().position(|b| b.is_ascii_digit()).unwrap_or(tail.len());
            if !tail.is_char_boundary(letters) || letters == 0 {
                return Err(error("the unit is missing"));
            }
            let (unit, tail) = tail.split_at(letters);
            let Some((_, micros)) = UNITS.iter().find(|(name, _)| *name == unit) else {
                return Err(error("the unit is not one of its units"));
            };
            if *micros >= smaller_than {
                return Err(error("larger units come first, each once"));
            }
            smaller_than = *micros;
            let part = number.parse::<i64>().ok().and_then(|number| number.checked_mul(*micros));
            sum = part
                .and_then(|part| sum.checked_add(part))
                .filter(|sum| *sum <= Span::MAX.0)
                .ok_or_else(|| error("it is longer than a hundred years"))?;
            rest = tail;
        }
        Ok(Span(sum))
    }
}

impl Text for Span {
    const FORMAT: &'static str = "farm-duration";
    const WHAT: &'static str = "a duration";
    const EXPECTED: &'static str = "whole numbers with d, h, m, s, ms, us, such as `90s`, `5m30s` or `1d`";
    const PATTERN: &'static str = r"^([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?([0-9]+us)?$";
    const EXAMPLES: &'static [&'static str] = &["20s", "5m30s", "1d"];
}

text_value!(Span);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_and_said() {
        for (text, micros, said) in [
            ("0s", 0, "0s"),
            ("90s", 90 * SECOND, "1m30s"),
            ("5m30s", 330 * SECOND, "5m30s"),
            ("24h", DAY, "1d"),
            ("250ms", 250_000, "250ms"),
            ("1d12h", DAY + DAY / 2, "1d12h"),
        ] {
            let span: Span = text.parse().expect(text);
            assert_eq!((span.as_micros(), span.to_string().as_str()), (micros, said));
        }
        for bad in ["", "5", "m", "5 m", "5min", "30s5m", "1m1m", "-5s", "1.5h", "PT5M", "9999999d", "5µs"] {
            assert!(bad.parse::<Span>().is_err(), "{bad}");
        }
    }
}
