//! Problems drawn for people.

use std::collections::HashMap;
use std::fmt;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode};

use super::{Problem, Severity, count};
use crate::source::{Excerpt, Sources};

/// How problems are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// With colours.
    pub color: bool,
    /// With box-drawing characters rather than plain ASCII.
    pub unicode: bool,
    /// Columns of the terminal.
    pub width: usize,
    /// Most problems that are drawn; the rest is counted.
    pub max: usize,
}

impl Default for Look {
    fn default() -> Look {
        Look { color: false, unicode: true, width: 100, max: 20 }
    }
}

/// Draws problems with the lines they are about. Errors are drawn first when not all are.
pub fn render_human(problems: &[Problem], sources: &Sources, look: Look) -> String {
    let theme = match (look.color, look.unicode) {
        (true, true) => GraphicalTheme::unicode(),
        (false, true) => GraphicalTheme::unicode_nocolor(),
        (true, false) => GraphicalTheme { styles: miette::ThemeStyles::ansi(), ..GraphicalTheme::ascii() },
        (false, false) => GraphicalTheme { styles: miette::ThemeStyles::none(), ..GraphicalTheme::ascii() },
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(look.width.max(40))
        .with_links(false)
        .with_context_lines(1);
    let mut shown: Vec<&Problem> = problems.iter().collect();
    if problems.len() > look.max {
        shown.sort_by_key(|problem| problem.severity);
        shown.truncate(look.max);
    }
    let excerpts = excerpts(&shown, sources);
    let mut text = String::new();
    for problem in &shown {
        let drawn = Drawn::of(problem, &excerpts);
        if handler.render_report(&mut text, &drawn).is_err() {
            // A place outside of its file: say it without the excerpt.
            text += &format!("{}: {}\n", problem.code, problem.message);
        }
        text.push('\n');
    }
    let (errors, warnings) = count(problems);
    if problems.len() > shown.len() {
        text += &format!("... and {} more\n", problems.len() - shown.len());
    }
    if !problems.is_empty() {
        text += &format!("{}, {}\n", plural(errors, "error"), plural(warnings, "warning"));
    }
    text
}

fn plural(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Every file that is shown, with what looks like a secret blotted out, whichever problem shows it.
fn excerpts<'a>(shown: &[&Problem], sources: &'a Sources) -> HashMap<usize, Excerpt<'a>> {
    let places = |problem: &Problem| {
        let related: Vec<usize> = problem.related.iter().map(|related| related.place.file).collect();
        related.into_iter().chain([problem.place.file])
    };
    let mut excerpts = HashMap::new();
    for index in shown.iter().flat_map(|problem| places(problem)) {
        let Some(file) = sources.file(index).filter(|_| !excerpts.contains_key(&index)) else { continue };
        let secrets = sources.secrets().iter().filter(|place| place.file == index);
        let secrets = secrets.map(|place| place.start..place.end);
        excerpts.insert(index, Excerpt::of(file, secrets.chain(crate::conceal::ranges(file.text()))));
    }
    excerpts
}

/// A problem, or a related place in another file, as miette wants it.
struct Drawn<'a> {
    code: Option<&'static str>,
    severity: Severity,
    message: &'a str,
    help: Option<&'a str>,
    labels: Vec<LabeledSpan>,
    source: Option<&'a Excerpt<'a>>,
    elsewhere: Vec<Drawn<'a>>,
}

impl<'a> Drawn<'a> {
    fn of(problem: &'a Problem, excerpts: &'a HashMap<usize, Excerpt<'a>>) -> Drawn<'a> {
        let place = problem.place;
        let label = (!problem.label.is_empty()).then(|| problem.label.clone());
        let mut labels =
            vec![LabeledSpan::new_primary_with_span(label, (place.start, place.end - place.start))];
        let mut elsewhere = Vec::new();
        for related in &problem.related {
            let span = (related.place.start, related.place.end - related.place.start);
            if related.place.file == place.file {
                labels.push(LabeledSpan::new_with_span(Some(related.label.clone()), span));
            } else {
                elsewhere.push(Drawn {
                    code: None,
                    severity: Severity::Warning,
                    message: &related.label,
                    help: None,
                    labels: vec![LabeledSpan::new_primary_with_span(None, span)],
                    source: excerpts.get(&related.place.file),
                    elsewhere: Vec::new(),
                });
            }
        }
        Drawn {
            code: Some(problem.code),
            severity: problem.severity,
            message: &problem.message,
            help: problem.help.as_deref(),
            labels,
            source: excerpts.get(&place.file),
            elsewhere,
        }
    }
}

impl fmt::Debug for Drawn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message)
    }
}

impl fmt::Display for Drawn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message)
    }
}

impl std::error::Error for Drawn<'_> {}

impl Diagnostic for Drawn<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.code.map(|code| Box::new(code) as Box<dyn fmt::Display>)
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match (self.code, self.severity) {
            (None, _) => miette::Severity::Advice,
            (_, Severity::Error) => miette::Severity::Error,
            (_, Severity::Warning) => miette::Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        if self.elsewhere.is_empty() {
            return None;
        }
        Some(Box::new(self.elsewhere.iter().map(|drawn| drawn as &dyn Diagnostic)))
    }
}
