//! The daemon's HTTP API in method form.

mod tame;

use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::{Client as Http, Method, StatusCode};
use schema::api::{
    AccountsDoc, ApplyAnswer, ApplyRequest, ConflictDoc, ErrorDoc, EventsDoc, HistoryDoc, OverrideDoc,
    OverrideEndRequest, OverrideRequest, OverridesDoc, PlacementsDoc, PlanDoc, PlanRequest, RollbackRequest,
    SettlementsDoc, ShowDoc, StatusDoc, VersionDoc,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::args::Common;
use crate::error::{Exit, Failure};

/// Where a daemon's socket is when nobody says so, in this order.
const SOCKETS: [&str; 2] = ["/run/stratumd/stratumd.sock", "/var/lib/stratumd/stratumd.sock"];
/// A request must be answered within this; large plans take a while.
const ANSWER_MAX: Duration = Duration::from_secs(120);

/// A daemon to speak with.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    http: Http,
    base: String,
    /// As the user knows it.
    pub(crate) place: String,
    token: Option<String>,
}

impl Client {
    /// The daemon that the command line, the environment or the defaults name.
    pub(crate) fn of(common: &Common) -> Result<Self, Failure> {
        let server = match &common.server {
            Some(server) => server.clone(),
            None => {
                SOCKETS.iter().find(|socket| Path::new(socket).exists()).unwrap_or(&SOCKETS[0]).to_string()
            }
        };
        let token = match &common.token_file {
            None => None,
            Some(path) => {
                let text = repository::read_text(path, 64 << 10).map_err(|error| {
                    Failure::new(
                        Exit::Denied,
                        "token",
                        format!("the token in {}: {error}", path.display()),
                        Some("name a file that this user may read with --token-file"),
                    )
                })?;
                Some(text.trim().to_owned())
            }
        };
        if server.starts_with("http://") || server.starts_with("https://") {
            let http =
                Http::builder().timeout(ANSWER_MAX).build().map_err(|e| Failure::failed(e.to_string()))?;
            return Ok(Self { http, base: server.trim_end_matches('/').to_owned(), place: server, token });
        }
        let path = PathBuf::from(server.strip_prefix("unix:").unwrap_or(&server));
        Self::at_socket(&path)
    }

    /// The daemon behind a Unix socket.
    pub(crate) fn at_socket(path: &Path) -> Result<Self, Failure> {
        let http = Http::builder()
            .unix_socket(path)
            .timeout(ANSWER_MAX)
            .build()
            .map_err(|error| Failure::failed(error.to_string()))?;
        Ok(Self { http, base: "http://stratumd".into(), place: path.display().to_string(), token: None })
    }

    pub(crate) async fn version(&self) -> Result<VersionDoc, Failure> {
        self.get("/v1/version", &()).await
    }

    pub(crate) async fn status(&self) -> Result<StatusDoc, Failure> {
        self.get("/v1/status", &()).await
    }

    /// The same without the list of rigs, which is long.
    pub(crate) async fn status_brief(&self) -> Result<StatusDoc, Failure> {
        self.get("/v1/status", &[("rigs", false)]).await
    }

    pub(crate) async fn plan(&self, request: &PlanRequest) -> Result<PlanDoc, Failure> {
        self.send(Method::POST, "/v1/plan", request).await
    }

    pub(crate) async fn apply(&self, request: &ApplyRequest) -> Result<ApplyAnswer, Failure> {
        self.send(Method::PUT, "/v1/farm", request).await
    }

    pub(crate) async fn rollback(&self, request: &RollbackRequest) -> Result<ApplyAnswer, Failure> {
        self.send(Method::POST, "/v1/rollback", request).await
    }

