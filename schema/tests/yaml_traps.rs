//! The traps of YAML, each with its fixed answer.

#![allow(clippy::disallowed_methods)] // this is not the ground floor: it has files and a clock

use std::time::Instant;

use schema::{Bundle, Farm, Problem, Reading};

const HEAD: &str = "apiVersion: stratum.farm/v1\nkind: Farm\nname: traps\n\
    pools: { p: { urls: ['stratum+tcp://p.example:3333'] } }\n\
    house: { pools: [{ pool: p, user: me }] }\n";

fn read(rest: &str) -> Reading {
    schema::read(&Bundle::single("farm.yaml", format!("{HEAD}{rest}")))
}

fn farm(rest: &str) -> Farm {
    let reading = read(rest);
    reading.farm.unwrap_or_else(|| panic!("{:#?}", reading.problems))
}

/// Code and text of the place of each problem.
fn found(reading: &Reading) -> Vec<(&'static str, String)> {
    let text = |problem: &Problem| {
        let file = reading.sources.file(problem.place.file).expect("a file");
        file.text()[problem.place.start..problem.place.end].to_owned()
    };
    reading.problems.iter().map(|problem| (problem.code, text(problem))).collect()
}

fn rig(text: &str) -> schema::farm::Rig {
    farm(&format!("rigs: {{ a: {{ model: antminer-s21, {text} }} }}\n")).rigs[0].clone()
}

#[test]
fn norway_and_its_friends_stay_text() {
    for word in ["NO", "no", "yes", "on", "off", "y", "N", "0x1F", "0o17", "1e3", "007", "1_000", "12-30"] {
        assert_eq!(rig(&format!("rack: {word}")).rack.expect("a rack").as_str(), word);
    }
    // As keys, even the words that are values elsewhere are names.
    let farm = farm(
        "sites: { no: {}, null: {}, true: {}, 12: {} }\nrigs: { a: { model: antminer-s21, site: 'true' } }\n",
    );
    let names: Vec<&str> = farm.sites.keys().map(|name| name.as_str()).collect();
    assert_eq!(names, ["no", "null", "true", "12"]);
}

#[test]
fn what_is_a_number_is_not_silently_text() {
    for (value, shown) in [("12", "12"), ("1.10", "1.10"), ("-3", "-3"), ("true", "true")] {
        let reading = read(&format!("rigs: {{ a: {{ model: antminer-s21, rack: {value} }} }}\n"));
        assert_eq!(found(&reading), [("farm::field::type", shown.to_owned())]);
        let help = reading.problems[0].help.clone().expect("help");
        assert!(help.contains(&format!("'{shown}'")), "{help}");
    }
    assert_eq!(rig("rack: '12'").rack.expect("a rack").as_str(), "12");
}

#[test]
fn text_is_not_silently_a_number() {
    for value in ["0x0C", "1e1", "'12'", "1_2", "012"] {
        let reading = read(&format!("rigs: {{ a: {{ model: antminer-s21, units: {value} }} }}\n"));
        assert_eq!(found(&reading), [("farm::field::type", value.to_owned())], "{value}");
    }
    assert_eq!(rig("units: 12.0").units, 12);
    let reading = read("rigs: { a: { model: antminer-s21, units: 12.5 } }\n");
    assert_eq!(found(&reading), [("farm::field::type", "12.5".to_owned())]);
    let reading = read("rigs: { a: { model: antminer-s21, units: 99999999999999999999 } }\n");
    assert_eq!(found(&reading), [("farm::field::range", "99999999999999999999".to_owned())]);
}

#[test]
fn nothing_behind_a_colon_is_a_mistake_however_it_is_written() {
    for value in ["", "~", "null", "Null"] {
        let reading = read(&format!("rigs:\n  a:\n    model: antminer-s21\n    rack: {value}\n"));
        let shown = if value.is_empty() { "rack" } else { value };
        assert_eq!(found(&reading), [("farm::field::empty", shown.to_owned())], "{value:?}");
    }
}

