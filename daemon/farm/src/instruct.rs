//! From an accepted farm file and an assignment to the orders that a hub follows.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use exchange::endpoint::{Endpoint, Trust};
use exchange::failover::FailoverThresholds;
use exchange::label::HOUSE;
use exchange::orders::{
    Account, Identities, Orders, OrdersChange, PoolEntry, RigOrder, Route, Unknown, UserTemplate,
};
use exchange::watch::{Detect, Rule};
use schema::api::OverrideAction;
use schema::farm::{Farm, Hub, Policy, PoolUse, UnknownRigs, Workers};
use schema::inventory::{Identity, Inventory};
use schema::secret::SecretRef;
use schema::unit::{Odds, Span};

use crate::assignment::{Assignment, AssignmentChange, RigChange};
use crate::followed::is_about;
use crate::label::label;
use crate::schedule::ALGORITHM;

/// A secret could not be read where the daemon runs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the pool `{pool}` of {whose} cannot be used: {why}")]
pub struct SecretMissing {
    /// `house` or the customer.
    pub whose: String,
    /// The pool.
    pub pool: String,
    /// What went wrong.
    pub why: String,
}

/// What orders depend on.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The farm file,
    pub farm: &'a Farm,
    /// and its rigs.
    pub inventory: &'a Inventory,
    /// The hub that is to follow the orders.
    pub hub: &'a Hub,
    /// Who works for whom.
    pub assignment: &'a Assignment,
    /// Rigs that are part of something larger that failed.
    pub excused: &'a BTreeSet<Arc<str>>,
    /// Overrides of operators in force.
    pub overrides: &'a [OverrideAction],
    /// Of the farm file.
    pub generation: u64,
    /// Of the assignment.
    pub epoch: u64,
    /// What a simulated rig really does of its nominal hashrate, one otherwise.
    pub scale: f64,
}

