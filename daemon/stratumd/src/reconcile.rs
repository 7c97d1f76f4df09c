//! The loop that makes wishes true: reads the clock, looks at wish and fact, and tells the hub.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use farm::desired::orders;
use farm::event::{Event, Severity};
use farm::live::{Desired, Live};
use farm::observed::Snapshot;
use farm::rig::Service;
use farm::schedule::{Assignment, Situation, assign, is_running};
use farm::time::Timestamp;
use hub::{Hub, now};
use schema::Inventory;
use schema::api::{Outcome, OverrideState};
use store::{Override, Store};
use tokio::sync::{Mutex, Notify, watch};

use crate::account::Ledger;
use crate::listeners::Listeners;
use crate::secret;
use crate::settings::Settings;

/// How often the loop looks without being woken.
const EVERY: Duration = Duration::from_millis(500);
/// A rig whose connection is gone for this long counts as away.
const AWAY_AFTER: Duration = Duration::from_secs(15);
/// How long the store may take before the loop goes on with what it knows.
const STORE_MAX: Duration = Duration::from_secs(5);

/// What the loop remembers.
pub(crate) struct Reconciler {
    settings: Settings,
    store: Store,
    hub: Hub,
    live: watch::Sender<Arc<Live>>,
    ledger: Arc<Mutex<Ledger>>,
    started: Timestamp,
    overrides: Vec<Override>,
    overrides_in_force: Vec<u64>,
    seen: HashMap<Arc<str>, Timestamp>,
    decided: Option<Decided>,
    outcome_written: u64,
    listeners: Listeners,
    reread: bool,
    relisten: bool,
}

/// What the last decision rested on: while none of this changes, neither does the answer.
#[derive(PartialEq)]
struct Decided {
    generation: u64,
    wishes: Vec<u64>,
    away: HashSet<Arc<str>>,
    suspect: HashSet<Arc<str>>,
    running: Vec<bool>,
}

impl Reconciler {
    pub(crate) fn new(
        settings: Settings,
        store: Store,
        hub: Hub,
        live: watch::Sender<Arc<Live>>,
        ledger: Arc<Mutex<Ledger>>,
    ) -> Self {
        let started = live.borrow().started;
        let listeners = Listeners::new(settings.clone(), hub.clone());
        Self {
            settings,
            store,
            hub,
            live,
            ledger,
            started,
            overrides: Vec::new(),
            overrides_in_force: Vec::new(),
            seen: HashMap::new(),
            decided: None,
            outcome_written: 0,
            listeners,
            reread: true,
            relisten: false,
        }
    }

    /// Takes up where the last process left: assignment and epoch.
    pub(crate) async fn resume(&mut self) {
        match self.store.assignment().await {
            Ok(kept) => {
                let labels =
                    kept.accounts.into_iter().map(|(rig, label)| (rig.into(), label.into())).collect();
                self.live.send_modify(|live| {
                    let live = Arc::make_mut(live);
                    live.assignment = Arc::new(Assignment { labels });
                    live.epoch = kept.epoch;
                });
            }
            Err(error) => tracing::error!(%error, "the last assignment cannot be read; rigs may move once"),
        }
    }

