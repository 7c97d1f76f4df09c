//! What is written where: results to the output, everything else to the error stream; colour, width and
//! progress decided for each stream by itself. A reader that has gone away ends nothing.

mod progress;
mod table;

use std::io::{IsTerminal as _, Write};

use owo_colors::{OwoColorize as _, Style};
use schema::api::ErrorDoc;
use serde::Serialize;
use serde_json::{Value, json};

use crate::args::{self, Common, OutputFormat, When};
use crate::error::Exit;
pub(crate) use progress::{Board, Progress};
pub(crate) use table::{Column, table};

/// Where progress goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Drawn,
    Plain,
    Nowhere,
}

/// Where a command writes.
pub struct Ui {
    out: Box<dyn Write>,
    err: Box<dyn Write>,
    /// The form that results take.
    pub format: OutputFormat,
    /// Somebody can be asked.
    pub interactive: bool,
    /// Documents were asked for on the command line: whoever reads them does not want to be asked.
    pub yes_implied: bool,
    /// The output is a terminal.
    pub out_is_terminal: bool,
    color_out: bool,
    color_err: bool,
    quiet: bool,
    progress: Shown,
    /// Nobody reads the output any more.
    gone: bool,
    /// Why the output could not be written, where that is not because its reader has gone.
    unwritten: Option<String>,
    /// A document was written.
    told: bool,
    /// What to say if the command is cut off now.
    if_cut_off: Option<String>,
    /// A question was asked and is not answered.
    asking: bool,
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
            yes_implied: common.output_said && is_document(common.output),
            out_is_terminal: out,
            color_out: color(out),
            color_err: color(err),
            quiet: common.quiet,
            progress: match common.progress {
                args::Progress::None => Shown::Nowhere,
                _ if common.quiet => Shown::Nowhere,
                args::Progress::Auto if err && !ci && !dumb => Shown::Drawn,
                args::Progress::Auto | args::Progress::Plain => Shown::Plain,
            },
            gone: false,
            unwritten: None,
            told: false,
            if_cut_off: None,
            asking: false,
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
            yes_implied: is_document(format),
            out_is_terminal: false,
            color_out: false,
            color_err: false,
            quiet: false,
            progress: Shown::Nowhere,
            gone: false,
            unwritten: None,
            told: false,
            if_cut_off: None,
            asking: false,
            width: 100,
        }
    }

    /// Results are documents, not tables.
    pub fn wants_document(&self) -> bool {
        is_document(self.format)
    }

    /// The result has no end: one object a line is the only JSON for it.
    pub fn stream(&mut self) {
        if self.format == OutputFormat::Json {
            self.format = OutputFormat::Jsonl;
        }
    }

    /// Whoever read the output has gone away.
    pub fn is_gone(&self) -> bool {
        self.gone
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
        self.text(&format!("{text}\n"));
    }

    /// A piece of the result, as it is.
    pub fn text(&mut self, text: &str) {
        let written = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush());
        if let Err(error) = written {
            self.gone = true;
            if error.kind() != std::io::ErrorKind::BrokenPipe {
                self.unwritten.get_or_insert_with(|| error.to_string());
            }
        }
    }

    /// A line of the result, cut to the terminal's width.
    pub fn line_cut(&mut self, text: &str, style: Style) {
        let cut = if self.out_is_terminal {
            console::truncate_str(text, self.width, "…").into_owned()
        } else {
            text.to_owned()
        };
        let painted = self.paint(&cut, style);
        self.line(&painted);
    }

    /// The result as one document; in a stream of lines, as one of them.
    pub fn document(&mut self, document: &impl Serialize) {
        let text = match self.format {
            OutputFormat::Yaml => {
                let text = serde_yaml::to_string(document).unwrap_or_else(|error| format!("# {error}\n"));
                if self.told { format!("---\n{text}") } else { text }
            }
            OutputFormat::Jsonl => {
                let value = serde_json::to_value(document).unwrap_or_default();
                let kind =
                    value["kind"].as_str().and_then(|kind| kind.rsplit('.').next()).unwrap_or("document");
                let kind = kind.to_owned();
                return self.json_line(&kind, &value);
            }
            _ => serde_json::to_string_pretty(document)
                .map_or_else(|e| format!("\"{e}\"\n"), |text| text + "\n"),
        };
        self.told = true;
        self.text(&text);
    }

    /// One line of a stream: what it is, then the fields of the object.
    pub fn json_line(&mut self, kind: &str, document: &impl Serialize) {
        if !self.told {
            self.told = true;
            self.json_line(
                "version",
                &json!({
                    "kind": "stratumctl.stream",
                    "format_version": "1.0",
                    "tool_version": env!("CARGO_PKG_VERSION"),
                }),
            );
        }
        let mut line = serde_json::Map::from_iter([("type".to_owned(), Value::from(kind))]);
        match serde_json::to_value(document) {
            // An event has a kind of its own; only what would say the same twice is left out.
            Ok(Value::Object(fields)) => line.extend(fields),
            Ok(other) => drop(line.insert("value".into(), other)),
            Err(error) => drop(line.insert("message".into(), error.to_string().into())),
        }
        self.line(&Value::Object(line).to_string());
    }

    /// What to say if the command is cut off from here on.
    pub fn if_cut_off(&mut self, words: Option<String>) {
        self.if_cut_off = words;
    }

    /// A signal ended the command.
    pub fn cut_off(&mut self, exit: Exit) -> Exit {
        let words = self.if_cut_off.take();
        if self.asking {
            // The question's line was not ended by an answer.
            self.note_text("\n");
        }
        let (code, by) = match exit {
            Exit::Terminated => ("terminated", "SIGTERM"),
            _ => ("interrupted", "SIGINT"),
        };
        let streaming = self.format == OutputFormat::Jsonl && words.is_some();
        if self.wants_document() && (!self.told || streaming) {
            self.document(&ErrorDoc::new(code, format!("stopped by {by}"), words.as_deref()));
        }
        if let Some(words) = words {
            self.error(&format!("stopped by {by}"), Some(&words));
        }
        exit
    }

    /// Ends the output: a stream says how the command ended. A result that could not be written is a failure, unless
    /// whoever read it had enough.
    pub fn end(&mut self, exit: Exit) -> Exit {
        if self.format == OutputFormat::Jsonl {
            self.json_line("result", &json!({ "exit_code": exit.code() }));
        }
        if let Some(why) = self.unwritten.take() {
            self.error(&format!("the output could not be written: {why}"), None);
            if matches!(exit, Exit::Success | Exit::Changes) {
                return Exit::Failed;
            }
        }
        exit
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
    pub async fn confirm(&mut self, question: &str) -> bool {
        self.note_text(&format!("{question} [y/N] "));
        let before = self.if_cut_off.replace("nothing was changed".into());
        self.asking = true;
        let (tell, told) = tokio::sync::oneshot::channel();
        // On a thread of its own, so that Ctrl-C is heard meanwhile.
        std::thread::spawn(move || {
            let mut answer = String::new();
            let read = std::io::stdin().read_line(&mut answer);
            let yes = read.is_ok() && matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes");
            let _ = tell.send(yes);
        });
        let yes = told.await.unwrap_or(false);
        self.asking = false;
        self.if_cut_off = before;
        yes
    }

    /// A text for the output in this style, where colours are wanted.
    pub fn paint(&self, text: &str, style: Style) -> String {
        if self.color_out { text.style(style).to_string() } else { text.to_owned() }
    }

    /// Lines that are drawn over themselves.
    pub(crate) fn board(&self) -> Board {
        Board::of(self)
    }

    /// Shows that something takes a while.
    pub(crate) fn progress(&self, what: &str) -> Progress {
        Progress::of(self, what)
    }
}

fn is_document(format: OutputFormat) -> bool {
    matches!(format, OutputFormat::Json | OutputFormat::Jsonl | OutputFormat::Yaml)
}

fn terminal_width() -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let seen = || console::Term::stdout().size_checked().map(|(_, columns)| usize::from(columns));
    columns.or_else(seen).unwrap_or(100).clamp(60, 240)
}
