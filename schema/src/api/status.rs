//! The farm as the daemon sees it now: rentals, rigs, pools, overrides, and the hub's own counters.
//!
//! Hashrates are plain numbers in hashes per second. A measured hashrate comes with the interval that holds
//! the true one in 95 of 100 cases: with few shares it is wide, and says so.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{FormatVersion, OverrideDoc, kind};

kind!(StatusKind, "stratum.status");

/// The farm now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct StatusDoc {
    /// Says which document this is.
    pub kind: StatusKind,
    /// Version of this document.
    pub format_version: FormatVersion,
    /// When this was read, RFC 3339.
    pub at: String,
    /// Name of the farm; absent until one was applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub farm: Option<String>,
    /// The head generation; 0 when there is none.
    pub generation: u64,
    /// Number of the assignment (which rig serves which account) in force at the hub.
    pub epoch: u64,
    /// Whether every connected rig mines where the generation puts it.
    pub converged: bool,
    /// How many connected rigs do not yet.
    pub pending_rigs: u64,
    /// Whether the hashrates are those of real machines.
    pub scale: Scale,
    /// Hashrates and counts are over this many seconds.
    pub window_seconds: u64,
    /// The rentals, in order of name.
    pub rentals: Vec<RentalStatus>,
    /// The rigs, in order of name.
    pub rigs: Vec<RigStatus>,
    /// The pools of every customer and of the house, in the order in which they are tried.
    pub pools: Vec<PoolStatus>,
    /// What failed as a whole and is not back yet, such as `site hall-a`: its rigs are not blamed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outages: Vec<String>,
    /// Overrides that hold now or later.
    pub overrides: Vec<OverrideDoc>,
    /// The hub's own counters.
    pub hub: HubCounters,
    /// Where miners connect.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub listeners: Vec<ListenerStatus>,
    /// Database and journal, and whether they can be written.
    #[serde(default)]
    pub storage: StorageStatus,
    /// The API's own counters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api: Option<ApiCounters>,
    /// Files and connections that the daemon may have open; absent where the system does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_files: Option<OpenFiles>,
}

/// Database and journal: accounts and events in the database, and shares in the journal until they are recorded there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct StorageStatus {
    /// Why the database cannot be written; absent while it can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database_trouble: Option<TroubleStatus>,
    /// Why the journal cannot be written; absent while it can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub journal_trouble: Option<TroubleStatus>,
    /// The journal of the last process is still being read: its shares are not in the accounts yet.
    pub recovering: bool,
    /// Accepted shares that are counted in memory and the journal, and are not in the database yet.
    pub unbooked_shares: u64,
    /// Shares that were accepted before the start and are nowhere, because the journal was damaged or could not be
    /// written.
    pub missing_shares: u64,
    /// Since when the process before this one could write its shares nowhere, where it then ended without having
    /// done so, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unwritten_since: Option<String>,
    /// Damaged files, which are kept for a person to look at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub set_aside: Vec<String>,
    /// Length of the database, bytes.
    pub database_bytes: u64,
    /// About what accounts take of it, bytes.
    pub accounts_bytes: u64,
    /// About what events take of it, bytes.
    pub events_bytes: u64,
    /// About what farm files, placements, settlements and overrides take of it, bytes.
    #[serde(default)]
    pub history_bytes: u64,
    /// Length of the journal, bytes.
    pub journal_bytes: u64,
    /// The oldest accounts that are kept by the minute, RFC 3339; absent without any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes_from: Option<String>,
    /// The oldest accounts that are kept by the hour, RFC 3339; absent without any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours_from: Option<String>,
    /// The oldest accounts that are kept by the day, RFC 3339; absent without any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days_from: Option<String>,
    /// The oldest event that is kept, RFC 3339; absent without any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events_from: Option<String>,
    /// When the oldest placement that is kept ended, RFC 3339; absent without any that has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placements_from: Option<String>,
    /// When old accounts and events were last looked through, RFC 3339; absent before the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tidied_at: Option<String>,
}

/// Something that fails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct TroubleStatus {
    /// Since when, RFC 3339.
    pub since: String,
    /// What the system says.
    pub why: String,
}

/// Use of the API since the daemon was started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct ApiCounters {
    /// Connections that are open.
    pub connections: u64,
    /// Most connections at a time.
    pub connections_max: u64,
    /// Connections that were closed at once because there were too many.
    pub refused_connections: u64,
    /// Requests on TCP without the right token.
    pub refused_tokens: u64,
}

/// Files and connections, which the system counts together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct OpenFiles {
    /// Most that may be open, the process's `ulimit -n`.
    pub limit: u64,
    /// Those that are open.
    pub in_use: u64,
    /// Those that no miner gets: for the API, the database, the journal and secrets.
    pub kept_back: u64,
    /// Miners that were turned away because of it.
    pub refused_miners: u64,
}

