//! Texts that were damaged at random: reading never panics, and every place is inside its file and on
//! the borders of characters.

#![allow(clippy::disallowed_methods)] // this is not the ground floor: it has files and a clock

use std::path::Path;

use proptest::prelude::*;
use schema::problem::{Look, render_human};

fn example() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/farm.yaml");
    std::fs::read_to_string(path).expect("the example")
}

fn check(text: String) {
    let reading = schema::read(&schema::Bundle::single("farm.yaml", text));
    for problem in &reading.problems {
        let places = problem.related.iter().map(|related| related.place).chain([problem.place]);
        for place in places {
            let text = reading.sources.file(place.file).expect("a file").text();
            assert!(text.get(place.start..place.end).is_some(), "{problem:?}");
        }
    }
    assert_eq!(reading.farm.is_none(), reading.has_errors());
    let drawn = render_human(&reading.problems, &reading.sources, Look::default());
    assert_eq!(drawn.is_empty(), reading.problems.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn a_damaged_farm_never_breaks_the_reader(
        cuts in prop::collection::vec((0.0f64..1.0, 0usize..30, "[ -~\\n\\t]{0,6}|[äß😀\u{feff}\r&*<!|>%@`]{0,3}"), 1..6)
    ) {
        let mut text = example();
        for (at, len, new) in cuts {
            let near = |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            let start = near((at * text.len() as f64) as usize);
            let end = near(start + len).max(start);
            text.replace_range(start..end, &new);
        }
        check(text);
    }

    #[test]
    fn any_text_at_all_is_read(text in "\\PC{0,200}|[a-z:{}\\[\\],&*\\-\n #'\"|>!%]{0,120}") {
        check(text);
    }

    #[test]
    fn values_swapped_for_others_are_told_apart_from_the_rest(line in 0usize..200, value in "[0-9]{1,3}|~|\\[\\]|\\{\\}|true|x y|'.'") {
        let text = example();
        let count = text.lines().count();
        let swapped: Vec<String> = text.lines().enumerate().map(|(at, of)| match of.split_once(": ") {
            Some((key, _)) if at == line % count && !key.contains('{') && !key.contains('#') => format!("{key}: {value}"),
            _ => of.to_owned(),
        }).collect();
        check(swapped.join("\n") + "\n");
    }
}
