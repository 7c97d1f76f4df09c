//! Explanations: of every problem code, and of every field of the farm file from the published schema.

use serde_json::Value;

use crate::event::{self, EventKind};
use crate::published::{child, follow, schema};

/// Explains a code such as `farm::ref::unknown_pool`, or a path such as
/// `customers.*.rentals.*.hashrate`, with names or `*` for the names; a kind of event such as `rig-dead`, or `events` for
/// all of them.
pub fn explain(what: &str) -> Option<String> {
    if what.contains("::") {
        return CODES
            .iter()
            .find(|(code, _)| *code == what)
            .map(|(code, text)| format!("{code}\n\n{text}\n"));
    }
    if what == "events" {
        return Some(event::reference());
    }
    if let Some(kind) = EventKind::named(what) {
        return Some(event::explained(kind));
    }
    let path = what.trim_matches(['.', '/']).replace('/', ".");
    let mut found = schema();
    let mut needed = false;
    for name in path.split('.').filter(|name| !name.is_empty()) {
        let around = follow(found);
        let required = around.get("required").and_then(Value::as_array);
        needed = required.is_some_and(|required| required.iter().any(|field| field == name));
        found = match name.strip_suffix("[]") {
            // An item of the list with this name.
            Some(list) => entry(follow(child(around, list)?))?,
            None if name == "*" => entry(around)?,
            None => child(around, name)?,
        };
    }
    Some(describe(&path, found, needed))
}

/// Every code, for lists and for tests.
pub fn codes() -> impl Iterator<Item = &'static str> {
    CODES.iter().map(|(code, _)| *code)
}

/// What any entry or any item is.
fn entry(around: &'static Value) -> Option<&'static Value> {
    let entries = around
        .get("patternProperties")
        .and_then(Value::as_object)
        .and_then(|entries| entries.values().next());
    let by_choice = || {
        // A map keyed by a fixed list of names: all entries are alike.
        let fields = around.get("properties").and_then(Value::as_object)?;
        fields.values().next()
    };
    entries.or_else(|| around.get("items")).or_else(by_choice)
}

fn text<'a>(value: &'a Value, field: &str) -> Option<&'a str> {
    value.get(field).and_then(Value::as_str)
}

fn describe(path: &str, field: &'static Value, needed: bool) -> String {
    let target = follow(field);
    let mut lines =
        vec![if path.is_empty() { "farm.yaml".to_owned() } else { path.to_owned() }, String::new()];
    let own = text(field, "description");
    lines.extend(own.map(str::to_owned));
    if let Some(about) = text(target, "description").filter(|about| Some(*about) != own) {
        lines.push(about.to_owned());
    }
    lines.push(if needed { "Needed.".to_owned() } else { "Can be left out.".to_owned() });
    if let Some(default) = field.get("default").filter(|default| !default.is_array() && !default.is_object())
    {
        let default = default.as_str().map_or_else(|| default.to_string(), str::to_owned);
        lines.push(format!("Default: {default}"));
    }
    if let (Some(min), Some(max)) = (target.get("minimum"), target.get("maximum")) {
        lines.push(format!("From {min} to {max}."));
    }
    let examples: Vec<&str> = target
        .get("examples")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if !examples.is_empty() {
        lines.push(format!("Such as: {}", examples.join("   ")));
    }
    choices(target, &mut lines);
    fields(target, &mut lines);
    lines.join("\n") + "\n"
}

fn choices(target: &Value, lines: &mut Vec<String>) {
    let values = target.get("enum").and_then(Value::as_array).into_iter().flatten();
    let about: Vec<&str> = target
        .get("enumDescriptions")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    for (index, value) in values.filter_map(Value::as_str).enumerate() {
        if index == 0 {
            lines.push("\nOne of:".into());
        }
        lines.push(format!("  {value:<22} {}", about.get(index).unwrap_or(&"")).trim_end().to_owned());
    }
}

fn fields(target: &'static Value, lines: &mut Vec<String>) {
    let inner =
        entry(target).filter(|_| target.get("patternProperties").is_some() || target.get("items").is_some());
    if let Some(inner) = inner {
        let what = if target.get("items").is_some() { "Each item" } else { "Each entry, by name" };
        let about = text(inner, "description").or_else(|| text(follow(inner), "description"));
        lines.push(format!("\n{what}: {}", about.unwrap_or("a value")));
    }
    let mut heading = "\nFields:";
    let mut list = |of: &'static Value, lines: &mut Vec<String>| {
        let required = of.get("required").and_then(Value::as_array);
        for (name, field) in of.get("properties").and_then(Value::as_object).into_iter().flatten() {
            if field == &Value::Bool(true) {
                continue; // the tag itself, described once above
            }
            if !heading.is_empty() {
                lines.push(std::mem::take(&mut heading).to_owned());
            }
            let star = if required.is_some_and(|all| all.iter().any(|one| one == name)) { "*" } else { " " };
            let about =
                text(field, "description").or_else(|| text(follow(field), "description")).unwrap_or("");
            lines.push(format!(" {star}{name:<22} {about}"));
        }
    };
    list(target, lines);
    for arm in target.get("allOf").and_then(Value::as_array).into_iter().flatten() {
        let kind =
            arm.pointer("/if/properties").and_then(Value::as_object).and_then(|tag| tag.values().next());
        if let (Some(kind), Some(then)) = (kind.and_then(|kind| text(kind, "const")), arm.get("then")) {
            lines.push(format!("\nWith kind {kind}:"));
            list(follow(then), lines);
        }
    }
}

