//! The loop that converges the farm: reads the clock, compares desired and actual state, and instructs the hub.

use std::sync::Arc;
use std::time::Duration;

use exchange::credit::{Credit, Credits};
use exchange::event::{Event, EventKind};
use exchange::snapshot::Snapshot;
use exchange::time::Timestamp;
use farm::assignment::Assignment;
use farm::desired::Desired;
use farm::instruct::{Wanted, orders, orders_change};
use farm::live::Live;
use farm::promise::Settlement;
use farm::reconcile::Seen;
use hub::{Hub, now};
use schema::api::{Outcome, OverrideState, ProblemDoc, Severity};
use store::{Override, Store};
use tokio::sync::{Notify, mpsc, oneshot, watch};
use web::{Deciding, Reading, Readings};

use crate::account::Ledger;
use crate::behind::Behind;
use crate::keep;
use crate::listeners::Listeners;
use crate::secret::{self, Keeper};
use crate::settings::Settings;

/// How often the loop looks without being woken.
const EVERY: Duration = Duration::from_millis(500);
/// How often promises are written down where nothing else asks for it.
const KEEP_EVERY: Duration = Duration::from_secs(60);
/// Settlements kept for a store that does not take them; older ones give way.
const UNWRITTEN_MAX: usize = 1_000_000;
/// Time to another attempt at a store that fails.
const STORE_AGAIN: Duration = Duration::from_secs(1);
/// How long the store may take to be read before the loop goes on with what it knows.
const STORE_MAX: Duration = Duration::from_secs(5);

/// How long a new farm file waits for its secrets: pools whose password is not there then come later.
const SECRETS_MAX: Duration = Duration::from_secs(5);
/// Time to another attempt at listeners that are shut.
const LISTEN_AGAIN: Duration = Duration::from_secs(5);
/// How long the loop itself stands still for them; files on a disk are read long before.
const SECRETS_STILL: Duration = Duration::from_millis(200);

/// What the loop remembers.
pub(crate) struct Reconciler {
    settings: Settings,
    store: Store,
    hub: Hub,
    /// What requests have read.
    readings: Readings,
    live: watch::Sender<Arc<Live>>,
    ledger: Arc<Ledger>,
    /// Decides; this loop reads clocks and carries out.
    decider: farm::reconcile::Reconciler,
    /// Of the decider, when the rigs that are away were last published.
    fitness_changes: u64,
    /// All work that the promises rest on, by label: what was ever booked, and what came since.
    counted: Credits,
    promises_kept: Timestamp,
    promises_len: usize,
    /// How far the system's clock was set since the start, as far as the decider knows.
    clock_set: i64,
    /// The assignment could not be kept, and when that is tried again.
    unkept: Option<Timestamp>,
    keeping: keep::Keeper,
    /// Writes that may take their time: promises with so many settlements, and the outcome of a generation.
    promising: Behind<usize>,
    concluding: Behind<(u64, bool)>,
    /// Not yet written down.
    settlements: Vec<Settlement>,
    overrides: Vec<Override>,
    overrides_in_force: Vec<u64>,
    /// The generation, the overrides and the edition of the secrets that the hub was told of.
    told: Option<(u64, Vec<u64>, u64)>,
    secrets: Keeper,
    /// A farm file that waits for its secrets, and until when.
    arriving: Option<(Arc<Desired>, tokio::time::Instant)>,
    /// What was told of secrets, so that it is told once.
    told_of_secrets: secret::Told,
    reload: Arc<Notify>,
    outcome_written: u64,
    listeners: Listeners,
    reread: bool,
    relisten: bool,
    /// When listeners that are shut are tried again.
    reopen: Option<tokio::time::Instant>,
}

impl Reconciler {
    pub(crate) fn new(
        settings: Settings,
        store: Store,
        hub: Hub,
        live: watch::Sender<Arc<Live>>,
        ledger: Arc<Ledger>,
        reload: Arc<Notify>,
    ) -> Self {
        let started = live.borrow().started;
        let listeners = Listeners::new(settings.clone(), hub.clone());
        let (secrets, keeping) = (Keeper::new(settings.places()), keep::Keeper::new(store.clone()));
        Self {
            secrets,
            arriving: None,
            told_of_secrets: secret::Told::default(),
            reload,
            settings,
            store,
            hub,
            readings: Readings::default(),
            live,
            ledger,
            decider: farm::reconcile::Reconciler::new(started, Arc::default(), Default::default()),
            fitness_changes: 0,
            counted: Credits::default(),
            promises_kept: Timestamp::default(),
            promises_len: 0,
            clock_set: 0,
            unkept: None,
            keeping,
            promising: Behind::default(),
            concluding: Behind::default(),
            settlements: Vec::new(),
            overrides: Vec::new(),
            overrides_in_force: Vec::new(),
            told: None,
            outcome_written: 0,
            listeners,
            reread: true,
            relisten: false,
            reopen: None,
        }
    }

