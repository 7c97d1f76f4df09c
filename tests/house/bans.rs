//! What may not be in the tree: unfinished code, debug prints, paths of somebody's machine.

use crate::{files, root, sources};

/// Where a machine's own folders would show, written so that this file does not find itself.
fn machine_paths() -> [String; 4] {
    ["root", "work", "home", "Users"].map(|folder| format!("/{folder}/"))
}

#[test]
fn nothing_is_left_undone() {
    let banned = ["todo", "unimplemented", "dbg"].map(|name| format!("{name}!("));
    let mut found = Vec::new();
    for (path, text) in sources() {
        for (at, line) in text.lines().enumerate() {
            let is_ignored = line.trim_start().starts_with(&format!("#[{}", "ignore"));
            if is_ignored || banned.iter().any(|word| line.contains(word.as_str())) {
                found.push(format!("{}:{}: {}", path.display(), at + 1, line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn no_file_knows_somebodys_machine() {
    let banned = machine_paths();
    let mut found = Vec::new();
    for path in files() {
        // What is not text cannot be read by people either, and what is generated is checked elsewhere.
        let Ok(text) = std::fs::read_to_string(root().join(&path)) else { continue };
        for (at, line) in text.lines().enumerate() {
            if banned.iter().any(|folder| begins_a_path(line, folder)) {
                found.push(format!("{}:{}: {}", path.display(), at + 1, line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// Whether `folder` stands in the line as the beginning of a path, not inside a longer one or a URL.
fn begins_a_path(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || "._-~/$}{>".contains(c))
    })
}

#[test]
fn paths_are_told_from_their_likes() {
    let home = &machine_paths()[2];
    for bad in [format!("open(\"{home}x\")"), format!("see {home}x"), format!("={home}me")] {
        assert!(begins_a_path(&bad, home), "{bad}");
    }
    for good in [format!("https://x.example{home}x"), format!("$X{home}"), format!("docs{home}")] {
        assert!(!begins_a_path(&good, home), "{good}");
    }
}

#[test]
fn every_ground_crate_bans_the_world() {
    for (ground, banned) in [
        ("daemon/stratum", ["std::net::TcpStream", "std::time::Instant::now", "std::fs::File"]),
        ("daemon/farm", ["std::net::TcpStream", "std::time::Instant::now", "std::fs::File"]),
        ("daemon/rehearsal", ["std::net::TcpStream", "std::time::Instant::now", "std::fs::File"]),
        ("schema", ["std::net::TcpStream", "std::time::Instant::now", "std::fs::File"]),
    ] {
        let path = root().join(ground).join("clippy.toml");
        let text = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{ground} needs its own clippy.toml: {error}"));
        for banned in banned {
            assert!(text.contains(banned), "{ground}/clippy.toml does not ban {banned}");
        }
    }
}
