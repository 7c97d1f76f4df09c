//! Who mined for whom when the process last decided, so that a restart goes on instead of moving everybody.

use std::collections::BTreeMap;

use farm::assignment::{NamedSlice, RigChange};
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

/// What is different of who mines for whom.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AssignmentRows {
    /// The number of the assignment that it leads to.
    pub epoch: u64,
    /// These rigs; all others stay as they were kept.
    pub rigs: Vec<RigChange>,
    /// All shared rigs, where any of them is another or shared otherwise.
    pub slices: Option<Vec<NamedSlice>>,
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
            note_epoch(&mut write, assignment.epoch, Some(&assignment.slices)).await?;
            crate::placement::note(&mut write, movements).await?;
            write.commit().await?;
            Ok(true)
        };
        self.writer.note(done.await)
    }

    /// Keeps what is different since the assignment that was kept last: only the rows of these rigs are written. False,
    /// and nothing changed, if another one was kept meanwhile than that of the epoch `since`.
    pub async fn keep_assignment_change(
        &self,
        since: u64,
        change: &AssignmentRows,
        movements: &[Movement],
    ) -> Result<bool, StoreError> {
        let done = async {
            let row = |rig: &RigChange| (rig.rig.clone(), rig.label.clone(), rig.home.clone());
            let rows: Vec<_> = change.rigs.iter().map(row).collect();
            let rows = serde_json::to_string(&rows).expect("pairs of strings are JSON");
            let mut write = self.write().await?;
            if epoch(&mut write).await? != since || change.epoch <= since {
                return Ok(false);
            }
            sqlx::query(
                "insert into assignment (rig, account, home)
                 select value ->> 0, value ->> 1, value ->> 2 from json_each($1) where true
                 on conflict (rig) do update set account = excluded.account, home = excluded.home",
            )
            .bind(rows)
            .execute(&mut *write)
            .await?;
            note_epoch(&mut write, change.epoch, change.slices.as_deref()).await?;
            crate::placement::note(&mut write, movements).await?;
            write.commit().await?;
            Ok(true)
        };
        self.writer.note(done.await)
    }
}

/// Writes the number of the assignment and, where they are others, its shared rigs.
async fn note_epoch(
    write: &mut sqlx::SqliteConnection,
    epoch: u64,
    slices: Option<&[NamedSlice]>,
) -> Result<(), StoreError> {
    let slices = slices.map(|slices| serde_json::to_string(slices).expect("strings and numbers are JSON"));
    let epoch = Some(("assignment.epoch", epoch.to_string()));
    for (key, value) in epoch.into_iter().chain(slices.map(|slices| ("assignment.slices", slices))) {
        sqlx::query(
            "insert into kv (key, value) values ($1, $2)
             on conflict (key) do update set value = excluded.value",
        )
        .bind(key)
        .bind(value)
        .execute(&mut *write)
        .await?;
    }
    Ok(())
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
