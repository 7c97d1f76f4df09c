//! The farm in the numbers of the scheduler: who is eligible for what, who is pinned where. Rigs and rentals are
//! numbered in the order of their names, so the order of the file changes no decision.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use exchange::time::Timestamp;
use schema::api::OverrideAction;
use schema::farm::{Algorithm, Farm, Rental, Spread};
use schema::inventory::{Inventory, Owner, ResolvedRig};

use crate::label::{is_running, label};
use crate::outage::Group;
use crate::schedule::ALGORITHM;
use crate::schedule::{
    problem, problem::Class, problem::Demand, problem::Fitness, problem::Prefer, problem::Problem,
};
use crate::terms::Terms;

/// No site or rack.
pub(crate) const NOWHERE: u32 = u32::MAX;

/// One rig.
#[derive(Debug, Clone)]
pub struct RosterRig {
    /// Its name.
    pub name: Arc<str>,
    /// Its place in the inventory.
    pub inventory: usize,
    /// What it should do, hashes per second.
    pub hashrate: f64,
    /// What it draws meanwhile, milliwatts; `None` where the farm file does not say.
    pub power: Option<u64>,
    /// Its site, by number.
    pub site: Option<u32>,
    /// Its rack, by number.
    pub rack: Option<u32>,
    class: u32,
    pinned: Option<u32>,
    out: bool,
}

/// One rental that runs.
#[derive(Debug, Clone)]
pub struct RosterRental {
    /// `customer/rental`.
    pub label: Arc<str>,
    /// The customer, by number.
    pub customer: u32,
    /// Where it is in [`Farm::rentals`].
    pub number: usize,
    /// What was agreed; `None` for rigs by name.
    pub terms: Option<Terms>,
    /// Shortest time that a rig stays where it was put, microseconds.
    pub slice_min: i64,
    /// How long a rig must be healthy before it is trusted again.
    pub healthy_for: Duration,
    demand: Demand,
}

impl RosterRental {
    /// The higher is served first.
    pub fn priority(&self) -> i32 {
        self.demand.priority
    }
}

/// The farm in numbers.
#[derive(Debug, Clone, Default)]
pub struct Roster {
    rigs: Vec<RosterRig>,
    rentals: Vec<RosterRental>,
    classes: Vec<Class>,
    sites: Vec<String>,
    racks: Vec<String>,
    customers: Vec<String>,
    by_inventory: Vec<u32>,
    by_label: HashMap<Arc<str>, u32>,
}

/// Rates of the scheduler count thousands of hashes per second.
pub fn rate(hashes_per_second: f64) -> u64 {
    (hashes_per_second / 1e3).round().clamp(0.0, 1e18) as u64
}

/// Back from rates of the scheduler to hashes per second.
pub fn hashes(rate: u64) -> f64 {
    rate as f64 * 1e3
}

impl Roster {
    /// Of the rentals that run at `at`, and the overrides in force.
    pub fn new(farm: &Farm, inventory: &Inventory, overrides: &[OverrideAction], at: Timestamp) -> Roster {
        let mut roster = Roster::default();
        roster.add_rentals(farm, at);
        let mut order: Vec<usize> = (0..inventory.len()).collect();
        let all = inventory.rigs();
        order.sort_by(|a, b| all[*a].name.as_str().cmp(all[*b].name.as_str()));
        roster.by_inventory = vec![0; all.len()];
        let mut names = Numbers::default();
        let mut classes = Eligibility::new(farm, &roster.rentals);
        for (n, inventory) in order.into_iter().enumerate() {
            let rig = &all[inventory];
            roster.by_inventory[inventory] = n as u32;
            let site = rig.site.as_ref().map(|site| names.sites.number(site.as_str()));
            let place = |rack: &str| format!("{}/{rack}", rig.site.as_ref().map_or("", |site| site.as_str()));
            let rack = rig.rack.as_ref().map(|rack| names.racks.number(&place(rack.as_str())));
            roster.rigs.push(RosterRig {
                name: rig.name.clone().into(),
                inventory,
                hashrate: rig.hashrate(ALGORITHM).hashes_per_second(),
                power: rig.power(ALGORITHM).map(crate::power_limit::draw),
                site,
                rack,
                class: classes.class_of(rig),
                pinned: None,
                out: false,
            });
        }
        roster.classes = classes.classes;
        roster.sites = names.sites.list;
        roster.racks = names.racks.list;
        roster.pin(farm, overrides);
        roster
    }

