//! A year of a farm of 1,000 rigs, 100 rentals and 4 pools in the database: how large it is, and how long the questions
//! of `stratumctl history` take, for any day. `cargo bench -p farm-tests --bench year`.
//!
//! Accounts are booked and rolled up as the daemon does it, those of long ago as sums of an hour or a day at once;
//! `daemon/store/tests/year.rs` shows that this leaves the same rows.

mod rows;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use exchange::event::{Event, EventKind};
use exchange::time::Timestamp;
use exchange::work::{Balance, Work};
use farm::live::Live;
use farm::promise::Settlement;
use farm::reconcile::{Movement, Reconciler};
use rows::{DAY, Shape, mix};
use schema::api::{ChangeKind, OverrideAction, Provenance};
use store::{
    AccountFilter, Assignment, EventFilter, Keep, NewGeneration, NewOverride, PlacementFilter, PoolFilter,
    SettlementFilter, Store,
};
use tokio::sync::{Notify, mpsc, watch};
use web::{App, Deciding, Token};

const SHAPE: Shape = Shape { rigs: 1_000, rentals: 100, pools: 4 };
const DAYS: i64 = 365;
const NOW: i64 = 20_000 * DAY;
const START: i64 = NOW - DAYS * DAY;
/// As the daemon keeps it when nobody says otherwise.
const MINUTE_DAYS: i64 = 7;
const HOUR_DAYS: i64 = 90;
const EVENT_DAYS: i64 = 90;
/// A rig fails, a spare comes, the rig returns, the spare goes: four moves for each of 500 failures a day.
const MOVES: u64 = 2_000;
const EVENTS: u64 = 5_000;
const OVERRIDES: u64 = 10;
const APPLIES: u64 = 5;
/// Length of the farm's texts, bytes.
const FARM_LEN: usize = 60_000;
/// Questions of a kind.
const ROUNDS: u64 = 100;
const TOKEN: &str = "a-token-of-enough-characters";

const KEEP: Keep = Keep {
    minute_days: MINUTE_DAYS as u32,
    hour_days: HOUR_DAYS as u32,
    day_days: 1_830,
    event_days: EVENT_DAYS as u32,
    accounts_max: 8 << 30,
    events_max: 1 << 30,
    placements_max: 2_000_000,
    texts_max: 1 << 30,
};

fn at(minute: i64) -> Timestamp {
    Timestamp::from_seconds(minute * 60)
}

#[expect(clippy::print_stdout, reason = "a benchmark is there to print")]
fn say(text: &str) {
    println!("{text}");
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let place =
        std::env::var("DISK").unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../target").into());
    // A database that is there is asked once more; `YEAR` says where it is to stay.
    let (kept, folder) = (std::env::var_os("YEAR"), tempfile::tempdir_in(place).unwrap());
    let folder = kept.as_ref().map_or(folder.path(), |kept| Path::new(kept));
    let path = folder.join("stratumd.db");
    if !path.exists() {
        std::fs::create_dir_all(folder).unwrap();
        runtime.block_on(fill(&path));
    }
    say(&format!("database: {:.0} MB", std::fs::metadata(&path).unwrap().len() as f64 / 1e6));
    runtime.block_on(ask(&path));
}

async fn fill(path: &Path) {
    let store = Store::open(path).await.unwrap();
    let begun = Instant::now();
    let part = |name: &str| say(&format!("{name} after {:.0} s", begun.elapsed().as_secs_f64()));
    for day in (START..NOW).step_by(DAY as usize) {
        let age = (NOW - day) / DAY;
        let span = if age > HOUR_DAYS {
            DAY
        } else if age > MINUTE_DAYS {
            60
        } else {
            1
        };
        // A transaction for each minute of a week would only measure the disk's thresholds.
        for portion in (day..day + DAY).step_by(span.max(30) as usize) {
            let (mut rows, mut pools) = (Vec::new(), Vec::new());
            for minute in (portion..portion + span.max(30)).step_by(span as usize) {
                let (more, of_pools) = SHAPE.counted(minute, span);
                rows.extend(more);
                pools.extend(of_pools);
            }
            store.book(&[], &rows, &pools).await.unwrap();
            if span > 1 {
                while store.tidy(&KEEP, at(NOW)).await.unwrap() {}
            }
        }
    }
    part("accounts");
    placements(&store).await;
    part("placements");
    events(&store).await;
    part("events");
    overrides(&store).await;
    part("generations, overrides and settlements");
    while store.tidy(&KEEP, at(NOW)).await.unwrap() {}
    store.close().await;
}

