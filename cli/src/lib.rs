//! The command people use at a prompt, CI by its exit codes, scripts by its JSON.
//!
//! [`args`] is the list of commands, [`commands`] has one file for each, [`client`] speaks with the daemon,
//! [`ui`] writes, [`error`] knows what each failure means for the exit code.

pub mod args;
mod client;
pub mod commands;
mod config;
mod daemon;
mod error;
mod farm_file;
mod format;
mod ui;

use std::process::ExitCode;

pub use commands::completions::completions;
pub use commands::man::pages as manual_pages;
pub use error::{Exit, Failure};
pub use ui::Ui;

/// Runs the program with the process's arguments and streams.
pub fn main() -> ExitCode {
    let line: Vec<_> = std::env::args_os().collect();
    let args = match args::parse(&line) {
        Ok(args) => args,
        Err(args::Stop::Clap(error)) => {
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(Exit::Usage.code()));
        }
        Err(args::Stop::Settings(failure, common)) => {
            let mut ui = Ui::of_process(&common);
            let exit = failure.show(&mut ui);
            return ui.end(exit).into();
        }
    };
    let mut ui = Ui::of_process(&args.common);
    // reqwest asks for one even where no TLS is spoken.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let started = tokio::runtime::Builder::new_current_thread().enable_all().build().and_then(|runtime| {
        let signals = runtime.block_on(async { Signals::listen() })?;
        Ok((runtime, signals))
    });
    let exit = match started {
        Ok((runtime, mut signals)) => runtime.block_on(async {
            let ended = tokio::select! {
                exit = run(args, &mut ui) => Ok(exit),
                exit = signals.next() => Err(exit),
            };
            // What ran was dropped with all it had started.
            ended.unwrap_or_else(|exit| ui.cut_off(exit))
        }),
        Err(error) => Failure::failed(format!("cannot start: {error}")).show(&mut ui),
    };
    ui.end(exit).into()
}

/// The signals that end a command.
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    /// The terminal is gone; `None` for a command that was told not to mind.
    hangup: Option<tokio::signal::unix::Signal>,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        // `nohup` has us ignore it: listening would undo that.
        let hangup = if hangups_are_ignored() { None } else { Some(signal(SignalKind::hangup())?) };
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup,
        })
    }

    async fn next(&mut self) -> Exit {
        tokio::select! {
            _ = self.interrupt.recv() => Exit::Interrupted,
            _ = self.terminate.recv() => Exit::Terminated,
            () = async {
                match &mut self.hangup {
                    Some(hangup) => drop(hangup.recv().await),
                    None => std::future::pending().await,
                }
            } => Exit::Terminated,
        }
    }
}

fn hangups_are_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    // SIGHUP is the first.
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

/// Carries out one command; everything is written to `ui`.
pub async fn run(args: args::Args, ui: &mut Ui) -> Exit {
    match commands::run(args, ui).await {
        Ok(exit) => exit,
        Err(failure) => failure.show(ui),
    }
}
