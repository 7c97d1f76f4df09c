//! Tables without lines that fit the terminal: the least important columns give way, then long texts are cut.

use console::{measure_text_width, truncate_str};
use owo_colors::Style;
use tabled::builder::Builder;
use tabled::settings::{Padding, Style as Lines};

use super::Ui;
use crate::args::OutputFormat;

/// Longest text of one cell on a terminal.
const CELL_MAX: usize = 48;
/// A column is not cut below this.
const CELL_MIN: usize = 10;

/// A column: its title, and how soon it gives way where there is no room; 0 never does.
pub(crate) type Column = (&'static str, u8);

/// Draws a table. Where the output is no terminal nothing is left out and nothing is cut.
pub(crate) fn table(ui: &Ui, columns: &[Column], rows: Vec<Vec<String>>) -> String {
    // Wide means all of them, whatever the terminal does with long lines.
    let width = (ui.out_is_terminal && ui.format != OutputFormat::Wide).then_some(ui.width);
    let (kept, rows) = fitted(columns, rows, width);
    let mut builder = Builder::default();
    builder.push_record(kept.iter().map(|title| ui.paint(title, Style::new().bold())));
    rows.into_iter().for_each(|row| builder.push_record(row));
    let mut table = builder.build();
    table.with(Lines::blank()).with(Padding::new(0, 1, 0, 0));
    table.to_string().lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

fn fitted(
    columns: &[Column],
    mut rows: Vec<Vec<String>>,
    width: Option<usize>,
) -> (Vec<&'static str>, Vec<Vec<String>>) {
    let mut kept: Vec<Column> = columns.to_vec();
    let titles = |kept: &[Column]| kept.iter().map(|(title, _)| *title).collect();
    let Some(width) = width else { return (titles(&kept), rows) };
    let cut = |cell: &mut String, max: usize| {
        if measure_text_width(cell) > max {
            *cell = truncate_str(cell, max, "…").into_owned();
        }
    };
    rows.iter_mut().flatten().for_each(|cell| cut(cell, CELL_MAX));
    let mut wide: Vec<usize> = (0..kept.len())
        .map(|i| {
            let cells = rows.iter().map(|row| measure_text_width(&row[i])).max();
            cells.unwrap_or(0).max(kept[i].0.len())
        })
        .collect();
    // Two columns of air between two columns.
    let total = |wide: &[usize]| wide.iter().sum::<usize>() + 2 * wide.len().saturating_sub(1);
    while total(&wide) > width {
        let Some(least) = (0..kept.len()).filter(|i| kept[*i].1 > 0).max_by_key(|i| kept[*i].1) else {
            break;
        };
        kept.remove(least);
        wide.remove(least);
        rows.iter_mut().for_each(|row| drop(row.remove(least)));
    }
    while total(&wide) > width {
        let Some(widest) = (0..wide.len()).max_by_key(|i| wide[*i]).filter(|i| wide[*i] > CELL_MIN) else {
            break;
        };
        wide[widest] -= (total(&wide) - width).min(wide[widest] - CELL_MIN);
        rows.iter_mut().for_each(|row| cut(&mut row[widest], wide[widest]));
    }
    (titles(&kept), rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(width: Option<usize>) -> (Vec<&'static str>, Vec<Vec<String>>) {
        let rows = vec![vec!["a".repeat(12), "b".repeat(30), "c".repeat(20)]];
        fitted(&[("NAME", 0), ("TEXT", 0), ("MORE", 1)], rows, width)
    }

    #[test]
    fn columns_give_way_before_texts_are_cut() {
        assert_eq!(drawn(None).0, ["NAME", "TEXT", "MORE"]);
        assert_eq!(drawn(Some(66)).0, ["NAME", "TEXT", "MORE"], "it fits exactly");
        let (titles, rows) = drawn(Some(65));
        assert_eq!((titles, rows[0][1].len()), (vec!["NAME", "TEXT"], 30));
        let (_, rows) = drawn(Some(34));
        assert_eq!(measure_text_width(&rows[0][1]), 20);
        assert!(rows[0][1].ends_with('…'));
    }
}
