//! What the documents say of the program, held against the program.

#![expect(clippy::unwrap_used, reason = "a helper of a test that cannot go on fails the test")]

use std::fs;
use std::path::Path;

use feature_contamination::claims::{CLAIMS, Claim};
use feature_contamination::sweep::Grid;

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// A claim's link in the README's table of families.
fn link(claim: &Claim) -> String {
    let name = claim.id.split('/').nth(1).unwrap();
    format!("[{name}](theory/{}.md)", claim.id)
}

#[test]
fn the_readme_links_every_claim_in_the_registrys_order_and_stays_short() {
    let readme = read("README.md");
    let table = readme.split("## The claims").nth(1).unwrap();
    let table = table.split("\n## ").next().unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let links: Vec<&str> =
        rows.flat_map(|row| row.split(" | ").nth(1).unwrap().split(", ")).collect();
    assert_eq!(links, CLAIMS.iter().map(link).collect::<Vec<_>>());
    assert!(readme.lines().count() < 150);
}

#[test]
fn every_work_that_the_code_cites_is_in_the_bibliography() {
    let bibliography = read("theory/references.bib");
    let keys: Vec<&str> = bibliography
        .lines()
        .filter_map(|line| line.strip_prefix('@')?.split_once('{')?.1.strip_suffix(','))
        .collect();
    for (author, year) in [
        ("waudbysmith", 2024),
        ("vovk", 2021),
        ("wald", 1945),
        ("lai", 1976),
        ("holm", 1979),
        ("wang", 2022),
        ("clopper", 1934),
        ("massart", 1990),
        ("hoeffding", 1963),
        ("schuirmann", 1987),
        ("berger", 1982),
        ("shevtsova", 2013),
        ("esseen", 1945),
        ("paditz", 1989),
        ("neammanee", 2005),
        ("sugiyama", 1981),
        ("esseen", 1956),
        ("higham", 2002),
        ("arlazarov", 1970),
    ] {
        let prefix = format!("{author}{year}");
        assert!(keys.iter().any(|key| key.starts_with(&prefix)), "{prefix}: {keys:?}");
    }
}

#[test]
fn every_grid_is_read_and_has_its_command_in_the_readme() {
    let readme = read("README.md");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("grids");
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
    assert_eq!(names.len(), 4);
    for name in names {
        let text = read(&format!("grids/{name}"));
        let grid = Grid::from_toml(&text).unwrap();
        assert!(grid.cells().is_ok() && !grid.figures.is_empty(), "{name}");
        let command = format!("contam sweep grids/{name} --out");
        assert!(readme.contains(&command) && text.contains(&command), "{name}");
    }
}
