//! Subshells and processes: copies of the state that run in this thread or one of their own.

use std::sync::Arc;

use bstr::BString;
use sandbox_tools::{Stream, pipe};

use super::world::ProcessWorld;
use crate::machine::STACK_BYTES;
use crate::shell::{Flow, Shell, Stop};
use sandbox_script::List;

/// Added to the status of a process that a signal ended.
const BY_SIGNAL: i32 = 256;

/// What `$?` is for the recorded end of a process.
pub(crate) fn status_of(ended: i32) -> i32 {
    if ended >= BY_SIGNAL { ended - BY_SIGNAL + 128 } else { ended }
}

impl Shell {
    /// Runs a copy of the state in this thread: its status.
    pub(crate) fn run_copy(
        &mut self,
        mut copy: Self,
        run: impl FnOnce(&mut Self) -> Flow,
    ) -> Flow<i32> {
        self.deeper()?;
        copy.depth = self.depth;
        let result = run(&mut copy);
        let ended = copy.finish(result);
        self.depth -= 1;
        self.traps.pending.append(&mut copy.traps.pending);
        drop(copy);
        self.look_for_signal()?;
        Ok(status_of(ended))
    }

    /// Runs a copy of the state in a process of its own: its number.
    pub(crate) fn spawn(
        &mut self,
        mut copy: Self,
        run: impl FnOnce(&mut Self) -> Flow + Send + 'static,
    ) -> Flow<u32> {
        let args = vec![BString::from(&*self.name)];
        let ignored = copy.traps.ignored();
        let Some((pid, signals)) = self.machine.enter(self.pid, args, ignored) else {
            return self.cannot_fork();
        };
        copy.pid = pid;
        copy.interrupt = Arc::clone(&signals.interrupt);
        copy.signals = signals;
        copy.depth = 0;
        copy.traps.own_process();
        copy.world = ProcessWorld::of(&self.machine, pid);
        let machine = Arc::clone(&self.machine);
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(move || {
            let result = run(&mut copy);
            let ended = copy.finish(result);
            let machine = Arc::clone(&copy.machine);
            // Its descriptors are closed before anyone hears of its end.
            drop(copy);
            machine.ended(pid, ended);
        });
        if thread.is_err() {
            machine.ended(pid, 2);
            machine.reap(pid);
            return self.cannot_fork();
        }
        Ok(pid)
    }

    fn cannot_fork<T>(&mut self) -> Flow<T> {
        self.complain("Cannot fork");
        self.status = 2;
        Err(Stop::Exit)
    }

    /// The end of a process of the shell: its exit trap, and how it ended.
    pub(crate) fn finish(&mut self, result: Flow) -> i32 {
        let mut signal = match result {
            Err(Stop::Signal(signal)) => Some(signal),
            _ => None,
        };
        if (self.bash || signal.is_none())
            && let Some(action) = self.traps.action(0)
        {
            self.traps.set(0, None);
            if signal.is_some_and(|signal| signal != 9) {
                self.interrupt.clear();
            }
            self.tested = 1;
            let status = self.status;
            self.returns = 0;
            match self.run_action(&action) {
                Err(Stop::Exit) => {}
                Err(Stop::Signal(number)) => signal = Some(number),
                _ => self.status = status,
            }
        }
        match signal {
            Some(signal) => BY_SIGNAL + i32::from(signal),
            None => self.status & 0xff,
        }
    }

    /// Waits for the end of a process: its status.
    pub(crate) fn wait_for(&mut self, pid: u32) -> Flow<i32> {
        loop {
            match self.ended_or_signal(pid) {
                Some(ended) => return Ok(status_of(ended)),
                None => self.look_for_signal()?,
            }
        }
    }

    /// Waits for the end of a process, which is told, or for a signal to this one.
    pub(crate) fn ended_or_signal(&self, pid: u32) -> Option<i32> {
        loop {
            match self.machine.wait(&self.interrupt, None, |machine| machine.status(pid)) {
                Ok(Some(ended)) => {
                    self.machine.reap(pid);
                    return Some(ended);
                }
                Ok(None) => {}
                Err(_) => return None,
            }
        }
    }

    /// `<(list)` and `>(list)`: the name of a descriptor.
    pub(crate) fn process_substitution(&mut self, list: &Arc<List>, write: bool) -> Flow<Vec<u8>> {
        let (reader, writer) = pipe();
        let mut copy = self.copy();
        copy.tested = 0;
        let mine: Arc<dyn Stream> = if write {
            copy.fds.put(0, Some(reader));
            writer
        } else {
            copy.fds.put(1, Some(writer));
            reader
        };
        let list = Arc::clone(list);
        let pid = self.spawn(copy, move |copy| copy.run_list(&list))?;
        self.jobs.last_pid = Some(pid);
        let mut fd = 63;
        while self.fds.get(fd).is_some() && fd > 10 {
            fd -= 1;
        }
        self.fds.put(fd, Some(mine));
        self.process_fds.push(fd);
        Ok(format!("/dev/fd/{fd}").into_bytes())
    }

    /// Closes the descriptors of process substitutions made since there were `count`.
    pub(crate) fn close_process_fds(&mut self, count: usize) {
        for fd in self.process_fds.split_off(count.min(self.process_fds.len())) {
            self.fds.put(fd, None);
        }
    }
}
