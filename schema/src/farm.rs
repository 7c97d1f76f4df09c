//! The farm file as types: its sections in the order a person writes them. The comments on fields
//! are what editors and `stratumctl explain` show. Reading is `parse.rs`, sense is `check.rs`.

pub mod alert;
pub mod collector;
pub mod customer;
pub mod energy;
pub mod hub;
pub mod model;
pub mod money;
pub mod policy;
pub mod pool;
pub mod rental;
pub mod rig;
pub mod scenario;
pub mod site;
pub mod staff;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::expression::IncludePattern;
use crate::name::{
    CustomerName, FarmName, HubName, InvestorName, ModelName, PolicyName, PoolName, ScenarioName, SiteName,
    StaffName, TimeZoneName, WindowName,
};
use crate::range::RigRange;
use crate::unit::Currency;
use crate::window::Window;

pub use alert::Alerts;
pub use collector::Collectors;
pub use customer::{Customer, House, Investor, PoolUse};
pub use energy::{Curtail, Tariff};
pub use hub::{Hub, Listener, Protocol, UnknownRigs};
pub use model::{Algorithm, Model, Rating};
pub use money::{Money, Portal};
pub use policy::Policy;
pub use pool::{Pool, Workers};
pub use rental::{Price, Rental, ServeFrom, Spread};
pub use rig::{Identify, Rig};
pub use scenario::Scenario;
pub use site::Site;
pub use staff::Staff;

/// Version of the language a file is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum ApiVersion {
    /// The first; it only gains fields.
    #[default]
    #[serde(rename = "stratum.farm/v1")]
    V1,
}

/// What the file describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum Kind {
    /// A mining farm.
    #[default]
    Farm,
}

/// A mining farm: what there is, who rents it, what is promised and how it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "farm.yaml")]
pub struct Farm {
    /// Version of the language: `stratum.farm/v1`. It only gains fields; a daemon refuses what it does not know.
    #[serde(rename = "apiVersion")]
    pub api_version: ApiVersion,
    /// `Farm`.
    pub kind: Kind,
    /// Name of the farm.
    pub name: FarmName,
    /// Time zone in which bare dates and windows are meant, by its IANA name. Default: UTC.
    #[serde(default)]
    pub timezone: TimeZoneName,
    /// Currency of reports where nothing else is said. Default: USD.
    #[serde(default)]
    pub currency: Currency,
    /// More files to read, relative to this one, each with sections alone. Every name lives in one file; a pattern that matches nothing is an error.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<IncludePattern>,
    /// Times with a name, for tariffs, curtailment and duty.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub windows: IndexMap<WindowName, Window>,
    /// Where miners connect. Default: one hub `main` that listens for SHA-256d on port 3333.
    #[serde(default = "hub::standard")]
    pub hubs: IndexMap<HubName, Hub>,
    /// Where work comes from.
    pub pools: IndexMap<PoolName, Pool>,
    /// Models of rigs. A table ships with the program; entries here add to it or override it.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub models: IndexMap<ModelName, Model>,
    /// Places with their power, price of energy and climate.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub sites: IndexMap<SiteName, Site>,
    /// The rigs, singly or in ranges: `a-001..024`. Ranges in one entry run in step.
    pub rigs: IndexMap<RigRange, Rig>,
    /// Where rigs mine that nobody rents. These rigs are the spares.
    pub house: House,
    /// Who rents.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub customers: IndexMap<CustomerName, Customer>,
    /// What is promised and how it is kept. `standard` ships with the program.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub policies: IndexMap<PolicyName, Policy>,
    /// Sources of data besides the shares: rigs' APIs, pools' accounts, meters, sensors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collectors: Option<Collectors>,
    /// Who may do what, and who is on duty.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub staff: IndexMap<StaffName, Staff>,
    /// Who is notified of what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alerts: Option<Alerts>,
    /// Owners of rigs besides the house; they share a namespace with customers.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub investors: IndexMap<InvestorName, Investor>,
    /// Wallets and payouts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub money: Option<Money>,
    /// The page customers see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub portal: Option<Portal>,
    /// What must stay true when things go wrong; run by `stratumctl test`.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub scenarios: IndexMap<ScenarioName, Scenario>,
}

impl Farm {
    /// The policy of this name: the file's, or `standard` as it ships, which also stands in for a
    /// name nobody knows.
    pub fn policy(&self, name: &PolicyName) -> Policy {
        self.policies.get(name).cloned().unwrap_or_default()
    }

    /// The model of this name: the file's, or the program's.
    pub fn model(&self, name: &ModelName) -> Option<&Model> {
        self.models.get(name).or_else(|| model::built_in().get(name))
    }

    /// A rental by customer and name.
    pub fn rental(&self, path: &crate::name::RentalPath) -> Option<&Rental> {
        self.customers.get(&path.customer)?.rentals.get(&path.rental)
    }

    /// Every rental with its customer, in the order of the file.
    pub fn rentals(&self) -> impl Iterator<Item = (&CustomerName, &crate::name::RentalName, &Rental)> {
        self.customers.iter().flat_map(|(customer, entry)| {
            entry.rentals.iter().map(move |(name, rental)| (customer, name, rental))
        })
    }
}
