//! Hubs: where miners connect.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::model::Algorithm;
use crate::address::{BindAddress, Network};
use crate::name::{HubName, ListenerName, SiteName};
use crate::secret::SecretRef;

/// A process that miners connect to: `stratumd --hub main`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hub {
    /// Sites whose rigs connect here. All sites when left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sites: Vec<SiteName>,
    /// Ports, by name.
    #[schemars(extend("minProperties" = 1))]
    pub listeners: IndexMap<ListenerName, Listener>,
    /// Networks that may connect. Everyone when left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accept_from: Vec<Network>,
    /// What happens to miners that no rig in the file describes. Default: quarantine.
    #[serde(default)]
    pub unknown_rigs: UnknownRigs,
    /// How the difficulty of shares is chosen.
    #[serde(default)]
    pub vardiff: Vardiff,
}

/// One port.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Listener {
    /// Address and port: `0.0.0.0:3333`.
    pub bind: BindAddress,
    /// Protocol of the miners. Default: stratum-v1.
    #[serde(default)]
    pub protocol: Protocol,
    /// Algorithm of the miners. Default: sha256d.
    #[serde(default)]
    pub algorithm: Algorithm,
    /// Certificate and key for TLS. Unencrypted when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<Tls>,
}

/// Certificate and key of a listener, on the daemon's machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The certificate chain, as PEM.
    pub certificate: SecretRef,
    /// The private key, as PEM.
    pub key: SecretRef,
}

/// A mining protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// Stratum V1: JSON lines.
    #[default]
    StratumV1,
    /// Stratum V2: binary frames, encrypted.
    StratumV2,
}

impl Protocol {
    /// Its name in the file.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::StratumV1 => "stratum-v1",
            Self::StratumV2 => "stratum-v2",
        }
    }
}

/// What happens to a miner that no rig in the file describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum UnknownRigs {
    /// It mines for the house and is shown apart.
    #[default]
    Quarantine,
    /// It mines for the house.
    House,
    /// It is turned away.
    Reject,
}

/// How the difficulty of shares is chosen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Vardiff {
    /// Shares a minute that one rig should send. Default: 20.
    #[schemars(range(min = 1, max = 1200))]
    pub shares_per_minute: u16,
}

impl Default for Vardiff {
    fn default() -> Vardiff {
        Vardiff { shares_per_minute: 20 }
    }
}

/// The hubs of a file that names none.
pub fn standard() -> IndexMap<HubName, Hub> {
    let listener = Listener {
        bind: "0.0.0.0:3333".parse().expect("an address"),
        protocol: Protocol::StratumV1,
        algorithm: Algorithm::Sha256d,
        tls: None,
    };
    let hub = Hub {
        sites: Vec::new(),
        listeners: IndexMap::from([("asic".parse().expect("a name"), listener)]),
        accept_from: Vec::new(),
        unknown_rigs: UnknownRigs::default(),
        vardiff: Vardiff::default(),
    };
    IndexMap::from([("main".parse().expect("a name"), hub)])
}
