//! The catalogue of events: every kind that the daemon or a rehearsal tells of, with what it means. Whoever makes an
//! event, waits for one, or shows one takes its name from here; `docs/events.md` is generated from it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use crate::api::Severity;
use crate::nearest::nearest;

/// Whether a rehearsal tells of a kind of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rehearsed {
    /// Yes.
    Always,
    /// Only where every share is played.
    ByShares,
    /// Never: it is about the daemon itself, which no rehearsal runs.
    Never,
}

/// What the catalogue says of a kind.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its stable name.
    pub name: &'static str,
    /// What it is told as; the first is the usual one.
    pub severities: &'static [Severity],
    /// The shape of its subject.
    pub subject: &'static str,
    /// The fields that it may have. Any may also have `suppressed`: how many of its kind and subject were only counted.
    pub fields: &'static [&'static str],
    /// What has happened, in one sentence.
    pub meaning: &'static str,
    /// Whether a rehearsal tells of it.
    pub rehearsed: Rehearsed,
    /// The release that told of it first.
    pub since: &'static str,
    /// What it belongs to, a heading.
    pub section: &'static str,
}

/// Fields that any event may have.
const ANY: [&str; 1] = ["suppressed"];

macro_rules! catalogue {
    ($($section:literal { $(
        #[doc = $meaning:literal]
        $kind:ident = $name:literal, [$($severity:ident),+], $subject:literal, [$($field:literal),*], $rehearsed:ident;
    )+ })+) => {
        /// A kind of event.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
        )]
        pub enum EventKind { $($(
            #[doc = $meaning]
            #[serde(rename = $name)]
            $kind,
        )+)+ }

        impl EventKind {
            /// All of them, in the order of the catalogue.
            pub const ALL: &[EventKind] = &[$($(EventKind::$kind),+),+];

            /// What the catalogue says of it.
            pub fn entry(self) -> &'static Entry {
                match self { $($(
                    EventKind::$kind => const { &Entry {
                        name: $name,
                        severities: &[$(Severity::$severity),+],
                        subject: $subject,
                        fields: &[$($field),*],
                        meaning: $meaning.trim_ascii(),
                        rehearsed: Rehearsed::$rehearsed,
                        since: "0.1",
                        section: $section,
                    } },
                )+)+ }
            }
        }
    };
}

