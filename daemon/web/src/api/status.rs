//! What is so now.

use axum::Json;
use axum::extract::State;
use schema::api::StatusDoc;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::extract::Query;
use crate::{ApiError, App};

/// How much of it.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    /// False leaves the list of rigs out, which is most of the answer on a large farm.
    rigs: Option<bool>,
}

/// Farm, rentals, rigs and pools, as of the last second.
#[utoipa::path(get, path = "/v1/status", params(Which), responses((status = 200, body = StatusDoc)))]
pub(crate) async fn status(
    State(app): State<App>,
    Query(which): Query<Which>,
) -> Result<Json<StatusDoc>, ApiError> {
    let live = app.live.borrow().clone();
    let storage = app.storage.borrow().clone();
    let now = (app.now)();
    let overrides = app.store.overrides(now).await?.iter().map(|kept| kept.doc(now)).collect();
    // Building it takes a while on a large farm; requests beside it should not wait.
    let doc = tokio::task::spawn_blocking(move || {
        let mut doc = ::farm::report::status(&live, overrides);
        doc.storage = storage;
        doc.api = Some(app.admission.counters());
        doc.open_files = (app.files)();
        if which.rigs == Some(false) {
            doc.rigs.clear();
        }
        doc
    })
    .await
    .map_err(ApiError::store)?;
    Ok(Json(doc))
}
