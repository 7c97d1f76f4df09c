//! Holds every index of the exchange to what it is an index of. Called after each step of tests and fuzzers.

use super::Exchange;
use crate::session::{Identity, UNKNOWN};

impl Exchange {
    /// Says what is not as it must be, if anything.
    pub fn check(&self) -> Result<(), String> {
        self.check_names()?;
        self.check_attachments()?;
        self.check_pools()
    }

    /// Who is who.
    fn check_names(&self) -> Result<(), String> {
        for (rig, id) in &self.by_rig {
            let identity = self.sessions.get(id).map(|session| &session.identity);
            if identity != Some(&Identity::Rig(rig.clone())) {
                return Err(format!("{rig} is said to be {id:?}, which is {identity:?}"));
            }
        }
        for (rig, ids) in &self.clones {
            if ids.is_empty() || !self.by_rig.contains_key(rig) {
                return Err(format!("{rig} has clones {ids:?} and nobody who has the name"));
            }
            for id in ids {
                let identity = self.sessions.get(id).map(|session| &session.identity);
                if identity != Some(&Identity::Clone(rig.clone())) {
                    return Err(format!("{id:?} is said to be a clone of {rig} and is {identity:?}"));
                }
            }
        }
        for (id, session) in &self.sessions {
            let indexed = match &session.identity {
                Identity::Rig(rig) => self.by_rig.get(rig) == Some(id) && self.orders.rigs.contains_key(rig),
                Identity::Clone(rig) => self.clones.get(rig).is_some_and(|ids| ids.contains(id)),
                Identity::Stranger | Identity::Unknown => true,
            };
            if !indexed {
                return Err(format!("{id:?} is {:?} and nobody knows", session.identity));
            }
            if session.identity != Identity::Unknown && session.route >= self.orders.routes.len() {
                return Err(format!("{id:?} is on route {} of {}", session.route, self.orders.routes.len()));
            }
        }
        let strangers = self.sessions.iter().filter(|(id, session)| {
            self.strangers.contains(**id)
                && matches!(session.identity, Identity::Stranger | Identity::Clone(_))
        });
        if strangers.count() != self.strangers.len() {
            return Err("the list of strangers names some that are none".into());
        }
        match self.refusals.keys().find(|rig| ***rig != *UNKNOWN && !self.orders.rigs.contains_key(*rig)) {
            Some(rig) => Err(format!("refused shares are kept for {rig}, which is in no farm file")),
            None => Ok(()),
        }
    }

    /// Who sits where.
    fn check_attachments(&self) -> Result<(), String> {
        for (id, session) in &self.sessions {
            let Some(attachment) = &session.attachment else { continue };
            let members = self.upstreams.get(&attachment.upstream).map(|upstream| &upstream.members);
            let own = session.own.map(|own| own.value);
            if members.and_then(|members| members.get(id).copied()) != own {
                return Err(format!(
                    "{id:?} is attached to {:?} with {own:?}, which has {members:?}",
                    attachment.upstream
                ));
            }
        }
        for (at, upstream) in &self.upstreams {
            for id in upstream.members.keys() {
                let attached = self.sessions.get(id).and_then(|session| session.attachment.as_ref());
                if attached.map(|attachment| attachment.upstream) != Some(*at) {
                    return Err(format!("{at:?} lists {id:?}, which is attached to {attached:?}"));
                }
            }
        }
        match self.unplaced.iter().find(|id| !self.sessions.contains_key(id)) {
            Some(id) => Err(format!("{id:?} waits for a place and is gone")),
            None => Ok(()),
        }
    }

    /// Which connection belongs to which pool.
    fn check_pools(&self) -> Result<(), String> {
        let mut listed = 0;
        for (key, group) in &self.groups {
            for id in &group.upstreams {
                let upstream = self.upstreams.get(id);
                if upstream.map(|upstream| (&upstream.account, &upstream.entry.pool))
                    != Some((&key.0, &key.1))
                {
                    return Err(format!("{id:?} is listed at {key:?}"));
                }
                listed += 1;
            }
        }
        if listed != self.upstreams.len() {
            return Err(format!("{listed} of {} pool connections are listed", self.upstreams.len()));
        }
        Ok(())
    }
}
