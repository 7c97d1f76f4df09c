//! Rentals: what a customer is promised, from when, at what price.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::model::Algorithm;
use crate::moment::Moment;
use crate::name::{ModelName, OwnerName, PolicyName, RackName, SiteName, Tag};
use crate::range::RigRange;
use crate::unit::{EnergyPrice, HashPrice, Hashrate, Money, Percent};

/// Something rented: a hashrate served from any rig that fits, or dedicated rigs.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rental {
    /// What is mined. Default: sha256d; dedicated rigs mine what they can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<Algorithm>,
    /// How much is promised. Either this or `dedicated`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hashrate: Option<Hashrate>,
    /// The rigs that mine for this rental and no other, by name or range. Either this or `hashrate`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dedicated: Vec<RigRange>,
    /// When it starts; a bare date is midnight in the farm's time zone. At once when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Moment>,
    /// When it has ended: the first moment that is not part of it. Open-ended when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
    /// How the promise is kept. Default: standard.
    #[serde(default)]
    pub policy: PolicyName,
    /// Rentals with a higher number are served first when hashrate is short. Default: 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[schemars(range(min = -1000, max = 1000))]
    pub priority: i32,
    /// Which of the house's and investors' rigs may serve it. All when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serve_from: Option<ServeFrom>,
    /// What it costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
}

fn is_zero(priority: &i32) -> bool {
    *priority == 0
}

impl Rental {
    /// What is mined, when a hashrate is rented.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm.unwrap_or_default()
    }
}

/// A choice of rigs: those that have every tag, are of any of the models and owners, stand on any of the sites and
/// in any of the racks, and are not excluded.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServeFrom {
    /// Tags a rig must have, all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
    /// Sites a rig may be on. Any when left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sites: Vec<SiteName>,
    /// Racks a rig may be in. Any when left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub racks: Vec<RackName>,
    /// Models a rig may be of. Any when left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<ModelName>,
    /// Whose a rig may be: the house's or investors'. All of these when left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owners: Vec<OwnerName>,
    /// Rigs that never serve it, by name or range.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<RigRange>,
    /// What the rigs should be spread over, so that losing one of them costs little. Nothing when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spread: Option<Spread>,
}

/// What the rigs of a rental are spread over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Spread {
    /// Racks.
    Rack,
    /// Sites.
    Site,
}

/// What a rental costs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Price {
    /// A rate for the hashrate delivered.
    Hashrate {
        /// The rate.
        rate: HashPrice,
        /// How often it is billed. Default: monthly.
        #[serde(default)]
        bill: Bill,
    },
    /// A rate for the energy used, and a part of what the rigs earn.
    Hosting {
        /// The rate.
        rate: EnergyPrice,
        /// Part of what the rigs earn. Default: 0%.
        #[serde(default = "nothing")]
        fee: Percent,
        /// How often it is billed. Default: monthly.
        #[serde(default)]
        bill: Bill,
    },
    /// A part of what the delivered hashrate is worth on the day, by the market.
    Indexed {
        /// The part of the hashprice.
        share: Percent,
        /// How often it is billed. Default: monthly.
        #[serde(default)]
        bill: Bill,
    },
    /// A part of what is left after energy.
    ProfitShare {
        /// The house's part.
        share: Percent,
        /// How often it is billed. Default: monthly.
        #[serde(default)]
        bill: Bill,
    },
    /// The same amount each time.
    Fixed {
        /// The amount.
        amount: Money,
        /// How often it is billed. Default: monthly.
        #[serde(default)]
        bill: Bill,
    },
}

fn nothing() -> Percent {
    Percent::whole(0)
}

/// How often something is billed or paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Bill {
    /// Every day.
    Daily,
    /// Every Monday.
    Weekly,
    /// On the first of every month.
    #[default]
    Monthly,
}
