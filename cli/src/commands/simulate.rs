//! `simulate`: what would happen if a site, a rack or a pool were lost, or rigs failed at random for a year.

use std::collections::BTreeSet;

use clap::Args;
use rehearsal::outlook::{Loss, Outlook, Question, ask};
use rehearsal::world::Fidelity;
use schema::event::EventKind;
use serde::Serialize;
use std::time::Duration;

use super::test::Closely;
use super::{rehearse, span};
use crate::args::{FileArg, OutputFormat};
use crate::error::{Exit, Failure};
use crate::farm_file::FarmFile;
use crate::format::{count, rate};
use crate::ui::{Column, Ui, table};

/// Columns of a chart.
const COLUMNS: usize = 60;
const YEAR: f64 = 365.0 * 86_400.0;

/// Shows what each customer would receive if a site, rack, rig or pool were lost, or rigs failed at random.
///
/// Runs the daemon's own scheduling code on a virtual clock, starting when every rental has begun. `--lose site/hall-a
/// --for 2h` cuts the power of a site; `--years 1 --availability 90% --mttr 4h` lets rigs fail and be repaired at random.
#[derive(Debug, Args)]
pub struct Simulate {
    #[command(flatten)]
    file: FileArg,
    /// What to lose: site/NAME, rack/NAME, rig/NAME, a range of rigs, or pool/NAME; may be repeated
    #[arg(long, value_name = "WHAT")]
    lose: Vec<Loss>,
    /// How long the loss lasts
    #[arg(long = "for", value_name = "TIME", default_value = "1h", value_parser = span)]
    lose_for: Duration,
    /// Simulates this many years
    #[arg(long, value_name = "YEARS", conflicts_with = "time")]
    years: Option<f64>,
    /// Simulates this much time [default: the loss and two more hours, or a week without a loss]
    #[arg(long, value_name = "TIME", value_parser = span)]
    time: Option<Duration>,
    #[command(flatten)]
    failing: Failing,
    /// Seed of the random numbers
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// How exactly the farm is simulated
    #[arg(long, value_name = "HOW", default_value = "counts")]
    fidelity: Closely,
}

/// How rigs fail.
#[derive(Debug, Clone, Copy, Args)]
struct Failing {
    /// Part of the time that a rig works; without it, rigs do not fail at random
    #[arg(long, value_name = "PERCENT", value_parser = availability)]
    availability: Option<f64>,
    /// Mean time to repair a failed rig
    #[arg(long, value_name = "TIME", default_value = "4h", value_parser = span)]
    mttr: Duration,
}

/// A percentage above nothing and below all.
pub(super) fn availability(text: &str) -> Result<f64, String> {
    let percent: ::schema::unit::Percent =
        text.parse().map_err(|_| "write a percentage such as 95%".to_owned())?;
    let part = percent.fraction();
    if part > 0.0 && part < 1.0 {
        Ok(part)
    } else {
        Err("the percentage must be above 0% and below 100%".into())
    }
}

#[derive(Serialize)]
struct Document<'a> {
    kind: &'static str,
    format_version: &'static str,
    tool_version: &'static str,
    #[serde(flatten)]
    outlook: &'a Outlook,
}

impl Simulate {
    pub(crate) async fn run(self, ui: &mut Ui) -> Result<Exit, Failure> {
        let file = FarmFile::sound(self.file.file.as_deref(), ui)?;
        let farm = file.reading.farm.clone().expect("a sound file has a farm");
        self.check(&farm)?;
        let failing = self.failing.availability.map(|availability| farm::capacity::Failing {
            availability,
            mttr: self.failing.mttr,
            detection: Duration::ZERO,
        });
        let time = match (self.years, self.time) {
            (Some(years), _) if years > 0.0 && years <= 100.0 => Duration::from_secs_f64(years * YEAR),
            (Some(_), _) => {
                return Err(Failure::usage(
                    "not a valid number of years",
                    "the number of years must be above 0 and at most 100",
                ));
            }
            (None, Some(time)) => time,
            (None, None) if self.lose.is_empty() => Duration::from_secs(7 * 86_400),
            (None, None) => self.lose_for + Duration::from_secs(7200),
        };
        let question = Question {
            lose: self.lose,
            lose_for: self.lose_for,
            failing,
            time,
            seed: self.seed,
            fidelity: Fidelity::from(self.fidelity),
            from: None,
            columns: COLUMNS,
        };
        let (outlook, took) =
            rehearse::away("simulating", ui, move |tell| ask(&farm, &question, tell)).await?;
        match ui.format {
            OutputFormat::Name => outlook.rentals.iter().for_each(|rental| ui.line(&rental.rental)),
            OutputFormat::Table | OutputFormat::Wide => show(&outlook, took, ui),
            _ => ui.document(&Document {
                kind: "stratumctl.simulation",
                format_version: "1.0",
                tool_version: env!("CARGO_PKG_VERSION"),
                outlook: &outlook,
            }),
        }
        Ok(Exit::Success)
    }

