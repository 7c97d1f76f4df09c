//! Handing in a farm: what it would do, accepting it if nobody was first, going back to an earlier one.

use std::sync::Arc;

use ::farm::desired::Desired;
use ::farm::live::Live;
use ::farm::plan::effects;
use ::farm::reconcile::{Reconciler, Seen};
use axum::extract::State;
use axum::{Extension, Json};
use bitcoin_hashes::sha256;
use exchange::credit::Credits;
use exchange::event::{Event, EventKind};
use schema::Farm;
use schema::api::{
    ApplyAnswer, ApplyRequest, BundleDoc, ChangeKind, ChangeLine, ChangeVerb, EffectNote, Effects, PlanDoc,
    PlanRequest, ProblemDoc, Provenance, RollbackRequest, ShowDoc,
};
use schema::inventory::Inventory;
use store::{AcceptError, NewGeneration};

use super::{guard, history};
use crate::extract::Body;
use crate::{ApiError, App, Deciding, Peer};

/// What a farm file would do, without doing it.
#[utoipa::path(
    post,
    path = "/v1/plan",
    request_body = PlanRequest,
    responses((status = 200, body = PlanDoc), (status = 422, body = schema::api::ErrorDoc))
)]
pub(crate) async fn plan(
    State(app): State<App>,
    Body(request): Body<PlanRequest>,
) -> Result<Json<PlanDoc>, ApiError> {
    Ok(Json(planned(&app, request.bundle, request.max_delete).await?))
}

/// The farm file in force, with its texts.
#[utoipa::path(
    get,
    path = "/v1/farm",
    responses((status = 200, body = ShowDoc), (status = 404, body = schema::api::ErrorDoc))
)]
pub(crate) async fn head(State(app): State<App>) -> Result<Json<ShowDoc>, ApiError> {
    let head = app.store.head().await?;
    let head = head.ok_or_else(|| ApiError::not_found("no farm was applied yet"))?;
    history::shown(&app, head.number).await.map(Json)
}

/// Accepts a farm as the next generation, if the one it was based on is still the head.
#[utoipa::path(
    put,
    path = "/v1/farm",
    request_body = ApplyRequest,
    responses(
        (status = 200, body = ApplyAnswer),
        (status = 409, body = schema::api::ConflictDoc),
        (status = 412, body = schema::api::ErrorDoc),
        (status = 422, body = schema::api::ErrorDoc)
    )
)]
pub(crate) async fn apply(
    State(app): State<App>,
    Extension(peer): Extension<Peer>,
    Body(request): Body<ApplyRequest>,
) -> Result<Json<ApplyAnswer>, ApiError> {
    let change = Change {
        kind: ChangeKind::Apply,
        rolled_back_to: None,
        base: request.base_generation,
        provenance: request.provenance,
        reason: request.reason,
        max_delete: request.max_delete,
        key: request.idempotency_key,
    };
    accept(&app, peer, request.bundle, change).await
}

/// Accepts an earlier generation's farm again, as a new generation.
#[utoipa::path(
    post,
    path = "/v1/rollback",
    request_body = RollbackRequest,
    responses(
        (status = 200, body = ApplyAnswer),
        (status = 404, body = schema::api::ErrorDoc),
        (status = 409, body = schema::api::ConflictDoc)
    )
)]
pub(crate) async fn rollback(
    State(app): State<App>,
    Extension(peer): Extension<Peer>,
    Body(request): Body<RollbackRequest>,
) -> Result<Json<ApplyAnswer>, ApiError> {
    if request.reason.trim().is_empty() {
        return Err(ApiError::bad_request("a rollback needs a reason"));
    }
    let earlier = history::shown(&app, request.to).await?;
    let change = Change {
        kind: ChangeKind::Rollback,
        rolled_back_to: Some(request.to),
        base: request.base_generation,
        provenance: request.provenance,
        reason: Some(request.reason),
        max_delete: request.max_delete,
        key: request.idempotency_key,
    };
    accept(&app, peer, earlier.bundle, change).await
}

struct Change {
    kind: ChangeKind,
    rolled_back_to: Option<u64>,
    base: u64,
    provenance: Provenance,
    reason: Option<String>,
    max_delete: Option<String>,
    key: Option<String>,
}

async fn accept(
    app: &App,
    peer: Peer,
    bundle: BundleDoc,
    change: Change,
) -> Result<Json<ApplyAnswer>, ApiError> {
    let text = serde_json::to_string(&bundle).map_err(ApiError::store)?;
    let digest = digest(&text);
    let plan = planned(app, bundle, change.max_delete.clone()).await?;
    let head = app.store.head().await?.map_or(0, |generation| generation.number);
    // A plan made against another head says nothing about what would be deleted: the store's answer to
    // the race is the one that counts.
    if head == change.base {
        guard::check(app, &plan, change.max_delete.as_deref()).await?;
    }
    let now = (app.now)();
    let by = change.provenance.author.clone().unwrap_or_else(|| peer.to_string());
    let record = NewGeneration {
        at: now,
        kind: change.kind,
        rolled_back_to: change.rolled_back_to,
        digest: digest.clone(),
        provenance: change.provenance,
        reason: change.reason,
        peer: peer.to_string(),
        idempotency_key: change.key,
    };
    let accepted = app.store.accept(change.base, record, &text).await.map_err(|error| match error {
        AcceptError::Conflict(conflict) => ApiError::Conflict(conflict),
        AcceptError::KeyTaken { .. } => ApiError::key_taken(error.to_string()),
        AcceptError::DigestTaken { .. } | AcceptError::Store(_) => ApiError::store(error),
    })?;
    let number = accepted.generation.number;
    if accepted.created {
        app.overrides.notify_one();
        let words = match change.rolled_back_to {
            Some(to) => format!("{by} rolled back to generation {to} as generation {number}"),
            None => format!("{by} applied generation {number}"),
        };
        let event = Event::new(now, EventKind::FarmAccepted, format!("generation/{number}"), words);
        if let Err(error) = app.store.append_events(&[event]).await {
            tracing::warn!(%error, "an event was not stored");
        }
    }
    Ok(Json(ApplyAnswer {
        kind: Default::default(),
        format_version: Default::default(),
        generation: number,
        parent: accepted.generation.parent,
        digest,
        created: accepted.created,
        plan: Some(plan),
    }))
}

