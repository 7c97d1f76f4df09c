//! `apply`: shows the plan, asks, hands the farm in, and waits until it is so.

use std::time::Duration;

use clap::Args;
use schema::api::{ApplyAnswer, ApplyRequest, PlanDoc};
use serde::Serialize;

use super::{delete_limit, plan, span, wait, words};
use crate::args::{Common, FileArg, OutputFormat};
use crate::client::Client;
use crate::error::{Exit, Failure};
use crate::farm_file::FarmFile;
use crate::format::counted;
use crate::ui::Ui;

/// Attempts to hand a farm in while the daemon is away.
const ATTEMPTS: u32 = 5;

/// Applies the farm file, and waits until the farm has converged.
#[derive(Debug, Args)]
pub struct Apply {
    #[command(flatten)]
    pub(crate) file: FileArg,
    /// Applies without asking for confirmation
    #[arg(long, short = 'y')]
    pub(crate) yes: bool,
    /// Reason for this change, recorded in the history
    #[arg(long, value_name = "TEXT", value_parser = words)]
    pub(crate) reason: Option<String>,
    /// Accepts files with uncommitted changes
    #[arg(long)]
    pub(crate) allow_dirty: bool,
    /// Most objects that this may delete, as a count or a percentage of all
    #[arg(long, value_name = "LIMIT", value_parser = delete_limit)]
    pub(crate) max_delete: Option<String>,
    /// Fails unless this generation is still the head
    #[arg(long, value_name = "NUMBER", conflicts_with = "resume")]
    pub(crate) expect_generation: Option<u64>,
    /// Returns as soon as the daemon has accepted the change, without waiting for convergence
    #[arg(long)]
    pub(crate) no_wait: bool,
    /// How long to wait for convergence before exiting with code 8
    #[arg(long, default_value = "5m", value_name = "DURATION", value_parser = span)]
    pub(crate) timeout: Duration,
    /// Finishes an interrupted apply, by the key that it printed
    #[arg(long, value_name = "KEY")]
    pub(crate) resume: Option<Key>,
}

/// What `apply` and `rollback` print as a document.
#[derive(Serialize)]
struct Applied<'a> {
    kind: &'static str,
    format_version: &'static str,
    tool_version: &'static str,
    changed: bool,
    generation: u64,
    converged: bool,
    plan: Option<&'a PlanDoc>,
}

impl Default for Applied<'_> {
    fn default() -> Self {
        Self {
            kind: "stratumctl.applied",
            format_version: "1.0",
            tool_version: env!("CARGO_PKG_VERSION"),
            changed: false,
            generation: 0,
            converged: false,
            plan: None,
        }
    }
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
                "commit them, or use --allow-dirty",
            ));
        }
        if provenance.commit.is_none() {
            ui.note("the farm file is in no git commit: the history will not show where it came from");
        }
        let plan = plan::ask(client, &file, self.max_delete.clone()).await?;
        let resumed = self.resume.is_some();
        let key = match self.resume {
            Some(key) => key,
            None => Key::new(self.expect_generation.unwrap_or(plan.base_generation))?,
        };
        let current = key.base == plan.base_generation;
        // Of one that was cut off the plan says nothing, once it or another was accepted.
        if !ui.wants_document() && (current || !resumed) {
            plan::show(&plan, false, ui);
        }
        if !plan.changes_present && current && !resumed {
            // Nothing to change in the plan says nothing about what is so.
            let status = client.status().await?;
            if status.generation == plan.base_generation {
                wait::all_of_it(&status)?;
            }
            if ui.wants_document() {
                ui.document(&Applied {
                    changed: false,
                    generation: plan.base_generation,
                    converged: true,
                    plan: Some(&plan),
                    ..Applied::default()
                });
            }
            return Ok(Exit::Success);
        }
        if current && plan.destructive && !plan.applicable {
            return Err(Failure::guarded(
                "guard::max_delete",
                format!(
                    "this deletes {}, more than {} allows",
                    counted(plan.delete_count, "thing"),
                    self.max_delete
                        .as_deref()
                        .map_or("the default of 5%".into(), |max| format!("--max-delete {max}"))
                ),
                &format!("if that is intended, use --max-delete {}", plan.delete_count),
            ));
        }
        if current {
            agreed(self.yes, "Apply this?", ui).await?;
        }
        let request = ApplyRequest {
            kind: Default::default(),
            format_version: Default::default(),
            bundle: file.bundle,
            base_generation: key.base,
            provenance,
            reason: self.reason,
            max_delete: self.max_delete,
            idempotency_key: Some(key.to_string()),
        };
        // Said before it is sent: whoever is killed in between can still find out what became of it.
        let resume =
            format!("`stratumctl apply --resume {key}` checks whether it was accepted, and finishes it");
        ui.note(&format!("applying with key {key}"));
        ui.if_cut_off(Some(resume.clone()));
        let answer = hand_in(client, &request, ui).await.map_err(|failure| match failure.exit {
            Exit::Unreachable => failure.with_help(&resume),
            _ => failure,
        })?;
        if !answer.created {
            ui.note(&format!("generation {} was already accepted with this key", answer.generation));
        }
        done(client, &answer, self.no_wait, self.timeout, ui).await
    }
}

