//! Structure: the tree against the published schema, and its errors in our own words. The crate's own
//! messages are never used: they repeat the value, which may be a secret written in the wrong place.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{JsonType, ValidationError, Validator};
use serde_json::Value;

use crate::nearest::nearest;
use crate::problem::Problem;
use crate::published::{child, follow, node, schema};
use crate::source::Place;
use crate::text::{Format, formats};
use crate::tree::json::{Arena, Handle};
use crate::tree::{Found, Id, Tree, View, escape};

/// Choices that are listed in a message; of more it says where they are.
const CHOICES_MAX: usize = 20;

/// Most errors that get words; a file with more is broken in some other way.
const ERRORS_MAX: usize = 20_000;
/// Alias uses shown with one problem.
const VIA_MAX: usize = 3;

/// What is wrong with the structure.
pub(crate) struct Structure {
    problems: Vec<Problem>,
    /// Pointers of values that cannot be used.
    faulty: Vec<String>,
}

impl Structure {
    pub(crate) fn is_empty(&self) -> bool {
        self.faulty.is_empty()
    }

    pub(crate) fn into_parts(self) -> (Vec<String>, Vec<Problem>) {
        (self.faulty, self.problems)
    }

    /// The smallest parts to leave out so that the rest can be decoded and checked.
    pub(crate) fn skip(&self, tree: &Tree) -> HashSet<Id> {
        let Some(root) = self.problems.first().and(tree.root_of_farm()) else { return HashSet::new() };
        self.faulty.iter().filter_map(|pointer| part_to_skip(tree, root, pointer)).collect()
    }
}

/// A part that its surroundings can do without: an optional field, an entry, an item.
fn part_to_skip(tree: &Tree, root: Id, pointer: &str) -> Option<Id> {
    let found = tree.find(root, pointer)?;
    let names: Vec<_> = pointer.split('/').skip(1).map(crate::tree::unescape).collect();
    // The schema of every node on the way, as far as the schema knows it.
    let mut schemas = vec![Some(schema())];
    for name in &names {
        let last = schemas.last().copied().flatten();
        schemas.push(last.and_then(|schema| child(schema, name)).map(follow));
    }
    for depth in (1..=names.len()).rev() {
        let around = schemas[depth - 1];
        let needed = around.is_some_and(|schema| {
            let required = schema.get("required").and_then(Value::as_array);
            required.is_some_and(|required| required.iter().any(|field| *field == *names[depth - 1]))
                || schema.get("maxProperties").is_some()
                || schema.get("allOf").is_some()
        });
        if !needed || depth == 1 {
            return Some(found.path[depth]);
        }
    }
    None
}

fn validator() -> &'static Validator<Arena> {
    static VALIDATOR: OnceLock<Validator<Arena>> = OnceLock::new();
    VALIDATOR.get_or_init(|| {
        let mut options = jsonschema::options_for::<Arena>()
            .should_validate_formats(true)
            .should_ignore_unknown_formats(false);
        for format in formats() {
            options = options.with_format(format.name, |text: &str| (format.check)(text).is_ok());
        }
        for name in ["uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64"] {
            options = options.with_format(name, |_: &str| true);
        }
        options.build(schema()).expect("the published schema is a schema, which the tests assert")
    })
}

/// Checks a root against the schema.
pub(crate) fn check(tree: &mut Tree, root: Id) -> Structure {
    tree.set_root(root);
    let tree = &*tree;
    let errors: Vec<_> = validator().iter_errors(Handle::Node(tree, root)).take(ERRORS_MAX).collect();
    let mut words = Words {
        tree,
        root,
        problems: Vec::new(),
        faulty: Vec::new(),
        missing: HashMap::new(),
        formats: HashSet::new(),
    };
    for error in &errors {
        let pointer = error.instance_path().as_str();
        match error.kind() {
            ValidationErrorKind::Required { property } => {
                let names = words.missing.entry(pointer.to_owned()).or_default();
                names.extend(property.as_str().map(str::to_owned));
            }
            ValidationErrorKind::Format { .. } => drop(words.formats.insert(pointer.to_owned())),
            _ => {}
        }
    }
    for error in &errors {
        words.error(error);
    }
    words.missing_fields();
    Structure { problems: words.problems, faulty: words.faulty }
}

struct Words<'a> {
    tree: &'a Tree,
    root: Id,
    problems: Vec<Problem>,
    faulty: Vec<String>,
    /// Fields that are missing, by the pointer of their object.
    missing: HashMap<String, Vec<String>>,
    /// Pointers at which a format failed.
    formats: HashSet<String>,
}

fn list(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}

