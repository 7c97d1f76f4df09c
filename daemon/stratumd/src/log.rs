//! The log: levels, colours where somebody looks, and one line for each event whatever a stranger is called. A thread
//! of its own writes it: a disk that is full, or a reader that has gone or stopped, costs lines and nothing else.

use std::io::{self, IsTerminal as _, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

use exchange::event::{Event, Severity};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::settings::Settings;

/// Most lines that wait to be written; more are lost.
const WAITING_MAX: usize = 4096;
/// Longest wait at the end for lines that wait to be written.
const END_MAX: Duration = Duration::from_millis(500);

/// The lines that wait.
static WAITING: OnceLock<SyncSender<Told>> = OnceLock::new();
/// Lines that could not be written since the start.
static LOST: AtomicU64 = AtomicU64::new(0);

/// What the thread is told.
enum Told {
    Line(Vec<u8>),
    /// To say that everything before is written.
    End(SyncSender<()>),
}

/// Starts logging to the error stream.
pub(crate) fn init(settings: &Settings) {
    let filter = EnvFilter::try_new(&settings.log).unwrap_or_else(|_| EnvFilter::new("info"));
    let (tell, told) = sync_channel(WAITING_MAX);
    // Where no thread can be had, lines are lost.
    if std::thread::Builder::new().name("log".into()).spawn(move || write_all(&told, io::stderr())).is_ok() {
        let _ = WAITING.set(tell);
    }
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

/// Waits until what was logged is written, but not for long.
pub(crate) fn end() {
    let Some(tell) = WAITING.get() else { return };
    let until = Instant::now() + END_MAX;
    let (done, all) = sync_channel(1);
    let mut last = Told::End(done);
    while let Err(TrySendError::Full(again)) = tell.try_send(last) {
        if Instant::now() >= until {
            return;
        }
        last = again;
        std::thread::sleep(Duration::from_millis(5));
    }
    let _ = all.recv_timeout(until.saturating_duration_since(Instant::now()));
}

/// Writes what it is told, as long as there is anybody to tell. Once lines can be written again, it is said how many
/// could not.
fn write_all(told: &Receiver<Told>, mut stream: impl Write) {
    let mut said = 0;
    while let Ok(told) = told.recv() {
        match told {
            Told::Line(line) => match stream.write_all(&line).and_then(|()| stream.flush()) {
                Ok(()) => {
                    let lost = LOST.load(Ordering::Relaxed);
                    if lost > said {
                        tracing::warn!("{} lines of the log could not be written", lost - said);
                        said = lost;
                    }
                }
                Err(_) => drop(LOST.fetch_add(1, Ordering::Relaxed)),
            },
            Told::End(done) => drop(done.try_send(())),
        }
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
        let line = clean(bytes, self.color).into_owned();
        // An error here would end the program.
        if WAITING.get().is_none_or(|waiting| waiting.try_send(Told::Line(line)).is_err()) {
            LOST.fetch_add(1, Ordering::Relaxed);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
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
