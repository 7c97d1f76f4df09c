//! Reads secrets where they are kept: here, where the daemon runs. Whoever writes the farm file says which
//! secret is meant; what may be read at all, the host says. Never logs one.

mod file;
mod keeper;
mod report;
mod sops;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use schema::farm::Farm;
use schema::secret::SecretRef;

pub(crate) use file::read_text;
pub(crate) use keeper::Keeper;
pub(crate) use report::Told;

/// Longest secret, bytes.
pub(crate) const LEN_MAX: u64 = 64 * 1024;
/// A file that takes longer is given up for now.
const FILE_TIME_MAX: Duration = Duration::from_secs(2);

/// The secrets that this release acts on: passwords at pools, their authorities' certificates, and the certificates of
/// the hub's listeners.
pub(crate) fn wanted(farm: &Farm, hub: Option<&str>) -> HashSet<SecretRef> {
    let uses = farm.customers.values().flat_map(|customer| &customer.pools).chain(&farm.house.pools);
    let hub = match hub {
        Some(name) => farm.hubs.iter().find(|(hub, _)| hub.as_str() == name).map(|(_, hub)| hub),
        None => farm.hubs.values().next(),
    };
    let sealed =
        hub.iter().flat_map(|hub| hub.listeners.values()).filter_map(|listener| listener.tls.as_ref());
    let authorities = farm.pools.values().filter_map(|pool| pool.tls.as_ref()?.ca.as_ref());
    uses.map(|used| &used.password)
        .chain(authorities)
        .chain(sealed.flat_map(|tls| [&tls.certificate, &tls.key]))
        .filter(|secret| secret.text().is_none())
        .cloned()
        .collect()
}

/// What this host lets a farm file read.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    /// The one folder that `{file: ...}` and `{sops: ...}` reach.
    pub(crate) folder: PathBuf,
    /// What systemd gave, if it gave any.
    pub(crate) credentials: Option<PathBuf>,
    /// How variables begin that `{env: ...}` reaches.
    pub(crate) env_prefix: String,
}

impl Places {
    /// Reads a secret; may take a while. Errors say where it was looked for and the way out, never what was
    /// found.
    fn read(&self, secret: &SecretRef) -> Result<String, String> {
        let value = self.find(secret)?;
        let is_blank = value.chars().all(|c| c.is_whitespace() || c.is_control());
        match secret {
            SecretRef::Text(_) => Ok(value),
            // A file that was made and not filled, a variable that a template left blank.
            _ if is_blank => Err(format!(
                "{}: there is nothing in it; write the secret there, or say {{text: ''}} where none is wanted",
                self.place(secret)
            )),
            _ => Ok(value),
        }
    }

    /// Where a secret is, for a person.
    fn place(&self, secret: &SecretRef) -> String {
        match secret {
            SecretRef::Text(_) => "the farm file".to_owned(),
            SecretRef::Env(name) => format!("the environment variable {name}"),
            SecretRef::File(path) => self.folder.join(path).display().to_string(),
            SecretRef::Credential(name) => format!("the credential {name}"),
            SecretRef::Sops(key) => format!("{}#{}", self.folder.join(key.file()).display(), key.key()),
        }
    }

    fn find(&self, secret: &SecretRef) -> Result<String, String> {
        match secret {
            SecretRef::Text(text) => Ok(text.clone()),
            SecretRef::Env(name) => self.variable(name.as_ref()),
            SecretRef::File(path) => {
                let path = self.inside(path)?;
                file::read_inside(&self.folder, &path)
            }
            SecretRef::Credential(name) => {
                let Some(credentials) = &self.credentials else {
                    return Err(format!(
                        "systemd gave no credentials, so not `{name}` either; give it with LoadCredential={name}:/path"
                    ));
                };
                if name.is_empty() || name.contains('/') || matches!(name.as_str(), "." | "..") {
                    return Err(format!(
                        "`{name}` is no name of a credential; write the name that LoadCredential= has"
                    ));
                }
                file::read_inside(credentials, Path::new(name))
            }
            SecretRef::Sops(key) => {
                let path = self.inside(key.file())?;
                file::check_inside(&self.folder, &path)?;
                sops::decrypt(&self.folder.join(&path), key.key())
            }
        }
    }

