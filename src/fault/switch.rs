//! The hooks of a build that can be broken: they apply the one fault that is switched on.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::list::Change;
use super::{FAULTS, Fault, Site};

/// The position of the fault in [`FAULTS`] plus one; 0 for none. One for the process: the runs of a
/// panel's entry are parallel, and all of them have the same fault.
static SWITCH: AtomicUsize = AtomicUsize::new(0);

/// Held while work runs under the switch, so that two pieces of work never share it.
static IN_USE: Mutex<()> = Mutex::new(());

/// Does some work with a fault in every run, or with none. It waits for other such work to end.
pub fn inject<V>(fault: Option<&'static Fault>, work: impl FnOnce() -> V) -> V {
    /// Turns the fault off, also where the work panics.
    struct Off;
    impl Drop for Off {
        fn drop(&mut self) {
            SWITCH.store(0, Ordering::SeqCst);
        }
    }
    let _alone = IN_USE.lock().unwrap_or_else(PoisonError::into_inner);
    let _off = Off;
    let position = fault.and_then(|fault| FAULTS.iter().position(|other| other.name == fault.name));
    SWITCH.store(position.map_or(0, |position| position + 1), Ordering::SeqCst);
    work()
}

/// What the fault that is on changes at a site.
#[inline]
fn change(site: Site) -> Option<Change> {
    // Relaxed: the switch moves only while no run is under way.
    let position = SWITCH.load(Ordering::Relaxed).checked_sub(1)?;
    let fault = &FAULTS[position];
    (fault.site == site).then_some(fault.change)
}

/// A number that a run computes, as the fault makes it.
#[inline]
pub(crate) fn value(site: Site, sound: f64) -> f64 {
    match change(site) {
        Some(Change::Value(broken)) => broken(sound),
        _ => sound,
    }
}

/// A whole number that a run computes, as the fault makes it.
#[inline]
pub(crate) fn count(site: Site, sound: usize) -> usize {
    match change(site) {
        Some(Change::Count(broken)) => broken(sound),
        _ => sound,
    }
}

/// Whether a rule of the run is broken.
#[inline]
pub(crate) fn breaks(site: Site) -> bool {
    matches!(change(site), Some(Change::Rule))
}

/// Whether a fault that comes with some probability comes here; `uniform` draws from [0, 1).
#[inline]
pub(crate) fn strikes(site: Site, uniform: impl FnOnce() -> f64) -> bool {
    match change(site) {
        Some(Change::Share(share)) => uniform() < share,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::select;

    fn named(name: &str) -> &'static Fault {
        select(&[name.to_owned()]).unwrap()[0]
    }

    #[test]
    fn a_fault_changes_its_own_site_and_only_while_it_is_on() {
        let rates = || (value(Site::LearningRate, 2.0), value(Site::Shrinkage, 0.5));
        assert_eq!(inject(Some(named("rate/high")), rates), (2.1, 0.5));
        assert_eq!(inject(None, rates), (2.0, 0.5));
        assert_eq!(inject(Some(named("batch/every-second")), || count(Site::BatchIndex, 5)), 2);
        assert!(inject(Some(named("start/tied")), || breaks(Site::StartStream)));
        assert!(!inject(None, || breaks(Site::StartStream)));
    }

    #[test]
    fn a_fault_that_comes_with_a_probability_draws_only_while_it_is_on() {
        let hits = || (strikes(Site::LabelNoise, || 0.049), strikes(Site::LabelNoise, || 0.051));
        assert_eq!(inject(Some(named("label/noise")), hits), (true, false));
        assert!(!inject(None, || strikes(Site::LabelNoise, || unreachable!("no draw"))));
    }

    #[test]
    fn a_fault_ends_with_work_that_panics() {
        let broken = std::panic::catch_unwind(|| {
            inject(Some(named("rate/sign")), || assert_eq!(value(Site::LearningRate, 1.0), 1.0));
        });
        assert!(broken.is_err());
        assert_eq!(inject(None, || value(Site::LearningRate, 1.0)), 1.0);
    }
}
