//! Twelve mistakes in three files, one of them behind an include, one behind an anchor: twelve problems
//! in one run, each at its exact bytes, the same set for people and for programs.

use std::collections::BTreeSet;

use schema::bundle::{Bundle, BundleFile};
use schema::problem::{Look, Severity, render_human};

const FARM: &str = "\
apiVersion: stratum.farm/v1
kind: Farm
name: twelve
timezone: Europe/Berlim
include: [rigs.yaml, customers/*.yaml]

pools:
  eins: { urls: ['stratum+tcp://eins.example:3333'], earnes: [BTC] }
  zwei: { urls: ['stratum+tcp://zwei.example:3333'] }

sites:
  halle: { power: { capacity: 400 KW } }   # Halle süd

house:
  pools:
    - { pool: eins, user: me, password: geheim123 }
    - { pool: eins, user: me }
";

const RIGS: &str = "\
rigs:
  a-001..010: &asic { model: antminer-s21, site: halle, rack: 7, address: 10.0.0.1..10 }
  a-010..012: { model: antminer-s21, site: halle }
  b-001: { <<: *asic, address: 10.0.1.1, rack: r2 }
  b-002: { model: antminer-s21, site: hale, address: 10.0.1.1 }
";

const CUSTOMERS: &str = "\
customers:
  carol: { display_name: Caröl 😀, pools: [{ pool: dri, user: carol.$rig }],
    rentals: {
      gold: { hashrate: 900 TH/s, from: 2026-12-01, until: 2026-11-01 },
      gold: { hashrate: 1 TH/s } } }
";

/// Code, file, and the text that is underlined with what stands before it on its line.
const EXPECTED: [(&str, &str, &str, &str); 12] = [
    ("farm::time::zone", "farm.yaml", "timezone: ", "Europe/Berlim"),
    ("farm::field::unknown", "farm.yaml", "  eins: { urls: ['stratum+tcp://eins.example:3333'], ", "earnes"),
    ("farm::field::quantity", "farm.yaml", "  halle: { power: { capacity: ", "400 KW"),
    ("farm::secret::in_clear", "farm.yaml", "    - { pool: eins, user: me, password: ", "geheim123"),
    ("farm::pool::twice", "farm.yaml", "    - { pool: ", "eins"),
    ("farm::field::type", "rigs.yaml", "  a-001..010: &asic { model: antminer-s21, site: halle, rack: ", "7"),
    ("farm::range::overlap", "rigs.yaml", "  ", "a-010..012"),
    ("farm::ref::unknown_site", "rigs.yaml", "  b-002: { model: antminer-s21, site: ", "hale"),
    (
        "farm::rig::same_address",
        "rigs.yaml",
        "  b-002: { model: antminer-s21, site: hale, address: ",
        "10.0.1.1",
    ),
    (
        "farm::ref::unknown_pool",
        "customers/carol.yaml",
        "  carol: { display_name: Caröl 😀, pools: [{ pool: ",
        "dri",
    ),
    (
        "farm::rental::dates",
        "customers/carol.yaml",
        "      gold: { hashrate: 900 TH/s, from: 2026-12-01, until: ",
        "2026-11-01",
    ),
    ("farm::yaml::duplicate_key", "customers/carol.yaml", "      ", "gold"),
];

fn bundle() -> Bundle {
    let files = [("farm.yaml", FARM), ("rigs.yaml", RIGS), ("customers/carol.yaml", CUSTOMERS)];
    let file = |(path, text): (&str, &str)| BundleFile { path: path.into(), text: text.into() };
    Bundle { files: files.map(file).to_vec() }
}

#[test]
fn twelve_mistakes_are_twelve_problems_at_their_exact_bytes() {
    let bundle = bundle();
    let reading = schema::read(&bundle);
    let drawn = render_human(&reading.problems, &reading.sources, Look::default());
    assert_eq!(reading.problems.len(), 12, "{drawn}");
    assert!(reading.farm.is_none());
    for (problem, (code, file, before, underlined)) in reading.problems.iter().zip(EXPECTED) {
        assert_eq!(problem.code, code, "{drawn}");
        assert_eq!(problem.file, file, "{code}");
        assert_eq!(problem.severity, Severity::Error, "{code}");
        let text = &bundle.files.iter().find(|of| of.path == file).expect("the file").text;
        let line_start = text[..problem.place.start].rfind('\n').map_or(0, |at| at + 1);
        assert_eq!(&text[line_start..problem.place.start], before, "{code}");
        assert_eq!(&text[problem.place.start..problem.place.end], underlined, "{code}");
        assert_eq!(problem.position.line, text[..problem.place.start].matches('\n').count() + 1, "{code}");
        assert_eq!(problem.position.column, before.chars().count() + 1, "{code}");
        assert_eq!(problem.position.utf16_column, before.encode_utf16().count() + 1, "{code}");
        assert!(problem.help.is_some(), "{code} has no way out");
    }
}

#[test]
fn people_and_programs_are_told_the_same() {
    let reading = schema::read(&bundle());
    let json = serde_json::to_value(&reading.problems).expect("problems as JSON");
    let for_programs: BTreeSet<String> = json
        .as_array()
        .expect("a list")
        .iter()
        .map(|problem| {
            let text = |field: &str| problem[field].as_str().expect("text").to_owned();
            format!("{} {}:{}:{}", text("code"), text("file"), problem["line"], problem["column"])
        })
        .collect();
    let drawn = render_human(&reading.problems, &reading.sources, Look::default());
    let (mut for_people, mut code) = (BTreeSet::new(), String::new());
    for line in drawn.lines() {
        if line.starts_with("farm::") {
            code = line.trim().to_owned();
        }
        // The excerpt that holds the place itself is headed by it; others are headed by what they add.
        if let Some((_, place)) = line.split_once("─[")
            && for_programs.contains(&format!("{code} {}", place.trim_end_matches(']')))
        {
            for_people.insert(format!("{code} {}", place.trim_end_matches(']')));
        }
    }
    assert_eq!(for_people, for_programs, "{drawn}");
    assert_eq!(for_programs.len(), 12);
    assert!(drawn.ends_with("12 errors, 0 warnings\n"), "{drawn}");
    for output in [drawn, json.to_string()] {
        assert!(!output.contains("geheim123"));
    }
}

#[test]
fn what_is_not_drawn_is_counted() {
    let reading = schema::read(&bundle());
    let drawn = render_human(&reading.problems, &reading.sources, Look { max: 5, ..Look::default() });
    assert_eq!(drawn.lines().filter(|line| line.starts_with("farm::")).count(), 5);
    assert!(drawn.contains("... and 7 more") && drawn.ends_with("12 errors, 0 warnings\n"));
}
