//! The real daemon in a folder of its own, and what a story does with it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use schema::api::{ApplyAnswer, ApplyRequest, EventDoc, PlacementDoc, RentalStatus, RigStatus, StatusDoc};
use simulator::rig::{Fleet, RigOptions};
use tempfile::TempDir;
use tokio::net::TcpSocket;

use crate::{Api, Disk, Fault, SOON, Sums, api, fleet, rig, wait_until};

/// What a simulated rig really does of its nominal hashrate.
const SCALE: &str = "1e-10";
/// Lines of the daemon's log that a failed test shows.
const LOG_TAIL: usize = 40;

/// A daemon with its data. Ends, and leaves nothing, when dropped.
#[derive(Debug)]
pub struct Farm {
    /// Its API.
    pub api: Api,
    folder: TempDir,
    /// Where its data is, if not in that folder.
    disk: Option<PathBuf>,
    env: Vec<(String, std::ffi::OsString)>,
    flags: Vec<String>,
    listeners: BTreeMap<String, Listener>,
    /// Where its log goes, if not to a file.
    log: Option<Stdio>,
    daemon: Option<Child>,
}

/// A port that is ours whether or not the daemon lives: rigs find it again after a restart.
#[derive(Debug)]
struct Listener {
    _held: TcpSocket,
    address: SocketAddr,
}

impl Listener {
    fn reserve() -> Listener {
        let held = TcpSocket::new_v4().expect("a socket");
        held.set_reuseaddr(true).expect("a fresh socket takes options");
        held.bind("127.0.0.1:0".parse().expect("an address")).expect("a free port");
        let address = held.local_addr().expect("a bound socket has an address");
        Listener { _held: held, address }
    }
}

impl Farm {
    /// Starts a daemon with one listener, `asic`.
    pub async fn start() -> Farm {
        Farm::start_with(&[], &["asic"]).await
    }

    /// Starts a daemon with more flags and these listeners.
    pub async fn start_with(flags: &[&str], listeners: &[&str]) -> Farm {
        let mut farm = Farm::prepare(flags, listeners);
        farm.launch().await;
        farm
    }

    /// A folder and ports, and no daemon yet.
    pub fn prepare(flags: &[&str], listeners: &[&str]) -> Farm {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let api = Api::at(&folder.path().join("stratumd.sock"));
        let listeners: BTreeMap<_, _> =
            listeners.iter().map(|name| (name.to_string(), Listener::reserve())).collect();
        let flags = flags.iter().map(|flag| flag.to_string()).collect();
        Farm { api, folder, disk: None, env: Vec::new(), flags, listeners, log: None, daemon: None }
    }

    /// Starts the daemon, and waits until it answers.
    pub async fn launch(&mut self) {
        self.spawn("");
        self.answers().await;
    }

    /// Starts the daemon, and waits for nothing. `first` is what a shell does before, such as `ulimit -n 64`.
    pub fn spawn(&mut self, first: &str) {
        assert!(self.daemon.is_none(), "one daemon at a time");
        let log = self.folder.path().join("stratumd.log");
        let log = std::fs::OpenOptions::new().create(true).append(true).open(log).expect("a log file");
        let mut command = if first.is_empty() {
            Command::new(program())
        } else {
            let mut shell = Command::new("sh");
            shell.arg("-c").arg(format!("{first}; exec \"$0\" \"$@\"")).arg(program());
            shell
        };
        command.arg("--data").arg(self.folder()).args(["--scale", SCALE]).args(&self.flags);
        for (name, listener) in &self.listeners {
            command.arg("--listen").arg(format!("{name}={}", listener.address));
        }
        let log = self.log.take().unwrap_or_else(|| log.into());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        self.daemon = Some(command.spawn().expect("the daemon starts"));
    }

    /// Waits until the daemon answers.
    pub async fn answers(&mut self) {
        wait_until("the daemon answers", SOON, async || {
            if let Some(ended) = self.daemon.as_mut().and_then(|child| child.try_wait().ok().flatten()) {
                panic!("the daemon ended with {ended}");
            }
            self.api.version().await.is_ok()
        })
        .await;
    }

    /// Its data is on this disk from now on, whose errors it gets.
    pub fn on_disk(&mut self, disk: &Disk) {
        let data = disk.data();
        self.api = Api::at(&data.join("stratumd.sock"));
        self.disk = Some(data);
        disk.preload(self);
    }

    /// Its API is at this socket from now on.
    pub fn socket_at(&mut self, socket: &Path) {
        self.api = Api::at(socket);
        self.flags.extend(["--socket".to_owned(), socket.display().to_string()]);
    }

    /// Waits until an event of this kind stands in the log: the database may not take it.
    pub async fn event_in_the_log(&self, kind: &str) {
        wait_until(&format!("{kind} in the log"), SOON, async || self.log().contains(kind)).await;
    }

