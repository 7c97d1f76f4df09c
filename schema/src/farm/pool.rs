//! Pools: where work comes from.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::model::Algorithm;
use crate::address::{Fingerprint, HostPattern, PoolUrl};
use crate::secret::SecretRef;
use crate::unit::Currency;

/// A pool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pool {
    /// What is mined there. Default: sha256d.
    #[serde(default)]
    pub algorithm: Algorithm,
    /// Coins it pays in; several with merged mining.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earns: Vec<Currency>,
    /// Its addresses, the best first: one pool, several endpoints.
    #[schemars(length(min = 1))]
    pub urls: Vec<PoolUrl>,
    /// Hosts it may send us to. None but its own when left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reconnect_to: Vec<HostPattern>,
    /// Whose certificate to believe where a URL says TLS. The system's authorities when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<PoolTls>,
    /// Whether rigs share a connection to it. Default: shared-connection.
    #[serde(default)]
    pub workers: Workers,
}

/// Whose certificate a pool may show. With both, both must be right.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1))]
pub struct PoolTls {
    /// The authority that signs its certificate, as PEM; several in one text. The certificate must be for the
    /// host of the URL, and in date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca: Option<SecretRef>,
    /// SHA-256 of its certificate, several while it is being changed. Without `ca` this alone decides: neither
    /// who signed it, nor its name, nor its dates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pins: Vec<Fingerprint>,
}

/// How rigs reach a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Workers {
    /// Many rigs behind one connection.
    #[default]
    SharedConnection,
    /// One connection for each rig, where a pool counts workers by connection.
    OwnConnection,
}
