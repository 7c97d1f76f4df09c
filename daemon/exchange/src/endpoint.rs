//! Where a pool listens, and whose certificate to believe there.

use std::sync::Arc;

use stratum::Protocol;

/// Where a pool listens.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Endpoint {
    /// Name or address.
    pub host: Arc<str>,
    /// TCP port.
    pub port: u16,
    /// What it speaks.
    pub protocol: Protocol,
    /// Whether to speak TLS.
    pub tls: bool,
    /// Whose certificate to believe; the system's authorities when left out.
    pub trust: Option<Arc<Trust>>,
}

/// Whose certificate a pool may show, where the system's authorities are not asked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Trust {
    /// Certificates of authorities, as PEM.
    pub ca: Option<Arc<str>>,
    /// SHA-256 of certificates: one of these it must be. Alone, they decide alone.
    pub pins: Vec<[u8; 32]>,
}

/// A pool's URL could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{url}` is no pool URL: {why}; write stratum+tcp://host:port or stratum+ssl://host:port")]
pub struct BadUrl {
    /// As written.
    pub url: String,
    /// What is wrong.
    pub why: &'static str,
}

impl Endpoint {
    /// Reads `stratum+tcp://host:port`; `stratum+ssl`, `stratum+tls`, `ssl` and `tls` mean TLS.
    pub fn parse(url: &str) -> Result<Self, BadUrl> {
        let bad = |why| BadUrl { url: url.to_owned(), why };
        let (scheme, rest) = url.split_once("://").ok_or_else(|| bad("the scheme is missing"))?;
        let tls = match scheme {
            "stratum+tcp" | "tcp" | "stratum" => false,
            "stratum+ssl" | "stratum+tls" | "ssl" | "tls" => true,
            _ => return Err(bad("the scheme is unknown")),
        };
        let rest = rest.trim_end_matches('/');
        let (host, port) = rest.rsplit_once(':').ok_or_else(|| bad("the port is missing"))?;
        let port =
            port.parse().ok().filter(|port| *port != 0).ok_or_else(|| bad("the port is not 1..65535"))?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        if host.is_empty() || host.contains(['/', '@', ' ']) {
            return Err(bad("the host is missing or odd"));
        }
        Ok(Self { host: host.into(), port, protocol: Protocol::default(), tls, trust: None })
    }
}

impl std::fmt::Display for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scheme = if self.tls { "stratum+ssl" } else { "stratum+tcp" };
        if self.host.contains(':') {
            write!(f, "{scheme}://[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{scheme}://{}:{}", self.host, self.port)
        }
    }
}
