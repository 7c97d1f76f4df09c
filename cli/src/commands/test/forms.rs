//! What scenarios came to, in the forms that CI systems read.

use std::fmt::Write as _;
use std::path::Path;

use rehearsal::scenario::Verdict;

use super::{Played, among, timeline};
use crate::format::xml;

/// What a scenario that did not pass says in one line.
fn why(played: &Played) -> String {
    let missed = played.report.checks.iter().filter(|check| check.verdict == played.report.verdict);
    missed.map(|check| format!("{}: {}", check.what, check.found)).collect::<Vec<_>>().join("; ")
}

/// One case for each scenario and seed; a failure carries its timeline.
pub(super) fn junit(played: &[Played], farm: &Path) -> String {
    let (failures, skipped) = (among(played, Verdict::Missed), among(played, Verdict::Unjudged));
    let time: f64 = played.iter().map(|one| one.elapsed_seconds).sum();
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"stratumctl test\" tests=\"{}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\" time=\"{time:.3}\">\n",
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
        match report.verdict {
            Verdict::Met => out += "/>\n",
            // JUnit has no better word for what could not be judged.
            Verdict::Unjudged => {
                let _ = writeln!(out, "><skipped message=\"{}\"/></testcase>", xml(&why(one)));
            }
            Verdict::Missed => {
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
    }
    out + "  </testsuite>\n</testsuites>\n"
}

/// One annotation for each scenario that did not pass.
pub(super) fn github(played: &[Played], farm: &Path) -> String {
    let text = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |value: &str| text(value).replace(':', "%3A").replace(',', "%2C");
    let mut out = String::new();
    for one in played.iter().filter(|one| !one.report.passed) {
        let title = format!("scenario: {}", one.report.scenario);
        let _ = writeln!(
            out,
            "::{} file={},title={}::{}",
            if one.report.verdict == Verdict::Missed { "error" } else { "warning" },
            property(&farm.display().to_string()),
            property(&title),
            text(&why(one))
        );
    }
    out
}