#[test]
fn a_key_that_comes_twice_is_an_error_at_the_second() {
    let mut text = String::from("rigs:\n");
    for n in 0..40 {
        text += &format!("  r{}: {{ model: antminer-s21 }}\n", n % 39);
    }
    let reading = read(&text);
    assert_eq!(found(&reading), [("farm::yaml::duplicate_key", "r0".to_owned())]);
    assert_eq!(reading.problems[0].position.line, HEAD.lines().count() + 41);
    assert_eq!(reading.problems[0].related[0].position.line, HEAD.lines().count() + 2);
    // Thrice is two errors, both against the first.
    let reading = read("rigs:\n  a: { model: antminer-s21, units: 1, units: 2, units: 3 }\n");
    assert_eq!(found(&reading).len(), 2);
    assert_eq!(reading.problems[0].related[0].place, reading.problems[1].related[0].place);
}

#[test]
fn anchors_are_followed_and_a_mistake_in_one_names_both_places() {
    let farm = farm(
        "rigs:\n  a: &m { model: antminer-s21, rack: r1 }\n  b: *m\n  c: { <<: *m, rack: r2 }\n  d: { rack: r3, <<: *m }\n",
    );
    let racks: Vec<String> =
        farm.rigs.values().map(|rig| rig.rack.as_ref().expect("a rack").to_string()).collect();
    assert_eq!(racks, ["r1", "r1", "r2", "r3"]);
    assert!(farm.rigs.values().all(|rig| rig.model == "antminer-s21"));

    let reading = read(
        "rigs:\n  a: { model: antminer-s21, tags: &t [x, 7] }\n  b: { model: antminer-s21, tags: *t }\n",
    );
    assert_eq!(found(&reading), [("farm::field::type", "7".to_owned()); 1].to_vec());
    let uses: Vec<&str> = reading
        .problems
        .iter()
        .flat_map(|problem| &problem.related)
        .map(|related| related.label.as_str())
        .collect();
    assert_eq!(uses, ["used here"]);
}

#[test]
fn of_several_merged_maps_the_first_counts() {
    let farm = farm(
        "rigs:\n  a: &a { model: antminer-s21, rack: r1 }\n  b: &b { model: antminer-t21, rack: r2, units: 3 }\n  c: { <<: [*a, *b] }\n",
    );
    let merged = &farm.rigs[2];
    assert_eq!((merged.model.as_str(), merged.units), ("antminer-s21", 3));
    // In quotes it is a key like any other.
    let reading = read("rigs:\n  a: { model: antminer-s21, '<<': x }\n");
    assert_eq!(found(&reading), [("farm::field::unknown", "'<<'".to_owned())]);
}

#[test]
fn a_bomb_of_aliases_is_refused_at_once() {
    let mut text =
        String::from("rigs: { a: { model: antminer-s21 } }\nwindows:\n  w0: &w0 [x,x,x,x,x,x,x,x,x,x]\n");
    for n in 1..28 {
        let uses = vec![format!("*w{}", n - 1); 10].join(", ");
        text += &format!("  w{n}: &w{n} [{uses}]\n");
    }
    let start = Instant::now();
    let reading = read(&text);
    assert_eq!(found(&reading).iter().map(|(code, _)| *code).collect::<Vec<_>>(), ["farm::yaml::alias_bomb"]);
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
}

#[test]
fn a_bomb_of_merges_is_refused_at_once() {
    let mut text = String::from("rigs:\n  a: &a0 { model: antminer-s21 }\nwindows:\n  m: &m\n");
    for n in 0..2000 {
        text += &format!("    k{n}: x\n");
    }
    for n in 0..2000 {
        text += &format!("  w{n}: {{ <<: *m }}\n");
    }
    let reading = read(&text);
    assert_eq!(found(&reading).iter().map(|(code, _)| *code).collect::<Vec<_>>(), ["farm::yaml::alias_bomb"]);
}

#[test]
fn nesting_without_end_is_a_syntax_error_and_no_overflow() {
    for open in ["[", "{a: ", "- "] {
        let reading = read(&format!("rigs: \n  {}", open.repeat(50_000)));
        assert_eq!(reading.problems[0].code, "farm::yaml::syntax", "{open}");
    }
}

