//! Claims by id and by family.

use super::{CLAIMS, Claim};
use crate::error::{Error, Result};

/// The claims whose id is one of `ids` or lies in a family (a prefix up to a slash) named there, in the
/// order of the registry; all of them when `ids` is empty.
///
/// ```
/// use feature_contamination::claims::select;
///
/// // A family stands for its claims.
/// let ids: Vec<&str> = select(&["linear".to_owned()])?.iter().map(|claim| claim.id).collect();
/// assert_eq!(ids, ["linear/cancellation", "linear/closed-form", "linear/risk"]);
/// let fault = select(&["linear/rsk".to_owned()]).unwrap_err().to_string();
/// assert!(fault.contains("did you mean `linear/risk`"));
/// # Ok::<(), feature_contamination::error::Error>(())
/// ```
///
/// # Errors
/// [`Error::UnknownClaim`] for the first entry that names nothing, with the nearest id.
pub fn select(ids: &[String]) -> Result<Vec<&'static Claim>> {
    for id in ids {
        if !CLAIMS.iter().any(|claim| names(id, claim)) {
            return Err(Error::UnknownClaim { id: id.clone(), nearest: nearest(id) });
        }
    }
    let asked = |claim: &&Claim| ids.is_empty() || ids.iter().any(|id| names(id, claim));
    Ok(CLAIMS.iter().filter(asked).collect())
}

/// The claim of exactly this id.
///
/// ```
/// use feature_contamination::claims::find;
///
/// let claim = find("linear/risk")?;
/// assert_eq!(claim.family(), "linear");
/// assert!(claim.card.starts_with("# linear/risk"));
/// # Ok::<(), feature_contamination::error::Error>(())
/// ```
///
/// # Errors
/// [`Error::UnknownClaim`] with the nearest id.
pub fn find(id: &str) -> Result<&'static Claim> {
    CLAIMS
        .iter()
        .find(|claim| claim.id == id)
        .ok_or_else(|| Error::UnknownClaim { id: id.to_owned(), nearest: nearest(id) })
}

fn names(prefix: &str, claim: &Claim) -> bool {
    let prefix = prefix.trim_end_matches('/');
    let rest = claim.id.strip_prefix(prefix);
    !prefix.is_empty() && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The id, or family, nearest to a misspelt one, if it is near enough to be meant.
fn nearest(id: &str) -> Option<String> {
    let families = CLAIMS.iter().filter_map(|claim| claim.id.split('/').next());
    CLAIMS
        .iter()
        .map(|claim| claim.id)
        .chain(families)
        .map(|known| (strsim::jaro_winkler(id, known), known))
        .filter(|&(similarity, _)| similarity > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| known.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(asked: &[&str]) -> Vec<&'static str> {
        let asked: Vec<String> = asked.iter().map(|&id| id.to_owned()).collect();
        select(&asked).unwrap().into_iter().map(|claim| claim.id).collect()
    }

    #[test]
    fn a_family_selects_its_claims_and_nothing_selects_all() {
        assert_eq!(ids(&["linear"]), ["linear/cancellation", "linear/closed-form", "linear/risk"]);
        assert_eq!(ids(&["linear/risk", "risk"]).len(), 3);
        assert_eq!(ids(&[]).len(), CLAIMS.len());
    }

    #[test]
    fn a_misspelt_id_suggests_the_nearest_one() {
        for (wrong, meant) in
            [("linear/rsk", "linear/risk"), ("featurs", "features"), ("risk/id", "risk")]
        {
            let fault = select(&[wrong.to_owned()]).unwrap_err().to_string();
            assert!(fault.contains(&format!("did you mean `{meant}")), "{fault}");
        }
        let fault = find("xyzzy").unwrap_err().to_string();
        assert!(fault.contains("contam list") && !fault.contains("did you mean"), "{fault}");
        // Half a family name is not a family.
        assert!(select(&["lin".to_owned()]).is_err());
    }
}
