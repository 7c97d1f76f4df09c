//! Rentals: one kind, dates in order, pools that take the work, rigs that can serve it.

use std::collections::{HashMap, HashSet};

use super::Check;
use crate::farm::{Algorithm, Customer, PoolUse, Rental};
use crate::inventory::Owner;
use crate::name::{CustomerName, RentalName, RigName};
use crate::unit::Hashrate;

/// Microseconds from which to which a rental runs.
type Times = (i64, i64);

pub(super) fn check(check: &mut Check<'_>) {
    pool_lists(check);
    let farm = check.farm;
    for (customer, name, rental) in farm.rentals() {
        let at = format!("/customers/{customer}/rentals/{name}");
        kind(check, &at, rental);
        dates(check, &at, rental);
        pools(check, &at, customer, rental);
    }
    let rigs_known = !check.is_faulty("/rigs") && !check.is_faulty("/models");
    if rigs_known {
        dedicated(check);
        capacity(check);
    }
    house(check);
}

fn kind(check: &mut Check<'_>, at: &str, rental: &Rental) {
    let (code, help) = (
        "farm::rental::kind",
        "a rental is either a `hashrate` served from any rig that fits, or `dedicated` rigs",
    );
    match (&rental.hashrate, rental.dedicated.is_empty()) {
        (None, true) => {
            let problem = check
                .problem_at_key(code, at, "a rental of nothing")
                .label("neither `hashrate` nor `dedicated`");
            check.push(problem.help(help));
        }
        (Some(_), false) => {
            let problem = check
                .problem(code, &format!("{at}/dedicated"), "a rental of two kinds")
                .label("and `dedicated`");
            let problem = check.with(problem, check.key_place(&format!("{at}/hashrate")), "`hashrate`");
            check.push(problem.help(help));
        }
        (Some(hashrate), true) if hashrate.is_zero() => {
            let problem = check
                .problem("farm::rental::nothing", &format!("{at}/hashrate"), "a rental of no hashrate")
                .label("nothing");
            check.push(problem.help("write what is promised, or take the rental out"));
        }
        _ => {}
    }
}

fn dates(check: &mut Check<'_>, at: &str, rental: &Rental) {
    if let (Some(from), Some(until)) = (&rental.from, &rental.until)
        && until.as_micros(&check.zone) <= from.as_micros(&check.zone)
    {
        let name = at.rsplit('/').next().unwrap_or("");
        let message = format!("rental `{name}` ends before it starts");
        let problem = check
            .problem("farm::rental::dates", &format!("{at}/until"), message)
            .label("not later than `from`");
        let problem = check.with(problem, check.place(&format!("{at}/from")), "`from`");
        check.push(problem.help("swap the two dates, or remove `until` for an open rental"));
    }
}

/// Algorithms of the pools in a list, as far as they are known.
fn algorithms(check: &Check<'_>, pools: &[PoolUse]) -> Option<HashSet<Algorithm>> {
    pools.iter().map(|entry| check.farm.pools.get(&entry.pool).map(|pool| pool.algorithm)).collect()
}

/// Algorithms a rental has mined.
fn mined(check: &Check<'_>, rental: &Rental) -> HashSet<Algorithm> {
    if rental.hashrate.is_some() || rental.algorithm.is_some() {
        return HashSet::from([rental.algorithm()]);
    }
    let names: HashSet<RigName> = rental.dedicated.iter().flat_map(|range| range.names()).collect();
    let rigs = check.inventory.rigs().iter().filter(|rig| names.contains(&rig.name));
    rigs.flat_map(|rig| rig.algorithms.iter().map(|capability| capability.algorithm)).collect()
}

fn pools(check: &mut Check<'_>, at: &str, customer: &CustomerName, rental: &Rental) {
    let list = format!("/customers/{customer}/pools");
    if check.is_faulty(&list) || check.is_faulty("/pools") {
        return;
    }
    let entry = &check.farm.customers[customer];
    let (Some(known), mined) = (algorithms(check, &entry.pools), mined(check, rental)) else { return };
    if mined.is_empty() || !mined.is_disjoint(&known) {
        return;
    }
    let wanted = mined.iter().min().expect("it is not empty");
    let message = format!("`{customer}` has no pool for {wanted}");
    let problem = check.problem_at_key("farm::rental::no_pool", at, message).label("nowhere to mine");
    let problem = check.with(problem, check.key_place(&list), "the customer's pools");
    check.push(problem.help(format!("add a pool of algorithm {wanted} to `pools` of `{customer}`")));
}

/// No failover list names one pool twice, has two pools on one server, or an entry that nothing reaches.
fn pool_lists(check: &mut Check<'_>) {
    let farm = check.farm;
    one_list(check, "/house/pools", &farm.house.pools, None);
    for (name, customer) in &farm.customers {
        one_list(check, &format!("/customers/{name}/pools"), &customer.pools, Some(customer));
    }
}

