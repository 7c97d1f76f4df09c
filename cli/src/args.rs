//! The list of commands and what all of them share.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

use crate::commands;

/// Runs a mining farm from a file in git: validate, plan, apply, watch, roll back.
///
/// The farm file is the one named with --file, else farm.yaml here or above, as far as the git work tree goes.
/// Results go to the standard output, everything else to the error stream. `stratumctl explain exit-codes` lists
/// the exit codes.
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
    /// Where the daemon is: a socket's path, or http://host:port
    #[arg(long, short = 's', global = true, env = "STRATUMCTL_SERVER", value_name = "PLACE")]
    pub server: Option<String>,
    /// File that holds the token for a daemon on TCP
    #[arg(long, global = true, env = "STRATUMCTL_TOKEN_FILE", value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// The form of the result
    #[arg(
        long,
        short = 'o',
        global = true,
        env = "STRATUMCTL_OUTPUT",
        default_value = "table",
        value_name = "FORM"
    )]
    pub output: OutputFormat,
    /// When to use colours
    #[arg(long, global = true, env = "STRATUMCTL_COLOR", default_value = "auto", value_name = "WHEN")]
    pub color: When,
    /// Never asks; what needs a yes is refused
    #[arg(long, global = true, env = "STRATUMCTL_NO_INPUT")]
    pub no_input: bool,
    /// Says nothing on the side
    #[arg(long, short = 'q', global = true, env = "STRATUMCTL_QUIET")]
    pub quiet: bool,
}

impl Default for Common {
    fn default() -> Self {
        Self {
            server: None,
            token_file: None,
            output: OutputFormat::Table,
            color: When::Auto,
            no_input: false,
            quiet: false,
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
    /// The same as YAML
    Yaml,
    /// Names only, one a line
    Name,
}

/// When to do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// On a terminal
    Auto,
    /// In any case
    Always,
    /// In no case
    Never,
}

/// Which farm file.
#[derive(Debug, Clone, Default, ClapArgs)]
pub struct FileArg {
    /// The farm file, or a folder that holds one; `-` is the standard input
    #[arg(long = "file", short = 'f', env = "STRATUMCTL_FILE", value_name = "FILE")]
    pub file: Option<PathBuf>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Checks a farm file: every problem at once, no daemon needed
    Validate(commands::validate::Validate),
    /// Shows what applying the farm file would do, without doing it
    Plan(commands::plan::Plan),
    /// Shows how two farm files, or generations, differ
    Diff(commands::diff::Diff),
    /// Makes the farm file the one to follow, and waits until it is so
    Apply(commands::apply::Apply),
    /// Shows rentals, pools and rigs: promised, delivered, where
    Status(commands::status::Status),
    /// Overrides the farm file for a while: another pool, a rig out of service or lent
    Failover(commands::failover::Failover),
    /// Lists the farm files that were applied
    History(commands::history::History),
    /// Shows one of them
    Show(commands::show::Show),
    /// Applies an earlier one again, as a new generation
    Rollback(commands::rollback::Rollback),
    /// Prints the farm file that is followed
    Export(commands::export::Export),
    /// Prints the JSON Schema of farm files, for editors
    Schema(commands::schema::Schema),
    /// Explains a field of the farm file, a problem's code, or the exit codes
    Explain(commands::explain::Explain),
    /// Shows what has happened
    Events(commands::events::Events),
    /// Runs a daemon in the foreground and applies the farm file
    Up(commands::up::Up),
    /// Shows it all with simulated rigs and pools, in half a minute
    Demo(commands::demo::Demo),
    /// Prints completions for a shell
    Completions(commands::completions::Completions),
    /// Prints the manual pages
    Man(commands::man::Man),
    /// Shows the versions of this program and of the daemon
    Version(commands::version::Version),
}
