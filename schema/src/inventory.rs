//! Ranges expanded: every rig of the farm by itself, in the order of the file. Texts that rigs have
//! in common are shared, so a hundred thousand of them stay small.

use std::collections::HashMap;
use std::sync::Arc;

use crate::farm::{Algorithm, Farm, Identify, Rental, Rig};
use crate::name::{CustomerName, InvestorName, ModelName, OwnerName, RackName, RigName, SiteName, Tag};
use crate::unit::{Hashrate, Power};

/// Every rig of a farm.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Inventory {
    rigs: Vec<ResolvedRig>,
}

/// One rig with everything that is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct ResolvedRig {
    /// Its name.
    pub name: RigName,
    /// Its model.
    pub model: ModelName,
    /// Its site.
    pub site: Option<SiteName>,
    /// Its rack.
    pub rack: Option<RackName>,
    /// Its own address.
    pub address: Option<Arc<str>>,
    /// Its tags, in the order of the file.
    pub tags: Arc<[Tag]>,
    /// Whose it is.
    pub owner: Owner,
    /// Machines behind it.
    pub units: u32,
    /// What it does; all its machines together.
    pub algorithms: Arc<[Capability]>,
    /// How it is known.
    pub identify: Identity,
}

/// What a rig does with one algorithm, all its machines together.
#[derive(Debug, Clone, PartialEq)]
pub struct Capability {
    /// The algorithm.
    pub algorithm: Algorithm,
    /// Its hashrate.
    pub hashrate: Hashrate,
    /// The power it draws.
    pub power: Option<Power>,
}

/// Whose a rig is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Owner {
    /// Ours.
    House,
    /// A customer's, hosted here.
    Customer(CustomerName),
    /// An investor's, who shares what it earns.
    Investor(InvestorName),
}

/// How a rig is known.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Identity {
    /// Its name is the worker, alone or after the first dot.
    Name,
    /// The worker it sends, whole.
    Worker(Arc<str>),
    /// The password it sends.
    Password(Arc<str>),
    /// The address it connects from.
    Address(Arc<str>),
}

impl ResolvedRig {
    /// What it does with this algorithm, nothing if it cannot.
    pub fn hashrate(&self, algorithm: Algorithm) -> Hashrate {
        let capability = self.algorithms.iter().find(|capability| capability.algorithm == algorithm);
        capability.map_or(Hashrate::ZERO, |capability| capability.hashrate)
    }

    /// What it draws while it mines this algorithm, where that is known.
    pub fn power(&self, algorithm: Algorithm) -> Option<Power> {
        self.algorithms.iter().find(|capability| capability.algorithm == algorithm)?.power
    }

    /// May it ever serve this rental of hashrate? What it mines is another question.
    pub fn may_serve(&self, rental: &Rental) -> bool {
        let owner = match &self.owner {
            Owner::House => OwnerName::house(),
            Owner::Investor(investor) => OwnerName::from(investor),
            // Hosted rigs are their owner's and nobody else's.
            Owner::Customer(_) => return false,
        };
        rental.serve_from.as_ref().is_none_or(|from| {
            from.tags.iter().all(|tag| self.tags.contains(tag))
                && (from.sites.is_empty() || self.site.as_ref().is_some_and(|site| from.sites.contains(site)))
                && (from.racks.is_empty() || self.rack.as_ref().is_some_and(|rack| from.racks.contains(rack)))
                && (from.models.is_empty() || from.models.contains(&self.model))
                && (from.owners.is_empty() || from.owners.contains(&owner))
                && !from.exclude.iter().any(|range| range.contains(&self.name))
        })
    }
}

