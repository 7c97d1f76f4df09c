//! The log: levels, colours where somebody looks, and one line for each event whatever a stranger is called.

use std::io::{self, IsTerminal as _, Write};

use exchange::event::{Event, Severity};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::settings::Settings;

/// Starts logging to the error stream.
pub(crate) fn init(settings: &Settings) {
    let filter = EnvFilter::try_new(&settings.log).unwrap_or_else(|_| EnvFilter::new("info"));
    let color =
        io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter).with_ansi(color).with_writer(Lines { color });
    if settings.log_json {
        builder.json().init();
    } else {
        builder.with_target(false).init();
    }
}

/// Logs an event at its own severity.
pub(crate) fn event(event: &Event) {
    let (kind, subject, words) = (&event.kind, &event.subject, &event.message);
    match event.severity {
        Severity::Error | Severity::Critical => tracing::error!(%kind, %subject, "{words}"),
        Severity::Warning => tracing::warn!(%kind, %subject, "{words}"),
        Severity::Info => tracing::info!(%kind, %subject, "{words}"),
    }
}

/// Writes each event as one line: what a miner or a pool calls itself neither begins another line nor
/// speaks to the terminal.
struct Lines {
    color: bool,
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line { color: self.color }
    }
}

struct Line {
    color: bool,
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        io::stderr().write_all(clean(bytes, self.color).as_ref())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// The line with every control character but its end escaped. Our own colours stay: those of others were
/// escaped before they were drawn.
fn clean(bytes: &[u8], color: bool) -> std::borrow::Cow<'_, [u8]> {
    let text = String::from_utf8_lossy(bytes);
    let (line, end) = match text.strip_suffix('\n') {
        Some(line) => (line, "\n"),
        None => (&*text, ""),
    };
    let keeps = |c: char| !stratum::text::is_hostile(c) || color && c == '\u{1b}';
    if line.chars().all(keeps) {
        return bytes.into();
    }
    let mut out = String::with_capacity(line.len() + 16);
    for c in line.chars() {
        if keeps(c) { out.push(c) } else { out.extend(c.escape_default()) }
    }
    (out + end).into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_line_and_speaks_to_no_terminal() {
        let cleaned = |text: &str| String::from_utf8(clean(text.as_bytes(), false).into_owned()).unwrap();
        assert_eq!(cleaned("all is well, Größe 1\n"), "all is well, Größe 1\n");
        let dirty = "rig a\nERROR all is lost\r\u{1b}[2J\u{9b}31m\u{202e}\u{7f}\0\n";
        let line = cleaned(dirty);
        assert!(
            line.ends_with('\n') && !line.trim_end_matches('\n').chars().any(stratum::text::is_hostile),
            "{line:?}"
        );
        assert!(line.contains("rig a\\nERROR"), "{line}");
        assert_eq!(clean(b"\x1b[32mINFO\x1b[0m\n", true).as_ref(), b"\x1b[32mINFO\x1b[0m\n");
    }
}
