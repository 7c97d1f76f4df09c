//! Problem: what is wrong, where, and a way out. Drawn for people by miette or written as JSON;
//! both show the same set.

mod human;

pub use human::{Look, render_human};

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::source::{Place, Position, Sources};

/// Does it stand in the way?
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The farm cannot be used like this.
    Error,
    /// The farm can be used, and is perhaps not what was meant.
    Warning,
}

/// One thing that is wrong, with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// A fixed word for programs: `farm::ref::unknown_pool`. `explain` knows each.
    pub code: &'static str,
    /// Does it stand in the way?
    pub severity: Severity,
    /// A sentence for people. Never repeats a value that could be a secret.
    pub message: String,
    /// A few words under the place itself.
    pub label: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The file, by its path in the bundle.
    pub file: String,
    /// The bytes it is about.
    pub place: Place,
    /// Where they start.
    pub position: Position,
    /// JSON pointer of the value, in the file with its includes.
    pub pointer: String,
    /// Other places that explain it.
    pub related: Vec<Related>,
    /// A change that would mend it.
    pub fix: Option<Fix>,
}

/// Of a rule of detection, found by `validate`: it blames healthy rigs by chance.
pub const FALSE_ALARMS: &str = "farm::policy::false_alarms";
/// Of a rule of detection, found by `validate`: it overlooks large losses.
pub const BLIND: &str = "farm::policy::blind";

/// Where a value is written, for those who find a problem only after reading.
#[derive(Debug, Clone, PartialEq)]
pub struct Spot {
    /// JSON pointer of the value.
    pub pointer: String,
    /// The file, by its path in the bundle.
    pub file: String,
    /// The bytes.
    pub place: Place,
    /// Where they start.
    pub position: Position,
}

/// Another place that explains a problem.
#[derive(Debug, Clone, PartialEq)]
pub struct Related {
    /// The file, by its path in the bundle.
    pub file: String,
    /// The bytes.
    pub place: Place,
    /// Where they start.
    pub position: Position,
    /// What is there.
    pub label: String,
}

/// A change that would mend a problem: the problem's bytes are replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What takes their place.
    pub text: String,
    /// It can be done without looking.
    pub safe: bool,
}

impl Problem {
    /// A problem at a place.
    pub(crate) fn new(
        code: &'static str,
        sources: &Sources,
        place: Place,
        message: impl Into<String>,
    ) -> Problem {
        let file = sources.file(place.file);
        Problem {
            code,
            severity: Severity::Error,
            message: message.into(),
            label: String::new(),
            help: None,
            file: file.map(|file| file.path().to_owned()).unwrap_or_default(),
            place,
            position: file.map_or(START, |file| file.position(place.start)),
            pointer: String::new(),
            related: Vec::new(),
            fix: None,
        }
    }

    /// A warning at a place that reading has noted.
    pub fn warn(
        code: &'static str,
        spot: &Spot,
        message: impl Into<String>,
        label: &str,
        help: String,
    ) -> Problem {
        Problem {
            code,
            severity: Severity::Warning,
            message: message.into(),
            label: label.into(),
            help: Some(help),
            file: spot.file.clone(),
            place: spot.place,
            position: spot.position,
            pointer: spot.pointer.clone(),
            related: Vec::new(),
            fix: None,
        }
    }

