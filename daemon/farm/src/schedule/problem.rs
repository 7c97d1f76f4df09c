//! Which rig serves which rental, as a problem of whole numbers: no names, no clock, no farm file.
//! Whoever poses it numbers rigs and rentals in the order of their names, so that a number is a stable rank.
//! Rates are kilohashes per second of nominal hashrate throughout.

/// Everything that a decision rests on, save who holds what at present.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problem {
    /// Rigs, in the order of their names.
    pub rigs: Vec<Rig>,
    /// Sets of rentals; in any order, repetitions allowed.
    pub classes: Vec<Class>,
    /// Rentals, in the order of their names.
    pub rentals: Vec<Demand>,
}

/// One rig.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rig {
    /// Index of its class: the rentals it may serve.
    pub class: u32,
    /// What it does when it is well, kH/s.
    pub rate: u64,
    /// Number of its site; equal numbers are one site.
    pub site: u32,
    /// Number of its rack; racks of different sites are different whatever their numbers.
    pub rack: u32,
    /// The rental that an operator or the contract ties it to: it is never moved, and needs no class.
    pub pinned: Option<u32>,
    /// The rental that it belongs to where it is not needed elsewhere: that one takes it before other spares.
    pub home: Option<u32>,
    /// What may be expected of it.
    pub fitness: Fitness,
}

/// What may be expected of a rig.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fitness {
    /// It covers its rate.
    Healthy,
    /// It may be failing: it stays where it is, covers nothing and gets no new place.
    Suspect,
    /// Away, dead, degraded or returning: it covers nothing. It is placed only when all else is used up, and
    /// keeps its place only as long as its rental is short.
    LastResort,
    /// Out of service: nobody's, whatever it is pinned to.
    Out,
}

/// Rigs that may serve the same rentals.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Class {
    /// Indices of those rentals, sorted.
    pub rentals: Vec<u32>,
}

/// One rental.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand {
    /// What is to be covered, kH/s; 0 for a rental that has its rigs by name.
    pub target: u64,
    /// The higher is served first.
    pub priority: i32,
    /// Whether its rigs should be far from each other.
    pub spread: Option<Spread>,
    /// Where a replacement should stand, seen from the rig that it replaces.
    pub prefer: Prefer,
    /// While suspects stay: no rig is added that would take suspects (nominal) and well rigs together more
    /// than this far beyond the target, kH/s.
    pub extra_max: u64,
}

/// Places of which a rental's rigs should share as few as possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Spread {
    /// One from each rack in turn.
    Rack,
    /// One from each site in turn.
    Site,
}

/// Where a replacement should stand; a preference that never leaves a rental short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Prefer {
    /// In the rack of the rig it replaces, or else at its site.
    SameRack,
    /// At the site of the rig it replaces.
    SameSite,
    /// At another site.
    OtherSite,
    /// Anywhere.
    #[default]
    Any,
}

/// A rig that several rentals share in time. What its parts leave is the house's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice {
    /// The rig.
    pub rig: u32,
    /// Rental and rate (kH/s, above 0), sorted by rental; together at most the rig's rate. A rental has a
    /// part of one rig at most.
    pub parts: Vec<(u32, u64)>,
}

/// A rig that changes hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    /// The rig.
    pub rig: u32,
    /// Who had all of it; `None` for the house and for a shared rig.
    pub from: Option<u32>,
    /// Who has all of it from now on; `None` for the house and for a shared rig. Equal to `from` only when
    /// parts change.
    pub to: Option<u32>,
    /// What for.
    pub why: Why,
}

/// Why a rig changes hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Why {
    /// It does the work of this rig, which left, is suspected or is away.
    Replaces(u32),
    /// Its rental needs more than it has.
    Covers,
    /// Its rental has enough without it.
    Returned,
    /// A rental of strictly higher priority needs it more; the one it leaves falls short.
    Preempted {
        /// The rental that takes it.
        by: u32,
    },
    /// The rental it leaves can spare it, because it has a surplus or is given another rig.
    Chain,
    /// It is not fit to serve.
    Unfit,
    /// It is not fit, but nothing better is left.
    LastResort,
    /// It is pinned to where it goes.
    Pinned,
    /// It may not serve the rental it leaves.
    Barred,
    /// From now on several rentals share it, or they share it differently: see `Scheduler::slices`.
    Shared,
}
