//! The guard against deleting by accident: rigs and customers that a change would remove, against a limit.

use std::collections::HashSet;

use schema::Farm;
use schema::api::PlanDoc;
use schema::inventory::Inventory;

use super::history;
use crate::{ApiError, App};

/// The limit when none is given.
const MAX_DELETE: &str = "5%";

/// Rigs, customers, rentals and pools of `before` that `next` no longer has.
pub(crate) fn deletes(before: Option<&Farm>, next: &Farm) -> u64 {
    before.map_or(0, |before| {
        let (before, next) = (names(before), names(next));
        before.iter().filter(|name| !next.contains(*name)).count() as u64
    })
}

fn names(farm: &Farm) -> HashSet<String> {
    let rigs = Inventory::of(farm).into_rigs().into_iter().map(|rig| format!("rig/{}", rig.name));
    let customers = farm.customers.keys().map(|name| format!("customer/{name}"));
    let rentals = farm.rentals().map(|(customer, name, _)| format!("rental/{customer}/{name}"));
    let pools = farm.pools.keys().map(|name| format!("pool/{name}"));
    rigs.chain(customers).chain(rentals).chain(pools).collect()
}

/// Whether a plan stays below the limit; if not, in words.
pub(crate) fn allows(plan: &PlanDoc, before: Option<&Farm>, max_delete: Option<&str>) -> Result<(), String> {
    let Some(before) = before else {
        return match plan.base_generation {
            0 => Ok(()),
            _ if max_delete == Some("100%") => Ok(()),
            head => Err(format!(
                "generation {head} cannot be read by this release, so it is unknown what this would delete"
            )),
        };
    };
    let given = max_delete.unwrap_or(MAX_DELETE);
    let total = names(before).len() as u64;
    let limit =
        limit(given, total).ok_or_else(|| format!("`{given}` is neither a number nor a percentage"))?;
    if plan.delete_count <= limit {
        return Ok(());
    }
    Err(format!(
        "this deletes {} of {total} rigs, customers, rentals and pools; the limit {given} allows {limit}",
        plan.delete_count
    ))
}

/// A count, or a percentage of what there is; one thing may always go.
fn limit(text: &str, total: u64) -> Option<u64> {
    match text.strip_suffix('%') {
        Some(percent) => {
            let percent: f64 = percent.trim().parse().ok().filter(|p| (0.0..=100.0).contains(p))?;
            let part = (total as f64 * percent / 100.0).floor() as u64;
            Some(if percent > 0.0 { part.max(1) } else { 0 })
        }
        None => text.trim().parse().ok(),
    }
}

/// The same, as an answer.
pub(crate) async fn check(app: &App, plan: &PlanDoc, max_delete: Option<&str>) -> Result<(), ApiError> {
    if plan.applicable && plan.delete_count == 0 {
        return Ok(());
    }
    let before = history::shown(app, plan.base_generation).await?.bundle;
    let before = schema::read(&before).farm;
    allows(plan, before.as_ref(), max_delete).map_err(|message| {
        let limit = if before.is_some() { plan.delete_count.to_string() } else { "100%".into() };
        let help = format!("if that is intended, use `--max-delete {limit}`");
        ApiError::guarded("guard::max_delete", message, &help)
    })
}

#[cfg(test)]
mod tests {
    use schema::api::PlanDoc;

    use super::{allows, limit};

    #[test]
    fn a_head_that_cannot_be_read_is_no_reason_to_delete_it() {
        let plan = |base: u64| -> PlanDoc {
            serde_json::from_value(serde_json::json!({
                "kind": "stratum.plan",
                "format_version": "1.0",
                "base_generation": base,
                "digest": "",
                "changes": [],
                "effects": { "rigs_moving": 0, "moves": [], "shortfalls": [], "notes": [] },
                "destructive": false,
                "delete_count": 0,
                "applicable": true,
                "changes_present": true,
            }))
            .unwrap()
        };
        assert_eq!(allows(&plan(0), None, None), Ok(()));
        assert!(allows(&plan(7), None, None).unwrap_err().contains("generation 7"));
        assert!(allows(&plan(7), None, Some("5%")).is_err());
        assert_eq!(allows(&plan(7), None, Some("100%")), Ok(()));
    }

    #[test]
    fn limits_are_counts_or_percentages() {
        assert_eq!(limit("5%", 200), Some(10));
        assert_eq!(limit("5%", 3), Some(1), "one thing may always go");
        assert_eq!(limit("0%", 200), Some(0));
        assert_eq!(limit("0", 200), Some(0));
        assert_eq!(limit("17", 3), Some(17));
        for bad in ["", "%", "-1", "200%", "x"] {
            assert_eq!(limit(bad, 10), None, "{bad}");
        }
    }
}
