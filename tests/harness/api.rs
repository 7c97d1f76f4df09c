//! The daemon's API over its Unix socket, in method form.

use std::path::Path;
use std::time::Duration;

use reqwest::Method;
use schema::api::{
    AccountsDoc, ApplyAnswer, ApplyRequest, BundleDoc, BundleFile, EventsDoc, HistoryDoc, OverrideAction,
    OverrideDoc, OverrideRequest, PlacementsDoc, Provenance, ShowDoc, StatusDoc, VersionDoc,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A request must be answered within this.
const ANSWER_MAX: Duration = Duration::from_secs(30);

/// The API of one daemon.
#[derive(Debug, Clone)]
pub struct Api {
    http: reqwest::Client,
}

/// A request was not carried out.
#[derive(Debug)]
pub enum Fault {
    /// The daemon said no.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The document that says why.
        body: Value,
    },
    /// The daemon did not answer, or not in words that we know.
    Unreachable(String),
}

impl Fault {
    /// The HTTP status of a refusal; 0 when there was no answer.
    pub fn status(&self) -> u16 {
        match self {
            Fault::Refused { status, .. } => *status,
            Fault::Unreachable(_) => 0,
        }
    }
}

impl Api {
    /// The daemon behind a socket, whether or not it answers yet.
    pub fn at(socket: &Path) -> Api {
        // Whoever installed it first, the tests of one process share it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .unix_socket(socket)
            .timeout(ANSWER_MAX)
            // A daemon that was killed leaves dead connections behind.
            .pool_max_idle_per_host(0)
            .build()
            .expect("an HTTP client");
        Api { http }
    }

    /// Asks for a document.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Fault> {
        self.read(self.http.get(format!("http://stratumd{path}"))).await
    }

    /// Sends a document.
    pub async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Fault> {
        self.read(self.http.request(method, format!("http://stratumd{path}")).json(body)).await
    }

    async fn read<T: DeserializeOwned>(&self, request: reqwest::RequestBuilder) -> Result<T, Fault> {
        let lost = |error: reqwest::Error| Fault::Unreachable(format!("{error:?}"));
        let answer = request.send().await.map_err(lost)?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(lost)?;
        let odd = |error: serde_json::Error| {
            Fault::Unreachable(format!("{error} in {}", String::from_utf8_lossy(&body)))
        };
        if status.is_success() {
            return serde_json::from_slice(&body).map_err(odd);
        }
        Err(Fault::Refused { status: status.as_u16(), body: serde_json::from_slice(&body).map_err(odd)? })
    }

    /// What the daemon is.
    pub async fn version(&self) -> Result<VersionDoc, Fault> {
        self.get("/v1/version").await
    }

    /// Everything, now.
    pub async fn status(&self) -> Result<StatusDoc, Fault> {
        self.get("/v1/status").await
    }

    /// Everything booked.
    pub async fn accounts(&self) -> Result<AccountsDoc, Fault> {
        self.get("/v1/accounts").await
    }

    /// All events of a kind, oldest first.
    pub async fn events(&self, kind: &str) -> Result<EventsDoc, Fault> {
        assert!(schema::event::EventKind::named(kind).is_some(), "no event has the kind {kind}");
        self.get(&format!("/v1/events?after=0&limit=10000&kind={kind}")).await
    }

    /// All events.
    pub async fn all_events(&self) -> Result<EventsDoc, Fault> {
        self.get("/v1/events?after=0&limit=10000").await
    }

    /// Who served whom, the latest first.
    pub async fn placements(&self, query: &str) -> Result<PlacementsDoc, Fault> {
        self.get(&format!("/v1/placements?limit=10000&{query}")).await
    }

    /// The farm file that is wanted.
    pub async fn head(&self) -> Result<ShowDoc, Fault> {
        self.get("/v1/farm").await
    }

    /// The latest generations.
    pub async fn history(&self, limit: u32) -> Result<HistoryDoc, Fault> {
        self.get(&format!("/v1/generations?limit={limit}")).await
    }

    /// Hands in a farm.
    pub async fn apply(&self, request: &ApplyRequest) -> Result<ApplyAnswer, Fault> {
        self.send(Method::PUT, "/v1/farm", request).await
    }

    /// Makes an override.
    pub async fn add_override(&self, action: OverrideAction, ttl: Duration) -> Result<OverrideDoc, Fault> {
        let request = OverrideRequest {
            kind: Default::default(),
            format_version: Default::default(),
            action,
            reason: "a test of overrides".into(),
            ttl_seconds: ttl.as_secs(),
            provenance: by("operator"),
            idempotency_key: None,
        };
        self.send(Method::POST, "/v1/overrides", &request).await
    }
}

/// A request to apply one file, by an author.
pub(crate) fn request(text: &str, base: u64, author: &str) -> ApplyRequest {
    ApplyRequest {
        kind: Default::default(),
        format_version: Default::default(),
        bundle: BundleDoc { files: vec![BundleFile { path: "farm.yaml".into(), text: text.into() }] },
        base_generation: base,
        provenance: by(author),
        reason: None,
        max_delete: Some("100%".into()),
        idempotency_key: None,
    }
}

fn by(author: &str) -> Provenance {
    Provenance { author: Some(author.into()), tool_version: "test".into(), ..Provenance::default() }
}