fn digest(text: &str) -> String {
    sha256::hash(text.as_bytes()).to_byte_array().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a plan is made of, read.
struct Read {
    next: Arc<Desired>,
    /// The head, where it is followed,
    followed: Option<Arc<Desired>>,
    /// or else read anew.
    head: Option<Farm>,
    problems: Vec<ProblemDoc>,
    digest: String,
}

/// Reads a bundle as if no client had, and works out what it would do.
async fn planned(app: &App, bundle: BundleDoc, max_delete: Option<String>) -> Result<PlanDoc, ApiError> {
    let head = app.store.head().await?.map_or(0, |generation| generation.number);
    let read = read(app, bundle, head).await?;
    let Deciding { decider, live } = app.deciding().await?;
    tokio::task::spawn_blocking(move || {
        let before = read.followed.as_ref().map(|desired| &desired.farm).or(read.head.as_ref());
        let mut plan = compare(before, &read.next, decider, &live);
        plan.base_generation = head;
        plan.digest = read.digest;
        plan.problems = read.problems;
        plan.applicable = guard::allows(&plan, before, max_delete.as_deref()).is_ok();
        plan
    })
    .await
    .map_err(ApiError::store)
}

async fn read(app: &App, bundle: BundleDoc, head: u64) -> Result<Read, ApiError> {
    // The head is read already, unless it came this very moment: on a large farm that is half of the work.
    let followed = app.live.borrow().desired.clone().filter(|desired| desired.generation == head);
    let before = match head {
        0 => None,
        _ if followed.is_some() => None,
        number => Some(history::shown(app, number).await?.bundle),
    };
    tokio::task::spawn_blocking(move || {
        let reading = schema::read(&bundle);
        let problems: Vec<ProblemDoc> = reading.problems.iter().map(Into::into).collect();
        let Some(farm) = reading.farm else { return Err(ApiError::invalid(problems)) };
        let text = serde_json::to_string(&bundle).map_err(ApiError::store)?;
        let head_read = before.and_then(|bundle| schema::read(&bundle).farm);
        let inventory = Inventory::of(&farm);
        let next = Arc::new(Desired { generation: head + 1, farm, inventory });
        Ok(Read { next, followed, head: head_read, problems, digest: digest(&text) })
    })
    .await
    .map_err(ApiError::store)?
}

fn compare(before: Option<&Farm>, desired: &Arc<Desired>, decider: Reconciler, live: &Live) -> PlanDoc {
    let seen = Seen::of(&live.snapshot, desired, &Credits::default(), live.scale);
    let effect = effects(desired, decider, &live.overrides, &seen);
    let next = &desired.farm;
    let changes = lines(before, next);
    let mut notes: Vec<EffectNote> = schema::scope::not_acted_on(next)
        .into_iter()
        .map(|note| EffectNote { path: note.path.into(), message: note.sentence })
        .collect();
    notes.extend(live.overrides.iter().map(|action| EffectNote {
        path: "/overrides".into(),
        message: format!("an override is in force: {}", super::overrides::words(action)),
    }));
    PlanDoc {
        kind: Default::default(),
        format_version: Default::default(),
        base_generation: 0,
        digest: String::new(),
        destructive: changes.iter().any(|change| change.kind == ChangeVerb::Remove),
        delete_count: guard::deletes(before, next),
        applicable: true,
        changes_present: !changes.is_empty(),
        changes,
        effects: Effects {
            rigs_moving: effect.rigs_moving,
            moves: effect.moves,
            shortfalls: effect.shortfalls,
            notes,
        },
        problems: Vec::new(),
    }
}

/// The difference in grouped lines, destructive ones first. Before the first farm everything is new.
fn lines(before: Option<&Farm>, next: &Farm) -> Vec<ChangeLine> {
    let nothing;
    let before = match before {
        Some(before) => before,
        None => {
            nothing = Farm {
                windows: Default::default(),
                pools: Default::default(),
                models: Default::default(),
                sites: Default::default(),
                rigs: Default::default(),
                house: Default::default(),
                customers: Default::default(),
                policies: Default::default(),
                collectors: None,
                staff: Default::default(),
                alerts: None,
                investors: Default::default(),
                money: None,
                portal: None,
                scenarios: Default::default(),
                ..next.clone()
            };
            &nothing
        }
    };
    schema::diff::group(&schema::diff::diff(before, next)).into_iter().map(ChangeLine::from).collect()
}