    fn add_rentals(&mut self, farm: &Farm, at: Timestamp) {
        let mut customers = Numbers::default().sites;
        // The house is a customer of its own: its pools can fail, too.
        customers.number(exchange::label::HOUSE);
        let mut rentals: Vec<RosterRental> = farm
            .rentals()
            .enumerate()
            .filter(|(_, (_, _, rental))| is_running(farm, rental, at))
            .filter(|(_, (_, _, rental))| rental.hashrate.is_none() || rental.algorithm() == ALGORITHM)
            .map(|(number, (customer, name, rental))| {
                let policy = farm.policy(&rental.policy);
                RosterRental {
                    label: label(customer, name),
                    customer: customers.number(customer.as_str()),
                    number,
                    terms: Terms::of(farm, rental),
                    slice_min: (policy.spares.slice_min.seconds_f64() * 1e6) as i64,
                    healthy_for: Duration::from_secs_f64(policy.back.healthy_for.seconds_f64()),
                    demand: demand(farm, rental),
                }
            })
            .collect();
        rentals.sort_by(|a, b| a.label.cmp(&b.label));
        self.by_label = rentals.iter().enumerate().map(|(n, line)| (line.label.clone(), n as u32)).collect();
        self.rentals = rentals;
        self.customers = customers.list;
    }

    /// Rigs by name, and overrides, which come first.
    fn pin(&mut self, farm: &Farm, overrides: &[OverrideAction]) {
        let by_name: HashMap<Arc<str>, usize> =
            self.rigs.iter().enumerate().map(|(n, rig)| (rig.name.clone(), n)).collect();
        for action in overrides {
            match action {
                OverrideAction::OutOfService { rig } => {
                    if let Some(n) = by_name.get(rig.as_str()) {
                        self.rigs[*n].out = true;
                    }
                }
                OverrideAction::Lend { rig, rental } => {
                    if let (Some(n), Some(to)) =
                        (by_name.get(rig.as_str()), self.by_label.get(rental.as_str()))
                    {
                        self.rigs[*n].pinned.get_or_insert(*to);
                    }
                }
                OverrideAction::Pool { .. } => {}
            }
        }
        for (customer, name, rental) in farm.rentals().filter(|(_, _, rental)| !rental.dedicated.is_empty()) {
            let Some(to) = self.by_label.get(&*label(customer, name)).copied() else { continue };
            for rig in rental.dedicated.iter().flat_map(|range| range.names()) {
                if let Some(n) = by_name.get(rig.as_str()) {
                    self.rigs[*n].pinned.get_or_insert(to);
                }
            }
        }
    }

    /// Its rigs, in the order of their names.
    pub fn rigs(&self) -> &[RosterRig] {
        &self.rigs
    }

    /// The rentals that run, in the order of their labels.
    pub fn rentals(&self) -> &[RosterRental] {
        &self.rentals
    }

    /// A rental by its label.
    pub fn rental(&self, label: &str) -> Option<u32> {
        self.by_label.get(label).copied()
    }

    /// The number of the rig at this place of the inventory.
    pub fn of_inventory(&self, inventory: usize) -> u32 {
        self.by_inventory[inventory]
    }

    /// A site by number.
    pub fn site(&self, site: u32) -> &str {
        &self.sites[site as usize]
    }

    /// The number of a site that rigs stand at.
    pub fn site_number(&self, name: &str) -> Option<u32> {
        number_of(&self.sites, name)
    }

    /// A rack by number: `site/rack`.
    pub fn rack(&self, rack: u32) -> &str {
        &self.racks[rack as usize]
    }

    /// A customer by number; 0 is the house.
    pub fn customer(&self, customer: u32) -> &str {
        &self.customers[customer as usize]
    }

    /// The number of a rig by its name.
    pub fn rig(&self, name: &str) -> Option<u32> {
        self.rigs.binary_search_by(|rig| (*rig.name).cmp(name)).ok().map(|n| n as u32)
    }

    /// The same site, rack or customer in another roster, by its name.
    pub fn group_in(&self, group: Group, other: &Roster) -> Option<Group> {
        match group {
            Group::Site(site) => other.site_number(self.site(site)).map(Group::Site),
            Group::Rack(rack) => number_of(&other.racks, self.rack(rack)).map(Group::Rack),
            Group::Customer(customer) => {
                number_of(&other.customers, self.customer(customer)).map(Group::Customer)
            }
        }
    }

    /// An operator has taken this rig out of service.
    pub fn is_out(&self, rig: u32) -> bool {
        self.rigs[rig as usize].out
    }

    /// What is to be solved. `fit` says how fit each rig is, `home` where it belongs, if anywhere.
    pub fn problem(&self, fit: impl Fn(u32) -> Fitness, home: impl Fn(u32) -> Option<u32>) -> Problem {
        let rigs = self.rigs.iter().enumerate().map(|(n, rig)| problem::Rig {
            class: rig.class,
            rate: rate(rig.hashrate),
            site: rig.site.unwrap_or(NOWHERE),
            rack: rig.rack.unwrap_or(NOWHERE),
            pinned: rig.pinned,
            home: home(n as u32),
            fitness: if rig.out { Fitness::Out } else { fit(n as u32) },
        });
        // However small a rental is, one suspect can be made good, and rigs come whole.
        let largest = self.rigs.iter().map(|rig| rate(rig.hashrate)).max().unwrap_or(0);
        let demand = |line: &RosterRental| {
            let extra_max = line.demand.extra_max.max(largest.saturating_mul(2));
            Demand { extra_max, ..line.demand.clone() }
        };
        Problem {
            rigs: rigs.collect(),
            classes: self.classes.clone(),
            rentals: self.rentals.iter().map(demand).collect(),
        }
    }
}

