//! Collectors: what is watched besides the shares.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::address::{Host, WebUrl};
use crate::name::{MeterName, PoolName, RackName, SensorName, SiteName};
use crate::secret::SecretRef;
use crate::unit::{Currency, Span};

/// Sources of data besides the shares: rigs' APIs, pools' accounts, meters, sensors.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Collectors {
    /// The rigs' own interfaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rigs: Option<RigCollector>,
    /// The pools' accounts, by the pools' names.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub pools: IndexMap<PoolName, PoolCollector>,
    /// Energy meters, by name.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub meters: IndexMap<MeterName, Meter>,
    /// Sensors of the air, by name.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub sensors: IndexMap<SensorName, Sensor>,
    /// Prices and difficulty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub market: Option<Market>,
}

/// How the rigs' own interfaces are polled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RigCollector {
    /// How often each rig is polled. Default: 30s.
    #[serde(default = "half_minute")]
    pub every: Span,
    /// Password of the rigs' interfaces, where they ask for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<SecretRef>,
}

fn half_minute() -> Span {
    Span::seconds(30)
}

fn minute() -> Span {
    Span::minutes(1)
}

fn five_minutes() -> Span {
    Span::minutes(5)
}

/// A pool's account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PoolCollector {
    /// Whose interface it is.
    pub kind: PoolApi,
    /// The key to the account, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<SecretRef>,
    /// The account, where the interface asks for its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Address of the interface, where it is not the usual one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<WebUrl>,
    /// How often it is polled. Default: 1m.
    #[serde(default = "minute")]
    pub every: Span,
}

/// The interface of a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PoolApi {
    /// Braiins Pool.
    Braiins,
    /// F2Pool.
    F2pool,
    /// ViaBTC.
    Viabtc,
    /// AntPool.
    Antpool,
    /// Luxor.
    Luxor,
    /// Foundry.
    Foundry,
    /// Ocean.
    Ocean,
    /// NiceHash.
    Nicehash,
    /// ckpool.
    Ckpool,
    /// public-pool.
    PublicPool,
    /// Miningcore.
    Miningcore,
    /// Nanopool.
    Nanopool,
    /// 2Miners.
    #[serde(rename = "2miners")]
    TwoMiners,
}

/// An energy meter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Meter {
    /// What it is.
    pub kind: MeterKind,
    /// Where it is.
    pub address: Host,
    /// Its topic, where it speaks MQTT.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// Its unit, outlet or phase, where one address has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 255))]
    pub unit: Option<u16>,
    /// Its password or community, where it asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<SecretRef>,
    /// How often it is read. Default: 30s.
    #[serde(default = "half_minute")]
    pub every: Span,
}

/// A kind of energy meter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MeterKind {
    /// Shelly, any generation.
    Shelly,
    /// Tasmota.
    Tasmota,
    /// APC rack PDU, by SNMP.
    Apc,
    /// Raritan PX, by SNMP.
    Raritan,
    /// Eastron SDM, by Modbus TCP.
    Eastron,
    /// Anything that publishes watts by MQTT.
    Mqtt,
    /// Anything that exports watts to Prometheus.
    Prometheus,
}

/// A sensor of the air.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sensor {
    /// What it is.
    pub kind: SensorKind,
    /// Where it is, or where its broker is.
    pub address: Host,
    /// Its topic, where it speaks MQTT.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// The site it measures.
    pub site: SiteName,
    /// The rack it measures, where it is one rack only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rack: Option<RackName>,
    /// What it measures.
    pub reads: Reads,
    /// How often it is read. Default: 30s.
    #[serde(default = "half_minute")]
    pub every: Span,
}

/// A kind of sensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SensorKind {
    /// Anything that publishes by MQTT.
    Mqtt,
    /// Shelly H&T and its like.
    Shelly,
    /// Anything that answers by SNMP.
    Snmp,
    /// Anything that exports to Prometheus.
    Prometheus,
}

/// What a sensor measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reads {
    /// Temperature of the air the rigs take in.
    Intake,
    /// Temperature of the air the rigs give off.
    Exhaust,
    /// Temperature outside.
    Outside,
    /// Relative humidity.
    Humidity,
}

/// Prices and difficulty.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Market {
    /// Coins whose price matters.
    #[schemars(length(min = 1))]
    pub coins: Vec<Currency>,
    /// Where prices come from; the median counts.
    #[schemars(length(min = 1))]
    pub sources: Vec<MarketSource>,
    /// How often. Default: 5m.
    #[serde(default = "five_minutes")]
    pub every: Span,
}

/// A source of prices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MarketSource {
    /// Kraken.
    Kraken,
    /// Coinbase.
    Coinbase,
    /// CoinGecko.
    Coingecko,
    /// Binance.
    Binance,
    /// mempool.space.
    Mempool,
}
