//! Ranges: `a-001..048` is 48 texts, `10.10.1.1..24` is 24. Ranges in one entry run in step.
//! Expanding is arithmetic on the stored text; nothing is kept per element.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::address::Host;
use crate::name::RigName;
use crate::text::{Text, TextError, text_value};

/// Most elements one range may have.
pub const RANGE_LEN_MAX: u32 = 1_000_000;

/// A text, or a run of texts that differ in a number at the end.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Series {
    text: Arc<str>,
    /// Length of what is before the number; the whole text when this is no range.
    prefix_len: u32,
    /// Digits of every number, zeros in front; 0 when they are written without.
    width: u32,
    first: u32,
    last: u32,
}

impl Series {
    fn new(text: &str) -> Result<Series, &'static str> {
        let Some((start, end)) = text.rsplit_once("..") else {
            return Ok(Series {
                text: text.into(),
                prefix_len: text.len() as u32,
                width: 0,
                first: 0,
                last: 0,
            });
        };
        let digits = start.bytes().rev().take_while(u8::is_ascii_digit).count();
        let (prefix, from) = start.split_at(start.len() - digits);
        if from.is_empty() || end.is_empty() || !end.bytes().all(|b| b.is_ascii_digit()) {
            return Err("a range needs a number on both sides of `..`");
        }
        let padded = from.starts_with('0') && from.len() > 1 || end.starts_with('0') && end.len() > 1;
        if from.len() > end.len() || padded && from.len() != end.len() {
            return Err("both ends of a range are written with the same number of digits");
        }
        if prefix.contains("..") {
            return Err("one range to a text");
        }
        let number =
            |digits: &str| digits.parse::<u32>().map_err(|_| "the numbers of the range are too large");
        let (first, last) = (number(from)?, number(end)?);
        if last < first {
            return Err("the range runs backwards");
        }
        if last - first >= RANGE_LEN_MAX {
            return Err("the range has more than a million elements");
        }
        let width = if padded { from.len() as u32 } else { 0 };
        Ok(Series { text: text.into(), prefix_len: prefix.len() as u32, width, first, last })
    }

    fn is_range(&self) -> bool {
        self.prefix_len as usize != self.text.len()
    }

    fn len(&self) -> u32 {
        self.last - self.first + 1
    }

    fn write(&self, step: u32, into: &mut String) {
        use fmt::Write;
        into.push_str(&self.text[..self.prefix_len as usize]);
        if self.is_range() {
            let number = self.first + step.min(self.last - self.first);
            // Writing to a String cannot fail.
            let _ = write!(into, "{number:0width$}", width = self.width as usize);
        }
    }

    fn at(&self, step: u32) -> Arc<str> {
        if !self.is_range() {
            return self.text.clone();
        }
        let mut text = String::with_capacity(self.text.len());
        self.write(step, &mut text);
        text.into()
    }

    fn contains(&self, text: &str) -> bool {
        if !self.is_range() {
            return *self.text == *text;
        }
        let number = text.strip_prefix(&self.text[..self.prefix_len as usize]);
        let number = number.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()));
        let number = number.and_then(|digits| digits.parse::<u32>().ok());
        // The same number may be written with other zeros in front; that is another text.
        number.is_some_and(|n| (self.first..=self.last).contains(&n) && *self.at(n - self.first) == *text)
    }
}

macro_rules! series {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Series);

        impl $name {
            /// Is it written as a range?
            pub fn is_range(&self) -> bool {
                self.0.is_range()
            }

            /// How many texts it stands for: 1 when it is no range.
            #[allow(clippy::len_without_is_empty)]
            pub fn len(&self) -> u32 {
                self.0.len()
            }

            /// The text as it is written.
            pub fn as_str(&self) -> &str {
                &self.0.text
            }

            /// The text of one step, from 0; what is no range is the same in every step.
            pub fn text_at(&self, step: u32) -> Arc<str> {
                self.0.at(step)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0.text
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0.text)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0.text, f)
            }
        }

        text_value!($name);
    };
}

series! {
    /// One rig or a range of them: `b-proxy`, `a-001..024`.
    RigRange
}

impl RigRange {
    /// The rigs' names, in order.
    pub fn names(&self) -> impl Iterator<Item = RigName> + '_ {
        (0..self.len()).map(|step| self.name_at(step))
    }

    /// Is this rig one of them?
    pub fn contains(&self, name: &RigName) -> bool {
        self.0.contains(name.as_str())
    }

    /// The name of one step, from 0.
    pub fn name_at(&self, step: u32) -> RigName {
        self.0.at(step).parse().expect("both ends of a range of names were checked")
    }
}

impl FromStr for RigRange {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        let series = Series::new(text).map_err(TextError::of::<RigRange>)?;
        for end in [0, series.len() - 1] {
            let name: Result<RigName, _> = series.at(end).parse();
            name.map_err(|error| TextError::of::<RigRange>(error.reason))?;
        }
        Ok(RigRange(series))
    }
}

