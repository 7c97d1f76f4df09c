//! Small values with a name: the daemon's id and the like.

use sqlx::Row;

use crate::{Store, StoreError};

impl Store {
    /// The value under this name.
    pub async fn value(&self, key: &str) -> Result<Option<String>, StoreError> {
        let row = sqlx::query("select value from kv where key = $1")
            .bind(key)
            .fetch_optional(&self.reader())
            .await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?)
    }

    /// Keeps a value under this name, in place of the one before.
    pub async fn set_value(&self, key: &str, value: &str) -> Result<(), StoreError> {
        let done = async {
            let mut write = self.write().await?;
            sqlx::query("insert into kv (key, value) values ($1, $2) on conflict (key) do update set value = excluded.value")
                .bind(key)
                .bind(value)
                .execute(&mut *write)
                .await?;
            Ok(write.commit().await?)
        };
        self.writer.note(done.await)
    }

    /// Keeps a value under this name if there is none, and gives back the one that is kept. Of several callers
    /// with different values all get the same.
    pub async fn value_or(&self, key: &str, value: &str) -> Result<String, StoreError> {
        let done = async {
            let mut write = self.write().await?;
            let done =
                sqlx::query("insert into kv (key, value) values ($1, $2) on conflict (key) do nothing")
                    .bind(key)
                    .bind(value)
                    .execute(&mut *write)
                    .await?;
            let kept =
                sqlx::query("select value from kv where key = $1").bind(key).fetch_one(&mut *write).await?;
            let kept = kept.try_get(0)?;
            if done.rows_affected() == 0 {
                write.give_up().await?;
            } else {
                write.commit().await?;
            }
            Ok(kept)
        };
        self.writer.note(done.await)
    }
}
