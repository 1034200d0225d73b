//! No files of a module import each other in a circle.

#![expect(clippy::unwrap_used, reason = "a helper of a test that cannot go on fails the test")]

mod support {
    #[expect(dead_code, reason = "not every test needs all of it")]
    pub mod sources;
}

use std::collections::BTreeSet;

use support::sources::{code, group_heads, identifier, sources};

/// What a file is called by its siblings: `src/study/plan.rs` and `src/study/plan/part.rs` are `plan`.
fn child_of<'a>(folder: &str, path: &'a str) -> Option<&'a str> {
    let rest = path.strip_prefix(folder)?.strip_prefix('/')?;
    let name = rest.split('/').next()?.trim_end_matches(".rs");
    (name != "mod").then_some(name)
}

/// The names that a file takes from `super::`, alone or in groups.
fn from_super(text: &str) -> Vec<String> {
    let code = code(text);
    let rests = code.match_indices("super::").map(|(start, _)| &code[start + "super::".len()..]);
    let heads = |rest: &str| match rest.strip_prefix('{') {
        Some(group) => group_heads(group),
        None => vec![identifier(rest)],
    };
    rests.flat_map(heads).collect()
}

/// Which child the head of a module takes each exported name from: `pub use part::{Part, PartDesign};`.
fn exports(head: &str) -> Vec<(String, String)> {
    let mut exports = Vec::new();
    for statement in code(head).split(';').filter_map(|text| text.split_once("use ")) {
        let path = statement.1.trim_start().trim_start_matches("self::");
        let Some((child, names)) = path.split_once("::") else { continue };
        let names = match names.trim().strip_prefix('{') {
            Some(group) => group_heads(&format!("{group} }}")),
            None => vec![identifier(names)],
        };
        exports.extend(names.into_iter().map(|name| (name, child.trim().to_owned())));
    }
    exports
}

/// A circle of siblings that import each other, below the head of a module; none if there is none.
fn circle(folder: &str, sources: &[(String, String)]) -> Option<Vec<String>> {
    let head = sources.iter().find(|(path, _)| *path == format!("{folder}/mod.rs"));
    let exports = head.map(|(_, text)| exports(text)).unwrap_or_default();
    let children: BTreeSet<&str> =
        sources.iter().filter_map(|(path, _)| child_of(folder, path)).collect();
    let imports = |child: &str| -> BTreeSet<String> {
        let own = sources.iter().filter(|(path, _)| *path == format!("{folder}/{child}.rs"));
        let named = own.flat_map(|(_, text)| from_super(text));
        let child_of_name = |name: String| match exports.iter().find(|(other, _)| *other == name) {
            Some((_, child)) => child.clone(),
            None => name,
        };
        let found = named.map(child_of_name).filter(|name| children.contains(name.as_str()));
        found.filter(|name| name != child).collect()
    };
    // What imports nothing that is left is on no circle.
    let mut left: Vec<(String, BTreeSet<String>)> =
        children.iter().map(|child| ((*child).to_owned(), imports(child))).collect();
    loop {
        let names: BTreeSet<String> = left.iter().map(|(name, _)| name.clone()).collect();
        let n_before = left.len();
        left.retain(|(_, imports)| imports.iter().any(|name| names.contains(name)));
        if left.len() == n_before {
            let circle: Vec<String> = left.into_iter().map(|(name, _)| name).collect();
            return (!circle.is_empty()).then_some(circle);
        }
    }
}

#[test]
fn no_files_of_a_module_import_each_other_in_a_circle() {
    let sources = sources();
    for folder in ["src/study", "src/paper", "src/report"] {
        assert_eq!(circle(folder, &sources), None, "{folder}");
    }
}

#[test]
fn a_circle_of_files_is_caught_also_through_the_head_of_their_module() {
    let file = |path: &str, text: &str| (path.to_owned(), text.to_owned());
    let head =
        file("src/m/mod.rs", "mod a;\nmod b;\nmod c;\npub use a::{A, Other};\npub use b::B;\n");
    let a = file("src/m/a.rs", "use super::{B, c::C};");
    let c = file("src/m/c.rs", "pub struct C;");
    for (b, is_circle) in [
        ("use super::c::C;", false),
        ("use super::A;", true),
        ("use super::{c::C, Other};", true),
        ("use super::a::hidden;", true),
        ("// as in super::a\nfn f() {}", false),
        ("fn f() {}\n\n#[cfg(test)]\nmod tests {\n    use super::super::A;\n}", false),
    ] {
        let sources = [head.clone(), a.clone(), c.clone(), file("src/m/b.rs", b)];
        assert_eq!(circle("src/m", &sources).is_some(), is_circle, "{b}");
    }
}
