//! The list of commands and what all of them share.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{
    ArgAction, Args as ClapArgs, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum,
};

use crate::commands;
use crate::config::Settings;
use crate::error::{self, Failure};

/// Runs a mining farm from a file in git: validate, plan, apply, watch, roll back
///
/// The farm file is the one named with --file, otherwise farm.yaml in this folder or the nearest one above it within the
/// git work tree. Results go to standard output, everything else to standard error. `stratumctl help exit-codes`
/// lists the exit codes.
///
/// Flags take precedence over environment variables, these over .stratumctl.yaml in this folder or above, and that over
/// $XDG_CONFIG_HOME/stratumctl/config.yaml. The two files may set server, token_file, output, file, timeout,
/// max_delete and color.
#[derive(Debug, Parser)]
#[command(
    name = "stratumctl",
    version,
    about,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub struct Args {
    /// What all commands share.
    #[command(flatten)]
    pub common: Common,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What all commands share.
#[derive(Debug, Clone, ClapArgs)]
#[command(next_help_heading = "Everywhere")]
pub struct Common {
    /// Address of the daemon: the path of its Unix socket, or http://host:port
    #[arg(long, short = 's', global = true, value_name = "PLACE")]
    pub server: Option<String>,
    /// File with the API token, for a daemon reached over TCP
    #[arg(long, global = true, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Format of the output
    #[arg(long, short = 'o', global = true, default_value = "table", value_name = "FORM")]
    pub output: OutputFormat,
    /// When to colour the output
    #[arg(long, global = true, default_value = "auto", value_name = "WHEN")]
    pub color: When,
    /// How progress is shown on standard error: animated on a terminal, in plain lines elsewhere
    #[arg(long, global = true, default_value = "auto", value_name = "HOW")]
    pub progress: Progress,
    /// Never prompts: a command that needs confirmation is refused without --yes
    #[arg(long, global = true)]
    pub no_input: bool,
    /// Suppresses progress and notes; only results and errors are printed
    #[arg(long, short = 'q', global = true)]
    pub quiet: bool,
    /// The form was said on the command line, not merely found in the surroundings.
    #[arg(skip)]
    pub output_said: bool,
}

impl Default for Common {
    fn default() -> Self {
        Self {
            server: None,
            token_file: None,
            output: OutputFormat::Table,
            color: When::Auto,
            progress: Progress::Auto,
            no_input: false,
            quiet: false,
            output_said: false,
        }
    }
}

/// The form of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// Tables and sentences
    Table,
    /// Tables with more columns
    Wide,
    /// One JSON document
    Json,
    /// JSON lines, one object each; the last carries the exit code
    Jsonl,
    /// The same document as YAML
    Yaml,
    /// Names only, one per line
    Name,
}

/// When to do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// Only when writing to a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Progress {
    /// Animated on a terminal, plain lines elsewhere
    Auto,
    /// One line from time to time
    Plain,
    /// No progress output
    None,
}

/// Which farm file.
#[derive(Debug, Clone, Default, ClapArgs)]
pub struct FileArg {
    /// Farm file, or a folder that contains one; `-` reads standard input
    #[arg(long = "file", short = 'f', value_name = "FILE")]
    pub file: Option<PathBuf>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Checks a farm file and reports every problem at once; needs no daemon
    Validate(commands::validate::Validate),
    /// Runs the farm file's scenarios on a virtual clock and checks what they expect
    Test(commands::test::Test),
    /// Shows what each customer would receive if a site, rack, rig or pool were lost, or rigs failed at random
    Simulate(commands::simulate::Simulate),
    /// Shows how many spares the farm needs to keep its promises, and how much hashrate it can still sell
    Capacity(commands::capacity::Capacity),
    /// Shows what `apply` would change, without changing anything
    Plan(commands::plan::Plan),
    /// Shows the differences between two farm files or generations
    Diff(commands::diff::Diff),
    /// Applies the farm file, and waits until the farm has converged
    Apply(commands::apply::Apply),
    /// Shows the farm now: rentals, pools, rigs and overrides
    Status(commands::status::Status),
    /// Overrides the farm file for a limited time: another pool, a rig out of service, or a rig lent to a rental
    Failover(commands::failover::Failover),
    /// Lists the generations of the farm file, or the history of one rig or rental
    History(commands::history::History),
    /// Shows one generation of the farm file: its origin and its text
    Show(commands::show::Show),
    /// Applies an earlier generation of the farm file again, as a new generation
    Rollback(commands::rollback::Rollback),
    /// Prints the farm file in force
    Export(commands::export::Export),
    /// Prints the JSON Schema of the farm file, for editors
    Schema(commands::schema::Schema),
    /// Explains a field of the farm file, an error code, a kind of event, or the exit codes
    Explain(commands::explain::Explain),
    /// Shows the daemon's events
    Events(commands::events::Events),
    /// Runs a daemon in the foreground and applies the farm file
    Up(commands::up::Up),
    /// Demonstrates the whole system on a simulated farm, in half a minute
    Demo(commands::demo::Demo),
    /// Prints shell completions
    Completions(commands::completions::Completions),
    /// Prints the manual page, or writes all manual pages into a folder
    Man(commands::man::Man),
    /// Shows the versions of stratumctl and of the daemon
    Version(commands::version::Version),
    /// Lists the exit codes
    #[command(hide = true, override_help = error::exit_codes())]
    ExitCodes,
}