    /// How long reading it may take.
    fn time_max(secret: &SecretRef) -> Duration {
        match secret {
            SecretRef::Sops(_) => sops::TIME_MAX + FILE_TIME_MAX,
            _ => FILE_TIME_MAX,
        }
    }

    fn variable(&self, name: &str) -> Result<String, String> {
        if !name.starts_with(&self.env_prefix) {
            return Err(format!(
                "the environment variable {name} is none that this host lets a farm file read; name it {}{name}, or start stratumd with another --secrets-env-prefix",
                self.env_prefix
            ));
        }
        let Some(value) = std::env::var_os(name) else {
            return Err(format!("the environment variable {name} is not set where stratumd runs"));
        };
        if value.len() as u64 > LEN_MAX {
            return Err(format!("the environment variable {name} is longer than a secret should be, 64 KiB"));
        }
        value.into_string().map_err(|_| format!("the environment variable {name} is not text"))
    }

    /// The path below the folder. Only says no early and in plain words: what is opened is held inside the
    /// folder when it is opened.
    fn inside(&self, path: &str) -> Result<PathBuf, String> {
        let outside = || {
            format!(
                "{path}: stratumd reads files for a farm file from {} only; put it there, or start stratumd with another --secrets",
                self.folder.display()
            )
        };
        let relative = match Path::new(path) {
            absolute if absolute.is_absolute() => {
                let folder = std::path::absolute(&self.folder).unwrap_or_else(|_| self.folder.clone());
                absolute.strip_prefix(folder).map_err(|_| outside())?
            }
            relative => relative,
        };
        use std::path::Component;
        if relative.components().any(|part| !matches!(part, Component::Normal(_) | Component::CurDir)) {
            return Err(outside());
        }
        if relative.as_os_str().is_empty() {
            return Err(format!("`{path}` names no file; write one in {}", self.folder.display()));
        }
        Ok(relative.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(folder: &Path) -> Places {
        Places { folder: folder.to_owned(), credentials: None, env_prefix: "STRATUM_SECRET_".into() }
    }

    fn at(path: &str) -> SecretRef {
        SecretRef::File(path.into())
    }

    #[test]
    fn files_lose_their_last_line_end_and_faults_name_the_place() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("pool"), "geheim\n").unwrap();
        let places = places(folder.path());
        assert_eq!(places.read(&at("pool")).unwrap(), "geheim");
        assert_eq!(places.read(&at("./pool")).unwrap(), "geheim");
        let absolute = folder.path().join("pool").display().to_string();
        assert_eq!(places.read(&at(&absolute)).unwrap(), "geheim");
        let missing = places.read(&at("other")).unwrap_err();
        assert!(missing.contains("other"), "{missing}");
        assert_eq!(places.read(&SecretRef::Text("x".into())).unwrap(), "x");
    }

