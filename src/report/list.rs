//! The registry as a table.

use comfy_table::ColumnConstraint::ContentWidth;

use super::text::page_table;
use crate::claims::{Blueprint, Claim};

/// Every claim with its kind, its tier, its statement, what it rests on, its source and its cost.
///
/// ```
/// use feature_contamination::claims::{Blueprint, select};
/// use feature_contamination::report::list;
///
/// let claims: Vec<_> = select(&["linear".to_owned()])?.into_iter().copied().collect();
/// let text = list(&claims, &Blueprint::compiled()?);
/// assert_eq!(text.matches("linear/risk").count(), 1);
/// # Ok::<(), feature_contamination::error::Error>(())
/// ```
pub fn list(claims: &[Claim], blueprint: &Blueprint) -> String {
    let mut table =
        page_table(&["claim", "kind", "tier", "statement, uses, source, cost, control"]);
    for claim in claims {
        let Claim { id, statement, source, cost, control, .. } = claim;
        let uses = uses(blueprint, id);
        let about =
            format!("{statement}\n{uses}source: {source}\ncost: {cost}\ncontrol: {control}");
        table.add_row([id, claim.kind.name(), claim.tier.name(), about.as_str()]);
        table.add_row([""]);
    }
    for column in table.column_iter_mut().take(3) {
        column.set_constraint(ContentWidth);
    }
    table.trim_fmt()
}

/// A line with what a claim rests on, or nothing.
fn uses(blueprint: &Blueprint, id: &str) -> String {
    let found = blueprint.statements().iter().find(|statement| statement.id == id);
    let uses = found.map(|statement| statement.uses.join(", ")).unwrap_or_default();
    if uses.is_empty() { uses } else { format!("uses: {uses}\n") }
}
#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::CLAIMS;

    fn table() -> String {
        list(CLAIMS, &Blueprint::compiled().unwrap())
    }

    #[test]
    fn the_list_fits_the_page_and_names_every_claim_in_order() {
        let text = table();
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
        assert!(text.contains("uses: gradient/identity, berry-esseen/bound"), "{text}");
        let first_column = text.lines().filter_map(|line| line.split(' ').next());
        let listed: Vec<&str> = first_column.filter(|word| word.contains('/')).collect();
        let registered: Vec<&str> = CLAIMS.iter().map(|claim| claim.id).collect();
        assert_eq!(listed, registered);
    }
}