#[test]
fn tabs_are_named_and_shown() {
    let reading = read("rigs:\n\ta: { model: antminer-s21 }\n");
    assert_eq!(found(&reading), [("farm::yaml::syntax", "\t".to_owned())]);
    assert!(reading.problems[0].message.contains("tab"));
    assert_eq!(reading.problems[0].position.column, 1);
    // Between tokens they are allowed.
    assert_eq!(rig("rack:\tr1").rack.expect("a rack").as_str(), "r1");
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_change_nothing() {
    let text = format!("{HEAD}rigs:\n  a: {{ model: antminer-s21, rack: 7 }}\n");
    let windows = format!("\u{feff}{}", text.replace('\n', "\r\n"));
    let (plain, windows) = (
        schema::read(&Bundle::single("farm.yaml", text)),
        schema::read(&Bundle::single("farm.yaml", windows)),
    );
    assert_eq!(found(&plain), [("farm::field::type", "7".to_owned())]);
    assert_eq!(found(&windows), found(&plain));
    assert_eq!(windows.problems[0].position, plain.problems[0].position);
    let good = format!("\u{feff}{HEAD}rigs: {{ a: {{ model: antminer-s21 }} }}\n").replace('\n', "\r\n");
    assert_eq!(found(&schema::read(&Bundle::single("farm.yaml", good))), []);
    // On the first line, too, the mark is on no column.
    let first = schema::read(&Bundle::single("farm.yaml", "\u{feff}kynd: Farm\n"));
    let unknown =
        first.problems.iter().find(|problem| problem.code == "farm::field::unknown").expect("a problem");
    assert_eq!((unknown.position.line, unknown.position.column), (1, 1));
}

#[test]
fn columns_count_characters_bytes_count_bytes() {
    let line = "customers: { c: { display_name: 'Größe 😀', pols: [] } }\n";
    let reading = read(&format!("rigs: {{ a: {{ model: antminer-s21 }} }}\n{line}"));
    assert_eq!(found(&reading), [("farm::field::unknown", "pols".to_owned())]);
    let position = reading.problems[0].position;
    let at = line.find("pols").expect("the word");
    assert_eq!(position.column, line[..at].chars().count() + 1);
    assert_eq!(position.utf16_column, line[..at].encode_utf16().count() + 1);
    assert!(position.utf16_column > position.column && at + 1 > position.utf16_column);
}

#[test]
fn escapes_folded_and_quoted_texts_are_what_they_say() {
    let farm = farm(
        "rigs: { a: { model: antminer-s21 } }\ncustomers:\n  c:\n    display_name: \"A\\u00e9\\tB\"\n  d:\n    display_name: >-\n      two\n      words\n  e:\n    display_name: 'it''s'\n",
    );
    let names: Vec<&str> =
        farm.customers.values().map(|customer| customer.display_name.as_deref().expect("a name")).collect();
    assert_eq!(names, ["Aé\tB", "two words", "it's"]);
}

#[test]
fn tags_of_the_core_are_understood_and_others_refused() {
    assert_eq!(rig("rack: !!str 12").rack.expect("a rack").as_str(), "12");
    assert_eq!(rig("units: !!int 3").units, 3);
    for tag in ["!!binary", "!thing", "!!set", "!!int x", "!!bool 1"] {
        let value = if tag.contains(' ') { tag.to_owned() } else { format!("{tag} x") };
        let reading = read(&format!("rigs: {{ a: {{ model: antminer-s21, rack: {value} }} }}\n"));
        assert!(
            found(&reading).iter().any(|(code, _)| *code == "farm::yaml::tag"),
            "{tag}: {:?}",
            found(&reading)
        );
    }
}

#[test]
fn a_syntax_error_is_not_reported_as_missing_fields() {
    let reading =
        schema::read(&Bundle::single("farm.yaml", "apiVersion: stratum.farm/v1\nkind: Farm\nname: [x\n"));
    let codes: Vec<&str> = reading.problems.iter().map(|problem| problem.code).collect();
    assert_eq!(codes, ["farm::yaml::syntax"]);
}

#[test]
fn an_empty_bundle_and_an_empty_file_are_said_to_be_so() {
    assert_eq!(schema::read(&Bundle::default()).problems[0].code, "farm::file::size");
    for text in ["", "\n", "# only this\n", "---\n"] {
        let reading = schema::read(&Bundle::single("farm.yaml", text));
        assert_eq!(
            reading.problems.iter().map(|problem| problem.code).collect::<Vec<_>>(),
            ["farm::field::empty"],
            "{text:?}"
        );
    }
}
