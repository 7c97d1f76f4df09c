//! `test`: plays the scenarios of a farm file on a virtual clock, with the decisions of the daemon itself.

mod forms;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};
use owo_colors::Style;
use rehearsal::scenario::{Coverage, ListUse, PolicyUse, Report, Verdict, Way, play};
use rehearsal::world::Fidelity;
use serde::Serialize;

use super::rehearse;
use crate::args::{FileArg, OutputFormat};
use crate::error::{Exit, Failure};
use crate::farm_file;
use crate::format::counted;
use crate::ui::Ui;

/// Most lines of a timeline; the rest is counted.
const LINES_MAX: usize = 60;

/// Runs the farm file's scenarios on a virtual clock and checks what they expect.
///
/// Scenarios are read from the farm file, from files named *.scenarios.yaml next to it, and from the files given here.
/// Rigs and pools are simulated; scheduling, failure detection and pool failover are the daemon's own code. The same
/// seed gives the same run.
#[derive(Debug, Args)]
pub struct Test {
    #[command(flatten)]
    file: FileArg,
    /// Additional files that contain `scenarios:`
    #[arg(value_name = "FILE")]
    more: Vec<PathBuf>,
    /// Runs only scenarios whose name contains this text
    #[arg(long, value_name = "TEXT")]
    scenario: Option<String>,
    /// Seed of the random numbers
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Runs each scenario with this many seeds, starting at --seed
    #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    runs: u64,
    /// How exactly the farm is simulated [default: by the size of the scenario]
    #[arg(long, value_name = "HOW")]
    fidelity: Option<Closely>,
    /// Prints the timeline of passed scenarios, too
    #[arg(long)]
    timeline: bool,
    /// Format of the report [default: human, or github within GitHub Actions]
    #[arg(long, value_name = "FORM")]
    output_format: Option<Form>,
}

/// How the outcome is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// Text for people
    Human,
    /// One JSON document
    Json,
    /// JSON lines, one object each
    Jsonl,
    /// Text for people, with annotations for GitHub Actions
    Github,
    /// JUnit XML report
    Junit,
}

/// How closely it is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Closely {
    /// Every single share, over stratum sessions
    Shares,
    /// Only the number of shares per rig and minute, which is faster
    Counts,
}

impl From<Closely> for Fidelity {
    fn from(closely: Closely) -> Fidelity {
        match closely {
            Closely::Shares => Fidelity::Shares,
            Closely::Counts => Fidelity::Counts,
        }
    }
}

/// One scenario played with one seed.
#[derive(Debug, Serialize)]
pub(super) struct Played {
    #[serde(flatten)]
    report: Report,
    elapsed_seconds: f64,
}

#[derive(Debug, Serialize)]
struct Document {
    kind: &'static str,
    format_version: &'static str,
    tool_version: &'static str,
    passed: bool,
    scenarios: Vec<Played>,
    policies: Vec<PolicyUse>,
    pool_lists: Vec<ListUse>,
}

impl Test {
    pub(crate) async fn run(self, ui: &mut Ui) -> Result<Exit, Failure> {
        let form = self.form(ui);
        ui.format = match form {
            Form::Json if ui.format == OutputFormat::Yaml => OutputFormat::Yaml,
            Form::Json => OutputFormat::Json,
            Form::Jsonl => OutputFormat::Jsonl,
            _ => OutputFormat::Table,
        };
        let path = farm_file::find(self.file.file.as_deref())?;
        let mut more = beside(&path)?;
        more.extend(self.more.iter().cloned());
        let file = farm_file::read_beside(&path, &more)?.checked(ui)?;
        let farm = file.reading.farm.clone().expect("it was checked");
        let wanted = self.scenario.as_deref().unwrap_or_default();
        let names: Vec<_> =
            farm.scenarios.keys().filter(|name| name.as_str().contains(wanted)).cloned().collect();
        if names.is_empty() {
            let help = "write some under `scenarios:`; `stratumctl explain scenarios` says how";
            let message = match farm.scenarios.len() {
                0 => "the farm file has no scenarios".to_owned(),
                some => {
                    format!("none of {} has a name with `{wanted}` in it", counted(some as u64, "scenario"))
                }
            };
            return Err(Failure::new(Exit::Invalid, "no_scenarios", message, Some(help)));
        }
        let mut played = Vec::new();
        for name in names {
            for seed in self.seed..self.seed.saturating_add(self.runs) {
                let (farm, scenario, name) = (farm.clone(), farm.scenarios[&name].clone(), name.to_string());
                let way = Way { seed, fidelity: self.fidelity.map(Into::into) };
                let what = name.clone();
                let (report, took) =
                    rehearse::away(&what, ui, move |tell| play(&farm, &name, &scenario, way, tell)).await?;
                let one = Played { report, elapsed_seconds: took.as_secs_f64() };
                match form {
                    Form::Human | Form::Github => self.show(&one, took, ui),
                    Form::Jsonl => ui.json_line("scenario", &one),
                    Form::Json | Form::Junit => {}
                }
                played.push(one);
            }
        }
        let (failed, open) = (among(&played, Verdict::Missed), among(&played, Verdict::Unjudged));
        let covered = played.iter().map(|one| (one.report.scenario.as_str(), &one.report.coverage));
        let (policies, lists) = Coverage::table(&farm, covered);
        match form {
            Form::Human => show_coverage(&played, &policies, &lists, ui),
            Form::Github => {
                show_coverage(&played, &policies, &lists, ui);
                ui.text(&forms::github(&played, &path));
            }
            Form::Junit => ui.text(&forms::junit(&played, &path)),
            Form::Json | Form::Jsonl => {
                let scenarios = if form == Form::Json { played } else { Vec::new() };
                ui.document(&Document {
                    kind: "stratumctl.test",
                    format_version: "1.0",
                    tool_version: env!("CARGO_PKG_VERSION"),
                    passed: failed + open == 0,
                    scenarios,
                    policies,
                    pool_lists: lists,
                });
            }
        }
        Ok(match (failed, open) {
            (0, 0) => Exit::Success,
            (0, _) => Exit::Unjudged,
            _ => Exit::Invalid,
        })
    }

