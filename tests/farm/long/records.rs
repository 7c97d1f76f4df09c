//! Whose records say what: rigs keep every share with its fate, pools every share with their verdict, the journal the
//! fingerprint of each that was accepted, and the accounts count. A share is told from all others by its header's hash.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use exchange::journal::Numbers;
use farm_tests::Sums;
use simulator::pool::PoolHandle;
use simulator::rig::{Fate, Fleet, RigShare};
use sqlx::{ConnectOptions as _, Connection as _, Row as _};
use stratum::work::{Algorithm, Difficulty};

/// Verdicts of a pool with their number.
pub(super) type Verdicts = BTreeMap<String, u64>;

/// A share's fingerprint, as the journal has it.
pub(super) fn print(hash: &[u8; 32]) -> u64 {
    u64::from_le_bytes(hash[..8].try_into().expect("eight of 32 bytes"))
}

/// What the share journal ever held. Segments are read while they are there.
#[derive(Default)]
pub(super) struct Journal {
    read: HashMap<PathBuf, u64>,
    pub(super) prints: HashSet<u64>,
    /// Times in which shares may have been booked without ever standing in the journal: it could not be written, or
    /// went at once where the disk was full.
    pub(super) gaps: Vec<(Instant, Instant)>,
}

impl Journal {
    /// Reads what is new.
    pub(super) fn read(&mut self, data: &Path) {
        for (first, path) in hub::journal::segments(&data.join("journal")).unwrap_or_default() {
            let Ok(bytes) = std::fs::read(&path) else { continue };
            let len = bytes.len() as u64;
            if self.read.get(&path) == Some(&len) {
                continue;
            }
            let found =
                exchange::journal::recover(&bytes, first, &mut Numbers::default()).expect("our own format");
            assert_eq!(found.damage, None, "{}", path.display());
            self.prints.extend(found.prints.iter().map(|print| print.0));
            self.read.insert(path, len);
        }
    }

    /// Whether a share of this time may be booked and not be in the journal.
    pub(super) fn may_miss(&self, at: Instant) -> bool {
        self.gaps.iter().any(|(from, until)| (*from..=*until).contains(&at))
    }
}

/// What rigs remember, held against the journal.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Owed {
    /// They saw it accepted: it must be booked.
    pub(super) accepted: u64,
    /// They heard no answer, and the journal has it: it must be booked as well.
    pub(super) kept: u64,
    /// They heard no answer, and it came when the journal failed: perhaps.
    pub(super) perhaps: u64,
    /// They heard no answer, and it is nowhere: it must not be booked.
    pub(super) nowhere: u64,
    /// Refused.
    pub(super) refused: u64,
    /// Of the booked ones, those that a pool must have been given.
    pub for_pools: u64,
}

impl std::ops::AddAssign for Owed {
    fn add_assign(&mut self, other: Owed) {
        self.accepted += other.accepted;
        self.kept += other.kept;
        self.perhaps += other.perhaps;
        self.nowhere += other.nowhere;
        self.refused += other.refused;
        self.for_pools += other.for_pools;
    }
}

impl Owed {
    /// Whether that many booked shares are right.
    pub(super) fn is(&self, booked: u64) -> bool {
        (self.accepted + self.kept..=self.accepted + self.kept + self.perhaps).contains(&booked)
    }
}