/// One place where miners connect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct ListenerStatus {
    /// Its name in the farm file.
    pub name: String,
    /// Address and port in use, or asked for where it does not listen.
    pub address: String,
    /// Whether it is encrypted.
    pub tls: bool,
    /// Why it does not listen; absent when it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// How the hashrates of a document relate to hashes that were really done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct Scale {
    /// Whether rigs are simulated.
    pub simulated: bool,
    /// Shown hashrate divided by hashes really done per second; 1 for real machines.
    pub factor: f64,
}

impl Default for Scale {
    /// Real machines.
    fn default() -> Scale {
        Scale { simulated: false, factor: 1.0 }
    }
}

/// How many shares were refused for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct RejectCount {
    /// The reason, such as `stale`, `duplicate` or `low-difficulty`.
    pub reason: String,
    /// How many shares.
    pub count: u64,
}

/// How far work has come on its way from rigs to pools, in shares, since the hub was started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct ShareFlow {
    /// Accepted from rigs by the hub. Most do not meet the pool's target and are not forwarded.
    pub taken: u64,
    /// Forwarded to the pool, because they met its target, too.
    pub forwarded: u64,
    /// Of these, the pool accepted.
    pub accepted: u64,
    /// Of these, the pool refused, by reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<RejectCount>,
    /// Of these, the pool never answered.
    pub unanswered: u64,
    /// Found for a pool whose connection was gone: the pool never got them.
    pub undeliverable: u64,
}

impl ShareFlow {
    /// Refused by the pool, for whatever reason.
    pub fn refused_len(&self) -> u64 {
        self.refused.iter().map(|one| one.count).sum()
    }
}

/// Where a rental is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RentalState {
    /// It begins later.
    Scheduled,
    /// It gets what was promised, or rigs mine for it where nothing was promised.
    Running,
    /// It gets less than was promised.
    Short,
    /// Nothing was promised, and no rig mines for it at present.
    Idle,
    /// It was stopped for a while, or its customer has no pool to mine on.
    Paused,
    /// It is over.
    Ended,
}

/// What a rental was owed and got in the settlement period that runs. Work is in hashes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct PeriodStatus {
    /// When it began, RFC 3339.
    pub from: String,
    /// When it ends, RFC 3339.
    pub until: String,
    /// What was to be delivered so far.
    pub owed: f64,
    /// What was delivered so far, by the count that decides.
    pub credited: f64,
    /// What would have been owed while the promise was paused.
    pub excused: f64,
    /// Part of what was owed that was delivered; 1 where nothing was.
    pub delivered: f64,
    /// Part that is promised; absent without such a promise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_min: Option<f64>,
    /// More is served than was promised, to make up for what is missing.
    pub catching_up: bool,
}

/// One rental now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct RentalStatus {
    /// The customer.
    pub customer: String,
    /// The rental, by its name within the customer.
    pub name: String,
    /// Where it is in its life.
    pub state: RentalState,
    /// Why it is short or paused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// What was promised, H/s; absent for dedicated rigs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contracted: Option<f64>,
    /// What its rigs are expected to do together, H/s.
    pub expected: f64,
    /// What was delivered, H/s, from accepted shares.
    pub delivered: f64,
    /// Lower end of the 95 % interval, H/s.
    pub delivered_low: f64,
    /// Upper end of the 95 % interval, H/s.
    pub delivered_high: f64,
    /// The settlement period that runs; absent for dedicated rigs, and while it does not run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<PeriodStatus>,
    /// Rigs that serve it.
    pub rigs: u64,
    /// The pool that gets its work; absent when no pool is ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool: Option<String>,
    /// How far its work has come.
    pub shares: ShareFlow,
    /// Shares of its rigs that the hub refused.
    pub rejected: u64,
    /// The same by reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rejects: Vec<RejectCount>,
    /// From when, RFC 3339; absent when it had no stated start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Until when, RFC 3339; absent for an open rental.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// What a rig's shares say about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ServiceState {
    /// Connected, too few shares to say more.
    Vetting,
    /// Its shares are what is expected of it.
    Online,
    /// Its shares are fewer than chance explains easily.
    Suspect,
    /// It does clearly less than expected.
    Degraded,
    /// It is connected and sends nothing.
    Dead,
    /// It is not connected.
    Offline,
    /// Back, and watched before it counts again.
    Returning,
    /// Not in the farm file, or its name came from two connections.
    Quarantined,
    /// Taken out of service by an operator.
    OutOfService,
}

