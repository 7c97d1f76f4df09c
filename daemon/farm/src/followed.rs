//! Whether what operators asked for is done now, and why where it is not.

use exchange::failover::Health;
use exchange::label::{HOUSE, PARKED};
use exchange::snapshot::RouteFacts;
use schema::api::{OverrideAction, OverrideDoc, OverrideState};

use crate::label::label;
use crate::live::Live;

/// Notes it at every override that is in force. All of them must be among these, oldest first.
pub fn note(live: &Live, overrides: &mut [OverrideDoc]) {
    let is_active = |doc: &&OverrideDoc| doc.state == OverrideState::Active;
    let in_force: Vec<(u64, OverrideAction)> =
        overrides.iter().filter(is_active).map(|doc| (doc.id, doc.action.clone())).collect();
    for doc in overrides.iter_mut().filter(|doc| doc.state == OverrideState::Active) {
        let why = why_not(live, &in_force, doc);
        (doc.followed, doc.why) = (Some(why.is_none()), why);
    }
}

/// Whether an override of a customer's pool, or one rental's, is about the route of this name.
pub(crate) fn is_about(customer: &str, rental: Option<&str>, account: &str, route: &str) -> bool {
    match rental {
        Some(rental) => route.strip_prefix(customer).and_then(|rest| rest.strip_prefix('/')) == Some(rental),
        None => account == customer,
    }
}

fn why_not(live: &Live, in_force: &[(u64, OverrideAction)], doc: &OverrideDoc) -> Option<String> {
    match &doc.action {
        OverrideAction::Pool { customer, rental, pool } => {
            why_not_at(live, in_force, doc.id, (customer, rental.as_deref(), pool))
        }
        OverrideAction::OutOfService { rig } => no_such_rig(live, rig),
        OverrideAction::Lend { rig, rental } => no_such_rig(live, rig).or_else(|| {
            let farm = &live.desired.as_ref()?.farm;
            if !farm.rentals().any(|(customer, name, _)| *label(customer, name) == **rental) {
                return Some(format!("the farm file has no rental {rental}"));
            }
            let other = in_force.iter().find_map(|(id, action)| match action {
                OverrideAction::OutOfService { rig: other } if other == rig => {
                    Some(format!("override {id} takes {rig} out of service"))
                }
                OverrideAction::Lend { rig: other, rental: to } if other == rig && *id < doc.id => {
                    (to != rental).then(|| format!("override {id} was made before, and lends {rig} to {to}"))
                }
                _ => None,
            });
            other.or_else(|| match live.assignment.labels.get(rig.as_str()).map(|label| &**label) {
                Some(label) if label == rental => None,
                Some(PARKED) => Some(format!("the site of {rig} must draw less")),
                Some(label) => Some(format!("{rig} works for {label}")),
                None => Some(format!("{rig} works for nobody yet")),
            })
        }),
    }
}

fn no_such_rig(live: &Live, rig: &str) -> Option<String> {
    let rigs = live.desired.as_ref().map_or(&[][..], |desired| desired.inventory.rigs());
    (!rigs.iter().any(|other| other.name.as_str() == rig)).then(|| format!("the farm file has no rig {rig}"))
}

/// Why an override of a pool is not followed.
fn why_not_at(
    live: &Live,
    in_force: &[(u64, OverrideAction)],
    id: u64,
    (customer, rental, pool): (&str, Option<&str>, &str),
) -> Option<String> {
    let snapshot = &live.snapshot;
    let routes: Vec<&RouteFacts> = snapshot
        .routes
        .iter()
        .filter(|route| is_about(customer, rental, account_of(&route.label), &route.label))
        .collect();
    if routes.is_empty() {
        let whom = rental.map_or_else(|| customer.to_owned(), |rental| format!("{customer}/{rental}"));
        return Some(format!("the hub has no work of {whom}"));
    }
    let named =
        |name: &str| snapshot.pools.iter().find(|facts| &*facts.account == customer && &*facts.pool == name);
    let Some(facts) = named(pool) else { return Some(format!("{customer} has no pool {pool} any more")) };
    // The last that can be followed holds, route by route.
    let holds = |route: &RouteFacts| {
        in_force.iter().rev().find_map(|(id, action)| match action {
            OverrideAction::Pool { customer: whose, rental, pool } => {
                let is_its = is_about(whose, rental.as_deref(), account_of(&route.label), &route.label);
                (is_its && named(pool).is_some()).then_some(*id)
            }
            _ => None,
        })
    };
    let (ours, others): (Vec<&RouteFacts>, Vec<&RouteFacts>) =
        routes.into_iter().partition(|route| holds(route) == Some(id));
    if ours.is_empty() {
        let other = others.into_iter().find_map(holds)?;
        return Some(format!("override {other} was made later, and holds instead"));
    }
    let elsewhere = ours.into_iter().find(|route| route.pool.as_deref() != Some(pool))?;
    let place = match &elsewhere.pool {
        Some(other) => format!("{} mines at {other}", elsewhere.label),
        None => format!("{} has no pool that takes work", elsewhere.label),
    };
    Some(match facts.health {
        Health::Unhealthy(_, fault) => {
            let said = if facts.words.is_empty() { String::new() } else { format!(" ({})", facts.words) };
            format!("{pool} {}{said}: {place} meanwhile", fault.words())
        }
        Health::Healthy(_) => format!("{place} yet"),
    })
}

