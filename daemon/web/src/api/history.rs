//! Accepted farm files: the list, and each with its texts.

use axum::Json;
use axum::extract::State;
use schema::api::{BundleDoc, HistoryDoc, ShowDoc};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::extract::{Path, Query};
use crate::{ApiError, App};

/// Most generations in one answer.
const LIMIT_MAX: u32 = 1000;

/// How many.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct HowMany {
    /// Most entries to return; 20 when left out.
    limit: Option<u32>,
}

/// The latest generations, newest first.
#[utoipa::path(get, path = "/v1/generations", params(HowMany), responses((status = 200, body = HistoryDoc)))]
pub(crate) async fn list(
    State(app): State<App>,
    Query(how_many): Query<HowMany>,
) -> Result<Json<HistoryDoc>, ApiError> {
    let limit = how_many.limit.unwrap_or(20).clamp(1, LIMIT_MAX);
    let generations = app.store.history(limit + 1).await?;
    Ok(Json(HistoryDoc {
        kind: Default::default(),
        format_version: Default::default(),
        more: generations.len() > limit as usize,
        generations: generations.iter().take(limit as usize).map(Into::into).collect(),
    }))
}

/// One generation with its texts.
#[utoipa::path(
    get,
    path = "/v1/generations/{number}",
    params(("number" = u64, Path, description = "counted from 1")),
    responses((status = 200, body = ShowDoc), (status = 404, body = schema::api::ErrorDoc))
)]
pub(crate) async fn show(State(app): State<App>, Path(number): Path<u64>) -> Result<Json<ShowDoc>, ApiError> {
    shown(&app, number).await.map(Json)
}

/// A generation with its texts.
pub(crate) async fn shown(app: &App, number: u64) -> Result<ShowDoc, ApiError> {
    let missing = || ApiError::not_found(format!("there is no generation {number}"));
    let generation = app.store.generation(number).await?.ok_or_else(missing)?;
    let bundle = app.store.bundle(number).await?.ok_or_else(|| {
        let commit = generation.record.provenance.commit.as_deref();
        let source = commit.map_or_else(String::new, |commit| format!("; it was made from commit {commit}"));
        ApiError::not_found(format!("the text of generation {number} is too old to be kept{source}"))
    })?;
    let bundle: BundleDoc = serde_json::from_str(&bundle).map_err(ApiError::store)?;
    Ok(ShowDoc {
        kind: Default::default(),
        format_version: Default::default(),
        generation: (&generation).into(),
        bundle,
    })
}
