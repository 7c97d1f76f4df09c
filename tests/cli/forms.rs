//! `validate` in every form: the same problems at the same places.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::cli::Cli;

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

/// `file:line code`
type Found = BTreeSet<String>;

fn found(file: &Value, line: &Value, code: &Value) -> String {
    let text = |value: &Value| value.as_str().expect("text").trim_start_matches("farms/").to_owned();
    format!("{}:{line} {}", text(file), text(code))
}

#[test]
fn every_form_has_the_same_twelve_problems_and_never_the_secret() {
    let cli = Cli::alone();
    cli.write("farms/farm.yaml", FARM);
    cli.write("farms/rigs.yaml", RIGS);
    cli.write("farms/customers/carol.yaml", CUSTOMERS);
    let run = |form: &str| {
        let ran = cli.ends(3, &["validate", "-f", "farms", "--output-format", form]);
        assert!(!ran.out.contains("geheim123") && !ran.err.contains("geheim123"), "{form}: {ran:?}");
        ran
    };
    let of = |list: &[Value], file: &str, line: &str, code: &str| -> Found {
        let at = |one: &Value, path: &str| one.pointer(path).cloned().expect("a field");
        list.iter().map(|one| found(&at(one, file), &at(one, line), &at(one, code))).collect()
    };

    let json = run("json").json();
    let list = json["diagnostics"].as_array().expect("a list");
    let all = of(list, "/file", "/line", "/code");
    assert_eq!((all.len(), list.len()), (12, 12), "{all:#?}");

    let lines = run("jsonl").json_lines();
    let lines: Vec<Value> = lines.into_iter().filter(|line| line["type"] == "diagnostic").collect();
    assert_eq!(of(&lines, "/file", "/line", "/code"), all);

    let sarif = run("sarif").json();
    let results = sarif["runs"][0]["results"].as_array().expect("a list");
    let place = "/locations/0/physicalLocation";
    let (file, line) = (format!("{place}/artifactLocation/uri"), format!("{place}/region/startLine"));
    assert_eq!(of(results, &file, &line, "/ruleId"), all);

    let gitlab = run("gitlab").json();
    let issues = gitlab.as_array().expect("a list");
    assert_eq!(of(issues, "/location/path", "/location/lines/begin", "/check_name"), all);

    let concise = run("concise").out;
    let concise: Found = concise
        .lines()
        .map(|line| {
            let (place, rest) = line.split_once(": ").expect("a place");
            let code = rest.split(['[', ']']).nth(1).expect("a code");
            let (file, _column) = place.rsplit_once(':').expect("a column");
            format!("{} {code}", file.trim_start_matches("farms/"))
        })
        .collect();
    assert_eq!(concise, all);

    let github = run("github").out;
    let github: Found = github
        .lines()
        .map(|line| {
            let field = |name: &str| {
                let behind = line.split_once(&format!("{name}=")).expect("a field").1;
                behind
                    .split([',', ' '])
                    .next()
                    .expect("a value")
                    .split("::")
                    .next()
                    .expect("a value")
                    .to_owned()
            };
            let code = field("title").replace("%3A", ":");
            format!("{}:{} {code}", field("file").trim_start_matches("farms/"), field("line"))
        })
        .collect();
    assert_eq!(github, all);

    let junit = run("junit").out;
    let junit: Found = junit
        .lines()
        .filter(|line| line.contains("<testcase"))
        .map(|line| {
            let parts: Vec<&str> = line.split('"').collect();
            let (file, _column) = parts[3].rsplit_once(':').expect("a column");
            format!("{} {}", file.trim_start_matches("farms/"), parts[1])
        })
        .collect();
    assert_eq!(junit, all);

    let human = run("human").err;
    for one in list {
        assert!(human.contains(one["code"].as_str().expect("text")), "{one}");
    }
    assert!(human.ends_with("12 errors, 0 warnings\n"), "said once: {human}");
}
