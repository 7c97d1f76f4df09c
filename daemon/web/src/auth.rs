//! Who is asking: on the Unix socket the kernel says so, on TCP a bearer token must be known.

use std::sync::{Arc, RwLock};
use std::time::Instant;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use subtle::ConstantTimeEq as _;

use crate::ApiError;
use crate::admission::{Admission, Wait};

/// Who sent a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    /// A process on this machine, by its user.
    Local {
        /// The user's number.
        uid: u32,
        /// The process, where the system says.
        pid: Option<i32>,
    },
    /// Somebody with the token, from this address.
    Remote(std::net::SocketAddr),
}

impl std::fmt::Display for Peer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Peer::Local { uid, pid: Some(pid) } => write!(f, "uid {uid}, pid {pid}"),
            Peer::Local { uid, pid: None } => write!(f, "uid {uid}"),
            Peer::Remote(address) => write!(f, "{address}"),
        }
    }
}

/// The token that remote peers must show.
#[derive(Clone)]
pub struct Token(Arc<RwLock<Arc<str>>>);

impl Token {
    /// `None` for a token that is too short to be one.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (text.len() >= 16).then(|| Self(Arc::new(RwLock::new(text.into()))))
    }

    /// From here on it is this one; false, and nothing changes, for one that is too short.
    pub fn renew(&self, text: &str) -> bool {
        let text = text.trim();
        if text.len() < 16 {
            return false;
        }
        *self.0.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = text.into();
        true
    }

    fn is(&self, shown: &[u8]) -> bool {
        let known = self.0.read().unwrap_or_else(|poisoned| poisoned.into_inner()).clone();
        bool::from(shown.ct_eq(known.as_bytes()))
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(..)")
    }
}

/// Lets the daemon's own user and root in.
pub(crate) async fn local(
    ConnectInfo(peer): ConnectInfo<Peer>,
    mut request: Request,
    next: Next,
) -> Response {
    let own = rustix::process::getuid().as_raw();
    match peer {
        Peer::Local { uid, .. } if uid == own || uid == 0 => {
            request.extensions_mut().insert(peer);
            next.run(request).await
        }
        _ => ApiError::forbidden(&format!("{peer} may not use this socket: it is for root and uid {own}"))
            .into_response(),
    }
}

/// Lets those in who know the token. Others wait for their answer, longer with each attempt.
pub(crate) async fn remote(
    State((token, admission)): State<(Token, Arc<Admission>)>,
    ConnectInfo(address): ConnectInfo<std::net::SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    if let Some(seconds) = admission.is_shut(Instant::now(), address.ip()) {
        return too_many(seconds);
    }
    let header = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let shown = header.and_then(bearer).map(str::to_owned);
    if token.is(shown.as_deref().unwrap_or_default().as_bytes()) {
        request.extensions_mut().insert(Peer::Remote(address));
        return next.run(request).await;
    }
    match admission.wrong_token(Instant::now(), address.ip()) {
        Wait::For(wait) => {
            tokio::time::sleep(wait).await;
            let challenge = [(header::WWW_AUTHENTICATE, "Bearer")];
            (challenge, ApiError::unauthorized(shown.is_some())).into_response()
        }
        Wait::TooMany(seconds) => too_many(seconds),
    }
}

fn too_many(seconds: u64) -> Response {
    ([(header::RETRY_AFTER, seconds.to_string())], ApiError::too_many(seconds)).into_response()
}

/// The token of `Bearer TOKEN`. The scheme's case does not matter, nor how many blanks follow it: RFC 9110,
/// section 11.
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_matches(' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_is_read_in_any_case() {
        for header in ["Bearer t", "bearer t", "BEARER t", "bEaReR   t "] {
            assert_eq!(bearer(header), Some("t"), "{header}");
        }
        for header in ["Bearer", "Basic t", "t", "", "Bearert"] {
            assert_eq!(bearer(header), None, "{header}");
        }
    }

    #[test]
    fn short_tokens_are_none() {
        assert!(Token::new("short").is_none());
        assert!(Token::new("0123456789abcdef\n").is_some());
        assert_eq!(format!("{:?}", Token::new("0123456789abcdef")), "Some(Token(..))");
    }
}
