//! Where things are on a network: hosts, pool and web URLs, listeners, networks. And two small texts
//! of the same kind: mail addresses and colours.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

use crate::text::{Text, TextError, text_value};

macro_rules! written {
    ($($(#[$meta:meta])* $name:ident),* $(,)?) => {$(
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The text as written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }

        text_value!($name);
    )*};
}

written! {
    /// An IP address or a host name.
    Host,
    /// A host name where the first label may be `*`.
    HostPattern,
    /// Where a pool listens: `stratum+tcp://pool.example:3333`.
    PoolUrl,
    /// A page or an API of the web.
    WebUrl,
    /// An address and a port to listen on.
    BindAddress,
    /// An address, or a network as address and prefix length.
    Network,
    /// A mail address.
    Email,
    /// A colour as `#rrggbb`.
    Color,
    /// SHA-256 of a certificate.
    Fingerprint,
}

fn is_host_name(text: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let digits_only = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    text.len() <= 253 && !digits_only && text.split('.').all(label)
}

impl FromStr for Host {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        if text.parse::<IpAddr>().is_ok() || is_host_name(text) {
            return Ok(Host(text.into()));
        }
        Err(TextError::of::<Host>("it is neither an IP address nor a host name"))
    }
}

impl Text for Host {
    const FORMAT: &'static str = "farm-host";
    const WHAT: &'static str = "a host";
    const EXPECTED: &'static str = "an IP address or a host name, such as `10.10.0.9`";
    const PATTERN: &'static str = "^[A-Za-z0-9:_][A-Za-z0-9.:_-]*$";
    const EXAMPLES: &'static [&'static str] = &["10.10.0.9", "meter.hall-a.example"];
}

impl HostPattern {
    /// Does it allow this host? `*` stands for one or more labels.
    pub fn matches(&self, host: &str) -> bool {
        match self.0.strip_prefix('*') {
            Some(suffix) => {
                host.len() > suffix.len() && host.to_ascii_lowercase().ends_with(&suffix.to_ascii_lowercase())
            }
            None => self.0.eq_ignore_ascii_case(host),
        }
    }
}

impl FromStr for HostPattern {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        let name = text.strip_prefix("*.").unwrap_or(text);
        if is_host_name(name) && (name == text || name.contains('.')) || text.parse::<IpAddr>().is_ok() {
            return Ok(HostPattern(text.into()));
        }
        Err(TextError::of::<HostPattern>(
            "it is not a host name, or its `*` is not the first label of at least three",
        ))
    }
}

impl Text for HostPattern {
    const FORMAT: &'static str = "farm-host-pattern";
    const WHAT: &'static str = "a pattern of hosts";
    const EXPECTED: &'static str = "a host name, or `*.` and a domain, such as `*.pool.example`";
    const PATTERN: &'static str = r"^(\*\.)?[A-Za-z0-9:_][A-Za-z0-9.:_-]*$";
    const EXAMPLES: &'static [&'static str] = &["*.pool.example", "eu.pool.example"];
}

/// How a pool is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PoolScheme {
    /// Stratum V1 in plain TCP.
    StratumV1,
    /// Stratum V1 in TLS.
    StratumV1Tls,
    /// Stratum V2.
    StratumV2,
}

