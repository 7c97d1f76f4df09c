//! Quantities with their unit: "110 TH/s" in, "110 TH/s" out. Exact decimals throughout; a quantity
//! keeps the unit it was written with, and two of them are equal when they mean the same amount.

mod money;
mod quantity;
mod span;

pub use money::{Currency, EnergyPrice, HashPrice, Money};
pub use quantity::{Hashrate, Odds, Percent, Power, Temperature};
pub use span::Span;

use rust_decimal::Decimal;

/// Most significant digits a number in the file may have: every product with a unit stays exact.
const DIGITS_MAX: usize = 18;

/// A plain decimal number: digits, at most one dot, no exponent, no grouping.
fn number(text: &str, signed: bool) -> Result<Decimal, &'static str> {
    let digits = match text.strip_prefix('-') {
        Some(_) if !signed => return Err("it is less than zero"),
        Some(rest) => rest,
        None => text,
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !all_digits(whole) || !all_digits(fraction) {
        return Err(if digits.contains([',', '_']) {
            "numbers are written without grouping and with a dot"
        } else {
            "the number is not one"
        });
    }
    if whole.len() > 1 && whole.starts_with('0') {
        return Err("the number has a leading zero");
    }
    if whole.len() + fraction.len() > DIGITS_MAX {
        return Err("the number has more than 18 digits");
    }
    text.parse().map_err(|_| "the number is not one")
}

/// Splits "110 TH/s" into its number and its unit. One space is usual, none is understood.
fn split(text: &str) -> (&str, &str) {
    let end = text
        .bytes()
        .position(|b| !(b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'_' | b',')))
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    (number, unit.strip_prefix(' ').unwrap_or(unit))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::{Text, formats};

    fn round_trip<T: Text + PartialEq + std::fmt::Debug>(text: &str) {
        let value: T = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
        let again: T = value.to_string().parse().unwrap_or_else(|error| panic!("{value}: {error}"));
        assert_eq!(value, again);
        assert_eq!(value.to_string(), again.to_string());
    }

    proptest! {
        #[test]
        fn a_written_quantity_comes_out_as_it_went_in(
            whole in 0u64..1_000_000_000,
            fraction in 0u32..1000,
            unit in prop::sample::select(vec!["H/s", "kH/s", "MH/s", "GH/s", "TH/s", "PH/s"]),
        ) {
            let text = format!("{whole}.{fraction:03} {unit}");
            let value: Hashrate = text.parse().unwrap();
            prop_assert_eq!(value.to_string(), text);
            let base: Hashrate = Hashrate::from_decimal(value.decimal());
            prop_assert_eq!(base, value);
            prop_assert_eq!(base.to_string().parse::<Hashrate>().unwrap(), value);
        }

        #[test]
        fn a_span_comes_back_from_its_own_text(micros in 0i64..=Span::MAX.as_micros()) {
            let span = Span::from_micros(micros);
            prop_assert_eq!(span.to_string().parse::<Span>().unwrap(), span);
        }

        #[test]
        fn no_text_makes_a_parser_panic_and_no_accepted_text_fails_its_pattern(text in "\\PC{0,24}|[0-9.:/ a-zA-Z%°-]{0,16}") {
            for format in formats() {
                if (format.check)(&text).is_ok() {
                    let schema = serde_json::json!({"pattern": format.pattern});
                    let valid = jsonschema::is_valid(&schema, &serde_json::json!(text));
                    prop_assert!(valid, "{} accepts {text:?} and its pattern does not", format.name);
                }
            }
        }
    }

    /// All texts of one and of two printable characters: the edges of a pattern are met by chance too rarely.
    #[test]
    fn no_short_text_is_accepted_that_fails_its_pattern() {
        let one: Vec<char> = (' '..='~').collect();
        let two = one.iter().flat_map(|a| one.iter().map(move |b| [*a, *b]));
        let texts: Vec<String> =
            one.iter().map(char::to_string).chain(two.map(|pair| pair.iter().collect())).collect();
        for format in formats() {
            let schema = serde_json::json!({"pattern": format.pattern});
            let pattern = jsonschema::validator_for(&schema).expect("a pattern");
            for text in texts.iter().filter(|text| (format.check)(text).is_ok()) {
                let valid = pattern.is_valid(&serde_json::json!(text));
                assert!(valid, "{} accepts {text:?} and its pattern does not", format.name);
            }
        }
    }

    #[test]
    fn each_unit_of_each_quantity_round_trips() {
        for text in ["110 TH/s", "9.5 GH/s", "2 PH/s", "0 H/s", "1.50 EH/s", "7 kH/s"] {
            round_trip::<Hashrate>(text);
        }
        for text in ["3010 W", "100 kW", "1.2 MW", "1 GW"] {
            round_trip::<Power>(text);
        }
        for text in ["35 °C", "-10.5 °C", "95 °F"] {
            round_trip::<Temperature>(text);
        }
        for text in ["95%", "99.99%", "0%", "100%"] {
            round_trip::<Percent>(text);
        }
        for text in ["0.005 BTC", "12 USD", "0.10 EUR"] {
            round_trip::<Money>(text);
        }
        for text in ["0.045 USD/kWh", "-3.2 EUR/MWh"] {
            round_trip::<EnergyPrice>(text);
        }
        for text in ["0.055 USD/TH/day", "55 USD/PH/day", "0.0000005 BTC/TH/day"] {
            round_trip::<HashPrice>(text);
        }
        round_trip::<Odds>("1 per 10000 rig-days");
    }

    #[test]
    fn an_error_names_the_unit_that_was_expected() {
        let error = "110 TH".parse::<Hashrate>().unwrap_err();
        assert!(error.expected.contains("`110 TH/s`"), "{error}");
        assert!("110".parse::<Hashrate>().unwrap_err().reason.contains("unit is missing"));
        assert!("1,000 W".parse::<Power>().unwrap_err().reason.contains("grouping"));
        assert!("-1 W".parse::<Power>().unwrap_err().reason.contains("less than zero"));
        assert!("101%".parse::<Percent>().is_err());
        assert!("35".parse::<Temperature>().unwrap_err().expected.contains("°C"));
    }

    #[test]
    fn the_same_amount_in_two_units_is_equal() {
        assert_eq!("1000 TH/s".parse::<Hashrate>(), "1 PH/s".parse());
        assert_eq!("1000 W".parse::<Power>(), "1.0 kW".parse());
        assert_eq!("60m".parse::<Span>(), "1h".parse());
        assert_eq!("212 °F".parse::<Temperature>(), "100 °C".parse());
        assert_eq!("55 USD/PH/day".parse::<HashPrice>(), "0.055 USD/TH/day".parse());
        assert_eq!("50 USD/MWh".parse::<EnergyPrice>(), "0.05 USD/kWh".parse());
        assert_ne!("50 EUR/MWh".parse::<EnergyPrice>(), "0.05 USD/kWh".parse());
    }
}