fn strings(value: Option<&Value>) -> Vec<&str> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

fn field_names(schema: &Value) -> Vec<&str> {
    schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(name, _)| name.as_str())
        .collect()
}

fn format_of(schema: &Value) -> Option<&'static Format> {
    let name = schema.get("format")?.as_str()?;
    formats().iter().find(|format| format.name == name)
}

/// The last name of a pointer, for messages.
fn last_name(pointer: &str) -> String {
    let last = pointer.rsplit('/').next().unwrap_or("");
    if last.is_empty() {
        return "the farm".into();
    }
    let mut above = pointer.rsplit('/');
    match last.parse::<usize>() {
        Ok(index) => format!("item {} of `{}`", index + 1, crate::tree::unescape(above.nth(1).unwrap_or(""))),
        Err(_) => format!("`{}`", crate::tree::unescape(last)),
    }
}

impl Words<'_> {
    fn error(&mut self, error: &ValidationError<'_>) {
        let pointer = error.instance_path().as_str().to_owned();
        let keyword = error.schema_path().as_str();
        // The schema that holds the keyword which failed.
        let around = keyword.rsplit_once('/').and_then(|(around, _)| node(around)).unwrap_or(&Value::Null);
        let Some(found) = self.tree.find(self.root, &pointer) else { return };
        match error.kind() {
            ValidationErrorKind::Required { .. } => {} // `missing_fields` tells them, together with misspelt ones
            ValidationErrorKind::Pattern { .. } if self.formats.contains(&pointer) => {}
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                for name in unexpected {
                    self.unknown(&pointer, &found, name, around);
                }
            }
            // Where the pattern failed too, this is the same problem once more, and dropped as such.
            ValidationErrorKind::PropertyNames { error } => {
                let around = keyword.split("/propertyNames").next().and_then(node);
                if let (Some(name), Some(around)) = (error.instance().as_str(), around) {
                    self.unknown(&pointer, &found, name, around);
                }
            }
            ValidationErrorKind::Type { kind } => self.wrong_type(pointer, &found, kind, keyword, around),
            ValidationErrorKind::Enum { options } => {
                let names = strings(Some(options));
                self.choice(pointer, &found, &names);
            }
            ValidationErrorKind::Format { .. } => self.format(pointer, &found, around),
            ValidationErrorKind::Minimum { .. } | ValidationErrorKind::Maximum { .. } => {
                let bound = |name: &str| around.get(name).map(ToString::to_string).unwrap_or_default();
                let (min, max) = (bound("minimum"), bound("maximum"));
                let message = format!("{} is outside of its range", last_name(&pointer));
                let problem = self.at("farm::field::range", &pointer, &found, message);
                self.push(
                    pointer,
                    problem.label("out of range").help(format!("it goes from {min} to {max}")),
                );
            }
            ValidationErrorKind::MinItems { limit } => {
                let message = format!("{} is empty", last_name(&pointer));
                let problem = self.at("farm::field::count", &pointer, &found, message);
                self.push(pointer, problem.label("empty").help(format!("it needs at least {limit}")));
            }
            ValidationErrorKind::MinLength { .. } | ValidationErrorKind::MaxLength { .. } => {
                let bound =
                    |name: &str, or: &str| around.get(name).map_or(or.to_owned(), ToString::to_string);
                let help = format!(
                    "it has {} to {} characters",
                    bound("minLength", "1"),
                    bound("maxLength", "any number of")
                );
                let message = format!("{} is too short or too long", last_name(&pointer));
                let problem = self.at("farm::field::length", &pointer, &found, message);
                self.push(pointer, problem.label("length").help(help));
            }
            ValidationErrorKind::MinProperties { limit } | ValidationErrorKind::MaxProperties { limit } => {
                self.number_of_fields(pointer, &found, *limit, around);
            }
            _ => {
                let message = format!("{} is not what belongs here", last_name(&pointer));
                let problem = self.at("farm::field::value", &pointer, &found, message);
                let help = "`stratumctl explain` says what this field takes";
                self.push(pointer, problem.label("not usable").help(help));
            }
        }
    }

    fn push(&mut self, pointer: String, problem: Problem) {
        self.faulty.push(pointer);
        self.problems.push(problem);
    }

    fn at(&self, code: &'static str, pointer: &str, found: &Found, message: String) -> Problem {
        problem_at(self.tree, code, pointer, found, message)
    }

    fn unknown(&mut self, pointer: &str, found: &Found, name: &str, around: &'static Value) {
        let Some((key, _)) = self.tree.get(found.value, name) else { return };
        let sources = self.tree.sources();
        let at = format!("{pointer}/{}", escape(name));
        let new =
            |code, message: String| Problem::new(code, sources, self.tree.place(key), message).at(at.clone());
        let problem = if let Some(patterns) = around.get("patternProperties").and_then(Value::as_object) {
            let format = formats().iter().find(|format| patterns.contains_key(format.pattern));
            let problem = new("farm::name::rule", format!("`{name}` is not a name for this"));
            match format.and_then(|format| (format.check)(name).err()) {
                Some(error) => problem.label(error.reason).help(format!("expected {}", error.expected)),
                None => problem.label("not a name").help("see `stratumctl explain farm::name::rule`"),
            }
        } else {
            let fields = field_names(around);
            let missing = self.missing.get(pointer).cloned().unwrap_or_default();
            let free = fields.iter().copied().filter(|field| self.tree.get(found.value, field).is_none());
            let meant = nearest(name, missing.iter().map(String::as_str))
                .or_else(|| nearest(name, free))
                .map(str::to_owned);
            let what = if pointer.is_empty() {
                "a farm file has no section".into()
            } else {
                format!("{} has no field", last_name(pointer))
            };
            let problem = new("farm::field::unknown", format!("{what} `{name}`")).label("unknown");
            match meant {
                Some(meant) => {
                    // A missing field and its misspelling are one mistake.
                    if let Some(missing) = self.missing.get_mut(pointer) {
                        missing.retain(|field| *field != meant);
                    }
                    problem.help(format!("did you mean `{meant}`?")).fix(meant)
                }
                None => problem.help(format!("it knows {}", list(&fields))),
            }
        };
        let mut problem = problem;
        for via in found.via.iter().take(VIA_MAX) {
            problem = problem.related(sources, self.tree.place(*via), "used here");
        }
        self.push(at, problem);
    }

    fn missing_fields(&mut self) {
        let mut missing: Vec<(String, Vec<String>)> = std::mem::take(&mut self.missing).into_iter().collect();
        missing.sort();
        for (pointer, names) in missing {
            let Some(found) = self.tree.find(self.root, &pointer) else { continue };
            for name in names {
                let message = format!("{} needs `{name}`", last_name(&pointer));
                let problem = self.at("farm::field::missing", &pointer, &found, message);
                let about =
                    found_schema(&pointer).and_then(|schema| child(schema, &name)).and_then(description);
                let help = match about {
                    Some(about) => format!("add `{name}:`, {}", lower_first(&about)),
                    None => format!("add `{name}:`"),
                };
                self.push(pointer.clone(), problem.label(format!("`{name}` is missing")).help(help));
            }
            // Even where a misspelt field took the blame, the object is not whole.
            self.faulty.push(pointer);
        }
    }

    fn wrong_type(
        &mut self,
        pointer: String,
        found: &Found,
        kind: &TypeKind,
        keyword: &str,
        around: &'static Value,
    ) {
        let view = self.tree.view(found.value);
        let name = last_name(&pointer);
        let wanted = match kind {
            TypeKind::Single(one) => *one,
            TypeKind::Multiple(several) => several.iter().next().unwrap_or(JsonType::Object),
        };
        if self.tree.is_lost(found.value) {
            return self.faulty.push(pointer); // the alias itself has been reported
        }
        if view == View::Null {
            let message =
                if pointer.is_empty() { "the file is empty".into() } else { format!("{name} has no value") };
            let problem = self.at("farm::field::empty", &pointer, found, message).label("nothing behind it");
            let help = match format_of(around) {
                _ if pointer.is_empty() => "start with `apiVersion: stratum.farm/v1`".into(),
                Some(format) => format!("leave it out, or give it {}: {}", format.what, format.expected),
                None => "leave it out, or give it a value".to_owned(),
            };
            return self.push(pointer, problem.help(help));
        }
        if keyword.starts_with("/$defs/SecretRef/") && !matches!(view, View::Map | View::List) {
            let message = format!("{name} is a secret written in clear");
            let problem = self
                .at("farm::secret::in_clear", &pointer, found, message)
                .label("a secret does not belong here");
            let help = "say where it is kept: {env: NAME}, {file: path}, {sops: file#key} or {credential: name}; \
                        {text: x} is for passwords that guard nothing. What was written here should be changed: it is in the file's history";
            return self.push(pointer, problem.help(help));
        }
        let has = match view {
            View::Null => "nothing",
            View::Bool(_) => "true or false",
            View::Number(_) => "a number",
            View::Text(_) => "text",
            View::List => "a list",
            View::Map => "a map",
        };
        let (wants, help) = match wanted {
            JsonType::String => {
                let format = format_of(around);
                let wants = format.map_or("text", |format| format.what);
                let help = match (format, view) {
                    (Some(format), View::Number(_)) if !is_free_text(format) => {
                        format!("write {}", format.expected)
                    }
                    (_, View::Number(_) | View::Bool(_)) => {
                        format!(
                            "put it in quotes: '{}'",
                            self.tree.scalar_text(self.tree.resolve(found.value))
                        )
                    }
                    (Some(format), _) => format!("write {}", format.expected),
                    (None, _) => "write one line of text".to_owned(),
                };
                (wants, help)
            }
            JsonType::Integer | JsonType::Number => {
                ("a whole number", "write digits alone, without quotes or unit".to_owned())
            }
            JsonType::Boolean => {
                ("true or false", "write `true` or `false`; `yes` and `no` are text".to_owned())
            }
            JsonType::Array => ("a list", "write `[one, two]`, or one line with `- ` for each".to_owned()),
            JsonType::Object => {
                let fields = field_names(around);
                let help = if fields.is_empty() {
                    "write `{name: value}`, or one line for each".to_owned()
                } else {
                    format!("it has the fields {}", list(&fields))
                };
                ("a map", help)
            }
            JsonType::Null => ("nothing", "leave it out".to_owned()),
        };
        let name = if pointer.is_empty() { "a farm file".to_owned() } else { name };
        let problem =
            self.at("farm::field::type", &pointer, found, format!("{name} takes {wants}, and this is {has}"));
        self.push(pointer, problem.label(format!("not {wants}")).help(help));
    }

    fn choice(&mut self, pointer: String, found: &Found, names: &[&str]) {
        let written = match self.tree.view(found.value) {
            View::Text(text) => text,
            // Its type has been reported.
            _ => return,
        };
        let message = format!("{} is not one of its choices", last_name(&pointer));
        let mut problem = self.at("farm::field::choice", &pointer, found, message).label("unknown");
        let all = if names.len() <= CHOICES_MAX {
            format!("it is one of {}", list(names))
        } else {
            let path: Vec<&str> = pointer
                .split('/')
                .skip(1)
                .map(|part| if part.bytes().all(|byte| byte.is_ascii_digit()) { "*" } else { part })
                .collect();
            format!("`stratumctl explain {}` lists all {}", path.join("."), names.len())
        };
        if let Some(near) = nearest(written, names.iter().copied()) {
            let all = all.replacen("it is", "It is", 1);
            problem = problem.help(format!("did you mean `{near}`? {all}")).fix(near);
        } else {
            problem = problem.help(all);
        }
        self.push(pointer, problem);
    }

    fn format(&mut self, pointer: String, found: &Found, around: &'static Value) {
        let (Some(format), View::Text(text)) = (format_of(around), self.tree.view(found.value)) else {
            return;
        };
        let Err(error) = (format.check)(text) else { return };
        let code = match format.name {
            "farm-name" => "farm::name::rule",
            "farm-pool-url" | "farm-url" if error.reason.contains("passwords") => "farm::secret::in_clear",
            _ => "farm::field::quantity",
        };
        let problem =
            self.at(code, &pointer, found, format!("{} is not {}", last_name(&pointer), error.what));
        let problem = problem.label(error.reason);
        let problem = match mend(format, text) {
            Some(mended) => {
                problem.help(format!("did you mean `{mended}`? Expected {}", error.expected)).fix(mended)
            }
            None => problem.help(format!("expected {}", error.expected)),
        };
        self.push(pointer, problem);
    }

    fn number_of_fields(&mut self, pointer: String, found: &Found, limit: u64, around: &'static Value) {
        let count = self.tree.len(found.value);
        let fields = field_names(around);
        let exact = around.get("maxProperties").is_some();
        let name = last_name(&pointer);
        let (code, message, help) = if !exact {
            ("farm::field::count", format!("{name} is empty"), format!("it needs at least {limit}"))
        } else if limit == 1 {
            let help = format!("choose one of {}", list(&fields));
            ("farm::field::one_of", format!("{name} takes exactly one field, and this has {count}"), help)
        } else {
            let required = strings(around.get("required"));
            let rest: Vec<&str> = fields.into_iter().filter(|field| !required.contains(field)).collect();
            let help = format!("write {} and one of {}", list(&required), list(&rest));
            (
                "farm::field::one_of",
                format!("{name} takes {} and exactly one more field", list(&required)),
                help,
            )
        };
        let problem =
            self.at(code, &pointer, found, message).label(if count == 0 { "empty" } else { "here" });
        self.push(pointer, problem.help(help));
    }
}

