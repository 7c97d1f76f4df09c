//! `events`: what has happened, and as it happens.

use clap::Args;
use owo_colors::Style;
use schema::api::{EventDoc, Severity};

use crate::args::{Common, OutputFormat};
use crate::client::Client;
use crate::error::{Exit, Failure};
use crate::ui::Ui;

/// Shows the daemon's events.
#[derive(Debug, Args)]
pub struct Events {
    /// Keeps printing events as they happen
    #[arg(long)]
    follow: bool,
    /// How many past events to print first
    #[arg(long, short = 'n', default_value_t = 50, value_name = "COUNT")]
    limit: u32,
    /// Prints only events of this kind, such as pool-failover
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// Prints only events about this subject, such as rig/a-001 or customer/alice
    #[arg(long, value_name = "SUBJECT")]
    subject: Option<String>,
}

impl Events {
    pub(crate) async fn run(self, common: &Common, ui: &mut Ui) -> Result<Exit, Failure> {
        let client = Client::of(common)?;
        if self.follow {
            ui.stream();
        }
        let mut filter = vec![("limit", self.limit.to_string())];
        filter.extend(self.kind.map(|kind| ("kind", kind)));
        filter.extend(self.subject.map(|subject| ("subject", subject)));
        let mut doc = client.events(&filter).await?;
        if !self.follow && matches!(ui.format, OutputFormat::Json | OutputFormat::Yaml) {
            ui.document(&doc);
            return Ok(Exit::Success);
        }
        loop {
            doc.events.iter().for_each(|event| show(event, ui));
            if !self.follow || ui.is_gone() {
                return Ok(Exit::Success);
            }
            let mut query = filter.clone();
            query.extend([("after", doc.next_after.to_string()), ("wait", "30".to_owned())]);
            doc = client.events(&query).await?;
        }
    }
}

/// One event in a line.
pub(crate) fn show(event: &EventDoc, ui: &mut Ui) {
    match ui.format {
        OutputFormat::Name => return ui.line(&event.subject),
        OutputFormat::Jsonl => return ui.json_line("event", event),
        OutputFormat::Yaml => return ui.document(event),
        OutputFormat::Json | OutputFormat::Table | OutputFormat::Wide => {}
    }
    let style = match event.severity {
        Severity::Info => Style::new(),
        Severity::Warning => Style::new().yellow(),
        Severity::Error => Style::new().red(),
        Severity::Critical => Style::new().red().bold(),
    };
    let kind = ui.paint(&format!("{:<20}", event.kind), style);
    let at = ui.paint(&event.at, Style::new().dimmed());
    ui.line(&format!("{at} {kind} {}", event.message));
}