const CODES: &[(&str, &str)] = &[
    (
        "farm::alert::no_smtp",
        "A receiver is notified by mail, and there is no mail server. Add `smtp` with `host` and `from` under `alerts`.",
    ),
    (
        "farm::curtail::power",
        "A site has a power limit in a window, and some of its rigs have a model without a `power`. Because their power is unknown, these rigs get no work while the limit holds.",
    ),
    (
        "farm::curtail::when",
        "A limit of power says neither `when` (a window) nor `price_above`. A limit for all times is the site's `power.capacity`.",
    ),
    (
        "farm::field::choice",
        "The field takes one of a few words, and this is none of them. The help lists them, and suggests the nearest one.",
    ),
    ("farm::field::count", "A list or a map is empty where at least one entry is needed."),
    (
        "farm::field::empty",
        "There is a key and nothing behind its colon. Leave the key out for its default, or give it a value. YAML reads `~`, `null` and nothing at all as the same.",
    ),
    ("farm::field::length", "A text is shorter or longer than its field allows."),
    (
        "farm::field::missing",
        "A field that has no default is not there. `stratumctl explain` with the path of the field says what it takes.",
    ),
    (
        "farm::field::one_of",
        "Of several fields exactly one has to be there: `{env: NAME}` or `{file: path}`, and not both.",
    ),
    (
        "farm::field::quantity",
        "A text does not follow the rule of its field: a quantity without its unit, a date that is none, an address that cannot be one. Quantities are a number, a space and a unit: `110 TH/s`, `3010 W`, `35 °C`, `0.045 USD/kWh`; percentages and durations are written together: `95%`, `5m30s`.",
    ),
    ("farm::field::range", "A number is below or above what its field allows."),
    (
        "farm::field::type",
        "The value has the wrong type: a number where text belongs, a text where a list belongs. Put numbers, `true`, `false` and `null` in quotes when they are meant as text. `NO`, `yes`, `0x1F`, `1e3` and `007` are text already.",
    ),
    (
        "farm::field::unknown",
        "The field or section does not exist. The farm file is strict, so that a typing mistake is not silently ignored; the help names the nearest field, or all of them.",
    ),
    ("farm::field::value", "The value cannot be used in a way that no other code describes."),
    (
        "farm::file::size",
        "A farm is one file and its includes: at least one, at most 10,000 files and 256 MiB. Ranges such as `a-001..048` keep large farms small.",
    ),
    (
        "farm::house::no_pool",
        "A rig of the house or an investor mines an algorithm for which the house has no pool. While nobody rents it, it is idle.",
    ),
    (
        "farm::hub::no_hub",
        "Every hub lists its sites, and none lists this one: its rigs have nowhere to connect.",
    ),
    ("farm::hub::same_port", "Two listeners of one hub would open the same address and port."),
    (
        "farm::include::cycle",
        "A file includes itself, directly or through others. The help shows the circle.",
    ),
    (
        "farm::include::missing",
        "A path or pattern under `include` matches no file. That is always an error: a farm that silently lost a file would lose its rigs.",
    ),
    ("farm::include::name_twice", "A name is declared in two files. Every name lives in one file."),
    (
        "farm::include::not_sections",
        "An included file holds sections such as `rigs:` and nothing else at its top.",
    ),
    (
        "farm::include::outside",
        "An include leads out of the work tree of the farm file, by `..` or by a link. Nothing out there is read.",
    ),
    (
        "farm::include::root_only",
        "`apiVersion`, `kind`, `name`, `timezone` and `currency` are said once, in the farm file itself.",
    ),
    (
        "farm::include::section_twice",
        "`house`, `collectors`, `alerts`, `money` and `portal` are each whole in one file. Only sections of names can be split.",
    ),
    ("farm::include::unreadable", "An included file is there and cannot be read."),
    ("farm::limit::crossed", "A lower limit is not below the upper one."),
    ("farm::money::currency", "The least payout is written in another currency than the wallet holds."),
    ("farm::money::watch_only", "Payouts come from a wallet of which only the address is known."),
    ("farm::name::reserved", "The name `house` is reserved: no customer and no investor can have it."),
    (
        "farm::name::rule",
        "Names start with a letter or a digit and go on with letters, digits, `-` and `_`, 64 at most. Rigs may be written as ranges: `a-001..048`.",
    ),
    (
        "farm::name::shared",
        "Two things that are called by name in the same place have the same name: a customer and an investor, or a receiver and a member of staff.",
    ),
    (
        "farm::policy::blind",
        "The rule of `detect` leaves a rig that lost half of its hashrate unnoticed for a day or longer.",
    ),
    (
        "farm::policy::false_alarms",
        "The rule of `detect` blames healthy rigs by chance, more than once in a rig-week: shares are random, and a short period or a high threshold cannot tell chance from a failure. Each time the rig proves itself for some 25 minutes, so this alone costs over 0.2 % of the hashrate.",
    ),
    ("farm::policy::timers", "Times contradict each other, or one is zero and would always have passed."),
    (
        "farm::pool::ca_not_pem",
        "The authority of a pool's certificate is written as a text that contains no certificate. It is PEM: lines between `-----BEGIN CERTIFICATE-----` and `-----END CERTIFICATE-----`.",
    ),
    (
        "farm::pool::same_server",
        "Two pools of one list share a server address: when one fails, so does the other.",
    ),
    (
        "farm::pool::tls_unused",
        "A pool says whose certificate to believe, and none of its URLs is reached by TLS. TLS URLs begin with `stratum+ssl://`.",
    ),
    (
        "farm::pool::twice",
        "A failover list names one pool twice. A pool that failed is not its own replacement.",
    ),
    (
        "farm::price::negative",
        "A customer would be paid for renting. Only prices of energy can be below nothing.",
    ),
    (
        "farm::range::overlap",
        "A rig comes twice: two ranges overlap, or a rig is written out and in a range.",
    ),
    (
        "farm::range::uneven",
        "Ranges in one entry run in step, so all of them have the same number of elements: the rigs, their addresses, and how they are known.",
    ),
    ("farm::ref::unknown_hub", "No hub has this name."),
    ("farm::ref::unknown_meter", "No meter has this name under `collectors.meters`."),
    (
        "farm::ref::unknown_model",
        "No model has this name, neither under `models` nor in the table that ships with the program.",
    ),
    (
        "farm::ref::unknown_owner",
        "The name is neither `house` nor that of a customer or an investor. Spares come from the house and from investors only.",
    ),
    ("farm::ref::unknown_policy", "No policy has this name; `standard` ships with the program."),
    ("farm::ref::unknown_pool", "No pool has this name under `pools`."),
    ("farm::ref::unknown_rack", "No rig is in a rack of this name. A rack exists when a rig names it."),
    (
        "farm::ref::unknown_receiver",
        "The name is neither a receiver under `alerts.receivers` nor a member of `staff`.",
    ),
    ("farm::ref::unknown_rental", "No customer has this rental. It is written `customer/rental`."),
    ("farm::ref::unknown_rig", "No rig has this name, or the range names rigs that do not exist."),
    ("farm::ref::unknown_site", "No site has this name under `sites`."),
    ("farm::ref::unknown_tag", "No rig has this tag."),
    ("farm::ref::unknown_wallet", "No wallet has this name under `money.wallets`."),
    ("farm::ref::unknown_window", "No window has this name under `windows`."),
    (
        "farm::rental::dates",
        "A rental ends before, or when, it starts. `from` is part of it, `until` is not.",
    ),
    (
        "farm::rental::kind",
        "A rental is either a `hashrate`, served from any rig that fits, or a list of `dedicated` rigs: one of the two.",
    ),
    ("farm::rental::no_pool", "The customer has no pool of the algorithm this rental mines."),
    (
        "farm::rental::no_rig",
        "No rig can ever serve this rental: none mines its algorithm, belongs to the house or an investor, and has the tags, site and rack that `serve_from` asks for.",
    ),
    (
        "farm::rental::not_his",
        "A rig of one customer is dedicated to another. A customer's rig mines for its owner alone.",
    ),
    ("farm::rental::nothing", "The rented hashrate is zero."),
    (
        "farm::rental::oversold",
        "Rentals that run at the same time promise more than all rigs have. Those of lower priority will run short.",
    ),
    ("farm::rental::rig_twice", "A rig is dedicated to two rentals whose times overlap."),
    ("farm::rental::too_large", "One rental asks for more than all rigs that may serve it have together."),
    ("farm::rig::no_hashrate", "A rig or a model is rated at zero."),
    ("farm::rig::same_address", "Two rigs have one address. Readings of one would be taken for the other's."),
    (
        "farm::rig::same_identity",
        "Two rigs are known by the same worker, password or address. The work of one would be counted as the other's.",
    ),
    (
        "farm::rig::which_algorithm",
        "`hashrate` of a rig overrides its model's, and the model has several algorithms. Give the rig a model of its own.",
    ),
    (
        "farm::rule::unreachable",
        "A rule that can never matter: an earlier one covers it, its condition is never true, or nothing leads to it.",
    ),
    (
        "farm::scenario::event",
        "An expectation is about an event that no rehearsal tells of, since it is about the daemon itself: whether it happens cannot be judged.",
    ),
    ("farm::scenario::nothing", "An expectation does not say what must be true, or of which rental."),
    (
        "farm::scenario::time",
        "An expectation has either `by` (true from then on) or `over` (true of that time as a whole).",
    ),
    (
        "farm::scenario::whom",
        "An event of a scenario does not say whom it is about, or says it twice: which rigs lose hash, where a new customer mines, what an operator overrides.",
    ),
    (
        "farm::secret::in_clear",
        "A secret is written into the file, where everybody who reads the repository reads it. Say where it is kept instead: {env: NAME}, {file: path}, {sops: file#key} or {credential: name}; all of them are read where the daemon runs. Change the secret: it is in the file's history. {text: x} is for passwords that guard nothing, as most pools ask for.",
    ),
    ("farm::site::power", "The rigs of a site draw more, by their models, than its `power.capacity`."),
    ("farm::time::zone", "The IANA database, which ships with the program, has no time zone of this name."),
    (
        "farm::yaml::alias_bomb",
        "Aliases (`*name`) unfold to far more than the text itself. Write the repeated parts out, or use ranges.",
    ),
    (
        "farm::yaml::anchor_cycle",
        "An alias stands inside of the value its anchor names, so it would contain itself.",
    ),
    ("farm::yaml::documents", "A file holds one YAML document. More files go under `include`."),
    (
        "farm::yaml::duplicate_key",
        "A key comes twice in one map. YAML parsers disagree about which counts, so neither does.",
    ),
    ("farm::yaml::key", "Keys are plain text: no list, no map, no alias, not empty."),
    (
        "farm::yaml::merge",
        "`<<` takes a map or a list of maps, usually by alias: `<<: *defaults`. Entries of the map itself win over merged ones.",
    ),
    (
        "farm::yaml::syntax",
        "The file is not YAML from here on. Nothing after this place was read; other files were. The usual causes are a bracket or a quote that is not closed, a missing space after a colon, tabs, and entries that do not start in the same column.",
    ),
    ("farm::yaml::tag", "The farm file uses no tags but those of YAML's core, such as `!!str`."),
    (
        "farm::yaml::unknown_alias",
        "An alias (`*name`) has no anchor (`&name`) above it in the same file. Anchors do not reach into other files.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_explained_by_path() {
        let text = explain("customers.*.rentals.*.hashrate").unwrap();
        assert!(text.contains("How much is promised") && text.contains("110 TH/s"), "{text}");
        assert!(explain("customers.alice.rentals.gold.price").unwrap().contains("With kind hashrate:"));
        assert!(explain("hubs.*.unknown_rigs").unwrap().contains("Default: quarantine"));
        assert!(explain("rigs.*.model").unwrap().contains("Needed."));
        let password = explain("house.pools.*.password").unwrap();
        for list in
            ["customers.*.pools[].password", "customers.alice.pools.*.password", "house.pools[].password"]
        {
            let lines = |text: &str| text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(explain(list).map(|text| lines(&text)), Some(lines(&password)), "{list}");
        }
        assert!(explain("policies.*.detect.healthy_min").unwrap().contains("95%"));
        assert!(explain("").unwrap().contains("apiVersion"));
        assert_eq!(explain("customers.*.rental"), None);
        assert_eq!(explain("farm::no::such"), None);
    }

    #[test]
    fn every_code_that_the_source_uses_is_explained_and_no_other() {
        let mut used = std::collections::BTreeSet::new();
        let sources = [
            include_str!("bundle.rs"),
            include_str!("check.rs"),
            include_str!("check/money.rs"),
            include_str!("check/policy.rs"),
            include_str!("check/pool.rs"),
            include_str!("check/reference.rs"),
            include_str!("check/rental.rs"),
            include_str!("check/rig.rs"),
            include_str!("check/scenario.rs"),
            include_str!("check/secret.rs"),
            include_str!("check/site.rs"),
            include_str!("include.rs"),
            include_str!("parse.rs"),
            include_str!("problem.rs"),
            include_str!("structure.rs"),
            include_str!("tree.rs"),
        ];
        for source in sources {
            for part in source.split('"').filter(|part| part.starts_with("farm::")) {
                used.insert(part.to_owned());
            }
        }
        let explained: std::collections::BTreeSet<String> = codes().map(str::to_owned).collect();
        assert_eq!(used, explained);
    }
}
