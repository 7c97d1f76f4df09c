//! Who answers.

use axum::Json;
use axum::extract::State;
use schema::api::{ServerDoc, VersionDoc};

use crate::{ApiError, App};

/// Says which daemon this is and which farm it keeps.
#[utoipa::path(get, path = "/v1/version", responses((status = 200, body = VersionDoc)))]
pub(crate) async fn version(State(app): State<App>) -> Result<Json<VersionDoc>, ApiError> {
    let live = app.live.borrow().clone();
    let head = app.store.head().await?.map_or(0, |generation| generation.number);
    Ok(Json(VersionDoc {
        kind: Default::default(),
        format_version: Default::default(),
        server: ServerDoc {
            id: app.id.to_string(),
            version: env!("CARGO_PKG_VERSION").into(),
            farm: live.desired.as_ref().map(|desired| desired.farm.name.to_string()),
            generation: head,
            started_at: live.started.rfc3339(),
        },
        farm_versions: vec!["stratum.farm/v1".into()],
    }))
}
