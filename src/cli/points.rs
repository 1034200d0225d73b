//! A ladder of sizes from a CSV file.

use std::path::Path;

use csv::{ReaderBuilder, StringRecord, Trim};

use super::files;
use crate::error::{Error, Result};
use crate::stats::Point;

/// More text than this is no ladder; a free choice.
const MAX_BYTES: u64 = 1 << 24;

/// The columns that are read, in any order and among any others.
const COLUMNS: [&str; 3] = ["size", "value", "standard_error"];

const REMEDY: &str =
    "give a CSV file with the header size,value,standard_error and one line per size";

/// The points of a file, one per line after the header.
///
/// # Errors
/// - a file that cannot be read, that is empty, or whose lines differ in their number of cells;
/// - a column that is missing or there twice;
/// - a cell that is no number, or none that is positive and finite.
pub fn read(path: &Path) -> Result<Vec<Point>> {
    let bytes = files::read(path, MAX_BYTES, REMEDY)?;
    parse(&bytes, &path.display().to_string())
}

fn parse(bytes: &[u8], name: &str) -> Result<Vec<Point>> {
    let malformed =
        |reason: String| Error::Malformed { what: name.to_owned(), reason, remedy: REMEDY.into() };
    // Quoted cells, either line end and a byte order mark are the parser's; spaces around cells go.
    let mut reader = ReaderBuilder::new().flexible(true).trim(Trim::All).from_reader(bytes);
    let header = reader.headers().map_err(|e| malformed(e.to_string()))?.clone();
    let mut places = [0; COLUMNS.len()];
    for (place, column) in places.iter_mut().zip(COLUMNS) {
        *place = place_of(&header, column).map_err(malformed)?;
    }
    let mut points = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| malformed(e.to_string()))?;
        let line = line_of(bytes, &record);
        if record.len() != header.len() {
            let (found, asked) = (record.len(), header.len());
            return Err(malformed(format!("line {line} has {found} cells, the header {asked}")));
        }
        let cell = |idx: usize| {
            let text = record.get(places[idx]).unwrap_or_default();
            positive(text, &format!("{name}, line {line}, column {}", COLUMNS[idx]))
        };
        points.push(Point { size: cell(0)?, value: cell(1)?, standard_error: cell(2)? });
    }
    Ok(points)
}

/// The line of a record, counted from 1. The parser takes the empty lines before a record for a part of it.
fn line_of(bytes: &[u8], record: &StringRecord) -> usize {
    let start = record.position().map_or(0, |position| position.byte() as usize);
    let is_end = |byte: &&u8| **byte == b'\n' || **byte == b'\r';
    let n_empty = bytes.iter().skip(start).take_while(is_end).count();
    1 + bytes.iter().take(start + n_empty).filter(|byte| **byte == b'\n').count()
}

fn place_of(header: &StringRecord, column: &str) -> Result<usize, String> {
    let places: Vec<usize> = (0..header.len()).filter(|&idx| &header[idx] == column).collect();
    match places[..] {
        [place] => Ok(place),
        [] if header.is_empty() => Err("it is empty".into()),
        [] => {
            let found: Vec<&str> = header.iter().collect();
            Err(format!("no column is called {column}: the header is `{}`", found.join(",")))
        }
        _ => Err(format!("{} columns are called {column}", places.len())),
    }
}

fn positive(text: &str, place: &str) -> Result<f64> {
    let number: f64 = text.parse().map_err(|_| Error::Malformed {
        what: place.to_owned(),
        reason: format!("`{text}` is no number"),
        remedy: "write a number such as 0.25 or 2.5e-1".into(),
    })?;
    if number > 0.0 && number.is_finite() {
        return Ok(number);
    }
    let remedy =
        "a trend is one of a positive quantity with an error; leave the line out or mend it";
    Err(Error::out_of_range(place, number, "positive and finite", remedy))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Vec<Point>> {
        parse(text.as_bytes(), "data.csv")
    }

    #[test]
    fn columns_come_in_any_order_and_among_others() {
        let point = Point { size: 16.0, value: 0.25, standard_error: 0.01 };
        for text in [
            "size,value,standard_error\n16,0.25,0.01\n",
            "note,standard_error,size,value\r\n\"a, b\",1e-2, 16 ,.25\r\n",
            "\u{feff}size , value , standard_error\n\n16,0.25,0.01",
        ] {
            assert_eq!(parsed(text).unwrap(), [point], "{text}");
        }
        assert!(parsed("size,value,standard_error\n").unwrap().is_empty());
    }

    #[test]
    fn faults_name_line_column_value_and_remedy() {
        let header = "size,value,standard_error\n";
        let cases = [
            ("", "it is empty"),
            ("\n\n", "it is empty"),
            ("size,value\n1,2\n", "no column is called standard_error: the header is `size,value`"),
            ("16,0.25,0.01\n", "no column is called size"),
            ("size,value,standard_error,size\n", "2 columns are called size"),
            (&format!("{header}1,2,3\n2,x,3\n"), "data.csv, line 3, column value"),
            (&format!("{header}1,,3\n"), "`` is no number"),
            (&format!("{header}1,2,3\n\n-2,1,3\n"), "data.csv, line 4, column size = -2"),
            (&format!("{header}1,NaN,3\n"), "column value = NaN"),
            (&format!("{header}1,2,0\n"), "column standard_error = 0"),
            (&format!("{header}1,inf,1\n"), "column value = inf"),
            (&format!("{header}1,2,3\r\n\r\n4,5\r\n"), "line 4 has 2 cells, the header 3"),
            (&format!("{header}1,2,3,4\n"), "line 2 has 4 cells"),
        ];
        for (text, named) in cases {
            let fault = parsed(text).unwrap_err().to_string();
            assert!(fault.contains(named), "{named}: {fault}");
        }
    }
}