fn number_of(list: &[String], name: &str) -> Option<u32> {
    list.iter().position(|known| known == name).map(|number| number as u32)
}

fn demand(farm: &Farm, rental: &Rental) -> Demand {
    let contracted = rental.hashrate.map_or(0.0, |hashrate| hashrate.hashes_per_second());
    let spares = farm.policy(&rental.policy).spares;
    Demand {
        target: rate(contracted),
        priority: rental.priority,
        spread: rental.serve_from.as_ref().and_then(|from| from.spread).map(|spread| match spread {
            Spread::Rack => problem::Spread::Rack,
            Spread::Site => problem::Spread::Site,
        }),
        prefer: match spares.prefer {
            schema::farm::policy::Prefer::SameRack => Prefer::SameRack,
            schema::farm::policy::Prefer::SameSite => Prefer::SameSite,
            schema::farm::policy::Prefer::OtherSite => Prefer::OtherSite,
            schema::farm::policy::Prefer::Any => Prefer::Any,
        },
        extra_max: rate(contracted * spares.extra_max.fraction()),
    }
}

/// Numbers for names, in the order of their first use.
#[derive(Default)]
struct Numbered {
    list: Vec<String>,
    by_name: HashMap<String, u32>,
}

impl Numbered {
    fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.by_name.get(name) {
            return *number;
        }
        let number = self.list.len() as u32;
        self.list.push(name.to_owned());
        self.by_name.insert(name.to_owned(), number);
        number
    }
}

#[derive(Default)]
struct Numbers {
    sites: Numbered,
    racks: Numbered,
}

/// What decides for whom a rig may work.
#[derive(PartialEq, Eq, Hash, Clone)]
struct Kind {
    owner: Owner,
    site: Option<schema::name::SiteName>,
    rack: Option<schema::name::RackName>,
    model: schema::name::ModelName,
    tags: Arc<[schema::name::Tag]>,
    able: Vec<Algorithm>,
    /// Rentals that exclude it by its name.
    barred: Vec<u32>,
}

/// Finds the class of each rig. Rigs of one kind are looked at once.
struct Eligibility<'a> {
    rentals: Vec<(u32, &'a Rental)>,
    /// Those that exclude rigs by name, as indices of `rentals`.
    excluding: Vec<usize>,
    known: HashMap<Kind, u32>,
    by_rentals: BTreeMap<Vec<u32>, u32>,
    classes: Vec<Class>,
}

impl<'a> Eligibility<'a> {
    fn new(farm: &'a Farm, lines: &[RosterRental]) -> Self {
        let all: Vec<&Rental> = farm.rentals().map(|(_, _, rental)| rental).collect();
        let rentals = lines.iter().enumerate().map(|(n, line)| (n as u32, all[line.number]));
        let rentals: Vec<_> = rentals.filter(|(_, rental)| rental.hashrate.is_some()).collect();
        let excludes =
            |rental: &Rental| rental.serve_from.as_ref().is_some_and(|from| !from.exclude.is_empty());
        Self {
            excluding: (0..rentals.len()).filter(|n| excludes(rentals[*n].1)).collect(),
            rentals,
            known: HashMap::new(),
            by_rentals: BTreeMap::new(),
            classes: Vec::new(),
        }
    }

    fn barred(&self, rig: &ResolvedRig) -> Vec<u32> {
        let excludes = |rental: &Rental| {
            let from = rental.serve_from.as_ref();
            from.is_some_and(|from| from.exclude.iter().any(|range| range.contains(&rig.name)))
        };
        self.excluding.iter().filter(|n| excludes(self.rentals[**n].1)).map(|n| self.rentals[*n].0).collect()
    }

    fn class_of(&mut self, rig: &ResolvedRig) -> u32 {
        let able = rig.algorithms.iter().filter(|can| !can.hashrate.is_zero()).map(|can| can.algorithm);
        let kind = Kind {
            owner: rig.owner.clone(),
            site: rig.site.clone(),
            rack: rig.rack.clone(),
            model: rig.model.clone(),
            tags: rig.tags.clone(),
            able: able.collect(),
            barred: self.barred(rig),
        };
        if let Some(class) = self.known.get(&kind) {
            return *class;
        }
        let may: Vec<u32> = self
            .rentals
            .iter()
            .filter(|(_, rental)| !rig.hashrate(rental.algorithm()).is_zero() && rig.may_serve(rental))
            .map(|(n, _)| *n)
            .collect();
        let next = self.classes.len() as u32;
        let class = *self.by_rentals.entry(may.clone()).or_insert(next);
        if class == next {
            self.classes.push(Class { rentals: may });
        }
        self.known.insert(kind, class);
        class
    }
}
