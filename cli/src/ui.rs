//! What is written where: results to the output, everything else to the error stream; colour, width and
//! progress decided for each stream by itself. A reader that has gone away ends nothing.

use std::io::{IsTerminal as _, Write};
use std::time::Duration;

use owo_colors::{OwoColorize as _, Style};
use serde::Serialize;

use crate::args::{Common, OutputFormat, When};

/// Where a command writes.
pub struct Ui {
    out: Box<dyn Write>,
    err: Box<dyn Write>,
    /// The form that results take.
    pub format: OutputFormat,
    /// Somebody can be asked.
    pub interactive: bool,
    /// Progress may be drawn on the error stream.
    pub live: bool,
    /// The output is a terminal.
    pub out_is_terminal: bool,
    color_out: bool,
    color_err: bool,
    quiet: bool,
    /// Columns of the output.
    pub width: usize,
}

impl std::fmt::Debug for Ui {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ui").field("format", &self.format).field("width", &self.width).finish_non_exhaustive()
    }
}

impl Ui {
    /// The process's own streams.
    pub fn of_process(common: &Common) -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let color = |terminal: bool| match common.color {
            When::Always => true,
            When::Never => false,
            When::Auto if set("NO_COLOR") || dumb => false,
            When::Auto => terminal || set("CLICOLOR_FORCE"),
        };
        let (out, err) = (std::io::stdout().is_terminal(), std::io::stderr().is_terminal());
        let ci = set("CI");
        Self {
            out: Box::new(std::io::stdout()),
            err: Box::new(std::io::stderr()),
            format: common.output,
            interactive: std::io::stdin().is_terminal() && err && !common.no_input && !ci,
            live: err && !ci && !dumb && !common.quiet,
            out_is_terminal: out,
            color_out: color(out),
            color_err: color(err),
            quiet: common.quiet,
            width: terminal_width(),
        }
    }

    /// Streams of a test: no terminal, no colour, 100 columns.
    pub fn to(out: impl Write + 'static, err: impl Write + 'static, format: OutputFormat) -> Self {
        Self {
            out: Box::new(out),
            err: Box::new(err),
            format,
            interactive: false,
            live: false,
            out_is_terminal: false,
            color_out: false,
            color_err: false,
            quiet: false,
            width: 100,
        }
    }

    /// Results are documents, not tables.
    pub fn wants_document(&self) -> bool {
        matches!(self.format, OutputFormat::Json | OutputFormat::Yaml)
    }

    /// Colours are wanted on the output.
    pub fn color(&self) -> bool {
        self.color_out
    }

    /// Colours are wanted on the error stream.
    pub fn color_of_notes(&self) -> bool {
        self.color_err
    }

    /// A line of the result.
    pub fn line(&mut self, text: &str) {
        let _ = writeln!(self.out, "{text}");
        let _ = self.out.flush();
    }

    /// A piece of the result, as it is.
    pub fn text(&mut self, text: &str) {
        let _ = write!(self.out, "{text}");
        let _ = self.out.flush();
    }

    /// The result as one document.
    pub fn document(&mut self, document: &impl Serialize) {
        let text = match self.format {
            OutputFormat::Yaml => {
                serde_yaml::to_string(document).unwrap_or_else(|error| format!("# {error}\n"))
            }
            _ => serde_json::to_string_pretty(document)
                .map_or_else(|e| format!("\"{e}\"\n"), |text| text + "\n"),
        };
        self.text(&text);
    }

    /// One JSON object a line.
    pub fn json_line(&mut self, document: &impl Serialize) {
        if let Ok(text) = serde_json::to_string(document) {
            self.line(&text);
        }
    }

    /// Something to know on the side.
    pub fn note(&mut self, text: &str) {
        if !self.quiet {
            let _ = writeln!(self.err, "{text}");
        }
    }

    /// A piece on the error stream, as it is.
    pub fn note_text(&mut self, text: &str) {
        let _ = write!(self.err, "{text}");
        let _ = self.err.flush();
    }

    /// Something went wrong, and the way out.
    pub fn error(&mut self, message: &str, help: Option<&str>) {
        let (error, aid) = if self.color_err {
            ("error:".red().bold().to_string(), "help:".cyan().bold().to_string())
        } else {
            ("error:".to_owned(), "help:".to_owned())
        };
        let _ = writeln!(self.err, "{error} {message}");
        if let Some(help) = help {
            let _ = writeln!(self.err, " {aid} {help}");
        }
    }

    /// Asks for a yes; anything else is a no.
    pub fn confirm(&mut self, question: &str) -> bool {
        self.note_text(&format!("{question} [y/N] "));
        let mut answer = String::new();
        let read = std::io::stdin().read_line(&mut answer);
        read.is_ok() && matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
    }

    /// A text for the output in this style, where colours are wanted.
    pub fn paint(&self, text: &str, style: Style) -> String {
        if self.color_out { text.style(style).to_string() } else { text.to_owned() }
    }

    /// A spinner with a message, hidden where nothing may be drawn.
    pub fn spinner(&self, message: String) -> indicatif::ProgressBar {
        if !self.live {
            return indicatif::ProgressBar::hidden();
        }
        let bar = indicatif::ProgressBar::new_spinner();
        bar.set_style(
            indicatif::ProgressStyle::with_template("{spinner:.cyan} {msg} {elapsed:.dim}")
                .unwrap_or_else(|_| indicatif::ProgressStyle::default_spinner()),
        );
        bar.enable_steady_tick(Duration::from_millis(100));
        bar.set_message(message);
        bar
    }

    /// A bar towards `total`, hidden where nothing may be drawn.
    pub fn bar(&self, total: u64, message: String) -> indicatif::ProgressBar {
        if !self.live {
            return indicatif::ProgressBar::hidden();
        }
        let bar = indicatif::ProgressBar::new(total);
        bar.set_style(
            indicatif::ProgressStyle::with_template(
                "{spinner:.cyan} {msg} [{bar:30.green}] {pos}/{len} rigs {elapsed:.dim}",
            )
            .unwrap_or_else(|_| indicatif::ProgressStyle::default_bar()),
        );
        bar.enable_steady_tick(Duration::from_millis(100));
        bar.set_message(message);
        bar
    }
}

fn terminal_width() -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    columns.unwrap_or_else(|| indicatif_width().unwrap_or(100)).clamp(60, 240)
}

fn indicatif_width() -> Option<usize> {
    let (_, columns) = console::Term::stdout().size_checked()?;
    Some(usize::from(columns))
}

/// A table without lines, fitted to the output: the last column gives way first.
pub(crate) fn table(ui: &Ui, head: &[&str], rows: Vec<Vec<String>>) -> String {
    use tabled::builder::Builder;
    use tabled::settings::object::{Columns, Rows};
    use tabled::settings::{Modify, Padding, Style as Lines, Width};
    let mut builder = Builder::default();
    builder.push_record(head.iter().map(|title| ui.paint(title, Style::new().bold())));
    rows.into_iter().for_each(|row| builder.push_record(row));
    let mut table = builder.build();
    table.with(Lines::blank()).with(Padding::new(0, 1, 0, 0));
    table.with(Modify::new(Columns::first()).with(Padding::new(0, 1, 0, 0)));
    if ui.out_is_terminal {
        table.with(Modify::new(Rows::new(1..)).with(Width::truncate(60).suffix("…")));
        table.with(
            Width::truncate(ui.width).suffix("…").priority(tabled::settings::peaker::Priority::right()),
        );
    }
    table.to_string().lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}