/// Names one attempt to apply: the generation it was based on, and a number that nobody had before.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    base: u64,
    number: String,
}

impl Key {
    fn new(base: u64) -> Result<Self, Failure> {
        Ok(Self { base, number: new_key()? })
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.base, self.number)
    }
}

impl std::str::FromStr for Key {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('-').and_then(|(base, number)| Some((base.parse().ok()?, number)));
        match parts {
            Some((base, number)) if number.len() == 24 && number.bytes().all(|b| b.is_ascii_hexdigit()) => {
                Ok(Self { base, number: number.to_owned() })
            }
            _ => Err("write it as `apply` printed it, such as 3-0123456789abcdef01234567".into()),
        }
    }
}

/// A yes: given before, implied where documents were asked for, or asked for.
pub(crate) async fn agreed(yes: bool, question: &str, ui: &mut Ui) -> Result<(), Failure> {
    if yes || ui.yes_implied {
        return Ok(());
    }
    if !ui.interactive {
        return Err(Failure::guarded(
            "guard::confirm",
            "confirmation is needed, and there is no terminal to ask on",
            "say --yes",
        ));
    }
    if ui.confirm(question).await {
        Ok(())
    } else {
        Err(Failure::guarded("guard::declined", "nothing was changed", "run it again when you have decided"))
    }
}

/// Hands a farm in. The key makes a repeated request harmless, so a daemon that restarts in between, or an
/// answer that is lost, costs nothing.
async fn hand_in(client: &Client, request: &ApplyRequest, ui: &mut Ui) -> Result<ApplyAnswer, Failure> {
    let mut attempt = 1;
    loop {
        match client.apply(request).await {
            Err(failure) if failure.exit == Exit::Unreachable && attempt < ATTEMPTS => {
                ui.note(&format!("{}; trying again", failure.doc.error.message));
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
    let generation = answer.generation;
    ui.if_cut_off(Some(format!(
        "generation {generation} was accepted, and the daemon carries on with it; `stratumctl status` shows the progress"
    )));
    if no_wait {
        ui.note(&format!("generation {generation} was accepted"));
    } else {
        wait::until_so(client, generation, timeout, ui).await?;
    }
    ui.if_cut_off(None);
    if ui.wants_document() {
        ui.document(&Applied {
            changed: true,
            generation,
            converged: !no_wait,
            plan: answer.plan.as_ref(),
            ..Applied::default()
        });
    } else if ui.format == OutputFormat::Name {
        ui.line(&format!("generation/{generation}"));
    } else {
        ui.line(&format!("generation {generation}"));
    }
    Ok(Exit::Success)
}

/// A number that nobody had before.
pub(crate) fn new_key() -> Result<String, Failure> {
    let mut bytes = [0u8; 12];
    getrandom::fill(&mut bytes).map_err(|error| Failure::failed(error.to_string()))?;
    Ok(const_hex::encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::Key;

    #[test]
    fn keys_read_back_and_nothing_else_does() {
        let key = Key::new(17).unwrap();
        let again: Key = key.to_string().parse().unwrap();
        assert_eq!((again.base, again.number), (17, key.number));
        for bad in [
            "",
            "3",
            "3-",
            "x-0123456789abcdef01234567",
            "3-0123456789abcdef0123456g",
            "0123456789abcdef01234567",
        ] {
            assert!(bad.parse::<Key>().is_err(), "{bad}");
        }
    }
}
