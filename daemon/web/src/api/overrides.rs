//! Overrides on top of the farm file: made, listed, ended.

use std::time::Duration;

use ::farm::live::Live;
use axum::extract::State;
use axum::{Extension, Json};
use exchange::event::{Event, EventKind};
use exchange::time::Timestamp;
use schema::api::{OverrideAction, OverrideDoc, OverrideEndRequest, OverrideRequest, OverridesDoc};
use serde::Deserialize;
use store::{NewOverride, OverrideError};
use utoipa::IntoParams;

use crate::extract::{Body, Path, Query};
use crate::{ApiError, App, Peer};

/// Longest that an override may hold, seconds: what is meant for longer belongs in the farm file.
const TTL_MAX: u64 = 31 * 24 * 3600;

/// Which overrides.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    /// Includes overrides that have ended.
    #[serde(default)]
    all: bool,
}

/// Overrides, oldest first.
#[utoipa::path(get, path = "/v1/overrides", params(Which), responses((status = 200, body = OverridesDoc)))]
pub(crate) async fn list(
    State(app): State<App>,
    Query(which): Query<Which>,
) -> Result<Json<OverridesDoc>, ApiError> {
    let now = (app.now)();
    let since = if which.all { Timestamp(i64::MIN) } else { now };
    let mut overrides: Vec<OverrideDoc> =
        app.store.overrides(since).await?.iter().map(|kept| kept.doc(now)).collect();
    ::farm::followed::note(&app.live.borrow().clone(), &mut overrides);
    Ok(Json(OverridesDoc { kind: Default::default(), format_version: Default::default(), overrides }))
}

/// Makes an override.
#[utoipa::path(
    post,
    path = "/v1/overrides",
    request_body = OverrideRequest,
    responses((status = 200, body = OverrideDoc), (status = 404, body = schema::api::ErrorDoc))
)]
pub(crate) async fn add(
    State(app): State<App>,
    Extension(peer): Extension<Peer>,
    Body(request): Body<OverrideRequest>,
) -> Result<Json<OverrideDoc>, ApiError> {
    if request.reason.trim().is_empty() {
        return Err(ApiError::bad_request("an override needs a reason"));
    }
    if request.ttl_seconds == 0 || request.ttl_seconds > TTL_MAX {
        return Err(ApiError::bad_request(
            "an override lasts between a second and 31 days; what should last longer belongs in the farm file",
        ));
    }
    let live = app.live.borrow().clone();
    check(&live, &request.action)?;
    let now = (app.now)();
    let who = request.provenance.author.clone().unwrap_or_else(|| peer.to_string());
    let kept = app
        .store
        .add_override(NewOverride {
            action: request.action,
            reason: request.reason,
            by: who,
            from: now,
            until: now + Duration::from_secs(request.ttl_seconds),
            idempotency_key: request.idempotency_key,
        })
        .await
        .map_err(refused)?;
    let doc = kept.doc(now);
    let event = Event::new(
        now,
        EventKind::OverrideMade,
        subject(&doc.action),
        format!("{} asked for {} until {}: {}", doc.by, words(&doc.action), doc.until, doc.reason),
    )
    .with("override", doc.id);
    app.store.append_events(&[event]).await?;
    app.overrides.notify_one();
    Ok(Json(doc))
}

/// Ends an override early.
#[utoipa::path(
    post,
    path = "/v1/overrides/{id}/end",
    params(("id" = u64, Path, description = "as listed")),
    request_body = OverrideEndRequest,
    responses((status = 200, body = OverrideDoc), (status = 404, body = schema::api::ErrorDoc))
)]
pub(crate) async fn end(
    State(app): State<App>,
    Extension(peer): Extension<Peer>,
    Path(id): Path<u64>,
    Body(request): Body<OverrideEndRequest>,
) -> Result<Json<OverrideDoc>, ApiError> {
    let now = (app.now)();
    let who = request.provenance.author.clone().unwrap_or_else(|| peer.to_string());
    let ended = app.store.end_override(id, now, &who, request.reason.as_deref()).await.map_err(refused)?;
    let doc = ended.doc(now);
    let event = Event::new(
        now,
        EventKind::OverrideEnded,
        subject(&doc.action),
        format!("{who} ended the override for {}", words(&doc.action)),
    )
    .with("override", id);
    app.store.append_events(&[event]).await?;
    app.overrides.notify_one();
    Ok(Json(doc))
}

fn refused(error: OverrideError) -> ApiError {
    match error {
        OverrideError::Unknown { id } => ApiError::not_found(format!("there is no override {id}")),
        OverrideError::Store(error) => error.into(),
        OverrideError::KeyTaken { .. } => ApiError::key_taken(error.to_string()),
        other => ApiError::bad_request(other.to_string()),
    }
}

/// An override must be about something that is there.
fn check(live: &Live, action: &OverrideAction) -> Result<(), ApiError> {
    let Some(desired) = &live.desired else {
        return Err(ApiError::bad_request("there is no farm yet: apply one first"));
    };
    let farm = &desired.farm;
    let rig = |name: &str| {
        let known = desired.inventory.rigs().iter().any(|rig| rig.name.as_str() == name);
        known
            .then_some(())
            .ok_or_else(|| ApiError::not_found(format!("there is no rig `{name}` in the farm file")))
    };
    let rental_known =
        |path: &str| farm.rentals().any(|(customer, name, _)| format!("{customer}/{name}") == path);
    match action {
        OverrideAction::Pool { customer, rental, pool } => {
            let uses = if customer == "house" {
                &farm.house.pools
            } else {
                match farm.customers.iter().find(|(name, _)| name.as_str() == customer) {
                    Some((_, customer)) => &customer.pools,
                    None => return Err(ApiError::not_found(format!("there is no customer `{customer}`"))),
                }
            };
            if let Some(rental) = rental
                && !rental_known(&format!("{customer}/{rental}"))
            {
                return Err(ApiError::not_found(format!("`{customer}` has no rental `{rental}`")));
            }
            let names: Vec<&str> = uses.iter().map(|used| used.pool.as_str()).collect();
            if names.contains(&pool.as_str()) {
                Ok(())
            } else {
                Err(ApiError::not_found(format!(
                    "`{customer}` has no pool `{pool}`, only {}",
                    names.join(", ")
                )))
            }
        }
        OverrideAction::OutOfService { rig: name } => rig(name),
        OverrideAction::Lend { rig: name, rental } => {
            rig(name)?;
            rental_known(rental)
                .then_some(())
                .ok_or_else(|| ApiError::not_found(format!("there is no rental `{rental}`")))
        }
    }
}

fn subject(action: &OverrideAction) -> String {
    match action {
        OverrideAction::Pool { customer, .. } => format!("customer/{customer}"),
        OverrideAction::OutOfService { rig } | OverrideAction::Lend { rig, .. } => format!("rig/{rig}"),
    }
}

pub(crate) fn words(action: &OverrideAction) -> String {
    match action {
        OverrideAction::Pool { customer, rental: None, pool } => format!("{customer} at {pool}"),
        OverrideAction::Pool { customer, rental: Some(rental), pool } => {
            format!("{customer}/{rental} at {pool}")
        }
        OverrideAction::OutOfService { rig } => format!("{rig} out of service"),
        OverrideAction::Lend { rig, rental } => format!("{rig} for {rental}"),
    }
}