/// Names and other texts that may look like numbers; quotes make them text.
fn is_free_text(format: &Format) -> bool {
    matches!(
        format.name,
        "farm-name" | "farm-scenario-name" | "farm-rig-range" | "farm-worker-range" | "farm-user"
    )
}

/// A slip that is often made with a quantity, undone.
fn mend(format: &Format, text: &str) -> Option<String> {
    let spaced = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let digits =
        spaced.trim_end_matches(|c: char| c.is_alphabetic() || matches!(c, '/' | ' ' | '°' | '%')).len();
    let (number, unit) = spaced.split_at(digits);
    let unit = unit.trim();
    let upper_hash = unit.replace("h/s", "H/s");
    let mut units =
        vec![unit.to_owned(), upper_hash, format!("{unit}/s"), format!("{}/s", unit.to_uppercase())];
    if let Some(prefix) = unit.chars().next() {
        let rest: String = unit.chars().skip(1).collect();
        units.push(format!("{}{}", prefix.to_uppercase(), rest.replace('h', "H")));
        units.push(format!("{}{}", prefix.to_lowercase(), rest.to_uppercase()));
        units.push(unit.to_uppercase());
        units.push(format!("°{unit}"));
    }
    let numbers = [number.to_owned(), number.replace([',', '_'], "")];
    let with = |number: &String| {
        let spaced = units.iter().filter(|unit| !unit.is_empty()).map(|unit| format!("{number} {unit}"));
        // What is written without a space comes last, so that a unit is tried the usual way first.
        let joined = units.iter().filter(|unit| !unit.is_empty()).map(|unit| format!("{number}{unit}"));
        spaced.chain([format!("{number}%")]).chain(joined).collect::<Vec<_>>()
    };
    let mut tries = numbers.iter().filter(|number| !number.is_empty()).flat_map(with);
    tries.find(|text| !text.ends_with(" %") && (format.check)(text).is_ok())
}

