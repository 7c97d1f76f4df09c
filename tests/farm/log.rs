//! An error stream that takes nothing: the log is lost, and nothing else is.

use std::io::{BufRead as _, BufReader, PipeReader};

use farm_tests::{Farm, FarmText, SOON, pool, wait_until};

/// Error streams that fail, by name: a full disk, a reader that has gone, one that has read a line and goes, one that
/// has stopped reading.
const KINDS: [&str; 4] = ["full", "closed", "head", "stuck"];

fn broken(farm: &mut Farm, kind: &str) -> Option<PipeReader> {
    if kind == "full" {
        farm.log_to(std::fs::OpenOptions::new().write(true).open("/dev/full").expect("a full disk"));
        return None;
    }
    let (reader, writer) = std::io::pipe().expect("a pipe");
    farm.log_to(writer);
    (kind != "closed").then_some(reader)
}

#[tokio::test]
async fn a_log_that_cannot_be_written_ends_nothing() {
    for (kind, flag) in KINDS.iter().flat_map(|kind| [(*kind, None), (*kind, Some("--log-json"))]) {
        let (house, customer) = (pool("house").await, pool("customer").await);
        let flags: Vec<&str> = flag.into_iter().chain(["--log", "trace"]).collect();
        let mut farm = Farm::prepare(&flags, &["asic"]);
        let reader = broken(&mut farm, kind);
        farm.launch().await;
        let reader = reader.filter(|_| kind == "stuck");
        let text = FarmText::new("a-1").pool("home", &house).pool("pool", &customer);
        farm.apply(text.house("home").customer("alice", 100, &["pool"])).await;
        let rigs = farm.rigs(&["a-1"]);
        wait_until("work is done and booked", SOON, async || farm.accounts().await.accepted() >= 5).await;
        let seen = farm.settle(rigs).await;
        farm.signal("-TERM");
        assert_eq!(farm.ends().await, Some(0), "{kind} {flag:?}");
        drop(reader);
        farm.launch().await;
        assert_eq!(farm.events("daemon-ending").await.len(), 1, "{kind} {flag:?}: its end is written down");
        assert!(farm.accounts().await.accepted() >= seen, "{kind} {flag:?}");
    }
}

#[tokio::test]
async fn lines_that_were_lost_are_told_once_they_can_be() {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let mut farm = Farm::prepare(&["--log", "trace"], &["asic"]);
    farm.log_to(writer);
    farm.launch().await;
    // The pipe is full after some hundred lines, and so is what waits for it.
    let (_, mut lines) = (farm.status().await, BufReader::new(reader).lines());
    for _ in 0..20_000 {
        farm.api.version().await.expect("it answers");
    }
    let told = lines
        .find(|line| line.as_ref().is_ok_and(|line| line.contains("lines of the log could not be written")));
    assert!(told.is_some());
}