/// Makes orders. A pool whose password cannot be read is left out and named: mining at the others goes on.
pub fn orders(
    wanted: &Wanted<'_>,
    secret: &mut dyn FnMut(&SecretRef) -> Result<String, String>,
) -> (Orders, Vec<SecretMissing>) {
    let Wanted { farm, inventory, hub, assignment, excused, overrides, generation, epoch, scale } = *wanted;
    let mut missing = Vec::new();
    let mut entries = |whose: &str, uses: &[PoolUse]| -> Vec<Arc<PoolEntry>> {
        uses.iter()
            .filter_map(|used| {
                let pool = farm.pools.get(&used.pool).filter(|pool| pool.algorithm == ALGORITHM)?;
                let endpoints: Vec<Endpoint> =
                    pool.urls.iter().filter_map(|url| Endpoint::parse(url.as_ref()).ok()).collect();
                if endpoints.is_empty() {
                    return None;
                }
                let read = trust(pool, secret).and_then(|trust| {
                    let password = secret(&used.password).map_err(|why| format!("its password: {why}"))?;
                    Ok((trust, password))
                });
                match read {
                    Ok((trust, password)) => Some(Arc::new(PoolEntry {
                        pool: used.pool.clone().into(),
                        endpoints: endpoints
                            .into_iter()
                            .map(|endpoint| Endpoint {
                                trust: trust.clone().filter(|_| endpoint.tls),
                                ..endpoint
                            })
                            .collect(),
                        user: UserTemplate(used.user.to_string().into()),
                        password: password.into(),
                        own_connections: pool.workers == Workers::OwnConnection,
                        reconnect_to: pool.reconnect_to.iter().map(ToString::to_string).collect(),
                    })),
                    Err(why) => {
                        missing.push(SecretMissing { whose: whose.into(), pool: used.pool.to_string(), why });
                        None
                    }
                }
            })
            .collect()
    };
    let mut accounts = vec![Account {
        name: HOUSE.into(),
        pools: entries(HOUSE, &farm.house.pools),
        thresholds: FailoverThresholds::default(),
        standby: 0,
    }];
    let mut routes = vec![
        Route { label: HOUSE.into(), account: 0, pinned: None, rule: Rule::default() },
        Route { label: "quarantine".into(), account: 0, pinned: None, rule: Rule::default() },
    ];
    let mut by_label: HashMap<Arc<str>, usize> = HashMap::from([(HOUSE.into(), 0)]);
    for (name, customer) in &farm.customers {
        let policies = customer.rentals.values().map(|rental| farm.policy(&rental.policy).pools);
        // One customer's pools are one list, so the most impatient of its rentals decides.
        let thresholds = policies
            .clone()
            .map(|pools| FailoverThresholds {
                fail_after: Duration::from_secs_f64(pools.fail_after.seconds_f64()),
                return_after: Duration::from_secs_f64(pools.return_after.seconds_f64()),
            })
            .min_by_key(|thresholds| (thresholds.fail_after, thresholds.return_after))
            .unwrap_or_default();
        let standby = policies.map(|pools| usize::from(pools.standby)).max().unwrap_or(0);
        let account = accounts.len();
        accounts.push(Account {
            name: name.clone().into(),
            pools: entries(name.as_str(), &customer.pools),
            thresholds,
            standby,
        });
        for (rental, terms) in &customer.rentals {
            let label = label(name, rental);
            by_label.insert(label.clone(), routes.len());
            routes.push(Route { label, account, pinned: None, rule: rule(&farm.policy(&terms.policy)) });
        }
    }
    // House pools keep the standby that any customer's rigs may fall back to.
    accounts[0].standby = usize::from(farm.house.pools.len() > 1);
    pin(&mut routes, &accounts, overrides);
    let mut rigs = HashMap::with_capacity(inventory.len());
    let mut identities = Identities::default();
    for rig in inventory.rigs() {
        let name: Arc<str> = rig.name.clone().into();
        let route = assignment.labels.get(&name).and_then(|label| by_label.get(label)).copied().unwrap_or(0);
        let hashrate = rig.hashrate(ALGORITHM).hashes_per_second() * scale;
        match &rig.identify {
            Identity::Name => {}
            Identity::Worker(worker) => {
                identities.worker(worker, name.clone());
            }
            Identity::Password(password) => {
                identities.password(password, name.clone());
            }
            Identity::Address(address) => {
                if let Ok(address) = address.parse() {
                    identities.address(address, name.clone());
                }
            }
        }
        let excused = excused.contains(&name);
        let parked = assignment.is_parked(&name);
        rigs.insert(name, RigOrder { hashrate, route, excused, parked });
    }
    let unknown = match hub.unknown_rigs {
        UnknownRigs::Quarantine => Unknown::Quarantine,
        UnknownRigs::House => Unknown::House,
        UnknownRigs::Reject => Unknown::Reject,
    };
    let per_minute = f64::from(hub.vardiff.shares_per_minute);
    (Orders { generation, epoch, accounts, routes, rigs, identities, unknown, per_minute }, missing)
}

/// What a hub must hear of a change that is not whole: the orders that it leads to are those that [`orders`] makes.
pub fn orders_change(change: &AssignmentChange, epoch: u64) -> OrdersChange {
    let rig = |changed: &RigChange| (changed.rig.clone(), changed.label.clone(), changed.excused);
    OrdersChange { epoch, rigs: change.rigs.iter().map(rig).collect() }
}

/// Whose certificate a pool may show.
fn trust(
    pool: &schema::farm::Pool,
    secret: &mut dyn FnMut(&SecretRef) -> Result<String, String>,
) -> Result<Option<Arc<Trust>>, String> {
    let Some(tls) = &pool.tls else { return Ok(None) };
    let ca =
        tls.ca.as_ref().map(|ca| secret(ca).map_err(|why| format!("its authority's certificate: {why}")));
    let pins = tls.pins.iter().map(|pin| pin.bytes()).collect();
    Ok(Some(Arc::new(Trust { ca: ca.transpose()?.map(Into::into), pins })))
}