catalogue! {
    "Rigs and miners" {
        /// A rig of the farm file has connected and authorized.
        RigConnected = "rig-connected", [Info], "rig/NAME", ["address", "agent"], Always;
        /// A rig has lost its connection.
        RigDisconnected = "rig-disconnected", [Warning], "rig/NAME", ["address"], Always;
        /// A rig is back without having been blamed; there are too few shares to say more.
        RigVetting = "rig-vetting", [Info], "rig/NAME", ["before"], Always;
        /// A rig works as expected again.
        RigOnline = "rig-online", [Info], "rig/NAME", ["before"], Always;
        /// A rig submits fewer shares than chance easily explains.
        RigSuspect = "rig-suspect", [Warning], "rig/NAME", ["before"], Always;
        /// A rig clearly has less hashrate than expected.
        RigDegraded = "rig-degraded", [Error], "rig/NAME", ["before"], Always;
        /// A rig is connected and submits no shares.
        RigDead = "rig-dead", [Error], "rig/NAME", ["before"], Always;
        /// A rig has been disconnected for a while.
        RigOffline = "rig-offline", [Error], "rig/NAME", ["before"], Always;
        /// A rig is back and must prove itself before it is relied on.
        RigReturning = "rig-returning", [Info], "rig/NAME", ["before"], Always;
        /// A rig was taken out of service or parked.
        RigOutOfService = "rig-out-of-service", [Info], "rig/NAME", ["before"], Always;
        /// The scheduler gives a rig to another rental, to the house, or parks it.
        RigAssigned = "rig-assigned", [Info], "rig/NAME", ["from", "to", "why", "cost_hashes"], Always;
        /// The scheduler moves so many rigs at once that one event reports them all.
        RigsAssigned = "rigs-assigned", [Info], "farm", ["rigs"], Always;
        /// A rig has work of its new assignment.
        RigMoved = "rig-moved", [Info], "rig/NAME", ["from", "to", "pool", "epoch"], Always;
        /// A rig submits far more shares than its model can find.
        RigOverdelivers = "rig-overdelivers", [Warning], "rig/NAME", [], ByShares;
        /// Two connections use the name of one rig.
        RigCloned = "rig-cloned", [Warning], "rig/NAME", ["first", "second", "both_work"], ByShares;
        /// A miner that is not in the farm file has connected, and mines for the house.
        RigQuarantined = "rig-quarantined", [Warning], "quarantine", ["address", "agent", "before"], ByShares;
        /// A miner that is not in the farm file has connected, and was refused.
        RigRefused = "rig-refused", [Warning], "quarantine", ["address"], ByShares;
        /// A rig authorizes on another rig's connection, where their shares could not be told apart; it is refused there.
        RigSharesConnection = "rig-shares-connection", [Warning], "rig/NAME", ["address", "rig"], ByShares;
        /// A rig gets another extranonce, because its next pool leaves too little room.
        RigExtranonceChanged = "rig-extranonce-changed", [Warning], "rig/NAME", [], ByShares;
        /// A rig must reconnect, because its next pool leaves too little room.
        RigReconnected = "rig-reconnected", [Warning], "rig/NAME", [], ByShares;
        /// Shares of a rig were rejected, for the reason given.
        SharesRejected = "shares-rejected", [Warning, Info], "rig/NAME", ["reason", "count"], ByShares;
        /// A miner sent too many bad requests, and was disconnected.
        MinerDismissed = "miner-dismissed", [Warning], "rig/NAME", ["address"], ByShares;
        /// No pool has had work for a while: miners are disconnected, so that they mine at their own backup pools.
        MinersLetGo = "miners-let-go", [Error], "customer/NAME", ["count", "since", "why"], ByShares;
        /// There is work again for miners that were disconnected.
        MinersReadmitted = "miners-readmitted", [Info], "customer/NAME", ["count"], ByShares;
    }
    "Pools" {
        /// A connection to a pool is ready for mining.
        PoolConnected = "pool-connected", [Info], "pool/NAME", ["account", "count"], ByShares;
        /// A connection to a pool was lost; a warning where no rig mined on it.
        PoolLost = "pool-lost", [Error, Warning], "pool/NAME", ["rigs", "unanswered", "account", "count"], ByShares;
        /// A pool has become unhealthy, for the reason given.
        PoolUnhealthy = "pool-unhealthy", [Warning], "pool/NAME", ["account", "url", "reason", "words"], Always;
        /// A pool is healthy again.
        PoolHealthy = "pool-healthy", [Info], "pool/NAME", ["account", "url", "reason"], Always;
        /// A customer's rigs mine at a pool further down the list.
        PoolFailover = "pool-failover", [Warning], "customer/NAME", ["from", "to"], Always;
        /// A customer's rigs mine at a pool further up the list again.
        PoolReturned = "pool-returned", [Info], "customer/NAME", ["from", "to"], Always;
        /// None of a customer's pools is healthy.
        PoolsAllUnhealthy = "pools-all-unhealthy", [Error], "customer/NAME", ["from", "to"], Always;
        /// One rig tries a pool that failed before, ahead of the others.
        PoolOnTrial = "pool-on-trial", [Info], "pool/NAME", ["account", "rig"], ByShares;
        /// A pool failed again with one rig's work.
        PoolTrialFailed = "pool-trial-failed", [Warning], "pool/NAME", ["account", "relapses"], ByShares;
        /// A pool has no connection for a rig, or too little room for its shape: it mines elsewhere meanwhile.
        PoolNoRoom = "pool-no-room", [Warning], "pool/NAME", ["account"], ByShares;
        /// A pool takes only one worker per connection.
        PoolSingleWorker = "pool-single-worker", [Info], "pool/NAME", ["worker", "account"], ByShares;
        /// A pool refuses a worker.
        PoolWorkerRefused = "pool-worker-refused", [Error], "pool/NAME", ["worker", "account"], ByShares;
        /// A pool has sent a message.
        PoolMessage = "pool-message", [Warning], "pool/NAME", ["account", "words"], ByShares;
        /// A pool redirects us to another address of its own.
        PoolRedirected = "pool-redirected", [Info], "pool/NAME", ["to", "count"], ByShares;
        /// A pool tried to redirect us to a host that is not allowed.
        PoolRedirectRefused = "pool-redirect-refused", [Warning], "pool/NAME", ["to", "count"], ByShares;
        /// A pool refused shares.
        SharesRefused = "shares-refused", [Warning], "pool/NAME", ["reason", "account", "count"], ByShares;
    }
    "Rentals and their promises" {
        /// A rental has fewer working rigs than its contract needs.
        RentalShort = "rental-short", [Error], "rental/CUSTOMER/NAME", ["lack_percent"], Always;
        /// A rental has enough rigs again.
        RentalCovered = "rental-covered", [Info], "rental/CUSTOMER/NAME", [], Always;
        /// None of the customer's pools takes work.
        RentalPaused = "rental-paused", [Warning], "rental/CUSTOMER/NAME", [], Always;
        /// A rental is served again.
        RentalResumed = "rental-resumed", [Info], "rental/CUSTOMER/NAME", [], Always;
        /// A settlement period has ended, and its promise was kept.
        PeriodSettled = "period-settled", [Info], "rental/CUSTOMER/NAME", ["from", "until", "owed_hashes", "credited_hashes", "excused_hashes", "credit"], Always;
        /// A settlement period has ended with less than was promised.
        PromiseMissed = "promise-missed", [Error], "rental/CUSTOMER/NAME", ["from", "until", "owed_hashes", "credited_hashes", "excused_hashes", "credit"], Always;
        /// A settlement period cannot be settled, because a clock was wrong or the daemon was down for too long.
        PeriodAbandoned = "period-abandoned", [Error], "rental/CUSTOMER/NAME", ["owed_hashes", "credited_hashes"], Never;
    }
    "Sites" {
        /// Many rigs of one site, rack or pool went silent at once; none of them is blamed.
        OutageBegan = "outage-began", [Error], "site/NAME", ["rigs", "since", "first"], Always;
        /// More rigs of the same site, rack or pool went silent.
        OutageWidened = "outage-widened", [Error], "site/NAME", ["rigs", "since", "first"], Always;
        /// Most rigs of that site, rack or pool work again.
        OutageEnded = "outage-ended", [Info], "site/NAME", ["rigs", "since", "first"], Always;
        /// A power limit begins at a site.
        SiteCurtailed = "site-curtailed", [Info], "site/NAME", ["power_max", "rigs", "parked", "until"], Always;
        /// A power limit at a site has ended.
        SiteReleased = "site-released", [Info], "site/NAME", [], Always;
    }
    "Farm files and overrides" {
        /// A farm file was accepted.
        FarmAccepted = "farm-accepted", [Info], "generation/NUMBER", [], Never;
        /// The farm has converged to a generation of the farm file.
        FarmConverged = "farm-converged", [Info], "generation/NUMBER", [], Never;
        /// An accepted farm file cannot be put in force; the previous one stays.
        FarmHeld = "farm-held", [Error], "farm", [], Never;
        /// An override was made.
        OverrideMade = "override-made", [Info], "what it overrides", ["override"], Never;
        /// An override was ended early.
        OverrideEnded = "override-ended", [Info], "what it overrides", ["override"], Never;
        /// An override has expired.
        OverrideExpired = "override-expired", [Info], "override/NUMBER", [], Always;
        /// A password that a pool needs cannot be read.
        SecretMissing = "secret-missing", [Error], "farm", [], Never;
        /// A secret can no longer be read; its last value is used.
        SecretStale = "secret-stale", [Warning], "farm", [], Never;
        /// A secret can be read again.
        SecretRead = "secret-read", [Info], "farm", [], Never;
    }
    "The daemon" {
        /// The daemon has started; a warning where the previous process was killed or crashed.
        DaemonStarted = "daemon-started", [Info, Warning], "daemon", ["version", "generation", "before", "before_version"], Never;
        /// The daemon was asked to stop.
        DaemonEnding = "daemon-ending", [Info], "daemon", ["why"], Never;
        /// The farm file has no hub of the name that the daemon was given.
        HubMissing = "hub-missing", [Error], "hub", [], Never;
        /// The hub stalled, as when a machine is paused; no rig is blamed for it.
        HubStalled = "hub-stalled", [Warning], "hub", [], Never;
        /// The system clock was set.
        ClockSet = "clock-set", [Warning], "hub", [], Never;
        /// A listener cannot be opened; it is retried.
        ListenerFailed = "listener-failed", [Error], "listener/NAME", [], Never;
        /// A listener that could not be opened is open now.
        ListenerOpen = "listener-open", [Info], "listener/NAME", [], Never;
        /// A listener uses a new certificate from now on.
        CertificateRenewed = "certificate-renewed", [Info], "listener/NAME", [], Never;
        /// A new certificate cannot be used; the previous one stays.
        CertificateRefused = "certificate-refused", [Error], "listener/NAME", [], Never;
        /// The limit of open files leaves no room for more connections.
        OpenFilesFull = "open-files-full", [Error], "hub", [], Never;
        /// The API refused a wrong token.
        ApiTokenRefused = "api-token-refused", [Warning], "api", [], Never;
        /// The share journal cannot be written.
        JournalFailed = "journal-failed", [Error], "hub", [], Never;
        /// The share journal can be written again.
        JournalRecovered = "journal-recovered", [Info], "hub", ["since", "missed"], Never;
        /// The share journal is damaged.
        JournalDamaged = "journal-damaged", [Error], "hub", ["missing", "recovered", "files"], Never;
        /// The previous process was killed while shares were in its memory only.
        SharesUnwritten = "shares-unwritten", [Error], "hub", ["missing", "since"], Never;
        /// The database cannot be written; accounts and events wait.
        DatabaseFailed = "database-failed", [Error], "store", [], Never;
        /// The database can be written again.
        DatabaseRecovered = "database-recovered", [Info], "store", ["since"], Never;
    }
    "Rehearsals only: what happens to the simulated farm" {
        /// A rig breaks.
        RehearsalRigDies = "rehearsal-rig-dies", [Info], "rig/NAME", [], Always;
        /// A rig is repaired.
        RehearsalRigRepaired = "rehearsal-rig-repaired", [Info], "rig/NAME", [], Always;
        /// Rigs lose power.
        RehearsalPowerOff = "rehearsal-power-off", [Info], "farm", [], Always;
        /// Rigs have power again.
        RehearsalPowerOn = "rehearsal-power-on", [Info], "farm", [], Always;
        /// Rigs stay connected and find no shares.
        RehearsalSilence = "rehearsal-silence", [Info], "farm", [], Always;
        /// Rigs are repaired.
        RehearsalRepair = "rehearsal-repair", [Info], "farm", [], Always;
        /// Rigs cannot reach the hub.
        RehearsalNetworkCut = "rehearsal-network-cut", [Info], "farm", [], Always;
        /// Rigs can reach the hub again.
        RehearsalNetworkBack = "rehearsal-network-back", [Info], "farm", [], Always;
        /// Rigs gradually lose hashrate.
        RehearsalDecline = "rehearsal-decline", [Info], "farm", [], Always;
        /// Rigs break and are repaired at random from now on.
        RehearsalFailures = "rehearsal-failures", [Info], "farm", [], Always;
        /// A pool starts or stops failing.
        RehearsalPool = "rehearsal-pool", [Info], "pool/NAME", [], Always;
        /// The hub is killed and starts again.
        RehearsalHubRestart = "rehearsal-hub-restart", [Info], "hub", [], Always;
        /// An override begins.
        RehearsalOverride = "rehearsal-override", [Info], "farm", [], Always;
        /// A new farm file is in force.
        RehearsalFarm = "rehearsal-farm", [Info], "farm", [], Always;
    }
}

