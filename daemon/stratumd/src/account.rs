//! From counters to accounts. What the hub counted waits in the store's memory and is booked once a minute,
//! together with the journal mark it rests on, in one transaction: no share is lost or counted twice.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use exchange::credit::Credits;
use exchange::event::{Event, EventKind};
use exchange::session::UNKNOWN;
use exchange::tally::{ShareKey, Tally};
use exchange::time::Timestamp;
use farm::live::Live;
use hub::journal::{Recovered, set_aside};
use hub::{Hub, Taken, now};
use schema::api::{StorageStatus, TroubleStatus};
use store::{Keep, Sizes, Store, StoreError, Which};
use tokio::sync::watch;

use crate::life::{self, Unwritten};
use crate::settings::{Durability, Settings};

/// How often counters are taken.
const EVERY: Duration = Duration::from_secs(1);
/// How often it is written down what pools said, which no journal has.
const POOLS_EVERY: Duration = Duration::from_secs(5);
/// How often it is looked whether something is old enough to go.
const TIDY_EVERY: Duration = Duration::from_secs(60);
/// Time to another attempt at a journal that cannot be read.
const RECOVER_AGAIN: Duration = Duration::from_secs(10);
/// Rest between two steps of that.
const TIDY_REST: Duration = Duration::from_millis(100);
/// How long the last write is tried when the daemon ends, and where the database fails already.
const LAST_TRY: Duration = Duration::from_secs(5);
const LAST_TRY_FAILING: Duration = Duration::from_secs(2);
/// The hub's number in the journal marks.
pub(crate) const WORKER: u32 = 0;
/// Events kept for a store that does not take them; older ones give way.
const EVENTS_MAX: usize = 100_000;
/// Events in one write.
const EVENTS_AT_ONCE: usize = 5_000;

/// Counters and events that are not yet written down.
pub(crate) struct Ledger {
    store: Store,
    journal: PathBuf,
    book_every: Duration,
    live: watch::Receiver<Arc<Live>>,
    written: watch::Sender<u64>,
    status: watch::Sender<StorageStatus>,
    life: life::Keeper,
    /// Miners are told of no share that the disk does not have.
    is_strict: bool,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// What rentals were credited since the scheduler last asked.
    credits: Credits,
    events: Vec<Event>,
    events_dropped: usize,
    /// The journal of the last process is in the counters: before that nothing may be booked.
    recovered: bool,
    /// Damaged segments whose whole shares are counted, and must be booked before they are set aside.
    damaged: Vec<PathBuf>,
    missing: u64,
    /// Since when the last process had shares in memory only, where it ended like that.
    left_since: Option<Timestamp>,
    /// Shares that a removed journal file had are only in memory.
    bereft: bool,
    set_aside: Vec<String>,
    /// The store failed when it was last looked at, since then.
    unwell: Option<Timestamp>,
    journal_trouble: Option<hub::Trouble>,
    booked_at: Timestamp,
    pools_at: Timestamp,
    sizes: Sizes,
    tidied: Option<Timestamp>,
    known: Known,
}

/// Names that have rows of their own.
#[derive(Default)]
struct Known {
    generation: u64,
    rigs: HashSet<Arc<str>>,
}

impl Ledger {
    pub(crate) fn new(
        store: Store,
        journal: PathBuf,
        settings: &Settings,
        live: watch::Receiver<Arc<Live>>,
        written: watch::Sender<u64>,
        status: watch::Sender<StorageStatus>,
        life: life::Keeper,
    ) -> Self {
        let book_every = Duration::from_secs(settings.book_every);
        let is_strict = settings.durability == Durability::Disk;
        let inner = Mutex::default();
        Self { store, journal, book_every, live, written, status, life, is_strict, inner }
    }

