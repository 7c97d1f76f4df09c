//! Rigs: ranges in step, one name, one address and one identity to each; and the hubs they connect to.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::Check;
use crate::farm::Identify;
use crate::range::RigRange;
use crate::tree::escape;

fn pointer(range: &RigRange) -> String {
    format!("/rigs/{}", escape(range.as_str()))
}

pub(super) fn check(check: &mut Check<'_>) {
    steps(check);
    names(check);
    once(check, Kind::Address);
    once(check, Kind::Identity);
    ratings(check);
    hubs(check);
}

/// Ranges of one entry have the same length.
fn steps(check: &mut Check<'_>) {
    let farm = check.farm;
    for (range, rig) in &farm.rigs {
        let identify = rig.identify.as_ref().map(|identify| match identify {
            Identify::Worker(worker) => ("identify/worker", worker.len()),
            Identify::Password(password) => ("identify/password", password.len()),
            Identify::Address(address) => ("identify/address", address.len()),
        });
        let address = rig.address.as_ref().map(|address| ("address", address.len()));
        for (field, len) in [address, identify].into_iter().flatten() {
            if len == range.len() {
                continue;
            }
            let at = format!("{}/{field}", pointer(range));
            let message = format!("{} for {}", count(len, "value"), count(range.len(), "rig"));
            let problem = check.problem("farm::range::uneven", &at, message).label(count(len, "value"));
            let problem = check.with(problem, check.key_place(&pointer(range)), count(range.len(), "rig"));
            check.push(problem.help("ranges in one entry run in step, so they are equally long: 24 rigs `a-001..024` have 24 addresses `10.10.1.1..24`"));
        }
    }
}

