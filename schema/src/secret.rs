//! Where a secret is kept; never the secret. Files, variables and credentials are those of the
//! machine where the daemon runs, and that machine says which of them may be read. `text` is for passwords that guard nothing.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::{Text, TextError, text_value};

/// Where a secret is kept. Exactly one of these.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SecretRef {
    /// An environment variable of the daemon. Its name must begin with `STRATUM_SECRET_`, or the prefix that the daemon was started with.
    Env(EnvName),
    /// A file in the daemon's folder of secrets that holds nothing else.
    File(String),
    /// A key in a file encrypted with SOPS in the same folder: `secrets.yaml#pool/alice`.
    Sops(SopsKey),
    /// A credential that systemd hands to the daemon.
    Credential(String),
    /// The text itself, for a password that guards nothing: `x`.
    Text(String),
}

impl SecretRef {
    /// The kind of place: `env`, `file`, `sops`, `credential` or `text`.
    pub fn kind(&self) -> &'static str {
        match self {
            SecretRef::Env(_) => "env",
            SecretRef::File(_) => "file",
            SecretRef::Sops(_) => "sops",
            SecretRef::Credential(_) => "credential",
            SecretRef::Text(_) => "text",
        }
    }

    /// The text itself, where it is not a reference.
    pub fn text(&self) -> Option<&str> {
        match self {
            SecretRef::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// Says where it is kept, and of a text nothing but that it is one.
impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SecretRef::Env(name) => write!(f, "{{env: {name}}}"),
            SecretRef::File(path) => write!(f, "{{file: {path}}}"),
            SecretRef::Sops(key) => write!(f, "{{sops: {key}}}"),
            SecretRef::Credential(name) => write!(f, "{{credential: {name}}}"),
            SecretRef::Text(_) => f.write_str("{text: ...}"),
        }
    }
}

impl fmt::Debug for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

macro_rules! kept_at {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }

        text_value!($name);
    };
}

kept_at! {
    /// Name of an environment variable.
    EnvName
}

impl FromStr for EnvName {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        let fits = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
        if text.is_empty()
            || text.len() > 128
            || text.as_bytes()[0].is_ascii_digit()
            || !text.bytes().all(fits)
        {
            return Err(TextError::of::<EnvName>("it is not written like one"));
        }
        Ok(EnvName(text.into()))
    }
}

impl Text for EnvName {
    const FORMAT: &'static str = "farm-env-name";
    const WHAT: &'static str = "the name of an environment variable";
    const EXPECTED: &'static str = "capital letters, digits and `_`, such as `STRATUM_SECRET_POOL`";
    const PATTERN: &'static str = "^[A-Z_][A-Z0-9_]{0,127}$";
    const EXAMPLES: &'static [&'static str] = &["STRATUM_SECRET_POOL"];
}

kept_at! {
    /// A file encrypted with SOPS and a key in it: `secrets.yaml#pool/alice`.
    SopsKey
}

impl SopsKey {
    /// The file on the daemon's machine.
    pub fn file(&self) -> &str {
        self.0.split_once('#').map_or("", |(file, _)| file)
    }

    /// The key in it; `/` goes one level down.
    pub fn key(&self) -> &str {
        self.0.split_once('#').map_or("", |(_, key)| key)
    }
}

impl FromStr for SopsKey {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        match text.split_once('#') {
            Some((file, key))
                if !file.is_empty() && !key.is_empty() && !text.chars().any(char::is_control) =>
            {
                Ok(SopsKey(text.into()))
            }
            _ => Err(TextError::of::<SopsKey>("it needs a file, `#` and a key")),
        }
    }
}

impl Text for SopsKey {
    const FORMAT: &'static str = "farm-sops-key";
    const WHAT: &'static str = "a key in a SOPS file";
    const EXPECTED: &'static str = "the file, `#` and the key, such as `secrets.yaml#pool/alice`";
    const PATTERN: &'static str = "^[^#]+#.+$";
    const EXAMPLES: &'static [&'static str] = &["secrets.yaml#pool/alice"];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_written_as_its_place() {
        let secret: SecretRef = serde_json::from_str(r#"{"env": "POOL_PASSWORD"}"#).unwrap();
        assert_eq!(secret.to_string(), "{env: POOL_PASSWORD}");
        assert!(serde_json::from_str::<SecretRef>(r#""hunter2""#).is_err());
        let key: SopsKey = "a.yaml#b/c".parse().unwrap();
        assert_eq!((key.file(), key.key()), ("a.yaml", "b/c"));
    }

    #[test]
    fn not_even_a_text_is_printed_by_accident() {
        let secret = SecretRef::Text("hunter2".into());
        assert!(!format!("{secret} {secret:?}").contains("hunter2"));
    }
}
