//! Asks the program `sops`, which knows the keys and where they are. It gets so much time, and may say so much.

use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use super::LEN_MAX;

/// Keys may be kept in another building.
pub(super) const TIME_MAX: Duration = Duration::from_secs(20);

pub(super) fn decrypt(path: &Path, key: &str) -> Result<String, String> {
    run("sops", path, key, TIME_MAX)
}

fn run(program: &str, path: &Path, key: &str, time_max: Duration) -> Result<String, String> {
    let shown = path.display();
    let at: String = key.split('/').map(|part| format!("[{}]", serde_json::Value::from(part))).collect();
    let mut child = Command::new(program)
        .args(["--decrypt", "--extract", &at])
        // Never an option, whatever the file is called.
        .arg(std::path::absolute(path).unwrap_or_else(|_| path.to_owned()))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| {
            format!("{shown}: the program {program}: {error}; install it where stratumd runs")
        })?;
    let mut out = child.stdout.take().ok_or("no output")?;
    let (said, heard) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = out.by_ref().take(LEN_MAX + 1).read_to_end(&mut bytes);
        let _ = said.send(read.map(|_| bytes));
    });
    let heard = heard.recv_timeout(time_max);
    let whole = matches!(&heard, Ok(Ok(bytes)) if bytes.len() as u64 <= LEN_MAX);
    if !whole {
        let _ = child.kill();
    }
    let ended = child.wait().map_err(|error| format!("{shown}: the program {program}: {error}"))?;
    let bytes = match heard {
        Err(_) => return Err(format!("{shown}: {program} took longer than {} s", time_max.as_secs_f64())),
        Ok(Err(error)) => return Err(format!("{shown}: the program {program}: {error}")),
        Ok(Ok(_)) if !whole => {
            return Err(format!("{shown}: `{key}` is larger than a secret should be, 64 KiB"));
        }
        Ok(Ok(_)) if !ended.success() => {
            return Err(format!("{shown}: {program} could not decrypt `{key}`; try it as the daemon's user"));
        }
        Ok(Ok(bytes)) => bytes,
    };
    String::from_utf8(bytes)
        .map(|text| text.trim_end_matches('\n').to_owned())
        .map_err(|_| format!("{shown}: `{key}` is not text"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;
    use std::time::Instant;

    use super::*;

    fn program(folder: &Path, text: &str) -> String {
        let path = folder.join("program");
        std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
        path.display().to_string()
    }

    #[test]
    fn what_the_program_says_is_the_secret_and_it_may_neither_hang_nor_flood() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("s.yaml");
        let said = |text: &str, max: u64| {
            run(&program(folder.path(), text), &file, "pool/alice", Duration::from_millis(max))
        };
        assert_eq!(
            said("echo \"$3|$4\"", 5000).unwrap(),
            format!("[\"pool\"][\"alice\"]|{}", file.display())
        );
        assert!(said("exit 1", 5000).unwrap_err().contains("decrypt"));
        let begun = Instant::now();
        assert!(said("exec sleep 30", 100).unwrap_err().contains("longer"));
        assert!(said("exec cat /dev/zero", 5000).unwrap_err().contains("larger"));
        assert!(begun.elapsed() < Duration::from_secs(5));
        assert!(run("/nowhere/sops", &file, "a", TIME_MAX).unwrap_err().contains("install"));
    }
}
