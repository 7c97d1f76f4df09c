//! What must be true, held against what happened.

use std::time::Duration;

use exchange::event::EventKind;
use exchange::time::Timestamp;
use schema::farm::Scenario;
use schema::farm::scenario::{Event, Expect};
use serde::Serialize;

use super::{duration, policy_of};
use crate::record::Record;
use crate::world::World;

/// How an expectation fared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It is so.
    Met,
    /// It is not.
    Missed,
    /// This release cannot tell.
    Unjudged,
}

impl Verdict {
    /// Of several together: the worst of them.
    pub(super) fn of(each: impl Iterator<Item = Verdict>) -> Verdict {
        each.max_by_key(|verdict| match verdict {
            Verdict::Met => 0,
            Verdict::Unjudged => 1,
            Verdict::Missed => 2,
        })
        .unwrap_or(Verdict::Met)
    }
}

/// One expectation, and whether it was met.
#[derive(Debug, Clone, Serialize)]
pub struct Check {
    /// What must be true, as a sentence.
    pub what: String,
    /// Whether it is.
    pub verdict: Verdict,
    /// What was found, as a sentence.
    pub found: String,
}

/// Why nobody can say whether a rental received enough.
const NOTHING_PROMISED: &str =
    "nothing was promised then: the rental does not run, or this release does not serve its algorithm";

/// One thing that an expectation asks for: the sentence, whether it is so, and what was found.
type Answer = (String, Verdict, String);

/// From when to when something must be true.
#[derive(Clone, Copy)]
struct Window {
    from: Timestamp,
    to: Timestamp,
    /// `by`: at every moment of it, rather than as a whole.
    throughout: bool,
}

pub(super) fn check(
    expect: &Expect,
    scenario: &Scenario,
    world: &World,
    zero: Timestamp,
    end: Timestamp,
) -> Check {
    let (window, words) = window(expect, scenario, zero, end);
    // What can be told of a time from the start only is told of the time before `by`.
    let whole =
        Window { from: zero, to: if window.throughout { window.from } else { window.to }, throughout: false };
    let label = expect.rental.as_ref().map(ToString::to_string);
    let record = world.record();
    let mut answers: Vec<Answer> = Vec::new();
    if let Some(label) = &label {
        if let Some(least) = expect.delivering_min {
            answers.push(delivering(world, label, least.fraction(), window));
        }
        if let Some(least) = expect.delivered_min {
            let seen = record.delivery(label, whole.from, whole.to);
            let part = seen.part();
            answers.push(if seen.sum.promised > 0.0 {
                let found = format!("{} received", percent(part));
                (format!("has received {least}"), met(part >= least.fraction()), found)
            } else {
                (format!("has received {least}"), Verdict::Unjudged, NOTHING_PROMISED.into())
            });
        }
        if let Some(pool) = &expect.pool {
            answers.push(mines_at(record, label, pool.as_str(), window));
        }
        if let Some(most) = expect.rejected_max {
            let sum = record.delivery(label, whole.from, whole.to).sum;
            let part = if sum.accepted > 0.0 { sum.refused / sum.accepted } else { 0.0 };
            let few = part <= most.fraction();
            answers.push((
                format!("{most} rejected at most"),
                met(few),
                format!("{} rejected", percent(part)),
            ));
        }
    }
    if let Some(most) = expect.moves_max {
        let count = moves(record, label.as_deref(), whole);
        answers.push((
            format!("{most} moves at most"),
            met(count <= u64::from(most)),
            format!("{count} moves"),
        ));
    }
    if let Some(most) = expect.reconnects_max {
        let count = happened(record, EventKind::RigConnected, None, whole).count() as u64;
        let words = format!("{most} reconnects at most");
        answers.push((words, met(count <= u64::from(most)), format!("{count} reconnects")));
    }
    let unseen = |kind: EventKind| {
        let fidelity = world.fidelity();
        (!fidelity.tells_of(kind)).then(|| format!("a rehearsal by {} does not tell of it", fidelity.name()))
    };
    if let Some(kind) = expect.event {
        let first = happened(record, kind, label.as_deref(), whole).next();
        let (verdict, found) = match (first, unseen(kind)) {
            (Some(at), _) => (Verdict::Met, format!("at {}", clock(at, zero))),
            (None, Some(why)) => (Verdict::Unjudged, why),
            (None, None) => (Verdict::Missed, "it did not".to_owned()),
        };
        answers.push((format!("`{kind}` happens"), verdict, found));
    }
    if let Some(kind) = expect.no_event {
        let first = happened(record, kind, label.as_deref(), window).next();
        let (verdict, found) = match (first, unseen(kind)) {
            (Some(at), _) => (Verdict::Missed, format!("it did, at {}", clock(at, zero))),
            (None, Some(why)) => (Verdict::Unjudged, why),
            (None, None) => (Verdict::Met, "it did not".to_owned()),
        };
        answers.push((format!("`{kind}` does not happen"), verdict, found));
    }
    if let Some(alert) = &expect.alert {
        let why = "this release raises no alerts".to_owned();
        answers.push((format!("alert {alert} fires"), Verdict::Unjudged, why));
    }
    let subject = label.map(|label| format!("{label} ")).unwrap_or_default();
    let joined =
        |pick: fn(&Answer) -> &String| answers.iter().map(pick).cloned().collect::<Vec<_>>().join(", ");
    Check {
        what: format!("{words}: {subject}{}", joined(|answer| &answer.0)),
        verdict: Verdict::of(answers.iter().map(|answer| answer.1)),
        found: joined(|answer| &answer.2),
    }
}

