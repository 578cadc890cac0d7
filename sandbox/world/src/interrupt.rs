//! How a process that blocks is told to stop.
//!
//! Each process has one [`Interrupt`]. Whoever waits on its behalf names the place of waiting by
//! [`Interrupt::watch`], looks at the flag, and only then waits: raising sets the flag first and wakes the place after,
//! so that no wake-up is lost.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use rustix::event::{EventfdFlags, eventfd};

/// A process was told to stop while it worked or waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interrupted;

impl std::fmt::Display for Interrupted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("interrupted")
    }
}

impl std::error::Error for Interrupted {}

/// A place where a process waits.
pub trait Wake: Send + Sync {
    /// Wakes whoever waits there, so that they look at their interrupts again.
    fn wake(&self);
}

/// The request to one process to stop, with the signal that asked for it.
#[derive(Default)]
pub struct Interrupt {
    /// 0 while nobody asked.
    signal: AtomicU8,
    place: Mutex<Option<Arc<dyn Wake>>>,
    sleeping: Condvar,
    asleep: Mutex<()>,
    /// For waits on descriptors of the host; made by the first of them.
    event: OnceLock<OwnedFd>,
}

impl std::fmt::Debug for Interrupt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Interrupt").field("signal", &self.signal()).finish_non_exhaustive()
    }
}

impl Interrupt {
    /// Makes one that nobody has raised.
    pub fn new() -> Arc<Self> {
        Arc::new(Self::default())
    }

    /// Asks the process to stop: what it waits for ends with `EINTR`, and so does all that it waits for later.
    ///
    /// The first signal counts, but for 9, which counts always.
    pub fn raise(&self, signal: u8) {
        let first = self.signal.compare_exchange(0, signal, Ordering::SeqCst, Ordering::SeqCst);
        if first.is_err() && signal == 9 {
            self.signal.store(9, Ordering::SeqCst);
        }
        let place = self.place.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(place) = place {
            place.wake();
        }
        drop(self.asleep.lock().unwrap_or_else(PoisonError::into_inner));
        self.sleeping.notify_all();
        if let Some(event) = self.event.get() {
            let _ = rustix::io::write(event, &1_u64.to_ne_bytes());
        }
    }

    /// Takes the request back, as a process does that has a handler for the signal; the signal that was raised.
    pub fn clear(&self) -> Option<u8> {
        let signal = self.signal.swap(0, Ordering::SeqCst);
        if let Some(event) = self.event.get() {
            let _ = rustix::io::read(event, &mut [0_u8; 8]);
        }
        (signal != 0).then_some(signal)
    }

    /// The signal that was raised, if one was.
    pub fn signal(&self) -> Option<u8> {
        let signal = self.signal.load(Ordering::SeqCst);
        (signal != 0).then_some(signal)
    }

    /// `EINTR` once the process is asked to stop; long loops look here.
    pub fn check(&self) -> io::Result<()> {
        if self.signal.load(Ordering::Relaxed) == 0 {
            Ok(())
        } else {
            Err(rustix::io::Errno::INTR.into())
        }
    }

    /// Has `place` woken when the interrupt is raised, until the answer is dropped.
    pub fn watch(&self, place: Arc<dyn Wake>) -> Watch<'_> {
        *self.place.lock().unwrap_or_else(PoisonError::into_inner) = Some(place);
        Watch(self)
    }

    /// Waits for `time`, or for ever; `EINTR` when raised before.
    pub fn sleep(&self, time: Option<Duration>) -> io::Result<()> {
        let guard = self.asleep.lock().unwrap_or_else(PoisonError::into_inner);
        let raised = || self.signal().is_some();
        if let Some(time) = time {
            let waited = self.sleeping.wait_timeout_while(guard, time, |()| !raised());
            drop(waited.unwrap_or_else(PoisonError::into_inner));
        } else {
            let waited = self.sleeping.wait_while(guard, |()| !raised());
            drop(waited.unwrap_or_else(PoisonError::into_inner));
        }
        self.check()
    }

    /// A descriptor that is readable once the interrupt is raised.
    pub(crate) fn event(&self) -> io::Result<&OwnedFd> {
        if self.event.get().is_none() {
            let made = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
            let _ = self.event.set(made);
        }
        let event = self.event.get().ok_or(rustix::io::Errno::BADF)?;
        self.check()?;
        Ok(event)
    }
}

/// A place that is watched; dropping it ends that.
pub struct Watch<'i>(&'i Interrupt);

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        *self.0.place.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
