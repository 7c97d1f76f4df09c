//! `apply`: shows the plan, asks, hands the farm in, and waits until it is so.

use std::time::Duration;

use clap::Args;
use schema::api::{ApplyAnswer, ApplyRequest, PlanDoc};
use serde::Serialize;

use super::{plan, span, wait};
use crate::args::{Common, FileArg};
use crate::client::Client;
use crate::error::{Exit, Failure};
use crate::farm_file::FarmFile;
use crate::ui::Ui;

/// Attempts to hand a farm in while the daemon is away.
const ATTEMPTS: u32 = 5;

/// Makes the farm file the one to follow, and waits until it is so.
#[derive(Debug, Args)]
pub struct Apply {
    #[command(flatten)]
    pub(crate) file: FileArg,
    /// Does not ask
    #[arg(long, short = 'y')]
    pub(crate) yes: bool,
    /// Why, for the history
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// Takes files that differ from what git has
    #[arg(long)]
    pub(crate) allow_dirty: bool,
    /// How much may be deleted, as a count or a percentage
    #[arg(long, env = "STRATUMCTL_MAX_DELETE", value_name = "LIMIT")]
    pub(crate) max_delete: Option<String>,
    /// Only if this generation is the head
    #[arg(long, value_name = "NUMBER")]
    pub(crate) expect_generation: Option<u64>,
    /// Does not wait until it is so
    #[arg(long)]
    pub(crate) no_wait: bool,
    /// How long to wait until it is so
    #[arg(long, env = "STRATUMCTL_TIMEOUT", default_value = "5m", value_name = "DURATION", value_parser = span)]
    pub(crate) timeout: Duration,
    /// Repeats an apply that was cut off, by the key it printed
    #[arg(long, value_name = "KEY")]
    pub(crate) resume: Option<String>,
}

/// What `apply` and `rollback` print as a document.
#[derive(Serialize)]
pub(crate) struct Applied<'a> {
    pub(crate) kind: &'static str,
    pub(crate) format_version: &'static str,
    pub(crate) changed: bool,
    pub(crate) generation: u64,
    pub(crate) converged: bool,
    pub(crate) plan: Option<&'a PlanDoc>,
}

impl Apply {
    pub(crate) async fn run(self, common: &Common, ui: &mut Ui) -> Result<Exit, Failure> {
        let client = Client::of(common)?;
        self.carry_out(&client, ui).await
    }

    pub(crate) async fn carry_out(self, client: &Client, ui: &mut Ui) -> Result<Exit, Failure> {
        let file = FarmFile::sound(self.file.file.as_deref(), ui)?;
        let provenance = file.provenance()?;
        if provenance.dirty && !self.allow_dirty {
            return Err(Failure::guarded(
                "guard::dirty",
                "the farm files differ from what git has, so nobody could say later what was applied",
                "commit them, or say --allow-dirty",
            ));
        }
        if provenance.commit.is_none() {
            ui.note("the farm file is in no git commit: history will not know where it came from");
        }
        let plan = plan::ask(client, &file, self.max_delete.clone()).await?;
        let base = self.expect_generation.unwrap_or(plan.base_generation);
        if !ui.wants_document() {
            plan::show(&plan, false, ui);
        }
        if !plan.changes_present && base == plan.base_generation && self.resume.is_none() {
            if ui.wants_document() {
                ui.document(&Applied {
                    kind: "stratumctl.applied",
                    format_version: "1.0",
                    changed: false,
                    generation: plan.base_generation,
                    converged: true,
                    plan: Some(&plan),
                });
            }
            return Ok(Exit::Success);
        }
        agreed(self.yes, "Apply this?", ui)?;
        let key = match self.resume {
            Some(key) => key,
            None => new_key()?,
        };
        let request = ApplyRequest {
            kind: Default::default(),
            format_version: Default::default(),
            bundle: file.bundle,
            base_generation: base,
            provenance,
            reason: self.reason,
            max_delete: self.max_delete,
            idempotency_key: Some(key.clone()),
        };
        let answer = hand_in(client, &request, &key, ui).await?;
        done(client, &answer, self.no_wait, self.timeout, ui).await
    }
}

/// A yes: given before, implied by a program that reads documents, or asked for.
pub(crate) fn agreed(yes: bool, question: &str, ui: &mut Ui) -> Result<(), Failure> {
    if yes || ui.wants_document() {
        return Ok(());
    }
    if !ui.interactive {
        return Err(Failure::guarded("guard::confirm", "nobody is here to say yes", "say --yes"));
    }
    if ui.confirm(question) {
        Ok(())
    } else {
        Err(Failure::guarded("guard::declined", "nothing was changed", "run it again when you have decided"))
    }
}

/// Hands a farm in. The key makes a repeated request harmless, so a daemon that restarts in between, or an
/// answer that is lost, costs nothing.
async fn hand_in(
    client: &Client,
    request: &ApplyRequest,
    key: &str,
    ui: &mut Ui,
) -> Result<ApplyAnswer, Failure> {
    let mut attempt = 1;
    loop {
        match client.apply(request).await {
            Err(failure) if failure.exit == Exit::Unreachable && attempt < ATTEMPTS => {
                ui.note(&format!("{}; trying again with key {key}", failure.doc.error.message));
                tokio::time::sleep(Duration::from_millis(400 * u64::from(attempt))).await;
                attempt += 1;
            }
            other => return other,
        }
    }
}

/// Waits, and writes the result.
pub(crate) async fn done(
    client: &Client,
    answer: &ApplyAnswer,
    no_wait: bool,
    timeout: Duration,
    ui: &mut Ui,
) -> Result<Exit, Failure> {
    let mut converged = false;
    if no_wait {
        ui.note(&format!("generation {} was accepted", answer.generation));
    } else {
        wait::until_so(client, answer.generation, timeout, ui).await?;
        converged = true;
    }
    if ui.wants_document() {
        ui.document(&Applied {
            kind: "stratumctl.applied",
            format_version: "1.0",
            changed: true,
            generation: answer.generation,
            converged,
            plan: answer.plan.as_ref(),
        });
    } else {
        ui.line(&format!("generation {}", answer.generation));
    }
    Ok(Exit::Success)
}

/// A key that nobody had before.
pub(crate) fn new_key() -> Result<String, Failure> {
    let mut bytes = [0u8; 12];
    getrandom::fill(&mut bytes).map_err(|error| Failure::failed(error.to_string()))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
