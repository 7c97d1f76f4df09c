//! Streams: how they begin, how they end, and readers that leave early.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;

use farm_tests::Farm;
use rustix::process::Signal;
use serde_json::Value;

use crate::cli::{Cli, plain, signal};

#[tokio::test]
async fn a_stream_begins_with_its_version_and_ends_with_the_exit_code() {
    let farm = Farm::start().await;
    let cli = Cli::of(&farm);
    cli.write("farm.yaml", plain("a-1"));
    cli.ends(0, &["apply", "--yes"]);
    for (args, kind, end, code) in [
        (&["events", "--follow", "-o", "jsonl"][..], "event", Signal::TERM, 143),
        (&["events", "--follow", "-o", "json"], "event", Signal::INT, 130),
        (&["status", "--watch", "-o", "jsonl"], "status", Signal::INT, 130),
    ] {
        let mut child = cli.start(args);
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let mut next = || -> Option<Value> {
            lines.next().map(|line| serde_json::from_str(&line.expect("text")).expect("JSON"))
        };
        assert_eq!(next().expect("a first line")["type"], "version", "{args:?}");
        let second = next().expect("something happened");
        assert_eq!(second["type"], kind, "{args:?}");
        assert!(second["kind"].is_string(), "{args:?}: {second}");
        signal(&child, end);
        let last = std::iter::from_fn(next).last().expect("a last line");
        assert_eq!((last["type"].as_str(), last["exit_code"].as_i64()), (Some("result"), Some(code)));
        assert_eq!(child.wait().expect("it ends").code(), Some(code as i32), "{args:?}");
    }
}

#[test]
fn a_reader_that_leaves_early_is_no_reason_to_panic() {
    let cli = Cli::alone();
    for args in [&["schema"][..], &["man"], &["completions", "zsh"], &["help", "apply"]] {
        let mut child = cli.command(args).stdout(Stdio::piped()).spawn().expect("stratumctl starts");
        drop(child.stdout.take());
        let mut told = String::new();
        child.stderr.take().expect("piped").read_to_string(&mut told).expect("text");
        let code = child.wait().expect("it ends").code();
        assert!(code == Some(0) && told.is_empty(), "{args:?}: {code:?} {told}");
    }
}

#[tokio::test]
async fn a_watch_ends_when_nobody_reads_it() {
    let farm = Farm::start().await;
    let cli = Cli::of(&farm);
    cli.write("farm.yaml", plain("a-1"));
    cli.ends(0, &["apply", "--yes"]);
    let mut child = cli.start(&["status", "--watch"]);
    let mut out = BufReader::new(child.stdout.take().expect("piped"));
    out.read_line(&mut String::new()).expect("a line");
    drop(out);
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}

#[test]
fn a_result_that_cannot_be_written_is_a_failure() {
    let cli = Cli::alone();
    for args in [&["schema"][..], &["man"], &["completions", "zsh"]] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("a full disk");
        let mut child = cli.command(args).stdout(full).spawn().expect("stratumctl starts");
        let mut told = String::new();
        child.stderr.take().expect("piped").read_to_string(&mut told).expect("text");
        assert_eq!(child.wait().expect("it ends").code(), Some(1), "{args:?}");
        assert!(told.contains("the output could not be written: No space left"), "{args:?}: {told}");
        // Nor does an error stream that takes nothing make a panic of it.
        let full = || std::fs::OpenOptions::new().write(true).open("/dev/full").expect("a full disk");
        let child = cli.command(args).stdout(full()).stderr(full()).status().expect("stratumctl starts");
        assert_eq!(child.code(), Some(1), "{args:?}");
    }
}
