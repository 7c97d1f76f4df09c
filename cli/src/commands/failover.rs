//! `failover`: an operator's wish on top of the farm file, with a reason and an end.

use std::time::Duration;

use clap::{Args, Subcommand};
use schema::api::{OverrideDoc, OverrideEndRequest, OverrideRequest, OverrideWish};
use serde::Serialize;

use super::apply::new_key;
use super::{span, status, words};
use crate::args::{Common, OutputFormat};
use crate::client::Client;
use crate::error::{Exit, Failure};
use crate::farm_file;
use crate::ui::Ui;

/// Overrides the farm file for a while: another pool, a rig out of service or lent.
///
/// An override has a reason and an end, survives restarts, shows in plan and status, and runs out by itself.
#[derive(Debug, Args)]
pub struct Failover {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Moves a customer, or one rental, to another of its pools
    Pool {
        /// The customer, one of its rentals (alice/gold), or house
        #[arg(value_name = "CUSTOMER[/RENTAL]")]
        who: String,
        /// The pool, one of the customer's own list
        #[arg(long, value_name = "POOL")]
        to: String,
        #[command(flatten)]
        about: About,
    },
    /// Takes a rig out of service: it serves no rental
    Out {
        /// The rig
        #[arg(value_name = "RIG")]
        rig: String,
        #[command(flatten)]
        about: About,
    },
    /// Lends a rig to a rental, whatever the rules say
    Lend {
        /// The rig
        #[arg(value_name = "RIG")]
        rig: String,
        /// The rental, such as alice/gold
        #[arg(long, value_name = "RENTAL")]
        to: String,
        #[command(flatten)]
        about: About,
    },
    /// Lists the overrides in force
    List {
        /// Those that are over, as well
        #[arg(long)]
        all: bool,
    },
    /// Ends an override before its time
    End {
        /// Its number, as listed
        #[arg(value_name = "ID")]
        id: u64,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
}

#[derive(Debug, Args)]
struct About {
    /// Why
    #[arg(long, value_name = "TEXT", value_parser = words)]
    reason: String,
    /// How long it holds
    #[arg(long = "for", value_name = "DURATION", default_value = "2h", value_parser = span)]
    ttl: Duration,
}

impl Failover {
    pub(crate) async fn run(self, common: &Common, ui: &mut Ui) -> Result<Exit, Failure> {
        let client = Client::of(common)?;
        let (wish, about) = match self.what {
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
                (OverrideWish::Pool { customer, rental, pool: to }, about)
            }
            What::Out { rig, about } => (OverrideWish::OutOfService { rig }, about),
            What::Lend { rig, to, about } => (OverrideWish::Lend { rig, rental: to }, about),
        };
        let request = OverrideRequest {
            kind: Default::default(),
            format_version: Default::default(),
            wish,
            reason: about.reason,
            ttl_seconds: about.ttl.as_secs().max(1),
            provenance: farm_file::operator(),
            idempotency_key: Some(new_key()?),
        };
        let doc = client.add_override(&request).await?;
        say("in force", &doc, ui);
        Ok(Exit::Success)
    }
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
        status::overrides::wish(&doc.wish),
        doc.until
    ));
    if state == "in force" {
        ui.note(&format!("it runs out by itself; `stratumctl failover end {}` ends it before", doc.id));
    }
}
