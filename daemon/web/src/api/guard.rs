//! The guard against deleting by accident: rigs and customers that a change would remove, against a limit.

use std::collections::HashSet;

use farm::desired::Desired;
use schema::api::PlanDoc;

use crate::ApiError;

/// The limit when none is given.
const MAX_DELETE: &str = "5%";

/// Rigs, customers, rentals and pools of `before` that `next` no longer has.
pub(crate) fn deletes(before: &Desired, next: &Desired) -> u64 {
    let next: HashSet<Name<'_>> = names(next).collect();
    names(before).filter(|name| !next.contains(name)).count() as u64
}

/// Something that can be deleted.
#[derive(PartialEq, Eq, Hash)]
enum Name<'a> {
    Rig(&'a str),
    Customer(&'a str),
    Rental(&'a str, &'a str),
    Pool(&'a str),
}

fn names(desired: &Desired) -> impl Iterator<Item = Name<'_>> {
    let farm = &desired.farm;
    let rigs = desired.inventory.rigs().iter().map(|rig| Name::Rig(rig.name.as_str()));
    let customers = farm.customers.keys().map(|name| Name::Customer(name.as_str()));
    let rentals = farm.rentals().map(|(customer, name, _)| Name::Rental(customer.as_str(), name.as_str()));
    let pools = farm.pools.keys().map(|name| Name::Pool(name.as_str()));
    rigs.chain(customers).chain(rentals).chain(pools)
}

/// Why a plan may not delete what it would.
#[derive(Debug, PartialEq)]
pub(crate) struct Refusal {
    why: String,
    /// The limit with which it may.
    limit: String,
}

impl Refusal {
    /// As an answer.
    pub(crate) fn into_error(self) -> ApiError {
        let help = format!("if that is intended, use `--max-delete {}`", self.limit);
        ApiError::guarded("guard::max_delete", self.why, &help)
    }
}

/// Whether a plan stays below the limit.
pub(crate) fn check(
    plan: &PlanDoc,
    before: Option<&Desired>,
    max_delete: Option<&str>,
) -> Result<(), Refusal> {
    let Some(before) = before else {
        return match plan.base_generation {
            0 => Ok(()),
            _ if max_delete == Some("100%") => Ok(()),
            head => Err(Refusal {
                why: format!(
                    "generation {head} cannot be read by this release, so it is unknown what this would delete"
                ),
                limit: "100%".into(),
            }),
        };
    };
    let refused = |why: String| Refusal { why, limit: plan.delete_count.to_string() };
    let given = max_delete.unwrap_or(MAX_DELETE);
    let total = names(before).count() as u64;
    let limit = limit(given, total)
        .ok_or_else(|| refused(format!("`{given}` is neither a number nor a percentage")))?;
    if plan.delete_count <= limit {
        return Ok(());
    }
    Err(refused(format!(
        "this deletes {} of {total} rigs, customers, rentals and pools; the limit {given} allows {limit}",
        plan.delete_count
    )))
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

#[cfg(test)]
mod tests {
    use schema::api::PlanDoc;

    use super::{check, limit};

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
        assert_eq!(check(&plan(0), None, None), Ok(()));
        assert!(check(&plan(7), None, None).unwrap_err().why.contains("generation 7"));
        assert!(check(&plan(7), None, Some("5%")).is_err());
        assert_eq!(check(&plan(7), None, Some("100%")), Ok(()));
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
