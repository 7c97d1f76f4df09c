//! The program, run in a folder and a home of its own: nothing of the surroundings leaks in.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use farm_tests::{Farm, FarmText};
use serde_json::Value;
use tempfile::TempDir;

/// The command, and the folder in which it runs.
pub(crate) struct Cli {
    folder: TempDir,
    socket: Option<PathBuf>,
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Cli {
    /// Without a daemon.
    pub(crate) fn alone() -> Cli {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for name in ["work", "home"] {
            std::fs::create_dir(folder.path().join(name)).expect("a folder");
        }
        Cli { folder, socket: None }
    }

    /// With this daemon.
    pub(crate) fn of(farm: &Farm) -> Cli {
        Cli::at(&farm.folder().join("stratumd.sock"))
    }

    /// With the daemon behind this socket.
    pub(crate) fn at(socket: &Path) -> Cli {
        Cli { socket: Some(socket.to_owned()), ..Cli::alone() }
    }

    /// Where it runs.
    pub(crate) fn folder(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    pub(crate) fn write(&self, path: &str, text: impl ToString) {
        let path = self.folder().join(path);
        std::fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a folder");
        std::fs::write(path, text.to_string()).expect("a file");
    }

    /// Commits everything in the folder; returns the id.
    pub(crate) fn commit(&self, message: &str, author: &str) -> String {
        let mail = format!("{}@farm.example", author.to_lowercase());
        repository::commit_all(&self.folder(), message, author, &mail).expect("a commit")
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(program());
        command.args(args).current_dir(self.folder()).env_clear();
        command.env("HOME", self.home()).env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs(self.socket.as_ref().map(|socket| ("STRATUMCTL_SERVER", socket)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn start(&self, args: &[&str]) -> Child {
        self.command(args).spawn().expect("stratumctl starts")
    }

    /// Runs it to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        Ran::of(self.command(args).output().expect("stratumctl starts"))
    }

    /// Runs it, and expects this exit code.
    #[track_caller]
    pub(crate) fn ends(&self, code: i32, args: &[&str]) -> Ran {
        let ran = self.run(args);
        assert_eq!(ran.code, code, "{args:?}\n{}\n{}", ran.out, ran.err);
        ran
    }
}

impl Ran {
    pub(crate) fn of(output: Output) -> Ran {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        Ran { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    }

    /// The output as one document.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// Every line of the output as a document.
    #[track_caller]
    pub(crate) fn json_lines(&self) -> Vec<Value> {
        let read =
            |line: &str| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e} in {line}\n{}", self.err));
        self.out.lines().map(read).collect()
    }
}

/// A farm file with rigs and nobody who rents them; its pool is never reached.
pub(crate) fn plain(rigs: &str) -> FarmText {
    FarmText::new(rigs).pool_at("pool", "stratum+tcp://127.0.0.1:9", "").house("pool")
}

/// The program: `STRATUMCTL`, or the one built beside this test.
pub(crate) fn program() -> PathBuf {
    if let Some(path) = std::env::var_os("STRATUMCTL") {
        return path.into();
    }
    let test = std::env::current_exe().expect("a process has a program");
    let found =
        test.ancestors().skip(1).take(3).map(|folder| folder.join("stratumctl")).find(|p| p.is_file());
    found.unwrap_or_else(|| {
        panic!("there is no stratumctl near {}: run `cargo build -p stratumctl` first", test.display())
    })
}

pub(crate) fn signal(child: &Child, signal: rustix::process::Signal) {
    rustix::process::kill_process(rustix::process::Pid::from_child(child), signal).expect("it is ours");
}