    /// What is to be lost must be there.
    fn check(&self, farm: &::schema::Farm) -> Result<(), Failure> {
        let inventory = ::schema::Inventory::of(farm);
        for loss in &self.lose {
            let rigs = || inventory.rigs().iter();
            let (lost, what, names): (_, _, BTreeSet<String>) = match loss {
                Loss::Site(site) => {
                    (site.to_string(), "site", farm.sites.keys().map(ToString::to_string).collect())
                }
                Loss::Pool(pool) => {
                    (pool.to_string(), "pool", farm.pools.keys().map(ToString::to_string).collect())
                }
                Loss::Rack(rack) => {
                    let racks = rigs().filter_map(|rig| rig.rack.as_ref()).map(ToString::to_string);
                    (rack.to_string(), "rack", racks.collect())
                }
                Loss::Rig(range) => {
                    let is_known = |name: &String| rigs().any(|rig| rig.name.as_str() == name);
                    match range.names().map(|name| name.to_string()).find(|name| !is_known(name)) {
                        None => continue,
                        Some(missing) => (missing, "rig", rigs().map(|rig| rig.name.to_string()).collect()),
                    }
                }
            };
            if !names.contains(&lost) {
                let help = match ::schema::nearest(&lost, names.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None if names.is_empty() => format!("the farm file has no {what} at all"),
                    None => format!("there is {}", listed(&names)),
                };
                return Err(Failure::usage(format!("there is no {what} `{lost}` in the farm file"), &help));
            }
        }
        Ok(())
    }
}

/// The first of many names.
fn listed(names: &BTreeSet<String>) -> String {
    const SHOWN: usize = 10;
    let first: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

fn show(outlook: &Outlook, took: Duration, ui: &mut Ui) {
    let length = ::schema::unit::Span::from_micros((outlook.seconds * 1e6) as i64);
    let took = if ui.out_is_terminal { format!(", in {:.1} s", took.as_secs_f64()) } else { String::new() };
    ui.line(&format!("{length} from {}, by {}, seed {}{took}", outlook.from, outlook.fidelity, outlook.seed));
    const COLUMNS: [Column; 7] = [
        ("RENTAL", 0),
        ("PROMISED", 0),
        ("DELIVERED", 0),
        ("WORST HOUR", 2),
        ("HOURS SHORT", 3),
        ("PERIODS KEPT", 1),
        ("MOVES", 4),
    ];
    let rows = outlook.rentals.iter().map(|rental| {
        vec![
            rental.rental.clone(),
            rate(rental.promised),
            percent(rental.delivered),
            percent(rental.hour_min),
            count(rental.hours_short),
            if rental.periods == 0 {
                "-".into()
            } else {
                format!("{} of {}", count(rental.periods_kept), count(rental.periods))
            },
            count(rental.moves),
        ]
    });
    let drawn = table(ui, &COLUMNS, rows.collect());
    ui.line(&drawn);
    let blocks = speaks_unicode();
    for rental in outlook.rentals.iter().filter(|rental| rental.promised > 0.0) {
        ui.line(&format!("{}  {}", chart(&rental.chart, blocks), rental.rental));
    }
    let of = |kind: EventKind| outlook.events.get(&kind).copied().unwrap_or(0);
    ui.line(&format!(
        "{} moves, {} rigs failed by their shares, {} went offline, {} changes of pool",
        count(of(EventKind::RigMoved)),
        count(of(EventKind::RigDead) + of(EventKind::RigDegraded)),
        count(of(EventKind::RigOffline)),
        count(of(EventKind::PoolFailover) + of(EventKind::PoolReturned) + of(EventKind::PoolsAllUnhealthy)),
    ));
}

/// Four digits of a percentage: what is promised is told from what is nearly so.
fn percent(part: f64) -> String {
    if part.is_finite() { format!("{:.3} %", part * 100.0) } else { "-".into() }
}

/// Delivered of promised, from nothing to all; ten digits where there are no blocks.
fn chart(parts: &[f64], blocks: bool) -> String {
    const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let step = |part: f64, steps: usize| (part.clamp(0.0, 1.0) * steps as f64 + 1e-9).floor() as usize;
    parts
        .iter()
        .map(|&part| match blocks {
            true => BLOCKS[step(part, 8)],
            false => char::from_digit(step(part, 9) as u32, 10).unwrap_or('9'),
        })
        .collect()
}

/// The terminal's locale says UTF-8.
fn speaks_unicode() -> bool {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG")).unwrap_or_default();
    let locale = locale.to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charts_go_from_nothing_to_all() {
        assert_eq!(chart(&[0.0, 0.5, 0.9, 1.0, 1.2], true), " ▄▇██");
        assert_eq!(chart(&[0.0, 0.5, 0.9, 1.0, 1.2], false), "04899");
    }

    #[test]
    fn a_rig_is_never_always_there() {
        assert_eq!(availability("90%"), Ok(0.9));
        for bad in ["100%", "0%", "0.9", "x"] {
            assert!(availability(bad).is_err(), "{bad}");
        }
    }
}
