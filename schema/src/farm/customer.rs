//! Who rigs mine for: the house, customers, investors.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rental::Rental;
use crate::address::Email;
use crate::expression::UserTemplate;
use crate::name::{PoolName, ReceiverName, RentalName};
use crate::secret::SecretRef;
use crate::unit::{Currency, Percent};

/// Where rigs mine that nobody rents.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct House {
    /// Pools in order; the first healthy one of the rig's algorithm gets the work.
    #[schemars(length(min = 1))]
    pub pools: Vec<PoolUse>,
}

/// A pool as someone uses it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PoolUse {
    /// The pool.
    pub pool: PoolName,
    /// The user sent to it; `$rig` is the rig's name and `$$` a dollar sign.
    pub user: UserTemplate,
    /// The password sent to it. Default: `{text: x}`, which most pools ask for.
    #[serde(default = "any_password")]
    pub password: SecretRef,
}

fn any_password() -> SecretRef {
    SecretRef::Text("x".into())
}

/// Someone who rents.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Customer {
    /// The name people read. The customer's name when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Who is notified about this customer's rentals: receivers of `alerts`, or staff.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<ReceiverName>,
    /// What this customer may see and change in the portal. Nothing when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub portal: Option<CustomerPortal>,
    /// Pools in order; the first healthy one of the rental's algorithm gets the work.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pools: Vec<PoolUse>,
    /// What this customer rents, by name.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub rentals: IndexMap<RentalName, Rental>,
}

/// A customer's part of the portal.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerPortal {
    /// Who may sign in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<Email>,
    /// What they may change. Changes are kept as overrides, or committed to git.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub may_change: Vec<MayChange>,
}

/// Something a customer may change in the portal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MayChange {
    /// His pools and their order.
    Pools,
    /// Who is notified.
    Contacts,
}

/// Someone who owns rigs and shares what they earn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Investor {
    /// Who is notified about this investor's rigs: receivers of `alerts`, or staff.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<ReceiverName>,
    /// The investor's part of what the rigs earn after energy.
    pub profit_share: Percent,
    /// Where that is paid. Kept on account when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pay_to: Option<PayTo>,
}

/// An address of a coin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PayTo {
    /// The coin.
    pub coin: Currency,
    /// The address.
    #[schemars(length(min = 20, max = 120))]
    pub address: String,
}
