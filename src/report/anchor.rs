//! Where a statement stands on the page of a run.

/// The name of a statement's element: its id without the slash, which style sheets and checkers of HTML do not take in
/// a name.
pub fn anchor(id: &str) -> String {
    id.replace('/', "-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paper;

    #[test]
    fn names_are_plain_and_every_statement_has_its_own() {
        let blueprint = paper::study().blueprint().unwrap();
        let mut names: Vec<String> =
            blueprint.statements().iter().map(|statement| anchor(&statement.id)).collect();
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        for name in &names {
            assert!(name.starts_with(|c: char| c.is_ascii_lowercase()), "{name}");
            assert!(name.chars().all(is_plain), "{name}");
        }
        let n_statements = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), n_statements);
        assert_eq!(anchor("linear/risk"), "linear-risk");
    }
}
