//! Who mined for whom when the process last decided, so that a restart goes on instead of moving everybody.

use std::collections::BTreeMap;

use farm::assignment::NamedSlice;
use farm::reconcile::Movement;
use sqlx::Row;

use crate::{Store, StoreError};

/// Who mines for whom.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Assignment {
    /// Its number; later ones are larger.
    pub epoch: u64,
    /// Rig to account: `customer/rental` or `house`.
    pub accounts: BTreeMap<String, String>,
    /// Rig to the account where it belongs, for those that work elsewhere for a while.
    pub homes: BTreeMap<String, String>,
    /// Rigs that several accounts share.
    pub slices: Vec<NamedSlice>,
}

impl Store {
    /// The assignment that was kept last; empty and of epoch 0 when there was none.
    pub async fn assignment(&self) -> Result<Assignment, StoreError> {
        let mut read = self.reader().begin().await?;
        let epoch = epoch(&mut read).await?;
        let rows = sqlx::query("select rig, account, home from assignment").fetch_all(&mut *read).await?;
        let mut kept = Assignment { epoch, ..Assignment::default() };
        for row in rows {
            let rig: String = row.try_get(0)?;
            if let Some(home) = row.try_get(2)? {
                kept.homes.insert(rig.clone(), home);
            }
            kept.accounts.insert(rig, row.try_get(1)?);
        }
        let slices = sqlx::query("select value from kv where key = 'assignment.slices'");
        if let Some(row) = slices.fetch_optional(&mut *read).await? {
            let text: String = row.try_get(0)?;
            kept.slices = serde_json::from_str(&text)
                .map_err(|_| StoreError::Unexpected { place: "kv assignment.slices", detail: text })?;
        }
        Ok(kept)
    }

    /// Keeps an assignment in place of the one before, and who moved by it. False, and nothing changed, if the
    /// one kept is as new or newer.
    pub async fn keep_assignment(
        &self,
        assignment: &Assignment,
        movements: &[Movement],
    ) -> Result<bool, StoreError> {
        let done = async {
            let row = |(rig, account)| (rig, account, assignment.homes.get(rig));
            let rows: Vec<_> = assignment.accounts.iter().map(row).collect();
            let slices = serde_json::to_string(&assignment.slices).expect("strings and numbers are JSON");
            let rows = serde_json::to_string(&rows).expect("pairs of strings are JSON");
            let mut write = self.write().await?;
            if epoch(&mut write).await? >= assignment.epoch {
                return Ok(false);
            }
            sqlx::query("delete from assignment").execute(&mut *write).await?;
            sqlx::query(
                "insert into assignment (rig, account, home)
                 select value ->> 0, value ->> 1, value ->> 2 from json_each($1)",
            )
            .bind(rows)
            .execute(&mut *write)
            .await?;
            for (key, value) in
                [("assignment.epoch", assignment.epoch.to_string()), ("assignment.slices", slices)]
            {
                sqlx::query(
                    "insert into kv (key, value) values ($1, $2)
                     on conflict (key) do update set value = excluded.value",
                )
                .bind(key)
                .bind(value)
                .execute(&mut *write)
                .await?;
            }
            crate::placement::note(&mut write, movements).await?;
            write.commit().await?;
            Ok(true)
        };
        self.writer.note(done.await)
    }
}

async fn epoch(connection: &mut sqlx::SqliteConnection) -> Result<u64, StoreError> {
    let Some(row) =
        sqlx::query("select value from kv where key = 'assignment.epoch'").fetch_optional(connection).await?
    else {
        return Ok(0);
    };
    let text: String = row.try_get(0)?;
    text.parse().map_err(|_| StoreError::Unexpected { place: "kv assignment.epoch", detail: text })
}
