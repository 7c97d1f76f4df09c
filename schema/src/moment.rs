//! Points in time as a person writes them: a bare date is midnight in the farm's time zone.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use crate::text::{Text, TextError, text_value};

/// A date, a date and a time in the farm's zone, or an instant with its offset.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Moment {
    /// Midnight at the start of this day.
    Day(Date),
    /// This time on the farm's clocks.
    Local(DateTime),
    /// This instant.
    Instant(jiff::Timestamp),
}

impl Moment {
    /// The instant it means in this zone. A time that the zone skips is the first one after the gap.
    pub fn timestamp(&self, zone: &TimeZone) -> jiff::Timestamp {
        let local = match self {
            Moment::Day(date) => date.to_datetime(jiff::civil::Time::midnight()),
            Moment::Local(time) => *time,
            Moment::Instant(instant) => return *instant,
        };
        // Every date that `FromStr` accepts is far from the ends of the calendar.
        zone.to_ambiguous_timestamp(local).compatible().unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }

    /// The same in microseconds since 1970.
    pub fn as_micros(&self, zone: &TimeZone) -> i64 {
        self.timestamp(zone).as_microsecond()
    }
}

impl FromStr for Moment {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        let error = |reason: &'static str| TextError::of::<Moment>(reason);
        let bytes = text.as_bytes();
        if !text.is_ascii()
            || bytes.len() < 10
            || bytes[4] != b'-'
            || bytes[7] != b'-'
            || text.contains(['[', ' ', 't', 'z'])
        {
            return Err(error("it is not written like one"));
        }
        let year_ok = |year: i16| (1970..=2999).contains(&year);
        let moment = if bytes.len() == 10 {
            Moment::Day(text.parse().map_err(|_| error("no calendar has this day"))?)
        } else if bytes.len() > 16 && (text.ends_with('Z') || text[16.min(text.len())..].contains(['+', '-']))
        {
            Moment::Instant(text.parse().map_err(|_| error("no clock shows this time"))?)
        } else {
            Moment::Local(text.parse().map_err(|_| error("no clock shows this time"))?)
        };
        let year = match &moment {
            Moment::Day(date) => date.year(),
            Moment::Local(time) => time.year(),
            Moment::Instant(instant) => TimeZone::UTC.to_datetime(*instant).year(),
        };
        if !year_ok(year) {
            return Err(error("the year is not one of ours"));
        }
        Ok(moment)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Moment::Day(date) => write!(f, "{date}"),
            Moment::Local(time) => write!(f, "{time}"),
            Moment::Instant(instant) => write!(f, "{instant}"),
        }
    }
}

impl fmt::Debug for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Text for Moment {
    const FORMAT: &'static str = "farm-moment";
    const WHAT: &'static str = "a date";
    const EXPECTED: &'static str =
        "`2026-12-01`, `2026-12-01T08:00` in the farm's time zone, or `2026-12-01T08:00:00Z`";
    const PATTERN: &'static str = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.]+(Z|[+-][0-9:]+)?)?$";
    const EXAMPLES: &'static [&'static str] = &["2026-12-01", "2026-12-01T08:00"];
}

text_value!(Moment);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::TimeZoneName;

    #[test]
    fn a_bare_date_is_midnight_where_the_farm_is() {
        let zone = "America/Toronto".parse::<TimeZoneName>().unwrap().zone();
        let at = |text: &str| text.parse::<Moment>().expect(text).timestamp(&zone).to_string();
        assert_eq!(at("2026-12-01"), "2026-12-01T05:00:00Z");
        assert_eq!(at("2026-07-01T08:30"), "2026-07-01T12:30:00Z");
        assert_eq!(at("2026-12-01T08:00:00Z"), "2026-12-01T08:00:00Z");
        assert_eq!(at("2026-12-01T08:00:00+02:00"), "2026-12-01T06:00:00Z");
        // The clocks go forward at 02:00 on this day.
        assert_eq!(at("2026-03-08T02:30"), "2026-03-08T07:30:00Z");
        for bad in [
            "",
            "2026-13-01",
            "2026-02-30",
            "01.12.2026",
            "2026-12-01 08:00",
            "2026-12-1",
            "0026-12-01",
            "tomorrow",
            "2027-03-01T06:😀1",
        ] {
            assert!(bad.parse::<Moment>().is_err(), "{bad}");
        }
        for text in ["2026-12-01", "2026-12-01T08:00:00", "2026-12-01T08:00:00Z"] {
            assert_eq!(text.parse::<Moment>().unwrap().to_string(), text);
        }
    }
}
