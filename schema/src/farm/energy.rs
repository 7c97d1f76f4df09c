//! What energy costs, and when there is less of it.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::name::{MeterName, WindowName};
use crate::unit::{EnergyPrice, Power};

/// What energy costs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Tariff {
    /// One price at all times.
    Flat {
        /// The price.
        base: EnergyPrice,
    },
    /// A price that depends on the time.
    TimeOfUse {
        /// The price outside of all windows.
        base: EnergyPrice,
        /// The price in each window, by the windows' names. The last that applies counts.
        windows: IndexMap<WindowName, EnergyPrice>,
    },
    /// A price that follows a market.
    Indexed {
        /// The market.
        source: EnergyMarket,
        /// The market's area or product, as the market names it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        area: Option<String>,
        /// Added to the market's price: grid, taxes, margin.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        add: Option<EnergyPrice>,
    },
    /// A price for what a meter shows, rather than for what the models draw.
    Metered {
        /// The price.
        base: EnergyPrice,
        /// The meter, by its name among the collectors.
        meter: MeterName,
    },
}

/// A market of energy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EnergyMarket {
    /// The day-ahead prices of ENTSO-E.
    Entsoe,
    /// aWATTar.
    Awattar,
    /// Octopus Agile.
    Octopus,
    /// ERCOT.
    Ercot,
    /// The IESO of Ontario.
    Ieso,
}

/// When a site has to use less: in a window, above a price, or or when both hold. Its rigs then get no work until what
/// the others draw, by their models, is within the limit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Curtail {
    /// The window in which it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<WindowName>,
    /// The price of energy above which it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_above: Option<EnergyPrice>,
    /// The most the site may draw while it holds.
    pub power_max: Power,
}