/// Goes through all rigs' shares. No work counts twice, whoever sent it.
pub(super) fn owed(
    rigs: &[(String, Vec<RigShare>)],
    journal: &Journal,
    difficulty: f64,
) -> BTreeMap<String, Owed> {
    let target = Difficulty::new(difficulty).expect("a difficulty").target(Algorithm::Sha256d);
    let is_for_pools = |share: &RigShare| u64::from(share.hash.iter().rev().le(target.0.iter()));
    let mut seen = HashSet::new();
    let mut owed = BTreeMap::<String, Owed>::new();
    for (name, shares) in rigs {
        let owed = owed.entry(name.clone()).or_default();
        for share in shares.iter().filter(|share| share.fate == Fate::Accepted) {
            let print = print(&share.hash);
            assert!(seen.insert(print), "{name}: the same work was accepted twice");
            let is_kept = journal.prints.contains(&print);
            assert!(
                is_kept || journal.may_miss(share.at),
                "{name}: an acknowledged share of {:?} ago is not in the journal, which was read at {:?}",
                share.at.elapsed(),
                journal
                    .gaps
                    .iter()
                    .map(|(from, until)| (from.elapsed(), until.elapsed()))
                    .collect::<Vec<_>>()
            );
            owed.accepted += 1;
            owed.for_pools += is_for_pools(share);
        }
        owed.refused += shares.iter().filter(|share| matches!(share.fate, Fate::Refused(_))).count() as u64;
    }
    for (name, shares) in rigs {
        let owed = owed.entry(name.clone()).or_default();
        for share in shares.iter().filter(|share| share.fate == Fate::Unanswered) {
            let print = print(&share.hash);
            let is_kept = journal.prints.contains(&print);
            // What was sent again over the next connection counts there.
            let is_new = (is_kept || journal.may_miss(share.at)) && seen.insert(print);
            match (is_new, is_kept) {
                (true, true) => owed.kept += 1,
                (true, false) => owed.perhaps += 1,
                (false, _) => owed.nowhere += 1,
            }
            owed.for_pools += u64::from(is_new && is_kept) * is_for_pools(share);
        }
    }
    owed
}

/// All rigs' counters and shares, by name; the counters must be right about the shares.
pub(super) fn shares_of(fleet: &Fleet) -> Vec<(String, Vec<RigShare>)> {
    let of = |rig: &simulator::rig::RigHandle| {
        let (counters, shares) = (rig.counters(), rig.shares());
        let count = |fate| shares.iter().filter(|share| share.fate == fate).count() as u64;
        assert_eq!(
            (counters.accepted, counters.unanswered),
            (count(Fate::Accepted), count(Fate::Unanswered))
        );
        (rig.user().trim_start_matches("farm.").to_owned(), shares)
    };
    fleet.rigs().iter().map(of).collect()
}

/// What the daemon says of a pool, all accounts together.
pub(super) fn said(accounts: &Sums, pool: &str) -> Verdicts {
    let mut out = Verdicts::new();
    for row in accounts.0.pools.iter().filter(|row| row.pool == pool) {
        *out.entry(row.verdict.clone()).or_default() += row.shares;
    }
    out
}

/// What a pool itself has counted, in the daemon's words.
pub(super) fn counted(pool: &PoolHandle) -> Verdicts {
    let mut out = Verdicts::new();
    for user in pool.counts().users.values() {
        *out.entry("accepted".into()).or_default() += user.accepted;
        for (reason, count) in &user.rejected {
            *out.entry(format!("rejected:{}", reason.name())).or_default() += count;
        }
    }
    out
}

/// Shares that a pool has judged in this last time.
pub(super) fn recent(pool: &PoolHandle, within: Duration) -> u64 {
    let shares = pool.shares();
    shares.iter().rev().take_while(|share| share.at.elapsed() < within).count() as u64
}

/// What a database that nobody has open says of pools.
pub(super) async fn written(data: &Path) -> BTreeMap<String, Verdicts> {
    let copy = tempfile::tempdir().expect("a temporary folder");
    for name in ["stratumd.db", "stratumd.db-wal"] {
        // What a program that ended in order leaves behind is one file.
        let _ = std::fs::copy(data.join(name), copy.path().join(name));
    }
    let file = sqlx::sqlite::SqliteConnectOptions::new().filename(copy.path().join("stratumd.db"));
    let mut database = file.connect().await.expect("a database");
    let mut out = BTreeMap::<String, Verdicts>::new();
    let query = "select (select name from name where id = pool), (select name from name where id = verdict), \
                 sum(count) from (select pool, verdict, count from pool_account \
                 union all select pool, verdict, count from pool_account_hour \
                 union all select pool, verdict, count from pool_account_day) group by pool, verdict";
    for row in sqlx::query(query).fetch_all(&mut database).await.expect("its tables") {
        out.entry(row.get(0)).or_default().insert(row.get(1), row.get::<i64, _>(2) as u64);
    }
    let _ = database.close().await;
    out
}
