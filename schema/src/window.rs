//! Windows of time: `mon..fri 16:00..20:00`. Times are the farm's own; a window may pass midnight
//! and then belongs to the day it starts on.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::text::{Text, TextError, text_value};

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const MINUTES_A_DAY: u16 = 24 * 60;

/// Days of the week and times of the day.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Window {
    text: Arc<str>,
    /// Bit 0 is Monday.
    days: u8,
    from: u16,
    until: u16,
}

impl Window {
    /// Does it start on this day of the week? 0 is Monday.
    pub fn starts_on(&self, weekday: u8) -> bool {
        self.days >> (weekday % 7) & 1 == 1
    }

    /// Minute of the day it starts in.
    pub fn from_minute(&self) -> u16 {
        self.from
    }

    /// Minute of the day it ends before; not later than the start when it passes midnight.
    pub fn until_minute(&self) -> u16 {
        self.until
    }

    /// Is this minute of this day of the week within it? 0 is Monday.
    pub fn contains(&self, weekday: u8, minute: u16) -> bool {
        if self.from < self.until {
            return self.starts_on(weekday) && (self.from..self.until).contains(&minute);
        }
        self.starts_on(weekday) && minute >= self.from
            || self.starts_on((weekday + 6) % 7) && minute < self.until
    }
}

fn days(text: &str) -> Option<u8> {
    if text == "daily" {
        return Some(0x7f);
    }
    let day = |name: &str| DAYS.iter().position(|day| *day == name);
    let mut set = 0;
    for part in text.split(',') {
        let (first, last) = part.split_once("..").unwrap_or((part, part));
        let (first, last) = (day(first)?, day(last)?);
        let count = (last + 7 - first) % 7;
        for step in 0..=count {
            set |= 1 << ((first + step) % 7);
        }
    }
    Some(set)
}

fn minute(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let two = |part: &str| {
        (part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit()))
            .then(|| part.parse::<u16>().ok())
            .flatten()
    };
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    let all = hours * 60 + minutes;
    (minutes < 60 && all <= MINUTES_A_DAY).then_some(all)
}

impl FromStr for Window {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        let error = |reason: &'static str| TextError::of::<Window>(reason);
        let Some((on, times)) = text.split_once(' ') else { return Err(error("it needs days and times")) };
        let Some(days) = days(on) else { return Err(error("the days are not written like days")) };
        let Some((from, until)) = times.split_once("..") else {
            return Err(error("the times need `..` between them"));
        };
        let (Some(from), Some(until)) = (minute(from), minute(until)) else {
            return Err(error("a time is not written like one"));
        };
        if from == MINUTES_A_DAY || from == until {
            return Err(error("it ends when it starts"));
        }
        Ok(Window { text: text.into(), days, from, until })
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl fmt::Debug for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.text, f)
    }
}

impl Text for Window {
    const FORMAT: &'static str = "farm-window";
    const WHAT: &'static str = "a window of time";
    const EXPECTED: &'static str = "days (`daily`, or mon to sun with `,` and `..`) and times of 24 hours, such as `mon..fri 16:00..20:00`";
    const PATTERN: &'static str = r"^[a-z.,]+ [0-2][0-9]:[0-5][0-9]\.\.[0-2][0-9]:[0-5][0-9]$";
    const EXAMPLES: &'static [&'static str] =
        &["mon..fri 16:00..20:00", "daily 20:00..08:00", "sat,sun 00:00..24:00"];
}

text_value!(Window);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_past_midnight_belongs_to_the_day_it_starts_on() {
        let nights: Window = "fri 20:00..08:00".parse().unwrap();
        assert!(nights.contains(4, 20 * 60) && nights.contains(5, 7 * 60 + 59));
        assert!(!nights.contains(5, 8 * 60) && !nights.contains(4, 7 * 60) && !nights.contains(5, 21 * 60));
        let week: Window = "mon..fri 16:00..20:00".parse().unwrap();
        assert!(week.contains(0, 16 * 60) && !week.contains(0, 20 * 60) && !week.contains(5, 17 * 60));
        let weekend: Window = "sat..mon,wed 00:00..24:00".parse().unwrap();
        assert!([5, 6, 0, 2].iter().all(|day| weekend.contains(*day, 1439)) && !weekend.contains(1, 0));
        for bad in [
            "daily",
            "daily 20:00",
            "daily 8:00..9:00",
            "mo 08:00..09:00",
            "daily 25:00..26:00",
            "daily 08:60..09:00",
            "daily 08:00..08:00",
            "daily 24:00..01:00",
        ] {
            assert!(bad.parse::<Window>().is_err(), "{bad}");
        }
    }
}
