//! This program again, in another role: what it says comes back line by line, and it ends when dropped.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{ChildStdin, ChildStdout, Command};

/// A process with a role.
#[derive(Debug)]
pub(crate) struct Child {
    process: tokio::process::Child,
    words: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Child {
    /// Starts this program in a role.
    pub(crate) fn start(role: &[&str]) -> Child {
        Self::start_as(std::env::current_exe().expect("a process has a program"), role)
    }

    /// Starts a hub for the house, which mines at these pools; `HUB_PROGRAM` may name another build.
    pub(crate) fn hub(pools: &str, rigs: usize) -> Child {
        let program = match std::env::var_os("HUB_PROGRAM") {
            Some(other) => other.into(),
            None => std::env::current_exe().expect("a process has a program"),
        };
        Self::start_as(program, &["hub", pools, &rigs.to_string()])
    }

    fn start_as(program: std::path::PathBuf, role: &[&str]) -> Child {
        let mut process = Command::new(program)
            .arg("--role")
            .args(role)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("this program runs again");
        let words = process.stdin.take().expect("asked for");
        let lines = BufReader::new(process.stdout.take().expect("asked for")).lines();
        Child { process, words, lines }
    }

    /// Starts clients that do something.
    pub(crate) fn clients(address: &str, count: usize, what: &str, shares: usize) -> Child {
        Child::start(&["clients", address, &count.to_string(), what, &shares.to_string()])
    }

    /// The next line that it says.
    pub(crate) async fn line(&mut self) -> String {
        self.lines.next_line().await.expect("it speaks text").expect("it has not ended")
    }

    /// The next line must be this one.
    pub(crate) async fn expect(&mut self, wanted: &str) {
        let line = self.line().await;
        assert_eq!(line, wanted);
    }

    /// The next line as numbers.
    pub(crate) async fn numbers(&mut self) -> Vec<f64> {
        let line = self.line().await;
        line.split_whitespace().map(|number| number.parse().expect("a number")).collect()
    }

    /// Tells it a line.
    pub(crate) async fn say(&mut self, line: &str) {
        self.words.write_all(format!("{line}\n").as_bytes()).await.expect("it listens");
    }

    /// Its memory, KiB, without its program and libraries.
    pub(crate) fn memory(&self) -> u64 {
        memory(self.process.id().expect("it runs"))
    }

    /// The time that it had a processor, seconds.
    pub(crate) fn busy(&self) -> f64 {
        busy(self.process.id().expect("it runs"))
    }
}

/// The memory of a process, KiB, without its program and libraries.
pub(crate) fn memory(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("a process has a status");
    let line = status.lines().find(|line| line.starts_with("RssAnon:")).expect("with its memory");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).expect("in KiB")
}

/// The time that a process had a processor, seconds. By the scheduler's count of nanoseconds, not by ticks.
pub(crate) fn busy(pid: u32) -> f64 {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).expect("a process has tasks");
    let nanos = |task: std::fs::DirEntry| -> Option<f64> {
        let text = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse().ok()
    };
    tasks.filter_map(|task| nanos(task.ok()?)).sum::<f64>() / 1e9
}
