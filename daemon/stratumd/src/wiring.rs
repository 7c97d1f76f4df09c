//! Builds every part, in order, on one screen.

use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use exchange::event::{Event, EventKind};
use farm::live::Live;
use hub::{Hub, journal, now};
use store::Store;
use tokio::net::{TcpListener, UnixListener, UnixStream};
use tokio::sync::{Notify, mpsc, watch};
use web::{App, Token};

use crate::account::{self, Ledger, WORKER};
use crate::reconcile::Reconciler;
use crate::settings::{Durability, Settings};
use crate::shutdown::Signals;
use crate::{files, life, privacy, secret};

/// Longest wait for requests under way when the daemon ends.
const REQUESTS_MAX: Duration = Duration::from_secs(3);

/// Plans that wait for a copy of the decider; more wait for their turn to ask.
const PLANS_MAX: usize = 8;

/// How long a start waits for what the journal of the last process holds, and how often it looks.
const RECOVERY_WAIT: Duration = Duration::from_millis(500);
const RECOVERY_LOOK: Duration = Duration::from_millis(2);

/// How long a write that is under way may take when the daemon ends; the journal has what it had not written.
const WRITES_MAX: Duration = Duration::from_secs(2);
/// How long closing the database may take.
const CLOSE_MAX: Duration = Duration::from_secs(1);
/// Time between two attempts at a database that another process keeps for itself.
const BUSY_AGAIN: Duration = Duration::from_millis(500);

