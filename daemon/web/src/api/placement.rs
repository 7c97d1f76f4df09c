//! The history of assets.

use axum::Json;
use axum::extract::State;
use exchange::time::Timestamp;
use farm::promise::Settlement;
use schema::api::{PlacementDoc, PlacementsDoc, SettlementDoc, SettlementsDoc};
use serde::Deserialize;
use store::{Placement, PlacementFilter, SettlementFilter};
use utoipa::IntoParams;

use crate::extract::Query;
use crate::{ApiError, App};

/// Most lines in one answer.
const LIMIT_MAX: usize = 10_000;

/// Which placements.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhichPlacements {
    /// Only this rig.
    rig: Option<String>,
    /// Only this account: `customer/rental` or `house`.
    account: Option<String>,
    /// Most events to return; 100 when left out.
    limit: Option<usize>,
}

/// Who served whom, the latest first.
#[utoipa::path(get, path = "/v1/placements", params(WhichPlacements), responses((status = 200, body = PlacementsDoc)))]
pub(crate) async fn placements(
    State(app): State<App>,
    Query(which): Query<WhichPlacements>,
) -> Result<Json<PlacementsDoc>, ApiError> {
    let limit = which.limit.unwrap_or(100).clamp(1, LIMIT_MAX);
    let filter = PlacementFilter { rig: which.rig, account: which.account, ..PlacementFilter::default() };
    let mut found = app.store.placements(&filter, limit + 1).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    Ok(Json(PlacementsDoc {
        kind: Default::default(),
        format_version: Default::default(),
        placements: found.into_iter().map(placement).collect(),
        more,
    }))
}

fn placement(from: Placement) -> PlacementDoc {
    PlacementDoc {
        rig: from.rig,
        account: from.account,
        from: from.from.rfc3339(),
        until: from.until.map(Timestamp::rfc3339),
        why: from.why,
        words: from.words,
        cost: from.cost,
    }
}

/// Which settlements.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhichSettlements {
    /// Only this rental: `customer/rental`.
    rental: Option<String>,
    /// Most events to return; 100 when left out.
    limit: Option<usize>,
}

/// How settlement periods ended, the latest first.
#[utoipa::path(get, path = "/v1/settlements", params(WhichSettlements), responses((status = 200, body = SettlementsDoc)))]
pub(crate) async fn settlements(
    State(app): State<App>,
    Query(which): Query<WhichSettlements>,
) -> Result<Json<SettlementsDoc>, ApiError> {
    let limit = which.limit.unwrap_or(100).clamp(1, LIMIT_MAX);
    let filter = SettlementFilter { rental: which.rental, from: None };
    let mut found = app.store.settlements(&filter, limit + 1).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    Ok(Json(SettlementsDoc {
        kind: Default::default(),
        format_version: Default::default(),
        settlements: found.into_iter().map(settlement).collect(),
        more,
    }))
}

fn settlement(from: Settlement) -> SettlementDoc {
    SettlementDoc {
        missing: from.missing().hashes(),
        delivered: from.delivered(),
        rental: from.rental,
        from: from.from.rfc3339(),
        until: from.until.rfc3339(),
        owed: from.owed.hashes(),
        credited: from.credited.hashes(),
        excused: from.excused.hashes(),
        delivered_min: from.delivered_min,
        met: from.met,
        credit: from.credit,
    }
}
