//! One verb each: its arguments (their comments are the help text), what it does, the sentences it prints.

pub mod apply;
pub mod capacity;
pub mod completions;
pub mod demo;
pub mod diff;
pub mod events;
pub mod explain;
pub mod export;
pub mod failover;
pub mod history;
pub mod man;
pub mod plan;
mod rehearse;
pub mod rollback;
pub mod schema;
pub mod show;
pub mod simulate;
pub mod status;
pub mod test;
pub mod up;
pub mod validate;
pub mod version;
mod wait;

use crate::args::{Args, Command};
use crate::error::{Exit, Failure};
use crate::ui::Ui;

pub(crate) async fn run(args: Args, ui: &mut Ui) -> Result<Exit, Failure> {
    let common = args.common;
    match args.command {
        Command::Validate(command) => command.run(ui),
        Command::Test(command) => command.run(ui).await,
        Command::Simulate(command) => command.run(ui).await,
        Command::Capacity(command) => command.run(ui).await,
        Command::Plan(command) => command.run(&common, ui).await,
        Command::Diff(command) => command.run(&common, ui).await,
        Command::Apply(command) => command.run(&common, ui).await,
        Command::Status(command) => command.run(&common, ui).await,
        Command::Failover(command) => command.run(&common, ui).await,
        Command::History(command) => command.run(&common, ui).await,
        Command::Show(command) => command.run(&common, ui).await,
        Command::Rollback(command) => command.run(&common, ui).await,
        Command::Export(command) => command.run(&common, ui).await,
        Command::Schema(command) => command.run(ui),
        Command::Explain(command) => command.run(ui),
        Command::Events(command) => command.run(&common, ui).await,
        Command::Up(command) => command.run(&common, ui).await,
        Command::Demo(command) => command.run(ui).await,
        Command::Completions(command) => command.run(ui),
        Command::Man(command) => command.run(ui),
        Command::Version(command) => command.run(&common, ui).await,
        Command::ExitCodes => explain::exit_codes(ui),
    }
}

/// A duration on the command line, in the farm file's form: `90s`, `5m`, `2h`, `1h30m`.
pub(crate) fn span(text: &str) -> Result<std::time::Duration, String> {
    let span: ::schema::unit::Span =
        text.parse().map_err(|_| "write a duration such as 90s, 5m or 2h".to_owned())?;
    let seconds = span.seconds_f64();
    if seconds > 0.0 {
        Ok(std::time::Duration::from_secs_f64(seconds))
    } else {
        Err("the duration must be longer than zero".into())
    }
}

/// How much may be deleted: a count, or a percentage of what there is.
pub(crate) fn delete_limit(text: &str) -> Result<String, String> {
    let fits = match text.strip_suffix('%') {
        Some(percent) => percent.trim().parse().is_ok_and(|percent: f64| (0.0..=100.0).contains(&percent)),
        None => text.parse::<u64>().is_ok(),
    };
    fits.then(|| text.to_owned()).ok_or_else(|| "write a count such as 12, or a percentage such as 5%".into())
}

/// A text that says something.
pub(crate) fn words(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() { Err("give a reason in a few words".into()) } else { Ok(text.to_owned()) }
}

/// How `plan` and `diff` tell a script that there are changes.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct ByExitCode {
    /// Ends with 10 when there are changes
    #[arg(long)]
    detailed_exitcode: bool,
    /// Ends with this number instead when there are changes, such as 2
    #[arg(long, value_name = "NUMBER")]
    changed_exit_code: Option<u8>,
}

impl ByExitCode {
    pub(crate) fn of(self, changes: bool) -> Exit {
        match self.changed_exit_code {
            Some(code) if changes => Exit::Chosen(code),
            None if changes && self.detailed_exitcode => Exit::Changes,
            _ => Exit::Success,
        }
    }
}
