//! Values that are text in the file and more than text in the program: a name, a quantity, a range.
//! One trait says what each is called, how it is written and what to write instead.
//! The file's JSON Schema, the messages and the serde impls all come from it.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// A value that is written as text by one rule.
pub trait Text: FromStr<Err = TextError> + fmt::Display {
    /// Name of the rule in the JSON Schema (`format`).
    const FORMAT: &'static str;
    /// What it is, with its article: "a hashrate".
    const WHAT: &'static str;
    /// How it is written, for a help line: "a number and one of ..., such as `110 TH/s`".
    const EXPECTED: &'static str;
    /// The same rule for editors, as loose as the parser or looser.
    const PATTERN: &'static str;
    /// Texts that pass.
    const EXAMPLES: &'static [&'static str];
}

/// Why a text is not the value it should be. Never repeats the text: it may be a secret gone astray.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextError {
    /// What the text should have been, with its article.
    pub what: &'static str,
    /// What is wrong with it.
    pub reason: Cow<'static, str>,
    /// How it should be written.
    pub expected: &'static str,
}

impl TextError {
    /// The error of a value of type `T`.
    pub fn of<T: Text>(reason: impl Into<Cow<'static, str>>) -> TextError {
        TextError { what: T::WHAT, reason: reason.into(), expected: T::EXPECTED }
    }
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not {}: {}; expected {}", self.what, self.reason, self.expected)
    }
}

impl std::error::Error for TextError {}

/// One rule of [`formats`].
#[derive(Clone, Copy)]
pub struct Format {
    /// Its name in the JSON Schema.
    pub name: &'static str,
    /// What a text of this rule is, with its article.
    pub what: &'static str,
    /// How it is written.
    pub expected: &'static str,
    /// The rule itself.
    pub check: fn(&str) -> Result<(), TextError>,
    /// The looser rule for editors.
    pub pattern: &'static str,
    /// Texts that pass.
    pub examples: &'static [&'static str],
}

impl Format {
    const fn of<T: Text>() -> Format {
        Format {
            name: T::FORMAT,
            what: T::WHAT,
            expected: T::EXPECTED,
            check: |text| text.parse::<T>().map(drop),
            pattern: T::PATTERN,
            examples: T::EXAMPLES,
        }
    }
}

/// Every rule that the farm file uses. Names share one.
pub fn formats() -> &'static [Format] {
    use crate::{address, expression, moment, name, range, secret, unit, window};
    const FORMATS: &[Format] = &[
        Format::of::<name::PoolName>(),
        Format::of::<name::ScenarioName>(),
        Format::of::<name::TimeZoneName>(),
        Format::of::<name::RentalPath>(),
        Format::of::<unit::Hashrate>(),
        Format::of::<unit::Power>(),
        Format::of::<unit::Temperature>(),
        Format::of::<unit::Percent>(),
        Format::of::<unit::Span>(),
        Format::of::<unit::Currency>(),
        Format::of::<unit::Money>(),
        Format::of::<unit::EnergyPrice>(),
        Format::of::<unit::HashPrice>(),
        Format::of::<unit::Odds>(),
        Format::of::<range::RigRange>(),
        Format::of::<range::AddressRange>(),
        Format::of::<range::WorkerRange>(),
        Format::of::<window::Window>(),
        Format::of::<moment::Moment>(),
        Format::of::<address::PoolUrl>(),
        Format::of::<address::WebUrl>(),
        Format::of::<address::BindAddress>(),
        Format::of::<address::Network>(),
        Format::of::<address::HostPattern>(),
        Format::of::<address::Host>(),
        Format::of::<address::Email>(),
        Format::of::<address::Color>(),
        Format::of::<address::Fingerprint>(),
        Format::of::<secret::EnvName>(),
        Format::of::<secret::SopsKey>(),
        Format::of::<expression::Expression>(),
        Format::of::<expression::UserTemplate>(),
        Format::of::<expression::IncludePattern>(),
    ];
    FORMATS
}

/// Implements serde and the JSON Schema for a type that is [`Text`].
macro_rules! text_value {
    ($type:ident) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str($crate::text::TextVisitor(std::marker::PhantomData))
            }
        }

        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                $crate::text::json_schema::<$type>()
            }
        }
    };
}
pub(crate) use text_value;

/// Reads a text value through its own parser.
pub(crate) struct TextVisitor<T>(pub(crate) std::marker::PhantomData<T>);

impl<T: Text> serde::de::Visitor<'_> for TextVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", T::WHAT, T::EXPECTED)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

/// The JSON Schema of a text value.
pub(crate) fn json_schema<T: Text>() -> schemars::Schema {
    let what = T::WHAT.strip_prefix("a ").or_else(|| T::WHAT.strip_prefix("an ")).unwrap_or(T::WHAT);
    let mut first = what.chars();
    let title: String = first.next().map(|c| c.to_uppercase().chain(first).collect()).unwrap_or_default();
    schemars::json_schema!({
        "type": "string",
        "format": T::FORMAT,
        "pattern": T::PATTERN,
        "description": format!("{title}: {}.", T::EXPECTED),
        "examples": T::EXAMPLES,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_passes_its_own_rule_and_its_pattern() {
        for format in formats() {
            assert!(!format.examples.is_empty(), "{}", format.name);
            let schema = serde_json::json!({"pattern": format.pattern});
            let pattern = jsonschema::validator_for(&schema).expect("a valid pattern");
            for example in format.examples {
                assert_eq!((format.check)(example), Ok(()), "{}: {example}", format.name);
                assert!(pattern.is_valid(&serde_json::json!(example)), "{}: {example}", format.name);
            }
            assert!((format.check)("").is_err(), "{}: empty", format.name);
        }
    }

    #[test]
    fn no_two_rules_share_a_name() {
        let mut names: Vec<_> = formats().iter().map(|format| format.name).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
