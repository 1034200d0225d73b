//! The key of a sample: which random streams it is drawn from, and under which name its records are kept.

use std::fmt;

use crate::seed::Seed;

/// A path of frozen labels. Two samples with one key share their records, within one arm; the path is also
/// the place of their random streams below the root seed.
///
/// Labels are literals of the program: text that is shown to people never reaches a stream, so that
/// rewording it changes no result.
///
/// ```
/// use feature_contamination::study::Key;
///
/// let key = Key::new("ladder").child("theorem").index(64);
/// assert_eq!(key.to_string(), "ladder/theorem/64");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Vec<Label>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Label {
    Name(&'static str),
    Index(usize),
}

impl Key {
    /// A path of one label.
    pub fn new(name: &'static str) -> Self {
        Key(vec![Label::Name(name)])
    }

    /// The path with one more name.
    pub fn child(&self, name: &'static str) -> Self {
        self.with(Label::Name(name))
    }

    /// The path with one more index.
    pub fn index(&self, index: usize) -> Self {
        self.with(Label::Index(index))
    }

    fn with(&self, label: Label) -> Self {
        Key(self.0.iter().copied().chain([label]).collect())
    }

    /// Returns the streams of this key below `root`.
    pub fn seed(&self, root: Seed) -> Seed {
        self.0.iter().fold(root, |seed, label| match *label {
            Label::Name(name) => seed.child(name),
            Label::Index(index) => seed.index(index),
        })
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (idx, label) in self.0.iter().enumerate() {
            if idx > 0 {
                f.write_str("/")?;
            }
            match label {
                Label::Name(name) => f.write_str(name)?,
                Label::Index(index) => write!(f, "{index}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_the_path_of_its_streams() {
        let root = Seed::root(7);
        let key = Key::new("claim").child("linear/risk").index(3);
        assert_eq!(key.seed(root), root.child("claim").child("linear/risk").index(3));
        assert_ne!(key, Key::new("claim").child("linear/risk"));
    }
}
