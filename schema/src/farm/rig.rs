//! Rigs: what stands where, whose it is and how it is known.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::name::{ModelName, OwnerName, RackName, SiteName, Tag};
use crate::range::{AddressRange, WorkerRange};
use crate::unit::Hashrate;

/// A rig, or a range of rigs that differ in name and address only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rig {
    /// Its model, of `models` or of the table that ships with the program.
    pub model: ModelName,
    /// The site that houses it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<SiteName>,
    /// The rack that holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rack: Option<RackName>,
    /// Its own address, for collectors: one, or a range as long as the rigs'.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<AddressRange>,
    /// Tags for rentals to choose by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
    /// Whose it is: house, a customer or an investor. Default: house.
    #[serde(default, skip_serializing_if = "OwnerName::is_house")]
    pub owner: OwnerName,
    /// What this one should do, where it is tuned. The model's when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hashrate: Option<Hashrate>,
    /// How it is known when its worker is not its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identify: Option<Identify>,
    /// Machines behind it, where it is a proxy that hides them. Default: 1.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    #[schemars(range(min = 1, max = 100_000))]
    pub units: u32,
}

fn one() -> u32 {
    1
}

fn is_one(units: &u32) -> bool {
    *units == 1
}

/// How a rig is known. Exactly one of these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Identify {
    /// By the worker it sends, whole: one, or a range as long as the rigs'.
    Worker(WorkerRange),
    /// By the password it sends: one, or a range as long as the rigs'.
    Password(WorkerRange),
    /// By the address it connects from: one, or a range as long as the rigs'.
    Address(AddressRange),
}