    /// The daemon that starts next logs there instead.
    pub fn log_to(&mut self, stream: impl Into<Stdio>) {
        self.log = Some(stream.into());
    }

    /// Waits until the daemon ends, and returns its exit code.
    pub async fn ends(&mut self) -> Option<i32> {
        let mut child = self.daemon.take().expect("the daemon runs");
        let mut ended = None;
        wait_until("the daemon ends", SOON, async || {
            ended = child.try_wait().expect("it is ours");
            ended.is_some()
        })
        .await;
        ended.expect("waited for").code()
    }

    /// The daemon starts with this variable from now on.
    pub fn set_env(&mut self, name: &str, value: impl Into<std::ffi::OsString>) {
        self.env.push((name.to_owned(), value.into()));
    }

    /// Starts the daemon with one more flag, and waits until it answers.
    pub async fn launch_with(&mut self, flag: &str) {
        self.flags.push(flag.to_owned());
        self.launch().await;
        self.flags.pop();
    }

    /// Starts the daemon, which must refuse to; returns the end of its log.
    pub async fn refuses(&mut self) -> String {
        self.spawn("");
        let mut child = self.daemon.take().expect("just started");
        let mut ended = None;
        wait_until("the daemon refuses", SOON, async || {
            ended = child.try_wait().expect("it is ours");
            ended.is_some()
        })
        .await;
        assert!(!ended.expect("waited for").success(), "a refusal is an error");
        let log = self.log();
        log.lines().next_back().unwrap_or_default().to_owned()
    }

    /// Sends the daemon SIGHUP.
    pub fn hang_up(&self) {
        self.signal("-HUP");
    }

    /// Sends the daemon a signal, such as `-TERM`.
    pub fn signal(&self, which: &str) {
        let pid = self.pid().to_string();
        let asked = Command::new("kill").args([which, &pid]).status().expect("kill runs");
        assert!(asked.success(), "the daemon takes signals");
    }

    /// Waits until the daemon answers SIGHUP itself instead of ending by it.
    pub async fn takes_signals(&self) {
        let status = format!("/proc/{}/status", self.pid());
        wait_until("the daemon takes signals", SOON, async || {
            let status = std::fs::read_to_string(&status).expect("the daemon lives");
            let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
            let caught = caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
            caught.is_some_and(|mask| mask & 1 == 1)
        })
        .await;
    }

    /// The daemon's process.
    pub fn pid(&self) -> u32 {
        self.daemon.as_ref().expect("the daemon runs").id()
    }