impl PoolUrl {
    const SCHEMES: [(&'static str, PoolScheme); 4] = [
        ("stratum+tcp://", PoolScheme::StratumV1),
        ("stratum+ssl://", PoolScheme::StratumV1Tls),
        ("stratum+tls://", PoolScheme::StratumV1Tls),
        ("stratum2+tcp://", PoolScheme::StratumV2),
    ];

    fn parts(text: &str) -> Result<(PoolScheme, &str, u16, Option<&str>), &'static str> {
        let Some((scheme, rest)) =
            Self::SCHEMES.iter().find_map(|(start, scheme)| Some((*scheme, text.strip_prefix(start)?)))
        else {
            return Err("it does not start with stratum+tcp://, stratum+ssl:// or stratum2+tcp://");
        };
        if rest.contains('@') {
            return Err("users and passwords do not belong in it");
        }
        let (place, key) = rest.split_once('/').map_or((rest, None), |(place, key)| (place, Some(key)));
        let key = key.filter(|key| !key.is_empty());
        if key.is_some() && scheme != PoolScheme::StratumV2 {
            return Err("nothing follows the port");
        }
        if key.is_some_and(|key| !key.bytes().all(|b| b.is_ascii_alphanumeric())) {
            return Err("the authority key is not written in base 58");
        }
        let Some((host, port)) = place.rsplit_once(':') else { return Err("the port is missing") };
        let digits_only = port.bytes().all(|b| b.is_ascii_digit());
        let port = port.parse::<u16>().ok().filter(|port| *port > 0);
        let Some(port) = port.filter(|_| digits_only) else { return Err("the port is not from 1 to 65535") };
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let known = match bare {
            Some(bare) => bare.parse::<std::net::Ipv6Addr>().is_ok(),
            None => !host.contains(':') && host.parse::<Host>().is_ok(),
        };
        if !known {
            return Err("the host is neither an IP address nor a host name");
        }
        Ok((scheme, bare.unwrap_or(host), port, key))
    }

    fn checked(&self) -> (PoolScheme, &str, u16, Option<&str>) {
        Self::parts(&self.0).expect("a pool URL was checked when it was read")
    }

    /// How to speak to it.
    pub fn scheme(&self) -> PoolScheme {
        self.checked().0
    }

    /// Its host, IPv6 without brackets.
    pub fn host(&self) -> &str {
        self.checked().1
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.checked().2
    }

    /// The authority key of a Stratum V2 pool.
    pub fn authority_key(&self) -> Option<&str> {
        self.checked().3
    }
}

impl FromStr for PoolUrl {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        Self::parts(text).map_err(TextError::of::<PoolUrl>)?;
        Ok(PoolUrl(text.into()))
    }
}

impl Text for PoolUrl {
    const FORMAT: &'static str = "farm-pool-url";
    const WHAT: &'static str = "a pool's URL";
    const EXPECTED: &'static str = "stratum+tcp://, stratum+ssl:// or stratum2+tcp:// and host:port, such as `stratum+tcp://pool.example:3333`";
    const PATTERN: &'static str = r"^stratum2?\+(tcp|ssl|tls)://[^@\s]+:[0-9]+(/[A-Za-z0-9]*)?$";
    const EXAMPLES: &'static [&'static str] = &[
        "stratum+tcp://pool.example:3333",
        "stratum+ssl://[2001:db8::7]:443",
        "stratum2+tcp://pool.example:3336/9bDuixKmZqAJnrmP746n8zU1wyAQRrus7th9dxnkPg6RzQvCnan",
    ];
}

impl FromStr for WebUrl {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        let error = |reason: &'static str| TextError::of::<WebUrl>(reason);
        let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else {
            return Err(error("it does not start with https:// or http://"));
        };
        if rest.is_empty()
            || rest.starts_with('/')
            || text.len() > 2048
            || text.contains(|c: char| c.is_whitespace() || c.is_control())
        {
            return Err(error("it has no host, or has spaces"));
        }
        if rest.split('/').next().is_some_and(|place| place.contains('@')) {
            return Err(error("users and passwords do not belong in it"));
        }
        Ok(WebUrl(text.into()))
    }
}

impl Text for WebUrl {
    const FORMAT: &'static str = "farm-url";
    const WHAT: &'static str = "a URL";
    const EXPECTED: &'static str = "https:// and a host, such as `https://pay.example/api`";
    const PATTERN: &'static str = r"^https?://[^\s/][^\s]*$";
    const EXAMPLES: &'static [&'static str] = &["https://pay.example/api"];
}

impl BindAddress {
    /// The address and port to listen on.
    pub fn socket(&self) -> SocketAddr {
        self.0.parse().expect("a bind address was checked when it was read")
    }
}

impl FromStr for BindAddress {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        match text.parse::<SocketAddr>() {
            Ok(_) => Ok(BindAddress(text.into())),
            Err(_) => Err(TextError::of::<BindAddress>("it is not an IP address and a port")),
        }
    }
}