impl EventKind {
    /// Its stable name, such as `rig-dead`.
    pub fn name(self) -> &'static str {
        self.entry().name
    }

    /// What it is told as unless it says otherwise.
    pub fn severity(self) -> Severity {
        self.entry().severities[0]
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// The kind whose name is nearest to a misspelt one.
    pub fn meant_by(name: &str) -> Option<Self> {
        nearest(name, Self::ALL.iter().map(|kind| kind.name())).and_then(Self::named)
    }

    /// Whether an event of this kind may have the field.
    pub fn has_field(self, field: &str) -> bool {
        self.entry().fields.contains(&field) || ANY.contains(&field)
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The catalogue as a page of documentation.
pub fn reference() -> String {
    let mut out = String::from(
        "# Events\n\n\
         All kinds of events. `stratumctl events` shows them, `--kind` selects one, and `event` and `no_event` in a\n\
         scenario take these names. This page is generated from the catalogue in `schema/src/event.rs`.\n\n\
         An event has a time, a kind, a severity, a subject, a sentence, and fields. Any may have the field `suppressed`: how\n\
         many of its kind and subject were only counted since the last one that was reported. *Rehearsed* says whether\n\
         `test` and `simulate` report it: always, only where they simulate every share, or never, because it is about the\n\
         daemon itself.\n",
    );
    let mut section = "";
    for kind in EventKind::ALL {
        let entry = kind.entry();
        if entry.section != section {
            section = entry.section;
            out += &format!(
                "\n## {section}\n\n| kind | severity | subject | fields | what has happened | rehearsed | since |\n|---|---|---|---|---|---|---|\n"
            );
        }
        let severities: Vec<String> = entry.severities.iter().map(|one| one.to_string()).collect();
        let fields: Vec<String> = entry.fields.iter().map(|field| format!("`{field}`")).collect();
        out += &format!(
            "| `{}` | {} | `{}` | {} | {} | {} | {} |\n",
            entry.name,
            severities.join(" or "),
            entry.subject,
            fields.join(" "),
            entry.meaning,
            entry.rehearsed.name(),
            entry.since
        );
    }
    out
}

impl Rehearsed {
    fn name(self) -> &'static str {
        match self {
            Rehearsed::Always => "always",
            Rehearsed::ByShares => "by shares",
            Rehearsed::Never => "never",
        }
    }
}

/// One kind as a text.
pub(crate) fn explained(kind: EventKind) -> String {
    let entry = kind.entry();
    let severities: Vec<&str> = entry.severities.iter().map(|one| one.name()).collect();
    let fields = if entry.fields.is_empty() { "none".to_owned() } else { entry.fields.join(", ") };
    format!(
        "{}\n\n{}\n\nSeverity: {}\nSubject: {}\nFields: {fields}\nRehearsed: {}\nSince: {}\n",
        entry.name,
        entry.meaning,
        severities.join(" or "),
        entry.subject,
        entry.rehearsed.name(),
        entry.since
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_name_of_its_own_and_is_found_by_it() {
        for kind in EventKind::ALL {
            assert_eq!(EventKind::named(kind.name()), Some(*kind));
            assert!(kind.name().chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{kind}");
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
            let entry = kind.entry();
            assert!(
                entry.meaning.ends_with('.') && !entry.meaning.starts_with(' '),
                "{kind}: {}",
                entry.meaning
            );
        }
    }

    #[test]
    fn a_misspelt_kind_has_a_nearest_one() {
        assert_eq!(EventKind::meant_by("rig-ofline"), Some(EventKind::RigOffline));
        assert_eq!(EventKind::meant_by("pool-fail-over"), Some(EventKind::PoolFailover));
        assert_eq!(EventKind::meant_by("qqqqqqqqqqqq"), None);
    }
}