    /// Takes up where the last process left: assignment, epoch and promises.
    pub(crate) async fn resume(&mut self) {
        let mut events = Vec::new();
        // Before anything is counted: who is a stranger goes by the farm file.
        if let Err(error) = self.read_overrides(&mut events).await {
            tracing::error!(%error, "the last farm file cannot be read yet");
        }
        self.ledger.note(events);
        let kept = match self.store.assignment().await {
            Ok(kept) => kept,
            Err(error) => {
                tracing::error!(%error, "the last assignment cannot be read; rigs may move once");
                return;
            }
        };
        let named = |(rig, label): (String, String)| (rig.into(), label.into());
        let assignment = Arc::new(Assignment {
            labels: kept.accounts.into_iter().map(named).collect(),
            homes: kept.homes.into_iter().map(named).collect(),
            slices: kept.slices,
        });
        let promises = match self.promises().await {
            Ok(promises) => promises,
            Err(error) => {
                tracing::error!(%error, "the promises cannot be read; their settlement periods start over");
                Default::default()
            }
        };
        let started = self.live.borrow().started;
        self.decider = farm::reconcile::Reconciler::new(started, assignment.clone(), promises);
        self.live.send_modify(|live| {
            let live = Arc::make_mut(live);
            live.assignment = assignment;
            live.epoch = kept.epoch;
        });
    }

    /// The promises of the last process. Each was kept with the sums that its credited work rests on; what was
    /// booked since is the difference to those of now, so nothing counts twice, and no row of the accounts is read.
    /// Shares that only the journal has come as any others, when they are counted.
    async fn promises(
        &mut self,
    ) -> Result<std::collections::BTreeMap<Arc<str>, farm::promise::Promise>, store::StoreError> {
        for total in self.store.account_totals().await? {
            let credit = self.counted.0.entry(total.account.into()).or_default();
            match (total.book.as_str(), total.verdict.as_str()) {
                ("ours", "accepted") => credit.accepted += total.work,
                ("pool", "accepted") => credit.taken += total.work,
                ("pool", "rejected" | "unanswered" | "undeliverable") => credit.lost += total.work,
                _ => {}
            }
        }
        let scale = self.settings.scale;
        let judges = self.judges();
        let mut promises = std::collections::BTreeMap::new();
        for (label, (mut promise, counted)) in self.store.promises().await? {
            let judge = judges.get(&label).copied().unwrap_or_default();
            let before: Option<Credit> = counted.and_then(|text| serde_json::from_str(&text).ok());
            match before {
                Some(before) => {
                    let now = self.counted.0.get(&label).copied().unwrap_or_default();
                    promise.credit((now.by(judge) - before.by(judge)).at_scale(scale));
                }
                // Kept by a release that had no sums: this once, its rows are read.
                None => {
                    let booked = self.booked_since(&label, promise.from).await?;
                    promise.credited = booked.by(judge).at_scale(scale);
                }
            }
            promises.insert(label, promise);
        }
        Ok(promises)
    }

    /// What the accounts say of a rental since a time, row by row.
    async fn booked_since(&self, label: &str, from: Timestamp) -> Result<Credit, store::StoreError> {
        let (account, from) = (Some(label.to_owned()), Some(from.minute()));
        let shares = store::AccountFilter { account: account.clone(), from, ..Default::default() };
        let pools = store::PoolFilter { account, from, ..Default::default() };
        let mut credit = Credit::default();
        if let Some(accepted) = self.store.account_sum(&shares).await?.get("accepted") {
            credit.accepted = accepted.work;
        }
        for sum in self.store.pool_sums(&pools).await? {
            match sum.verdict.as_str() {
                "accepted" => credit.taken += sum.total.work,
                "forwarded" => {}
                _ => credit.lost += sum.total.work,
            }
        }
        Ok(credit)
    }

