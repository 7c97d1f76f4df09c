//! A hundred thousand sockets between rigs and pools.
