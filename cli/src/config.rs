//! Settings from files: `.stratumctl.yaml` of the project, then `config.yaml` of the user. Flags and the
//! environment come before both. What they say becomes the default of the flag of the same name.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::ValueEnum as _;
use serde_json::Value;

use crate::args::{OutputFormat, When};
use crate::commands::{delete_limit, span};
use crate::error::{Exit, Failure};

/// What may be set, by the name of its flag with `_` for `-`.
const KEYS: [&str; 7] = ["server", "token_file", "output", "file", "timeout", "max_delete", "color"];
const PROJECT: &str = ".stratumctl.yaml";

/// What the files say: a key, its value, and the file it is from.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    values: BTreeMap<&'static str, String>,
}

impl Settings {
    /// Reads both files, where they are.
    pub(crate) fn read() -> Result<Self, Failure> {
        let mut settings = match users() {
            Some(path) => Self::of(&path)?,
            None => Self::default(),
        };
        if let Some(path) = projects() {
            let project = Self::of(&path)?;
            // A repository says where its daemon is; it does not get the token that was meant for another one.
            if project.values.contains_key("server") {
                settings.values.remove("token_file");
            }
            settings.values.extend(project.values);
        }
        Ok(settings)
    }

    /// The default of a flag, by its long name.
    pub(crate) fn default_of(&self, flag: &str) -> Option<&str> {
        self.values.get(flag.replace('-', "_").as_str()).map(String::as_str)
    }

    fn of(path: &Path) -> Result<Self, Failure> {
        let wrong = |what: String, help: &str| {
            Failure::new(Exit::Invalid, "settings", format!("{}: {what}", path.display()), Some(help))
        };
        let text = match repository::read_text(path, 1 << 20) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(wrong(error.to_string(), "make it readable, or remove it")),
        };
        let form = "write one `key: value` a line, such as `server: /run/stratumd/stratumd.sock`";
        let read: Option<BTreeMap<String, Value>> =
            serde_yaml::from_str(&text).map_err(|error| wrong(error.to_string(), form))?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut values = BTreeMap::new();
        for (key, value) in read.unwrap_or_default() {
            let Some(known) = KEYS.into_iter().find(|known| *known == key) else {
                let keys = format!("the keys are {}", KEYS.join(", "));
                return Err(wrong(format!("there is no setting `{key}`"), &keys));
            };
            let text = match value {
                Value::String(text) => text,
                Value::Number(number) => number.to_string(),
                _ => return Err(wrong(format!("`{key}` is not a single value"), form)),
            };
            let text = check(known, text, folder).map_err(|why| wrong(format!("`{key}`: {why}"), form))?;
            values.insert(known, text);
        }
        Ok(Self { values })
    }
}

/// The same rule as for the flag; paths are meant from the file's own folder.
fn check(key: &str, text: String, folder: &Path) -> Result<String, String> {
    match key {
        "output" => OutputFormat::from_str(&text, false).map(drop)?,
        "color" => When::from_str(&text, false).map(drop)?,
        "timeout" => span(&text).map(drop)?,
        "max_delete" => delete_limit(&text).map(drop)?,
        "file" | "token_file" => return Ok(folder.join(text).display().to_string()),
        "server" if !text.contains("://") => return Ok(folder.join(text).display().to_string()),
        _ => {}
    }
    Ok(text)
}

fn users() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = set("XDG_CONFIG_HOME").or_else(|| Some(set("HOME")?.join(".config")))?;
    Some(base.join("stratumctl").join("config.yaml"))
}

fn projects() -> Option<PathBuf> {
    upward().into_iter().map(|folder| folder.join(PROJECT)).find(|path| path.is_file())
}

/// This folder and those above it, as far as the git work tree goes; outside of git this one alone.
pub(crate) fn upward() -> Vec<PathBuf> {
    let mut folders = vec![PathBuf::new()];
    let Ok(here) = std::env::current_dir() else { return folders };
    let Some(depth) = here.ancestors().position(|folder| folder.join(".git").exists()) else {
        return folders;
    };
    for level in 1..=depth {
        folders.push(std::iter::repeat_n("..", level).collect());
    }
    folders
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Settings, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(PROJECT);
        std::fs::write(&path, text).unwrap();
        let replaced = folder.path().display().to_string();
        match Settings::of(&path) {
            Ok(mut settings) => {
                for value in settings.values.values_mut() {
                    *value = value.replace(&replaced, "HERE");
                }
                Ok(settings)
            }
            Err(failure) => Err(format!("{:?}", failure.doc.error).replace(&replaced, "HERE")),
        }
    }

    #[test]
    fn values_become_defaults_and_paths_start_at_the_file() {
        let settings = of("server: run/d.sock\nmax_delete: 5%\nfile: farms/a.yaml\ntimeout: 90s\n").unwrap();
        assert_eq!(settings.default_of("server"), Some("HERE/run/d.sock"));
        assert_eq!(settings.default_of("max-delete"), Some("5%"));
        assert_eq!(settings.default_of("file"), Some("HERE/farms/a.yaml"));
        assert_eq!(settings.default_of("color"), None);
        assert_eq!(
            of("server: https://farm.example:8443\n").unwrap().default_of("server"),
            Some("https://farm.example:8443")
        );
        assert_eq!(of("max_delete: 3\n").unwrap().default_of("max-delete"), Some("3"));
        assert_eq!(of("# nothing yet\n").unwrap().values.len(), 0);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_file() {
        for (text, word) in [
            ("serverr: x\n", "there is no setting `serverr`"),
            ("output: tabel\n", "`output`"),
            ("timeout: soon\n", "`timeout`"),
            ("max_delete: many\n", "`max_delete`"),
            ("color: [red]\n", "`color` is not a single value"),
            ("- a\n", "HERE/.stratumctl.yaml"),
        ] {
            let told = of(text).unwrap_err();
            assert!(told.contains(word) && told.contains("HERE/.stratumctl.yaml"), "{text}: {told}");
        }
    }
}
