//! What was counted and is not in the file yet. Questions about accounts add it to what the file says, so
//! counters may wait a minute for each other. A portion that is being written down has a number: after a commit
//! that failed the file tells whether it lasted, and nothing is booked twice.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use exchange::tally::{Outcome, PoolKey, ShareKey, Tally};
use sqlx::Row;

use crate::{AccountRow, PoolRow, Store, StoreError, account};

/// Counters and how far the journal is in them.
#[derive(Clone, Debug, Default)]
struct Portion {
    tally: Arc<Tally>,
    mark: u64,
}

/// Counters that wait to be written down.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    /// Number of the last booking known to be in the file.
    booked: u64,
    /// Below it all shares are in the file.
    mark: u64,
    /// The next booking as it was tried first: nothing is added to it any more.
    begun: Option<Portion>,
    open: Portion,
}

/// What to write down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// What pools said, which no journal has.
    Pools,
    /// That, and every share.
    All,
}

impl Waiting {
    /// Takes what is to be written down next out of what is open.
    fn begin(&mut self, which: Which) -> Option<Portion> {
        let mark = match which {
            Which::Pools => self.mark,
            Which::All => self.open.mark.max(self.mark),
        };
        let tally = match which {
            Which::Pools => {
                let open = Arc::make_mut(&mut self.open.tally);
                Arc::new(Tally { pools: std::mem::take(&mut open.pools), ..Tally::default() })
            }
            Which::All => std::mem::take(&mut self.open.tally),
        };
        (!tally.is_empty() || mark != self.mark).then_some(Portion { tally, mark })
    }
}

/// A copy of what waited, with the numbers of the bookings that it will be.
pub(crate) struct Unbooked(Vec<(u64, Arc<Tally>)>);

impl Unbooked {
    /// Shares that a file whose last booking was `booked` does not have.
    pub(crate) fn shares(&self, booked: u64, wanted: impl Fn(&ShareKey) -> bool) -> Vec<AccountRow> {
        self.missing(booked)
            .flat_map(|tally| &tally.shares)
            .filter(|(key, _)| wanted(key))
            .map(|(key, counted)| AccountRow::of(key, *counted))
            .collect()
    }

    /// Pools' verdicts that a file whose last booking was `booked` does not have.
    pub(crate) fn pools(&self, booked: u64, wanted: impl Fn(&PoolKey) -> bool) -> Vec<PoolRow> {
        self.missing(booked)
            .flat_map(|tally| &tally.pools)
            .filter(|(key, _)| wanted(key))
            .map(|(key, counted)| PoolRow::of(key, *counted))
            .collect()
    }

    fn missing(&self, booked: u64) -> impl Iterator<Item = &Tally> {
        self.0.iter().filter(move |(number, _)| *number > booked).map(|(_, tally)| &**tally)
    }
}

impl Store {
    /// Counts in memory what [`write_counts`](Self::write_counts) writes down; shares of the journal below
    /// `mark` are in it, or were before.
    pub fn count(&self, tally: Tally, mark: u64) {
        let mut waiting = self.waiting();
        Arc::make_mut(&mut waiting.open.tally).merge(tally);
        waiting.open.mark = waiting.open.mark.max(mark);
    }

    /// Accepted shares that are counted and not in the file.
    pub fn unbooked_shares(&self) -> u64 {
        let waiting = self.waiting();
        let portions = waiting.begun.iter().chain([&waiting.open]);
        portions.map(|portion| portion.tally.count(Outcome::Accepted)).sum()
    }

    /// Anything that was counted is not in the file.
    pub fn is_unbooked(&self) -> bool {
        let waiting = self.waiting();
        waiting.begun.is_some() || !waiting.open.tally.is_empty()
    }

    /// Below this number all shares of the journal are in the file.
    pub fn booked_mark(&self) -> u64 {
        self.waiting().mark
    }

    /// Writes down what was counted: what pools said, or everything, which moves the worker's journal mark as well.
    /// What fails waits, and is tried again as it was.
    pub async fn write_counts(&self, worker: u32, which: Which) -> Result<(), StoreError> {
        // At most what was begun before, and what has come since.
        for _ in 0..2 {
            let (number, portion) = {
                let mut waiting = self.waiting();
                if waiting.begun.is_none() {
                    waiting.begun = waiting.begin(which);
                    if waiting.begun.is_none() {
                        return Ok(());
                    }
                }
                (waiting.booked + 1, waiting.begun.clone().expect("just begun"))
            };
            let done = async {
                let mut write = self.write().await?;
                let found = account::booking(&mut write).await?;
                if found >= number {
                    // The commit that seemed to fail did last.
                    write.give_up().await?;
                    return Ok(found);
                }
                let rows: Vec<_> =
                    portion.tally.shares.iter().map(|(key, counted)| AccountRow::of(key, *counted)).collect();
                let pools: Vec<_> =
                    portion.tally.pools.iter().map(|(key, counted)| PoolRow::of(key, *counted)).collect();
                account::add(&mut write, &[(worker, portion.mark)], &rows, &pools).await?;
                sqlx::query(
                    "insert into booking (one, number) values (1, $1)
                     on conflict do update set number = excluded.number",
                )
                .bind(number as i64)
                .execute(&mut *write)
                .await?;
                write.commit().await?;
                Ok(number)
            };
            let number = self.writer.note::<_, StoreError>(done.await)?;
            let mut waiting = self.waiting();
            waiting.booked = number;
            waiting.mark = portion.mark;
            waiting.begun = None;
        }
        Ok(())
    }

    /// Learns how far the file is, before anything is counted. Returns the worker's mark.
    pub async fn resume_counts(&self, worker: u32) -> Result<u64, StoreError> {
        let mut read = self.reader().begin().await?;
        let booked = account::booking(&mut read).await?;
        let row = sqlx::query("select seq from mark where worker = $1")
            .bind(worker)
            .fetch_optional(&mut *read)
            .await?;
        let mark = row.map(|row| row.try_get::<i64, _>(0)).transpose()?.unwrap_or(0) as u64;
        let mut waiting = self.waiting();
        (waiting.booked, waiting.mark) = (booked, mark);
        Ok(mark)
    }

    pub(crate) fn unbooked(&self) -> Unbooked {
        let waiting = self.waiting();
        let begun = waiting.begun.iter().map(|portion| (waiting.booked + 1, portion.tally.clone()));
        let next = waiting.booked + 1 + u64::from(waiting.begun.is_some());
        let open = (next, waiting.open.tally.clone());
        Unbooked(begun.chain([open]).collect())
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        let waiting: &Mutex<Waiting> = &self.waiting;
        waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
