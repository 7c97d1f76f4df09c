//! How SQLite finds the answers: no question of the history reads a table that grows from one end to the other, and
//! each index that it rests on is missed when it is gone.

use exchange::event::Severity;
use exchange::time::Timestamp;
use sqlx::{Execute as _, QueryBuilder, Row as _, Sqlite};

use crate::book::{self, Book, POOLS, RIGS, Wanted};
use crate::{EventFilter, PlacementFilter, SettlementFilter, Store};

/// Tables that grow with time.
const GROWING: [&str; 11] = [
    "account",
    "account_hour",
    "account_day",
    "pool_account",
    "pool_account_hour",
    "pool_account_day",
    "event",
    "placement",
    "settlement",
    "override",
    "generation",
];

/// A question, and the steps by which it must be answered.
struct Asked {
    name: String,
    sql: String,
    by: Vec<String>,
}

/// What is asked of the store.
fn questions() -> Vec<Asked> {
    let mut all = Vec::new();
    let mut add = |name: String, mut query: QueryBuilder<Sqlite>, by: &[&str]| {
        let by = by.iter().map(|&step| step.to_owned()).collect();
        all.push(Asked { name, sql: query.build().sql().as_str().to_owned(), by });
    };
    let day = (Some(1_440), Some(2_880));
    for (book, columns) in [(&RIGS, ["account", "rig", "reason"]), (&POOLS, ["account", "pool", "verdict"])] {
        let Book { tables, who, .. } = book;
        for (account, one) in [(true, false), (false, true), (true, true)] {
            for (from, until) in [(None, None), (day.0, None), day] {
                let name = |is_wanted: bool, name: &str| is_wanted.then(|| name.to_owned());
                let (account, one) = (name(account, "alice/gold"), name(one, "a-1"));
                let wanted = Wanted { account: &account, who: &one, from, until };
                let by = tables.map(|table| match one {
                    None => "SEARCH t USING PRIMARY KEY (minute=? AND account=?)".to_owned(),
                    Some(_) => format!("SEARCH t USING INDEX {table}_{who} (minute=? AND {who}=?"),
                });
                let by = by.each_ref().map(String::as_str);
                let words = format!("{} {account:?} {one:?} {from:?} {until:?}", tables[0]);
                add(words, book::question(book, &columns, &wanted), &by);
            }
        }
        let wanted = Wanted { account: &None, who: &None, from: day.0, until: day.1 };
        let query = book::question(book, &columns, &wanted);
        add(
            format!("{} of a day", tables[0]),
            query,
            &["SEARCH t USING PRIMARY KEY (minute>? AND minute<?)"],
        );
    }
    let text = |text: &str| Some(text.to_owned());
    let (from, until) = (Some(Timestamp(86_400_000_000)), Some(Timestamp(2 * 86_400_000_000)));
    let none = EventFilter::default;
    let (at, seq) = ("event_at (at>? AND at<?)", "INTEGER PRIMARY KEY (rowid>? AND rowid<?)");
    let (kind, subject) = ("event_kind (kind=?", "event_subject (subject=?");
    for (name, filter, by) in [
        ("of a subject", EventFilter { subject: text("rig/a-1"), ..none() }, &[subject][..]),
        ("of a kind", EventFilter { kind: text("rig-dead"), ..none() }, &[kind]),
        ("of a day", EventFilter { from, until, ..none() }, &[at, seq]),
        (
            "of a subject's day",
            EventFilter { subject: text("rig/a-1"), from, until, ..none() },
            &[at, subject],
        ),
        ("of a kind's day", EventFilter { kind: text("rig-dead"), from, until, ..none() }, &[at, kind]),
        (
            "that matter of a day",
            EventFilter { severity_min: Some(Severity::Error), from, until, ..none() },
            &[at, seq],
        ),
    ] {
        add(format!("last events {name}"), crate::event::question(&filter, None, 100), by);
        add(format!("first events {name}"), crate::event::question(&filter, Some(0), 100), by);
    }
    for (rig, account, by) in [
        ("a-1", "", "placement_rig (rig=? AND from_at<?)"),
        ("", "alice/gold", "placement_account (account=? AND from_at<?)"),
        ("", "", "placement_from (from_at<?)"),
    ] {
        for (from, until) in [(None, None), (from, until), (None, until)] {
            let name = |name: &str| Some(name.to_owned()).filter(|name| !name.is_empty());
            let filter = PlacementFilter { rig: name(rig), account: name(account), from, until };
            let query = crate::placement::question(&filter, 100);
            add(format!("placements {rig} {account} {until:?}"), query, &[by]);
        }
    }
    let by_end = "settlement_until (until_at>?)";
    for (rental, from, by) in
        [(text("alice/gold"), None, "PRIMARY KEY (rental=?"), (None, from, by_end), (None, None, by_end)]
    {
        let filter = SettlementFilter { rental, from };
        add(format!("settlements {filter:?}"), crate::promise::question(&filter, 100), &[by]);
    }
    add("overrides".into(), QueryBuilder::new(crate::overrides::COLUMNS_SINCE), &["override_end (<expr>>?)"]);
    all
}

/// Questions that are not answered as they must be, and those whose way leads through the whole of a growing table.
async fn amiss(store: &Store) -> Vec<String> {
    let mut found = Vec::new();
    for Asked { name, sql, by } in questions() {
        let explain = sqlx::AssertSqlSafe(format!("explain query plan {sql}"));
        let steps: Vec<String> = match sqlx::query(explain).fetch_all(&store.reader()).await {
            Ok(steps) => steps.iter().map(|step| step.get("detail")).collect(),
            // An index that the question names is not there.
            Err(error) => {
                found.push(format!("{name}: {error}"));
                continue;
            }
        };
        for step in by {
            if !steps.iter().any(|found| found.contains(&step)) {
                found.push(format!("{name}: not by `{step}`"));
            }
        }
        for step in steps {
            let mut words = step.split_whitespace();
            let is_scan = words.next() == Some("SCAN");
            let table = words.next().unwrap_or_default();
            if is_scan && (GROWING.contains(&table) || table == "t") {
                found.push(format!("{name}: {step}"));
            }
        }
    }
    found
}

async fn open() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("farm.db")).await.unwrap();
    (folder, store)
}

#[tokio::test]
async fn no_question_of_the_history_reads_a_whole_table() {
    let (_folder, store) = open().await;
    assert_eq!(amiss(&store).await, [""; 0]);
}

#[tokio::test]
async fn every_index_of_the_history_is_missed_when_it_is_gone() {
    let (_folder, whole) = open().await;
    let indexes = sqlx::query("select name from sqlite_schema where type = 'index' and sql is not null")
        .fetch_all(&whole.reader())
        .await
        .unwrap();
    // These are for retention, and for whoever moves a rig.
    let others = ["name_used", "placement_open", "placement_until"];
    for index in indexes.iter().map(|row| row.get::<String, _>(0)) {
        let (folder, store) = open().await;
        let mut write = store.write().await.unwrap();
        sqlx::query(sqlx::AssertSqlSafe(format!("drop index {index}"))).execute(&mut *write).await.unwrap();
        write.commit().await.unwrap();
        // A reader that knew the index may go on by it for a moment.
        store.close().await;
        let store = Store::open(&folder.path().join("farm.db")).await.unwrap();
        assert_eq!(amiss(&store).await.is_empty(), others.contains(&index.as_str()), "without {index}");
    }
}
