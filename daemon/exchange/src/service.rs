//! How a rig serves, as its shares say. What a device says of itself is another axis and not here; nothing else
//! invents states.

use crate::event::EventKind;

/// How a rig serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Service {
    /// Connected, too few shares to say more.
    Vetting,
    /// Its shares are what is expected of it.
    Online,
    /// Its shares are fewer than chance explains easily.
    Suspect,
    /// It does clearly less than expected.
    Degraded,
    /// It is connected and sends nothing.
    Dead,
    /// It is not connected.
    Offline,
    /// It does what is expected again, and must do so for a while.
    Returning,
    /// Taken out of service by an operator, or without work because its site must draw less.
    OutOfService,
    /// In no farm file, or its name came from two connections.
    Quarantined,
}

impl Service {
    /// As written in events and documents.
    pub fn name(self) -> &'static str {
        match self {
            Service::Vetting => "vetting",
            Service::Online => "online",
            Service::Suspect => "suspect",
            Service::Degraded => "degraded",
            Service::Dead => "dead",
            Service::Offline => "offline",
            Service::Returning => "returning",
            Service::OutOfService => "out of service",
            Service::Quarantined => "quarantined",
        }
    }

    /// The event that it comes to this.
    pub fn event(self) -> EventKind {
        match self {
            Service::Vetting => EventKind::RigVetting,
            Service::Online => EventKind::RigOnline,
            Service::Suspect => EventKind::RigSuspect,
            Service::Degraded => EventKind::RigDegraded,
            Service::Dead => EventKind::RigDead,
            Service::Offline => EventKind::RigOffline,
            Service::Returning => EventKind::RigReturning,
            Service::OutOfService => EventKind::RigOutOfService,
            Service::Quarantined => EventKind::RigQuarantined,
        }
    }

    /// Its hash can be promised to somebody.
    pub fn covers(self) -> bool {
        matches!(self, Service::Vetting | Service::Online)
    }

    /// It sends next to nothing.
    pub fn is_silent(self) -> bool {
        matches!(self, Service::Suspect | Service::Dead)
    }

    /// It has failed, and must prove itself before it is trusted again.
    pub fn fails(self) -> bool {
        matches!(self, Service::Degraded | Service::Dead | Service::Offline)
    }
}
