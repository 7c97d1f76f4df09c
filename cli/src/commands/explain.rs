//! `explain`: fields, problem codes, exit codes.

use ::schema::event::EventKind;
use clap::Args;
use serde::Serialize;

use crate::error::{self, Exit, Failure};
use crate::ui::Ui;

/// Explains a field of the farm file, an error code, a kind of event, or the exit codes.
#[derive(Debug, Args)]
pub struct Explain {
    /// What to explain: a path such as customers.*.rentals.*.hashrate, a code such as
    /// farm::ref::unknown_pool, a kind of event such as rig-dead, `events` for all of them, or
    /// `exit-codes` [default: the top level of the farm file]
    #[arg(value_name = "WHAT")]
    what: Option<String>,
}

#[derive(Serialize)]
struct Document<'a> {
    kind: &'static str,
    format_version: &'static str,
    tool_version: &'static str,
    about: &'a str,
    text: &'a str,
}

impl Explain {
    pub(crate) fn run(self, ui: &mut Ui) -> Result<Exit, Failure> {
        let what = self.what.unwrap_or_default();
        if what == "exit-codes" {
            return exit_codes(ui);
        }
        match ::schema::explain(&what) {
            Some(text) => {
                say(&what, &text, ui);
                Ok(Exit::Success)
            }
            None => Err(Failure::new(
                Exit::Failed,
                "not_found",
                match EventKind::meant_by(&what) {
                    Some(kind) => {
                        format!("there is nothing to explain about `{what}`; did you mean `{kind}`?")
                    }
                    None => format!("there is nothing to explain about `{what}`"),
                },
                Some(
                    "write a path such as customers.*.rentals, a code as `validate` prints it, or a kind of event",
                ),
            )),
        }
    }
}

/// The table of exit codes.
pub(crate) fn exit_codes(ui: &mut Ui) -> Result<Exit, Failure> {
    say("exit-codes", &error::exit_codes(), ui);
    Ok(Exit::Success)
}

fn say(about: &str, text: &str, ui: &mut Ui) {
    if ui.wants_document() {
        ui.document(&Document {
            kind: "stratumctl.explanation",
            format_version: "1.0",
            tool_version: env!("CARGO_PKG_VERSION"),
            about,
            text,
        });
    } else {
        ui.text(text);
    }
}
