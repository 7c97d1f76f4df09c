//! Money: wallets and payouts. And the portal that customers see.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rental::Bill;
use crate::address::{Color, Host, WebUrl};
use crate::name::WalletName;
use crate::secret::SecretRef;
use crate::unit::{self, Currency, Span};

/// Wallets and payouts.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Treasury")]
pub struct Money {
    /// Wallets, by name.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub wallets: IndexMap<WalletName, Wallet>,
    /// How investors are paid. By hand when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payouts: Option<Payouts>,
}

/// A wallet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Wallet {
    /// A store of BTCPay Server.
    Btcpay {
        /// The server.
        url: WebUrl,
        /// The store.
        store: String,
        /// The key to it.
        token: SecretRef,
    },
    /// A wallet of Bitcoin Core or of a node like it.
    Node {
        /// The node's interface.
        url: WebUrl,
        /// The coin.
        coin: Currency,
        /// Who signs in.
        user: String,
        /// The password.
        password: SecretRef,
    },
    /// An address that is only watched.
    Watch {
        /// The coin.
        coin: Currency,
        /// The address.
        address: String,
    },
}

/// How investors are paid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Payouts {
    /// The wallet that pays.
    pub from: WalletName,
    /// How often. Default: monthly.
    #[serde(default)]
    pub every: Bill,
    /// Least that is paid at once; less is carried over. All when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount_min: Option<unit::Money>,
    /// How many people of finance must approve. Default: 1.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 10))]
    pub approvals: u8,
    /// Time between approval and payment, for second thoughts. None when left out.
    #[serde(default, skip_serializing_if = "Span::is_zero")]
    pub hold: Span,
}

fn one() -> u8 {
    1
}

/// The page customers see.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Portal {
    /// The host it is reached at.
    pub host: Host,
    /// Its title. The farm's name when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its logo, on the daemon's machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<FileRef>,
    /// Its colour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accent: Option<Color>,
}

/// A file on the daemon's machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileRef {
    /// Its path.
    #[schemars(length(min = 1))]
    pub file: String,
}
