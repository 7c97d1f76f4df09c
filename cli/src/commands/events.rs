//! `events`: what has happened, and as it happens.

use clap::Args;
use owo_colors::Style;
use schema::api::{EventDoc, Severity};

use crate::args::{Common, OutputFormat};
use crate::client::Client;
use crate::error::{Exit, Failure};
use crate::ui::Ui;

/// Shows what has happened.
#[derive(Debug, Args)]
pub struct Events {
    /// Goes on as things happen
    #[arg(long)]
    follow: bool,
    /// At most so many to begin with
    #[arg(long, short = 'n', default_value_t = 50, value_name = "COUNT")]
    limit: u32,
    /// Only this kind, such as pool-failover
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// Only about this, such as rig/a-001 or customer/alice
    #[arg(long, value_name = "SUBJECT")]
    subject: Option<String>,
}

impl Events {
    pub(crate) async fn run(self, common: &Common, ui: &mut Ui) -> Result<Exit, Failure> {
        let client = Client::of(common)?;
        let mut filter = vec![("limit", self.limit.to_string())];
        filter.extend(self.kind.map(|kind| ("kind", kind)));
        filter.extend(self.subject.map(|subject| ("subject", subject)));
        let doc = client.events(&filter).await?;
        if !self.follow {
            match ui.format {
                OutputFormat::Json | OutputFormat::Yaml => ui.document(&doc),
                _ => doc.events.iter().for_each(|event| show(event, ui)),
            }
            return Ok(Exit::Success);
        }
        let mut after = doc.next_after;
        let mut events = doc.events;
        loop {
            for event in &events {
                if ui.wants_document() { ui.json_line(event) } else { show(event, ui) }
            }
            let mut query = filter.clone();
            query.extend([("after", after.to_string()), ("wait", "30".to_owned())]);
            let doc = client.events(&query).await?;
            after = doc.next_after;
            events = doc.events;
        }
    }
}

/// One event in a line.
pub(crate) fn show(event: &EventDoc, ui: &mut Ui) {
    if ui.format == OutputFormat::Name {
        return ui.line(&event.subject);
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
