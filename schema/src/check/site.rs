//! Sites: curtailment that can happen, power that is there.

use std::collections::HashMap;

use super::Check;
use crate::farm::Algorithm;
use crate::unit::Power;

pub(super) fn check(check: &mut Check<'_>) {
    let farm = check.farm;
    for (name, site) in &farm.sites {
        for (index, rule) in site.curtail.iter().enumerate() {
            let at = check.item(&format!("/sites/{name}/curtail"), index);
            if rule.when.is_none() && rule.price_above.is_none() {
                let problem = check
                    .problem("farm::curtail::when", &at, "a limit that does not say when it holds")
                    .label("when?");
                check.push(problem.help(
                    "add `when:` with a window, or `price_above:`; a limit for all times is `power.capacity`",
                ));
            }
            // An earlier rule that holds whenever this one does, and is as strict, leaves nothing to it.
            let covers = |earlier: &crate::farm::Curtail| {
                (earlier.when.is_none() || earlier.when == rule.when)
                    && (earlier.price_above.is_none() || earlier.price_above == rule.price_above)
                    && (earlier.when.is_some() || earlier.price_above.is_some())
                    && earlier.power_max <= rule.power_max
            };
            if let Some(earlier) = site.curtail[..index].iter().position(covers) {
                let problem = check
                    .problem("farm::rule::unreachable", &at, "a limit that never matters")
                    .label("never reached");
                let earlier = check.item(&format!("/sites/{name}/curtail"), earlier);
                let problem = check.with(
                    problem,
                    check.place(&earlier),
                    "this one is at least as strict at the same times",
                );
                check.push(problem.warning().help("take it out, or make it stricter than the one before"));
            }
        }
        if let Some(climate) = &site.climate
            && let (Some(min), Some(max)) = (climate.intake_min, climate.intake_max)
            && min >= max
        {
            let at = format!("/sites/{name}/climate/intake_min");
            let problem = check
                .problem("farm::limit::crossed", &at, "the coldest air is warmer than the warmest")
                .label("not below `intake_max`");
            let problem = check.with(
                problem,
                check.place(&format!("/sites/{name}/climate/intake_max")),
                "`intake_max`",
            );
            check.push(problem.help("swap the two"));
        }
    }
    capacity(check);
    unknown_power(check);
}

/// A rig that may be given work has a power where a window limits that of its site: what nobody knows cannot be
/// shown to fit.
fn unknown_power(check: &mut Check<'_>) {
    if check.is_faulty("/rigs") || check.is_faulty("/models") {
        return;
    }
    let farm = check.farm;
    let mut unknown: HashMap<&str, Vec<&str>> = HashMap::new();
    for rig in check.inventory.rigs() {
        if let Some(site) = &rig.site
            && !rig.hashrate(Algorithm::Sha256d).is_zero()
            && rig.power(Algorithm::Sha256d).is_none()
        {
            unknown.entry(site.as_str()).or_default().push(rig.model.as_str());
        }
    }
    let mut found = Vec::new();
    for (name, site) in &farm.sites {
        let rule = site.curtail.iter().position(|rule| rule.when.is_some() && rule.price_above.is_none());
        let (Some(rule), Some(models)) = (rule, unknown.get(name.as_str())) else { continue };
        let at = check.item(&format!("/sites/{name}/curtail"), rule);
        let (rigs, mut models) = (models.len(), models.clone());
        models.sort_unstable();
        models.dedup();
        let models: Vec<String> = models.into_iter().map(|model| format!("`{model}`")).collect();
        let message = format!(
            "the power of {rigs} of the rigs at `{name}` is unknown, so none of them runs while a limit holds"
        );
        let problem = check.problem("farm::curtail::power", &at, message).label("this limit");
        found.push(problem.warning().help(format!("give `power` in the model {}", models.join(", "))));
    }
    for problem in found {
        check.push(problem);
    }
}

/// The rigs of a site draw no more than it has.
fn capacity(check: &mut Check<'_>) {
    if check.is_faulty("/rigs") || check.is_faulty("/models") {
        return;
    }
    let farm = check.farm;
    let mut drawn: HashMap<&str, Vec<Power>> = HashMap::new();
    for rig in check.inventory.rigs() {
        let most = rig.algorithms.iter().filter_map(|capability| capability.power).max();
        if let (Some(site), Some(power)) = (&rig.site, most) {
            drawn.entry(site.as_str()).or_default().push(power);
        }
    }
    let drawn: HashMap<String, Power> =
        drawn.into_iter().map(|(site, powers)| (site.to_owned(), powers.into_iter().sum())).collect();
    for (name, site) in &farm.sites {
        let capacity = site.power.as_ref().and_then(|power| power.capacity);
        if let (Some(capacity), Some(drawn)) = (capacity, drawn.get(name.as_str()))
            && *drawn > capacity
        {
            let at = format!("/sites/{name}/power/capacity");
            let message =
                format!("the rigs of `{name}` draw {drawn} by their models, and the site has {capacity}");
            let problem = check.problem("farm::site::power", &at, message).label("less than the rigs draw");
            check.push(problem.warning().help("correct the capacity, or the rigs' models"));
        }
    }
}