async fn placements(store: &Store) {
    let mut served: BTreeMap<String, String> = BTreeMap::new();
    let rigs: Vec<Arc<str>> = (0..SHAPE.rigs).map(|rig| SHAPE.rig(rig).into()).collect();
    for day in 0..DAYS {
        let mut movements = Vec::new();
        for n in 0..MOVES {
            let rng = mix(n, day as u64, 7);
            let rig = &rigs[(rng % SHAPE.rigs) as usize];
            let account = if rng >> 20 & 1 == 0 { SHAPE.rentals } else { (rng >> 30) % SHAPE.rentals };
            let to: Arc<str> = SHAPE.account(account).into();
            let from = served.insert(rig.to_string(), to.to_string()).unwrap_or_else(|| "house".into());
            movements.push(Movement {
                at: at(START + day * DAY) + Duration::from_millis(n * 86_400_000 / MOVES),
                rig: rig.clone(),
                from: from.into(),
                to,
                why: "replaces",
                words: format!(
                    "{} stands in for {}, which sends nothing",
                    rig,
                    rigs[(rng >> 40) as usize % 1_000]
                ),
                cost: 1e15,
            });
        }
        for (n, part) in movements.chunks(200).enumerate() {
            let epoch = (day * 1_000) as u64 + n as u64 + 1;
            let kept = Assignment { epoch, accounts: served.clone(), ..Assignment::default() };
            assert!(store.keep_assignment(&kept, part).await.unwrap());
        }
    }
}

async fn events(store: &Store) {
    let kinds =
        [EventKind::RigAssigned, EventKind::RigDisconnected, EventKind::RigConnected, EventKind::RigDead];
    for day in NOW / DAY - EVENT_DAYS..NOW / DAY {
        let of_day: Vec<Event> = (0..EVENTS)
            .map(|n| {
                let rng = mix(n, day as u64, 8);
                let when = at(day * DAY) + Duration::from_millis(n * 86_400_000 / EVENTS);
                let pool = SHAPE.pool(rng >> 8);
                if rng.is_multiple_of(50) {
                    let subject = format!("pool/customer-{:02}/{pool}", (rng >> 20) % 20);
                    let words = format!("{pool} does not answer; work goes to the next pool of the customer");
                    return Event::new(when, EventKind::PoolLost, subject, words).with("pool", pool);
                }
                let rig = SHAPE.rig(rng % SHAPE.rigs);
                let to = SHAPE.account((rng >> 30) % SHAPE.rentals);
                let words = format!("{rig} goes from house to {to}: it stands in for one that sends nothing");
                Event::new(when, kinds[(rng >> 50) as usize % 4], format!("rig/{rig}"), words)
                    .with("from", "house")
                    .with("to", to)
                    .with("why", "replaces")
            })
            .collect();
        store.append_events(&of_day).await.unwrap();
    }
}

async fn overrides(store: &Store) {
    let mut generation = 0;
    for day in 0..DAYS {
        let begin = START + day * DAY;
        for n in 0..APPLIES {
            let record = NewGeneration {
                at: at(begin + n as i64),
                kind: ChangeKind::Apply,
                rolled_back_to: None,
                digest: format!("{generation:064}"),
                provenance: Provenance {
                    message: Some("more rigs for the hall".into()),
                    ..Provenance::default()
                },
                reason: Some("a new hall".into()),
                peer: "unix:1000".into(),
                idempotency_key: None,
            };
            let text = format!("{generation} {}", "a line of the farm file\n".repeat(FARM_LEN / 24));
            generation = store.accept(generation, record, &text).await.unwrap().generation.number;
        }
        for n in 0..OVERRIDES {
            let rig = SHAPE.rig(mix(n, day as u64, 9) % SHAPE.rigs);
            let new = NewOverride {
                action: OverrideAction::OutOfService { rig },
                reason: "a new fan".into(),
                by: "ann".into(),
                from: at(begin),
                until: at(begin + 600),
                idempotency_key: None,
            };
            store.add_override(new).await.unwrap();
        }
        let settled: Vec<_> = (0..SHAPE.rentals)
            .map(|rental| Settlement {
                rental: SHAPE.account(rental),
                from: at(begin),
                until: at(begin + DAY),
                owed: Work(1_000_000_000_000_000_000_000),
                credited: Balance(1_001_000_000_000_000_000_000),
                excused: Work(0),
                delivered_min: Some(0.9999),
                met: true,
                credit: 0.0,
            })
            .collect();
        store.keep_promises(&BTreeMap::new(), &BTreeMap::new(), &settled).await.unwrap();
    }
}