impl Text for RigRange {
    const FORMAT: &'static str = "farm-rig-range";
    const WHAT: &'static str = "a rig or a range of rigs";
    const EXPECTED: &'static str =
        "a name of letters, digits, `-` and `_`, or a range of them such as `a-001..048`";
    const PATTERN: &'static str = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}(\.\.[0-9]{1,10})?$";
    const EXAMPLES: &'static [&'static str] = &["b-proxy", "a-001..048"];
}

series! {
    /// One address or a range of them: `10.10.1.49`, `10.10.1.1..24`, `miner-7.hall-a.example`.
    AddressRange
}

impl FromStr for AddressRange {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        let series = Series::new(text).map_err(TextError::of::<AddressRange>)?;
        for end in [0, series.len() - 1] {
            let host: Result<Host, _> = series.at(end).parse();
            host.map_err(|error| TextError::of::<AddressRange>(error.reason))?;
        }
        Ok(AddressRange(series))
    }
}

impl Text for AddressRange {
    const FORMAT: &'static str = "farm-address-range";
    const WHAT: &'static str = "an address or a range of addresses";
    const EXPECTED: &'static str = "an IP address, a host name, or a range such as `10.10.1.1..24`";
    const PATTERN: &'static str = r"^[A-Za-z0-9:_][A-Za-z0-9.:_-]*(\.\.[0-9]{1,10})?$";
    const EXAMPLES: &'static [&'static str] = &["10.10.1.49", "10.10.1.1..24"];
}

series! {
    /// What a miner says of itself, or a range of that: `legacy.11..12`.
    WorkerRange
}

impl FromStr for WorkerRange {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        if text.is_empty() || text.len() > 128 || !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(TextError::of::<WorkerRange>("it is empty, too long, or has spaces"));
        }
        Series::new(text).map(WorkerRange).map_err(TextError::of::<WorkerRange>)
    }
}

impl Text for WorkerRange {
    const FORMAT: &'static str = "farm-worker-range";
    const WHAT: &'static str = "a worker or a range of workers";
    const EXPECTED: &'static str = "what the miner sends, or a range such as `legacy.11..12`";
    const PATTERN: &'static str = r"^[!-~]{1,128}$";
    const EXAMPLES: &'static [&'static str] = &["legacy.7", "legacy.11..12"];
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_range_is_all_its_numbers_in_order(prefix in "[a-z][a-z-]{0,5}", first in 0u32..5000, more in 0u32..300, padded: bool) {
            let last = first + more;
            let width = if padded { 6 } else { 0 };
            let text = format!("{prefix}{first:0width$}..{last:0width$}");
            let range: RigRange = text.parse().unwrap();
            let names: Vec<String> = range.names().map(|name| name.to_string()).collect();
            let expected: Vec<String> = (first..=last).map(|n| format!("{prefix}{n:0width$}")).collect();
            prop_assert_eq!(&names, &expected);
            prop_assert!(range.names().all(|name| range.contains(&name)));
            let others = [format!("{prefix}{:0width$}", last + 1), format!("{prefix}00{first}"), format!("x{first}"), prefix];
            for other in others.iter().filter(|other| !expected.contains(other)).filter_map(|other| other.parse().ok()) {
                prop_assert!(!range.contains(&other), "{} {}", text, other);
            }
            prop_assert_eq!(range.to_string(), text);
        }

        #[test]
        fn no_text_makes_a_range_panic(text in "[a-z0-9.-]{0,20}|\\PC{0,20}") {
            if let Ok(range) = text.parse::<RigRange>() {
                prop_assert!(range.len() >= 1);
                range.name_at(range.len() - 1);
            }
            let _ = text.parse::<AddressRange>();
            let _ = text.parse::<WorkerRange>();
        }
    }

    #[test]
    fn zeros_in_front_are_kept_and_lengths_must_agree() {
        let at = |text: &str, step| text.parse::<RigRange>().expect(text).name_at(step).to_string();
        assert_eq!(at("a-001..024", 23), "a-024");
        assert_eq!(at("a-9..11", 1), "a-10");
        assert_eq!(at("a-0..9", 9), "a-9");
        let address: AddressRange = "10.10.1.1..24".parse().unwrap();
        assert_eq!(
            (&*address.text_at(0), &*address.text_at(23), address.len()),
            ("10.10.1.1", "10.10.1.24", 24)
        );
        let worker: WorkerRange = "legacy.11..12".parse().unwrap();
        assert_eq!((&*worker.text_at(1), worker.len()), ("legacy.12", 2));
        for bad in [
            "a-001..24",
            "a-24..001",
            "a-5..4",
            "a-..4",
            "a-1..",
            "a-1..b",
            "a..b",
            "1..2..3",
            "a-0..1000000",
            "a-1..99999999999",
        ] {
            assert!(bad.parse::<RigRange>().is_err(), "{bad}");
        }
        assert!("10.10.1.1..300".parse::<AddressRange>().is_err(), "beyond an address");
    }
}
