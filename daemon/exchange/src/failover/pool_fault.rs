//! What ails a pool, told apart finely enough that a person knows what to do about it.

use std::sync::Arc;

/// What ails a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PoolFault {
    /// Nothing is known yet: the first attempt is under way.
    Connecting,
    /// The connection was lost a moment ago and is being made again.
    Lost,
    /// The host is there and nothing listens at the port.
    ConnectionRefused,
    /// No such host.
    NameUnknown,
    /// There is no way to the host, or the connection was broken off.
    Unreachable,
    /// The connection was not answered.
    ConnectionTimeout,
    /// TLS could not be agreed on, or the certificate is not to be trusted.
    Tls,
    /// What it says is no stratum.
    NotStratum,
    /// It takes the connection and closes it.
    Closed,
    /// It says that it has no room.
    Full,
    /// It does not answer the subscription.
    NoSubscribeAnswer,
    /// It refuses the subscription.
    SubscribeRefused,
    /// It does not answer the worker's introduction.
    NoAuthorizeAnswer,
    /// It refuses the worker.
    Unauthorized,
    /// The extranonce it gives leaves no room for rigs, or more than can be used.
    ExtranonceUnusable,
    /// Its jobs are not ones that rigs can take.
    JobUnusable,
    /// Its difficulty makes no sense.
    DifficultyUnusable,
    /// It asked us to come back after a while, perhaps elsewhere.
    Away,
    /// It redirects us again and again.
    Redirecting,
    /// Connected, but no job, or none for too long.
    NoJob,
    /// It refuses most shares.
    Rejecting,
    /// It answers no shares.
    Silent,
}

impl PoolFault {
    /// All of them.
    pub const ALL: [PoolFault; 22] = [
        PoolFault::Connecting,
        PoolFault::Lost,
        PoolFault::ConnectionRefused,
        PoolFault::NameUnknown,
        PoolFault::Unreachable,
        PoolFault::ConnectionTimeout,
        PoolFault::Tls,
        PoolFault::NotStratum,
        PoolFault::Closed,
        PoolFault::Full,
        PoolFault::NoSubscribeAnswer,
        PoolFault::SubscribeRefused,
        PoolFault::NoAuthorizeAnswer,
        PoolFault::Unauthorized,
        PoolFault::ExtranonceUnusable,
        PoolFault::JobUnusable,
        PoolFault::DifficultyUnusable,
        PoolFault::Away,
        PoolFault::Redirecting,
        PoolFault::NoJob,
        PoolFault::Rejecting,
        PoolFault::Silent,
    ];

    /// For a person, behind the pool's name.
    pub fn words(self) -> &'static str {
        match self {
            PoolFault::Connecting => "is being connected",
            PoolFault::Lost => "closed the connection, and is being reconnected",
            PoolFault::ConnectionRefused => "cannot be reached: nothing listens there",
            PoolFault::NameUnknown => "cannot be reached: its host name does not resolve",
            PoolFault::Unreachable => "cannot be reached",
            PoolFault::ConnectionTimeout => "cannot be reached: the connection timed out",
            PoolFault::Tls => "cannot be reached over TLS",
            PoolFault::NotStratum => "does not speak stratum",
            PoolFault::Closed => "accepts the connection and closes it",
            PoolFault::Full => "is full",
            PoolFault::NoSubscribeAnswer => "does not answer mining.subscribe",
            PoolFault::SubscribeRefused => "refuses mining.subscribe",
            PoolFault::NoAuthorizeAnswer => "does not answer mining.authorize",
            PoolFault::Unauthorized => "refuses the worker",
            PoolFault::ExtranonceUnusable => "gives an extranonce that rigs cannot use",
            PoolFault::JobUnusable => "sends jobs that rigs cannot use",
            PoolFault::DifficultyUnusable => "sets a difficulty that makes no sense",
            PoolFault::Away => "asked us to reconnect later",
            PoolFault::Redirecting => "redirects us again and again",
            PoolFault::NoJob => "sends no job",
            PoolFault::Rejecting => "rejects most shares",
            PoolFault::Silent => "does not answer shares",
        }
    }

    /// For a program. Stable.
    pub fn name(self) -> &'static str {
        match self {
            PoolFault::Connecting => "connecting",
            PoolFault::Lost => "lost",
            PoolFault::ConnectionRefused => "connection-refused",
            PoolFault::NameUnknown => "name-unknown",
            PoolFault::Unreachable => "unreachable",
            PoolFault::ConnectionTimeout => "connection-timeout",
            PoolFault::Tls => "tls",
            PoolFault::NotStratum => "not-stratum",
            PoolFault::Closed => "closed",
            PoolFault::Full => "full",
            PoolFault::NoSubscribeAnswer => "no-subscribe-answer",
            PoolFault::SubscribeRefused => "subscribe-refused",
            PoolFault::NoAuthorizeAnswer => "no-authorize-answer",
            PoolFault::Unauthorized => "unauthorized",
            PoolFault::ExtranonceUnusable => "extranonce-unusable",
            PoolFault::JobUnusable => "job-unusable",
            PoolFault::DifficultyUnusable => "difficulty-unusable",
            PoolFault::Away => "away",
            PoolFault::Redirecting => "redirecting",
            PoolFault::NoJob => "no-job",
            PoolFault::Rejecting => "rejecting",
            PoolFault::Silent => "silent",
        }
    }

    /// It is certain that no share gets through, so there is nothing to wait for. The others are symptoms: they
    /// may pass, and are sat out for a while.
    pub fn is_fact(self) -> bool {
        !matches!(
            self,
            PoolFault::Connecting
                | PoolFault::Lost
                | PoolFault::ConnectionTimeout
                | PoolFault::NoSubscribeAnswer
                | PoolFault::NoAuthorizeAnswer
                | PoolFault::NoJob
                | PoolFault::Rejecting
                | PoolFault::Silent
        )
    }

    /// Something is known that is worth telling.
    pub fn is_known(self) -> bool {
        !matches!(self, PoolFault::Connecting | PoolFault::Lost)
    }
}

