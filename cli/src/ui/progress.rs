//! Progress: a bar on a terminal, a line now and then elsewhere, an object a line for programs.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::{Shown, Ui};
use crate::args::OutputFormat;

/// In plain lines, news at most this often,
const NEWS_EVERY: Duration = Duration::from_secs(2);
/// and a sign of life at least this often.
const LIFE_EVERY: Duration = Duration::from_secs(20);

/// Several lines that are drawn over themselves as things change; nothing where nothing may be drawn.
#[derive(Debug)]
pub(crate) struct Board(Option<ProgressBar>);

impl Board {
    pub(super) fn of(ui: &Ui) -> Self {
        Self((ui.progress == Shown::Drawn).then(|| {
            let bar = ProgressBar::new_spinner();
            bar.set_style(style("{msg}"));
            bar
        }))
    }

    /// Draws these lines in place of those before.
    pub(crate) fn draw(&self, lines: &[String]) {
        if let Some(bar) = &self.0 {
            bar.set_message(lines.join("\n"));
            bar.tick();
        }
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

/// Something that takes a while.
#[derive(Debug)]
pub(crate) struct Progress {
    what: String,
    bar: Option<ProgressBar>,
    plain: bool,
    lines: bool,
    began: Instant,
    said: Option<(Instant, String)>,
}

impl Progress {
    pub(super) fn of(ui: &Ui, what: &str) -> Self {
        let bar = (ui.progress == Shown::Drawn).then(|| {
            let bar = ProgressBar::new_spinner();
            bar.set_style(style("{spinner:.cyan} {prefix}: {msg} {elapsed:.dim}"));
            bar.enable_steady_tick(Duration::from_millis(100));
            bar.set_prefix(what.to_owned());
            bar
        });
        Self {
            what: what.to_owned(),
            bar,
            plain: ui.progress == Shown::Plain,
            lines: ui.format == OutputFormat::Jsonl,
            began: Instant::now(),
            said: None,
        }
    }

    /// How far it is: so many of so many rigs, or just words where that is not known.
    pub(crate) fn at(&mut self, done: Option<(u64, u64)>, words: &str, ui: &mut Ui) {
        if let Some(bar) = &self.bar {
            if let Some((done, total)) = done.filter(|(_, total)| *total > 0) {
                if bar.length() != Some(total) {
                    bar.set_style(style("{spinner:.cyan} {prefix} [{bar:24.green}] {msg} {elapsed:.dim}"));
                    bar.set_length(total);
                }
                bar.set_position(done);
            }
            bar.set_message(words.to_owned());
        }
        let new = self.said.as_ref().is_none_or(|(_, said)| said != words);
        let due = match &self.said {
            None => true,
            Some((at, _)) => at.elapsed() >= if new { NEWS_EVERY } else { LIFE_EVERY },
        };
        if due && (self.plain || self.lines) {
            self.said = Some((Instant::now(), words.to_owned()));
            if self.plain {
                ui.note(&format!("{}: {words}, {} s", self.what, self.began.elapsed().as_secs()));
            }
            if self.lines {
                let (done, total) = done.unzip();
                ui.json_line(
                    "progress",
                    &json!({ "what": self.what, "done": done, "total": total, "message": words }),
                );
            }
        }
    }

    /// Wipes it off the screen.
    pub(crate) fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}