/// Runs the daemon until it is asked to end.
pub(crate) async fn run(settings: Settings, signals: Signals) -> Result<(), String> {
    let Signals { hangups, mut ends } = signals;
    let started = now();
    // 1. What outlives us.
    privacy::keep_private(&settings.data).map_err(|error| {
        format!("the data folder {}: {error}; choose one with --data", settings.data.display())
    })?;
    no_pipes(&settings.data)?;
    let _lock = lock(&settings.data)?;
    let share = files::raise();
    let (database, folder) = (settings.data.join("stratumd.db"), settings.data.join("journal"));
    let fault = |error: std::io::Error| format!("the share journal in {}: {error}", folder.display());
    let segments = journal::segments(&folder).map_err(fault)?;
    let is_new = std::fs::metadata(&database).map_or(true, |file| file.len() == 0);
    let refusal = || beside_a_journal(&database, &folder);
    if is_new && !segments.is_empty() && !settings.new_database {
        return Err(refusal());
    }
    let store = tokio::select! {
        store = open(&database) => store?,
        why = ends.asked() => {
            tracing::info!(why, "stopping before anything was started");
            return Ok(());
        }
    };
    // What can be refused is looked at before this counts as a life.
    let api = api(&settings).await?;
    let (life, before) = life::Keeper::begin(&settings.data, started);
    if let Some(trouble) = store.trouble() {
        tracing::error!(
            "the database cannot be written: {}; the last farm file and assignment are followed, accounts and \
             events wait in memory and the journal, and farm files are refused until it can be",
            trouble.why
        );
    }
    let id = match store.value("daemon-id").await.map_err(|error| error.to_string())? {
        Some(id) => id,
        None if !segments.is_empty() && !settings.new_database => return Err(refusal()),
        None => store.value_or("daemon-id", &new_id()?).await.map_err(|error| error.to_string())?,
    };

    // 2. Where the journal of the last process ends. What it holds is read while miners are served already.
    let mark = store.resume_counts(WORKER).await.map_err(|error| error.to_string())?;
    let next = journal::next_number(&segments, mark).map_err(fault)?;

    // 3. The hub, which has no orders yet.
    let hub = Hub::start(hub::Settings {
        journal: folder.clone(),
        next_share: next,
        algorithm: farm::schedule::proof_of_work(),
        durability: match settings.durability {
            Durability::Kernel => hub::Durability::Kernel,
            Durability::Disk => hub::Durability::Disk,
        },
        connections_max: settings.connections_max,
        connections_per_address_max: settings.connections_per_address_max,
        files: hub::FileLimit { max: share.hub, refused: files::refused() },
    })
    .map_err(|error| error.to_string())?;

    // 4. The loops.
    let (written, events) = watch::channel(0);
    let (live, look) = watch::channel(Arc::new(Live::new(now(), settings.scale)));
    let (storage, storage_look) = watch::channel(Default::default());
    let ledger = Ledger::new(store.clone(), folder, &settings, look.clone(), written, storage, life);
    let ledger = Arc::new(ledger);
    if let Some(left) = before.as_ref().and_then(life::Life::left_unwritten) {
        ledger.left_behind_before(left, next);
    }
    if mark > 0 && segments.is_empty() {
        let words = "there is no share journal next to the database: shares that were not recorded are lost";
        ledger.tell(Event::new(now(), EventKind::JournalDamaged, "hub", words));
    }
    let overrides = Arc::new(Notify::new());
    let reload = Arc::new(Notify::new());
    let mut reconciler =
        Reconciler::new(settings.clone(), store.clone(), hub.clone(), live, ledger.clone(), reload.clone());
    reconciler.resume().await;
    let recovering = tokio::spawn(account::recover(hub.clone(), ledger.clone(), segments, mark, next));
    // Usually it is a matter of milliseconds, and then no miner comes before it is known what was seen.
    let recovered = async {
        while !ledger.is_recovered() {
            tokio::time::sleep(RECOVERY_LOOK).await
        }
    };
    let _ = tokio::time::timeout(RECOVERY_WAIT, recovered).await;
    reconciler.step().await.map_err(|error| error.to_string())?;
    let event = life::begins(before.as_ref(), started, look.borrow().generation());
    ledger.tell(event);
    let (decider, asked) = mpsc::channel(PLANS_MAX);
    let readings = reconciler.readings();
    let reconciling = tokio::spawn(reconciler.run(overrides.clone(), asked));
    let (stop, stopped) = watch::channel(false);
    let accounting = tokio::spawn(account::run(hub.clone(), ledger.clone(), stopped.clone()));
    let tidying = tokio::spawn(account::tidy(ledger.clone(), settings.keep()));

    // 5. The API.
    let counted = Arc::new(web::Admission::new(share.api_limits()));
    let app = App {
        store: store.clone(),
        live: look,
        decider,
        readings,
        storage: storage_look,
        overrides,
        events,
        now,
        id: id.into(),
        admission: counted.clone(),
        files: files::open,
    };
    let until = |mut stopped: watch::Receiver<bool>| async move {
        let _ = stopped.wait_for(|stopped| *stopped).await;
    };
    let socket = settings.socket.clone().unwrap_or_else(|| settings.data.join("stratumd.sock"));
    let mut servers = tokio::task::JoinSet::new();
    match bind(&socket).await {
        Ok(listener) => {
            servers.spawn(web::serve_unix(app.clone(), listener, until(stopped.clone())));
        }
        // Rigs matter more than commands.
        Err(error) if store.trouble().is_some() => {
            tracing::error!("the API cannot be served: {error}; choose another path with --socket");
        }
        Err(error) => return Err(error),
    }
    let mut known_token = None;
    if let Some((listener, path, token)) = api {
        known_token = Some((path, token.clone()));
        tracing::info!(address = %listener.local_addr().map_err(|e| e.to_string())?, "API on TCP");
        servers.spawn(web::serve_tcp(app, listener, token, until(stopped)));
    }
    tracing::info!(socket = %socket.display(), data = %settings.data.display(), "ready");

    let watching = tokio::spawn(watch_admission(counted, ledger.clone()));

    // 6. Until asked to end; asked to read again, that is done.
    let rereading = tokio::spawn(async move {
        loop {
            hangups.next().await;
            tracing::info!(why = "SIGHUP", "rereading secrets and certificates");
            reload.notify_one();
            if let Some((path, token)) = &known_token {
                reread_token(path, token).await;
            }
        }
    });

    // 7. The end: stop taking, finish, write down, leave.
    let why = ends.asked().await;
    let words = format!("stratumd {} ends: {why}", env!("CARGO_PKG_VERSION"));
    let event = Event::new(now(), EventKind::DaemonEnding, "daemon", words);
    ledger.tell(event.with("why", why));
    reconciling.abort();
    rereading.abort();
    watching.abort();
    let _ = stop.send(true);
    let _ = tokio::time::timeout(REQUESTS_MAX, async { while servers.join_next().await.is_some() {} }).await;
    tidying.abort();
    recovering.abort();
    // A write that is cut off is looked up by its number before it is repeated.
    let cut = accounting.abort_handle();
    if tokio::time::timeout(WRITES_MAX, accounting).await.is_err() {
        cut.abort();
    }
    if let Ok(taken) = hub.stop().await {
        ledger.add(taken);
    }
    let finished = ledger.finish().await;
    let _ = tokio::time::timeout(CLOSE_MAX, store.close()).await;
    let _ = std::fs::remove_file(&socket);
    finished
}

/// Opens the database; one that another process keeps for itself is waited for.
async fn open(database: &Path) -> Result<Store, String> {
    let mut is_told = false;
    loop {
        match Store::open(database).await {
            Err(error @ store::OpenError::Busy { .. }) => {
                if !std::mem::replace(&mut is_told, true) {
                    tracing::error!(
                        "{error}: until it is released the farm file cannot be read and no miner is served; waiting"
                    );
                }
            }
            opened => return opened.map_err(|error| error.to_string()),
        }
        tokio::time::sleep(BUSY_AGAIN).await;
    }
}

