//! Staff: who may do what, and who is on duty.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::address::Email;
use crate::name::WindowName;

/// A person or a desk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Staff {
    /// Where mail reaches them; also how they sign in.
    pub email: Email,
    /// What they may do.
    #[schemars(length(min = 1))]
    pub roles: Vec<Role>,
    /// When they are on duty. Always when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duty: Option<WindowName>,
}

/// What someone may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// See everything but money.
    Viewer,
    /// Move work between pools and rigs.
    Operator,
    /// Take rigs out of service and put them back.
    Maintainer,
    /// See and approve money.
    Finance,
    /// Everything.
    Admin,
}
