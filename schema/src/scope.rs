//! Scope: what this release reads, checks and keeps, and does not act on yet. One table, which later
//! releases shrink.

use crate::address::PoolScheme;
use crate::farm::policy::{Excuse, Sla};
use crate::farm::{Algorithm, Curtail, Farm, Policy, Protocol, Site, Tariff};

/// Something in a farm that this release does not act on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idle {
    /// Where it is in the file: `collectors`, `policies.*.detect`.
    pub path: &'static str,
    /// What that means, as a sentence.
    pub sentence: String,
}

/// One row: where, a test that says whether the farm uses it, and what is not done.
type Row = (&'static str, fn(&Farm) -> bool, &'static str);

const TABLE: &[Row] = &[
    (
        "hubs",
        |farm| farm.hubs.len() > 1,
        "several hubs: each daemon runs the one it is started with, and they do not share work yet",
    ),
    (
        "hubs.*.listeners.*.protocol",
        |farm| listeners(farm).any(|listener| listener.protocol == Protocol::StratumV2),
        "Stratum V2 listeners are not opened",
    ),
    (
        "hubs.*.listeners.*.algorithm",
        |farm| listeners(farm).any(|listener| listener.algorithm != Algorithm::Sha256d),
        "listeners of algorithms other than sha256d are not opened",
    ),
    (
        "pools.*.algorithm",
        |farm| farm.pools.values().any(|pool| pool.algorithm != Algorithm::Sha256d),
        "pools of algorithms other than sha256d are not connected",
    ),
    (
        "pools.*.urls",
        |farm| {
            farm.pools.values().any(|pool| pool.urls.iter().any(|url| url.scheme() == PoolScheme::StratumV2))
        },
        "pool URLs that speak Stratum V2 are skipped",
    ),
    (
        "customers.*.rentals.*.algorithm",
        |farm| farm.rentals().any(|(_, _, rental)| rental.algorithm() != Algorithm::Sha256d),
        "rentals of algorithms other than sha256d are not served",
    ),
    ("rigs", other_algorithms, "rigs that mine other algorithms than sha256d get no work"),
    ("rigs.*.owner", |farm| !farm.investors.is_empty(), "what investors earn is not accounted for"),
    (
        "sites.*.power",
        |farm| farm.sites.values().any(|site| site.power.is_some()),
        "the power of sites is not watched",
    ),
    (
        "sites.*.tariff",
        |farm| farm.sites.values().any(|site| site.tariff.is_some()),
        "the cost of energy is not counted",
    ),
    (
        "sites.*.curtail",
        |farm| curtail(farm).any(|rule| rule.price_above.is_some()),
        "limits that depend on the price of energy never hold; those with `when` alone do",
    ),
    (
        "sites.*.climate",
        |farm| farm.sites.values().any(|site| site.climate.is_some()),
        "the climate of sites is not watched",
    ),
    (
        "customers.*.contacts",
        |farm| farm.customers.values().any(|customer| !customer.contacts.is_empty()),
        "customers are not notified",
    ),
    (
        "customers.*.portal",
        |farm| farm.customers.values().any(|customer| customer.portal.is_some()),
        "customers cannot sign in",
    ),
    (
        "customers.*.rentals.*.price",
        |farm| farm.rentals().any(|(_, _, rental)| rental.price.is_some()),
        "rentals are not billed",
    ),
    (
        "policies.*.spares.owners",
        |farm| differs(farm, |policy, standard| policy.spares.owners != standard.spares.owners),
        "every free rig that may serve a rental is a spare, the house's and investors'; `serve_from.owners` says otherwise",
    ),
    (
        "policies.*.show",
        |farm| differs(farm, |policy, standard| policy.show != standard.show),
        "status shows the last ten minutes",
    ),
    (
        "policies.*.sla.credit",
        |farm| sla(farm).any(|sla| sla.credit.is_some()),
        "credits for missed promises are recorded, not paid",
    ),
    (
        "policies.*.sla.excludes",
        |farm| sla(farm).any(|sla| sla.excludes.contains(&Excuse::AnnouncedMaintenance)),
        "announced maintenance cannot be announced yet, so it excuses nothing",
    ),
    (
        "collectors",
        |farm| farm.collectors.is_some(),
        "rigs, pools, meters, sensors and markets are not queried",
    ),
    ("staff", |farm| !farm.staff.is_empty(), "staff have no accounts and no duty"),
    ("alerts", |farm| farm.alerts.is_some(), "nobody is notified"),
    ("investors", |farm| !farm.investors.is_empty(), "investors' profits are not computed or paid"),
    ("money", |farm| farm.money.is_some(), "nothing is paid"),
    ("portal", |farm| farm.portal.is_some(), "there is no portal for customers"),
    (
        "scenarios.*.expect",
        |farm| {
            farm.scenarios.values().flat_map(|scenario| &scenario.expect).any(|expect| expect.alert.is_some())
        },
        "scenarios do not judge alerts, which nobody raises",
    ),
    (
        "windows",
        |farm| !farm.windows.is_empty() && !tariffs(farm),
        "windows are only named by sections that are not acted on",
    ),
];

