//! What the farm is and what it decides: no clock, no socket, no file.
