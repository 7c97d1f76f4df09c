//! The daemon: builds every part in order, owns the clock, loops, and ends tidily.

mod account;
mod listeners;
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
    let arguments = Arguments::parse();
    init_log(&arguments);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().worker_threads(2).build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&format!("cannot start: {error}")),
    };
    let done = match arguments.command {
        None => runtime.block_on(wiring::run(arguments.settings)),
        Some(Command::Simulator(what)) => runtime.block_on(simulate::run(what)),
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

fn init_log(arguments: &Arguments) {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_new(&arguments.settings.log).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if arguments.settings.log_json {
        builder.json().init();
    } else {
        builder.with_target(false).init();
    }
}
