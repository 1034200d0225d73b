//! The list of the figures that a report wrote: what a later report in the same directory may take away.
//!
//! A file is removed only where it is listed, a plain file, and still what was written, as its length and its FNV-1a
//! hash (Fowler, Noll, Vo) tell. What anybody else put there, or changed, stays.

use std::fs;
use std::path::Path;

use super::files::{self, Target, file_error};
use crate::error::Result;
use crate::report::FIGURES;

/// The name of the list, beside the page.
const NAME: &str = "contam-files.txt";

/// The first line, by which a list is known as ours.
const HEADER: &str = "Figures that contam wrote here. The next report removes those which it does not write, if they \
                      are unchanged.";

/// Longer lists are not ours: a report has some hundreds of figures.
const MAX_BYTES: u64 = 1 << 20;

/// What was written, file by file.
#[derive(Debug, Default, PartialEq)]
pub struct Manifest(Vec<Entry>);

/// One file.
#[derive(Debug, PartialEq)]
struct Entry {
    /// The path below the directory of the report.
    name: String,
    n_bytes: u64,
    hash: u64,
}

impl Manifest {
    /// The list of these files of a report; the page is not in it, since every report writes one.
    pub fn of(files: &[(String, String)]) -> Self {
        let figures = files.iter().filter(|(name, _)| is_figure(name));
        Manifest(figures.map(|(name, text)| Entry::of(name, text.as_bytes())).collect())
    }

    /// The list that lies in a directory; empty where there is none.
    ///
    /// # Errors
    /// A file of this name that is no such list.
    pub fn read(directory: &Path) -> Result<Self> {
        let path = directory.join(NAME);
        if fs::symlink_metadata(&path).is_err() {
            return Ok(Manifest::default());
        }
        let remedy = "remove it, or give another directory";
        let bytes = files::read(&path, MAX_BYTES, remedy)?;
        let parsed = String::from_utf8(bytes).ok().and_then(|text| parse(&text));
        parsed.ok_or_else(|| file_error(&path, "not a list that contam wrote", remedy))
    }

    /// Removes what is listed here and not in the list of the files that a directory now has.
    ///
    /// # Errors
    /// If a file cannot be removed.
    pub fn remove_left_over(&self, now: &Manifest, directory: &Path) -> Result<()> {
        let is_old = |entry: &&Entry| now.0.iter().all(|new| new.name != entry.name);
        for entry in self.0.iter().filter(is_old) {
            let path = directory.join(&entry.name);
            if entry.is_unchanged(&path) {
                fs::remove_file(&path).map_err(|e| file_error(&path, e, "remove it by hand"))?;
            }
        }
        Ok(())
    }

    /// Writes the list.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self, directory: &Path) -> Result<()> {
        let target = Target::new(&directory.join(NAME))?;
        target.write(|writer| {
            writeln!(writer, "{HEADER}")?;
            let mut lines = self.0.iter();
            lines.try_for_each(|e| writeln!(writer, "{} {} {:016x}", e.name, e.n_bytes, e.hash))
        })
    }
}

impl Entry {
    fn of(name: &str, content: &[u8]) -> Self {
        Entry { name: name.to_owned(), n_bytes: content.len() as u64, hash: hash(content) }
    }

    /// Whether a path, not followed through links, leads to the content that was written.
    fn is_unchanged(&self, path: &Path) -> bool {
        let is_candidate = fs::symlink_metadata(path)
            .is_ok_and(|found| found.is_file() && found.len() == self.n_bytes);
        is_candidate && fs::read(path).is_ok_and(|content| *self == Entry::of(&self.name, &content))
    }
}

/// The list in a text; none where it is something else.
fn parse(text: &str) -> Option<Manifest> {
    let mut lines = text.lines();
    let is_ours = lines.next() == Some(HEADER);
    is_ours.then(|| lines.map(entry).collect::<Option<_>>().map(Manifest))?
}

