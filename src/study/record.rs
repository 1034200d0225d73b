//! Records: what is kept of each run of a sample, and how an estimator reads numbers from them.

use std::any::{Any, TypeId, type_name};
use std::marker::PhantomData;
use std::sync::{Arc, OnceLock};

use crate::error::{Error, Result};
use crate::stats::Replicates;

/// What a run of any sample leaves behind: a `OnceLock` of the sample's type, empty until the run is done.
pub(super) type Record = Arc<dyn Any + Send + Sync>;

/// The records of every sample of a design, `[sample][run]`.
pub(super) type Records = [Vec<Record>];

/// A handle on a sample of a design, whose runs leave records of type `V`. Its methods make the estimators
/// that read these records.
#[derive(Debug)]
pub struct Runs<V> {
    pub(super) sample_idx: usize,
    record: PhantomData<fn() -> V>,
}

impl<V> Clone for Runs<V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V> Copy for Runs<V> {}

impl<V: 'static> Runs<V> {
    pub(super) fn new(sample_idx: usize) -> Self {
        Runs { sample_idx, record: PhantomData }
    }

    /// What an estimator reads of each run.
    pub(super) fn column<D>(self, read: impl Fn(&V) -> D + Send + Sync + 'static) -> Column<D> {
        let of_record = move |record: &(dyn Any + Send + Sync)| {
            record.downcast_ref::<OnceLock<V>>()?.get().map(&read)
        };
        Column { sample_idx: self.sample_idx, read: Arc::new(of_record) }
    }
}

/// Reads a record; `None` where it is of another type.
type Read<D> = Arc<dyn Fn(&(dyn Any + Send + Sync)) -> Option<D> + Send + Sync>;

/// Something read of each record of one sample.
#[derive(Clone)]
pub struct Column<D> {
    pub(super) sample_idx: usize,
    read: Read<D>,
}

impl<D> Column<D> {
    /// One entry for each run, in the order of the runs.
    pub(super) fn of(&self, records: &Records) -> Result<Replicates<D>> {
        let mismatch = || {
            Error::out_of_range(
                "record of a sample",
                "of another type or of another design",
                format!("one that gives a `{}`", type_name::<D>()),
                "give samples of different records different keys",
            )
        };
        let entries = records.get(self.sample_idx).ok_or_else(mismatch)?.iter();
        let read = |record: &Record| (self.read)(record.as_ref()).ok_or_else(mismatch);
        Ok(Replicates::assume_independent(entries.map(read).collect::<Result<_>>()?))
    }
}

/// The type of a sample's records, by which samples of one key are told apart when they differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RecordType(TypeId, pub &'static str);

impl RecordType {
    pub fn of<V: 'static>() -> Self {
        RecordType(TypeId::of::<V>(), type_name::<V>())
    }
}
