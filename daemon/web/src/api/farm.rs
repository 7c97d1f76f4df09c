//! Handing in a farm: what it would do, accepting it if nobody was first, going back to an earlier one.

use std::sync::Arc;
use std::time::Instant;

use ::farm::desired::Desired;
use ::farm::live::Live;
use ::farm::plan::effects;
use ::farm::reconcile::{Reconciler, Seen};
use axum::extract::State;
use axum::{Extension, Json};
use exchange::credit::Credits;
use exchange::event::{Event, EventKind};
use schema::Farm;
use schema::api::{
    ApplyAnswer, ApplyRequest, BundleDoc, ChangeKind, ChangeLine, ChangeVerb, EffectNote, Effects, PlanDoc,
    PlanRequest, ProblemDoc, Provenance, RollbackRequest, ShowDoc,
};
use store::{AcceptError, NewGeneration};

use super::{guard, history};
use crate::extract::Body;
use crate::readings::{Reading, digest};
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
    Ok(Json(planned(&app, request.bundle, request.max_delete).await?.plan))
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
    let Planned { plan, guard, text } = planned(app, bundle, change.max_delete).await?;
    // A plan made against another head says nothing about what would be deleted: the store's answer to
    // the race is the one that counts.
    if plan.base_generation == change.base {
        guard.map_err(guard::Refusal::into_error)?;
    }
    let now = (app.now)();
    let by = change.provenance.author.clone().unwrap_or_else(|| peer.to_string());
    let record = NewGeneration {
        at: now,
        kind: change.kind,
        rolled_back_to: change.rolled_back_to,
        digest: plan.digest.clone(),
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
        digest: plan.digest.clone(),
        created: accepted.created,
        plan: Some(plan),
    }))
}

/// A plan, and what an apply of the same needs beside it.
struct Planned {
    plan: PlanDoc,
    /// Whether it may delete what it would.
    guard: Result<(), guard::Refusal>,
    /// The bundle as it is kept.
    text: String,
}

/// What a plan is made of, read.
struct Read {
    next: Arc<Desired>,
    /// The head, if there is one and it can be read.
    head: Option<Arc<Desired>>,
    problems: Vec<ProblemDoc>,
    digest: String,
    text: String,
}

/// Reads a bundle as if no client had, and works out what it would do.
async fn planned(app: &App, bundle: BundleDoc, max_delete: Option<String>) -> Result<Planned, ApiError> {
    let head = app.store.head().await?.map_or(0, |generation| generation.number);
    let Read { next, head: before, problems, digest, text } = read(app, bundle, head).await?;
    let Deciding { decider, live } = app.deciding().await?;
    tokio::task::spawn_blocking(move || {
        let before = before.as_deref();
        let mut plan = compare(before, &next, decider, &live);
        plan.base_generation = head;
        plan.digest = digest;
        plan.problems = problems;
        let guard = guard::check(&plan, before, max_delete.as_deref());
        plan.applicable = guard.is_ok();
        Planned { plan, guard, text }
    })
    .await
    .map_err(ApiError::store)
}

async fn read(app: &App, bundle: BundleDoc, head: u64) -> Result<Read, ApiError> {
    // The head is read already, unless it came this very moment: on a large farm that is half of the work.
    let followed = app.live.borrow().desired.clone().filter(|desired| desired.generation == head);
    let unread = match head {
        0 => None,
        _ if followed.is_some() => None,
        number => Some(history::shown(app, number).await?.bundle),
    };
    let readings = app.readings.clone();
    tokio::task::spawn_blocking(move || {
        let text = serde_json::to_string(&bundle).map_err(ApiError::store)?;
        let digest = digest(&text);
        let Reading { file, problems } = match readings.get(&digest) {
            Some(reading) => reading,
            None => {
                let reading = Reading::of(&bundle).map_err(ApiError::invalid)?;
                readings.keep(digest.clone(), reading.clone(), Instant::now());
                reading
            }
        };
        let unread = unread.and_then(|bundle| Reading::of(&bundle).ok());
        let head_read = unread.map(|reading| Arc::new(reading.file.as_generation(head)));
        let next = Arc::new(file.as_generation(head + 1));
        Ok(Read { next, head: followed.or(head_read), problems, digest, text })
    })
    .await
    .map_err(ApiError::store)?
}

fn compare(before: Option<&Desired>, desired: &Arc<Desired>, decider: Reconciler, live: &Live) -> PlanDoc {
    let seen = Seen::of(&live.snapshot, desired, &Credits::default(), live.scale);
    let effect = effects(desired, decider, &live.overrides, &seen);
    let next = &desired.farm;
    let changes = lines(before.map(|before| &*before.farm), next);
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
        delete_count: before.map_or(0, |before| guard::deletes(before, desired)),
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
