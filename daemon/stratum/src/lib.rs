//! The wire: bytes to meaning and back, and the work behind a share.
