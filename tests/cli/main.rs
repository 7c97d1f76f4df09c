//! `stratumctl` as a user sees it: exact outputs without a daemon, stories with one.

mod big;
mod cases;
mod cli;
mod contract;
mod foreground;
mod forms;
mod guard;
mod killed;
mod overrides;
mod race;
mod settings;
mod story;
mod streams;
