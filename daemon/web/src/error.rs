//! Errors as documents: a fixed word, a sentence, and a way out.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use schema::api::{Conflict, ConflictDoc, ErrorDoc, ProblemDoc};

/// A request that was not carried out.
#[derive(Debug)]
pub enum ApiError {
    /// What went wrong, as a document.
    Doc(StatusCode, Box<ErrorDoc>),
    /// Another change came first.
    Conflict(Box<Conflict>),
}

impl ApiError {
    fn new(status: StatusCode, code: &str, message: impl Into<String>, help: Option<&str>) -> Self {
        Self::Doc(status, Box::new(ErrorDoc::new(code, message, help)))
    }

    /// The request itself makes no sense.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", message, None)
    }

    /// The farm has errors.
    pub fn invalid(problems: Vec<ProblemDoc>) -> Self {
        let message = "the farm file has errors";
        let help = "run `stratumctl validate` where the file is";
        let mut doc = ErrorDoc::new("invalid", message, Some(help));
        doc.problems = problems;
        Self::Doc(StatusCode::UNPROCESSABLE_ENTITY, Box::new(doc))
    }

    /// A guard stands in the way.
    pub fn guarded(code: &str, message: impl Into<String>, help: &str) -> Self {
        Self::new(StatusCode::PRECONDITION_FAILED, code, message, Some(help))
    }

    /// The key was used before, for something else.
    pub fn key_taken(message: impl Into<String>) -> Self {
        let help = "send the same request as the first time, or use a new key";
        Self::new(StatusCode::CONFLICT, "key_taken", message, Some(help))
    }

    /// Something that was named is not there.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message, None)
    }

    /// The peer may not.
    pub fn forbidden(message: &str) -> Self {
        let help = "run as the daemon's user, or use its TCP address with a token";
        Self::new(StatusCode::FORBIDDEN, "forbidden", message, Some(help))
    }

    /// The peer showed no token, or a wrong one.
    pub fn unauthorized(shown: bool) -> Self {
        let message = if shown { "the token is not the daemon's" } else { "a token is needed" };
        let help = "name the file with the token that the daemon was started with (`stratumctl --token-file FILE`; over \
            HTTP the header `Authorization: Bearer TOKEN`)";
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", message, Some(help))
    }

    /// The peer showed too many wrong tokens, all of which wait for their answers.
    pub fn too_many(seconds: u64) -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_attempts",
            "too many wrong tokens came from this address",
            Some(&format!("try again in {seconds} s; the Unix socket is not affected")),
        )
    }

    /// The body could not be taken.
    pub(crate) fn body(why: &str) -> Self {
        let status = if why.contains("length limit") {
            StatusCode::PAYLOAD_TOO_LARGE
        } else {
            StatusCode::BAD_REQUEST
        };
        let message = format!("the request's body: {why}");
        Self::new(status, "bad_request", message, Some("a body is 256 MiB at most, and sent whole"))
    }

    /// The body did not come in time.
    pub(crate) fn too_slow(time_max: std::time::Duration) -> Self {
        let message = format!("the request's body did not come within {} s", time_max.as_secs());
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            "too_slow",
            message,
            Some("send it again over a faster connection"),
        )
    }

    /// The loop that decides does not answer.
    pub(crate) fn busy() -> Self {
        let message = "the daemon is too busy to plan";
        let help = "mining continues; try again in a few seconds, and check the daemon's log and its disk if it lasts";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", message, Some(help))
    }

    /// The store failed.
    pub fn store(error: impl std::fmt::Display) -> Self {
        tracing::error!(%error, "the store failed a request");
        let help = "mining continues; check the daemon's log and its disk";
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "store_unavailable",
            format!("the store failed: {error}"),
            Some(help),
        )
    }
}

impl From<store::StoreError> for ApiError {
    fn from(error: store::StoreError) -> Self {
        Self::store(error)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        match self {
            Self::Doc(status, doc) => (status, axum::Json(doc)).into_response(),
            Self::Conflict(conflict) => {
                let doc = ConflictDoc {
                    kind: Default::default(),
                    format_version: Default::default(),
                    conflict: *conflict,
                };
                (StatusCode::CONFLICT, axum::Json(doc)).into_response()
            }
        }
    }
}

pub(crate) async fn no_such_route(uri: axum::http::Uri) -> ApiError {
    ApiError::not_found(format!("there is no {}", uri.path()))
}

pub(crate) async fn no_such_method(method: axum::http::Method, uri: axum::http::Uri) -> ApiError {
    ApiError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        format!("{} does not take {method}", uri.path()),
        None,
    )
}

pub(crate) fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    ApiError::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal",
        "the daemon met a bug in this request",
        Some("mining continues; report it with the details from the daemon's log"),
    )
    .into_response()
}
