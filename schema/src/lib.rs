//! The agreement: the farm file, its rules, and the API documents.
//! Text and values in, values and problems out: no network, no clock, no async, no file is opened here.

pub mod address;
pub mod api;
pub mod bundle;
mod check;
mod conceal;
pub mod diff;
pub mod event;
mod explain;
pub mod expression;
pub mod farm;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod include;
pub mod inventory;
pub mod moment;
pub mod name;
mod nearest;
mod parse;
pub mod problem;
mod published;
pub mod range;
pub mod scope;
pub mod secret;
pub mod source;
mod structure;
pub mod text;
mod tree;
pub mod unit;
pub mod window;
pub mod write;

pub use bundle::Bundle;
pub use explain::{codes, explain};
pub use farm::Farm;
pub use inventory::Inventory;
pub use nearest::nearest;
pub use parse::{Reading, read, read_collected};
pub use problem::Problem;
pub use published::json_schema;
