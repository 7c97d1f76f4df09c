//! The command people use at a prompt, CI by its exit codes, scripts by its JSON.
//!
//! [`args`] is the list of commands, [`commands`] has one file for each, [`client`] speaks with the daemon,
//! [`ui`] writes, [`error`] knows what each failure means for the exit code.

pub mod args;
mod client;
pub mod commands;
mod daemon;
mod error;
mod farm_file;
mod format;
mod ui;

use std::process::ExitCode;

use clap::Parser as _;

pub use commands::completions::completions;
pub use commands::man::pages as manual_pages;
pub use error::{Exit, Failure};
pub use ui::Ui;

/// Runs the program with the process's arguments and streams.
pub fn main() -> ExitCode {
    // reqwest asks for one even where no TLS is spoken.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let args = args::Args::parse();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let mut ui = Ui::of_process(&args.common);
            return Failure::failed(format!("cannot start: {error}")).show(&mut ui);
        }
    };
    let mut ui = Ui::of_process(&args.common);
    let code = runtime.block_on(async {
        tokio::select! {
            code = run(args, &mut ui) => code,
            _ = tokio::signal::ctrl_c() => Exit::Interrupted,
        }
    });
    code.into()
}

/// Carries out one command; everything is written to `ui`.
pub async fn run(args: args::Args, ui: &mut Ui) -> Exit {
    match commands::run(args, ui).await {
        Ok(exit) => exit,
        Err(failure) => {
            let exit = failure.exit;
            failure.show(ui);
            exit
        }
    }
}
