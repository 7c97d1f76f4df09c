//! What each site may draw, by its windows and rules; which rigs then run is decided in [`crate::curtail`].
//!
//! Power is what the farm file says of the models, in milliwatts; nothing is measured here.

use std::collections::BTreeSet;

use exchange::time::Timestamp;
use jiff::civil;
use jiff::tz::TimeZone;
use schema::farm::Farm;
use schema::name::SiteName;
use schema::unit::Power;
use schema::window::Window;

/// Windows come again every week; a day more, because one may pass midnight.
const DAYS_AHEAD: i64 = 8;

/// A site that must draw less than it could.
#[derive(Debug, Clone, PartialEq)]
pub struct Cap {
    /// The site.
    pub site: SiteName,
    /// The most it may draw.
    pub power_max: Power,
    /// When that ends, or becomes another limit; `None` where no end is in sight.
    pub until: Option<Timestamp>,
}

impl Cap {
    /// As a sentence, with the end by the farm's clock.
    pub fn words(&self, zone: &TimeZone, at: Timestamp) -> String {
        let Cap { site, power_max, until } = self;
        match until.and_then(|until| clock(until, at, zone)) {
            Some(until) => format!("{site} is limited to {power_max} until {until}"),
            None => format!("{site} is limited to {power_max}"),
        }
    }
}

/// Why a rig is parked, as a sentence: `held` is what its site is held to, in words.
pub fn why_parked(held: Option<&str>, power_is_known: bool) -> String {
    let held = held.unwrap_or("its site must draw less");
    if power_is_known {
        return held.to_owned();
    }
    format!("{held}, and the farm file does not say what this rig draws")
}

/// `20:00`, with the date where that is another day.
fn clock(until: Timestamp, at: Timestamp, zone: &TimeZone) -> Option<String> {
    let (until, at) = (civil_time(until, zone)?, civil_time(at, zone)?);
    let time = format!("{:02}:{:02}", until.hour(), until.minute());
    Some(if until.date() == at.date() { time } else { format!("{time} on {}", until.date()) })
}

fn civil_time(at: Timestamp, zone: &TimeZone) -> Option<civil::DateTime> {
    Some(jiff::Timestamp::from_microsecond(at.0).ok()?.to_zoned(zone.clone()).datetime())
}

/// The limits that hold at a time, by site: of several the lowest. Limits that depend on a price are left out.
pub fn caps(farm: &Farm, at: Timestamp) -> Vec<Cap> {
    let zone = farm.timezone.zone();
    let mut caps = Vec::new();
    for (site, terms) in &farm.sites {
        let power_max = limit(farm, site, at, &zone);
        let Some(power_max) = power_max else { continue };
        let windows = terms.curtail.iter().filter_map(|rule| farm.windows.get(rule.when.as_ref()?));
        let mut ends: Vec<Timestamp> = windows.flat_map(|window| edges(window, at, &zone)).collect();
        ends.sort_unstable();
        let until = ends.into_iter().find(|end| limit(farm, site, *end, &zone) != Some(power_max));
        caps.push(Cap { site: site.clone(), power_max, until });
    }
    caps.sort_by(|a, b| a.site.cmp(&b.site));
    caps
}

/// The lowest limit of a site at a time.
fn limit(farm: &Farm, site: &SiteName, at: Timestamp, zone: &TimeZone) -> Option<Power> {
    let rules = farm.sites.get(site)?.curtail.iter().filter(|rule| rule.price_above.is_none());
    let holding = rules.filter(|rule| {
        let window = rule.when.as_ref().and_then(|name| farm.windows.get(name));
        window.is_some_and(|window| holds(window, at, zone))
    });
    holding.map(|rule| rule.power_max).min()
}

/// The next times after `at` when a limit of some site begins, ends, or becomes another.
pub fn changes(farm: &Farm, at: Timestamp) -> Vec<Timestamp> {
    let zone = farm.timezone.zone();
    let mut changes = BTreeSet::new();
    for (site, terms) in &farm.sites {
        let rules = terms.curtail.iter().filter(|rule| rule.price_above.is_none());
        let windows = rules.filter_map(|rule| farm.windows.get(rule.when.as_ref()?));
        let mut times: Vec<Timestamp> = windows.flat_map(|window| edges(window, at, &zone)).collect();
        times.sort_unstable();
        let mut now = limit(farm, site, at, &zone);
        let mut seen = 0;
        for time in times {
            let next = limit(farm, site, time, &zone);
            if next != now && seen < 2 {
                changes.insert(time);
                seen += 1;
            }
            now = next;
        }
    }
    changes.into_iter().collect()
}

