//! `explain`: fields, problem codes, exit codes.

use clap::Args;

use crate::error::{EXIT_CODES, Exit, Failure};
use crate::ui::Ui;

/// Explains a field of the farm file, a problem's code, or the exit codes.
#[derive(Debug, Args)]
pub struct Explain {
    /// A path such as customers.*.rentals.*.hashrate, a code such as farm::ref::unknown_pool, or exit-codes;
    /// the top of the farm file when left out
    #[arg(value_name = "WHAT")]
    what: Option<String>,
}

impl Explain {
    pub(crate) fn run(self, ui: &mut Ui) -> Result<Exit, Failure> {
        let what = self.what.unwrap_or_default();
        if what == "exit-codes" {
            for (exit, meaning) in EXIT_CODES {
                ui.line(&format!("{:>4}  {meaning}", *exit as u8));
            }
            return Ok(Exit::Success);
        }
        match ::schema::explain(&what) {
            Some(text) => {
                ui.text(&text);
                Ok(Exit::Success)
            }
            None => Err(Failure::new(
                Exit::Failed,
                "not_found",
                format!("there is nothing to explain about `{what}`"),
                Some("write a path such as customers.*.rentals, or a code as `validate` prints it"),
            )),
        }
    }
}
