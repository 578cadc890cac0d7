//! The limit of a program's memory.

use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::FileExt as _;

use wasmtime::{Error, ResourceLimiter, Result};

/// The exit code of a container that was killed for want of memory, as Docker has it.
const CODE_OUT_OF_MEMORY: i32 = 137;

/// Elements of a table. What programs that C compilers make have in theirs are their functions; the largest have some
/// hundred thousand.
const TABLE_ELEMENTS_MAX: usize = 4 << 20;

/// The kernel's numbers have twenty digits at most.
const LIMIT_TEXT_BYTES: usize = 32;

/// Holds a program to the memory of its container.
///
/// The control group counts pages that were touched; this counts what was asked for, which a program that grows beyond the
/// limit is ended for at once, as Docker's users know it: with 137, and `OOMKilled`.
#[derive(Debug)]
pub(crate) struct Memory {
    /// The control group's own file, read anew each time: `docker update` changes it.
    limit: File,
    out_of_memory: File,
    used_bytes: usize,
    /// What was allowed last, which the kernel may refuse yet.
    granted_bytes: usize,
}

// === impl Memory ===

impl Memory {
    pub(crate) fn new(limit: File, out_of_memory: File) -> Self {
        Self { limit, out_of_memory, used_bytes: 0, granted_bytes: 0 }
    }

    /// Gives the limit, if there is one.
    fn limit_bytes(&self) -> Option<u64> {
        let mut text = [0; LIMIT_TEXT_BYTES];
        let count = self.limit.read_at(&mut text, 0).ok()?;
        // Version 2 says `max` where there is none.
        str::from_utf8(&text[..count]).ok()?.trim().parse().ok()
    }

    fn end(&mut self) -> ! {
        // A shim that is gone has nobody to tell.
        drop(self.out_of_memory.write_all(&1_u64.to_ne_bytes()));
        std::process::exit(CODE_OUT_OF_MEMORY)
    }
}

impl ResourceLimiter for Memory {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let granted = desired.saturating_sub(current);
        let used = self.used_bytes.saturating_add(granted);
        if self.limit_bytes().is_some_and(|limit| used as u64 > limit) {
            self.end();
        }
        (self.used_bytes, self.granted_bytes) = (used, granted);
        Ok(true)
    }

    fn memory_grow_failed(&mut self, _error: Error) -> Result<()> {
        self.used_bytes = self.used_bytes.saturating_sub(self.granted_bytes);
        self.granted_bytes = 0;
        Ok(())
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool> {
        Ok(desired <= maximum.unwrap_or(TABLE_ELEMENTS_MAX).min(TABLE_ELEMENTS_MAX))
    }
}