impl Text for BindAddress {
    const FORMAT: &'static str = "farm-bind-address";
    const WHAT: &'static str = "an address to listen on";
    const EXPECTED: &'static str = "an IP address and a port, such as `0.0.0.0:3333` or `[::]:3333`";
    const PATTERN: &'static str = r"^(\[[0-9A-Fa-f:.%]+\]|[0-9.]+):[0-9]{1,5}$";
    const EXAMPLES: &'static [&'static str] = &["0.0.0.0:3333", "[::]:3333"];
}

impl Network {
    fn parts(text: &str) -> Option<(IpAddr, u8)> {
        let (address, length) = text.split_once('/').map_or((text, None), |(a, l)| (a, Some(l)));
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let length = match length {
            Some(length) if length.bytes().all(|b| b.is_ascii_digit()) => {
                length.parse::<u8>().ok().filter(|l| *l <= most)?
            }
            Some(_) => return None,
            None => most,
        };
        Some((address, length))
    }

    fn bits(address: IpAddr) -> (u128, u32) {
        match address {
            IpAddr::V4(v4) => (u128::from(v4.to_bits()), 32),
            IpAddr::V6(v6) => (v6.to_bits(), 128),
        }
    }

    /// Is this address in it? A v4 address inside a v6 one counts as v4.
    pub fn contains(&self, address: IpAddr) -> bool {
        let (network, length) = Self::parts(&self.0).expect("a network was checked when it was read");
        let ((base, width), (bits, other)) = (Self::bits(network), Self::bits(address.to_canonical()));
        if width != other {
            return false;
        }
        let shift = width - u32::from(length);
        shift == 128 || base >> shift == bits >> shift
    }
}

impl FromStr for Network {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        match Self::parts(text) {
            Some(_) => Ok(Network(text.into())),
            None => Err(TextError::of::<Network>("it is not an IP address and a prefix length")),
        }
    }
}

impl Text for Network {
    const FORMAT: &'static str = "farm-network";
    const WHAT: &'static str = "a network";
    const EXPECTED: &'static str = "an IP address with or without a prefix length, such as `10.10.0.0/16`";
    const PATTERN: &'static str = r"^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$";
    const EXAMPLES: &'static [&'static str] = &["10.10.0.0/16", "2001:db8::/32"];
}

impl FromStr for Email {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        let one_line = !text.contains(|c: char| c.is_whitespace() || c.is_control());
        match text.rsplit_once('@') {
            Some((who, host)) if !who.is_empty() && !who.contains('@') && one_line && is_host_name(host) => {
                Ok(Email(text.into()))
            }
            _ => Err(TextError::of::<Email>("it is not a name, `@` and a host")),
        }
    }
}

impl Text for Email {
    const FORMAT: &'static str = "farm-email";
    const WHAT: &'static str = "a mail address";
    const EXPECTED: &'static str = "a name, `@` and a host, such as `noc@alice.example`";
    const PATTERN: &'static str = r"^[^@\s]+@[A-Za-z0-9._-]+$";
    const EXAMPLES: &'static [&'static str] = &["noc@alice.example"];
}

impl FromStr for Color {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6);
        if digits.is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit())) {
            return Ok(Color(text.into()));
        }
        Err(TextError::of::<Color>("it is not `#` and six hexadecimal digits"))
    }
}

impl Text for Color {
    const FORMAT: &'static str = "farm-color";
    const WHAT: &'static str = "a colour";
    const EXPECTED: &'static str = "`#` and six hexadecimal digits in quotes, such as `'#0b7a4b'`";
    const PATTERN: &'static str = "^#[0-9A-Fa-f]{6}$";
    const EXAMPLES: &'static [&'static str] = &["#0b7a4b"];
}

impl Fingerprint {
    /// The 32 bytes.
    pub fn bytes(&self) -> [u8; 32] {
        let mut out = [0; 32];
        let digits = hex_digits(&self.0).unwrap_or_default();
        for (byte, pair) in out.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = pair[0] << 4 | pair[1];
        }
        out
    }
}

/// The values of 64 hexadecimal digits, with `sha256:` before them or not, in pairs with colons or not.
fn hex_digits(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix("sha256:").unwrap_or(text);
    let pairs: Vec<&str> = digits.split(':').collect();
    let paired = pairs.len() == 1 || pairs.iter().all(|pair| pair.len() == 2);
    let digits: Option<Vec<u8>> =
        pairs.concat().chars().map(|digit| digit.to_digit(16).map(|value| value as u8)).collect();
    digits.filter(|digits| paired && digits.len() == 64)
}

