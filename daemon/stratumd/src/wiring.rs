//! Builds every part, in order, on one screen.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use farm::live::Live;
use hub::{Hub, journal, now};
use store::Store;
use tokio::net::{TcpListener, UnixListener, UnixStream};
use tokio::sync::{Mutex, Notify, watch};
use web::{App, Token};

use crate::account::{self, Ledger, WORKER};
use crate::reconcile::Reconciler;
use crate::settings::{Durability, Settings};
use crate::shutdown::{self, Hangups};
use crate::{files, privacy, secret};

/// Longest wait for requests under way when the daemon ends.
const REQUESTS_MAX: Duration = Duration::from_secs(3);

/// Runs the daemon until it is asked to end.
pub(crate) async fn run(settings: Settings, hangups: Hangups) -> Result<(), String> {
    // 1. What outlives us.
    privacy::keep_private(&settings.data).map_err(|error| {
        format!("the data folder {}: {error}; choose one with --data", settings.data.display())
    })?;
    let _lock = lock(&settings.data)?;
    let share = files::raise();
    let store = Store::open(&settings.data.join("stratumd.db")).await.map_err(|error| error.to_string())?;
    let id = store.value_or("daemon-id", &new_id()?).await.map_err(|error| error.to_string())?;

    // 2. Shares that were acknowledged, but not booked when the last process ended.
    let folder = settings.data.join("journal");
    let mark = store.marks().await.map_err(|e| e.to_string())?.get(&WORKER).copied().unwrap_or(0);
    let found =
        journal::recover(&folder, mark).map_err(|e| format!("the journal {}: {e}", folder.display()))?;
    for (path, why) in &found.odd {
        tracing::error!(path = %path.display(), why, "left alone, its shares are not booked");
    }
    if found.shares > 0 {
        account::book(&store, &found.tally, found.next).await.map_err(|error| error.to_string())?;
        tracing::info!(shares = found.shares, torn = found.torn, "booked from the journal");
    }

    // 3. The hub, which has no orders yet.
    let hub = Hub::start(hub::Settings {
        journal: folder,
        next_share: found.next,
        durability: match settings.durability {
            Durability::Kernel => hub::Durability::Kernel,
            Durability::Disk => hub::Durability::Disk,
        },
        connections_max: settings.connections_max,
        connections_per_address_max: settings.connections_per_address_max,
        files: hub::FileLimit { max: share.hub, refused: files::refused() },
    })
    .map_err(|error| error.to_string())?;
    hub.trim(found.next).map_err(|error| error.to_string())?;

    // 4. The loops.
    let (written, events) = watch::channel(0);
    let ledger = Arc::new(Mutex::new(Ledger::new(store.clone(), found.next, written)));
    let (live, look) = watch::channel(Arc::new(Live::new(now(), settings.scale)));
    let wishes = Arc::new(Notify::new());
    let reload = Arc::new(Notify::new());
    let mut reconciler =
        Reconciler::new(settings.clone(), store.clone(), hub.clone(), live, ledger.clone(), reload.clone());
    reconciler.resume().await;
    reconciler.step().await.map_err(|error| error.to_string())?;
    let reconciling = tokio::spawn(reconciler.run(wishes.clone()));
    let accounting = tokio::spawn(account::run(hub.clone(), ledger.clone()));

    // 5. The API.
    let counted = Arc::new(web::Doors::new(share.door_limits()));
    let app = App {
        store: store.clone(),
        live: look,
        wishes,
        events,
        now,
        id: id.into(),
        doors: counted.clone(),
        files: files::open,
    };
    let (stop, stopped) = watch::channel(false);
    let until = |mut stopped: watch::Receiver<bool>| async move {
        let _ = stopped.wait_for(|stopped| *stopped).await;
    };
    let socket = settings.socket.clone().unwrap_or_else(|| settings.data.join("stratumd.sock"));
    let mut doors = tokio::task::JoinSet::new();
    doors.spawn(web::serve_unix(app.clone(), bind(&socket).await?, until(stopped.clone())));
    let mut known_token = None;
    if let (Some(address), Some(path)) = (settings.api, &settings.api_token_file) {
        let fault = |what: String| format!("the token in {}: {what}", path.display());
        let token = Token::new(&token_in(path).map_err(&fault)?)
            .ok_or_else(|| fault("it has fewer than 16 characters".into()))?;
        known_token = Some((path.clone(), token.clone()));
        let listener =
            TcpListener::bind(address).await.map_err(|error| format!("the API at {address}: {error}"))?;
        tracing::info!(address = %listener.local_addr().map_err(|e| e.to_string())?, "API on TCP");
        doors.spawn(web::serve_tcp(app, listener, token, until(stopped)));
    }
    tracing::info!(socket = %socket.display(), data = %settings.data.display(), "ready");

    let watching = tokio::spawn(watch_doors(counted, ledger.clone()));

    // 6. Until asked to end; asked to read again, that is done.
    let rereading = tokio::spawn(async move {
        loop {
            hangups.next().await;
            tracing::info!(why = "SIGHUP", "secrets and certificates are read again");
            reload.notify_one();
            if let Some((path, token)) = &known_token {
                reread_token(path, token).await;
            }
        }
    });

    // 7. The end: stop taking, finish, write down, leave.
    let why = shutdown::asked().await.map_err(|error| error.to_string())?;
    tracing::info!(why, "ending");
    reconciling.abort();
    rereading.abort();
    watching.abort();
    let _ = stop.send(true);
    let _ = tokio::time::timeout(REQUESTS_MAX, async { while doors.join_next().await.is_some() {} }).await;
    // The ledger first: a loop cut off while it books would leave us not knowing whether it had, and the same
    // shares would be booked again.
    let mut ledger = ledger.lock().await;
    accounting.abort();
    if let Ok(taken) = hub.stop().await {
        ledger.add(taken);
    }
    ledger.write().await;
    drop(ledger);
    store.close().await;
    let _ = std::fs::remove_file(&socket);
    Ok(())
}

/// Tells of wrong tokens and of miners that found no room, at most once a minute each.
async fn watch_doors(doors: Arc<web::Doors>, ledger: Arc<Mutex<Ledger>>) {
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut full = files::Full::default();
    loop {
        let tick = tick.tick().await;
        let events: Vec<_> = doors.news(now()).into_iter().chain(full.news(tick.into_std(), now())).collect();
        events.iter().for_each(crate::log::event);
        if !events.is_empty() {
            ledger.lock().await.note(events);
        }
    }
}

fn token_in(path: &Path) -> Result<String, String> {
    secret::read_text(path).map_err(|error| error.to_string())
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

/// Only one daemon may use a data folder.
fn lock(data: &Path) -> Result<std::fs::File, String> {
    let path = data.join("lock");
    let file = std::fs::File::create(&path).map_err(|error| format!("{}: {error}", path.display()))?;
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
                "another program answers at {}; choose another place with --socket",
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
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
