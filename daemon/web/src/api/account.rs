//! What was counted.

use axum::Json;
use axum::extract::State;
use schema::api::{AccountsDoc, PoolWork, TAKEN, Work};
use serde::Deserialize;
use store::{AccountFilter, PoolFilter};
use utoipa::IntoParams;

use crate::extract::Query;
use crate::{ApiError, App};

/// A good share of a rig, in the database.
const GOOD: &str = "accepted";

/// Which accounts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    /// Only this one: `customer/rental`, `house` or `quarantine`.
    account: Option<String>,
    /// Only this rig.
    rig: Option<String>,
    /// From this minute on, in minutes since the Unix epoch.
    from: Option<i64>,
    /// Before this minute.
    until: Option<i64>,
}

/// Recorded shares: our verdicts, and the pools' next to them. Which rig a share came from is in no pool's
/// verdict, so there are none where a rig is asked for.
#[utoipa::path(get, path = "/v1/accounts", params(Which), responses((status = 200, body = AccountsDoc)))]
pub(crate) async fn accounts(
    State(app): State<App>,
    Query(which): Query<Which>,
) -> Result<Json<AccountsDoc>, ApiError> {
    let Which { account, rig, from, until } = which;
    let of_pools = rig.is_none().then(|| PoolFilter { account: account.clone(), pool: None, from, until });
    let work = app.store.account_sums(&AccountFilter { rig, account, from, until }).await?;
    let pools = match of_pools {
        Some(filter) => app.store.pool_sums(&filter).await?,
        None => Vec::new(),
    };
    Ok(Json(AccountsDoc {
        kind: Default::default(),
        format_version: Default::default(),
        work: work
            .into_iter()
            .map(|sum| Work {
                account: sum.account,
                rig: sum.rig,
                verdict: if sum.reason == GOOD { TAKEN.to_owned() } else { sum.reason },
                shares: sum.total.count,
                difficulty: sum.total.work.difficulty(farm::schedule::proof_of_work()),
            })
            .collect(),
        pools: pools
            .into_iter()
            .map(|sum| PoolWork {
                account: sum.account,
                pool: sum.pool,
                verdict: sum.verdict,
                shares: sum.total.count,
                difficulty: sum.total.work.difficulty(farm::schedule::proof_of_work()),
            })
            .collect(),
    }))
}
