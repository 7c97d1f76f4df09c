//! Kinds of failure, and what each means for the exit code: one table for all commands.

use std::process::ExitCode;

use schema::api::{ErrorDoc, ProblemDoc};

use crate::ui::Ui;

/// How a command ended. The numbers are a promise to scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Success; for plan and diff also "changes", unless asked to tell them apart.
    Success,
    /// The operation failed.
    Failed,
    /// The command line makes no sense, and nothing else.
    Usage,
    /// The input is invalid.
    Invalid,
    /// Authentication or permission.
    Denied,
    /// The daemon cannot be reached, or is of another edition.
    Unreachable,
    /// Somebody was first.
    Conflict,
    /// A guard refused, or nobody was there to say yes.
    Guarded,
    /// Accepted, but not so before the timeout.
    NotConverged,
    /// Nothing is wrong as far as could be judged, and something could not be.
    Unjudged,
    /// There are changes, and the command was asked to say so.
    Changes,
    /// Stopped by Ctrl-C.
    Interrupted,
    /// Asked to end.
    Terminated,
    /// There are changes, and the user chose the number that says so.
    Chosen(u8),
}

impl Exit {
    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Exit::Success => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Invalid => 3,
            Exit::Denied => 4,
            Exit::Unreachable => 5,
            Exit::Conflict => 6,
            Exit::Guarded => 7,
            Exit::NotConverged => 8,
            Exit::Unjudged => 9,
            Exit::Changes => 10,
            Exit::Interrupted => 130,
            Exit::Terminated => 143,
            Exit::Chosen(code) => code,
        }
    }
}

/// The table, as `stratumctl explain exit-codes` and the manual show it.
pub(crate) const EXIT_CODES: &[(Exit, &str)] = &[
    (Exit::Success, "success; for plan and diff also with changes, unless --detailed-exitcode is set"),
    (Exit::Failed, "the operation failed: an I/O, internal or other unexpected error"),
    (Exit::Usage, "usage error: the command line is wrong"),
    (Exit::Invalid, "the input is invalid; test: an expectation failed"),
    (Exit::Denied, "authentication or permission failure"),
    (Exit::Unreachable, "the daemon cannot be reached, or has an incompatible version"),
    (Exit::Conflict, "conflict: another generation was accepted first"),
    (Exit::Guarded, "a guard refused, or confirmation was needed and could not be asked for"),
    (Exit::NotConverged, "accepted, but not converged within --timeout, or only in part"),
    (Exit::Unjudged, "test: no expectation failed, but some could not be judged"),
    (
        Exit::Changes,
        "changes are present (only with --detailed-exitcode; --changed-exit-code sets another code)",
    ),
    (Exit::Interrupted, "stopped by SIGINT; the daemon carries on with what it accepted"),
    (Exit::Terminated, "stopped by SIGTERM; the daemon carries on with what it accepted"),
];

/// The table as text.
pub(crate) fn exit_codes() -> String {
    EXIT_CODES.iter().map(|(exit, meaning)| format!("{:>4}  {meaning}\n", exit.code())).collect()
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}

/// Why a command could not do what it was asked for.
#[derive(Debug)]
pub struct Failure {
    /// What it means for the exit code.
    pub exit: Exit,
    /// The same as a document.
    pub doc: Box<ErrorDoc>,
}

impl Failure {
    /// A failure with a fixed word, a sentence and a way out.
    pub fn new(exit: Exit, code: &str, message: impl Into<String>, help: Option<&str>) -> Self {
        Self { exit, doc: Box::new(ErrorDoc::new(code, message, help)) }
    }

    /// Anything unexpected.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(Exit::Failed, "failed", message, None)
    }

    /// The command line asks for something that cannot be.
    pub fn usage(message: impl Into<String>, help: &str) -> Self {
        Self::new(Exit::Usage, "usage", message, Some(help))
    }

    /// A guard refused; the help says how to go on if it is meant.
    pub fn guarded(code: &str, message: impl Into<String>, help: &str) -> Self {
        Self::new(Exit::Guarded, code, message, Some(help))
    }

    /// The same with another way out.
    pub fn with_help(mut self, help: &str) -> Self {
        self.doc.error.help = Some(help.to_owned());
        self
    }

    /// The same with this way out, where none is known.
    pub fn or_help(mut self, help: &str) -> Self {
        self.doc.error.help.get_or_insert_with(|| help.to_owned());
        self
    }

    /// The same with the problems of a farm file.
    pub fn with_problems(mut self, problems: Vec<ProblemDoc>) -> Self {
        self.doc.problems = problems;
        self
    }

    /// Writes it: in words on the error stream, as a document on the output where documents are wanted.
    pub fn show(self, ui: &mut Ui) -> Exit {
        if ui.wants_document() {
            ui.document(&self.doc);
        }
        ui.error(&self.doc.error.message, self.doc.error.help.as_deref());
        self.exit
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::failed(error.to_string())
    }
}