    #[test]
    fn an_empty_secret_is_a_missing_one() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("given")).unwrap();
        let mut places = places(folder.path());
        places.credentials = Some(folder.path().join("given"));
        for blank in ["", "\n", "\r\n", " \n", "\t \n\n", "\0\0"] {
            std::fs::write(folder.path().join("pool"), blank).unwrap();
            std::fs::write(folder.path().join("given/pool"), blank).unwrap();
            for secret in [at("pool"), SecretRef::Credential("pool".into())] {
                let why = places.read(&secret).expect_err(blank);
                assert!(why.contains("pool") && why.contains("nothing in it"), "{blank:?}: {why}");
            }
        }
        std::fs::write(folder.path().join("pool"), "x\n").unwrap();
        assert_eq!(places.read(&at("pool")).unwrap(), "x");
        assert_eq!(places.read(&SecretRef::Text(String::new())).unwrap(), "", "empty by intention");
    }

    #[test]
    fn nothing_outside_of_the_folder_is_read_however_it_is_spelt() {
        let around = tempfile::tempdir().unwrap();
        let folder = around.path().join("secrets");
        std::fs::create_dir_all(folder.join("deep")).unwrap();
        std::fs::write(around.path().join("outside"), "geheim\n").unwrap();
        let outside = around.path().join("outside");
        let link = |to: &Path, name: &str| std::os::unix::fs::symlink(to, folder.join(name)).unwrap();
        link(&outside, "absolute-link");
        link(Path::new("../outside"), "link");
        link(Path::new(".."), "up");
        link(around.path(), "around");
        link(Path::new("/"), "top");
        link(Path::new("/proc/self"), "self");
        let places = places(&folder);
        let twisted = format!("{}/../outside", folder.display());
        for path in [
            "/etc/shadow",
            "/etc/passwd",
            "../outside",
            "deep/../../outside",
            "./../outside",
            &twisted,
            "absolute-link",
            "link",
            "up/outside",
            "around/outside",
            "top/etc/passwd",
            "self/environ",
            "/proc/self/environ",
            "/dev/stdin",
            "",
            ".",
            "..",
            "/",
        ] {
            let why = places.read(&at(path)).expect_err(path);
            assert!(!why.contains("geheim") && !why.contains("root:"), "{path}: {why}");
            if !path.is_empty() {
                assert!(why.contains(path), "{path}: {why}");
            }
            let key = format!("{path}#a/b").parse();
            if let Ok(key) = key {
                places.read(&SecretRef::Sops(key)).expect_err(path);
            }
        }
    }

    #[test]
    fn a_link_that_stays_inside_is_followed() {
        // Kubernetes mounts secrets like this.
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("..2026")).unwrap();
        std::fs::write(folder.path().join("..2026/pool"), "geheim").unwrap();
        std::os::unix::fs::symlink("..2026", folder.path().join("..data")).unwrap();
        std::os::unix::fs::symlink("..data/pool", folder.path().join("pool")).unwrap();
        assert_eq!(places(folder.path()).read(&at("pool")).unwrap(), "geheim");
    }

    #[test]
    fn only_regular_files_of_a_sane_size_are_secrets() {
        use rustix::fs::{CWD, FileType, Mode, mknodat};
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        mknodat(CWD, path("fifo"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(path("socket")).unwrap();
        std::fs::create_dir(path("folder")).unwrap();
        std::fs::write(path("large"), vec![b'a'; LEN_MAX as usize + 1]).unwrap();
        std::fs::write(path("full"), vec![b'a'; LEN_MAX as usize]).unwrap();
        std::fs::write(path("binary"), [0xff, 0xfe, 0x00]).unwrap();
        std::os::unix::fs::symlink("/dev/zero", path("zero")).unwrap();
        std::os::unix::fs::symlink("loop", path("loop")).unwrap();
        let places = places(folder.path());
        for name in ["fifo", "socket", "folder", "large", "binary", "zero", "loop"] {
            let why = places.read(&at(name)).expect_err(name);
            assert!(why.contains(name), "{why}");
        }
        assert_eq!(places.read(&at("full")).unwrap().len() as u64, LEN_MAX);
    }

    #[test]
    fn a_folder_that_is_not_there_is_the_way_out() {
        let why = places(Path::new("/nowhere/secrets")).read(&at("pool")).unwrap_err();
        assert!(why.contains("/nowhere/secrets") && why.contains("--secrets"), "{why}");
    }

    #[test]
    fn variables_are_those_that_the_host_has_set_apart() {
        let folder = tempfile::tempdir().unwrap();
        let env = |name: &str| SecretRef::Env(name.parse().unwrap());
        let mut places = places(folder.path());
        let why = places.read(&env("PATH")).unwrap_err();
        assert!(why.contains("STRATUM_SECRET_PATH") && why.contains("--secrets-env-prefix"), "{why}");
        let why = places.read(&env("STRATUM_SECRET_NOT_SET")).unwrap_err();
        assert!(why.contains("not set"), "{why}");
        // What every test process has.
        places.env_prefix = "CARGO_".into();
        assert!(places.read(&env("CARGO_MANIFEST_DIR")).is_ok());
    }

    #[test]
    fn credentials_are_plain_names() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("given")).unwrap();
        std::fs::write(folder.path().join("given/pool"), "geheim\n").unwrap();
        std::fs::write(folder.path().join("outside"), "geheim\n").unwrap();
        let credential = |name: &str| SecretRef::Credential(name.into());
        let mut places = places(folder.path());
        assert!(places.read(&credential("pool")).unwrap_err().contains("LoadCredential="));
        places.credentials = Some(folder.path().join("given"));
        assert_eq!(places.read(&credential("pool")).unwrap(), "geheim");
        for name in ["../outside", "..", ".", "", "/etc/passwd", "a/b"] {
            places.read(&credential(name)).expect_err(name);
        }
    }
}