fn one_list(check: &mut Check<'_>, list: &str, pools: &[PoolUse], customer: Option<&Customer>) {
    let farm = check.farm;
    for (index, entry) in pools.iter().enumerate() {
        let at = format!("{}/pool", check.item(list, index));
        if let Some(first) = pools[..index].iter().position(|earlier| earlier.pool == entry.pool) {
            let problem = check
                .problem("farm::pool::twice", &at, format!("pool `{}` is in this list twice", entry.pool))
                .label("again here");
            let first = format!("{}/pool", check.item(list, first));
            let problem = check.with(problem, check.place(&first), "first here");
            check.push(
                problem.help(
                    "a pool that failed is not its own replacement: take one out, or name another pool",
                ),
            );
            continue;
        }
        let Some(pool) = farm.pools.get(&entry.pool) else { continue };
        let same_server = |earlier: &&PoolUse| {
            let other = farm.pools.get(&earlier.pool);
            other.is_some_and(|other| other.urls.iter().any(|url| pool.urls.contains(url)))
        };
        if let Some(first) = pools[..index].iter().find(same_server) {
            let message = format!("`{}` and `{}` are the same server", entry.pool, first.pool);
            let problem =
                check.problem("farm::pool::same_server", &at, message).label("fails with the other");
            let urls = format!("/pools/{}/urls", first.pool);
            let problem = check.with(problem, check.place(&urls), "also this");
            check.push(problem.warning().help("a list of pools helps when they do not fail together"));
        }
        let Some(customer) = customer.filter(|customer| !customer.rentals.is_empty()) else { continue };
        let reached = customer.rentals.values().any(|rental| {
            let mined = mined(check, rental);
            mined.is_empty() || mined.contains(&pool.algorithm)
        });
        if !reached && !check.is_faulty(list.trim_end_matches("/pools")) && !check.is_faulty("/rigs") {
            let message = format!("no rental of this customer mines {}", pool.algorithm);
            let problem = check.problem("farm::rule::unreachable", &at, message).label("never reached");
            check.push(problem.warning().help("take it out of the list, or add the rental it is for"));
        }
    }
}

fn times(check: &Check<'_>, rental: &Rental) -> Times {
    let from = rental.from.map_or(i64::MIN, |from| from.as_micros(&check.zone));
    let until = rental.until.map_or(i64::MAX, |until| until.as_micros(&check.zone));
    (from, until)
}

/// A rig serves one rental at a time, and nobody's but its owner's or one of whoever may rent it.
fn dedicated(check: &mut Check<'_>) {
    let farm = check.farm;
    if farm.rentals().all(|(_, _, rental)| rental.dedicated.is_empty()) {
        return;
    }
    let owners: HashMap<RigName, Owner> =
        check.inventory.rigs().iter().map(|rig| (rig.name.clone(), rig.owner.clone())).collect();
    let mut taken: HashMap<RigName, Vec<(Times, String)>> = HashMap::new();
    for (customer, name, rental) in farm.rentals() {
        let list = format!("/customers/{customer}/rentals/{name}/dedicated");
        for (index, range) in rental.dedicated.iter().enumerate() {
            let at = check.item(&list, index);
            let (mut told_owner, mut told_twice) = (false, false);
            for rig in range.names() {
                // What does not exist has been reported as such.
                let Some(owner) = owners.get(&rig) else { continue };
                if let Owner::Customer(owner) = owner
                    && owner != customer
                    && !std::mem::replace(&mut told_owner, true)
                {
                    let problem = check
                        .problem("farm::rental::not_his", &at, format!("`{rig}` belongs to `{owner}`"))
                        .label("another customer's");
                    check.push(problem.help("a customer's rig mines for its owner alone"));
                }
                let (from, until) = times(check, rental);
                let others = taken.entry(rig.clone()).or_default();
                let meets = |((other_from, other_until), _): &&(Times, String)| {
                    from < *other_until && *other_from < until
                };
                let other = others.iter().find(meets).map(|(_, other)| other.clone());
                others.push(((from, until), at.clone()));
                if let Some(other) = other.filter(|_| !std::mem::replace(&mut told_twice, true)) {
                    let problem = check
                        .problem(
                            "farm::rental::rig_twice",
                            &at,
                            format!("`{rig}` is dedicated twice at the same time"),
                        )
                        .label("again here");
                    let problem = check.with(problem, check.place(&other), "first here");
                    check.push(
                        problem.help("a rig serves one rental at a time: change the dates, or the rigs"),
                    );
                }
            }
        }
    }
}