impl FromStr for Fingerprint {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        match hex_digits(text) {
            Some(_) => Ok(Fingerprint(text.into())),
            None => Err(TextError::of::<Fingerprint>("it is not 64 hexadecimal digits")),
        }
    }
}

impl Text for Fingerprint {
    const FORMAT: &'static str = "farm-fingerprint";
    const WHAT: &'static str = "the SHA-256 of a certificate";
    const EXPECTED: &'static str =
        "64 hexadecimal digits, as `openssl x509 -noout -fingerprint -sha256` writes them or together";
    const PATTERN: &'static str = "^(sha256:)?([0-9A-Fa-f]{64}|[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){31})$";
    const EXAMPLES: &'static [&'static str] =
        &["sha256:4d7f02c9a8e6b1c35d90f4a1b2e8776c0f13a5d2947be860c1d5f3a2b4968e7d"];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_as_programs_write_it() {
        let pairs = (0..32).map(|n| format!("{n:02X}")).collect::<Vec<_>>();
        let bytes: [u8; 32] = std::array::from_fn(|n| n as u8);
        for text in [pairs.join(":"), pairs.concat(), format!("sha256:{}", pairs.concat().to_lowercase())] {
            assert_eq!(text.parse::<Fingerprint>().unwrap().bytes(), bytes, "{text}");
        }
        for bad in [pairs[1..].concat(), format!("{}0", pairs.concat()), "0".repeat(63) + "g", String::new()]
        {
            assert!(bad.parse::<Fingerprint>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_pool_url_has_a_scheme_a_host_and_a_port_and_no_password() {
        let url: PoolUrl = "stratum+ssl://btc.pool.example:1300".parse().unwrap();
        assert_eq!(
            (url.scheme(), url.host(), url.port()),
            (PoolScheme::StratumV1Tls, "btc.pool.example", 1300)
        );
        let v6: PoolUrl = "stratum+tcp://[2001:db8::7]:3333".parse().unwrap();
        assert_eq!(v6.host(), "2001:db8::7");
        let v2: PoolUrl = "stratum2+tcp://pool.example:3336/9bDuix".parse().unwrap();
        assert_eq!(v2.authority_key(), Some("9bDuix"));
        for bad in [
            "pool.example:3333",
            "stratum+tcp://pool.example",
            "stratum+tcp://a:b@pool.example:1",
            "stratum+tcp://pool.example:0",
            "stratum+tcp://pool.example:70000",
            "http://pool.example:80",
            "stratum+tcp://pool.example:3333/x",
            "stratum+tcp://10.0.0.300:1",
        ] {
            assert!(bad.parse::<PoolUrl>().is_err(), "{bad}");
        }
    }

    #[test]
    fn networks_contain_their_addresses() {
        let network: Network = "10.10.0.0/16".parse().unwrap();
        assert!(network.contains("10.10.3.4".parse().unwrap()));
        assert!(network.contains("::ffff:10.10.3.4".parse().unwrap()));
        assert!(!network.contains("10.11.0.1".parse().unwrap()) && !network.contains("::1".parse().unwrap()));
        assert!("0.0.0.0/0".parse::<Network>().unwrap().contains("8.8.8.8".parse().unwrap()));
        assert!("::/0".parse::<Network>().unwrap().contains("::1".parse().unwrap()));
        assert!("10.0.0.0/33".parse::<Network>().is_err() && "10.0.0.0/+8".parse::<Network>().is_err());
    }

    #[test]
    fn a_star_stands_for_labels_of_the_same_domain() {
        let hosts: HostPattern = "*.f2pool.example".parse().unwrap();
        assert!(hosts.matches("eu.f2pool.example") && hosts.matches("A.B.F2POOL.example"));
        assert!(!hosts.matches("f2pool.example") && !hosts.matches("evilf2pool.example"));
        assert!("*".parse::<HostPattern>().is_err() && "*.com".parse::<HostPattern>().is_err());
    }
}
