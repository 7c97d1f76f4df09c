//! What is so now.

use axum::Json;
use axum::extract::State;
use schema::api::StatusDoc;

use crate::{ApiError, App};

/// Farm, rentals, rigs and pools, as of the last second.
#[utoipa::path(get, path = "/v1/status", responses((status = 200, body = StatusDoc)))]
pub(crate) async fn status(State(app): State<App>) -> Result<Json<StatusDoc>, ApiError> {
    let live = app.live.borrow().clone();
    let now = (app.now)();
    let overrides = app.store.overrides(now).await?.iter().map(|kept| kept.doc(now)).collect();
    // Building it takes a while on a large farm; requests beside it should not wait.
    let doc = tokio::task::spawn_blocking(move || ::farm::report::status(&live, overrides))
        .await
        .map_err(ApiError::store)?;
    Ok(Json(doc))
}
