//! The client is killed on the spot at each step of an apply. The daemon has the old generation or the new one,
//! and `apply --resume` finishes what was begun.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::Child;
use std::sync::mpsc::{Receiver, Sender, channel};

use farm_tests::{Farm, SOON};

use crate::cli::{Cli, plain};

/// Where a request to apply gets stuck on its way.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Stuck {
    /// The daemon never sees it.
    BeforeTheDaemon,
    /// The daemon carries it out, and its answer is lost.
    BehindTheDaemon,
    /// The client has the answer and asks whether it is so by now.
    WhileItWaits,
}

/// Stands between client and daemon; tells when a request to apply is stuck.
fn between(socket: &Path, daemon: &Path, stuck: Stuck) -> Receiver<()> {
    let (tell, told) = channel();
    let listener = UnixListener::bind(socket).expect("a socket");
    let daemon = daemon.to_owned();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let (client, daemon) =
                (client.expect("a client"), UnixStream::connect(&daemon).expect("the daemon"));
            let tell = tell.clone();
            std::thread::spawn(move || carry(client, daemon, stuck, &tell));
        }
    });
    told
}

fn carry(mut client: UnixStream, mut daemon: UnixStream, stuck: Stuck, tell: &Sender<()>) {
    let (mut answers, mut back) =
        (daemon.try_clone().expect("a socket"), client.try_clone().expect("a socket"));
    let (hold, held) = channel::<()>();
    let tell_answered = tell.clone();
    std::thread::spawn(move || {
        let mut buffer = [0; 65536];
        while let Ok(n @ 1..) = answers.read(&mut buffer) {
            if held.try_recv().is_ok() {
                let _ = tell_answered.send(());
                return;
            }
            if back.write_all(&buffer[..n]).is_err() {
                return;
            }
        }
    });
    let mut buffer = [0; 65536];
    while let Ok(n @ 1..) = client.read(&mut buffer) {
        if buffer[..n].starts_with(b"PUT /v1/farm ") {
            match stuck {
                Stuck::BeforeTheDaemon => {
                    let _ = tell.send(());
                    // Held open, so that the client goes on waiting.
                    let _ = client.read(&mut buffer);
                    return;
                }
                Stuck::BehindTheDaemon => drop(hold.send(())),
                Stuck::WhileItWaits => {}
            }
        }
        if stuck == Stuck::WhileItWaits && buffer[..n].starts_with(b"GET /v1/status") {
            let _ = tell.send(());
            let _ = client.read(&mut buffer);
            return;
        }
        if daemon.write_all(&buffer[..n]).is_err() {
            return;
        }
    }
}

/// Kills the client, and returns the key it printed before.
fn kill(mut child: Child) -> String {
    child.kill().expect("it can be killed");
    let said = BufReader::new(child.stderr.take().expect("piped")).lines().map_while(Result::ok);
    let key = said.filter_map(|line| Some(line.strip_prefix("applying with key ")?.to_owned())).last();
    child.wait().expect("it ends");
    key.expect("the key is printed before anything is sent")
}

async fn generation(farm: &Farm) -> u64 {
    farm.api.version().await.expect("the daemon answers").server.generation
}

#[tokio::test]
async fn an_apply_that_is_killed_at_any_step_is_finished_by_resume() {
    for (stuck, there) in [(Stuck::BeforeTheDaemon, 1), (Stuck::BehindTheDaemon, 2), (Stuck::WhileItWaits, 2)]
    {
        let farm = Farm::start().await;
        let cli = Cli::of(&farm);
        cli.write("farm.yaml", plain("a-1"));
        cli.ends(0, &["apply", "--yes"]);
        cli.write("farm.yaml", plain("a-1..2"));
        let socket = cli.home().join("between.sock");
        let told = between(&socket, &farm.folder().join("stratumd.sock"), stuck);
        let place = socket.display().to_string();
        let child = cli.start(&["apply", "--yes", "-s", &place]);
        told.recv_timeout(SOON).expect("the request gets stuck");
        let key = kill(child);
        assert_eq!(generation(&farm).await, there, "{stuck:?}: the old one or the new one");

        let resumed = cli.ends(0, &["apply", "--yes", "--resume", &key]);
        assert!(resumed.out.ends_with("generation 2\n"), "{stuck:?}: {}", resumed.out);
        assert_eq!(generation(&farm).await, 2, "{stuck:?}: applied once");
        assert_eq!(farm.status().await.rigs.len(), 2);
        // Once more changes nothing.
        cli.ends(0, &["apply", "--yes", "--resume", &key]);
        assert_eq!(generation(&farm).await, 2);
        // The key is for that file alone, and somebody who came later is not undone by it.
        cli.write("farm.yaml", plain("a-1..3"));
        let other = cli.run(&["apply", "--yes", "--resume", &key]);
        assert!(other.code == 6 && other.err.contains("key"), "{other:?}");
        cli.ends(0, &["apply", "--yes"]);
        cli.write("farm.yaml", plain("a-1..2"));
        let late = cli.ends(6, &["apply", "--yes", "--resume", &key]);
        assert!(late.err.contains("superseded by 3"), "{}", late.err);
        assert_eq!(generation(&farm).await, 3);
    }
}

#[tokio::test]
async fn an_apply_that_is_stopped_while_it_waits_says_how_to_go_on() {
    use rustix::process::Signal;
    for (by, code) in [(Signal::INT, Some(130)), (Signal::TERM, Some(143)), (Signal::KILL, None)] {
        let farm = Farm::start().await;
        let cli = Cli::of(&farm);
        cli.write("farm.yaml", plain("a-1"));
        let socket = cli.home().join("between.sock");
        let told = between(&socket, &farm.folder().join("stratumd.sock"), Stuck::BehindTheDaemon);
        let place = socket.display().to_string();
        let child = cli.start(&["apply", "--yes", "--reason", "first", "-s", &place]);
        told.recv_timeout(SOON).expect("the request gets stuck");
        crate::cli::signal(&child, by);
        let ran = child.wait_with_output().expect("it ends");
        assert_eq!(ran.status.code(), code);
        let said = String::from_utf8(ran.stderr).expect("text");
        let key = said.lines().find_map(|line| line.strip_prefix("applying with key ")).expect("a key");
        if code.is_some() {
            assert!(said.contains(&format!("apply --resume {key}")), "{said}");
        }
        assert_eq!(generation(&farm).await, 1, "the daemon goes on");
        cli.ends(0, &["apply", "--yes", "--resume", key, "--reason", "first"]);
        assert_eq!(generation(&farm).await, 1);
    }
}
