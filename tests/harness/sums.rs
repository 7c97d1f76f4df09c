//! What the accounts say, added up the way a story asks for it.

use schema::api::{AccountsDoc, TAKEN};

/// Sums over the accounts.
#[derive(Debug, Clone)]
pub struct Sums(pub AccountsDoc);

impl Sums {
    /// Shares that were taken, of all accounts.
    pub fn accepted(&self) -> u64 {
        self.work(|_, _, verdict| verdict == TAKEN)
    }

    /// Shares that were taken, of one account.
    pub fn accepted_for(&self, account: &str) -> u64 {
        self.work(|name, _, verdict| name == account && verdict == TAKEN)
    }

    /// Shares that were taken, of one rig.
    pub fn accepted_of(&self, rig: &str) -> u64 {
        self.work(|_, name, verdict| name == rig && verdict == TAKEN)
    }

    /// Shares of one rig that did not count.
    pub fn rejected_of(&self, rig: &str) -> u64 {
        self.work(|_, name, verdict| name == rig && verdict != TAKEN)
    }

    /// Shares by account, rig and verdict, as far as `wanted` says.
    pub fn work(&self, wanted: impl Fn(&str, &str, &str) -> bool) -> u64 {
        let rows = self.0.work.iter().filter(|row| wanted(&row.account, &row.rig, &row.verdict));
        rows.map(|row| row.shares).sum()
    }

    /// Shares with this verdict of a pool; a verdict ending in `:` stands for all that begin so.
    pub fn at_pool(&self, pool: &str, verdict: &str) -> u64 {
        let meant = |found: &str| match verdict.strip_suffix(':') {
            Some(_) => found.starts_with(verdict),
            None => found == verdict,
        };
        let rows = self.0.pools.iter().filter(|row| row.pool == pool && meant(&row.verdict));
        rows.map(|row| row.shares).sum()
    }
}
