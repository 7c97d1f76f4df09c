//! Scenarios: every expectation has one time and something to look at, and every event says whom it is about.

use super::Check;
use crate::event::Rehearsed;

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
            for kind in [expect.event, expect.no_event].into_iter().flatten() {
                if kind.entry().rehearsed == Rehearsed::Never {
                    let message = format!("`{kind}` never happens in a rehearsal");
                    let problem =
                        check.problem("farm::scenario::event", &at, &message).label("nobody can tell");
                    check.push(problem.help("it is about the daemon itself; `stratumctl explain events` says which kinds a rehearsal tells of"));
                }
            }
            let looks = [
                expect.delivering_min.is_some(),
                expect.delivered_min.is_some(),
                expect.pool.is_some(),
                expect.rejected_max.is_some(),
            ];
            let others = [
                expect.moves_max.is_some(),
                expect.reconnects_max.is_some(),
                expect.event.is_some(),
                expect.no_event.is_some(),
                expect.alert.is_some(),
            ];
            if !looks.contains(&true) && !others.contains(&true) {
                let problem = check
                    .problem("farm::scenario::nothing", &at, "an expectation of nothing")
                    .label("what must be true?");
                check.push(problem.help(
                    "add `delivering_min`, `delivered_min`, `pool`, `rejected_max`, `moves_max`, `reconnects_max`, `event`, `no_event` or `alert`",
                ));
            } else if expect.rental.is_none() && looks.contains(&true) {
                let problem = check
                    .problem("farm::scenario::nothing", &at, "an expectation about no rental")
                    .label("of which rental?");
                check.push(problem.help("add `rental: customer/rental`"));
            }
        }
        let list = format!("/scenarios/{}/events", crate::tree::escape(name.as_str()));
        for (index, event) in scenario.events.iter().enumerate() {
            let at = check.item(&list, index);
            if let Some(wrong) = shapeless(event) {
                let problem = check.problem("farm::scenario::whom", &at, wrong.0).label(wrong.1);
                check.push(problem.help(wrong.2));
            }
            if let Some(rent) = &event.rent
                && !farm.customers.contains_key(&rent.rental.customer)
                && rent.pools.is_empty()
            {
                let problem = check
                    .problem("farm::scenario::whom", &at, "a new customer without a pool")
                    .label("where does it mine?");
                check.push(problem.help("add `pools: [...]`, or rent to a customer of the farm file"));
            }
        }
    }
}

/// What an event leaves open: the message, the label, and the way out.
fn shapeless(event: &crate::farm::scenario::Event) -> Option<(&'static str, &'static str, &'static str)> {
    let count = |given: [bool; 3]| given.into_iter().filter(|given| *given).count();
    if let Some(decline) = &event.decline
        && count([decline.rig.is_some(), decline.rack.is_some(), decline.site.is_some()]) != 1
    {
        return Some(("a decline is of one group of rigs", "whose?", "add one of `rig`, `rack`, `site`"));
    }
    if let Some(failures) = &event.failures
        && count([failures.rig.is_some(), failures.rack.is_some(), failures.site.is_some()]) > 1
    {
        return Some((
            "failures are of one group of rigs",
            "whose?",
            "keep one of `rig`, `rack`, `site`, or none for all",
        ));
    }
    let action = event.action.as_ref()?;
    let makes_sense = match (&action.pool, &action.rig) {
        (Some(_), None) => action.customer.is_some() != action.rental.is_some(),
        (None, Some(rig)) => action.customer.is_none() && rig.len() == 1,
        _ => false,
    };
    (!makes_sense).then_some((
        "an override that makes no sense",
        "what does it override?",
        "`pool` with `customer` or `rental` sends work there, one `rig` with `rental` lends it, `rig` alone takes it out of service",
    ))
}
