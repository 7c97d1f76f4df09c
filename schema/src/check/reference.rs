//! Names that lead somewhere. One table of where names are used and what they name; the tree itself is
//! walked, so that a section with other mistakes is checked too.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Check;
use crate::farm::model::built_in;
use crate::nearest::nearest;
use crate::problem::Problem;
use crate::range::RigRange;
use crate::tree::{Id, View, escape};

/// What a name can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum What {
    Window,
    Hub,
    Pool,
    Model,
    Site,
    Rack,
    Rig,
    Tag,
    Owner,
    Lender,
    Policy,
    Meter,
    Receiver,
    Wallet,
    Rental,
}

/// Where names are used. `*` is every entry or item; a last `!` means the keys themselves.
const USES: &[(&str, What)] = &[
    ("hubs/*/sites/*", What::Site),
    ("rigs/*/model", What::Model),
    ("rigs/*/site", What::Site),
    ("rigs/*/owner", What::Owner),
    ("house/pools/*/pool", What::Pool),
    ("sites/*/power/meter", What::Meter),
    ("sites/*/tariff/meter", What::Meter),
    ("sites/*/tariff/windows/!", What::Window),
    ("sites/*/curtail/*/when", What::Window),
    ("customers/*/contacts/*", What::Receiver),
    ("customers/*/pools/*/pool", What::Pool),
    ("customers/*/rentals/*/dedicated/*", What::Rig),
    ("customers/*/rentals/*/policy", What::Policy),
    ("customers/*/rentals/*/serve_from/tags/*", What::Tag),
    ("customers/*/rentals/*/serve_from/sites/*", What::Site),
    ("customers/*/rentals/*/serve_from/racks/*", What::Rack),
    ("customers/*/rentals/*/serve_from/models/*", What::Model),
    ("customers/*/rentals/*/serve_from/owners/*", What::Lender),
    ("customers/*/rentals/*/serve_from/exclude/*", What::Rig),
    ("policies/*/spares/owners/*", What::Lender),
    ("collectors/pools/!", What::Pool),
    ("collectors/sensors/*/site", What::Site),
    ("collectors/sensors/*/rack", What::Rack),
    ("staff/*/duty", What::Window),
    ("alerts/routes/*/to/*", What::Receiver),
    ("alerts/routes/*/escalate/*/to/*", What::Receiver),
    ("investors/*/contacts/*", What::Receiver),
    ("money/payouts/from", What::Wallet),
    ("scenarios/*/events/*/power_off/rack", What::Rack),
    ("scenarios/*/events/*/power_off/site", What::Site),
    ("scenarios/*/events/*/power_off/rig", What::Rig),
    ("scenarios/*/events/*/power_on/rack", What::Rack),
    ("scenarios/*/events/*/power_on/site", What::Site),
    ("scenarios/*/events/*/power_on/rig", What::Rig),
    ("scenarios/*/events/*/silence/rack", What::Rack),
    ("scenarios/*/events/*/silence/site", What::Site),
    ("scenarios/*/events/*/silence/rig", What::Rig),
    ("scenarios/*/events/*/repair/rack", What::Rack),
    ("scenarios/*/events/*/repair/site", What::Site),
    ("scenarios/*/events/*/repair/rig", What::Rig),
    ("scenarios/*/events/*/pool_down", What::Pool),
    ("scenarios/*/events/*/pool_up", What::Pool),
    ("scenarios/*/events/*/pool_rejects", What::Pool),
    ("scenarios/*/events/*/network_cut/rack", What::Rack),
    ("scenarios/*/events/*/network_cut/site", What::Site),
    ("scenarios/*/events/*/network_cut/rig", What::Rig),
    ("scenarios/*/events/*/network_back/rack", What::Rack),
    ("scenarios/*/events/*/network_back/site", What::Site),
    ("scenarios/*/events/*/network_back/rig", What::Rig),
    ("scenarios/*/events/*/decline/rack", What::Rack),
    ("scenarios/*/events/*/decline/site", What::Site),
    ("scenarios/*/events/*/decline/rig", What::Rig),
    ("scenarios/*/events/*/failures/rack", What::Rack),
    ("scenarios/*/events/*/failures/site", What::Site),
    ("scenarios/*/events/*/failures/rig", What::Rig),
    ("scenarios/*/events/*/pool_stale", What::Pool),
    ("scenarios/*/events/*/pool_slow/pool", What::Pool),
    ("scenarios/*/events/*/rent/pools/*", What::Pool),
    ("scenarios/*/events/*/rent/policy", What::Policy),
    ("scenarios/*/events/*/override/pool", What::Pool),
    ("scenarios/*/events/*/override/rental", What::Rental),
    ("scenarios/*/events/*/override/rig", What::Rig),
    ("scenarios/*/events/*/hub_restart", What::Hub),
    ("scenarios/*/expect/*/rental", What::Rental),
    ("scenarios/*/expect/*/pool", What::Pool),
];