/// Whether a window is open: what the clock on the farm's wall shows decides, so an hour that comes twice counts
/// both times, and one that is left out does not count.
pub fn holds(window: &Window, at: Timestamp, zone: &TimeZone) -> bool {
    let Some(wall) = civil_time(at, zone) else { return false };
    let weekday = wall.weekday().to_monday_zero_offset() as u8;
    window.contains(weekday, (wall.hour() as u16) * 60 + wall.minute() as u16)
}

/// Every time after `at`, within a week or so, at which the window may open or close.
fn edges(window: &Window, at: Timestamp, zone: &TimeZone) -> BTreeSet<Timestamp> {
    let mut edges = BTreeSet::new();
    let Some(today) = civil_time(at, zone).map(|wall| wall.date()) else { return edges };
    let mut add = |instant: Result<jiff::Timestamp, jiff::Error>| {
        edges.extend(
            instant.ok().map(|instant| Timestamp(instant.as_microsecond())).filter(|edge| *edge > at),
        );
    };
    for days in -1..=DAYS_AHEAD {
        let Ok(date) = today.checked_add(jiff::Span::new().days(days)) else { continue };
        for minute in [window.from_minute(), window.until_minute() % 1440] {
            let time = civil::Time::midnight()
                .checked_add(jiff::Span::new().minutes(i64::from(minute)))
                .unwrap_or(civil::Time::midnight());
            let wall = zone.to_ambiguous_timestamp(date.to_datetime(time));
            add(wall.earlier());
            add(wall.later());
        }
    }
    // Where the clock is put forward or back, a window may open or close between its own times.
    if let Ok(from) = jiff::Timestamp::from_microsecond(at.0)
        && let Some(next) = zone.following(from).next()
        && next.timestamp().duration_since(from) <= jiff::SignedDuration::from_hours(24 * DAYS_AHEAD)
    {
        add(Ok(next.timestamp()));
    }
    edges
}

/// In milliwatts, never less than it is.
pub fn draw(power: Power) -> u64 {
    (power.watts() * 1e3 - 1e-6).ceil().clamp(0.0, 1e18) as u64
}