    /// Whose count decides, by label, in the farm file that is to be followed.
    fn judges(&self) -> std::collections::BTreeMap<Arc<str>, schema::farm::policy::Judge> {
        let Some((desired, _)) = &self.arriving else { return Default::default() };
        let judge =
            |terms: &schema::farm::Rental| desired.farm.policy(&terms.policy).sla.map(|sla| sla.judge);
        let rentals = desired.farm.rentals();
        rentals
            .map(|(customer, name, terms)| {
                (farm::label::label(customer, name), judge(terms).unwrap_or_default())
            })
            .collect()
    }

    /// Looks and acts until the hub is gone.
    pub(crate) async fn run(
        mut self,
        overrides: Arc<Notify>,
        mut asked: mpsc::Receiver<oneshot::Sender<Deciding>>,
    ) {
        let mut tick = tokio::time::interval(EVERY);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = tick.tick() => {}
                () = overrides.notified() => self.reread = true,
                Some(answer) = asked.recv() => {
                    // Whoever asked may have left.
                    let _ = answer.send(self.deciding());
                    continue;
                }
                () = self.reload.notified() => {
                    self.secrets.read_again(std::time::Instant::now());
                    self.secrets.settle(SECRETS_STILL).await;
                }
            }
            if self.step().await.is_err() {
                return;
            }
        }
    }

    /// Where requests keep what they have read, for this loop as well.
    pub(crate) fn readings(&self) -> Readings {
        self.readings.clone()
    }

    /// A copy of the decider, and what was published of its last step: for plans, which must say what it would do.
    fn deciding(&self) -> Deciding {
        Deciding { decider: self.decider.clone(), live: self.live.borrow().clone() }
    }

    pub(crate) async fn step(&mut self) -> Result<(), hub::HubError> {
        let mut events = Vec::new();
        self.readings.forget_old(std::time::Instant::now());
        if self.reread {
            match tokio::time::timeout(STORE_MAX, self.read_overrides(&mut events)).await {
                Ok(Ok(())) => self.reread = false,
                Ok(Err(error)) => {
                    tracing::error!(%error, "overrides cannot be read; the last ones known stay in force")
                }
                Err(_) => tracing::error!("the store is slow; the last overrides known stay in force"),
            }
        }
        self.look_at_secrets(&mut events);
        let snapshot = self.hub.snapshot().await?;
        self.decide(snapshot, &mut events).await?;
        let reopen = self.reopen.is_some_and(|at| tokio::time::Instant::now() >= at);
        if std::mem::take(&mut self.relisten) || reopen {
            // Behind the orders: a rig that came before them would be taken for a stranger.
            self.open_doors(&mut events).await;
        }
        self.note_outcome(&mut events).await;
        if !events.is_empty() {
            events.iter().for_each(crate::log::event);
            self.ledger.note(events);
        }
        Ok(())
    }

    /// Reads the head generation and the overrides.
    async fn read_overrides(&mut self, events: &mut Vec<Event>) -> Result<(), store::StoreError> {
        self.overrides = self.store.overrides(now()).await?;
        let Some(head) = self.store.head().await? else { return Ok(()) };
        let arriving = self.arriving.as_ref().map(|(desired, _)| desired.generation);
        if self.live.borrow().generation() == head.number || arriving == Some(head.number) {
            return Ok(());
        }
        let file = match self.readings.get(&head.record.digest) {
            // By the request that it came with.
            Some(reading) => Ok(reading.file),
            None => {
                let Some(text) = self.store.bundle(head.number).await? else { return Ok(()) };
                read(text).await
            }
        };
        match file.map(|file| file.as_generation(head.number)) {
            Ok(desired) => {
                let now = tokio::time::Instant::now();
                let wanted = secret::wanted(&desired.farm, self.settings.hub.as_deref());
                self.secrets.want(now.into_std(), &wanted);
                self.secrets.settle(SECRETS_STILL).await;
                self.arriving = Some((Arc::new(desired), now + SECRETS_MAX));
            }
            Err(why) => {
                // Accepted by another release, most likely: the last good one goes on.
                let message = format!("generation {} cannot be put in force: {why}", head.number);
                events.push(Event::new(now(), EventKind::FarmHeld, "farm", message.clone()));
                self.live.send_modify(|live| Arc::make_mut(live).held = Some(message.into()));
            }
        }
        Ok(())
    }

    /// Follows a farm file once its secrets were read, and tells which could not be.
    fn look_at_secrets(&mut self, events: &mut Vec<Event>) {
        let now = tokio::time::Instant::now();
        self.secrets.look(now.into_std());
        let due = |(_, until): &mut (Arc<Desired>, _)| self.secrets.is_settled() || now >= *until;
        if let Some((desired, _)) = self.arriving.take_if(due) {
            self.secrets.keep_only(&secret::wanted(&desired.farm, self.settings.hub.as_deref()));
            self.live.send_modify(|live| {
                let live = Arc::make_mut(live);
                live.desired = Some(desired);
                live.held = None;
            });
            self.relisten = true;
        }
        if self.told_of_secrets.stale(&self.secrets, events) {
            // Perhaps a certificate.
            self.relisten = true;
        }
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
                    format!("override {} of {} has expired: {}", kept.id, kept.asked.by, kept.asked.reason);
                let subject = format!("override/{}", kept.id);
                events.push(Event::new(at, EventKind::OverrideExpired, subject, message));
            }
        }
        self.overrides_in_force.clone_from(&ids);
        let overrides: Vec<_> = in_force.iter().map(|kept| kept.asked.action.clone()).collect();
        let Some(desired) = live.desired.clone() else {
            self.live.send_modify(|live| Arc::make_mut(live).snapshot = Arc::new(snapshot));
            return Ok(());
        };
        let hub = match &self.settings.hub {
            Some(name) => desired.farm.hubs.iter().find(|(hub, _)| hub.as_str() == name).map(|(_, hub)| hub),
            None => desired.farm.hubs.values().next(),
        };
        let Some(hub) = hub else { return Ok(()) };
        let credits = self.ledger.take_credits();
        for (label, credit) in &credits.0 {
            self.counted.0.entry(label.clone()).or_default().add(credit);
        }
        let seen = Seen::of(&snapshot, &desired, &credits, self.settings.scale);
        if snapshot.clock_set != self.clock_set {
            self.decider.on_clock_set(snapshot.clock_set - self.clock_set);
            self.clock_set = snapshot.clock_set;
        }
        let step = self.decider.step(&desired, &overrides, &seen, events);
        self.keeping.note(&step.change, step.movements);
        self.settlements.extend(step.settlements);
        let basis = (desired.generation, ids, self.secrets.version());
        let is_same = self.told.as_ref() == Some(&basis);
        if step.changed || !is_same {
            let epoch = live.epoch + 1;
            // The assignment is kept first, unless that takes long: after a crash between the two nobody moves twice.
            self.unkept = self.keep_assignment(epoch, at).await;
            let mut missing = None;
            if is_same && !step.change.whole {
                self.hub.follow(orders_change(&step.change, epoch))?;
            } else {
                let wanted = Wanted {
                    farm: &desired.farm,
                    inventory: &desired.inventory,
                    hub,
                    assignment: self.decider.assignment(),
                    excused: self.decider.excused(),
                    overrides: &overrides,
                    generation: desired.generation,
                    epoch,
                    scale: self.settings.scale,
                };
                let (made, without) = orders(&wanted, &mut |wanted| self.secrets.get(wanted));
                self.told_of_secrets.missing(&without, events);
                self.hub.apply(Arc::new(made))?;
                self.told = Some(basis);
                missing = Some(without);
            }
            self.live.send_modify(|live| {
                let live = Arc::make_mut(live);
                live.assignment = self.decider.assignment().clone();
                live.epoch = epoch;
                if let Some(missing) = missing {
                    live.overrides = Arc::new(overrides);
                    live.secrets_missing = Arc::new(missing);
                }
            });
        }
        if self.unkept.is_some_and(|again| at >= again) {
            let epoch = self.live.borrow().epoch;
            self.unkept = self.keep_assignment(epoch, at).await;
        }
        self.keep_promises(at).await;
        self.publish(snapshot);
        Ok(())
    }

    /// Publishes what is so.
    fn publish(&mut self, snapshot: Snapshot) {
        let decider = &self.decider;
        let away = (decider.fitness_changes() != self.fitness_changes)
            .then(|| Arc::new(decider.unfit().cloned().collect()));
        self.fitness_changes = decider.fitness_changes();
        self.live.send_modify(|live| {
            let live = Arc::make_mut(live);
            live.coverage = decider.coverage().clone();
            live.promises = Arc::new(decider.promises().clone());
            live.paused = Arc::new(decider.paused().cloned().collect());
            live.outages = Arc::new(decider.outages().collect());
            live.caps = decider.caps().clone();
            live.snapshot = Arc::new(snapshot);
            if let Some(away) = away {
                live.away = away;
            }
        });
    }

    async fn keep_assignment(&mut self, epoch: u64, at: Timestamp) -> Option<Timestamp> {
        self.keeping.keep(self.decider.assignment(), epoch, at, STORE_AGAIN).await
    }

    /// Writes promises down now and then, and settlements at once.
    async fn keep_promises(&mut self, at: Timestamp) {
        let is_same = self.settlements.is_empty() && self.decider.promises().len() == self.promises_len;
        let is_failing = self.promises_len == usize::MAX;
        if !self.promising.is_under_way()
            && (is_same || is_failing)
            && at.since(self.promises_kept) < KEEP_EVERY
        {
            return;
        }
        self.promises_kept = at;
        self.promises_len = self.decider.promises().len();
        let counted = |label: &Arc<str>| self.counted.0.get(label).copied().unwrap_or_default();
        let promises = self.decider.promises();
        let counted = promises
            .keys()
            .map(|label| (label.clone(), serde_json::to_string(&counted(label)).unwrap_or_default()))
            .collect();
        let (store, settlements) = (&self.store, &self.settlements);
        let write = || {
            let (store, promises, settlements) = (store.clone(), promises.clone(), settlements.clone());
            async move { store.keep_promises(&promises, &counted, &settlements).await.map(|()| settlements.len()) }
        };
        match self.promising.done(write).await {
            Some(Ok(settlements)) => drop(self.settlements.drain(..settlements)),
            None => {}
            // Again soon, not in a minute.
            Some(Err(error)) => {
                self.promises_kept = at + STORE_AGAIN;
                self.promises_kept.0 -= KEEP_EVERY.as_micros() as i64;
                self.promises_len = usize::MAX;
                tracing::debug!(%error, "promises were not stored");
            }
        }
        if !self.promising.is_under_way() {
            let over = self.settlements.len().saturating_sub(UNWRITTEN_MAX);
            self.settlements.drain(..over);
        }
    }

    /// Writes down that a generation was reached.
    async fn note_outcome(&mut self, events: &mut Vec<Event>) {
        let live = self.live.borrow().clone();
        let generation = live.generation();
        if generation == 0 || generation == self.outcome_written || !live.is_converged() {
            return;
        }
        let at = now();
        let store = &self.store;
        let write = || {
            let store = store.clone();
            async move {
                store.set_outcome(generation, Outcome::Converged, at).await.map(|news| (generation, news))
            }
        };
        match self.concluding.done(write).await {
            Some(Ok((generation, news))) => {
                self.outcome_written = generation;
                if news {
                    let words = format!("every connected rig mines where generation {generation} puts it");
                    let subject = format!("generation/{generation}");
                    events.push(Event::new(at, EventKind::FarmConverged, subject, words));
                }
            }
            // That nothing can be written is told once, by whoever looks after the accounts.
            Some(Err(error)) => tracing::debug!(%error, "an outcome was not stored"),
            None => {}
        }
    }

    /// Listens where the farm file followed says, and publishes where that is.
    async fn open_doors(&mut self, events: &mut Vec<Event>) {
        let Some(desired) = self.live.borrow().desired.clone() else { return };
        let listeners = Arc::new(self.listeners.open(&desired, &self.secrets, events).await);
        let is_shut = listeners.iter().any(|listener| listener.why.is_some());
        self.reopen = is_shut.then(|| tokio::time::Instant::now() + LISTEN_AGAIN);
        self.live.send_modify(|live| Arc::make_mut(live).listeners = listeners);
    }
}

/// Reads an accepted farm file from its text.
async fn read(text: String) -> Result<Desired, String> {
    tokio::task::spawn_blocking(move || {
        let bundle = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        drop(text);
        let reading = Reading::of(&bundle).map_err(|problems| {
            let is_error = |problem: &&ProblemDoc| problem.severity == Severity::Error;
            problems.iter().find(is_error).map(|problem| problem.message.clone()).unwrap_or_default()
        })?;
        Ok(reading.file)
    })
    .await
    .unwrap_or_else(|error| Err(error.to_string()))
}
