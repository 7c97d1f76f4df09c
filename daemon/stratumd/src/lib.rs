//! The daemon: builds every part in order, owns the clock, loops, and ends tidily.

mod account;
mod files;
mod listeners;
mod log;
mod privacy;
mod reconcile;
mod secret;
pub mod settings;
mod shutdown;
mod simulate;
mod wiring;

use std::process::ExitCode;

use clap::Parser as _;
use settings::{Arguments, Command};

/// Runs the program with the process's arguments.
pub fn main() -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().worker_threads(2).build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&format!("cannot start: {error}")),
    };
    privacy::close_umask();
    // Before anything else: who asks for secrets to be read again must not end a daemon that just starts.
    let hangups = runtime.block_on(async { shutdown::Hangups::listen() });
    let arguments = Arguments::parse();
    log::init(&arguments.settings);
    let hangups = match hangups {
        Ok(hangups) => hangups,
        Err(error) => return failed(&format!("cannot start: {error}")),
    };
    let done = match arguments.command {
        None => runtime.block_on(wiring::run(arguments.settings, hangups)),
        Some(Command::Simulator(what)) => runtime.block_on(async {
            tokio::select! {
                done = simulate::run(what) => done,
                // Nothing of it is to be read again: its terminal is gone.
                () = hangups.next() => Ok(()),
            }
        }),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => failed(&message),
    }
}

fn failed(message: &str) -> ExitCode {
    tracing::error!("{message}");
    ExitCode::FAILURE
}
