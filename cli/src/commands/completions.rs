//! `completions`: for bash, zsh, fish, PowerShell and elvish.

use clap::Args;
use clap_complete::Shell;

use crate::error::{Exit, Failure};
use crate::ui::Ui;

/// Prints shell completions; --output has no effect.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self, ui: &mut Ui) -> Result<Exit, Failure> {
        ui.text(&completions(self.shell));
        Ok(Exit::Success)
    }
}

/// The completions of one shell.
pub fn completions(shell: Shell) -> String {
    let mut out = Vec::new();
    clap_complete::generate(shell, &mut crate::args::command(), "stratumctl", &mut out);
    String::from_utf8_lossy(&out).into_owned()
}