impl Inventory {
    /// Expands every range of a farm. A model nobody knows gives a rig that does nothing; a name
    /// that comes twice counts the first time. `check` reports both.
    pub fn of(farm: &Farm) -> Inventory {
        let count: usize = farm.rigs.keys().map(|range| range.len() as usize).sum();
        let mut rigs = Vec::with_capacity(count);
        let mut seen = std::collections::HashSet::with_capacity(count);
        let mut shared = Shared::default();
        for (range, rig) in &farm.rigs {
            let common = shared.common(farm, rig);
            for step in 0..range.len() {
                let name = range.name_at(step);
                if !seen.insert(name.clone()) {
                    continue;
                }
                let identify = match &rig.identify {
                    None => Identity::Name,
                    Some(Identify::Worker(worker)) => Identity::Worker(worker.text_at(step)),
                    Some(Identify::Password(password)) => Identity::Password(password.text_at(step)),
                    Some(Identify::Address(address)) => Identity::Address(address.text_at(step)),
                };
                let address = rig.address.as_ref().map(|address| address.text_at(step));
                rigs.push(ResolvedRig { name, address, identify, ..common.clone() });
            }
        }
        Inventory { rigs }
    }

    /// The rigs, in the order of the file.
    pub fn rigs(&self) -> &[ResolvedRig] {
        &self.rigs
    }

    /// The rigs as a list of one's own.
    pub fn into_rigs(self) -> Vec<ResolvedRig> {
        self.rigs
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rigs.len()
    }

    /// Is there none?
    pub fn is_empty(&self) -> bool {
        self.rigs.is_empty()
    }
}

/// Texts that were seen before, so that rigs share them.
#[derive(Default)]
struct Shared {
    models: HashMap<ModelName, ModelName>,
    sites: HashMap<SiteName, SiteName>,
    racks: HashMap<RackName, RackName>,
    tags: HashMap<Vec<Tag>, Arc<[Tag]>>,
    owners: HashMap<OwnerName, Owner>,
    algorithms: HashMap<(ModelName, Option<Hashrate>, u32), Arc<[Capability]>>,
}

/// The value seen first that equals this one.
fn first<T: Clone + Eq + std::hash::Hash>(seen: &mut HashMap<T, T>, value: &T) -> T {
    if let Some(first) = seen.get(value) {
        return first.clone();
    }
    seen.insert(value.clone(), value.clone());
    value.clone()
}

impl Shared {
    /// What all rigs of one entry have in common; name, address and identity are still those of the entry.
    fn common(&mut self, farm: &Farm, rig: &Rig) -> ResolvedRig {
        let tags = match self.tags.get(&rig.tags) {
            Some(tags) => tags.clone(),
            None => self.tags.entry(rig.tags.clone()).or_insert_with(|| rig.tags.as_slice().into()).clone(),
        };
        let owner = self.owners.entry(rig.owner.clone()).or_insert_with(|| owner(farm, &rig.owner)).clone();
        let key = (rig.model.clone(), rig.hashrate, rig.units);
        let algorithms = self.algorithms.entry(key).or_insert_with(|| capabilities(farm, rig)).clone();
        ResolvedRig {
            name: "x".parse().expect("a name"),
            model: first(&mut self.models, &rig.model),
            site: rig.site.as_ref().map(|site| first(&mut self.sites, site)),
            rack: rig.rack.as_ref().map(|rack| first(&mut self.racks, rack)),
            address: None,
            tags,
            owner,
            units: rig.units,
            algorithms,
            identify: Identity::Name,
        }
    }
}

fn owner(farm: &Farm, name: &OwnerName) -> Owner {
    if name.is_house() {
        return Owner::House;
    }
    let investor = InvestorName::from(name);
    if farm.investors.contains_key(&investor) {
        Owner::Investor(investor)
    } else {
        Owner::Customer(name.into())
    }
}

/// What a rig does: its model's ratings, its own hashrate where the model has one algorithm, times its machines.
fn capabilities(farm: &Farm, rig: &Rig) -> Arc<[Capability]> {
    let Some(model) = farm.model(&rig.model) else { return Arc::new([]) };
    let own = rig.hashrate.filter(|_| model.algorithms.len() == 1);
    let of_one = |(algorithm, rating): (&Algorithm, &crate::farm::Rating)| Capability {
        algorithm: *algorithm,
        hashrate: own.unwrap_or(rating.hashrate) * rig.units,
        power: rating.power.map(|power| power * rig.units),
    };
    model.algorithms.iter().map(of_one).collect()
}
