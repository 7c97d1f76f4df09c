//! Starting the `stratumd` that lies beside this program.

use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::error::{Exit, Failure};

/// A daemon must answer within this.
const START_MAX: Duration = Duration::from_secs(20);
/// A child gets this long to end by itself.
const STOP_MAX: Duration = Duration::from_secs(5);

/// The program: beside this one, else by the search path.
pub(crate) fn program() -> Result<PathBuf, Failure> {
    let beside =
        std::env::current_exe().ok().and_then(|own| own.parent().map(|folder| folder.join("stratumd")));
    if let Some(beside) = beside.filter(|path| path.is_file()) {
        return Ok(beside);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join("stratumd")).find(|path| path.is_file()).ok_or_else(
        || {
            Failure::new(
                Exit::Failed,
                "no_daemon",
                "there is no stratumd next to stratumctl or on the PATH",
                Some("build both with `cargo build`, or install them together"),
            )
        },
    )
}

/// A child process that ends with this value.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    name: &'static str,
}

impl Process {
    /// Starts `stratumd` with these arguments; what it logs goes to `log`.
    pub(crate) fn start(name: &'static str, args: &[String], log: &Path) -> Result<Self, Failure> {
        let out =
            std::fs::OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(log)?;
        let child = Command::new(program()?)
            .args(args)
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .stdout(out.try_clone()?)
            .stderr(out)
            .spawn()
            .map_err(|error| Failure::failed(format!("{name} cannot be started: {error}")))?;
        Ok(Self { child, name })
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<std::process::ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Ends it at once, without a word: as a power cut would.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Asks it to end, and waits.
    pub(crate) fn stop(&mut self) {
        if self.ended().is_some() {
            return;
        }
        let pid = rustix::process::Pid::from_child(&self.child);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        let end = Instant::now() + STOP_MAX;
        while self.ended().is_none() {
            if Instant::now() > end {
                return self.kill();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Waits until the daemon answers at its socket.
pub(crate) async fn answering(process: &mut Process, socket: &Path, log: &Path) -> Result<Client, Failure> {
    let client = Client::at_socket(socket)?;
    let end = Instant::now() + START_MAX;
    loop {
        if socket.exists() && client.version().await.is_ok() {
            return Ok(client);
        }
        if let Some(status) = process.ended() {
            let words = std::fs::read_to_string(log).unwrap_or_default();
            let last = words.lines().last().unwrap_or_default().to_owned();
            return Err(Failure::failed(format!("{} ended at once ({status}): {last}", process.name)));
        }
        if Instant::now() > end {
            return Err(Failure::failed(format!("{} does not answer at {}", process.name, socket.display())));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