    /// What the daemon has logged, all its lives together.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("stratumd.log")).unwrap_or_default()
    }

    /// The daemon's folder.
    pub fn folder(&self) -> &Path {
        self.disk.as_deref().unwrap_or(self.folder.path())
    }

    /// Where rigs connect.
    pub fn hub(&self) -> SocketAddr {
        self.listener("asic")
    }

    /// Where a listener listens.
    pub fn listener(&self, name: &str) -> SocketAddr {
        self.listeners[name].address
    }

    /// Rigs by name, as the farm file has them, at the hub.
    pub fn rigs(&self, names: &[&str]) -> Fleet {
        self.fleet(names.iter().map(|name| rig(name)).collect())
    }

    /// Rigs at the hub.
    pub fn fleet(&self, rigs: Vec<RigOptions>) -> Fleet {
        fleet(self.hub(), rigs)
    }

    /// Applies a farm file on top of the head, and waits until the daemon follows it and listens.
    pub async fn apply(&self, text: impl ToString) -> ApplyAnswer {
        let base = match self.api.head().await {
            Ok(head) => head.generation.generation,
            Err(fault) if fault.status() == 404 => 0,
            Err(fault) => panic!("{fault:?}"),
        };
        let answer = self.try_apply(text, base, "story").await.unwrap_or_else(|fault| panic!("{fault:?}"));
        wait_until("the daemon follows the farm file", SOON, async || {
            let status = self.status().await;
            status.generation == answer.generation
                && status.listeners.iter().all(|listener| listener.why.is_none())
                && self.listeners.iter().all(|(name, listener)| {
                    status
                        .listeners
                        .iter()
                        .any(|other| other.name == *name && other.address == listener.address.to_string())
                })
        })
        .await;
        answer
    }

    /// Applies a farm file that was planned against `base`.
    pub async fn try_apply(
        &self,
        text: impl ToString,
        base: u64,
        author: &str,
    ) -> Result<ApplyAnswer, Fault> {
        self.api.apply(&self.request(text, base, author)).await
    }

    /// The request that [`try_apply`](Self::try_apply) sends.
    pub fn request(&self, text: impl ToString, base: u64, author: &str) -> ApplyRequest {
        api::request(&text.to_string(), base, author)
    }

    /// Everything, now.
    pub async fn status(&self) -> StatusDoc {
        self.api.status().await.expect("the daemon answers")
    }

    /// What is said of one rig.
    pub async fn rig(&self, name: &str) -> Option<RigStatus> {
        self.status().await.rigs.into_iter().find(|rig| rig.name == name)
    }

    /// Whom a rig works for.
    pub async fn serving(&self, name: &str) -> Option<String> {
        self.rig(name).await.and_then(|rig| rig.serving)
    }

    /// What is said of a customer's rental `main`.
    pub async fn rental(&self, customer: &str) -> RentalStatus {
        let status = self.status().await;
        let found = status.rentals.into_iter().find(|rental| rental.customer == customer);
        found.unwrap_or_else(|| panic!("there is a rental of {customer}"))
    }

    /// Everything booked.
    pub async fn accounts(&self) -> Sums {
        Sums(self.api.accounts().await.expect("the daemon answers"))
    }

    /// Who served whom, the latest first; `query` such as `rig=a-1`, or empty.
    pub async fn placements(&self, query: &str) -> Vec<PlacementDoc> {
        self.api.placements(query).await.expect("the daemon answers").placements
    }

    /// All events of a kind.
    pub async fn events(&self, kind: &str) -> Vec<EventDoc> {
        self.api.events(kind).await.expect("the daemon answers").events
    }

    /// Waits until an event of this kind was written down, and returns the first.
    pub async fn event(&self, kind: &str) -> EventDoc {
        let mut found = None;
        wait_until(&format!("an event {kind}"), SOON, async || {
            found = self.events(kind).await.into_iter().next();
            found.is_some()
        })
        .await;
        found.expect("waited for")
    }

    /// Ends rigs once all of their shares are answered; then waits until the accounts hold exactly what
    /// they saw accepted, and returns that number.
    pub async fn settle(&self, fleet: Fleet) -> u64 {
        let seen = fleet.stop(SOON).await;
        let names = seen.accepted;
        wait_until("every accepted share is booked", SOON, async || {
            self.accounts().await.accepted() >= names
        })
        .await;
        seen.accepted
    }

    /// Memory of the daemon, KiB.
    pub fn memory(&self) -> u64 {
        let pid = self.daemon.as_ref().expect("the daemon runs").id();
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("a process has a status");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("with its memory");
        line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).expect("in KiB")
    }

    /// Open files of the daemon.
    pub fn open_files(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.pid())).expect("a process has files").count()
    }

    /// Kills the daemon on the spot.
    pub fn kill_9(&mut self) {
        let mut child = self.daemon.take().expect("the daemon runs");
        child.kill().expect("it can be killed");
        child.wait().expect("it ends");
    }

    /// Kills the daemon on the spot and starts it again.
    pub async fn restart(&mut self) {
        self.kill_9();
        self.launch().await;
    }

    /// Asks the daemon to end, and waits until it has.
    pub async fn stop(&mut self) -> std::process::ExitStatus {
        self.signal("-TERM");
        self.ended().await
    }

    /// Waits until the daemon has ended.
    pub async fn ended(&mut self) -> std::process::ExitStatus {
        let mut child = self.daemon.take().expect("the daemon runs");
        let mut ended = None;
        wait_until("the daemon ends when asked to", SOON, async || {
            ended = child.try_wait().expect("it is ours");
            ended.is_some()
        })
        .await;
        ended.expect("waited for")
    }

    /// Stays as it is for so long: for what must not happen meanwhile.
    pub async fn watch(&self, time: Duration, mut holds: impl AsyncFnMut(&Farm) -> bool) {
        let end = tokio::time::Instant::now() + time;
        while tokio::time::Instant::now() < end {
            assert!(holds(self).await, "it should have stayed so for {time:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Farm {
    fn drop(&mut self) {
        if let Some(mut child) = self.daemon.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        if std::thread::panicking() {
            self.show_log();
        }
    }
}

impl Farm {
    #[expect(clippy::print_stderr, reason = "a failed test should say what its daemon saw")]
    fn show_log(&self) {
        let log = std::fs::read_to_string(self.folder.path().join("stratumd.log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        let tail = &lines[lines.len().saturating_sub(LOG_TAIL)..];
        eprintln!("--- the daemon's log, its last {} lines\n{}", tail.len(), tail.join("\n"));
    }
}

/// The daemon's program: `STRATUMD`, or the one built beside this test.
fn program() -> PathBuf {
    if let Some(path) = std::env::var_os("STRATUMD") {
        return path.into();
    }
    let test = std::env::current_exe().expect("a process has a program");
    // target/<profile>/deps/<test>
    let found = test.ancestors().skip(1).take(3).map(|folder| folder.join("stratumd")).find(|p| p.is_file());
    found.unwrap_or_else(|| {
        panic!(
            "there is no stratumd near {}: run `cargo build -p stratumd` in the same profile first, or name it in STRATUMD",
            test.display()
        )
    })
}
