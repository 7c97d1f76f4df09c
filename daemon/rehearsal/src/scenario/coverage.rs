//! What scenarios have exercised: policies whose rentals lost or gained a rig, and lists of pools that had to
//! give the work on. What no scenario touches is only hoped to work.

use std::collections::{BTreeMap, BTreeSet};

use exchange::event::EventKind;
use exchange::time::Timestamp;
use schema::farm::Farm;
use serde::Serialize;

use super::policy_of;
use crate::world::World;

/// What was exercised by one scenario, or by several together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    policies: BTreeSet<String>,
    /// Whose pools, and which of them had the work.
    lists: BTreeMap<String, BTreeSet<String>>,
}

/// A policy, and the scenarios that exercised it.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct PolicyUse {
    /// Its name.
    pub policy: String,
    /// Rentals under it.
    pub rentals: Vec<String>,
    /// Scenarios in which one of these lost or gained a rig.
    pub exercised_by: Vec<String>,
}

/// A list of pools, and the scenarios that exercised it.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct ListUse {
    /// `house` or the customer.
    pub account: String,
    /// The pools in order.
    pub pools: Vec<String>,
    /// Scenarios in which the work went to another pool.
    pub exercised_by: Vec<String>,
}

impl Coverage {
    pub(super) fn of(world: &World, zero: Timestamp) -> Self {
        let farm = &world.desired().farm;
        let mut coverage = Coverage::default();
        for (label, rental) in &world.record().rentals {
            if rental.came.iter().chain(&rental.left).any(|at| *at >= zero)
                && let Some(policy) = policy_of(farm, label)
            {
                coverage.policies.insert(policy.to_string());
            }
        }
        for event in world.record().events.iter().filter(|event| event.at >= zero) {
            if event.kind == EventKind::PoolFailover || event.kind == EventKind::PoolReturned {
                let account = event.subject.strip_prefix("customer/").unwrap_or(&event.subject);
                let list = coverage.lists.entry(account.to_owned()).or_default();
                list.extend(event.fields.get("to").cloned());
            }
        }
        coverage
    }

    /// Which policies and lists of a farm these scenarios exercised.
    pub fn table<'a>(
        farm: &Farm,
        played: impl Iterator<Item = (&'a str, &'a Coverage)> + Clone,
    ) -> (Vec<PolicyUse>, Vec<ListUse>) {
        let mut policies: BTreeMap<String, Vec<String>> =
            farm.policies.keys().map(|name| (name.to_string(), Vec::new())).collect();
        for (customer, name, rental) in farm.rentals() {
            policies.entry(rental.policy.to_string()).or_default().push(format!("{customer}/{name}"));
        }
        let policies = policies
            .into_iter()
            .map(|(policy, rentals)| PolicyUse {
                exercised_by: played
                    .clone()
                    .filter(|(_, coverage)| coverage.policies.contains(&policy))
                    .map(|(name, _)| name.to_owned())
                    .collect(),
                policy,
                rentals,
            })
            .collect();
        let customers = farm.customers.iter().map(|(name, customer)| (name.to_string(), &customer.pools));
        let lists = std::iter::once(("house".to_owned(), &farm.house.pools))
            .chain(customers)
            // One pool is nothing to choose from.
            .map(|(account, pools)| {
                let usable = pools.iter().filter(|used| {
                    farm.pools.get(&used.pool).is_some_and(|pool| pool.algorithm == farm::schedule::ALGORITHM)
                });
                (account, usable.map(|used| used.pool.to_string()).collect::<Vec<_>>())
            })
            .filter(|(_, pools)| pools.len() > 1)
            .map(|(account, pools)| ListUse {
                exercised_by: played
                    .clone()
                    .filter(|(_, coverage)| coverage.lists.contains_key(&account))
                    .map(|(name, _)| name.to_owned())
                    .collect(),
                account,
                pools,
            })
            .collect();
        (policies, lists)
    }
}