    pub(crate) fn label(mut self, label: impl Into<String>) -> Problem {
        self.label = label.into();
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Problem {
        self.help = Some(help.into());
        self
    }

    pub(crate) fn warning(mut self) -> Problem {
        self.severity = Severity::Warning;
        self
    }

    pub(crate) fn at(mut self, pointer: impl Into<String>) -> Problem {
        self.pointer = pointer.into();
        self
    }

    pub(crate) fn related(mut self, sources: &Sources, place: Place, label: impl Into<String>) -> Problem {
        let file = sources.file(place.file);
        self.related.push(Related {
            file: file.map(|file| file.path().to_owned()).unwrap_or_default(),
            place,
            position: file.map_or(START, |file| file.position(place.start)),
            label: label.into(),
        });
        self
    }

    pub(crate) fn fix(mut self, text: impl Into<String>) -> Problem {
        self.fix = Some(Fix { text: text.into(), safe: false });
        self
    }

    /// Strikes words out of everything it says.
    pub(crate) fn conceal(&mut self, words: &[String]) {
        let strike = |text: &mut String| {
            for word in words {
                if text.contains(word.as_str()) {
                    *text = text.replace(word.as_str(), "***");
                }
            }
        };
        strike(&mut self.message);
        strike(&mut self.label);
        strike(&mut self.pointer);
        self.help.iter_mut().for_each(strike);
        self.related.iter_mut().for_each(|related| strike(&mut related.label));
        // A change that is no longer what it was would be a wrong one.
        self.fix = self.fix.take().filter(|fix| !words.iter().any(|word| fix.text.contains(word.as_str())));
    }

    /// Is it an error?
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

const START: Position = Position { line: 1, column: 1, utf16_column: 1 };

/// How many errors and how many warnings.
pub fn count(problems: &[Problem]) -> (usize, usize) {
    let errors = problems.iter().filter(|problem| problem.is_error()).count();
    (errors, problems.len() - errors)
}

/// The JSON form of `format_version` 1.0: flat, with byte offsets and both kinds of columns.
impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("code", self.code)?;
        map.serialize_entry("severity", &self.severity)?;
        map.serialize_entry("message", &self.message)?;
        if let Some(help) = &self.help {
            map.serialize_entry("help", help)?;
        }
        map.serialize_entry("path", &self.pointer)?;
        write_place(&mut map, &self.file, self.place, self.position)?;
        map.serialize_entry("related", &self.related)?;
        let fixes: Vec<_> = self.fix.iter().map(|fix| FixAt { problem: self, fix }).collect();
        map.serialize_entry("fix", &fixes)?;
        map.serialize_entry("docs", &format!("stratumctl explain {}", self.code))?;
        map.end()
    }
}

impl Serialize for Related {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("label", &self.label)?;
        write_place(&mut map, &self.file, self.place, self.position)?;
        map.end()
    }
}

struct FixAt<'a> {
    problem: &'a Problem,
    fix: &'a Fix,
}

impl Serialize for FixAt<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("text", &self.fix.text)?;
        map.serialize_entry("applicability", if self.fix.safe { "safe" } else { "unsafe" })?;
        map.serialize_entry("file", &self.problem.file)?;
        map.serialize_entry("byte_start", &self.problem.place.start)?;
        map.serialize_entry("byte_end", &self.problem.place.end)?;
        map.end()
    }
}

fn write_place<M: SerializeMap>(
    map: &mut M,
    file: &str,
    place: Place,
    position: Position,
) -> Result<(), M::Error> {
    map.serialize_entry("file", file)?;
    map.serialize_entry("byte_start", &place.start)?;
    map.serialize_entry("byte_end", &place.end)?;
    map.serialize_entry("line", &position.line)?;
    map.serialize_entry("column", &position.column)?;
    map.serialize_entry("utf16_column", &position.utf16_column)
}

impl From<&Problem> for crate::api::ProblemDoc {
    fn from(problem: &Problem) -> Self {
        crate::api::ProblemDoc {
            code: problem.code.to_owned(),
            severity: match problem.severity {
                Severity::Error => crate::api::Severity::Error,
                Severity::Warning => crate::api::Severity::Warning,
            },
            message: problem.message.clone(),
            help: problem.help.clone(),
            path: Some(problem.pointer.clone()),
            file: Some(problem.file.clone()),
            byte_start: Some(problem.place.start as u64),
            byte_end: Some(problem.place.end as u64),
            line: Some(problem.position.line as u64),
            column: Some(problem.position.column as u64),
        }
    }
}