fn listeners(farm: &Farm) -> impl Iterator<Item = &crate::farm::Listener> {
    farm.hubs.values().flat_map(|hub| hub.listeners.values())
}

fn other_algorithms(farm: &Farm) -> bool {
    let models = farm.rigs.values().filter_map(|rig| farm.model(&rig.model));
    models.into_iter().any(|model| !model.algorithms.contains_key(&Algorithm::Sha256d))
}

/// Tariffs name windows already; saying both would be saying one thing twice. Limits of power are acted on, or
/// say themselves that they are not.
fn tariffs(farm: &Farm) -> bool {
    let time_of_use = |site: &Site| matches!(site.tariff, Some(Tariff::TimeOfUse { .. }));
    farm.sites.values().any(time_of_use) || curtail(farm).any(|rule| rule.when.is_some())
}

fn curtail(farm: &Farm) -> impl Iterator<Item = &Curtail> {
    farm.sites.values().flat_map(|site| &site.curtail)
}

fn sla(farm: &Farm) -> impl Iterator<Item = &Sla> {
    farm.policies.values().filter_map(|policy| policy.sla.as_ref())
}

fn differs(farm: &Farm, differs: fn(&Policy, &Policy) -> bool) -> bool {
    let standard = Policy::default();
    farm.policies.values().any(|policy| differs(policy, &standard))
}

/// What is in this farm that this release does not act on, in the order of the table.
pub fn not_acted_on(farm: &Farm) -> Vec<Idle> {
    let used = TABLE.iter().filter(|(_, uses, _)| uses(farm));
    used.map(|(path, _, sentence)| Idle { path, sentence: (*sentence).to_owned() }).collect()
}

impl std::fmt::Display for Idle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.path, self.sentence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_curtailment_only_what_waits_for_a_price_is_left_out() {
        let about = |rules: &str| -> Vec<&str> {
            let text = format!(
                r#"{{"apiVersion": "stratum.farm/v1", "kind": "Farm", "name": "t",
                    "pools": {{"p": {{"urls": ["stratum+tcp://p.example:3333"]}}}},
                    "windows": {{"peak": "daily 16:00..20:00"}}, "sites": {{"hall": {{"curtail": {rules}}}}},
                    "rigs": {{}}, "house": {{"pools": [{{"pool": "p", "user": "h"}}]}}}}"#
            );
            let farm: Farm = serde_json::from_str(&text).unwrap();
            not_acted_on(&farm).iter().map(|idle| idle.path).collect()
        };
        assert_eq!(about(r#"[{"when": "peak", "power_max": "1 kW"}]"#), [""; 0]);
        let priced = r#"[{"when": "peak", "price_above": "1 USD/kWh", "power_max": "1 kW"}]"#;
        assert_eq!(about(priced), ["sites.*.curtail"]);
        assert_eq!(about("[]"), ["windows"]);
    }

    #[test]
    fn every_row_names_something_the_schema_has() {
        for (path, _, _) in TABLE {
            assert!(crate::explain(path).is_some(), "{path}");
        }
    }
}