    /// The head generation, `None` before the first.
    pub(crate) async fn head(&self) -> Result<Option<ShowDoc>, Failure> {
        match self.get("/v1/farm", &()).await {
            Ok(doc) => Ok(Some(doc)),
            Err(failure) if failure.doc.error.code == "not_found" => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    pub(crate) async fn show(&self, number: u64) -> Result<ShowDoc, Failure> {
        let found = self.get(&format!("/v1/generations/{number}"), &()).await;
        found.map_err(|failure: Failure| failure.or_help("`stratumctl history` lists what was applied"))
    }

    pub(crate) async fn history(&self, limit: u32) -> Result<HistoryDoc, Failure> {
        self.get("/v1/generations", &[("limit", limit)]).await
    }

    pub(crate) async fn placements(&self, query: &[(&str, String)]) -> Result<PlacementsDoc, Failure> {
        self.get("/v1/placements", &query).await
    }

    pub(crate) async fn accounts(&self, query: &[(&str, String)]) -> Result<AccountsDoc, Failure> {
        self.get("/v1/accounts", &query).await
    }

    pub(crate) async fn settlements(&self, query: &[(&str, String)]) -> Result<SettlementsDoc, Failure> {
        self.get("/v1/settlements", &query).await
    }

    pub(crate) async fn overrides(&self, all: bool) -> Result<OverridesDoc, Failure> {
        self.get("/v1/overrides", &[("all", all)]).await
    }

    pub(crate) async fn add_override(&self, request: &OverrideRequest) -> Result<OverrideDoc, Failure> {
        let made = self.send(Method::POST, "/v1/overrides", request).await;
        made.map_err(|failure: Failure| failure.or_help("`stratumctl status` lists rentals, pools and rigs"))
    }

    pub(crate) async fn end_override(
        &self,
        id: u64,
        request: &OverrideEndRequest,
    ) -> Result<OverrideDoc, Failure> {
        let ended = self.send(Method::POST, &format!("/v1/overrides/{id}/end"), request).await;
        ended.map_err(|failure: Failure| failure.or_help("`stratumctl failover list` lists those in force"))
    }

    pub(crate) async fn events(&self, query: &[(&str, String)]) -> Result<EventsDoc, Failure> {
        self.get("/v1/events", query).await
    }

    async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &(impl Serialize + ?Sized),
    ) -> Result<T, Failure> {
        self.answer(self.http.get(format!("{}{path}", self.base)).query(query)).await
    }

    async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Failure> {
        self.answer(self.http.request(method, format!("{}{path}", self.base)).json(body)).await
    }

    async fn answer<T: DeserializeOwned>(&self, mut request: reqwest::RequestBuilder) -> Result<T, Failure> {
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await.map_err(|error| self.unreachable(&error))?;
        let status = answer.status();
        let bytes = answer.bytes().await.map_err(|error| self.unreachable(&error))?;
        if status.is_success() {
            return tame::read(&bytes).map_err(|error| self.puzzled(&error.to_string()));
        }
        if status == StatusCode::CONFLICT
            && let Ok(doc) = tame::read::<ConflictDoc>(&bytes)
        {
            return Err(lost_the_race(&doc));
        }
        let Ok(doc) = tame::read::<ErrorDoc>(&bytes) else {
            return Err(self.puzzled(&format!("status {status}")));
        };
        let exit = match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS => Exit::Denied,
            StatusCode::UNPROCESSABLE_ENTITY => Exit::Invalid,
            StatusCode::PRECONDITION_FAILED => Exit::Guarded,
            StatusCode::CONFLICT => Exit::Conflict,
            _ => Exit::Failed,
        };
        Err(Failure { exit, doc: Box::new(doc) })
    }

    fn unreachable(&self, error: &reqwest::Error) -> Failure {
        let mut cause: &dyn std::error::Error = error;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        let denied = cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied);
        if denied {
            return Failure::new(
                Exit::Denied,
                "forbidden",
                format!("the socket {} may not be used by this user", self.place),
                Some("run as the daemon's user, or use its TCP address with --token-file"),
            );
        }
        if error.is_timeout() {
            return Failure::new(
                Exit::Unreachable,
                "unreachable",
                format!("stratumd at {} did not answer within {} s", self.place, ANSWER_MAX.as_secs()),
                Some("check its log and its load; what it has accepted, it carries out"),
            );
        }
        Failure::new(
            Exit::Unreachable,
            "unreachable",
            format!("no stratumd answers at {}: {cause}", self.place),
            Some("start it, or give its address with --server (the path of a socket, or http://host:port)"),
        )
    }

    fn puzzled(&self, what: &str) -> Failure {
        Failure::new(
            Exit::Unreachable,
            "incompatible",
            format!("the answer of {} cannot be understood: {what}", self.place),
            Some("the daemon has an incompatible version; `stratumctl version` shows both"),
        )
    }
}

fn lost_the_race(doc: &ConflictDoc) -> Failure {
    let conflict = &doc.conflict;
    let who = conflict.author.as_deref().or(conflict.peer.as_deref()).unwrap_or("somebody");
    let when = conflict.at.as_deref().unwrap_or("just now");
    let commit =
        conflict.commit.as_deref().map(|commit| format!(", commit {}", &commit[..commit.len().min(10)]));
    let message = format!(
        "generation {} is the head now, but this was based on {}: {who} was first ({when}{})",
        conflict.head,
        conflict.base,
        commit.unwrap_or_default()
    );
    Failure::new(
        Exit::Conflict,
        "conflict",
        message,
        Some("check `stratumctl diff`, then plan and apply again"),
    )
}