fn count(count: u32, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// No rig comes twice.
fn names(check: &mut Check<'_>) {
    let farm = check.farm;
    if !farm.rigs.keys().any(RigRange::is_range) {
        return; // keys are unique already
    }
    let mut seen: HashMap<Arc<str>, &RigRange> = HashMap::with_capacity(check.inventory.len());
    for range in farm.rigs.keys() {
        let mut first_common: Option<(Arc<str>, &RigRange, u32)> = None;
        for name in range.names() {
            let name: Arc<str> = name.into();
            match (seen.get(&name), &mut first_common) {
                (Some(_), Some((_, _, common))) => *common += 1,
                (Some(other), none) => *none = Some((name, other, 1)),
                (None, _) => drop(seen.insert(name, range)),
            }
        }
        if let Some((name, other, common)) = first_common {
            let message = match common {
                1 => format!("rig `{name}` comes twice"),
                _ => format!("{common} rigs come twice, `{name}` first"),
            };
            let problem = check.problem_at_key("farm::range::overlap", &pointer(range), message);
            let problem = problem.label("overlaps");
            let problem =
                check.with(problem, check.key_place(&pointer(other)), format!("`{name}` is here already"));
            check.push(problem.help("end one range where the other starts"));
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Address,
    Identity,
}

/// No address and no identity comes twice.
fn once(check: &mut Check<'_>, kind: Kind) {
    let farm = check.farm;
    let mut seen: HashMap<(u8, Arc<str>), &RigRange> = HashMap::new();
    let mut told: HashSet<(&RigRange, &RigRange)> = HashSet::new();
    let mut found = Vec::new();
    if kind == Kind::Identity
        && farm.rigs.values().any(|rig| matches!(rig.identify, Some(Identify::Worker(_))))
    {
        // A worker that is another rig's name would be taken for that rig.
        for (range, rig) in &farm.rigs {
            if rig.identify.is_none() {
                seen.extend(range.names().map(|name| ((0, name.into()), range)));
            }
        }
    }
    for (range, rig) in &farm.rigs {
        let (field, sort, series): (_, _, Box<dyn Fn(u32) -> Arc<str>>) =
            match (kind, &rig.identify, &rig.address) {
                (Kind::Address, _, Some(address)) => ("address", 1, Box::new(|step| address.text_at(step))),
                (Kind::Identity, Some(Identify::Worker(worker)), _) => {
                    ("identify/worker", 0, Box::new(|step| worker.text_at(step)))
                }
                (Kind::Identity, Some(Identify::Password(text)), _) => {
                    ("identify/password", 2, Box::new(|step| text.text_at(step)))
                }
                (Kind::Identity, Some(Identify::Address(text)), _) => {
                    ("identify/address", 1, Box::new(|step| text.text_at(step)))
                }
                _ => continue,
            };
        for step in 0..range.len() {
            let text = series(step);
            let Some(other) = seen.get(&(sort, text.clone())).copied() else {
                seen.insert((sort, text), range);
                continue;
            };
            // Ranges that are not in step have been reported, and would be here once for each rig.
            if other == range || !told.insert((other, range)) {
                continue;
            }
            found.push((range, other, field, text));
        }
    }
    for (range, other, field, text) in found {
        let at = format!("{}/{field}", pointer(range));
        let (code, message) = match kind {
            Kind::Address => ("farm::rig::same_address", format!("two rigs have the address {text}")),
            Kind::Identity if field.ends_with("password") => {
                ("farm::rig::same_identity", "two rigs are known by one password".to_owned())
            }
            Kind::Identity => ("farm::rig::same_identity", format!("two rigs are known by {text}")),
        };
        let there =
            check.place(&format!("{}/{field}", pointer(other))).or_else(|| check.key_place(&pointer(other)));
        let problem = check.problem(code, &at, message).label("the same");
        let problem = check.with(problem, there, "as this one");
        check.push(problem.help("each rig is found and told apart by what is its own alone"));
    }
}

/// A rig's own hashrate says of which algorithm it is, and nothing is rated at nothing.
fn ratings(check: &mut Check<'_>) {
    let farm = check.farm;
    for (range, rig) in &farm.rigs {
        let at = format!("{}/hashrate", pointer(range));
        let Some(hashrate) = rig.hashrate else { continue };
        if hashrate.is_zero() {
            let problem =
                check.problem("farm::rig::no_hashrate", &at, "a rig that does nothing").label("nothing");
            check.push(problem.help("leave `hashrate` out for the model's, or take the rig out of the file"));
        }
        if let Some(model) = farm.model(&rig.model).filter(|model| model.algorithms.len() > 1) {
            let names: Vec<String> =
                model.algorithms.keys().map(|algorithm| format!("`{algorithm}`")).collect();
            let message =
                format!("`{}` has several algorithms, and this does not say which it is of", rig.model);
            let problem =
                check.problem("farm::rig::which_algorithm", &at, message).label("of which algorithm?");
            check.push(problem.help(format!("add a model of its own that rates {}", names.join(" and "))));
        }
    }
    for (name, model) in &farm.models {
        for (algorithm, rating) in &model.algorithms {
            if rating.hashrate.is_zero() {
                let at = format!("/models/{name}/algorithms/{algorithm}/hashrate");
                let problem = check
                    .problem("farm::rig::no_hashrate", &at, "a model that does nothing")
                    .label("nothing");
                check.push(problem.help("leave out what it does not mine"));
            }
        }
    }
}

/// Every listener has a port of its own, and every site a hub.
fn hubs(check: &mut Check<'_>) {
    let farm = check.farm;
    for (hub, entry) in &farm.hubs {
        let mut seen: HashMap<std::net::SocketAddr, String> = HashMap::new();
        for (name, listener) in &entry.listeners {
            let at = format!("/hubs/{hub}/listeners/{name}/bind");
            match seen.get(&listener.bind.socket()) {
                Some(first) => {
                    let problem = check
                        .problem("farm::hub::same_port", &at, "two listeners of one hub share a port")
                        .label("the same");
                    let problem = check.with(problem, check.place(first), "as this one");
                    check.push(problem.help("give each listener a port of its own"));
                }
                None => drop(seen.insert(listener.bind.socket(), at)),
            }
        }
    }
    let everywhere = farm.hubs.values().any(|hub| hub.sites.is_empty());
    if everywhere || farm.hubs.is_empty() || check.is_faulty("/hubs") {
        return;
    }
    for site in farm.sites.keys() {
        if !farm.hubs.values().any(|hub| hub.sites.contains(site)) {
            let message = format!("no hub serves `{site}`");
            let problem = check
                .problem_at_key("farm::hub::no_hub", &format!("/sites/{site}"), message)
                .label("without a hub");
            check.push(
                problem
                    .warning()
                    .help("add it to the `sites` of a hub, or leave a hub's `sites` out for all"),
            );
        }
    }
}
