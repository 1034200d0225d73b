//! The two classes.

use crate::error::{Error, Result};

/// A label `y`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Label {
    /// `y = +1`.
    Positive,
    /// `y = -1`.
    Negative,
}

impl Label {
    /// Both labels, `+1` first.
    pub const BOTH: [Label; 2] = [Label::Positive, Label::Negative];

    /// The number `y`.
    pub fn sign(self) -> f64 {
        match self {
            Label::Positive => 1.0,
            Label::Negative => -1.0,
        }
    }

    /// The other class.
    pub fn other(self) -> Self {
        match self {
            Label::Positive => Label::Negative,
            Label::Negative => Label::Positive,
        }
    }

    /// The label of a number.
    ///
    /// # Errors
    /// Unless the number is 1 or -1.
    pub fn from_sign(sign: i64) -> Result<Self> {
        match sign {
            1 => Ok(Label::Positive),
            -1 => Ok(Label::Negative),
            _ => Err(Error::out_of_range("label", sign, "1 or -1", "name one of the two classes")),
        }
    }
}

/// One value for each class.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ByLabel<V> {
    /// The value for `y = +1`.
    pub positive: V,
    /// The value for `y = -1`.
    pub negative: V,
}

impl<V> ByLabel<V> {
    /// A value for each label.
    pub fn from_fn(mut value: impl FnMut(Label) -> V) -> Self {
        ByLabel { positive: value(Label::Positive), negative: value(Label::Negative) }
    }

    /// The value of one class.
    pub fn of(&self, label: Label) -> &V {
        match label {
            Label::Positive => &self.positive,
            Label::Negative => &self.negative,
        }
    }

    /// The value of one class, to change.
    pub fn of_mut(&mut self, label: Label) -> &mut V {
        match label {
            Label::Positive => &mut self.positive,
            Label::Negative => &mut self.negative,
        }
    }
}
