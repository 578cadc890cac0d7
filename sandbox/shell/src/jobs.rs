//! Background jobs of one process.

use std::sync::Arc;

/// A job: its processes, the last of which gives its status.
#[derive(Clone)]
pub(crate) struct Job {
    pub(crate) number: usize,
    pub(crate) pids: Vec<u32>,
    pub(crate) text: Arc<[u8]>,
    pub(crate) status: Option<i32>,
}

/// The jobs, the oldest first.
#[derive(Clone, Default)]
pub(crate) struct Jobs {
    pub(crate) list: Vec<Job>,
    /// `$!`.
    pub(crate) last_pid: Option<u32>,
}

impl Jobs {
    /// A subshell has none of its own, but knows `$!`.
    pub(crate) fn for_subshell(&self) -> Self {
        Self { list: Vec::new(), last_pid: self.last_pid }
    }

    pub(crate) fn add(&mut self, pids: Vec<u32>, text: Arc<[u8]>) -> usize {
        let number = self.list.iter().map(|job| job.number).max().unwrap_or(0) + 1;
        self.last_pid = pids.last().copied();
        self.list.push(Job { number, pids, text, status: None });
        number
    }

    /// The job that `%1`, `%%`, `%+`, `%-` or `%text` means.
    pub(crate) fn find(&self, name: &[u8]) -> Option<usize> {
        let name = name.strip_prefix(b"%")?;
        match name {
            b"" | b"%" | b"+" => self.list.len().checked_sub(1),
            b"-" => self.list.len().checked_sub(2),
            _ => {
                let number = std::str::from_utf8(name).ok().and_then(|text| text.parse().ok());
                match number {
                    Some(number) => self.list.iter().position(|job| job.number == number),
                    None => self.list.iter().rposition(|job| job.text.starts_with(name)),
                }
            }
        }
    }

    /// The job that a process belongs to.
    pub(crate) fn of_pid(&self, pid: u32) -> Option<usize> {
        self.list.iter().position(|job| job.pids.last() == Some(&pid))
    }
}
