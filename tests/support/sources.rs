//! The files of the checkout as texts, and the code in them without tests and comments.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files below a folder with one of these endings, as paths from the root with their texts.
pub fn files(folder: &str, endings: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if endings.iter().any(|ending| path.to_string_lossy().ends_with(ending)) {
                let text = fs::read_to_string(&path).unwrap();
                let name = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
                found.push((name, text));
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "nothing below {folder}");
    found
}

pub fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// No faults, or a message that lists them.
#[track_caller]
pub fn none(faults: Vec<String>) {
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

/// The text without its test modules. rustfmt puts the end of a module at the start of a line.
pub fn without_tests(text: &str) -> String {
    let mut kept = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let is_module = lines.peek().is_some_and(|next| next.starts_with("mod "));
        if line != "#[cfg(test)]" || !is_module {
            kept.push(line);
        } else if lines.next().is_some_and(|module| module.ends_with('{')) {
            for _ in lines.by_ref().take_while(|line| *line != "}") {}
        }
    }
    kept.join("\n")
}

/// The text without tests and line comments.
pub fn code(text: &str) -> String {
    let lines = without_tests(text);
    let uncommented = lines.lines().map(|line| line.split("//").next().unwrap_or_default());
    uncommented.collect::<Vec<_>>().join("\n")
}

/// The first identifiers of the entries of a group, up to its closing brace.
pub fn group_heads(group: &str) -> Vec<String> {
    let (mut depth, mut heads, mut at_entry) = (0, Vec::new(), true);
    for (idx, character) in group.char_indices() {
        match character {
            '}' if depth == 0 => break,
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => at_entry = true,
            _ if at_entry && !character.is_whitespace() => {
                heads.push(identifier(&group[idx..]));
                at_entry = false;
            }
            _ => {}
        }
    }
    heads
}

pub fn identifier(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// `src/study/lab.rs` belongs to `study`.
pub fn module_of(path: &str) -> Option<&str> {
    let rest = path.strip_prefix("src/")?;
    rest.split('/').next().map(|name| name.trim_end_matches(".rs"))
}

/// The library's files that belong to a module and are not for tests only.
pub fn sources() -> Vec<(String, String)> {
    let all: BTreeSet<(String, String)> = files("src", &[".rs"]).into_iter().collect();
    let is_root = |path: &str| path == "src/lib.rs" || path == "src/main.rs";
    let belongs = |path: &str| !is_root(path) && !is_test_only(path, &all);
    all.iter().filter(|(path, _)| belongs(path)).cloned().collect()
}

/// Whether the head of its module says that a file is for tests only: `#[cfg(test)] mod fixture;`.
fn is_test_only(path: &str, all: &BTreeSet<(String, String)>) -> bool {
    let Some((folder, file)) = path.rsplit_once('/') else { return false };
    let declared = format!("#[cfg(test)]\nmod {};", file.trim_end_matches(".rs"));
    let is_head =
        |head: &str| all.iter().any(|(path, text)| path == head && text.contains(&declared));
    is_head(&format!("{folder}/mod.rs"))
}
