//! Columns and paragraphs that fit the page.

use std::iter;

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table};

/// The width of a page of text.
pub(super) const PAGE_WIDTH: usize = 100;

/// A table without frame that fits the page.
pub(super) fn page_table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(NOTHING.header_separator(LineStyle::none().fill('─').junction('─')))
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(PAGE_WIDTH as u16)
        .set_header(header.to_vec());
    for column in table.column_iter_mut() {
        column.set_padding((0, 1));
    }
    table
}

/// A table of numbers, all columns aligned to the right.
pub fn columns(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    aligned(header, rows, 0)
}

/// A table whose first column holds names, and all others numbers.
pub(super) fn named_columns(
    header: &[&str],
    rows: impl IntoIterator<Item = Vec<String>>,
) -> String {
    aligned(header, rows, 1)
}

fn aligned(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>, n_names: usize) -> String {
    let mut table = page_table(header);
    table.add_rows(rows);
    for column in table.column_iter_mut().skip(n_names) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.trim_fmt()
}

/// A labelled paragraph: the label, then the text wrapped to the page with a hanging indent.
pub(super) fn paragraph(label: &str, text: &str) -> String {
    let lines = wrapped(text, PAGE_WIDTH - INDENT - 3);
    let indents =
        iter::once(format!("  {label:<INDENT$}")).chain(iter::repeat(" ".repeat(INDENT + 2)));
    lines
        .iter()
        .zip(indents)
        .map(|(line, indent)| format!("{indent} {line}"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// The words of a text in lines of at most so many letters; a longer word has a line of its own.
pub(super) fn wrapped(text: &str, n_letters: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last().map_or(0, |line| line.chars().count());
        if line > 0 && line + word.chars().count() + 1 > n_letters {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            let gap = if line.is_empty() { "" } else { " " };
            *line += &format!("{gap}{word}");
        }
    }
    lines
}

/// Width of the labels of paragraphs.
const INDENT: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_wrap_inside_the_page_and_lose_no_word() {
        let text = "word ".repeat(60);
        let wrapped = paragraph("claimed", &text);
        assert!(wrapped.lines().count() > 3);
        assert!(wrapped.lines().all(|line| line.chars().count() <= PAGE_WIDTH));
        assert_eq!(wrapped.split_whitespace().count(), 61);
        assert!(wrapped.lines().skip(1).all(|line| line.starts_with("             word")));
    }

    #[test]
    fn columns_are_aligned_to_the_right() {
        let text = columns(&["step", "loss"], [vec!["10".into(), "0.5".into()]]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[2], "  10   0.5");
    }
}
