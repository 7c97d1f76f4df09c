//! What should be: an accepted farm file, read once.

use std::sync::Arc;

use schema::farm::Farm;
use schema::inventory::Inventory;

/// An accepted farm file, read. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Desired {
    /// Its generation.
    pub generation: u64,
    /// The file.
    pub farm: Arc<Farm>,
    /// Its rigs.
    pub inventory: Arc<Inventory>,
}

impl Desired {
    /// This file as this generation.
    pub fn of(generation: u64, farm: Farm) -> Self {
        let inventory = Inventory::of(&farm).into();
        Self { generation, farm: farm.into(), inventory }
    }

    /// The same file, accepted once more.
    pub fn as_generation(&self, generation: u64) -> Self {
        Self { generation, ..self.clone() }
    }

    /// Whether another generation says the same, and in the same order, which is that of what is seen. Texts and
    /// comments do not count.
    pub fn says_the_same_as(&self, other: &Desired) -> bool {
        let order = |desired: &Desired| {
            let rentals = desired.farm.rentals();
            rentals.map(|(customer, name, _)| (customer.clone(), name.clone())).collect::<Vec<_>>()
        };
        self.farm == other.farm && self.inventory == other.inventory && order(self) == order(other)
    }
}
