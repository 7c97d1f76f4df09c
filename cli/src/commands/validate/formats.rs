//! Problems in the forms that editors and CI systems read. Files are named as seen from where the command runs.

use std::fmt::Write as _;
use std::path::Path;

use schema::Problem;
use serde_json::{Value, json};

use crate::format::xml;

fn shown(problem: &Problem, home: &Path) -> String {
    home.join(&problem.file).display().to_string()
}

fn level(problem: &Problem) -> &'static str {
    if problem.is_error() { "error" } else { "warning" }
}

/// The sentence and the way out, in one line.
fn sentence(problem: &Problem) -> String {
    match &problem.help {
        Some(help) => format!("{}; help: {help}", problem.message),
        None => problem.message.clone(),
    }
    .replace('\n', " ")
}

pub(super) fn concise(problems: &[Problem], home: &Path) -> String {
    let mut out = String::new();
    for problem in problems {
        let at = &problem.position;
        let (file, level, code) = (shown(problem, home), level(problem), problem.code);
        let _ = writeln!(out, "{file}:{}:{}: {level}[{code}] {}", at.line, at.column, sentence(problem));
    }
    out
}

/// <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>
pub(super) fn github(problems: &[Problem], home: &Path) -> String {
    let text = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |value: &str| text(value).replace(':', "%3A").replace(',', "%2C");
    let mut out = String::new();
    for problem in problems {
        let _ = writeln!(
            out,
            "::{} file={},line={},col={},title={}::{}",
            level(problem),
            property(&shown(problem, home)),
            problem.position.line,
            problem.position.column,
            property(problem.code),
            text(&sentence(problem)),
        );
    }
    out
}

/// <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>
pub(super) fn sarif(problems: &[Problem], home: &Path) -> String {
    let mut codes: Vec<&str> = problems.iter().map(|problem| problem.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let place = |file: &str, position: &schema::source::Position, place: &schema::source::Place| {
        json!({
            "physicalLocation": {
                "artifactLocation": { "uri": home.join(file).display().to_string().replace('\\', "/").replace(' ', "%20") },
                "region": {
                    "startLine": position.line,
                    "startColumn": position.utf16_column,
                    "byteOffset": place.start,
                    "byteLength": place.end - place.start,
                },
            }
        })
    };
    let results: Vec<Value> = problems
        .iter()
        .map(|problem| {
            let related: Vec<Value> = problem
                .related
                .iter()
                .map(|related| {
                    let mut at = place(&related.file, &related.position, &related.place);
                    at["message"] = json!({ "text": related.label });
                    at
                })
                .collect();
            let mut result = json!({
                "ruleId": problem.code,
                "level": level(problem),
                "message": { "text": sentence(problem) },
                "locations": [place(&problem.file, &problem.position, &problem.place)],
            });
            if !related.is_empty() {
                result["relatedLocations"] = related.into();
            }
            result
        })
        .collect();
    let rules: Vec<Value> = codes
        .iter()
        .map(|code| json!({ "id": code, "help": { "text": format!("stratumctl explain {code}") } }))
        .collect();
    pretty(&json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "stratumctl", "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "columnKind": "utf16CodeUnits",
            "results": results,
        }],
    }))
}

/// <https://docs.gitlab.com/ci/testing/code_quality/>
pub(super) fn gitlab(problems: &[Problem], home: &Path) -> String {
    let issues: Vec<Value> = problems
        .iter()
        .enumerate()
        .map(|(i, problem)| {
            let same = |other: &&Problem| {
                (other.code, &other.file, &other.pointer) == (problem.code, &problem.file, &problem.pointer)
            };
            // The line is left out of it: an issue that merely moved stays the same issue.
            let before = problems[..i].iter().filter(same).count();
            let about = format!("{}|{}|{}|{before}", problem.code, problem.file, problem.pointer);
            json!({
                "description": sentence(problem),
                "check_name": problem.code,
                "fingerprint": format!("{:016x}", fingerprint(&about)),
                "severity": if problem.is_error() { "critical" } else { "minor" },
                "location": { "path": shown(problem, home), "lines": { "begin": problem.position.line } },
            })
        })
        .collect();
    pretty(&Value::from(issues))
}

/// One suite for each file; a file without problems is a test that passed.
pub(super) fn junit(problems: &[Problem], home: &Path) -> String {
    let errors = problems.iter().filter(|problem| problem.is_error()).count();
    let cases = problems.len().max(1);
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"stratumctl validate\" tests=\"{cases}\" failures=\"{errors}\" errors=\"0\">\n"
    );
    if problems.is_empty() {
        out += "    <testcase classname=\"farm\" name=\"valid\"/>\n";
    }
    for problem in problems {
        let at = format!("{}:{}:{}", shown(problem, home), problem.position.line, problem.position.column);
        let _ = write!(out, "    <testcase classname=\"{}\" name=\"{}\">", xml(problem.code), xml(&at));
        let (tag, text) = (if problem.is_error() { "failure" } else { "system-out" }, sentence(problem));
        let _ = if problem.is_error() {
            write!(out, "<{tag} message=\"{}\">{}</{tag}>", xml(&text), xml(&format!("{at}: {text}")))
        } else {
            write!(out, "<{tag}>{}</{tag}>", xml(&format!("{at}: {text}")))
        };
        out += "</testcase>\n";
    }
    out + "  </testsuite>\n</testsuites>\n"
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

/// FNV-1a: the same on every machine, and not meant to keep anybody out.
fn fingerprint(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn twelve() -> Vec<Problem> {
        let text = "apiVersion: stratum.farm/v1\nkind: Farm\nname: a\npools: {a: {urls: ['x']}}\nrigs:\n  r-1: {model: nope, site: \"a<b\"}\n";
        schema::read(&schema::Bundle::single("farm.yaml", text)).problems
    }

    #[test]
    fn every_form_has_every_problem() {
        let problems = twelve();
        assert!(problems.len() >= 3, "{problems:?}");
        let home = Path::new("sites/a b");
        let n = problems.len();
        assert_eq!(concise(&problems, home).lines().count(), n);
        assert_eq!(github(&problems, home).lines().count(), n);
        let sarif: Value = serde_json::from_str(&sarif(&problems, home)).unwrap();
        assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), n);
        let gitlab: Vec<Value> = serde_json::from_str(&gitlab(&problems, home)).unwrap();
        assert_eq!(gitlab.len(), n);
        let mut prints: Vec<String> = gitlab.iter().map(|issue| issue["fingerprint"].to_string()).collect();
        prints.sort();
        prints.dedup();
        assert_eq!(prints.len(), n, "every issue is its own");
        let junit = junit(&problems, home);
        assert_eq!(junit.matches("<testcase").count(), n);
        assert_eq!(junit.matches("<failure").count(), problems.iter().filter(|p| p.is_error()).count());
    }
}