/// A database that is gone, or has nothing in it, where a journal says that there was one.
fn beside_a_journal(database: &Path, journal: &Path) -> String {
    format!(
        "{} is missing or empty, and {} holds shares of a farm: so this is not a new farm: its database was lost. \
         Restore a copy of it; or start once with --new-database, which starts with an empty one and recovers what the \
         journal still holds",
        database.display(),
        journal.display()
    )
}

/// Tells of wrong tokens and of miners that found no room, at most once a minute each.
async fn watch_admission(admission: Arc<web::Admission>, ledger: Arc<Ledger>) {
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut full = files::Full::default();
    loop {
        let tick = tick.tick().await;
        let events: Vec<_> =
            admission.news(now()).into_iter().chain(full.news(tick.into_std(), now())).collect();
        events.iter().for_each(crate::log::event);
        if !events.is_empty() {
            ledger.note(events);
        }
    }
}

fn token_in(path: &Path) -> Result<String, String> {
    secret::read_text(path).map_err(|error| error.to_string())
}

/// Where the API listens on TCP, and the token that lets in, with its file.
async fn api(settings: &Settings) -> Result<Option<(TcpListener, PathBuf, Token)>, String> {
    let (Some(address), Some(path)) = (settings.api, &settings.api_token_file) else { return Ok(None) };
    let fault = |what: String| format!("the token in {}: {what}", path.display());
    let token = Token::new(&token_in(path).map_err(&fault)?)
        .ok_or_else(|| fault("it has fewer than 16 characters".into()))?;
    let listener =
        TcpListener::bind(address).await.map_err(|error| format!("the API at {address}: {error}"))?;
    Ok(Some((listener, path.clone(), token)))
}

/// Takes the API's token anew; one that cannot be read or is too short leaves the last in force.
async fn reread_token(path: &Path, token: &Token) {
    let from = path.to_owned();
    let read = tokio::task::spawn_blocking(move || token_in(&from)).await;
    let taken = read.map_err(|error| error.to_string()).and_then(|read| read).and_then(|text| {
        if token.renew(&text) { Ok(()) } else { Err("it has fewer than 16 characters".into()) }
    });
    if let Err(error) = taken {
        tracing::error!(path = %path.display(), error, "the API's token stays as it was");
    }
}

/// A pipe or a device where a file of ours belongs would be waited for, or read, without an end.
fn no_pipes(data: &Path) -> Result<(), String> {
    let fault = |error: std::io::Error| format!("the data folder {}: {error}", data.display());
    for entry in std::fs::read_dir(data).map_err(fault)? {
        let path = entry.map_err(fault)?.path();
        let Ok(kind) = std::fs::metadata(&path).map(|found| found.file_type()) else { continue };
        if kind.is_fifo() || kind.is_char_device() || kind.is_block_device() {
            return Err(format!(
                "{} is a pipe or a device instead of a file: move it away, and start again",
                path.display()
            ));
        }
    }
    Ok(())
}

/// Only one daemon may use a data folder.
fn lock(data: &Path) -> Result<std::fs::File, String> {
    let path = data.join("lock");
    // Read where it cannot be written: a full or read-only disk is no reason not to start.
    let file = std::fs::File::create(&path)
        .or_else(|error| std::fs::File::open(&path).map_err(|_| error))
        .map_err(|error| format!("{}: {error}", path.display()))?;
    rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive).map_err(|_| {
        format!("another stratumd uses {}; stop it, or choose another folder with --data", data.display())
    })?;
    Ok(file)
}

/// Binds the socket; one that a crash left behind is replaced.
async fn bind(path: &Path) -> Result<UnixListener, String> {
    use std::os::unix::fs::PermissionsExt as _;
    let fault = |error: std::io::Error| format!("the socket {}: {error}", path.display());
    if path.exists() {
        if UnixStream::connect(path).await.is_ok() {
            return Err(format!(
                "another program answers at {}; choose another path with --socket",
                path.display()
            ));
        }
        if !std::fs::symlink_metadata(path).map_err(fault)?.file_type().is_socket() {
            return Err(format!(
                "{} exists and is not a socket; choose another path with --socket",
                path.display()
            ));
        }
        std::fs::remove_file(path).map_err(fault)?;
    }
    let listener = UnixListener::bind(path).map_err(fault)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).map_err(fault)?;
    Ok(listener)
}

fn new_id() -> Result<String, String> {
    let mut bytes = [0u8; 8];
    getrandom::fill(&mut bytes).map_err(|error| error.to_string())?;
    Ok(const_hex::encode(bytes))
}
