//! Checks on the code itself: who may use whom, what may not be in it, and files that nobody reads.

mod bans;
mod events;
mod imports;
mod tree;
mod words;

use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of the whole work tree.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the work tree").to_owned()
}

/// Every file below the work tree that git knows or would add, as paths from its root. Where there is no
/// git, everything but what a build leaves.
fn files() -> Vec<PathBuf> {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output();
    let mut out = Vec::new();
    match listed {
        Ok(listed) if listed.status.success() => {
            let names = String::from_utf8(listed.stdout).expect("names are UTF-8");
            out.extend(names.split_terminator('\0').map(PathBuf::from));
        }
        _ => walk(Path::new(""), &mut out),
    }
    // A deleted file stays in the list until its deletion is committed.
    out.retain(|path| root().join(path).is_file());
    out.sort();
    assert!(out.len() > 100, "the whole tree is looked at, not {} files", out.len());
    out
}

fn walk(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(root().join(folder)).expect("a readable folder") {
        let entry = entry.expect("a readable folder");
        let path = folder.join(entry.file_name());
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if entry.file_type().expect("a type").is_dir() {
            if !hidden && entry.file_name() != "target" {
                walk(&path, out);
            }
        } else {
            out.push(path);
        }
    }
}

/// Every Rust source, with its text.
fn sources() -> Vec<(PathBuf, String)> {
    let rust = files().into_iter().filter(|path| path.extension().is_some_and(|ext| ext == "rs"));
    rust.map(|path| {
        let text = std::fs::read_to_string(root().join(&path)).expect("a readable source");
        (path, text)
    })
    .collect()
}
