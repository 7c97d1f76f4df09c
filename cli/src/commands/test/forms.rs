//! What scenarios came to, in the forms that CI systems read.

use std::fmt::Write as _;
use std::path::Path;

use rehearsal::scenario::Verdict;

use super::{Played, timeline};
use crate::format::xml;

/// What a failed scenario says in one line.
fn why(played: &Played) -> String {
    let missed = played.report.checks.iter().filter(|check| check.verdict == Verdict::Missed);
    missed.map(|check| format!("{}: {}", check.what, check.found)).collect::<Vec<_>>().join("; ")
}

/// One case for each scenario and seed; a failure carries its timeline.
pub(super) fn junit(played: &[Played], farm: &Path) -> String {
    let failures = played.iter().filter(|one| !one.report.passed).count();
    let time: f64 = played.iter().map(|one| one.elapsed_seconds).sum();
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"stratumctl test\" tests=\"{}\" failures=\"{failures}\" errors=\"0\" time=\"{time:.3}\">\n",
        played.len()
    );
    for one in played {
        let report = &one.report;
        let _ = write!(
            out,
            "    <testcase classname=\"{}\" name=\"{} (seed {})\" time=\"{:.3}\"",
            xml(&farm.display().to_string()),
            xml(&report.scenario),
            report.seed,
            one.elapsed_seconds
        );
        if report.passed {
            out += "/>\n";
        } else {
            let why = why(one);
            let story = timeline(report).join("\n");
            let _ = writeln!(
                out,
                "><failure message=\"{}\">{}</failure></testcase>",
                xml(&why),
                xml(&format!("{why}\n{story}"))
            );
        }
    }
    out + "  </testsuite>\n</testsuites>\n"
}

/// One annotation for each scenario that failed.
pub(super) fn github(played: &[Played], farm: &Path) -> String {
    let text = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |value: &str| text(value).replace(':', "%3A").replace(',', "%2C");
    let mut out = String::new();
    for one in played.iter().filter(|one| !one.report.passed) {
        let title = format!("scenario: {}", one.report.scenario);
        let _ = writeln!(
            out,
            "::error file={},title={}::{}",
            property(&farm.display().to_string()),
            property(&title),
            text(&why(one))
        );
    }
    out
}
