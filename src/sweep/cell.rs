//! One cell of a grid: its setting, its name, its random stream, its cost.

use serde::{Deserialize, Serialize};

use super::axis::{Axes, Axis, check_d0, mean_over_deviation, whole_background, whole_width};
use crate::error::Result;
use crate::predict::relative_energy;
use crate::seed::Seed;
use crate::setting::{DECAY_CONSTANT, Latent, Setting, decay};

/// The parameters of a cell, which fix the law of its runs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// The number of features.
    pub d0: usize,
    /// The number of core features; the others are background.
    pub core: usize,
    /// The number of neurons `m`.
    pub width: usize,
    /// The constant `c` of the weight decay `lambda = c d0 / m^1.01`.
    pub c: f64,
    /// The law of every latent.
    pub latent: Latent,
    /// The learning rate.
    pub learning_rate: f64,
}

/// The times at which a cell is looked at, as `tau = eta t d0 / m` for uniform latents.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Times {
    /// `T1`: features are learned and the hinge is still active.
    pub t1: f64,
    /// `T2`: the risk in distribution has vanished, where it does.
    pub t2: f64,
}

impl Default for Times {
    /// Those of the theorem's ladder (`theory/notation.md`, section 1).
    fn default() -> Self {
        Times { t1: 8.0, t2: 20.0 }
    }
}

/// The same in steps of one setting, ascending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Steps {
    /// Steps to `T1`.
    pub t1: usize,
    /// Steps to `T2`.
    pub t2: usize,
}

impl Times {
    /// The steps of a setting. Margins grow like the energy, so times are divided by it.
    pub fn steps(self, setting: &Setting) -> Steps {
        let energy = relative_energy(setting);
        let steps_to = |tau: f64| setting.steps_to(tau / energy).max(1);
        Steps { t1: steps_to(self.t1), t2: steps_to(self.t2) }
    }
}

impl Cell {
    /// The cell at these indices on the axes, in the order of [`Axis::ALL`].
    ///
    /// # Errors
    /// If a share or a width is no whole number of features or neurons.
    pub(super) fn at(axes: &Axes, at: [usize; 6]) -> Result<Self> {
        let idx = |axis: Axis| at[axis.direction()];
        let d0 = axes.d0[idx(Axis::D0)];
        let latent = axes.latent[idx(Axis::Latent)];
        let theorem = Setting::theorem(d0).with(|p| p.latents = vec![latent; d0])?;
        let core = d0 - whole_background(axes.beta[idx(Axis::Beta)], d0)?;
        let width = whole_width(axes.width_per_feature[idx(Axis::WidthPerFeature)], d0)?;
        // Without a constant of its own a law decays at the uniform law's share of the critical decay.
        let c = axes.number(Axis::C, idx(Axis::C));
        let c = c.unwrap_or_else(|| DECAY_CONSTANT * relative_energy(&theorem));
        let learning_rate = axes.number(Axis::LearningRate, idx(Axis::LearningRate));
        let learning_rate = learning_rate.unwrap_or(theorem.learning_rate);
        Ok(Cell { d0, core, width, c, latent, learning_rate })
    }

    /// The setting: the theorem's regime but for the parameters of the cell.
    ///
    /// # Errors
    /// - an odd number of features, or too many;
    /// - parameters that are not consistent, see [`Setting::new`].
    pub fn setting(&self) -> Result<Setting> {
        check_d0(&[self.d0])?;
        Setting::theorem(self.d0).with(|p| {
            p.n_core = self.core;
            p.latents = vec![self.latent; self.d0];
            p.width = self.width;
            p.learning_rate = self.learning_rate;
            p.weight_decay = decay(self.c, self.d0, self.width);
        })
    }

    /// The background's share of the energy.
    pub fn beta(&self) -> f64 {
        (self.d0 - self.core) as f64 / self.d0 as f64
    }

    /// The width in units of the number of features.
    pub fn width_per_feature(&self) -> f64 {
        self.width as f64 / self.d0 as f64
    }

    /// `mu / sigma` of the latents.
    pub fn mean_over_deviation(&self) -> f64 {
        mean_over_deviation(self.latent)
    }

    /// A name that no other cell has, and that a file can have. Numbers are written with all digits
    /// that tell them apart.
    pub fn key(&self) -> String {
        let Cell { d0, core, width, c, latent, learning_rate } = self;
        let latent = latent.to_string().replace([':', ','], "-");
        format!("d0-{d0}_core-{core}_m-{width}_c-{c}_{latent}_eta-{learning_rate}")
    }

    /// The random stream of a run. It depends on the parameters of the cell and on nothing else of its
    /// grid, so that a value more on an axis leaves all other cells as they are.
    pub fn seed(&self, root: u64, run_idx: usize) -> Seed {
        Seed::root(root).child("sweep").child(&self.key()).index(run_idx)
    }

    /// The multiplications of a run, in millions and about: forward pass and gradient of every step.
    pub fn cost(&self, setting: &Setting, steps: Steps) -> u64 {
        let per_step = 2.0 * setting.batch as f64 * self.width as f64 * self.d0 as f64;
        (per_step * steps.t2 as f64 / 1e6).ceil() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell() -> Cell {
        let latent = Latent::beta(2.0, 5.0).unwrap();
        Cell { d0: 16, core: 10, width: 64, c: 0.25, latent, learning_rate: 0.5 }
    }

    #[test]
    fn the_key_and_the_stream_of_a_cell_are_pinned() {
        // A change here makes every kept cell a stranger: it must be on purpose.
        assert_eq!(cell().key(), "d0-16_core-10_m-64_c-0.25_beta-2-5_eta-0.5");
        let again = Cell { ..cell() };
        assert_eq!(again.seed(7, 0), cell().seed(7, 0));
        for other in [
            Cell { core: 9, ..cell() },
            Cell { c: 0.25000000000000006, ..cell() },
            Cell { latent: Latent::beta(25.0, 1.0).unwrap(), ..cell() },
            Cell { learning_rate: 0.25, ..cell() },
            Cell { width: 66, ..cell() },
        ] {
            assert_ne!(other.key(), cell().key());
            assert_ne!(other.seed(7, 0), cell().seed(7, 0));
        }
        assert_ne!(cell().seed(8, 0), cell().seed(7, 0));
        assert_ne!(cell().seed(7, 1), cell().seed(7, 0));
    }

    #[test]
    fn the_setting_has_the_cells_parameters_and_scaled_times() {
        let setting = cell().setting().unwrap();
        assert_eq!((setting.n_features(), setting.n_core, setting.width), (16, 10, 64));
        assert_eq!(setting.weight_decay, decay(0.25, 16, 64));
        // Beta(2, 5): mu = 2/7, so the energy is 16/49 of the uniform one, and a step is tau = 1/8.
        let steps = Times::default().steps(&setting);
        for (n_steps, tau) in [(steps.t1, 8.0), (steps.t2, 20.0)] {
            let beyond = n_steps as f64 / 8.0 * 16.0 / 49.0 - tau;
            assert!((-1e-12..0.05).contains(&beyond), "{n_steps}: {beyond}");
        }
        assert!((cell().beta() - 0.375).abs() < 1e-15);
        assert!(
            (cell().mean_over_deviation() - (2.0 / 7.0) / (10.0_f64 / 392.0).sqrt()).abs() < 1e-12
        );
    }
}
