//! What was told of secrets, so that a fault is one event when it begins and one when it is over.

use std::collections::BTreeMap;

use exchange::event::{Event, EventKind};
use farm::instruct::SecretMissing;
use hub::now;

use super::Keeper;

/// Faults that were told.
#[derive(Debug, Default)]
pub(crate) struct Told {
    missing: Vec<SecretMissing>,
    stale: BTreeMap<String, String>,
    version: u64,
}

impl Told {
    /// Passwords that pools wait for.
    pub(crate) fn missing(&mut self, missing: &[SecretMissing], events: &mut Vec<Event>) {
        for news in missing.iter().filter(|one| !self.missing.contains(one)) {
            events.push(Event::new(now(), EventKind::SecretMissing, "farm", news.to_string()));
        }
        let is_of = |a: &SecretMissing, b: &SecretMissing| (&a.whose, &a.pool) == (&b.whose, &b.pool);
        for over in self.missing.iter().filter(|one| !missing.iter().any(|other| is_of(one, other))) {
            let words = format!("the password of {} at pool `{}` was read", over.whose, over.pool);
            events.push(Event::new(now(), EventKind::SecretRead, "farm", words));
        }
        self.missing = missing.to_vec();
    }

    /// Secrets that can no longer be read where an earlier reading is still in use. True when any secret is
    /// another than before.
    pub(crate) fn stale(&mut self, secrets: &Keeper, events: &mut Vec<Event>) -> bool {
        if std::mem::replace(&mut self.version, secrets.version()) == secrets.version() {
            return false;
        }
        let stale: BTreeMap<String, String> = secrets
            .faults()
            .filter(|(secret, _)| secrets.get(secret).is_ok())
            .map(|(secret, fault)| (secret.to_string(), fault.to_owned()))
            .collect();
        for (secret, fault) in stale.iter().filter(|(secret, fault)| self.stale.get(*secret) != Some(fault)) {
            let words = format!("{secret} cannot be read again, and its last value stays in use: {fault}");
            events.push(Event::new(now(), EventKind::SecretStale, "farm", words));
        }
        for secret in self.stale.keys().filter(|secret| !stale.contains_key(*secret)) {
            let words = format!("{secret} can be read again");
            events.push(Event::new(now(), EventKind::SecretRead, "farm", words));
        }
        self.stale = stale;
        true
    }
}
