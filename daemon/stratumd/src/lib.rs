//! The daemon: builds every part in order, owns the clock, loops, and ends tidily.

mod account;
mod behind;
mod files;
mod keep;
mod life;
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

/// Longest wait at the end for threads that read or write.
const THREADS_MAX: std::time::Duration = std::time::Duration::from_millis(500);

/// Runs the program with the process's arguments.
pub fn main() -> ExitCode {
    let code = live();
    log::end();
    code
}

fn live() -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().worker_threads(2).build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&format!("cannot start: {error}")),
    };
    // Before anything else: a signal must not end a daemon that just starts in the midst of something.
    let signals = runtime.block_on(async { shutdown::Signals::listen() });
    privacy::close_umask();
    let arguments = Arguments::parse();
    log::init(&arguments.settings);
    let signals = match signals {
        Ok(signals) => signals,
        Err(error) => return failed(&format!("cannot start: {error}")),
    };
    let done = match arguments.command {
        None => runtime.block_on(wiring::run(arguments.settings, signals)),
        Some(Command::Simulator(what)) => runtime.block_on(async {
            let shutdown::Signals { hangups, mut ends } = signals;
            tokio::select! {
                done = simulate::run(what, &mut ends) => done,
                // Nothing of it is to be read again: its terminal is gone.
                () = hangups.next() => Ok(()),
            }
        }),
    };
    // A thread that waits for a disk or a database must not keep the process.
    runtime.shutdown_timeout(THREADS_MAX);
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => failed(&message),
    }
}

fn failed(message: &str) -> ExitCode {
    tracing::error!("{message}");
    ExitCode::FAILURE
}