impl What {
    fn code(self) -> &'static str {
        match self {
            What::Window => "farm::ref::unknown_window",
            What::Hub => "farm::ref::unknown_hub",
            What::Pool => "farm::ref::unknown_pool",
            What::Model => "farm::ref::unknown_model",
            What::Site => "farm::ref::unknown_site",
            What::Rack => "farm::ref::unknown_rack",
            What::Rig => "farm::ref::unknown_rig",
            What::Tag => "farm::ref::unknown_tag",
            What::Owner | What::Lender => "farm::ref::unknown_owner",
            What::Policy => "farm::ref::unknown_policy",
            What::Meter => "farm::ref::unknown_meter",
            What::Receiver => "farm::ref::unknown_receiver",
            What::Wallet => "farm::ref::unknown_wallet",
            What::Rental => "farm::ref::unknown_rental",
        }
    }

    fn word(self) -> &'static str {
        match self {
            What::Window => "window",
            What::Hub => "hub",
            What::Pool => "pool",
            What::Model => "model",
            What::Site => "site",
            What::Rack => "rack",
            What::Rig => "rig",
            What::Tag => "tag",
            What::Owner => "customer or investor",
            What::Lender => "investor",
            What::Policy => "policy",
            What::Meter => "meter",
            What::Receiver => "receiver or member of staff",
            What::Wallet => "wallet",
            What::Rental => "rental",
        }
    }

    /// Where one would add what is missing.
    fn home(self) -> &'static str {
        match self {
            What::Window => "`windows`",
            What::Hub => "`hubs`",
            What::Pool => "`pools`",
            What::Model => "`models`",
            What::Site => "`sites`",
            What::Rack => "a rig's `rack`",
            What::Rig => "`rigs`",
            What::Tag => "a rig's `tags`",
            What::Owner => "`customers` or `investors`",
            What::Lender => "`investors`",
            What::Policy => "`policies`",
            What::Meter => "`collectors.meters`",
            What::Receiver => "`alerts.receivers` or `staff`",
            What::Wallet => "`money.wallets`",
            What::Rental => "the customer's `rentals`",
        }
    }

    /// Names that need no declaration.
    fn always(self) -> &'static [&'static str] {
        match self {
            What::Owner | What::Lender => &["house"],
            What::Policy => &["standard"],
            _ => &[],
        }
    }
}

/// Names that are declared, and where.
type Names = BTreeMap<String, Option<Id>>;

/// Most names a suggestion is looked for among, and most suggestions of one run.
const SUGGESTIONS_MAX: usize = 50;

pub(super) fn check(check: &mut Check<'_>) {
    let mut declared: HashMap<What, Option<Names>> = HashMap::new();
    let mut suggestions = 0;
    for (path, what) in USES {
        let mut uses = Vec::new();
        let parts: Vec<&str> = path.split('/').collect();
        walk(check, check.root, &parts, String::new(), &mut uses);
        if uses.is_empty() {
            continue;
        }
        let names = declared.entry(*what).or_insert_with(|| declared_names(check, *what));
        // A section that is wrong as a whole declares nothing that can be trusted.
        let Some(names) = names else { continue };
        let mut found = Vec::new();
        for (pointer, id) in uses {
            let name = check.tree.scalar_text(check.tree.resolve(id));
            if names.contains_key(name) || what.always().contains(&name) {
                continue;
            }
            if *what == What::Rig && known_range(names, name) {
                continue;
            }
            suggestions += 1;
            let near = (suggestions <= SUGGESTIONS_MAX)
                .then(|| nearest(name, names.keys().map(String::as_str).chain(what.always().iter().copied())))
                .flatten();
            found.push(dangling(check, *what, &pointer, name, near, names));
        }
        for problem in found {
            check.push(problem);
        }
    }
}

fn dangling(
    check: &Check<'_>,
    what: What,
    pointer: &str,
    name: &str,
    near: Option<&str>,
    names: &Names,
) -> Problem {
    let problem = if pointer.ends_with(&format!("/{}", escape(name)))
        && check.place(pointer) != check.key_place(pointer)
    {
        check.problem_at_key(what.code(), pointer, format!("there is no {} `{name}`", what.word()))
    } else {
        check.problem(what.code(), pointer, format!("there is no {} `{name}`", what.word()))
    };
    let problem = problem.label(match what {
        What::Tag => "no rig has this tag".to_owned(),
        What::Rack => "no rig is in this rack".to_owned(),
        _ => format!("no {} has this name", what.word()),
    });
    match near {
        Some(near) => {
            let place = names.get(near).copied().flatten().map(|id| check.tree.place(id));
            check
                .with(problem, place, format!("`{near}` is here"))
                .help(format!("did you mean `{near}`?"))
                .fix(near)
        }
        None if names.is_empty() => problem.help(format!("add it under {}", what.home())),
        None => {
            let some: Vec<String> = names.keys().take(8).map(|name| format!("`{name}`")).collect();
            let more = if names.len() > 8 { format!(" and {} more", names.len() - 8) } else { String::new() };
            problem.help(format!("there is {}{more}; or add it under {}", some.join(", "), what.home()))
        }
    }
}

