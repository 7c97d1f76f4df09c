//! What ails a pool, told apart finely enough that a person knows what to do about it.

use std::sync::Arc;

/// What ails a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Illness {
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

impl Illness {
    /// All of them.
    pub const ALL: [Illness; 22] = [
        Illness::Connecting,
        Illness::Lost,
        Illness::ConnectionRefused,
        Illness::NameUnknown,
        Illness::Unreachable,
        Illness::ConnectionTimeout,
        Illness::Tls,
        Illness::NotStratum,
        Illness::Closed,
        Illness::Full,
        Illness::NoSubscribeAnswer,
        Illness::SubscribeRefused,
        Illness::NoAuthorizeAnswer,
        Illness::Unauthorized,
        Illness::ExtranonceUnusable,
        Illness::JobUnusable,
        Illness::DifficultyUnusable,
        Illness::Away,
        Illness::Redirecting,
        Illness::NoJob,
        Illness::Rejecting,
        Illness::Silent,
    ];

    /// For a person, behind the pool's name.
    pub fn words(self) -> &'static str {
        match self {
            Illness::Connecting => "is being connected",
            Illness::Lost => "closed the connection, and is being reconnected",
            Illness::ConnectionRefused => "cannot be reached: nothing listens there",
            Illness::NameUnknown => "cannot be reached: its host name does not resolve",
            Illness::Unreachable => "cannot be reached",
            Illness::ConnectionTimeout => "cannot be reached: the connection timed out",
            Illness::Tls => "cannot be reached over TLS",
            Illness::NotStratum => "does not speak stratum",
            Illness::Closed => "accepts the connection and closes it",
            Illness::Full => "is full",
            Illness::NoSubscribeAnswer => "does not answer mining.subscribe",
            Illness::SubscribeRefused => "refuses mining.subscribe",
            Illness::NoAuthorizeAnswer => "does not answer mining.authorize",
            Illness::Unauthorized => "refuses the worker",
            Illness::ExtranonceUnusable => "gives an extranonce that rigs cannot use",
            Illness::JobUnusable => "sends jobs that rigs cannot use",
            Illness::DifficultyUnusable => "sets a difficulty that makes no sense",
            Illness::Away => "asked us to reconnect later",
            Illness::Redirecting => "redirects us again and again",
            Illness::NoJob => "sends no job",
            Illness::Rejecting => "rejects most shares",
            Illness::Silent => "does not answer shares",
        }
    }

    /// For a program. Stable.
    pub fn name(self) -> &'static str {
        match self {
            Illness::Connecting => "connecting",
            Illness::Lost => "lost",
            Illness::ConnectionRefused => "connection-refused",
            Illness::NameUnknown => "name-unknown",
            Illness::Unreachable => "unreachable",
            Illness::ConnectionTimeout => "connection-timeout",
            Illness::Tls => "tls",
            Illness::NotStratum => "not-stratum",
            Illness::Closed => "closed",
            Illness::Full => "full",
            Illness::NoSubscribeAnswer => "no-subscribe-answer",
            Illness::SubscribeRefused => "subscribe-refused",
            Illness::NoAuthorizeAnswer => "no-authorize-answer",
            Illness::Unauthorized => "unauthorized",
            Illness::ExtranonceUnusable => "extranonce-unusable",
            Illness::JobUnusable => "job-unusable",
            Illness::DifficultyUnusable => "difficulty-unusable",
            Illness::Away => "away",
            Illness::Redirecting => "redirecting",
            Illness::NoJob => "no-job",
            Illness::Rejecting => "rejecting",
            Illness::Silent => "silent",
        }
    }

    /// It is certain that no share gets through, so there is nothing to wait for. The others are symptoms: they
    /// may pass, and are sat out for a while.
    pub fn is_fact(self) -> bool {
        !matches!(
            self,
            Illness::Connecting
                | Illness::Lost
                | Illness::ConnectionTimeout
                | Illness::NoSubscribeAnswer
                | Illness::NoAuthorizeAnswer
                | Illness::NoJob
                | Illness::Rejecting
                | Illness::Silent
        )
    }

    /// Something is known that is worth telling.
    pub fn is_known(self) -> bool {
        !matches!(self, Illness::Connecting | Illness::Lost)
    }
}

/// Why a connection ended, or came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// What it says about the pool.
    pub cause: Illness,
    /// The pool's or the system's own words, if any: bounded, without control characters.
    pub words: Arc<str>,
}

impl Loss {
    /// With the pool's or the system's own words; they are made fit for a log here.
    pub fn new(cause: Illness, words: &str) -> Self {
        Self { cause, words: stratum::v1::message::words(words).into() }
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
        if is_full { Self::new(Illness::Full, said) } else { self }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_illness_can_be_told_apart() {
        let names: HashSet<&str> = Illness::ALL.iter().map(|illness| illness.name()).collect();
        let words: HashSet<&str> = Illness::ALL.iter().map(|illness| illness.words()).collect();
        assert_eq!((names.len(), words.len()), (Illness::ALL.len(), Illness::ALL.len()));
    }

    #[test]
    fn a_pool_that_has_no_room_is_known_by_its_words() {
        let refused = || Loss::new(Illness::SubscribeRefused, "no");
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
            assert_eq!(refused().unless_full(said).cause, Illness::Full, "{said}");
        }
        for said in ["unknown user", "give your full name", "fully synced soon", "pool is in maintenance", ""]
        {
            assert_eq!(refused().unless_full(said).cause, Illness::SubscribeRefused, "{said}");
        }
        assert_eq!(&*Loss::new(Illness::Closed, "a\u{1b}[31mb\n").words, "a[31mb");
    }
}