/// Why a connection ended, or came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// What it says about the pool.
    pub cause: PoolFault,
    /// The pool's or the system's own words, if any: bounded, without control characters.
    pub words: Arc<str>,
}

impl Loss {
    /// With the pool's or the system's own words; they are made fit for a log here.
    pub fn new(cause: PoolFault, words: &str) -> Self {
        Self { cause, words: stratum::text::words(words).into() }
    }

    /// A pool that says no because it has no room says so in many ways.
    pub fn unless_full(self, said: &str) -> Self {
        let said_lower = said.to_ascii_lowercase();
        let word = |word: &str| said_lower.split(|c: char| !c.is_alphanumeric()).any(|other| other == word);
        let full =
            ["is full", "too many", "no capacity", "no more connections", "no free", "no room", "overloaded"];
        let ends = ["reached", "exceeded", "full"].into_iter().any(word);
        let of_room =
            ["capacity", "connection", "worker", "client", "server", "pool", "slot", "limit", "max"];
        let is_full = full.iter().any(|words| said_lower.contains(words))
            || said_lower.contains("at capacity")
            || ends && of_room.iter().any(|of| said_lower.contains(of));
        if is_full { Self::new(PoolFault::Full, said) } else { self }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_fault_can_be_told_apart() {
        let names: HashSet<&str> = PoolFault::ALL.iter().map(|fault| fault.name()).collect();
        let words: HashSet<&str> = PoolFault::ALL.iter().map(|fault| fault.words()).collect();
        assert_eq!((names.len(), words.len()), (PoolFault::ALL.len(), PoolFault::ALL.len()));
    }

    #[test]
    fn a_pool_that_has_no_room_is_known_by_its_words() {
        let refused = || Loss::new(PoolFault::SubscribeRefused, "no");
        for said in [
            "Pool server is full",
            "Too many connections from your address",
            "Server full, max connections reached",
            "Server full",
            "POOL FULL - try another",
            "Maximum number of workers reached",
            "connection limit exceeded",
            "Capacity reached",
            "We are at capacity",
            "no free slots",
            "No more connections allowed",
        ] {
            assert_eq!(refused().unless_full(said).cause, PoolFault::Full, "{said}");
        }
        for said in ["unknown user", "give your full name", "fully synced soon", "pool is in maintenance", ""]
        {
            assert_eq!(refused().unless_full(said).cause, PoolFault::SubscribeRefused, "{said}");
        }
        assert_eq!(&*Loss::new(PoolFault::Closed, "a\u{1b}[31mb\n").words, "a[31mb");
    }
}
