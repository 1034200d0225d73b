//! The registry as a table.

use comfy_table::ColumnConstraint::ContentWidth;

use super::text::page_table;
use crate::claims::Claim;

/// Every claim with its kind, its tier, its statement, its source and its cost.
pub fn list(claims: &[Claim]) -> String {
    let mut table = page_table(&["claim", "kind", "tier", "statement, source, cost, control"]);
    for claim in claims {
        let Claim { id, statement, source, cost, control, .. } = claim;
        let about = format!("{statement}\nsource: {source}\ncost: {cost}\ncontrol: {control}");
        table.add_row([id, claim.kind.name(), claim.tier.name(), about.as_str()]);
        table.add_row([""]);
    }
    for column in table.column_iter_mut().take(3) {
        column.set_constraint(ContentWidth);
    }
    table.trim_fmt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::CLAIMS;

    #[test]
    fn the_list_fits_the_page_and_names_every_claim_in_order() {
        let text = list(CLAIMS);
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
        let first_column = text.lines().filter_map(|line| line.split(' ').next());
        let listed: Vec<&str> = first_column.filter(|word| word.contains('/')).collect();
        let registered: Vec<&str> = CLAIMS.iter().map(|claim| claim.id).collect();
        assert_eq!(listed, registered);
    }
}