/// Whose work goes by a route of this name.
fn account_of(route: &str) -> &str {
    route.split_once('/').map_or(HOUSE, |(customer, _)| customer)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use exchange::failover::PoolFault;
    use exchange::meter::Reading;
    use exchange::snapshot::{PoolFacts, Snapshot};
    use exchange::time::Timestamp;

    use super::*;
    use crate::sample::pool_facts;

    fn doc(id: u64, rental: Option<&str>, pool: &str) -> OverrideDoc {
        let rental = rental.map(str::to_owned);
        OverrideDoc {
            id,
            action: OverrideAction::Pool { customer: "alice".into(), rental, pool: pool.into() },
            reason: "a test".into(),
            by: "somebody".into(),
            from: String::new(),
            until: String::new(),
            state: OverrideState::Active,
            ended_by: None,
            ended_at: None,
            followed: None,
            why: None,
        }
    }

    /// Alice's rentals with the pools that get their work, and those of her pools that are unhealthy.
    fn live(routes: &[(&str, Option<&str>)], unhealthy: &[&str]) -> Live {
        let mut live = Live::new(Timestamp::default(), 1.0);
        let at = Timestamp::default();
        let pool = |name: &str| match unhealthy.contains(&name) {
            true => PoolFacts {
                words: "who is this?".into(),
                ..pool_facts(name, Health::Unhealthy(at, PoolFault::Unauthorized))
            },
            false => pool_facts(name, Health::Healthy(at)),
        };
        let route = |(label, pool): &(&str, Option<&str>)| RouteFacts {
            label: (*label).into(),
            reading: Reading::NONE,
            pool: pool.map(Into::into),
            passage: Default::default(),
            rejected: Default::default(),
        };
        live.snapshot = Arc::new(Snapshot {
            routes: routes.iter().map(route).collect(),
            pools: ["a", "b", "c"].map(pool).into(),
            ..Snapshot::default()
        });
        live
    }

    fn told(live: &Live, mut docs: Vec<OverrideDoc>) -> Vec<(bool, String)> {
        note(live, &mut docs);
        docs.into_iter()
            .map(|doc| (doc.followed.expect("it is in force"), doc.why.unwrap_or_default()))
            .collect()
    }

    #[test]
    fn an_override_says_whether_it_is_followed_and_why_not() {
        let both = |at| [("house", Some("h")), ("alice/gold", Some(at)), ("alice/own", Some(at))];
        assert_eq!(told(&live(&both("b"), &[]), vec![doc(1, None, "b")]), [(true, String::new())]);
        assert_eq!(
            told(&live(&both("a"), &["b"]), vec![doc(1, None, "b")]),
            [(false, "b refuses the worker (who is this?): alice/gold mines at a meanwhile".into())]
        );
        assert_eq!(
            told(&live(&both("c"), &[]), vec![doc(1, None, "b"), doc(2, None, "c")]),
            [(false, "override 2 was made later, and holds instead".into()), (true, String::new())]
        );
        // One for a rental leaves the other rentals to the one for the customer.
        let routes = [("alice/gold", Some("c")), ("alice/own", Some("b"))];
        let docs = vec![doc(1, None, "b"), doc(2, Some("gold"), "c")];
        assert_eq!(told(&live(&routes, &[]), docs), [(true, String::new()), (true, String::new())]);
        // One that names a pool that is gone gives way.
        let docs = vec![doc(1, None, "b"), doc(2, None, "z")];
        assert_eq!(
            told(&live(&both("b"), &[]), docs),
            [(true, String::new()), (false, "alice has no pool z any more".into())]
        );
        assert_eq!(
            told(&live(&both("b"), &[]), vec![doc(1, Some("go"), "b")]),
            [(false, "the hub has no work of alice/go".into())]
        );
        let mut over = vec![OverrideDoc { state: OverrideState::Expired, ..doc(1, None, "b") }];
        note(&live(&both("b"), &[]), &mut over);
        assert_eq!((over[0].followed, &over[0].why), (None, &None));
    }
}