fn entry(line: &str) -> Option<Entry> {
    let mut words = line.split(' ');
    let (name, n_bytes, hash) = (words.next()?, words.next()?, words.next()?);
    let is_whole = is_figure(name) && words.next().is_none();
    let hash = u64::from_str_radix(hash, 16).ok()?;
    is_whole.then_some(Entry { name: name.to_owned(), n_bytes: n_bytes.parse().ok()?, hash })
}

/// Whether this is the path of a figure: a list, whoever edited it, reaches no other place.
fn is_figure(name: &str) -> bool {
    let file = name.strip_prefix(FIGURES).and_then(|rest| rest.strip_prefix('/'));
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    file.is_some_and(|file| {
        !file.starts_with('.') && !file.is_empty() && file.chars().all(is_plain)
    })
}

/// FNV-1a of 64 bits: enough against accidents.
fn hash(content: &[u8]) -> u64 {
    content.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The files of a report, each with its name as its content.
    fn files(names: &[&str]) -> Vec<(String, String)> {
        names.iter().map(|&name| (name.to_owned(), name.to_owned())).collect()
    }

    /// A directory with these files.
    fn directory(names: &[&str]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join(FIGURES)).unwrap();
        for (name, text) in files(names) {
            fs::write(directory.path().join(name), text).unwrap();
        }
        directory
    }

    const OLD: [&str; 3] = ["figures/a.svg", "figures/b.svg", "figures/c--d.csv"];

    #[test]
    fn what_is_listed_and_unchanged_goes_and_all_else_stays() {
        let directory = directory(&[&OLD[..], &["figures/notes.txt", "index.html"]].concat());
        let path = |name: &str| directory.path().join(name);
        Manifest::of(&files(&OLD)).write(directory.path()).unwrap();
        let old = Manifest::read(directory.path()).unwrap();
        assert_eq!(old, Manifest::of(&files(&OLD)));
        // Of the same length as what was written.
        fs::write(path("figures/c--d.csv"), "figures/c--d.SVG").unwrap();
        let now = Manifest::of(&files(&["figures/a.svg", "index.html"]));
        old.remove_left_over(&now, directory.path()).unwrap();
        for (name, stays) in [
            ("figures/a.svg", true),
            ("figures/b.svg", false),
            ("figures/c--d.csv", true),
            ("figures/notes.txt", true),
            ("index.html", true),
        ] {
            assert_eq!(path(name).exists(), stays, "{name}");
        }
        // What is gone already is no fault.
        old.remove_left_over(&now, directory.path()).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_the_place_of_a_figure_stays() {
        let directory = directory(&["figures/a.svg"]);
        let link = directory.path().join("figures/b.svg");
        std::os::unix::fs::symlink("a.svg", &link).unwrap();
        let old = Manifest(vec![Entry::of("figures/b.svg", b"figures/a.svg")]);
        old.remove_left_over(&Manifest::default(), directory.path()).unwrap();
        assert!(link.exists());
    }

    #[test]
    fn a_list_that_is_not_ours_or_leads_elsewhere_is_refused() {
        let directory = directory(&[]);
        assert_eq!(Manifest::read(directory.path()).unwrap(), Manifest::default());
        let hash = "0123456789abcdef";
        for text in [
            "my files".to_owned(),
            format!("{HEADER}\n../figures/a.svg 1 {hash}"),
            format!("{HEADER}\nfigures/../index.html 1 {hash}"),
            format!("{HEADER}\nfigures/.. 1 {hash}"),
            format!("{HEADER}\nindex.html 1 {hash}"),
            format!("{HEADER}\nfigures/a.svg 1"),
            format!("{HEADER}\nfigures/a.svg 1 {hash} more"),
        ] {
            fs::write(directory.path().join(NAME), &text).unwrap();
            let fault = Manifest::read(directory.path()).unwrap_err().to_string();
            assert!(fault.contains(NAME) && fault.contains("give another directory"), "{fault}");
        }
    }

    #[test]
    fn the_hash_is_that_of_its_authors() {
        // The test vectors of Fowler, Noll and Vo.
        assert_eq!(hash(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(hash(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(hash(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