/// A problem at a value. An empty value has no width: its key is shown. A large one is shown by its key, too.
pub(crate) fn problem_at(
    tree: &Tree,
    code: &'static str,
    pointer: &str,
    found: &Found,
    message: impl Into<String>,
) -> Problem {
    let sources = tree.sources();
    let mut problem = Problem::new(code, sources, place_of(tree, found), message).at(pointer);
    for via in found.via.iter().take(VIA_MAX) {
        problem = problem.related(sources, tree.place(*via), "used here");
    }
    problem
}

/// The place that stands for a value.
pub(crate) fn place_of(tree: &Tree, found: &Found) -> Place {
    let is_container = matches!(tree.view(found.value), View::Map | View::List);
    let empty = tree.span(found.value).is_empty();
    match found.key {
        Some(key) if empty || is_container && tree.len(found.value) > 0 => tree.place(key),
        _ if is_container => head(tree, found.value),
        _ => tree.place(found.value),
    }
}

/// The place that stands for a container without a key: its first key, or what there is of its first line.
fn head(tree: &Tree, container: Id) -> Place {
    let first = tree.entries(container).next().map(|(key, _)| key);
    let mut place = tree.place(first.unwrap_or(container));
    if let Some(file) = tree.sources().file(place.file) {
        place.end = place.end.min(file.line_range(place.start).end.max(place.start));
    }
    place
}

