//! What has happened.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use schema::api::{EventDoc, EventsDoc};
use schema::event::EventKind;
use serde::Deserialize;
use store::{EventFilter, StoredEvent};
use utoipa::IntoParams;

use crate::extract::Query;
use crate::{ApiError, App};

/// Most events in one answer.
const LIMIT_MAX: u32 = 10_000;
/// Longest wait for one.
const WAIT_MAX: u64 = 60;

/// Which events.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    /// Events after this number; the latest ones when left out.
    after: Option<u64>,
    /// Most events to return; 100 when left out.
    limit: Option<u32>,
    /// Only events of this kind.
    kind: Option<String>,
    /// Only events about this subject, and what is below it.
    subject: Option<String>,
    /// Seconds to wait for an event when there is none yet.
    wait: Option<u64>,
}

/// Events in order, oldest first.
#[utoipa::path(get, path = "/v1/events", params(Which), responses((status = 200, body = EventsDoc)))]
pub(crate) async fn events(
    State(app): State<App>,
    Query(which): Query<Which>,
) -> Result<Json<EventsDoc>, ApiError> {
    let limit = which.limit.unwrap_or(100).clamp(1, LIMIT_MAX);
    if let Some(kind) = which.kind.as_deref().filter(|kind| EventKind::named(kind).is_none()) {
        return Err(ApiError::bad_request(unknown(kind)));
    }
    let filter = EventFilter { kind: which.kind, subject: which.subject, ..EventFilter::default() };
    let Some(after) = which.after else {
        return Ok(Json(doc(app.store.last_events(limit, &filter).await?, 0)));
    };
    let mut written = app.events.clone();
    let deadline = tokio::time::Instant::now() + Duration::from_secs(which.wait.unwrap_or(0).min(WAIT_MAX));
    loop {
        written.borrow_and_update();
        let found = app.store.events(after, limit, &filter).await?;
        if !found.is_empty() || tokio::time::timeout_at(deadline, written.changed()).await.is_err() {
            return Ok(Json(doc(found, after)));
        }
    }
}

/// A misspelt kind would never match, and nobody would know.
fn unknown(kind: &str) -> String {
    match EventKind::meant_by(kind) {
        Some(meant) => format!("no event has the kind `{kind}`; did you mean `{meant}`?"),
        None => format!("no event has the kind `{kind}`; `stratumctl explain events` lists them"),
    }
}

fn doc(events: Vec<StoredEvent>, after: u64) -> EventsDoc {
    EventsDoc {
        kind: Default::default(),
        format_version: Default::default(),
        next_after: events.last().map_or(after, |last| last.seq),
        events: events.into_iter().map(EventDoc::from).collect(),
    }
}
