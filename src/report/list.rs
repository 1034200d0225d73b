//! The registry as a table.

use comfy_table::ColumnConstraint::ContentWidth;

use super::text::page_table;
use crate::study::{Blueprint, Study};

/// Every claim of a study with its kind, its statement, what it rests on, its source, its cost and its control.
///
/// ```
/// use feature_contamination::paper;
/// use feature_contamination::report::list;
///
/// let study = paper::study();
/// let text = list(&study, &study.blueprint()?);
/// assert_eq!(text.matches("linear/risk").count(), 1);
/// # Ok::<(), feature_contamination::error::Error>(())
/// ```
pub fn list(study: &Study, blueprint: &Blueprint) -> String {
    let mut table = page_table(&["claim", "kind", "statement, uses, source, cost, control"]);
    for claim in study.claims() {
        let uses = uses(blueprint, claim.id);
        let labelled = |label: &str, text: &str| match text {
            "" => String::new(),
            text => format!("\n{label}: {text}"),
        };
        let about = [
            claim.statement.to_owned(),
            labelled("uses", &uses),
            labelled("source", claim.source),
            labelled("cost", claim.cost),
            labelled("control", claim.control),
        ];
        table.add_row([claim.id, claim.kind.name(), about.concat().as_str()]);
        table.add_row([""]);
    }
    for column in table.column_iter_mut().take(2) {
        column.set_constraint(ContentWidth);
    }
    table.trim_fmt()
}

/// What a claim rests on.
fn uses(blueprint: &Blueprint, id: &str) -> String {
    let found = blueprint.statements().iter().find(|statement| statement.id == id);
    found.map(|statement| statement.uses.join(", ")).unwrap_or_default()
}
#[cfg(test)]
mod tests {
    use super::*;
    use crate::paper;

    fn table() -> String {
        let study = paper::study();
        list(&study, &study.blueprint().unwrap())
    }

    #[test]
    fn the_list_fits_the_page_and_names_every_claim_in_order() {
        let text = table();
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
        assert!(text.contains("uses: gradient/identity, berry-esseen/bound"), "{text}");
        let first_column = text.lines().filter_map(|line| line.split(' ').next());
        let listed: Vec<&str> = first_column.filter(|word| word.contains('/')).collect();
        let study = paper::study();
        let registered: Vec<&str> = study.claims().iter().map(|claim| claim.id).collect();
        assert_eq!(listed, registered);
    }
}
