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
        let program = std::env::current_exe().expect("a process has a program");
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

    /// Its memory, KiB.
    pub(crate) fn memory(&self) -> u64 {
        let pid = self.process.id().expect("it runs");
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("a process has a status");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("with its memory");
        line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).expect("in KiB")
    }
}
