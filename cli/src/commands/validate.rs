//! `validate`: every problem of a farm file at once, without a daemon. The same set in every form.

mod detection;
mod files;
mod formats;

use std::path::Path;

use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::args::{FileArg, OutputFormat};
use crate::error::{Exit, Failure};
use crate::farm_file::{self, FarmFile};
use crate::format::counted;
use crate::ui::Ui;

/// Checks a farm file and reports every problem at once; needs no daemon.
#[derive(Debug, Args)]
pub struct Validate {
    #[command(flatten)]
    file: FileArg,
    /// Treats warnings as errors
    #[arg(long)]
    strict: bool,
    /// Format of the report [default: human, or github within GitHub Actions]
    #[arg(long, value_name = "FORM")]
    output_format: Option<Format>,
}

/// How problems are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Text with source excerpts, on standard error
    Human,
    /// One problem per line: file:line:column: error[code] message
    Concise,
    /// One JSON document
    Json,
    /// JSON lines, one object each
    Jsonl,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations for GitHub Actions
    Github,
    /// Code quality report for GitLab
    Gitlab,
    /// JUnit XML report
    Junit,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    diagnostics: Option<&'a [::schema::Problem]>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    detection: &'a [detection::Cost],
    #[serde(skip_serializing_if = "Option::is_none")]
    open_files: Option<&'a files::OpenFiles>,
}

impl Validate {
    pub(crate) fn run(self, ui: &mut Ui) -> Result<Exit, Failure> {
        let github = std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| !value.is_empty());
        let format = match (self.output_format, ui.format) {
            (Some(format), _) => format,
            (None, OutputFormat::Json | OutputFormat::Yaml) => Format::Json,
            (None, OutputFormat::Jsonl) => Format::Jsonl,
            (None, OutputFormat::Name) => Format::Concise,
            (None, _) if github => Format::Github,
            (None, _) => Format::Human,
        };
        // A file that cannot be read is told in the same form.
        ui.format = match format {
            Format::Json if ui.format == OutputFormat::Yaml => OutputFormat::Yaml,
            Format::Json => OutputFormat::Json,
            Format::Jsonl => OutputFormat::Jsonl,
            _ => OutputFormat::Table,
        };
        let path = farm_file::find(self.file.file.as_deref())?;
        let mut file = farm_file::read(&path)?;
        let detection = file.reading.farm.as_ref().map_or_else(Vec::new, detection::costs);
        let found = detection::warnings(&detection, &file.reading);
        file.reading.problems.extend(found);
        let (errors, warnings) = ::schema::problem::count(file.problems());
        let failed = errors > 0 || (self.strict && warnings > 0);
        let open_files = file.reading.farm.as_ref().and_then(files::needed);
        let rigs = file.reading.farm.as_ref().map(|farm| ::schema::Inventory::of(farm).len());
        let document = Document {
            kind: "stratumctl.validation",
            format_version: "1.0",
            tool_version: env!("CARGO_PKG_VERSION"),
            valid: !failed,
            errors,
            warnings,
            files: file.bundle.files.iter().map(|file| file.path.as_str()).collect(),
            rigs,
            diagnostics: Some(file.problems()),
            detection: &detection,
            open_files: open_files.as_ref(),
        };
        let home = path.parent().unwrap_or(Path::new(""));
        match format {
            Format::Json => ui.document(&document),
            Format::Jsonl => {
                file.problems().iter().for_each(|problem| ui.json_line("diagnostic", problem));
                ui.json_line("validation", &Document { diagnostics: None, ..document });
            }
            Format::Concise => ui.text(&formats::concise(file.problems(), home)),
            Format::Sarif => ui.text(&formats::sarif(file.problems(), home)),
            Format::Gitlab => ui.text(&formats::gitlab(file.problems(), home)),
            Format::Junit => ui.text(&formats::junit(file.problems(), home)),
            Format::Github => {
                file.show_problems(ui);
                ui.text(&formats::github(file.problems(), home));
            }
            Format::Human => {
                file.show_problems(ui);
                if !failed {
                    ui.line(&verdict(&file, rigs.unwrap_or(0)));
                    detection.iter().for_each(|cost| ui.text(&cost.words()));
                    open_files.iter().for_each(|files| ui.text(&files.words()));
                }
            }
        }
        if failed {
            if errors == 0 && matches!(format, Format::Human | Format::Github) {
                ui.note("warnings count as errors here: --strict");
            }
            return Ok(Exit::Invalid);
        }
        Ok(Exit::Success)
    }
}

fn verdict(file: &FarmFile, rigs: usize) -> String {
    let farm = file.reading.farm.as_ref();
    let customers = farm.map_or(0, |farm| farm.customers.len()) as u64;
    let rentals = farm.map_or(0, |farm| farm.rentals().count()) as u64;
    format!(
        "{} is valid: {}, {}, {}",
        file.path.display(),
        counted(rigs as u64, "rig"),
        counted(customers, "customer"),
        counted(rentals, "rental"),
    )
}
