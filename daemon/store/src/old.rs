//! What goes beside accounts and events: each table that grows with time has its bound here, by age or by number. The
//! test below says of every table of the schema what bounds it.

use sqlx::{Row as _, SqliteConnection};

use crate::Keep;
use crate::StoreError;

/// The latest applies, of which all is known but perhaps the texts. The schema lets nobody remove them.
pub const GENERATIONS: u32 = 10_000;

/// What a rule compares with.
#[derive(Clone, Copy, Debug)]
enum Limit {
    /// Microseconds since the Unix epoch: what ended before goes.
    Ended,
    /// Days since the Unix epoch: what was used before goes.
    Used,
    /// So many placements stay.
    Placements,
    /// So many generations stay.
    Generations,
    /// Farm texts of so many bytes stay, and the latest ten however large they are.
    Texts,
}

/// A bound: `$1` is its limit.
#[derive(Debug)]
pub(crate) struct Rule {
    limit: Limit,
    /// Some of what is over it, the oldest first where it matters.
    gone: &'static str,
    /// Takes some of it away.
    go: &'static [&'static str],
}

pub(crate) const RULES: [Rule; 7] = [
    Rule {
        limit: Limit::Ended,
        gone: "select seq from placement where until_at < $1 limit 4000",
        go: &["delete from placement where seq in (select seq from gone)"],
    },
    Rule {
        limit: Limit::Placements,
        gone: "select seq from placement where until_at is not null
                 and seq <= (select max(seq) from placement) - $1 order by seq limit 4000",
        go: &["delete from placement where seq in (select seq from gone)"],
    },
    Rule {
        limit: Limit::Ended,
        gone: "select rental, from_at from settlement where until_at < $1 limit 4000",
        go: &["delete from settlement where (rental, from_at) in (select rental, from_at from gone)"],
    },
    Rule {
        limit: Limit::Ended,
        gone: "select id from override where coalesce(ended_at, until_at) < $1 limit 4000",
        go: &["delete from override where id in (select id from gone)"],
    },
    Rule {
        limit: Limit::Generations,
        gone: "select number from generation where number <= (select max(number) from generation) - $1
                 and number not in (select rolled_back_to from generation where rolled_back_to is not null)
               order by number limit 20",
        go: &[
            "delete from generation where number in (select number from gone)",
            "delete from bundle where digest not in (select digest from generation)",
        ],
    },
    Rule {
        limit: Limit::Texts,
        // `octet_length` does not read what it measures.
        gone: "select digest from (
                 select digest, length, sum(length) over newer as upto, row_number() over newer as place from (
                   select bundle.digest, octet_length(text) as length, max(number) as number
                   from generation join bundle using (digest) group by bundle.digest
                 ) where length > 0 window newer as (order by number desc)
               ) where upto > $1 and place > 10 order by place desc limit 20",
        // The digest stays, and with the same farm its text comes back.
        go: &["update bundle set text = '' where digest in (select digest from gone)"],
    },
    Rule {
        limit: Limit::Used,
        // What an account is owed goes by its sums.
        gone: "select id, name from name where used < $1 and name not in (select rental from promise)
                 and not exists (select 1 from account where minute < $1 * 1440)
                 and not exists (select 1 from account_hour where minute < $1 * 1440)
                 and not exists (select 1 from account_day where minute < $1 * 1440)
                 and not exists (select 1 from pool_account where minute < $1 * 1440)
                 and not exists (select 1 from pool_account_hour where minute < $1 * 1440)
                 and not exists (select 1 from pool_account_day where minute < $1 * 1440)
               limit 4000",
        go: &[
            "delete from account_total where account in (select name from gone)",
            "delete from name where id in (select id from gone)",
        ],
    },
];

/// What rules compare with at present.
pub(crate) struct Limits {
    /// What is older goes, microseconds and days since the Unix epoch.
    pub(crate) ended: i64,
    pub(crate) used: i64,
}

impl Rule {
    fn limit(&self, keep: &Keep, limits: &Limits) -> i64 {
        match self.limit {
            Limit::Ended => limits.ended,
            Limit::Used => limits.used,
            Limit::Placements => i64::try_from(keep.placements_max).unwrap_or(i64::MAX),
            Limit::Generations => i64::from(GENERATIONS),
            Limit::Texts => i64::try_from(keep.texts_max).unwrap_or(i64::MAX),
        }
    }

