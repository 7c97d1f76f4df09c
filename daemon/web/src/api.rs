//! The API's handlers: one noun each.

pub(crate) mod account;
pub(crate) mod event;
pub(crate) mod farm;
pub(crate) mod guard;
pub(crate) mod history;
pub(crate) mod overrides;
pub(crate) mod placement;
pub(crate) mod status;
pub(crate) mod version;