/// A range whose every rig is known.
fn known_range(names: &Names, text: &str) -> bool {
    text.parse::<RigRange>().is_ok_and(|range| range.names().all(|name| names.contains_key(name.as_str())))
}

/// Every use at a path: its pointer, and the node that holds the name.
fn walk(check: &Check<'_>, id: Id, parts: &[&str], pointer: String, uses: &mut Vec<(String, Id)>) {
    let tree = check.tree;
    let Some((part, rest)) = parts.split_first() else {
        if matches!(tree.view(id), View::Text(_)) {
            uses.push((pointer, id));
        }
        return;
    };
    match (*part, tree.view(id)) {
        ("!", View::Map) => {
            uses.extend(
                tree.entries(id)
                    .map(|(key, _)| (format!("{pointer}/{}", escape(tree.scalar_text(key))), key)),
            );
        }
        ("*", View::Map) => {
            for (key, value) in tree.entries(id) {
                let pointer = format!("{pointer}/{}", escape(tree.scalar_text(key)));
                walk(check, value, rest, pointer, uses);
            }
        }
        ("*", View::List) => {
            for (index, item) in tree.items(id).enumerate() {
                walk(check, item, rest, format!("{pointer}/{index}"), uses);
            }
        }
        (name, View::Map) => {
            if let Some((_, value)) = tree.get(id, name) {
                walk(check, value, rest, format!("{pointer}/{name}"), uses);
            }
        }
        _ => {}
    }
}

/// Names of one kind. None when the section that declares them cannot be read.
fn declared_names(check: &Check<'_>, what: What) -> Option<Names> {
    let tree = check.tree;
    let mut names = Names::new();
    let mut keys = |path: &str| -> bool {
        let Some(found) = tree.find(check.root, path) else { return true };
        if tree.view(found.value) != View::Map {
            return false;
        }
        names.extend(tree.entries(found.value).map(|(key, _)| (tree.scalar_text(key).to_owned(), Some(key))));
        true
    };
    let readable = match what {
        What::Window => keys("/windows"),
        What::Hub => {
            let readable = keys("/hubs");
            if tree.get(check.root, "hubs").is_none() {
                // The hub of a file that names none.
                names.extend(check.farm.hubs.keys().map(|name| (name.to_string(), None)));
            }
            readable
        }
        What::Pool => keys("/pools"),
        What::Model => {
            let readable = keys("/models");
            for name in built_in().keys() {
                names.entry(name.to_string()).or_insert(None);
            }
            readable
        }
        What::Site => keys("/sites"),
        What::Owner => keys("/customers") & keys("/investors"),
        What::Lender => keys("/investors"),
        What::Policy => keys("/policies"),
        What::Meter => {
            keys("/collectors/meters") && !check.faulty.iter().any(|pointer| pointer == "/collectors")
        }
        What::Receiver => {
            keys("/alerts/receivers") & keys("/staff")
                && !check.faulty.iter().any(|pointer| pointer == "/alerts")
        }
        What::Wallet => keys("/money/wallets") && !check.faulty.iter().any(|pointer| pointer == "/money"),
        What::Rack | What::Tag => {
            let mut uses = Vec::new();
            let path = if what == What::Rack { "rigs/*/rack" } else { "rigs/*/tags/*" };
            walk(check, check.root, &path.split('/').collect::<Vec<_>>(), String::new(), &mut uses);
            for (_, id) in uses {
                names.entry(tree.scalar_text(tree.resolve(id)).to_owned()).or_insert(Some(id));
            }
            tree.find(check.root, "/rigs").is_none_or(|found| tree.view(found.value) == View::Map)
        }
        What::Rig => {
            let readable = keys("/rigs");
            let ranges: BTreeSet<String> = names.keys().filter(|name| name.contains("..")).cloned().collect();
            for text in ranges {
                let place = names.remove(&text).flatten();
                let Ok(range) = text.parse::<RigRange>() else { continue };
                names.extend(range.names().map(|name| (name.to_string(), place)));
            }
            readable
        }
        What::Rental => {
            // What a scenario rents is known to all of them: `rent` says what it is.
            let mut rented = Vec::new();
            let path = ["scenarios", "*", "events", "*", "rent", "rental"];
            walk(check, check.root, &path, String::new(), &mut rented);
            names.extend(
                rented.iter().map(|(_, id)| (tree.scalar_text(tree.resolve(*id)).to_owned(), Some(*id))),
            );
            let Some(customers) = tree.find(check.root, "/customers") else { return Some(names) };
            for (customer, value) in tree.entries(customers.value) {
                let Some((_, rentals)) = tree.get(value, "rentals") else { continue };
                for (rental, _) in tree.entries(rentals) {
                    let name = format!("{}/{}", tree.scalar_text(customer), tree.scalar_text(rental));
                    names.insert(name, Some(rental));
                }
            }
            true
        }
    };
    readable.then_some(names)
}
