//! Who sits on a pool connection, and which pieces of its job each gets: no two ever the same.

use stratum::extranonce::{FILLER_MAX, Geometry};

use super::Upstream;
use crate::id::SessionId;
use crate::time::Timestamp;

impl Upstream {
    /// Whether a miner with this own part can sit here beside the others.
    pub fn is_attached(&self, session: SessionId, geometry: Geometry, value: u64) -> bool {
        let Some((_, size)) = &self.extranonce else { return false };
        let Some(filler) = size.checked_sub(geometry.size()) else { return false };
        // Pieces of different shapes would overlap.
        if self.retired || self.geometry.is_some_and(|other| other != geometry) {
            return false;
        }
        if filler > FILLER_MAX {
            return false;
        }
        if self.members.get(&session) == Some(&value) {
            return true;
        }
        if filler == 0 {
            return !self.fixed_taken.contains_key(&value);
        }
        // Every job must have some dozens of pieces for each attachment.
        let pieces = 256u64.pow(u32::from(geometry.fixed) + filler.min(3) as u32);
        (self.members.len() as u64) < pieces / 64
    }

    /// Whether its extranonce is too short for this shape, however many sit here.
    pub fn too_short(&self, geometry: Geometry) -> bool {
        self.extranonce.as_ref().is_some_and(|(_, size)| *size < geometry.size())
    }

    /// Attachments a session.
    pub fn attachment(&mut self, session: SessionId, geometry: Geometry, value: u64) {
        if self.members.insert(session, value).is_none() {
            *self.fixed_taken.entry(value).or_default() += 1;
        }
        self.geometry = Some(geometry);
    }

    /// The session has left.
    pub fn detach(&mut self, now: Timestamp, session: SessionId) {
        let Some(value) = self.members.remove(&session) else { return };
        if let Some(taken) = self.fixed_taken.get_mut(&value) {
            *taken -= 1;
            if *taken == 0 {
                self.fixed_taken.remove(&value);
            }
        }
        if self.members.is_empty() {
            // The shape stays: pieces of the present job that are out would overlap with those of another one.
            self.empty_since = now;
        }
    }
}