/// What is rented is there: each rental by itself, and all of an algorithm at any one time.
fn capacity(check: &mut Check<'_>) {
    let farm = check.farm;
    let mut sold: HashMap<Algorithm, Vec<(Times, Hashrate, String)>> = HashMap::new();
    let rented: Vec<(&CustomerName, &RentalName, &Rental, Hashrate)> = farm
        .rentals()
        .filter_map(|(customer, name, rental)| {
            Some((customer, name, rental, rental.hashrate.filter(|rate| !rate.is_zero())?))
        })
        .collect();
    let mut known: HashMap<String, Hashrate> = HashMap::new();
    for (customer, name, rental, wanted) in rented {
        let at = format!("/customers/{customer}/rentals/{name}");
        if check.is_faulty(&at) {
            continue;
        }
        let algorithm = rental.algorithm();
        let key = format!("{algorithm} {:?}", rental.serve_from);
        let there = match known.get(&key) {
            Some(there) => *there,
            None => {
                let rigs = check.inventory.rigs().iter().filter(|rig| rig.may_serve(rental));
                let there = rigs.map(|rig| rig.hashrate(algorithm)).filter(|rate| !rate.is_zero()).sum();
                known.insert(key, there);
                there
            }
        };
        if there.is_zero() {
            let dangling = check.problems.iter().any(|problem| {
                problem.pointer.starts_with(&format!("{at}/serve_from"))
                    || problem.code == "farm::ref::unknown_model"
            });
            if !dangling {
                let problem = check
                    .problem(
                        "farm::rental::no_rig",
                        &format!("{at}/hashrate"),
                        format!("no rig can serve `{name}`"),
                    )
                    .label("from nothing");
                let problem =
                    check.with(problem, check.key_place(&format!("{at}/serve_from")), "of these rigs");
                check.push(problem.help(format!("a rig serves it that mines {algorithm}, belongs to the house or an investor, and has what `serve_from` asks for")));
            }
        } else if wanted > there {
            let message = format!("`{name}` asks for {wanted}, and the rigs that may serve it have {there}");
            let problem = check
                .problem("farm::rental::too_large", &format!("{at}/hashrate"), message)
                .label(format!("more than {there}"));
            let problem = check.with(problem, check.key_place(&format!("{at}/serve_from")), "of these rigs");
            check
                .push(problem.help("promise less, add rigs, or let more of them serve it with `serve_from`"));
        } else {
            sold.entry(algorithm).or_default().push((times(check, rental), wanted, at));
        }
    }
    for (algorithm, rentals) in sold {
        oversold(check, algorithm, rentals);
    }
}

/// Promises of one algorithm, added up over time.
fn oversold(check: &mut Check<'_>, algorithm: Algorithm, mut rentals: Vec<(Times, Hashrate, String)>) {
    let rigs = check.inventory.rigs().iter().filter(|rig| !matches!(rig.owner, Owner::Customer(_)));
    let there: Hashrate = rigs.map(|rig| rig.hashrate(algorithm)).sum();
    // A sum can only rise when a rental starts.
    rentals.sort_by_key(|(times, ..)| *times);
    for (index, ((from, _), _, at)) in rentals.iter().enumerate() {
        let running = rentals[..=index].iter().filter(|((_, until), ..)| until > from);
        let together: Hashrate = running.map(|(_, wanted, _)| *wanted).sum();
        if together > there {
            let message = format!(
                "from here on {together} of {algorithm} are promised at once, and the farm has {there}"
            );
            let problem = check
                .problem("farm::rental::oversold", &format!("{at}/hashrate"), message)
                .label("one too many");
            check.push(
                problem
                    .warning()
                    .help("rentals of lower `priority` will run short; promise less, or add rigs"),
            );
            return;
        }
    }
}

/// The house has a pool for what its rigs mine.
fn house(check: &mut Check<'_>) {
    if check.is_faulty("/house") || check.is_faulty("/pools") {
        return;
    }
    let Some(known) = algorithms(check, &check.farm.house.pools) else { return };
    let mut missing: Vec<(Algorithm, String)> = Vec::new();
    for rig in check.inventory.rigs().iter().filter(|rig| !matches!(rig.owner, Owner::Customer(_))) {
        let any = rig.algorithms.iter().any(|capability| known.contains(&capability.algorithm));
        if let Some(first) = rig.algorithms.first().filter(|_| !any)
            && !missing.iter().any(|(algorithm, _)| *algorithm == first.algorithm)
        {
            missing.push((first.algorithm, rig.name.to_string()));
        }
    }
    for (algorithm, rig) in missing {
        let message = format!("the house has no pool for {algorithm}, which `{rig}` mines");
        let problem = check
            .problem("farm::house::no_pool", "/house/pools", message)
            .label(format!("nothing for {algorithm}"));
        check.push(
            problem
                .warning()
                .help("without one, rigs that nobody rents are idle: add a pool of this algorithm"),
        );
    }
}
