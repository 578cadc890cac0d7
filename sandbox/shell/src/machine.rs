//! The processes of one run of the shell: numbers, ends, signals, limits.
//!
//! A process is a thread of this process of the host. The machine keeps a record of each until its parent has asked for its
//! end, and wakes those who wait.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bstr::BString;
use rustix::io::Errno;
use sandbox_tools::{Interrupt, ProcessInfo, Wake, World};

/// Processes at once: what a busy build script may need, far below what threads the host allows.
pub(crate) const PROCESSES_MAX: usize = 512;

/// Functions, sourced files, evals and subshells inside one another.
pub(crate) const DEPTH_MAX: usize = 1000;

/// Room for [`DEPTH_MAX`]; it is reserved, not taken: a process that does little touches a few pages.
pub(crate) const STACK_BYTES: usize = if cfg!(debug_assertions) { 256 << 20 } else { 64 << 20 };

/// What all processes of one run share.
pub(crate) struct Machine {
    pub(crate) world: Arc<dyn World>,
    pub(crate) processes_max: usize,
    table: Mutex<Table>,
    changed: Arc<Changed>,
}

#[derive(Default)]
struct Table {
    last_pid: u32,
    processes: BTreeMap<u32, Record>,
}

struct Record {
    parent: u32,
    args: Vec<BString>,
    signals: Arc<Signals>,
    /// Its status once it has ended.
    ended: Option<i32>,
}

/// How a process is reached by signals.
#[derive(Default)]
pub(crate) struct Signals {
    pub(crate) interrupt: Arc<Interrupt>,
    /// A bit for each signal it ignores.
    pub(crate) ignored: AtomicU64,
}

/// Where those wait who wait for the end of a process.
#[derive(Default)]
pub(crate) struct Changed {
    lock: Mutex<()>,
    condition: Condvar,
}

impl Wake for Changed {
    fn wake(&self) {
        drop(self.lock.lock().unwrap_or_else(PoisonError::into_inner));
        self.condition.notify_all();
    }
}

impl Machine {
    pub(crate) fn new(world: Arc<dyn World>, processes_max: usize) -> Arc<Self> {
        let table = Table { last_pid: world.pid(), processes: BTreeMap::new() };
        let changed = Arc::default();
        Arc::new(Self { world, processes_max, table: Mutex::new(table), changed })
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a record of the first process.
    pub(crate) fn root(&self, args: Vec<BString>, interrupt: Arc<Interrupt>) -> Arc<Signals> {
        let signals = Arc::new(Signals { interrupt, ..Signals::default() });
        let record = Record { parent: 0, args, signals: Arc::clone(&signals), ended: None };
        self.table().processes.insert(self.world.pid(), record);
        signals
    }

    /// Makes a record of a new process; none where there are too many.
    pub(crate) fn enter(
        &self,
        parent: u32,
        args: Vec<BString>,
        ignored: u64,
    ) -> Option<(u32, Arc<Signals>)> {
        let signals = Arc::new(Signals { ignored: ignored.into(), ..Signals::default() });
        let mut table = self.table();
        let running = table.processes.values().filter(|record| record.ended.is_none()).count();
        if running >= self.processes_max {
            return None;
        }
        table.last_pid += 1;
        let pid = table.last_pid;
        let record = Record { parent, args, signals: Arc::clone(&signals), ended: None };
        table.processes.insert(pid, record);
        Some((pid, signals))
    }

    /// Keeps the status of a process that has ended.
    pub(crate) fn ended(&self, pid: u32, status: i32) {
        let mut table = self.table();
        if let Some(record) = table.processes.get_mut(&pid) {
            record.ended = Some(status);
        }
        // Nobody asks for the ends of processes whose parent has gone.
        let orphans: Vec<u32> = table
            .processes
            .iter()
            .filter(|(_, record)| record.parent == pid && record.ended.is_some())
            .map(|(pid, _)| *pid)
            .collect();
        for orphan in orphans {
            table.processes.remove(&orphan);
        }
        drop(table);
        self.changed.wake();
    }

    /// The status of a process, once it has ended.
    pub(crate) fn status(&self, pid: u32) -> Option<i32> {
        self.table().processes.get(&pid).map_or(Some(127), |record| record.ended)
    }

    /// Forgets a process that has ended.
    pub(crate) fn reap(&self, pid: u32) {
        let mut table = self.table();
        if table.processes.get(&pid).is_some_and(|record| record.ended.is_some()) {
            table.processes.remove(&pid);
        }
    }

    /// Waits until `done` answers; `EINTR` once the interrupt is raised.
    pub(crate) fn wait<T>(
        &self,
        interrupt: &Interrupt,
        time: Option<Duration>,
        mut done: impl FnMut(&Self) -> Option<T>,
    ) -> io::Result<Option<T>> {
        let place: Arc<dyn Wake> = self.changed.clone();
        let _watch = interrupt.watch(place);
        let deadline = time.map(|time| self.world.elapsed() + time);
        loop {
            let guard = self.changed.lock.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(value) = done(self) {
                return Ok(Some(value));
            }
            interrupt.check()?;
            match deadline {
                None => drop(self.changed.condition.wait(guard)),
                Some(deadline) => {
                    let left = deadline.saturating_sub(self.world.elapsed());
                    if left.is_zero() {
                        return Ok(None);
                    }
                    drop(self.changed.condition.wait_timeout(guard, left));
                }
            }
        }
    }

    /// Sends a signal as `kill` does: to a process, or to all but the sender's where `pid` is not positive.
    pub(crate) fn kill(&self, from: u32, pid: i64, signal: u8) -> io::Result<()> {
        let chosen = |number: u32| match pid {
            -1 => number != from,
            0 => true,
            pid => i64::from(number) == pid.abs(),
        };
        // Raising wakes those who wait, and they look into the table.
        let targets: Vec<_> = self
            .table()
            .processes
            .iter()
            .filter(|(number, _)| chosen(**number))
            .map(|(_, record)| (Arc::clone(&record.signals), record.ended.is_none()))
            .collect();
        let found = !targets.is_empty();
        for (signals, _) in targets.iter().filter(|(_, runs)| *runs) {
            deliver(signals, signal);
        }
        if found { Ok(()) } else { self.world.kill(pid, signal).map_err(|_| Errno::SRCH.into()) }
    }

    /// Ends all processes but the first.
    pub(crate) fn end_all(&self, but: u32) {
        let _ = self.kill(but, -1, 9);
    }

    pub(crate) fn processes(&self) -> Vec<ProcessInfo> {
        let uid = self.world.identity().uid;
        self.table()
            .processes
            .iter()
            .filter(|(_, record)| record.ended.is_none())
            .map(|(pid, record)| ProcessInfo {
                pid: *pid,
                parent: record.parent,
                uid,
                args: record.args.clone(),
                used: Duration::ZERO,
            })
            .collect()
    }
}

fn deliver(signals: &Signals, signal: u8) {
    match signal {
        // 0 only asks whether it is there; nothing here can be halted and go on; the others are passed over.
        0 | 17..=23 | 28 => {}
        signal if signal < 64 && signals.ignored.load(Ordering::SeqCst) >> signal & 1 == 1 => {}
        signal => signals.interrupt.raise(signal),
    }
}
