//! Changes of samples.

use fastrand::Rng;

/// Changes of one input at most: few, so that most of it is still what a decoder knows.
const CHANGES_MAX: usize = 4;

/// Bytes that one change takes away, repeats or adds at most.
const RANGE_BYTES_MAX: usize = 64;

/// Numbers at which decoders go wrong: the ends of types, and one beside them.
const EDGES: [u64; 10] =
    [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0xffff_ffff, u64::MAX];

/// Changes one of `samples` in one to four places.
pub fn mutate(samples: &[Vec<u8>], rng: &mut Rng) -> Vec<u8> {
    let mut bytes = rng.choice(samples).cloned().unwrap_or_default();
    for _ in 0..rng.usize(1..=CHANGES_MAX) {
        change(&mut bytes, samples, rng);
    }
    bytes
}

fn change(bytes: &mut Vec<u8>, samples: &[Vec<u8>], rng: &mut Rng) {
    let at = rng.usize(..=bytes.len());
    let end = (at + rng.usize(1..=RANGE_BYTES_MAX)).min(bytes.len());
    match rng.u8(..9) {
        0 | 1 if at < bytes.len() => bytes[at] ^= 1 << rng.u8(..8),
        2 if at < bytes.len() => bytes[at] = rng.u8(..),
        3 => {
            let number = rng.choice(EDGES).unwrap_or_default().to_le_bytes();
            let width = *rng.choice(&[1, 2, 4, 8]).unwrap_or(&1);
            let room = bytes.len().saturating_sub(at).min(width);
            bytes[at..at + room].copy_from_slice(&number[..room]);
        }
        4 => bytes.truncate(at),
        5 => drop(bytes.drain(at..end)),
        6 => {
            let again = bytes[at..end].to_vec();
            bytes.splice(at..at, again);
        }
        7 => bytes[at..end].fill(0),
        _ => {
            // A piece of another sample.
            let other = rng.choice(samples).map_or(&[][..], Vec::as_slice);
            let from = rng.usize(..=other.len());
            let until = (from + rng.usize(1..=RANGE_BYTES_MAX)).min(other.len());
            bytes.splice(at..at, other[from..until].iter().copied());
        }
    }
}