/// In milliwatts, never more than it is.
pub fn allowance(power: Power) -> u64 {
    (power.watts() * 1e3 + 1e-6).floor().clamp(0.0, 1e18) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp(text.parse::<jiff::Timestamp>().expect("a time").as_microsecond())
    }

    fn farm(windows: &str, rules: &str) -> Farm {
        let text = format!(
            r#"{{"apiVersion": "stratum.farm/v1", "kind": "Farm", "name": "t", "timezone": "America/Toronto",
                "pools": {{"p": {{"urls": ["stratum+tcp://p.example:3333"]}}}},
                "windows": {windows}, "sites": {{"hall": {{"curtail": {rules}}}}},
                "rigs": {{}}, "house": {{"pools": [{{"pool": "p", "user": "h"}}]}}}}"#
        );
        serde_json::from_str(&text).expect("a farm")
    }

    fn caps_at(farm: &Farm, time: &str) -> Vec<String> {
        let (zone, at) = (farm.timezone.zone(), at(time));
        caps(farm, at).iter().map(|cap| cap.words(&zone, at)).collect()
    }

    #[test]
    fn a_limit_holds_in_its_window_by_the_farms_own_clock() {
        let farm =
            farm(r#"{"peak": "mon..fri 16:00..20:00"}"#, r#"[{"when": "peak", "power_max": "100 kW"}]"#);
        // A Monday in winter: Toronto is five hours behind.
        assert_eq!(caps_at(&farm, "2026-12-07T20:59:59Z"), [""; 0]);
        assert_eq!(caps_at(&farm, "2026-12-07T21:00:00Z"), ["hall is limited to 100 kW until 20:00"]);
        assert_eq!(caps_at(&farm, "2026-12-08T00:59:59Z"), ["hall is limited to 100 kW until 20:00"]);
        assert_eq!(caps_at(&farm, "2026-12-08T01:00:00Z"), [""; 0]);
        // In summer it is four, and Saturday is free.
        assert_eq!(caps_at(&farm, "2026-07-06T20:00:00Z").len(), 1);
        assert_eq!(caps_at(&farm, "2026-07-11T20:00:00Z").len(), 0);
        let next = changes(&farm, at("2026-12-07T20:00:00Z"));
        assert_eq!(next, [at("2026-12-07T21:00:00Z"), at("2026-12-08T01:00:00Z")]);
    }

    #[test]
    fn windows_pass_midnight_and_the_lowest_limit_counts() {
        let farm = farm(
            r#"{"nights": "fri 20:00..08:00", "late": "daily 23:00..24:00", "always": "daily 00:00..24:00"}"#,
            r#"[{"when": "nights", "power_max": "50 kW"}, {"when": "late", "power_max": "10 kW"},
                {"when": "always", "price_above": "0.1 USD/kWh", "power_max": "0 W"}]"#,
        );
        // Friday, 4 December 2026, in Toronto.
        assert_eq!(caps_at(&farm, "2026-12-05T02:00:00Z"), ["hall is limited to 50 kW until 23:00"]);
        assert_eq!(
            caps_at(&farm, "2026-12-05T04:30:00Z"),
            ["hall is limited to 10 kW until 00:00 on 2026-12-05"]
        );
        assert_eq!(caps_at(&farm, "2026-12-05T05:00:00Z"), ["hall is limited to 50 kW until 08:00"]);
        assert_eq!(caps_at(&farm, "2026-12-05T13:00:00Z"), [""; 0]);
        assert_eq!(caps_at(&farm, "2026-12-04T05:00:00Z"), [""; 0], "the night before is no Friday night");
    }

    #[test]
    fn where_no_end_is_in_sight_none_is_told() {
        let always = farm(r#"{"all": "daily 00:00..24:00"}"#, r#"[{"when": "all", "power_max": "1 kW"}]"#);
        assert_eq!(caps_at(&always, "2026-12-05T05:00:00Z"), ["hall is limited to 1 kW"]);
        assert_eq!(changes(&always, at("2026-12-05T05:00:00Z")), []);
        let weekend = farm(r#"{"end": "sat,sun 00:00..24:00"}"#, r#"[{"when": "end", "power_max": "1 kW"}]"#);
        let until = "hall is limited to 1 kW until 00:00 on 2026-12-07";
        assert_eq!(caps_at(&weekend, "2026-12-05T05:00:00Z"), [until]);
    }

    #[test]
    fn a_clock_that_is_changed_neither_skips_nor_stretches_a_limit() {
        let farm = farm(r#"{"w": "daily 01:30..02:30"}"#, r#"[{"when": "w", "power_max": "1 kW"}]"#);
        let zone = farm.timezone.zone();
        let open = |from: &str, minutes: i64| -> Vec<i64> {
            let (from, window) = (at(from), &farm.windows[0]);
            let minute = |n: i64| Timestamp(from.0 + n * 60_000_000);
            (0..minutes).filter(|n| holds(window, minute(*n), &zone)).collect()
        };
        // 14 March 2027: from 02:00 to 03:00 by the wall within a moment.
        assert_eq!(open("2027-03-14T05:00:00Z", 300), (90..120).collect::<Vec<_>>());
        assert_eq!(caps(&farm, at("2027-03-14T06:45:00Z"))[0].until, Some(at("2027-03-14T07:00:00Z")));
        // 7 November 2027: the hour from 01:00 to 02:00 comes twice.
        let twice: Vec<i64> = (90..120).chain(150..210).collect();
        assert_eq!(open("2027-11-07T04:00:00Z", 300), twice);
        assert_eq!(caps(&farm, at("2027-11-07T05:45:00Z"))[0].until, Some(at("2027-11-07T06:00:00Z")));
        assert_eq!(caps(&farm, at("2027-11-07T06:45:00Z"))[0].until, Some(at("2027-11-07T07:30:00Z")));
    }
}
