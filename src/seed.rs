//! A tree of named, portable random streams.
//!
//! A stream is reached by its path of names and indices from the root, so that adding a draw
//! somewhere moves no other stream, and a result depends neither on the order of work nor on the
//! number of threads. The generator is PCG XSL RR 128/64 (O'Neill 2014), documented as portable.

use rand_pcg::Pcg64;

/// A node of the tree: knows its children by name or index and can open its own stream.
///
/// ```
/// use feature_contamination::seed::Seed;
/// let batches = Seed::root(7).child("batch");
/// assert_ne!(batches.index(0), batches.index(1));
/// assert_eq!(batches.index(3), Seed::root(7).child("batch").index(3));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Seed {
    key: u128,
}

impl Seed {
    /// The root of the tree for one number, as given by `--seed`.
    pub fn root(number: u64) -> Self {
        Seed { key: 0 }.derive(ROOT_TAG, &number.to_le_bytes())
    }

    /// The child of this name.
    pub fn child(self, name: &str) -> Self {
        self.derive(NAME_TAG, name.as_bytes())
    }

    /// The child of this index. An index and a name never meet.
    pub fn index(self, index: usize) -> Self {
        self.derive(INDEX_TAG, &(index as u64).to_le_bytes())
    }

    /// The random stream of this node.
    ///
    /// ```
    /// use feature_contamination::seed::Seed;
    /// use rand::RngExt;
    ///
    /// let draw = || Seed::root(7).child("batch").index(3).rng().random::<f64>();
    /// assert_eq!(draw(), draw());
    /// ```
    pub fn rng(self) -> Pcg64 {
        Pcg64::new(self.derive(STATE_TAG, &[]).key, self.derive(STREAM_TAG, &[]).key)
    }

    /// FNV-1a over the bytes from a state that holds the parent's key, finished so that every bit
    /// of the parent, the tag and the bytes reaches every bit of the child.
    fn derive(self, tag: u8, bytes: &[u8]) -> Self {
        let mut hash = FNV_OFFSET ^ self.key;
        for byte in std::iter::once(tag).chain(bytes.iter().copied()) {
            hash = (hash ^ u128::from(byte)).wrapping_mul(FNV_PRIME);
        }
        let high = mix64((hash >> 64) as u64 ^ (hash as u64).rotate_left(32));
        let low = mix64((hash as u64) ^ high);
        let high = mix64(high ^ low.rotate_left(17));
        Seed { key: (u128::from(high) << 64) | u128::from(low) }
    }
}

const ROOT_TAG: u8 = 0;
const NAME_TAG: u8 = 1;
const INDEX_TAG: u8 = 2;
const STATE_TAG: u8 = 3;
const STREAM_TAG: u8 = 4;

/// Offset basis and prime of the 128-bit FNV-1a hash (Fowler, Noll, Vo).
const FNV_OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
const FNV_PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

/// The finaliser of SplitMix64 (Stafford's variant 13).
fn mix64(mut word: u64) -> u64 {
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;
    use std::collections::HashSet;

    #[test]
    fn paths_that_differ_anywhere_open_different_streams() {
        let mut first_words = HashSet::new();
        for root in 0..8 {
            for name in ["start", "batch", "test"] {
                for index in 0..64 {
                    let seed = Seed::root(root).child(name).index(index);
                    assert!(first_words.insert(seed.rng().next_u64()));
                }
            }
        }
    }

    #[test]
    fn a_name_never_meets_an_index() {
        let name = String::from_utf8(5_u64.to_le_bytes().to_vec()).unwrap();
        assert_ne!(Seed::root(1).child(&name), Seed::root(1).index(5));
    }

    #[test]
    fn bits_of_sibling_streams_are_balanced() {
        let n_streams = 4096;
        let ones: u32 =
            (0..n_streams).map(|i| Seed::root(3).index(i).rng().next_u64().count_ones()).sum();
        // 64 * 4096 fair bits: standard deviation 256; six of them.
        assert!((f64::from(ones) - 32.0 * n_streams as f64).abs() < 6.0 * 256.0);
    }
}
