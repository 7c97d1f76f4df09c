//! `events`: what has happened, and as it happens.

use std::time::Duration;

use clap::Args;
use owo_colors::Style;
use schema::api::{EventDoc, EventsDoc, Severity};

use crate::args::{Common, OutputFormat};
use crate::client::Client;
use crate::error::{Exit, Failure};
use crate::ui::Ui;

/// How often a daemon that is gone is asked again.
const AGAIN: Duration = Duration::from_secs(1);

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
            doc = self::next(&client, &query, ui).await?;
        }
    }
}

/// Waits for more. A daemon that is gone for a while is waited for, too: what happened meanwhile comes then.
async fn next(client: &Client, query: &[(&'static str, String)], ui: &mut Ui) -> Result<EventsDoc, Failure> {
    let mut is_told = false;
    loop {
        match client.events(query).await {
            Err(failure) if failure.exit == Exit::Unreachable && !ui.is_gone() => {
                if !std::mem::replace(&mut is_told, true) {
                    ui.note(&format!("{}; waiting for it", failure.doc.error.message));
                }
                tokio::time::sleep(AGAIN).await;
            }
            done => return done,
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
