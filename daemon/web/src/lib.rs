//! The HTTP API: writes overrides, reads facts. It knows the store and the latest [`farm::live::Live`], never
//! the hub: an override is written down, and the daemon's loop makes it so. For what it would do it asks that loop for a
//! copy of the one who decides.

mod admission;
mod api;
mod auth;
mod decider;
mod error;
mod extract;
mod readings;
mod serve;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use exchange::time::Timestamp;
use farm::live::Live;
use store::Store;
use tokio::sync::{Notify, watch};
use utoipa::OpenApi;

pub use admission::{Admission, ApiLimits};
pub use auth::{Peer, Token};
pub use decider::{DeciderHandle, Deciding};
pub use error::ApiError;
pub use readings::{Reading, Readings};
pub use serve::{serve_tcp, serve_unix};

/// Largest request taken: a farm of 100,000 rigs written out is a tenth of it.
const BODY_MAX: usize = 256 * 1024 * 1024;

/// What every request sees.
#[derive(Clone)]
pub struct App {
    /// Where overrides and facts are kept.
    pub store: Store,
    /// The latest state of everything.
    pub live: watch::Receiver<Arc<Live>>,
    /// Where plans get a copy of the one who decides.
    pub decider: DeciderHandle,
    /// The farm file that was read last.
    pub readings: Readings,
    /// How what outlives the daemon is kept.
    pub storage: watch::Receiver<schema::api::StorageStatus>,
    /// Rung when an override was written down.
    pub overrides: Arc<Notify>,
    /// Rung when an event was written down.
    pub events: watch::Receiver<u64>,
    /// What time it is.
    pub now: fn() -> Timestamp,
    /// The daemon's id, made once and kept with its data.
    pub id: Arc<str>,
    /// What both sockets count.
    pub admission: Arc<Admission>,
    /// How many files the process may open, and has.
    pub files: fn() -> Option<schema::api::OpenFiles>,
}

/// The one list of routes.
pub fn router(app: App) -> Router {
    Router::new()
        .route("/v1/version", get(api::version::version))
        .route("/v1/openapi.json", get(async || axum::Json(openapi())))
        .route("/v1/status", get(api::status::status))
        .route("/v1/plan", post(api::farm::plan))
        .route("/v1/farm", get(api::farm::head).put(api::farm::apply))
        .route("/v1/rollback", post(api::farm::rollback))
        .route("/v1/generations", get(api::history::list))
        .route("/v1/generations/{number}", get(api::history::show))
        .route("/v1/overrides", get(api::overrides::list).post(api::overrides::add))
        .route("/v1/overrides/{id}/end", post(api::overrides::end))
        .route("/v1/events", get(api::event::events))
        .route("/v1/accounts", get(api::account::accounts))
        .route("/v1/placements", get(api::placement::placements))
        .route("/v1/settlements", get(api::placement::settlements))
        .fallback(error::no_such_route)
        .method_not_allowed_fallback(error::no_such_method)
        .layer(serve::body_limit())
        .layer(tower_http::catch_panic::CatchPanicLayer::custom(error::panicked))
        .with_state(app)
}

/// The description of the API, as committed in `schema/api.json`.
pub fn openapi() -> utoipa::openapi::OpenApi {
    Api::openapi()
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "stratumd",
        description = "Reads and changes a mining farm. Served on a Unix socket, whose peer credentials decide, and where asked for on TCP with a bearer token.",
        license(name = "Apache-2.0 OR MIT")
    ),
    paths(
        api::version::version,
        api::status::status,
        api::farm::plan,
        api::farm::head,
        api::farm::apply,
        api::farm::rollback,
        api::history::list,
        api::history::show,
        api::overrides::list,
        api::overrides::add,
        api::overrides::end,
        api::event::events,
        api::account::accounts,
        api::placement::placements,
        api::placement::settlements,
    )
)]
struct Api;

#[cfg(test)]
mod tests {
    #[test]
    fn the_committed_description_is_current() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schema/api.json");
        let current = serde_json::to_string_pretty(&super::openapi()).unwrap() + "\n";
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(&path, &current).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(committed == current, "schema/api.json is out of date: run the tests with UPDATE_EXPECT=1");
    }
}
