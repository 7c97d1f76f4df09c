//! Who mined for whom when the process last decided, so that a restart goes on instead of moving everybody.

use std::collections::BTreeMap;

use sqlx::Row;

use crate::{Store, StoreError};

/// Who mines for whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assignment {
    /// Its number; later ones are larger.
    pub epoch: u64,
    /// Rig to account: `customer/rental` or `house`.
    pub accounts: BTreeMap<String, String>,
}

impl Store {
    /// The assignment that was kept last; empty and of epoch 0 when there was none.
    pub async fn assignment(&self) -> Result<Assignment, StoreError> {
        let mut read = self.reader.begin().await?;
        let epoch = epoch(&mut read).await?;
        let rows = sqlx::query("select rig, account from assignment").fetch_all(&mut *read).await?;
        let accounts = rows
            .into_iter()
            .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
            .collect::<Result<_, sqlx::Error>>()?;
        Ok(Assignment { epoch, accounts })
    }

    /// Keeps an assignment in place of the one before. False, and nothing changed, if the one kept is as new
    /// or newer.
    pub async fn keep_assignment(&self, assignment: &Assignment) -> Result<bool, StoreError> {
        let rows: Vec<_> = assignment.accounts.iter().collect();
        let rows = serde_json::to_string(&rows).expect("pairs of strings are JSON");
        let mut write = self.write().await?;
        if epoch(&mut write).await? >= assignment.epoch {
            return Ok(false);
        }
        sqlx::query("delete from assignment").execute(&mut *write).await?;
        sqlx::query(
            "insert into assignment (rig, account) select value ->> 0, value ->> 1 from json_each($1)",
        )
        .bind(rows)
        .execute(&mut *write)
        .await?;
        sqlx::query("insert into kv (key, value) values ('assignment.epoch', $1) on conflict (key) do update set value = excluded.value")
            .bind(assignment.epoch.to_string())
            .execute(&mut *write)
            .await?;
        write.commit().await?;
        Ok(true)
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