/// When a rig fails, by a policy.
fn rule(policy: &Policy) -> Rule {
    let span = |span: Span| Duration::from_secs_f64(span.seconds_f64().max(0.0));
    let days = |odds: Odds| Duration::from_secs_f64((86_400.0 / odds.per_rig_day()).clamp(1.0, 1e15));
    let detect = match &policy.detect {
        schema::farm::policy::Detect::Likelihood { healthy_min, suspect, degraded } => Detect::Likelihood {
            healthy_min: healthy_min.fraction(),
            suspect: days(*suspect),
            degraded: days(*degraded),
        },
        schema::farm::policy::Detect::Window { period, degraded_below, offline_after } => Detect::Window {
            period: span(*period),
            degraded_below: degraded_below.fraction(),
            silent_after: span(*offline_after),
        },
    };
    Rule { detect, healthy_for: span(policy.back.healthy_for), relapse_max: span(policy.back.relapse_max) }
}

/// Overrides for pools.
fn pin(routes: &mut [Route], accounts: &[Account], overrides: &[OverrideAction]) {
    for action in overrides {
        let OverrideAction::Pool { customer, rental, pool } = action else { continue };
        for route in routes.iter_mut() {
            let account = &accounts[route.account];
            if !is_about(customer, rental.as_deref(), &account.name, &route.label) {
                continue;
            }
            // A wish for a pool that is gone leaves the one before it in force.
            let at = account.pools.iter().position(|entry| *entry.pool == **pool);
            route.pinned = at.or(route.pinned);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{SMALL, farm};

    fn made(overrides: &[OverrideAction], broken: &str) -> (Orders, Vec<SecretMissing>) {
        let farm = farm(SMALL);
        let inventory = Inventory::of(&farm);
        let labels = [("a-1".into(), "alice/gold".into())].into_iter().collect();
        let assignment = Assignment { labels, ..Assignment::default() };
        let hub = farm.hubs.values().next().expect("a farm has a hub");
        let broken = broken.to_owned();
        let wanted = Wanted {
            farm: &farm,
            inventory: &inventory,
            hub,
            assignment: &assignment,
            excused: &BTreeSet::from(["a-2".into()]),
            overrides,
            generation: 3,
            epoch: 7,
            scale: 1e-9,
        };
        orders(&wanted, &mut |secret| {
            if broken.is_empty() { Ok(format!("{secret:?}")) } else { Err(broken.clone()) }
        })
    }

    #[test]
    fn every_rental_has_a_route_and_every_rig_an_order() {
        let (orders, missing) = made(&[], "");
        assert!(missing.is_empty());
        assert_eq!((orders.generation, orders.epoch), (3, 7));
        let labels: Vec<&str> = orders.routes.iter().map(|route| &*route.label).collect();
        assert_eq!(labels, ["house", "quarantine", "alice/gold", "alice/later", "bob/own", "bob/more"]);
        assert_eq!(orders.rigs["a-1"].route, 2);
        assert!((orders.rigs["a-1"].hashrate - 1e5).abs() < 1e-6);
        assert_eq!(orders.rigs["a-2"].route, 0);
        assert!(orders.rigs["a-2"].excused && !orders.rigs["a-1"].excused);
        assert_eq!(orders.accounts[1].pools.len(), 2);
    }

    #[test]
    fn an_override_pins_a_customer_or_one_rental() {
        let action = |rental: Option<&str>| OverrideAction::Pool {
            customer: "alice".into(),
            rental: rental.map(Into::into),
            pool: "p".into(),
        };
        let pinned = |action| {
            let (orders, _) = made(&[action], "");
            orders.routes.iter().map(|route| route.pinned).collect::<Vec<_>>()
        };
        assert_eq!(pinned(action(None)), [None, None, Some(1), Some(1), None, None]);
        assert_eq!(pinned(action(Some("gold"))), [None, None, Some(1), None, None, None]);
    }

    #[test]
    fn a_password_that_cannot_be_read_costs_that_pool_alone() {
        let (orders, missing) = made(&[], "not set");
        assert_eq!(missing.len(), 4);
        assert!(missing[0].to_string().contains("house"));
        assert!(orders.accounts.iter().all(|account| account.pools.is_empty()));
        assert_eq!(orders.rigs.len(), 12);
    }
}
