//! Sites: places with their power and climate.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::energy::{Curtail, Tariff};
use crate::name::MeterName;
use crate::unit::{Power, Temperature};

/// A place that houses rigs.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// Its supply of power.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power: Option<Supply>,
    /// What its energy costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tariff: Option<Tariff>,
    /// When it has to use less.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub curtail: Vec<Curtail>,
    /// What its air should be like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub climate: Option<Climate>,
}

/// A supply of power.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Supply {
    /// The most it may draw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<Power>,
    /// The meter that measures it, by its name among the collectors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meter: Option<MeterName>,
}

/// Limits of the air.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Climate {
    /// Warmest air the rigs may take in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intake_max: Option<Temperature>,
    /// Coldest air the rigs may take in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intake_min: Option<Temperature>,
}
