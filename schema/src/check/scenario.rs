//! Scenarios: every expectation has one time and something to look at.

use super::Check;

pub(super) fn check(check: &mut Check<'_>) {
    let farm = check.farm;
    for (name, scenario) in &farm.scenarios {
        let list = format!("/scenarios/{}/expect", crate::tree::escape(name.as_str()));
        for (index, expect) in scenario.expect.iter().enumerate() {
            let at = check.item(&list, index);
            if expect.by.is_some() == expect.over.is_some() {
                let problem = check
                    .problem("farm::scenario::time", &at, "an expectation needs one time")
                    .label("`by` or `over`?");
                check.push(problem.help("`by: 15m` for what is true from then on, or `over: 24h` for what is true of that time as a whole"));
            }
            let looks = [
                expect.delivering_min.is_some(),
                expect.delivered_min.is_some(),
                expect.pool.is_some(),
                expect.rejected_max.is_some(),
                expect.alert.is_some(),
            ];
            if !looks.contains(&true) {
                let problem = check
                    .problem("farm::scenario::nothing", &at, "an expectation of nothing")
                    .label("what must be true?");
                check.push(
                    problem.help("add `delivering_min`, `delivered_min`, `pool`, `rejected_max` or `alert`"),
                );
            } else if expect.rental.is_none() && expect.alert.is_none() {
                let problem = check
                    .problem("farm::scenario::nothing", &at, "an expectation about no rental")
                    .label("of which rental?");
                check.push(problem.help("add `rental: customer/rental`"));
            }
        }
    }
}
