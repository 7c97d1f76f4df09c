//! `rollback`: applies an earlier generation again, as a new one. History only grows.

use std::time::Duration;

use clap::Args;
use schema::api::{PlanRequest, RollbackRequest};

use super::apply::{agreed, done, new_key};
use super::{delete_limit, plan, span, words};
use crate::args::Common;
use crate::client::Client;
use crate::error::{Exit, Failure};
use crate::farm_file;
use crate::format::counted;
use crate::ui::Ui;

/// Applies an earlier generation of the farm file again, as a new generation.
#[derive(Debug, Args)]
pub struct Rollback {
    /// Generation to go back to [default: the one before the head]
    #[arg(long, value_name = "NUMBER")]
    to: Option<u64>,
    /// Reason for going back, recorded in the history
    #[arg(long, value_name = "TEXT", value_parser = words)]
    reason: String,
    /// Rolls back without asking for confirmation
    #[arg(long, short = 'y')]
    yes: bool,
    /// Most objects that this may delete, as a count or a percentage of all
    #[arg(long, value_name = "LIMIT", value_parser = delete_limit)]
    max_delete: Option<String>,
    /// Returns as soon as the daemon has accepted the change, without waiting for convergence
    #[arg(long)]
    no_wait: bool,
    /// How long to wait for convergence before exiting with code 8
    #[arg(long, default_value = "5m", value_name = "DURATION", value_parser = span)]
    timeout: Duration,
}

impl Rollback {
    pub(crate) async fn run(self, common: &Common, ui: &mut Ui) -> Result<Exit, Failure> {
        let client = Client::of(common)?;
        let head = client.version().await?.server.generation;
        let to = match self.to {
            None if head < 2 => {
                return Err(Failure::new(
                    Exit::Failed,
                    "not_found",
                    format!("there is no earlier generation: the head is {head}"),
                    Some("`stratumctl history` lists what was applied"),
                ));
            }
            None => head - 1,
            Some(to) if to == head => {
                return Err(Failure::new(
                    Exit::Failed,
                    "not_found",
                    format!("generation {to} is already the head"),
                    Some("name an earlier one with --to; `stratumctl history` lists them"),
                ));
            }
            Some(to) => to,
        };
        let earlier = client.show(to).await?;
        let plan = client
            .plan(&PlanRequest {
                kind: Default::default(),
                format_version: Default::default(),
                bundle: earlier.bundle,
                max_delete: self.max_delete.clone(),
            })
            .await?;
        if !ui.wants_document() {
            plan::show(&plan, false, ui);
        }
        if !plan.changes_present {
            let message =
                format!("generation {to} says what the head, {head}, says: there is nothing to go back to");
            return Err(Failure::new(
                Exit::Failed,
                "no_changes",
                message,
                Some("`stratumctl history` lists what was applied; name another generation with --to"),
            ));
        }
        if plan.destructive && !plan.applicable {
            let help = format!("if that is intended, use --max-delete {}", plan.delete_count);
            let message = format!("rolling back deletes {}", counted(plan.delete_count, "thing"));
            return Err(Failure::guarded("guard::max_delete", message, &help));
        }
        agreed(self.yes, &format!("Go back to generation {to}?"), ui).await?;
        let request = RollbackRequest {
            kind: Default::default(),
            format_version: Default::default(),
            to,
            base_generation: plan.base_generation,
            reason: self.reason,
            provenance: farm_file::operator(),
            max_delete: self.max_delete,
            idempotency_key: Some(new_key()?),
        };
        let answer = client.rollback(&request).await?;
        done(&client, &answer, self.no_wait, self.timeout, ui).await
    }
}
