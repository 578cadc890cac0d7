//! What a power cut leaves of the operations that no sync has made safe.

use std::collections::BTreeSet;
use std::ffi::OsString;

use crate::image::{Image, Ino, Op};

/// Bytes that a disk writes whole or not at all.
const SECTOR_BYTES: usize = 512;

/// How much a power cut leaves of what is pending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Nothing.
    Nothing,
    /// The first operations in their order; the last of them is torn where it is a write.
    Beginning,
    /// Any of them, in no order, with writes torn; names keep their own order.
    Any,
    /// Everything, as when only the process was killed.
    Everything,
}

impl Cut {
    /// Draws one; those that lose something come more often.
    pub fn draw(random: &mut fastrand::Rng) -> Self {
        match random.u8(..8) {
            0 | 1 => Self::Nothing,
            2 | 3 => Self::Beginning,
            4..=6 => Self::Any,
            _ => Self::Everything,
        }
    }

    /// Adds to a durable image what the cut leaves.
    pub(crate) fn keep(self, image: &mut Image, pending: &[Op], random: &mut fastrand::Rng) {
        match self {
            Self::Nothing => {}
            Self::Beginning => {
                let whole = random.usize(..=pending.len());
                pending[..whole].iter().for_each(|op| image.apply(op));
                if let Some(Op::Write { ino, offset, bytes }) = pending.get(whole) {
                    let end = sectors(*offset, bytes.len());
                    let written = end.get(random.usize(..end.len())).map_or(0, |end| end.0);
                    image.write(*ino, *offset, &bytes[..written]);
                }
            }
            Self::Any => keep_any(image, pending, random),
            Self::Everything => pending.iter().for_each(|op| image.apply(op)),
        }
    }
}

/// Keeps each operation by chance. A name that has missed one change misses all that follow, for a folder's names
/// are written in order by every file system.
fn keep_any(image: &mut Image, pending: &[Op], random: &mut fastrand::Rng) {
    let share = random.f64();
    let mut stale: BTreeSet<(Ino, &OsString)> = BTreeSet::new();
    for op in pending {
        let is_kept = random.f64() < share;
        match op {
            Op::Write { ino, offset, bytes } if is_kept => {
                let is_torn = random.bool();
                for (begin, end) in sectors(*offset, bytes.len()) {
                    if !is_torn || random.bool() {
                        image.write(*ino, *offset + begin as u64, &bytes[begin..end]);
                    }
                }
            }
            Op::Write { .. } => {}
            Op::Resize { .. } if is_kept => image.apply(op),
            Op::Resize { .. } => {}
            Op::Name(names) => {
                let is_stale =
                    names.iter().any(|(folder, name, _)| stale.contains(&(*folder, name)));
                if is_kept && !is_stale {
                    image.apply(op);
                } else {
                    stale.extend(names.iter().map(|(folder, name, _)| (*folder, name)));
                }
            }
        }
    }
}

/// Divides a write at the bounds of sectors: beginnings and ends among its bytes.
fn sectors(offset: u64, count: usize) -> Vec<(usize, usize)> {
    let first = SECTOR_BYTES - (offset % SECTOR_BYTES as u64) as usize;
    let mut bounds = vec![0];
    bounds.extend((first..count).step_by(SECTOR_BYTES));
    bounds.push(count);
    bounds.windows(2).map(|pair| (pair[0], pair[1])).collect()
}

#[cfg(test)]
mod tests;