    /// Looks and acts until the hub is gone.
    pub(crate) async fn run(mut self, wishes: Arc<Notify>) {
        let mut tick = tokio::time::interval(EVERY);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = tick.tick() => {}
                () = wishes.notified() => self.reread = true,
            }
            if self.step().await.is_err() {
                return;
            }
        }
    }

    pub(crate) async fn step(&mut self) -> Result<(), hub::HubError> {
        let mut events = Vec::new();
        if self.reread {
            match tokio::time::timeout(STORE_MAX, self.read_wishes(&mut events)).await {
                Ok(Ok(())) => self.reread = false,
                Ok(Err(error)) => tracing::error!(%error, "wishes cannot be read; the last ones hold"),
                Err(_) => tracing::error!("the store is slow; the last wishes hold"),
            }
        }
        let snapshot = self.hub.snapshot().await?;
        self.decide(snapshot, &mut events).await?;
        if std::mem::take(&mut self.relisten) {
            // Behind the orders: a rig that came before them would be taken for a stranger.
            self.open_doors(&mut events).await;
        }
        self.note_outcome(&mut events).await;
        if !events.is_empty() {
            for event in &events {
                tracing::info!(kind = %event.kind, subject = %event.subject, "{}", event.message);
            }
            self.ledger.lock().await.note(events);
        }
        Ok(())
    }

    /// Reads the head generation and the overrides.
    async fn read_wishes(&mut self, events: &mut Vec<Event>) -> Result<(), store::StoreError> {
        self.overrides = self.store.overrides(now()).await?;
        let Some(head) = self.store.head().await? else { return Ok(()) };
        if self.live.borrow().generation() == head.number {
            return Ok(());
        }
        let Some(text) = self.store.bundle(head.number).await? else { return Ok(()) };
        let read = tokio::task::spawn_blocking(move || {
            let bundle = serde_json::from_str(&text).map_err(|error| error.to_string())?;
            let reading = schema::read(&bundle);
            let first = reading.problems.iter().find(|problem| problem.is_error());
            let why = first.map(|problem| problem.message.clone()).unwrap_or_default();
            let farm = reading.farm.ok_or(why)?;
            Ok((Inventory::of(&farm), farm))
        })
        .await
        .unwrap_or_else(|error| Err(error.to_string()));
        match read {
            Ok((inventory, farm)) => {
                let desired = Arc::new(Desired { generation: head.number, farm, inventory });
                self.live.send_modify(|live| {
                    let live = Arc::make_mut(live);
                    live.desired = Some(desired);
                    live.held = None;
                });
                self.relisten = true;
            }
            Err(why) => {
                // Accepted by another release, most likely: the last good one goes on.
                let message = format!("generation {} cannot be followed: {why}", head.number);
                events.push(Event::new(now(), "farm-held", Severity::Error, "farm", message.clone()));
                self.live.send_modify(|live| Arc::make_mut(live).held = Some(message.into()));
            }
        }
        Ok(())
    }

    /// Decides anew if anything it rests on has changed, and publishes what is so.
    async fn decide(&mut self, snapshot: Snapshot, events: &mut Vec<Event>) -> Result<(), hub::HubError> {
        let at = now();
        let live = self.live.borrow().clone();
        let in_force: Vec<&Override> =
            self.overrides.iter().filter(|kept| kept.state(at) == OverrideState::Active).collect();
        let ids: Vec<u64> = in_force.iter().map(|kept| kept.id).collect();
        for kept in &self.overrides {
            if self.overrides_in_force.contains(&kept.id) && kept.state(at) == OverrideState::Expired {
                let message =
                    format!("override {} of {} has run out: {}", kept.id, kept.asked.by, kept.asked.reason);
                let subject = format!("override/{}", kept.id);
                events.push(Event::new(at, "override-expired", Severity::Info, subject, message));
            }
        }
        self.overrides_in_force.clone_from(&ids);
        let wishes: Vec<_> = in_force.iter().map(|kept| kept.asked.wish.clone()).collect();
        let away = live.desired.as_ref().map(|desired| self.away(at, &snapshot, desired)).unwrap_or_default();
        let Some(desired) = live.desired.clone() else {
            self.live.send_modify(|live| Arc::make_mut(live).snapshot = Arc::new(snapshot));
            return Ok(());
        };
        let suspect = rigs_that(&snapshot, |service| service == Service::Suspect);
        let running =
            desired.farm.rentals().map(|(_, _, rental)| is_running(&desired.farm, rental, at)).collect();
        let basis = Decided { generation: desired.generation, wishes: ids, away, suspect, running };
        if self.decided.as_ref() == Some(&basis) {
            self.live.send_modify(|live| Arc::make_mut(live).snapshot = Arc::new(snapshot));
            return Ok(());
        }
        let hub = match &self.settings.hub {
            Some(name) => desired.farm.hubs.iter().find(|(hub, _)| hub.as_str() == name).map(|(_, hub)| hub),
            None => desired.farm.hubs.values().next(),
        };
        let Some(hub) = hub else { return Ok(()) };
        let (assignment, coverage) = assign(&Situation {
            farm: &desired.farm,
            inventory: &desired.inventory,
            at,
            wishes: &wishes,
            present: &live.assignment,
            away: &basis.away,
            suspect: &basis.suspect,
        });
        let changed = assignment != *live.assignment;
        let epoch = live.epoch + 1;
        let folder = self.settings.secrets.clone().unwrap_or_else(|| self.settings.data.clone());
        let (made, missing) = orders(
            &desired.farm,
            &desired.inventory,
            hub,
            &assignment,
            &wishes,
            (desired.generation, epoch),
            self.settings.scale,
            &mut |wanted| secret::read(wanted, &folder),
        );
        for missing in missing {
            events.push(Event::new(at, "secret-missing", Severity::Error, "farm", missing.to_string()));
        }
        // The assignment is kept first: after a crash between the two nobody moves twice.
        if changed {
            let accounts = assignment.labels.iter().map(|(rig, label)| (rig.to_string(), label.to_string()));
            let kept = store::Assignment { epoch, accounts: accounts.collect() };
            match tokio::time::timeout(STORE_MAX, self.store.keep_assignment(&kept)).await {
                Ok(Ok(_)) => {}
                Ok(Err(error)) => tracing::error!(%error, "the assignment is followed, but not kept"),
                Err(_) => tracing::error!("the assignment is followed, but not kept: the store is slow"),
            }
        }
        self.hub.apply(Arc::new(made))?;
        let away = Arc::new(basis.away.clone());
        self.live.send_modify(|live| {
            let live = Arc::make_mut(live);
            live.assignment = Arc::new(assignment);
            live.coverage = Arc::new(coverage);
            live.epoch = epoch;
            live.wishes = Arc::new(wishes);
            live.away = away;
            live.snapshot = Arc::new(snapshot);
        });
        self.decided = Some(basis);
        Ok(())
    }

    /// Rigs that are not connected, and have not been for a while, or that fail by their shares.
    fn away(&mut self, at: Timestamp, snapshot: &Snapshot, desired: &Desired) -> HashSet<Arc<str>> {
        for session in &snapshot.sessions {
            if let Some(rig) = session.rig.as_ref().filter(|_| !session.clone) {
                self.seen.insert(rig.clone(), at);
            }
        }
        let seen = |name: &str| self.seen.get(name).copied().unwrap_or(self.started);
        desired
            .inventory
            .rigs()
            .iter()
            .filter(|rig| at.since(seen(rig.name.as_str())) >= AWAY_AFTER)
            .map(|rig| rig.name.clone().into())
            // What fails by its shares serves nobody, however well it is connected.
            .chain(rigs_that(snapshot, |service| {
                matches!(service, Service::Degraded | Service::Dead | Service::Returning)
            }))
            .collect()
    }

    /// Writes down that a generation was reached.
    async fn note_outcome(&mut self, events: &mut Vec<Event>) {
        let live = self.live.borrow().clone();
        let generation = live.generation();
        if generation == 0 || generation == self.outcome_written || !live.is_converged() {
            return;
        }
        let at = now();
        match tokio::time::timeout(STORE_MAX, self.store.set_outcome(generation, Outcome::Converged, at))
            .await
        {
            Ok(Ok(news)) => {
                self.outcome_written = generation;
                if news {
                    let words = format!("every connected rig is where generation {generation} wants it");
                    let subject = format!("generation/{generation}");
                    events.push(Event::new(at, "farm-converged", Severity::Info, subject, words));
                }
            }
            Ok(Err(error)) => tracing::warn!(%error, "an outcome was not written down"),
            Err(_) => tracing::warn!("an outcome was not written down: the store is slow"),
        }
    }

    /// Listens where the farm file followed says, and publishes where that is.
    async fn open_doors(&mut self, events: &mut Vec<Event>) {
        let Some(desired) = self.live.borrow().desired.clone() else { return };
        let listeners = Arc::new(self.listeners.open(&desired, events).await);
        self.live.send_modify(|live| Arc::make_mut(live).listeners = listeners);
    }
}

/// Connected rigs of the farm file in one of these states.
fn rigs_that(snapshot: &Snapshot, are: impl Fn(Service) -> bool) -> HashSet<Arc<str>> {
    snapshot
        .sessions
        .iter()
        .filter(|session| !session.clone && are(session.service))
        .filter_map(|session| session.rig.clone())
        .collect()
}
