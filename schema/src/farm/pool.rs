//! Pools: where work comes from.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::model::Algorithm;
use crate::address::{HostPattern, PoolUrl};
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
    /// Its addresses, the best first: one pool, several doors.
    #[schemars(length(min = 1))]
    pub urls: Vec<PoolUrl>,
    /// Hosts it may send us to. None but its own when left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reconnect_to: Vec<HostPattern>,
    /// Whether rigs share a connection to it. Default: shared-connection.
    #[serde(default)]
    pub workers: Workers,
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