/// Flags that are about this one run: never taken from the environment.
const ABOUT_THIS_RUN: [&str; 21] = [
    "yes",
    "resume",
    "expect-generation",
    "to",
    "for",
    "all",
    "full",
    "client",
    "follow",
    "watch",
    "out",
    "limit",
    "kind",
    "subject",
    "scenario",
    "seed",
    "runs",
    "lose",
    "years",
    "time",
    "check",
];

/// The program's arguments as clap knows them. Every flag that is not about a single run can be set in the
/// environment as well.
pub fn command() -> clap::Command {
    shaped(Args::command(), &Settings::default())
}

fn shaped(command: clap::Command, settings: &Settings) -> clap::Command {
    let below: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    let command = command.mut_args(|arg| {
        let Some(long) = arg.get_long().map(str::to_owned) else { return arg };
        if ABOUT_THIS_RUN.contains(&long.as_str()) {
            return arg;
        }
        let name = format!("STRATUMCTL_{}", long.to_uppercase().replace('-', "_"));
        // Set to nothing is not set: that is how CI systems leave a variable out.
        let empty = std::env::var_os(&name).is_some_and(|value| value.is_empty());
        let arg = if empty { arg } else { arg.env(name) };
        // A flag is set by 1, yes, true and on as well.
        let arg = match arg.get_action() {
            ArgAction::SetTrue => arg.value_parser(BoolishValueParser::new()),
            _ => arg,
        };
        match settings.default_of(&long) {
            Some(value) => arg.default_value(value.to_owned()),
            None => arg,
        }
    });
    below.into_iter().fold(command, |command, name| command.mut_subcommand(name, |sub| shaped(sub, settings)))
}

/// Why there is nothing to run.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Help was asked for, or the command line makes no sense.
    Clap(clap::Error),
    /// A file with settings is wrong.
    Settings(Box<Failure>, Box<Common>),
}

/// Reads a command line, with the settings of the surroundings below it.
pub(crate) fn parse(line: &[OsString]) -> Result<Args, Stop> {
    match Settings::read() {
        Ok(settings) => parse_with(line, &settings).map_err(Stop::Clap),
        // Help and nonsense are answered all the same.
        Err(failure) => match parse_with(line, &Settings::default()) {
            Ok(args) => Err(Stop::Settings(Box::new(failure), Box::new(args.common))),
            Err(error) => Err(Stop::Clap(error)),
        },
    }
}

fn parse_with(line: &[OsString], settings: &Settings) -> Result<Args, clap::Error> {
    let mut command = shaped(Args::command(), settings);
    if line.len() < 2 {
        let help = command.render_help();
        return Err(command.error(ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand, help));
    }
    let matches = command.try_get_matches_from_mut(line)?;
    let mut args = Args::from_arg_matches(&matches).map_err(|error| error.format(&mut command))?;
    args.common.output_said = matches.value_source("output") == Some(ValueSource::CommandLine);
    Ok(args)
}
