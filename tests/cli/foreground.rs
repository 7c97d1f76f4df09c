//! `up` and `demo`: a daemon that lives as long as the command.

use std::io::{BufRead as _, BufReader};

use rustix::process::Signal;

use crate::cli::{Cli, plain, signal};

#[test]
fn up_applies_and_ends_with_its_daemon_on_ctrl_c() {
    let cli = Cli::alone();
    cli.write("farm.yaml", plain("a-1..2").to_string().replace("127.0.0.1:3333", "127.0.0.1:0"));
    let mut child = cli.start(&["up", "--scale", "1e-9", "--progress", "none"]);
    let mut said = Vec::new();
    let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines();
    for line in lines.by_ref() {
        let line = line.expect("text");
        let last = line.contains("Ctrl-C ends it");
        said.push(line);
        if last {
            break;
        }
    }
    let said = said.join("\n");
    assert!(
        said.contains("generation 1: converged") && said.contains("miners connect to stratum+tcp://"),
        "{said}"
    );
    let socket = cli.folder().join(".stratumd/stratumd.sock");
    let other = Cli::at(&socket);
    assert!(other.ends(0, &["status"]).out.contains("generation 1"));
    signal(&child, Signal::INT);
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    assert!(!socket.exists(), "the daemon took its socket with it");
    other.ends(5, &["status"]);

    // Its folder is kept, and a farm file that lost its rigs deletes nothing the next time either.
    cli.write("farm.yaml", "");
    cli.ends(3, &["up", "--scale", "1e-9"]);
    assert!(!socket.exists());
}

#[test]
fn the_demonstration_shows_all_and_says_so() {
    let cli = Cli::alone();
    let ran = cli.ends(0, &["demo", "--for", "20s", "-o", "json"]);
    let doc = ran.json();
    assert_eq!(
        (doc["kind"].as_str(), doc["success"].as_bool()),
        (Some("stratumctl.demo"), Some(true)),
        "{doc}"
    );
    assert!(doc["pool_accepted"].as_u64() > Some(0) && doc["reconnects"] == 0, "{doc}");
    assert!(doc["failover_seconds"].as_f64().is_some_and(|seconds| seconds < 30.0), "{doc}");
}
