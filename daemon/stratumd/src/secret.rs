//! Reads secrets where they are kept: here, where the daemon runs. Never logs one.

use std::path::{Path, PathBuf};

use schema::secret::SecretRef;

/// Longest secret, bytes.
const LEN_MAX: u64 = 64 * 1024;

/// Reads a secret. Errors say where it was looked for, never what was found.
pub(crate) fn read(secret: &SecretRef, folder: &Path) -> Result<String, String> {
    match secret {
        SecretRef::Text(text) => Ok(text.clone()),
        SecretRef::Env(name) => std::env::var(name.to_string())
            .map_err(|_| format!("the environment variable {name} is not set where stratumd runs")),
        SecretRef::File(path) => file(&folder.join(path)),
        SecretRef::Credential(name) => match std::env::var_os("CREDENTIALS_DIRECTORY") {
            Some(credentials) => file(&PathBuf::from(credentials).join(name)),
            None => Err(format!("systemd gave no credentials, so not `{name}` either (LoadCredential=)")),
        },
        SecretRef::Sops(key) => sops(folder, key.file(), key.key()),
    }
}

fn file(path: &Path) -> Result<String, String> {
    let fault = |error: std::io::Error| format!("{}: {error}", path.display());
    let len = std::fs::metadata(path).map_err(fault)?.len();
    if len > LEN_MAX {
        return Err(format!("{}: larger than a secret should be", path.display()));
    }
    let text = std::fs::read_to_string(path).map_err(fault)?;
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}

/// The `sops` program knows the keys and where they are.
fn sops(folder: &Path, path: &str, key: &str) -> Result<String, String> {
    let at: String = key.split('/').map(|part| format!("[{}]", serde_json::Value::from(part))).collect();
    let out = std::process::Command::new("sops")
        .args(["--decrypt", "--extract", &at])
        .arg(folder.join(path))
        .stdin(std::process::Stdio::null())
        .output()
        .map_err(|error| format!("the program sops: {error}"))?;
    if !out.status.success() {
        return Err(format!("sops could not decrypt `{key}` in {path}"));
    }
    String::from_utf8(out.stdout)
        .map(|text| text.trim_end_matches('\n').to_owned())
        .map_err(|_| format!("`{key}` in {path} is not text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_lose_their_last_line_end_and_faults_name_the_place() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("pool"), "geheim\n").unwrap();
        assert_eq!(read(&SecretRef::File("pool".into()), folder.path()).unwrap(), "geheim");
        let missing = read(&SecretRef::File("other".into()), folder.path()).unwrap_err();
        assert!(missing.contains("other"), "{missing}");
        assert_eq!(read(&SecretRef::Text("x".into()), folder.path()).unwrap(), "x");
    }
}
