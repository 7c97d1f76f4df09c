//! The HTTP API: writes wishes, reads facts.