    /// Whether anything is over the bound.
    pub(crate) async fn is_due(
        &self,
        read: &mut SqliteConnection,
        keep: &Keep,
        limits: &Limits,
    ) -> Result<bool, StoreError> {
        let question = format!("with gone as ({}) select exists (select 1 from gone)", self.gone);
        let row = sqlx::query(sqlx::AssertSqlSafe(question)).bind(self.limit(keep, limits)).fetch_one(read);
        Ok(row.await?.try_get(0)?)
    }

    /// Takes some of it away.
    pub(crate) async fn go(
        &self,
        write: &mut SqliteConnection,
        keep: &Keep,
        limits: &Limits,
    ) -> Result<(), StoreError> {
        for go in self.go {
            let statement = format!("with gone as ({}) {go}", self.gone);
            let statement = sqlx::query(sqlx::AssertSqlSafe(statement)).bind(self.limit(keep, limits));
            statement.execute(&mut *write).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{Store, book};

    /// What keeps a table from growing for ever.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum Bound {
        /// Age, and all accounts together by size.
        Accounts,
        /// Age and size.
        Events,
        /// A rule of `RULES`.
        Rule,
        /// It holds what the present farm has, in place of what was.
        Farm,
        /// A number of rows that the program itself fixes.
        Program,
    }

    /// Every table of the schema.
    const TABLES: [(&str, Bound); 21] = [
        ("_sqlx_migrations", Bound::Program),
        ("account", Bound::Accounts),
        ("account_day", Bound::Accounts),
        ("account_hour", Bound::Accounts),
        ("account_total", Bound::Rule),
        ("assignment", Bound::Farm),
        ("booking", Bound::Program),
        ("bundle", Bound::Rule),
        ("event", Bound::Events),
        ("generation", Bound::Rule),
        ("kv", Bound::Program),
        ("mark", Bound::Program),
        ("name", Bound::Rule),
        ("override", Bound::Rule),
        ("placement", Bound::Rule),
        ("pool_account", Bound::Accounts),
        ("pool_account_day", Bound::Accounts),
        ("pool_account_hour", Bound::Accounts),
        ("promise", Bound::Farm),
        ("settlement", Bound::Rule),
        ("sqlite_sequence", Bound::Program),
    ];

    async fn unbounded(store: &Store) -> Vec<String> {
        let tables = sqlx::query("select name from sqlite_schema where type = 'table' order by name")
            .fetch_all(&store.reader())
            .await
            .unwrap();
        let found: BTreeSet<String> = tables.iter().map(|row| row.get(0)).collect();
        // The words behind `from` of what rules do.
        let taken: BTreeSet<&str> = RULES
            .iter()
            .flat_map(|rule| rule.go)
            .filter_map(|go| go.strip_prefix("delete from ").or_else(|| go.strip_prefix("update ")))
            .filter_map(|go| go.split(' ').next())
            .collect();
        let books: BTreeSet<&str> = book::BOOKS.iter().flat_map(|book| book.tables).collect();
        let is_bounded = |table: &str| {
            let bound = TABLES.iter().find(|(name, _)| *name == table);
            bound.is_some_and(|(name, bound)| match bound {
                Bound::Rule => taken.contains(name),
                Bound::Accounts => books.contains(name),
                Bound::Events => *name == "event",
                Bound::Farm | Bound::Program => true,
            })
        };
        let gone = TABLES.iter().map(|(name, _)| *name).filter(|name| !found.contains(*name));
        let gone: Vec<String> = gone.map(|name| format!("{name} is no table")).collect();
        found.iter().filter(|table| !is_bounded(table)).cloned().chain(gone).collect()
    }

    #[tokio::test]
    async fn every_table_has_a_bound() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("farm.db")).await.unwrap();
        assert_eq!(unbounded(&store).await, [""; 0]);
        let mut write = store.write().await.unwrap();
        sqlx::query("create table gossip (said text not null) strict").execute(&mut *write).await.unwrap();
        write.commit().await.unwrap();
        assert_eq!(unbounded(&store).await, ["gossip"], "a table of which nobody said what bounds it");
    }
}