/// The schema of what a pointer of the farm leads to.
fn found_schema(pointer: &str) -> Option<&'static Value> {
    pointer.split('/').skip(1).try_fold(schema(), |node, name| child(node, &crate::tree::unescape(name)))
}

fn description(schema: &'static Value) -> Option<String> {
    let text = schema.get("description").or_else(|| follow(schema).get("description"))?;
    text.as_str().map(str::to_owned)
}

fn lower_first(text: &str) -> String {
    let mut chars = text.trim_end_matches('.').chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_with_units_are_undone() {
        let format = |name: &str| formats().iter().find(|format| format.name == name).unwrap();
        for (name, written, meant) in [
            ("farm-hashrate", "110 TH", "110 TH/s"),
            ("farm-hashrate", "110 Th/s", "110 TH/s"),
            ("farm-hashrate", "110 th/s", "110 TH/s"),
            ("farm-power", "3 KW", "3 kW"),
            ("farm-power", "3,010 W", "3010 W"),
            ("farm-temperature", "35 C", "35 °C"),
            ("farm-percent", "95", "95%"),
        ] {
            assert_eq!(mend(format(name), written).as_deref(), Some(meant), "{written}");
        }
        assert_eq!(mend(format("farm-hashrate"), "fast"), None);
    }
}
