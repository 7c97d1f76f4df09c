//! Promises that hold whatever happens, one checker each. [`World::audit`] asks all of them.

mod assignment;
mod books;
mod convergence;
mod shares;
mod sites;

use crate::world::World;

/// A promise that was broken, as a sentence.
pub type Broken = String;

impl World {
    /// Everything that must always hold, held against what is so. Empty when all is well.
    pub fn audit(&mut self) -> Vec<Broken> {
        let mut broken = assignment::check(self);
        broken.extend(sites::check(self));
        broken.extend(shares::check(self));
        broken.extend(books::check(self));
        broken
    }

    /// What must be so once nothing has gone wrong for a while: desired and actual state agree. The longest that a rig may
    /// have to prove itself is part of that while.
    pub fn audit_at_rest(&mut self) -> Vec<Broken> {
        let mut broken = self.audit();
        broken.extend(convergence::check(self));
        broken
    }
}
