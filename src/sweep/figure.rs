//! The figures that a grid file asks for.

use std::fmt;
use std::path::Path;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::axis::{Axes, Axis};
use super::quantity::Quantity;
use crate::error::{Error, Result};

/// A heat map of one quantity over two axes of the grid.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// What is drawn.
    pub value: Quantity,
    /// The axis to the right.
    pub x: Axis,
    /// The axis upward.
    pub y: Axis,
    /// The name of the file, which ends in `.svg`.
    pub file: String,
    /// The predicted boundary that is drawn over it.
    pub boundary: Option<Boundary>,
}

/// A boundary between phases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Boundary {
    /// Half of the energy in the background, `beta = 1/2`.
    Half,
    /// The critical decay, `c = c*`.
    CriticalDecay,
}

impl Boundary {
    /// The name in the grid file.
    pub fn name(self) -> &'static str {
        match self {
            Boundary::Half => "half",
            Boundary::CriticalDecay => "critical_decay",
        }
    }

    /// What the line in a figure is.
    pub fn label(self) -> &'static str {
        match self {
            Boundary::Half => "beta = 1/2",
            Boundary::CriticalDecay => "c = c*",
        }
    }

    /// The axis on which it has a value.
    pub fn axis(self) -> Axis {
        match self {
            Boundary::Half => Axis::Beta,
            Boundary::CriticalDecay => Axis::C,
        }
    }
}

impl Figure {
    /// Refuses a figure that these axes do not have.
    pub(super) fn check(&self, axes: &Axes) -> Result<()> {
        self.check_file()?;
        let (x, y) = (self.x, self.y);
        if x.direction() == y.direction() {
            let range = format!("another axis than x = {}", x.name());
            return Err(Error::out_of_range("figure.y", y.name(), range, "a figure has two axes"));
        }
        let drawn = [x.direction(), y.direction()];
        for axis in Axis::ALL.into_iter().filter(|axis| !drawn.contains(&axis.direction())) {
            if axes.len(axis) > 1 {
                return Err(Error::out_of_range(
                    format!("{}, number of values", axis.name()),
                    axes.len(axis),
                    format!(
                        "1 for the figure {}, which has the axes {} and {}",
                        self.file,
                        x.name(),
                        y.name()
                    ),
                    "give other values a grid of their own",
                ));
            }
        }
        self.check_boundary(axes)
    }

    fn check_file(&self) -> Result<()> {
        let name = Path::new(&self.file).file_name().and_then(|name| name.to_str());
        let is_plain = name == Some(self.file.as_str()) && !self.file.contains(['/', '\\']);
        if is_plain && self.file.len() > ".svg".len() && self.file.ends_with(".svg") {
            return Ok(());
        }
        let remedy = "figures lie in the directory that --out names";
        Err(Error::out_of_range("figure.file", &self.file, "a file name that ends in .svg", remedy))
    }

    fn check_boundary(&self, axes: &Axes) -> Result<()> {
        let Some(boundary) = self.boundary else { return Ok(()) };
        let axis = boundary.axis();
        if [self.x, self.y].contains(&axis) && axes.number(axis, 0).is_some() {
            return Ok(());
        }
        Err(Error::out_of_range(
            "figure.boundary",
            boundary.name(),
            format!("left out where {} is no axis with values of its own", axis.name()),
            format!("make x or y = \"{}\", with a list of values", axis.name()),
        ))
    }
}

/// One figure, or a list of figures.
#[derive(Debug, Default)]
pub(super) struct Figures(pub Vec<Figure>);

impl<'de> Deserialize<'de> for Figures {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrMany)
    }
}

/// By hand, because what derives a choice between one and many forgets why neither fits.
struct OneOrMany;

impl<'de> Visitor<'de> for OneOrMany {
    type Value = Figures;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table [figure], or tables [[figure]]")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Figures, A::Error> {
        let figure = Figure::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Figures(vec![figure]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Figures, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(list)).map(Figures)
    }
}