    fn form(&self, ui: &Ui) -> Form {
        let github = std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| !value.is_empty());
        match (self.output_format, ui.format) {
            (Some(form), _) => form,
            (None, OutputFormat::Json | OutputFormat::Yaml) => Form::Json,
            (None, OutputFormat::Jsonl) => Form::Jsonl,
            (None, _) if github => Form::Github,
            (None, _) => Form::Human,
        }
    }

    fn show(&self, played: &Played, took: Duration, ui: &mut Ui) {
        let report = &played.report;
        let (word, style) = match report.verdict {
            Verdict::Met => ("pass", Style::new().green()),
            Verdict::Unjudged => ("open", Style::new().yellow().bold()),
            Verdict::Missed => ("FAIL", Style::new().red().bold()),
        };
        let word = ui.paint(word, style);
        let length = span(report.seconds);
        // On a terminal only: what is compared should not change from run to run.
        let took =
            if ui.out_is_terminal { format!(" in {:.1} s", took.as_secs_f64()) } else { String::new() };
        let how = format!("{length} by {}, seed {}{took}", report.fidelity, report.seed);
        ui.line(&format!("{word}  {}  ({how})", report.scenario));
        for check in &report.checks {
            let (mark, style) = match check.verdict {
                Verdict::Met => ("ok", Style::new().green()),
                Verdict::Missed => ("no", Style::new().red()),
                Verdict::Unjudged => ("??", Style::new().yellow()),
            };
            let mark = ui.paint(mark, style);
            ui.line(&format!("  {mark}  {}  --  {}", check.what, check.found));
        }
        if self.timeline || report.verdict == Verdict::Missed {
            ui.line("  what happened:");
            for line in timeline(report) {
                ui.line_cut(&format!("    {line}"), Style::new());
            }
        }
    }
}

/// The timeline as lines of text.
fn timeline(report: &Report) -> Vec<String> {
    let mut lines: Vec<String> = report
        .timeline
        .iter()
        .take(LINES_MAX)
        .map(|line| match line.count {
            1 => format!("{:>10}  {}", line.at, line.message),
            count => format!("{:>10}  {}, and {} more of {}", line.at, line.message, count - 1, line.kind),
        })
        .collect();
    if report.timeline.len() > LINES_MAX {
        lines.push(format!("{:>10}  and {} more lines", "", report.timeline.len() - LINES_MAX));
    }
    lines
}

/// How many scenarios came to this.
fn among(played: &[Played], verdict: Verdict) -> usize {
    played.iter().filter(|one| one.report.verdict == verdict).count()
}

fn show_coverage(played: &[Played], policies: &[PolicyUse], lists: &[ListUse], ui: &mut Ui) {
    let (failed, open) = (among(played, Verdict::Missed), among(played, Verdict::Unjudged));
    let all = counted(played.len() as u64, "scenario");
    ui.line(&match (failed, open) {
        (0, 0) => format!("{all}: all passed"),
        (0, _) => format!("{all}: none failed, and of {open} not everything could be judged"),
        (_, 0) => format!("{all}: {failed} failed"),
        _ => format!("{all}: {failed} failed, and of {open} not everything could be judged"),
    });
    let mut gaps: Vec<String> = Vec::new();
    for used in policies.iter().filter(|used| used.exercised_by.is_empty()) {
        gaps.push(match used.rentals.as_slice() {
            [] => format!("policy {}: no rental has it", used.policy),
            rentals => format!("policy {}: no rig of {} was replaced", used.policy, rentals.join(", ")),
        });
    }
    for list in lists.iter().filter(|list| list.exercised_by.is_empty()) {
        gaps.push(format!("pools of {}: {} never failed over", list.account, list.pools.join(" -> ")));
    }
    if !gaps.is_empty() {
        ui.line("no scenario exercises:");
        gaps.iter().for_each(|gap| ui.line(&format!("  {gap}")));
    }
}

/// Files with scenarios beside a farm file.
fn beside(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if path == Path::new("-") {
        return Ok(Vec::new());
    }
    let home = path.parent().filter(|home| !home.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let is_one = |name: &str| name.ends_with(".scenarios.yaml") || name.ends_with(".scenarios.yml");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(home)? {
        let entry = entry?;
        if entry.file_name().to_str().is_some_and(is_one) {
            let bare = path.parent().is_none_or(|home| home.as_os_str().is_empty());
            found.push(if bare { PathBuf::from(entry.file_name()) } else { entry.path() });
        }
    }
    found.sort();
    Ok(found)
}

fn span(seconds: f64) -> String {
    ::schema::unit::Span::from_micros((seconds * 1e6) as i64).to_string()
}
