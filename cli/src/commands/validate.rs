//! `validate`: every problem of a farm file at once, without a daemon.

use clap::Args;
use serde::Serialize;

use crate::args::{FileArg, OutputFormat};
use crate::error::{Exit, Failure};
use crate::farm_file;
use crate::format::{count, counted};
use crate::ui::Ui;

/// Checks a farm file: every problem at once, no daemon needed.
#[derive(Debug, Args)]
pub struct Validate {
    #[command(flatten)]
    file: FileArg,
    /// Fails on warnings as well
    #[arg(long)]
    strict: bool,
}

#[derive(Serialize)]
struct Document<'a> {
    kind: &'static str,
    format_version: &'static str,
    tool_version: &'static str,
    valid: bool,
    errors: usize,
    warnings: usize,
    files: Vec<&'a str>,
    rigs: Option<usize>,
    diagnostics: &'a [::schema::Problem],
}

impl Validate {
    pub(crate) fn run(self, ui: &mut Ui) -> Result<Exit, Failure> {
        let path = farm_file::find(self.file.file.as_deref())?;
        let file = farm_file::read(&path)?;
        let (errors, warnings) = ::schema::problem::count(file.problems());
        let failed = errors > 0 || (self.strict && warnings > 0);
        let rigs = file.reading.farm.as_ref().map(|farm| ::schema::Inventory::of(farm).len());
        match ui.format {
            OutputFormat::Json | OutputFormat::Yaml => ui.document(&Document {
                kind: "stratumctl.validation",
                format_version: "1.0",
                tool_version: env!("CARGO_PKG_VERSION"),
                valid: !failed,
                errors,
                warnings,
                files: file.bundle.files.iter().map(|file| file.path.as_str()).collect(),
                rigs,
                diagnostics: file.problems(),
            }),
            OutputFormat::Name => {
                for problem in file.problems() {
                    let at = &problem.position;
                    ui.line(&format!(
                        "{}:{}:{}: {}: {}",
                        problem.file, at.line, at.column, problem.code, problem.message
                    ));
                }
            }
            OutputFormat::Table | OutputFormat::Wide => {
                file.show_problems(ui);
                if !failed {
                    let farm = file.reading.farm.as_ref();
                    let rentals = farm.map_or(0, |farm| farm.rentals().count()) as u64;
                    ui.line(&format!(
                        "{} is valid: {}, {}, {}{}",
                        path.display(),
                        counted(rigs.unwrap_or(0) as u64, "rig"),
                        counted(farm.map_or(0, |farm| farm.customers.len()) as u64, "customer"),
                        counted(rentals, "rental"),
                        if warnings > 0 {
                            format!("; {} to look at", counted(warnings as u64, "warning"))
                        } else {
                            String::new()
                        }
                    ));
                }
            }
        }
        if failed {
            let what = if errors > 0 {
                counted(errors as u64, "error")
            } else {
                counted(warnings as u64, "warning")
            };
            ui.note(&format!(
                "{}: {what} in {} files",
                path.display(),
                count(file.bundle.files.len() as u64)
            ));
            return Ok(Exit::Invalid);
        }
        Ok(Exit::Success)
    }
}