fn met(so: bool) -> Verdict {
    if so { Verdict::Met } else { Verdict::Missed }
}

fn window(expect: &Expect, scenario: &Scenario, zero: Timestamp, end: Timestamp) -> (Window, String) {
    if let Some(over) = expect.over {
        let to = zero + duration(over);
        return (Window { from: zero, to, throughout: false }, format!("over {over}"));
    }
    let by = expect.by.unwrap_or_default();
    let from = zero + duration(by);
    // What else happens may well end it, and so does the end of an override.
    let ends = |event: &Event| Some(duration(event.at) + duration(event.action.as_ref()?.time?));
    let happens = scenario.events.iter().flat_map(|event| [Some(duration(event.at)), ends(event)]).flatten();
    let next = happens.filter(|at| *at > duration(by)).map(|at| zero + at).min();
    (Window { from, to: next.unwrap_or(end), throughout: true }, format!("by {by}"))
}

/// The mean of the policy's display window, at every minute. Shares are a sample: it is missed where even the
/// upper end of the 95 % interval is less.
fn delivering(world: &World, label: &str, least: f64, window: Window) -> Answer {
    let record = world.record();
    let farm = &world.desired().farm;
    let policy = policy_of(farm, label).map(|name| farm.policy(&name)).unwrap_or_default();
    let width = duration(policy.show.window).max(Duration::from_secs(60));
    let words = format!("receives {}", percent(least));
    // Why less than was asked for is enough.
    let chance = |part: f64, high: f64| match part < least && high >= least {
        true => format!(" (chance explains what is missing: shares show {} at most)", percent(high)),
        false => String::new(),
    };
    if record.delivery(label, window.from, window.to).sum.promised == 0.0 {
        return (words, Verdict::Unjudged, NOTHING_PROMISED.into());
    }
    if !window.throughout {
        let seen = record.delivery(label, window.from, window.to);
        let (part, high) = (seen.part(), seen.part_max());
        return (words, met(high >= least), format!("{}{}", percent(part), chance(part, high)));
    }
    let mut worst: Option<(f64, f64, Timestamp)> = None;
    let mut at = Timestamp(window.from.0.div_euclid(60_000_000) * 60_000_000);
    while at <= window.to {
        let from = Timestamp(at.0 - width.as_micros() as i64).max(record.zero);
        let seen = record.delivery(label, from, at);
        if worst.is_none_or(|(part, _, _)| seen.part() < part) {
            worst = Some((seen.part(), seen.part_max(), at));
        }
        at = at + Duration::from_secs(60);
    }
    let Some((part, high, at)) = worst else { return (words, Verdict::Missed, "nothing was seen".into()) };
    let ago = clock(at, Timestamp(window.from.0));
    let found = format!(
        "{} at least, mean of {:.0} min, {ago} after that{}",
        percent(part),
        width.as_secs_f64() / 60.0,
        chance(part, high)
    );
    (words, met(high >= least), found)
}

fn mines_at(record: &Record, label: &str, pool: &str, window: Window) -> Answer {
    let words = format!("mines at {pool}");
    let name = |pool: Option<&str>| pool.unwrap_or("no pool of its own").to_owned();
    let first = record.pool(label, window.from);
    if first.as_deref() != Some(pool) {
        return (words, Verdict::Missed, format!("at {}", name(first.as_deref())));
    }
    let later = record.rentals.get(label).into_iter().flat_map(|rental| &rental.pools);
    let other = later
        .filter(|(at, _)| *at > window.from && *at < window.to)
        .find(|(_, other)| other.as_deref() != Some(pool));
    match other {
        Some((at, other)) => (
            words,
            Verdict::Missed,
            format!("at {} {} later", name(other.as_deref()), clock(*at, window.from)),
        ),
        None => (words, Verdict::Met, format!("at {pool}")),
    }
}

fn moves(record: &Record, label: Option<&str>, window: Window) -> u64 {
    let within = |at: &&Timestamp| **at >= window.from && **at < window.to;
    match label {
        Some(label) => record.rentals.get(label).map_or(0, |rental| {
            (rental.came.iter().filter(within).count() + rental.left.iter().filter(within).count()) as u64
        }),
        // A rig that just connected comes from nobody.
        None => record
            .events
            .iter()
            .filter(|event| {
                event.kind == EventKind::RigMoved && event.at >= window.from && event.at < window.to
            })
            .filter(|event| event.fields.get("from").is_some_and(|from| from != "nobody"))
            .count() as u64,
    }
}

/// When events of a kind happened; where a rental is named, those that are about it.
fn happened<'a>(
    record: &'a Record,
    kind: EventKind,
    label: Option<&'a str>,
    window: Window,
) -> impl Iterator<Item = Timestamp> + 'a {
    record
        .events
        .iter()
        .filter(move |event| event.kind == kind && event.at >= window.from && event.at < window.to)
        .filter(move |event| {
            label.is_none_or(|label| {
                event.subject == format!("rental/{label}")
                    || label
                        .split('/')
                        .next()
                        .is_some_and(|customer| event.subject == format!("customer/{customer}"))
                    || event.fields.values().any(|value| value == label)
            })
        })
        .map(|event| event.at)
}

/// Time since the scenario's start: `1h05m30s`.
pub(super) fn clock(at: Timestamp, zero: Timestamp) -> String {
    schema::unit::Span::from_micros((at.0 - zero.0) / 100_000 * 100_000).to_string()
}

/// `99.93 %`.
pub(super) fn percent(part: f64) -> String {
    let text = format!("{:.2}", part * 100.0);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text} %")
}