/// Times of many questions of one kind, each of another day, rig, rental or pool.
struct Times(Vec<f64>);

impl Times {
    fn line(mut self, name: &str) {
        self.0.sort_by(f64::total_cmp);
        let [median, worst] = [self.0[self.0.len() / 2], *self.0.last().unwrap()].map(|time| time * 1e3);
        say(&format!("| {name} | {median:.1} ms | {worst:.1} ms |"));
    }
}

/// The oldest day, the latest, the first of each way in which accounts are kept, and others.
fn day(round: u64) -> i64 {
    let edges =
        [0, DAYS - 1, DAYS - MINUTE_DAYS, DAYS - MINUTE_DAYS - 1, DAYS - HOUR_DAYS, DAYS - HOUR_DAYS - 1];
    let of = edges.get(round as usize).copied().unwrap_or((mix(round, 0, 10) % DAYS as u64) as i64);
    START + of * DAY
}

async fn time<T>(mut ask: impl AsyncFnMut(u64) -> T) -> Times {
    let mut times = Vec::new();
    for round in 0..ROUNDS {
        let begun = Instant::now();
        ask(round).await;
        times.push(begun.elapsed().as_secs_f64());
    }
    Times(times)
}

async fn ask(path: &Path) {
    let store = Store::open(path).await.unwrap();
    let rig = |round| Some(SHAPE.rig(mix(round, 1, 11) % SHAPE.rigs));
    let rental = |round| Some(SHAPE.account(mix(round, 1, 12) % SHAPE.rentals));
    let (from, until) = (|round| Some(day(round)), |round| Some(day(round) + DAY));
    let (after, before) = (|round| from(round).map(at), |round| until(round).map(at));
    say("| question | median | worst |\n|---|---|---|");
    let shares = |rig, account, from, until| AccountFilter { rig, account, from, until };
    time(async |n| store.account_sums(&shares(rig(n), None, from(n), until(n))).await.unwrap())
        .await
        .line("a rig's shares of a day");
    time(async |n| store.account_minutes(&shares(rig(n), None, from(n), until(n))).await.unwrap())
        .await
        .line("the same by the minute");
    time(async |n| store.account_sums(&shares(rig(n), None, None, None)).await.unwrap())
        .await
        .line("a rig's shares of the year");
    time(async |n| store.account_sums(&shares(None, rental(n), from(n), until(n))).await.unwrap())
        .await
        .line("a rental's shares of a day");
    time(async |n| store.account_sums(&shares(None, Some("house".into()), from(n), until(n))).await.unwrap())
        .await
        .line("the house's shares of a day");
    let said = |account, pool, from, until| PoolFilter { account, pool, from, until };
    time(async |n| store.pool_sums(&said(rental(n), None, from(n), until(n))).await.unwrap())
        .await
        .line("what pools said to a rental on a day");
    time(async |n| store.pool_sums(&said(None, Some(SHAPE.pool(n)), from(n), until(n))).await.unwrap())
        .await
        .line("what a pool said to all on a day");
    let placements = |rig, account, from, until| PlacementFilter { rig, account, from, until };
    time(async |n| store.placements(&placements(rig(n), None, None, None), 21).await.unwrap())
        .await
        .line("a rig's latest 20 placements");
    time(async |n| store.placements(&placements(rig(n), None, after(n), before(n)), 10_001).await.unwrap())
        .await
        .line("a rig's placements of a day");
    time(async |n| {
        store.placements(&placements(None, rental(n), after(n), before(n)), 10_001).await.unwrap()
    })
    .await
    .line("a rental's placements of a day");
    let house = || Some("house".to_owned());
    time(async |n| store.placements(&placements(None, house(), after(n), before(n)), 21).await.unwrap())
        .await
        .line("the house's latest 20 placements of a day");
    let none = EventFilter::default;
    let subject = |n| rig(n).map(|rig| format!("rig/{rig}"));
    let kind = || Some("pool-lost".to_owned());
    time(async |n| store.last_events(100, &EventFilter { subject: subject(n), ..none() }).await.unwrap())
        .await
        .line("a rig's latest 100 events");
    time(async |_| store.last_events(100, &EventFilter { kind: kind(), ..none() }).await.unwrap())
        .await
        .line("the latest 100 events of a kind");
    time(async |n| {
        store.events(0, 10_000, &EventFilter { from: after(n), until: before(n), ..none() }).await.unwrap()
    })
    .await
    .line("all events of a day");
    time(async |n| {
        let filter = EventFilter { subject: subject(n), from: after(n), until: before(n), ..none() };
        store.events(0, 10_000, &filter).await.unwrap()
    })
    .await
    .line("a rig's events of a day");
    let settled = |rental, from| SettlementFilter { rental, from };
    time(async |n| store.settlements(&settled(rental(n), None), 21).await.unwrap())
        .await
        .line("a rental's latest 20 settlements");
    time(async |_| store.history(21).await.unwrap()).await.line("the latest 20 applies");
    let address = serve(store.clone()).await;
    let _ = rustls::crypto::ring::default_provider().install_default();
    for (name, query) in [
        ("`history rig/...` over HTTP", &["placements?limit=20&rig=RIG", "accounts?rig=RIG"][..]),
        (
            "`history rental/...` over HTTP",
            &["placements?limit=20&account=RENTAL", "settlements?limit=20&rental=RENTAL"],
        ),
        ("shares of a rental's day over HTTP", &["accounts?account=RENTAL&from=FROM&until=UNTIL"]),
        ("shares of a rig's day over HTTP", &["accounts?rig=RIG&from=FROM&until=UNTIL"]),
        ("`events --subject` over HTTP", &["events?subject=rig/RIG"]),
    ] {
        let client = reqwest::Client::new();
        time(async |n| {
            for query in query {
                let query = query.replace("RIG", &rig(n).unwrap()).replace("RENTAL", &rental(n).unwrap());
                let query = query.replace("FROM", &day(n).to_string());
                let query = query.replace("UNTIL", &(day(n) + DAY).to_string());
                let request = client.get(format!("http://{address}/v1/{query}")).bearer_auth(TOKEN);
                let answer = request.send().await.unwrap();
                assert!(answer.status().is_success(), "{query}: {}", answer.status());
                answer.bytes().await.unwrap();
            }
        })
        .await
        .line(name);
    }
}

/// The web API of a daemon that has nothing but this store.
async fn serve(store: Store) -> std::net::SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (live, look) = watch::channel(Arc::new(Live::new(at(NOW), 1.0)));
    let (written, events) = watch::channel(0);
    let (door, mut asked) = mpsc::channel::<tokio::sync::oneshot::Sender<Deciding>>(1);
    let decided = look.clone();
    tokio::spawn(async move {
        // They stay open as long as somebody may ask.
        let _open = (live, written);
        while let Some(answer) = asked.recv().await {
            let live = decided.borrow().clone();
            let decider = Reconciler::new(live.started, Arc::default(), Default::default());
            let _ = answer.send(Deciding { decider, live });
        }
    });
    let app = App {
        readings: Default::default(),
        store,
        decider: door,
        live: look,
        storage: watch::channel(Default::default()).1,
        overrides: Arc::new(Notify::new()),
        events,
        now: || at(NOW),
        id: "bench".into(),
        admission: Arc::default(),
        files: || None,
    };
    tokio::spawn(web::serve_tcp(app, listener, Token::new(TOKEN).unwrap(), std::future::pending()));
    address
}