    /// Tells of shares that the last process had in memory only; the first that is in no file is `next`.
    pub(crate) fn left_behind_before(&self, left: Unwritten, next: u64) {
        let missing = left.next.saturating_sub(next);
        let how_many = match missing {
            0 => "accepted shares of its last second may be missing from the accounts".to_owned(),
            missing => format!(
                "{missing} accepted shares are missing from the accounts, and those of its last second may be missing, too"
            ),
        };
        let words = format!(
            "from {} on, the previous process could not record shares, and it ended without having done so: {how_many}",
            left.since.rfc3339()
        );
        let event = Event::new(now(), EventKind::SharesUnwritten, "hub", words)
            .with("missing", missing)
            .with("since", left.since.rfc3339());
        let mut inner = self.lock();
        inner.missing += missing;
        inner.left_since = Some(left.since);
        inner.tell(event);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds what happened.
    pub(crate) fn add(&self, taken: Taken) {
        let mut inner = self.lock();
        inner.credits.add(&taken.tally);
        let unwritten = taken.trouble.as_ref().filter(|_| !self.is_strict);
        self.life.unwritten(unwritten.map(|t| Unwritten { since: t.since, next: taken.mark }));
        inner.journal_trouble = taken.trouble;
        inner.bereft |= taken.bereft;
        inner.note(taken.events);
        let tally = inner.known.fold(taken.tally, &self.live.borrow());
        // Under the same lock, so that nobody sees the mark without its shares.
        self.store.count(tally, taken.mark);
    }

    /// Adds what the last process had not booked.
    pub(crate) fn recover(&self, found: Recovered) {
        let mut inner = self.lock();
        inner.credits.add(&found.tally);
        let tally = inner.known.fold(found.tally, &self.live.borrow());
        self.store.count(tally, found.next);
        inner.recovered = true;
        inner.missing += found.missing;
        for damaged in &found.damaged {
            tracing::error!(path = %damaged.path.display(), why = damaged.why, "a journal segment is damaged");
        }
        if !found.damaged.is_empty() || found.missing > 0 {
            let names: Vec<_> = found.damaged.iter().map(|one| one.path.display().to_string()).collect();
            let words = format!(
                "the share journal was damaged: {} accepted shares from before the start are missing, {} were recovered from it",
                found.missing, found.shares
            );
            let event = Event::new(now(), EventKind::JournalDamaged, "hub", words)
                .with("missing", found.missing)
                .with("recovered", found.shares)
                .with("files", names.join(" "));
            inner.tell(event);
        }
        if found.ends_early {
            let words = "the share journal ends before the last share that was recorded from it: its end was lost in a power \
                         cut or removed, and it is unknown how many shares were accepted after that";
            inner.tell(Event::new(now(), EventKind::JournalDamaged, "hub", words));
        }
        inner.damaged = found.damaged.into_iter().map(|damaged| damaged.path).collect();
        tracing::info!(shares = found.shares, torn = found.torn, "counted from the journal");
    }

    /// What the last process had not booked is counted.
    pub(crate) fn is_recovered(&self) -> bool {
        self.lock().recovered
    }

    /// What rentals were credited since this was last asked.
    pub(crate) fn take_credits(&self) -> Credits {
        std::mem::take(&mut self.lock().credits)
    }

    /// Logs an event and keeps it.
    pub(crate) fn tell(&self, event: Event) {
        self.lock().tell(event);
    }

    /// Adds events.
    pub(crate) fn note(&self, events: Vec<Event>) {
        self.lock().note(events);
    }

    /// Writes down what is due. What fails stays. Returns the mark below which all is booked.
    async fn write(&self) -> u64 {
        let at = now();
        let which = {
            let mut inner = self.lock();
            // A journal that cannot be written makes the accounts the only place that lasts.
            // Just behind the minute's end, so that its rows are written once.
            let turn = |at: Timestamp| at.0.div_euclid(self.book_every.as_micros() as i64);
            let is_due = turn(at) != turn(inner.booked_at)
                || inner.journal_trouble.is_some()
                || inner.bereft
                || !inner.damaged.is_empty();
            if inner.recovered && is_due {
                inner.booked_at = at;
                inner.pools_at = at;
                Some(Which::All)
            } else if at.since(inner.pools_at) >= POOLS_EVERY || at < inner.pools_at {
                inner.pools_at = at;
                Some(Which::Pools)
            } else {
                None
            }
        };
        if let Some(which) = which {
            match self.store.write_counts(WORKER, which).await {
                Ok(()) if which == Which::All => {
                    self.lock().bereft &= self.store.is_unbooked();
                    self.set_aside();
                }
                Ok(()) => {}
                // Again with the next look, not in a minute.
                Err(_) => self.lock().booked_at = Timestamp::default(),
            }
        }
        if self.write_events().await.is_ok() {
            self.life.told();
        }
        // What was booked in a file that is gone is only in the journal.
        if self.store.look() { self.store.booked_mark() } else { 0 }
    }

    async fn write_events(&self) -> Result<(), StoreError> {
        loop {
            let events: Vec<Event> = {
                let mut inner = self.lock();
                inner.events_dropped = 0;
                inner.events.iter().take(EVENTS_AT_ONCE).cloned().collect()
            };
            if events.is_empty() {
                return Ok(());
            }
            let last = self.store.append_events(&events).await?;
            {
                let mut inner = self.lock();
                // Those that gave way meanwhile were among these.
                let gone = inner.events_dropped.min(events.len());
                inner.events.drain(..events.len() - gone);
            }
            if let Some(last) = last {
                self.written.send_replace(last);
            }
        }
    }

    /// Damaged segments are booked as far as they are whole: from now on they are for a person.
    fn set_aside(&self) {
        let damaged = std::mem::take(&mut self.lock().damaged);
        for path in damaged {
            match set_aside(&path) {
                Ok(to) => {
                    tracing::error!(path = %to.display(), "a damaged journal segment was set aside");
                    self.lock().set_aside.push(to.display().to_string());
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => {
                    tracing::error!(path = %path.display(), %error, "a damaged journal segment cannot be set aside");
                    self.lock().damaged.push(path);
                }
            }
        }
    }

    /// Tells when the store begins to fail and when that is over, and publishes how things are.
    fn watch(&self) {
        self.store.look();
        let trouble = self.store.trouble();
        let mut inner = self.lock();
        match (&trouble, inner.unwell) {
            (Some(trouble), None) => {
                let words = format!(
                    "accounts, events and farm files cannot be written; they wait in memory and in the journal: {}",
                    trouble.why
                );
                inner.unwell = Some(trouble.since);
                inner.tell(Event::new(now(), EventKind::DatabaseFailed, "store", words));
            }
            (None, Some(since)) => {
                let words = "the database is written again, including what waited".to_owned();
                inner.unwell = None;
                let event = Event::new(now(), EventKind::DatabaseRecovered, "store", words);
                inner.tell(event.with("since", since.rfc3339()));
            }
            _ => {}
        }
        let minute = |minute: Option<i64>| minute.map(|m| Timestamp::from_seconds(m * 60).rfc3339());
        let status = StorageStatus {
            database_trouble: trouble.map(|t| TroubleStatus { since: t.since.rfc3339(), why: t.why }),
            journal_trouble: inner
                .journal_trouble
                .as_ref()
                .map(|t| TroubleStatus { since: t.since.rfc3339(), why: t.why.clone() }),
            recovering: !inner.recovered,
            unbooked_shares: self.store.unbooked_shares(),
            missing_shares: inner.missing,
            unwritten_since: inner.left_since.map(Timestamp::rfc3339),
            set_aside: inner.set_aside.clone(),
            database_bytes: inner.sizes.file,
            accounts_bytes: inner.sizes.accounts,
            events_bytes: inner.sizes.events,
            history_bytes: inner.sizes.history,
            journal_bytes: length(&self.journal),
            minutes_from: minute(inner.sizes.minutes_from),
            hours_from: minute(inner.sizes.hours_from),
            days_from: minute(inner.sizes.days_from),
            events_from: inner.sizes.events_from.map(Timestamp::rfc3339),
            placements_from: inner.sizes.placements_from.map(Timestamp::rfc3339),
            tidied_at: inner.tidied.map(Timestamp::rfc3339),
        };
        drop(inner);
        self.status.send_if_modified(|last| {
            let is_new = *last != status;
            *last = status;
            is_new
        });
    }

    /// The last write of all, tried for some seconds. Says what could not be written.
    pub(crate) async fn finish(&self) -> Result<(), String> {
        let time = if self.store.trouble().is_some() { LAST_TRY_FAILING } else { LAST_TRY };
        let end = tokio::time::Instant::now() + time;
        let recovered = self.lock().recovered;
        let which = if recovered { Which::All } else { Which::Pools };
        let mut why = "the database does not answer".to_owned();
        loop {
            let write = async {
                self.store.write_counts(WORKER, which).await?;
                self.write_events().await
            };
            match tokio::time::timeout_at(end, write).await {
                // Into a file that is gone: that is nowhere.
                Ok(Ok(())) if !self.store.look() => break,
                Ok(Ok(())) => {
                    if recovered {
                        self.set_aside();
                    }
                    self.life.unwritten(None);
                    self.life.end(now());
                    return Ok(());
                }
                Ok(Err(error)) => why = error.to_string(),
                Err(_) => break,
            }
            if tokio::time::Instant::now() >= end {
                break;
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
        let why = self.store.trouble().map_or(why, |trouble| trouble.why);
        self.life.end(now());
        Err(self.left_behind(&why))
    }

    fn left_behind(&self, error: &str) -> String {
        let inner = self.lock();
        let shares = self.store.unbooked_shares();
        let fate = match &inner.journal_trouble {
            None => "they are in the share journal, and the next start recovers them".to_owned(),
            Some(trouble) => format!(
                "the share journal cannot be written either ({}): those since {} are lost",
                trouble.why,
                trouble.since.rfc3339()
            ),
        };
        if !self.store.look() {
            return format!(
                "what was written to the database is lost with it: {error}; {shares} more accepted shares were not in the \
                 accounts, {fate}"
            );
        }
        format!(
            "not everything could be written at the end: {shares} accepted shares are not in the accounts, {fate}; \
             {} events and what pools said of the last shares are lost: {error}",
            inner.events.len()
        )
    }
}

impl Inner {
    /// Logs an event and keeps it.
    fn tell(&mut self, event: Event) {
        crate::log::event(&event);
        self.note(vec![event]);
    }

    fn note(&mut self, events: Vec<Event>) {
        self.events.extend(events);
        if self.events.len() > EVENTS_MAX {
            let over = self.events.len() - EVENTS_MAX;
            self.events.drain(..over);
            self.events_dropped += over;
            tracing::warn!(over, "the store does not accept events: the oldest were dropped");
        }
    }
}

impl Known {
    /// One row for all that the farm file does not name, however many names they give themselves.
    fn fold(&mut self, tally: Tally, live: &Live) -> Tally {
        let Some(desired) = &live.desired else { return tally };
        if self.generation != desired.generation {
            self.generation = desired.generation;
            let names = desired.inventory.rigs().iter();
            self.rigs = names.map(|rig| Arc::from(rig.name.as_str())).collect();
        }
        if tally.shares.keys().all(|key| self.has(key)) {
            return tally;
        }
        let unknown: Arc<str> = UNKNOWN.into();
        let mut folded = Tally { pools: tally.pools, ..Tally::default() };
        for (mut key, counted) in tally.shares {
            if !self.has(&key) {
                key.rig = unknown.clone();
            }
            *folded.shares.entry(key).or_default() += counted;
        }
        folded
    }

    fn has(&self, key: &ShareKey) -> bool {
        let name = &*key.rig;
        self.rigs.contains(name) || name.strip_suffix(" (clone)").is_some_and(|name| self.rigs.contains(name))
    }
}

/// Length of all files in a folder, bytes.
fn length(folder: &std::path::Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries.flatten().filter_map(|entry| Some(entry.metadata().ok()?.len())).sum()
}

/// Takes and writes until the hub is gone or `stop` says so; what is under way then is finished. Taking does not
/// wait for a store that is slow: status and promises go by what is counted.
pub(crate) async fn run(hub: Hub, ledger: Arc<Ledger>, stop: watch::Receiver<bool>) {
    let take = async {
        let mut beat = Beat::new(stop.clone());
        while beat.next().await {
            let Ok(taken) = hub.take().await else { return };
            ledger.add(taken);
            ledger.watch();
        }
    };
    let write = async {
        let mut beat = Beat::new(stop.clone());
        while beat.next().await {
            let booked = ledger.write().await;
            if hub.trim(booked).is_err() {
                return;
            }
        }
    };
    tokio::join!(take, write);
}

/// Once a second until told to stop.
struct Beat {
    tick: tokio::time::Interval,
    stop: watch::Receiver<bool>,
}

impl Beat {
    fn new(stop: watch::Receiver<bool>) -> Self {
        let mut tick = tokio::time::interval(EVERY);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        Self { tick, stop }
    }

    async fn next(&mut self) -> bool {
        tokio::select! {
            _ = self.tick.tick() => true,
            _ = self.stop.wait_for(|stop| *stop) => false,
        }
    }
}

/// Reads the journal of the last process while everything else runs, however long that takes.
pub(crate) async fn recover(
    hub: Hub,
    ledger: Arc<Ledger>,
    segments: Vec<(u64, PathBuf)>,
    mark: u64,
    next: u64,
) {
    loop {
        let segments = segments.clone();
        let read = tokio::task::spawn_blocking(move || hub::journal::recover(&segments, mark, next)).await;
        match read.unwrap_or_else(|error| Err(std::io::Error::other(error))) {
            Ok(mut found) => {
                let _ = hub.recover(std::mem::take(&mut found.prints));
                return ledger.recover(found);
            }
            Err(error) => tracing::error!(%error, "the journal of the last process cannot be read"),
        }
        tokio::time::sleep(RECOVER_AGAIN).await;
    }
}

/// Lets go of what is old or too much, in the background.
pub(crate) async fn tidy(ledger: Arc<Ledger>, keep: Keep) {
    // What is old is told by the clock, and a wrong clock makes all of it old: it must have been right for a day.
    let mut trust = ClockTrust::new(Instant::now(), now());
    if let Ok(Some(last)) = ledger.store.last_minute().await {
        trust.last_booked(last);
    }
    loop {
        let at = now();
        if !trust.look(Instant::now(), at) {
            tokio::time::sleep(TIDY_EVERY).await;
            continue;
        }
        let mut done = ledger.store.tidy(&keep, at).await;
        while let Ok(true) = done {
            tokio::time::sleep(TIDY_REST).await;
            done = ledger.store.tidy(&keep, at).await;
        }
        if done.is_ok()
            && let Ok(sizes) = ledger.store.sizes().await
        {
            let mut inner = ledger.lock();
            inner.sizes = sizes;
            inner.tidied = Some(now());
        }
        tokio::time::sleep(TIDY_EVERY).await;
    }
}

/// Whether the system's clock can be believed as far as deleting goes.
#[derive(Debug)]
struct ClockTrust {
    anchor: (Instant, Timestamp),
    /// Believed from then on; at once where nothing speaks against it.
    from: Instant,
}

/// A clock that was set further than this, or is further from the last booking, must prove itself.
const JUMP: Duration = Duration::from_secs(2 * 86_400);
/// So long.
const PROOF: Duration = Duration::from_secs(86_400);

impl ClockTrust {
    fn new(instant: Instant, wall: Timestamp) -> Self {
        Self { anchor: (instant, wall), from: instant }
    }

    /// The last minute that was booked before the start.
    fn last_booked(&mut self, minute: i64) {
        let wall = self.anchor.1;
        let last = Timestamp(minute.saturating_mul(60_000_000));
        if wall.since(last) > JUMP || last.since(wall) > JUMP {
            self.from = self.anchor.0 + PROOF;
        }
    }

    /// Compares the clock with the time that has passed; true while it can be believed.
    fn look(&mut self, instant: Instant, wall: Timestamp) -> bool {
        let expected = self.anchor.1 + instant.saturating_duration_since(self.anchor.0);
        if wall.since(expected) > JUMP || expected.since(wall) > JUMP {
            self.anchor = (instant, wall);
            self.from = instant + PROOF;
        }
        instant >= self.from
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use exchange::tally::{Counted, Outcome};
    use exchange::work::Work;
    use farm::desired::Desired;

    #[test]
    fn a_clock_that_jumped_deletes_nothing_for_a_day() {
        let (start, day) = (Instant::now(), Duration::from_secs(86_400));
        let wall = Timestamp::from_seconds(1_800_000_000);
        let minute = wall.minute();
        // A start as usual, also after a day off.
        let mut usual = ClockTrust::new(start, wall);
        usual.last_booked(minute - 1440);
        assert!(usual.look(start, wall) && usual.look(start + day, wall + day));
        // A start with a clock that is years ahead, or behind.
        for wrong in [minute - 3_000_000, minute + 3_000_000] {
            let mut trust = ClockTrust::new(start, wall);
            trust.last_booked(wrong);
            assert!(!trust.look(start, wall) && !trust.look(start + day / 2, wall + day / 2));
            assert!(trust.look(start + day, wall + day));
        }
        // A clock that jumps meanwhile, and back.
        let ahead = Duration::from_secs(200_000_000);
        assert!(!usual.look(start + day, wall + day + ahead));
        assert!(!usual.look(start + day, wall + day));
        assert!(usual.look(start + 3 * day, wall + 3 * day));
    }

    #[test]
    fn strangers_share_one_row_whatever_they_call_themselves() {
        let text = include_str!("../../../examples/one-rig.yaml");
        let bundle = schema::Bundle::single("farm.yaml", text);
        let reading = schema::read(&bundle);
        let farm = reading.farm.expect("the example is a farm");
        let desired = Desired::of(1, farm);
        let rig = desired.inventory.rigs()[0].name.to_string();
        let mut live = Live::new(Timestamp::default(), 1.0);
        live.desired = Some(Arc::new(desired));
        let mut tally = Tally::default();
        for name in [rig.clone(), format!("{rig} (clone)"), "x1".into(), "x2".into(), "x3 (clone)".into()] {
            let (rig, account) = (name.into(), "quarantine".into());
            tally.share(ShareKey { minute: 0, rig, account, outcome: Outcome::Accepted }, Work(7));
        }
        let folded = Known::default().fold(tally, &live);
        assert_eq!(folded.shares.len(), 3);
        assert_eq!(
            folded.shares.iter().find(|(key, _)| &*key.rig == UNKNOWN).map(|(_, n)| *n),
            Some(Counted { count: 3, work: Work(21) })
        );
    }
}
