//! The agreement: the farm file, its rules, and the API documents.
//! Text and values in, values and problems out: no network, no clock, no async, no file is opened here.

pub mod address;
pub mod api;
pub mod expression;
pub mod farm;
pub mod inventory;
pub mod moment;
pub mod name;
pub mod range;
pub mod secret;
pub mod text;
pub mod unit;
pub mod window;
