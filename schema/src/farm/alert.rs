//! Alerts: who is told what, and when.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::address::{Email, Host, WebUrl};
use crate::expression::Expression;
use crate::name::{ReceiverName, RuleName};
use crate::secret::SecretRef;
use crate::unit::Span;

/// Who is notified of what.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Alerts {
    /// Ways to notify someone, by name. The names of staff are receivers too.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub receivers: IndexMap<ReceiverName, Receiver>,
    /// The mail server. Needed where anyone is notified by mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smtp: Option<Smtp>,
    /// Who is notified of what; every route that matches is used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<Route>,
    /// Additional rules, or changes to built-in ones, by name. `stratumctl rules` lists the built-in ones.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub rules: IndexMap<RuleName, Rule>,
}

/// A way to notify someone. Exactly one of these.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Receiver {
    /// A Telegram chat.
    Telegram(Telegram),
    /// A Slack channel.
    Slack(Slack),
    /// A Discord channel.
    Discord(Slack),
    /// Mail.
    Email(Mail),
    /// Any HTTP service.
    Webhook(Webhook),
    /// PagerDuty.
    Pagerduty(Pagerduty),
    /// ntfy, on your own server or the public one.
    Ntfy(Ntfy),
}

/// A Telegram chat.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Telegram {
    /// The chat's number, in quotes.
    #[schemars(length(min = 1, max = 64))]
    pub chat: String,
    /// The bot's token.
    pub token: SecretRef,
}

/// A channel with an incoming webhook.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Slack {
    /// The webhook's URL, which is a secret.
    pub webhook: SecretRef,
}

/// Mail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// To whom.
    #[schemars(length(min = 1))]
    pub to: Vec<Email>,
}

/// Any HTTP service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// Where alerts are posted as JSON.
    pub url: WebUrl,
    /// The key that signs them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<SecretRef>,
}

/// PagerDuty.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pagerduty {
    /// The integration's key.
    pub key: SecretRef,
}

/// ntfy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ntfy {
    /// The server.
    pub url: WebUrl,
    /// The topic.
    #[schemars(length(min = 1, max = 64))]
    pub topic: String,
    /// The token, where the server asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<SecretRef>,
}

/// A mail server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Smtp {
    /// The server.
    pub host: Host,
    /// Its port. Default: 587.
    #[serde(default = "submission")]
    #[schemars(range(min = 1, max = 65535))]
    pub port: u16,
    /// The sender.
    pub from: Email,
    /// Who signs in, where the server asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The password, where the server asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<SecretRef>,
}

fn submission() -> u16 {
    587
}

/// Who is notified of some alerts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// Which alerts: a condition over `severity`, `scope`, `rule` and what the alert is about. All when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Expression>,
    /// Who is notified.
    #[schemars(length(min = 1))]
    pub to: Vec<ReceiverName>,
    /// Alerts that share these are sent together.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub group_by: Vec<GroupBy>,
    /// Who else is notified when nobody has acknowledged the alert.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub escalate: Vec<Escalate>,
}

/// Something alerts can share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GroupBy {
    /// The rule.
    Rule,
    /// The site.
    Site,
    /// The rack.
    Rack,
    /// The rig.
    Rig,
    /// The pool.
    Pool,
    /// The customer.
    Customer,
    /// The rental.
    Rental,
}

/// Who else is notified.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Escalate {
    /// Time without an acknowledgement.
    pub after: Span,
    /// Who is notified then.
    #[schemars(length(min = 1))]
    pub to: Vec<ReceiverName>,
}

/// An alert rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What the condition is evaluated for, one at a time.
    pub scope: Scope,
    /// The condition that raises the alert.
    pub when: Expression,
    /// Time it must hold. At once when left out.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub hold: Option<Span>,
    /// The condition that ends it. The end of `when` when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clear: Option<Expression>,
    /// How bad it is. Default: warning.
    #[serde(default)]
    pub severity: Severity,
    /// What people read; `$rack.name` and the like are filled in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// Rules whose alerts suppress this one, because they explain it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inhibited_by: Vec<RuleName>,
    /// What happens without data. Default: hold.
    #[serde(default)]
    pub no_data: NoData,
}

/// What a rule is evaluated for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// A rig.
    Rig,
    /// A hash board of a rig.
    Board,
    /// A graphics card of a rig.
    Gpu,
    /// A rack.
    Rack,
    /// A site.
    Site,
    /// A hub.
    Hub,
    /// A pool.
    Pool,
    /// A customer's way to one of his pools.
    Route,
    /// A rental.
    Rental,
    /// The market.
    Market,
    /// The farm as a whole.
    Farm,
}

/// How bad something is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// For information.
    Info,
    /// Look at it today.
    #[default]
    Warning,
    /// Look at it now.
    Error,
    /// Get up.
    Critical,
}

/// What happens to an alert without data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NoData {
    /// It stays as it is.
    #[default]
    Hold,
    /// It fires.
    Fire,
    /// It ends.
    Resolve,
}
