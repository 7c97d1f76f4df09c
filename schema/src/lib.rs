//! The agreement: the farm file, its rules, and the API documents.

pub mod api;
