//! Policies and alerts: timers that agree, rules that can be reached.

use super::Check;
use crate::farm::Farm;
use crate::farm::alert::{Receiver, Scope, Severity};
use crate::name::PolicyName;
use crate::problem::{Problem, Spot};
use crate::structure::problem_at;
use crate::tree::{Id, Tree};

pub(super) fn check(check: &mut Check<'_>) {
    let farm = check.farm;
    for (name, policy) in &farm.policies {
        let at = format!("/policies/{name}");
        if policy.back.healthy_for > policy.back.relapse_max {
            let problem = check
                .problem(
                    "farm::policy::timers",
                    &format!("{at}/return/healthy_for"),
                    "the time to be trusted again is longer than its own limit",
                )
                .label("longer than `relapse_max`");
            let problem =
                check.with(problem, check.place(&format!("{at}/return/relapse_max")), "`relapse_max`");
            check.push(problem.help(format!(
                "`relapse_max` is {} here: make it the longer of the two",
                policy.back.relapse_max
            )));
        }
        let zero = [
            (policy.pools.fail_after.is_zero(), "pools/fail_after"),
            (policy.show.window.is_zero(), "show/window"),
            (policy.sla.as_ref().is_some_and(|sla| sla.period.is_zero()), "sla/period"),
        ];
        for (_, field) in zero.iter().filter(|(is_zero, _)| *is_zero) {
            let problem = check
                .problem("farm::policy::timers", &format!("{at}/{field}"), "no time at all")
                .label("nothing ever lasts this long");
            check.push(problem.help("write a time, or leave the field out for its default"));
        }
    }
    alerts(check);
}

/// Where the file says when a rig counts as failing, for every policy that says so.
pub(crate) fn rules(tree: &Tree, root: Id, farm: &Farm) -> Vec<Spot> {
    let spot = |name: &PolicyName| {
        let pointer = format!("/policies/{name}/detect");
        let found = tree.find(root, &pointer)?;
        let Problem { file, place, position, .. } = problem_at(tree, "", &pointer, &found, "");
        Some(Spot { pointer, file, place, position })
    };
    farm.policies.keys().filter_map(spot).collect()
}

/// Words that a condition compares with, as far as they are a fixed list.
fn known_words<T: serde::Serialize>(all: &[T]) -> Vec<String> {
    let word = |one: &T| serde_json::to_value(one).ok()?.as_str().map(str::to_owned);
    all.iter().filter_map(word).collect()
}

fn alerts(check: &mut Check<'_>) {
    let farm = check.farm;
    let Some(alerts) = &farm.alerts else { return };
    let severities = known_words(&[Severity::Info, Severity::Warning, Severity::Error, Severity::Critical]);
    let scopes = known_words(&[
        Scope::Rig,
        Scope::Board,
        Scope::Gpu,
        Scope::Rack,
        Scope::Site,
        Scope::Hub,
        Scope::Pool,
        Scope::Route,
        Scope::Rental,
        Scope::Market,
        Scope::Farm,
    ]);
    for (index, route) in alerts.routes.iter().enumerate() {
        let at = check.item("/alerts/routes", index);
        for (field, word) in route.when.iter().flat_map(|when| when.equalities()) {
            let known = match field {
                "severity" => &severities,
                "scope" => &scopes,
                _ => continue,
            };
            if !known.iter().any(|known| known == word) {
                let problem = check
                    .problem(
                        "farm::rule::unreachable",
                        &format!("{at}/when"),
                        format!("no alert has a {field} of this name"),
                    )
                    .label("never true");
                check.push(problem.warning().help(format!("`{field}` is one of {}", known.join(", "))));
            }
        }
        for pair in route.escalate.windows(2) {
            if pair[1].after <= pair[0].after {
                let problem = check
                    .problem(
                        "farm::policy::timers",
                        &format!("{at}/escalate"),
                        "steps that are not later than the one before",
                    )
                    .label("not in order of time");
                check.push(problem.help("write the steps in the order they happen"));
                break;
            }
        }
        let same = |earlier: &crate::farm::alert::Route| {
            earlier.when == route.when
                && route.to.iter().all(|to| earlier.to.contains(to))
                && route.escalate.is_empty()
        };
        if let Some(earlier) = alerts.routes[..index].iter().position(same) {
            let problem = check
                .problem("farm::rule::unreachable", &at, "a route that notifies nobody new")
                .label("never matters");
            let earlier = check.item("/alerts/routes", earlier);
            let problem = check.with(problem, check.place(&earlier), "this one notifies them already");
            check.push(problem.warning().help("take it out"));
        }
    }
    let mail = alerts.receivers.iter().find(|(_, receiver)| matches!(receiver, Receiver::Email(_)));
    if let (Some((name, _)), None) = (mail, &alerts.smtp) {
        let at = format!("/alerts/receivers/{name}");
        let problem =
            check.problem("farm::alert::no_smtp", &at, "mail without a mail server").label("cannot be sent");
        check.push(problem.warning().help("add `smtp:` with `host` and `from` under `alerts`"));
    }
}
