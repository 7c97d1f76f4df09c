//! `failover`: an operator's override on top of the farm file, with a reason and an end.

use std::time::Duration;

use clap::{Args, Subcommand};
use schema::api::{OverrideAction, OverrideDoc, OverrideEndRequest, OverrideRequest, OverrideState};
use serde::Serialize;

use super::apply::new_key;
use super::{span, status, words};
use crate::args::{Common, OutputFormat};
use crate::client::Client;
use crate::error::{Exit, Failure};
use crate::farm_file;
use crate::ui::Ui;

/// A new override is looked at so often, at these intervals: the daemon decides twice a second.
const LOOKS: u32 = 15;
const EVERY: Duration = Duration::from_millis(200);

/// Overrides the farm file for a limited time: another pool, a rig out of service, or a rig lent to a rental.
///
/// Every override has a reason and an end. It survives restarts, appears in `plan` and `status`, and expires on its own.
#[derive(Debug, Args)]
pub struct Failover {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Sends the work of a customer, or of one rental, to another of the customer's pools
    Pool {
        /// Whose work to move: a customer, one of its rentals (alice/gold), or `house`
        #[arg(value_name = "CUSTOMER[/RENTAL]")]
        who: String,
        /// Pool that gets the work; it must be in the customer's list
        #[arg(long, value_name = "POOL")]
        to: String,
        #[command(flatten)]
        about: About,
    },
    /// Takes a rig out of service, so that it serves no rental
    Out {
        /// Name of the rig
        #[arg(value_name = "RIG")]
        rig: String,
        #[command(flatten)]
        about: About,
    },
    /// Lends a rig to a rental, regardless of the scheduler's rules
    Lend {
        /// Name of the rig
        #[arg(value_name = "RIG")]
        rig: String,
        /// Rental that gets the rig, such as alice/gold
        #[arg(long, value_name = "RENTAL")]
        to: String,
        #[command(flatten)]
        about: About,
    },
    /// Lists the overrides that are in force
    List {
        /// Includes overrides that have ended
        #[arg(long)]
        all: bool,
    },
    /// Ends an override early
    End {
        /// Number of the override, as `failover list` shows it
        #[arg(value_name = "ID")]
        id: u64,
        /// Reason for ending it, recorded with the override
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
}

#[derive(Debug, Args)]
struct About {
    /// Reason for the override, recorded with it
    #[arg(long, value_name = "TEXT", value_parser = words)]
    reason: String,
    /// How long the override lasts
    #[arg(long = "for", value_name = "DURATION", default_value = "2h", value_parser = span)]
    ttl: Duration,
}

impl Failover {
    pub(crate) async fn run(self, common: &Common, ui: &mut Ui) -> Result<Exit, Failure> {
        let client = Client::of(common)?;
        let (action, about) = match self.what {
            What::List { all } => {
                let doc = client.overrides(all).await?;
                match ui.format {
                    OutputFormat::Name => {
                        doc.overrides.iter().for_each(|o| ui.line(&format!("override/{}", o.id)))
                    }
                    _ if ui.wants_document() => ui.document(&doc),
                    _ => status::overrides::show(&doc.overrides, true, ui),
                }
                return Ok(Exit::Success);
            }
            What::End { id, reason } => {
                let request = OverrideEndRequest {
                    kind: Default::default(),
                    format_version: Default::default(),
                    reason,
                    provenance: farm_file::operator(),
                };
                let doc = client.end_override(id, &request).await?;
                say("ended", &doc, ui);
                return Ok(Exit::Success);
            }
            What::Pool { who, to, about } => {
                let (customer, rental) = match who.split_once('/') {
                    Some((customer, rental)) => (customer.to_owned(), Some(rental.to_owned())),
                    None => (who, None),
                };
                (OverrideAction::Pool { customer, rental, pool: to }, about)
            }
            What::Out { rig, about } => (OverrideAction::OutOfService { rig }, about),
            What::Lend { rig, to, about } => (OverrideAction::Lend { rig, rental: to }, about),
        };
        let request = OverrideRequest {
            kind: Default::default(),
            format_version: Default::default(),
            action,
            reason: about.reason,
            ttl_seconds: about.ttl.as_secs().max(1),
            provenance: farm_file::operator(),
            idempotency_key: Some(new_key()?),
        };
        let doc = client.add_override(&request).await?;
        let doc = watched(&client, doc).await?;
        if doc.followed != Some(false) {
            say("in force", &doc, ui);
            return Ok(Exit::Success);
        }
        say("accepted, but not followed", &doc, ui);
        let why = doc.why.as_deref().unwrap_or("the daemon does not say why");
        ui.note(&format!("not followed: {why}; `stratumctl failover list` shows when it is"));
        Ok(Exit::NotConverged)
    }
}

/// The override as it is once it is followed, or after the time in which it should be: another pool has to be connected to.
async fn watched(client: &Client, made: OverrideDoc) -> Result<OverrideDoc, Failure> {
    let mut doc = made;
    for _ in 0..LOOKS {
        tokio::time::sleep(EVERY).await;
        let known = client.overrides(true).await?.overrides.into_iter().find(|known| known.id == doc.id);
        doc = known.unwrap_or(doc);
        if doc.followed == Some(true) || doc.state != OverrideState::Active {
            break;
        }
    }
    Ok(doc)
}

#[derive(Serialize)]
struct Document<'a> {
    kind: &'static str,
    format_version: &'static str,
    tool_version: &'static str,
    #[serde(flatten)]
    made: &'a OverrideDoc,
}

fn say(state: &str, doc: &OverrideDoc, ui: &mut Ui) {
    if ui.wants_document() {
        return ui.document(&Document {
            kind: "stratumctl.override",
            format_version: "1.0",
            tool_version: env!("CARGO_PKG_VERSION"),
            made: doc,
        });
    }
    if ui.format == OutputFormat::Name {
        return ui.line(&format!("override/{}", doc.id));
    }
    ui.line(&format!(
        "override {} {state}: {}, until {}",
        doc.id,
        status::overrides::action(&doc.action),
        doc.until
    ));
    if state == "in force" {
        ui.note(&format!("it expires on its own; `stratumctl failover end {}` ends it early", doc.id));
    }
}