/// One rig now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct RigStatus {
    /// The rig.
    pub name: String,
    /// Its site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// Its rack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rack: Option<String>,
    /// What its shares say.
    pub state: ServiceState,
    /// Why it is in this state, as a sentence, where its shares do not show it: a power limit, or a trial after a
    /// restart of the daemon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Since when, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// The account it mines for, `customer/rental` or `house`; absent when it serves nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serving: Option<String>,
    /// The account where it belongs, while it covers for another rig or another covers for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home: Option<String>,
    /// The account it should mine for, where that differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted: Option<String>,
    /// The pool that gets its shares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool: Option<String>,
    /// What it should do, H/s.
    pub expected: f64,
    /// What its shares prove, H/s.
    pub measured: f64,
    /// Lower end of the 95 % interval, H/s.
    pub measured_low: f64,
    /// Upper end of the 95 % interval, H/s.
    pub measured_high: f64,
    /// Difficulty of the shares asked of it; absent when it is not connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difficulty: Option<f64>,
    /// Seconds since its last accepted share; absent when it sent none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_share_age: Option<f64>,
    /// Shares that the hub accepted since it was started; of who is no rig of the farm file, on this connection.
    pub accepted: u64,
    /// Shares that the hub rejected since it was started; of who is no rig of the farm file, on this connection.
    pub rejected: u64,
    /// The same by reason, for rigs of the farm file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rejects: Vec<RejectCount>,
    /// Shares that pools refused by reason, since the hub was started.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pool_refused: Vec<RejectCount>,
    /// Where it connects from, `address:port`; absent when it is not connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The program it says it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// Since when it is connected, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connected_at: Option<String>,
}

/// Where the connections to a pool are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PoolState {
    /// It gave work, and answers.
    Ready,
    /// Ready, and kept warm for when a pool before it fails.
    Standby,
    /// On the way.
    Connecting,
    /// It accepted the connection and gives no work, or does not answer.
    Stalled,
    /// It refuses too many shares, the worker, or us.
    Rejecting,
    /// Rigs cannot mine on what it hands out.
    Unusable,
    /// It cannot be reached.
    Down,
    /// Back, and watched before it gets work again.
    Returning,
    /// Nobody needs it now.
    Idle,
}

/// What a pool said unasked, with `client.show_message`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct PoolMessage {
    /// When, RFC 3339.
    pub at: String,
    /// Its words, at most 200 characters, without control characters.
    pub words: String,
}

/// One pool of one customer now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct PoolStatus {
    /// The customer, or `house`.
    pub customer: String,
    /// The pool.
    pub pool: String,
    /// The URL of the pool that is in use or being tried.
    pub url: String,
    /// Where its connections are.
    pub state: PoolState,
    /// Why it is not ready, with the pool's own words where it has any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The same for a program: `connection-refused`, `name-unknown`, `unreachable`, `connection-timeout`, `tls`,
    /// `not-stratum`, `closed`, `full`, `no-subscribe-answer`, `subscribe-refused`, `no-authorize-answer`,
    /// `unauthorized`, `extranonce-unusable`, `job-unusable`, `difficulty-unusable`, `away`, `redirecting`,
    /// `no-job`,
    /// `rejecting`, `silent`, `password-unreadable`, or, while nothing is known, `connecting` or `lost`. Absent when it is healthy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Since when, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Seconds until the next attempt to connect; absent when none is waited for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_in: Option<f64>,
    /// What it last said to us unasked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<PoolMessage>,
    /// Whether the customer's work goes here.
    pub in_use: bool,
    /// Connections that are up.
    pub connections: u64,
    /// Rigs whose shares go here.
    pub rigs: u64,
    /// Difficulty the pool asks for; absent when it did not say yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difficulty: Option<f64>,
    /// How far work for it has come.
    pub shares: ShareFlow,
    /// Pending shares: forwarded and not answered yet.
    pub pending: u64,
    /// Seconds since its last job; absent when it gave none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_job_age: Option<f64>,
    /// Typical time to an answer, seconds; absent when it gave none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<f64>,
}

impl PoolStatus {
    /// The reason of a pool that is not connected to, since its password cannot be read.
    pub const PASSWORD_UNREADABLE: &str = "password-unreadable";
}

/// The hub's own counters, since it was started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
pub struct HubCounters {
    /// Since when it runs, RFC 3339.
    pub started_at: String,
    /// Miner connections that are up.
    pub sessions: u64,
    /// Pool connections that are up.
    pub upstreams: u64,
    /// Shares that were accepted.
    pub shares_accepted: u64,
    /// Shares that were refused.
    pub shares_rejected: u64,
    /// Miner connections that were refused or closed, by reason.
    #[serde(default)]
    pub turned_away: std::collections::BTreeMap<String, u64>,
}
