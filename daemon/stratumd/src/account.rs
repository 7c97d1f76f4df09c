//! The loop from counters to accounts: what the hub counted is booked together with the journal mark it
//! rests on, in one transaction, so that no share is lost or counted twice.

use std::time::Duration;

use farm::event::Event;
use farm::reconcile::Credits;
use farm::tally::Tally;
use hub::{Hub, Taken};
use store::{AccountRow, PoolRow, Store, StoreError};
use tokio::sync::watch;

/// How often counters are taken.
const EVERY: Duration = Duration::from_secs(1);
/// The hub's number in the journal marks.
pub(crate) const WORKER: u32 = 0;
/// Events kept for a store that does not take them; older ones give way.
const EVENTS_MAX: usize = 100_000;

/// Counters and events that are not yet written down.
pub(crate) struct Ledger {
    store: Store,
    pending: Tally,
    /// What rentals were credited since the scheduler last asked.
    credits: Credits,
    mark: u64,
    booked: u64,
    events: Vec<Event>,
    written: watch::Sender<u64>,
    store_is_well: bool,
}

impl Ledger {
    /// Starts behind the shares below `mark`, which are booked.
    pub(crate) fn new(store: Store, mark: u64, written: watch::Sender<u64>) -> Self {
        Self {
            store,
            pending: Tally::default(),
            credits: Credits::default(),
            mark,
            booked: mark,
            events: Vec::new(),
            written,
            store_is_well: true,
        }
    }

    /// Adds what happened.
    pub(crate) fn add(&mut self, taken: Taken) {
        self.credits.add(&taken.tally);
        self.pending.merge(taken.tally);
        self.mark = self.mark.max(taken.mark);
        self.note(taken.events);
    }

    /// What rentals were credited since this was last asked.
    pub(crate) fn take_credits(&mut self) -> Credits {
        std::mem::take(&mut self.credits)
    }

    /// Adds events.
    pub(crate) fn note(&mut self, events: Vec<Event>) {
        self.events.extend(events);
        if self.events.len() > EVENTS_MAX {
            let over = self.events.len() - EVENTS_MAX;
            self.events.drain(..over);
            tracing::warn!(over, "the store takes no events: the oldest were dropped");
        }
    }

    /// Writes down what is pending. What fails stays pending. Returns the mark below which all is booked.
    pub(crate) async fn write(&mut self) -> u64 {
        if let Err(error) = self.try_write().await {
            if std::mem::replace(&mut self.store_is_well, false) {
                tracing::error!(%error, "the accounts cannot be written; counters wait in memory and the journal");
            }
        } else if !std::mem::replace(&mut self.store_is_well, true) {
            tracing::info!("the accounts are written again");
        }
        self.booked
    }

    async fn try_write(&mut self) -> Result<(), StoreError> {
        if !self.pending.is_empty() || self.mark != self.booked {
            book(&self.store, &self.pending, self.mark).await?;
            self.pending = Tally::default();
            self.booked = self.mark;
        }
        if !self.events.is_empty() {
            let last = self.store.append_events(&self.events).await?;
            self.events.clear();
            if let Some(last) = last {
                self.written.send_replace(last);
            }
        }
        Ok(())
    }
}

/// Books counters and moves the mark, in one transaction.
pub(crate) async fn book(store: &Store, tally: &Tally, mark: u64) -> Result<(), StoreError> {
    let rows: Vec<AccountRow> = tally.shares.iter().map(|(key, count)| AccountRow::of(key, *count)).collect();
    let pools: Vec<PoolRow> = tally.pools.iter().map(|(key, count)| PoolRow::of(key, *count)).collect();
    store.book(&[(WORKER, mark)], &rows, &pools).await
}

/// Takes and writes until the hub is gone.
pub(crate) async fn run(hub: Hub, ledger: std::sync::Arc<tokio::sync::Mutex<Ledger>>) {
    let mut tick = tokio::time::interval(EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let mut ledger = ledger.lock().await;
        let Ok(taken) = hub.take().await else { return };
        ledger.add(taken);
        let booked = ledger.write().await;
        if hub.trim(booked).is_err() {
            return;
        }
    }
}
