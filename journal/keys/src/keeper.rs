//! The thread that writes: what is asked for meanwhile shares one sync.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        mpsc::{Receiver, SyncSender},
    },
};

use journal_domain::KeyId;

use crate::{
    cipher::{self, Key},
    error::KeyError,
    slots::{self, SLOTS_MAX, Slots},
    wrapping,
};

/// Spare keys that are made ahead.
///
/// At the highest rate of durable creates that was measured it is the twentieth of a second; making half of them
/// takes a few milliseconds.
pub(crate) const SPARES: usize = 1024;

/// Spare keys below which more are made.
const SPARES_LOW: usize = SPARES / 2;

/// What is done together at most.
const GROUP_MAX: usize = 256;

/// What all hold together.
#[derive(Default)]
pub(crate) struct Shared {
    inside: Mutex<Inside>,
    changed: Condvar,
}

/// Keys in memory.
#[derive(Default)]
pub(crate) struct Inside {
    pub(crate) keys: HashMap<KeyId, Kept>,
    pub(crate) spares: Vec<KeyId>,
    /// Whether more spares are asked for already.
    pub(crate) filling: bool,
    /// Why the last try to make more came to nothing.
    pub(crate) shortage: Option<String>,
    /// Why nothing is written any more.
    pub(crate) failure: Option<String>,
}

/// A key and its slot.
pub(crate) struct Kept {
    pub(crate) key: Key,
    pub(crate) slot: u32,
}

/// What the thread is asked for.
pub(crate) enum Job {
    /// More spare keys.
    Fill,
    /// The end of some keys, and who waits for it.
    Destroy(Vec<KeyId>, Option<SyncSender<Result<(), String>>>),
    /// Nothing, from when the first is told until the other end of the second is gone.
    Hold(SyncSender<()>, Receiver<()>),
}

/// Where the keys are, and where what wraps them is.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    pub(crate) keys: PathBuf,
    pub(crate) wrapping: PathBuf,
}

/// The thread's own.
pub(crate) struct Keeper {
    pub(crate) shared: Arc<Shared>,
    pub(crate) places: Places,
    /// The files, once there are any.
    pub(crate) slots: Option<Slots>,
}

// === impl Shared ===

impl Shared {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a change of what is inside.
    pub(crate) fn wait<'g>(&self, inside: MutexGuard<'g, Inside>) -> MutexGuard<'g, Inside> {
        self.changed.wait(inside).unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    /// Tells whether more spares should be made.
    pub(crate) fn is_low(&self) -> bool {
        self.spares.len() < SPARES_LOW && !self.filling && self.failure.is_none()
    }
}

// === impl Keeper ===

impl Keeper {
    /// Works until nobody can ask for anything any more.
    pub(crate) fn run(mut self, jobs: &Receiver<Job>) {
        while let Ok(first) = jobs.recv() {
            let mut fill = false;
            let mut destroyed = Vec::new();
            let mut waiting = Vec::new();
            let mut holding = Vec::new();
            for job in std::iter::once(first).chain(jobs.try_iter()).take(GROUP_MAX) {
                match job {
                    Job::Fill => fill = true,
                    Job::Destroy(keys, waiter) => {
                        destroyed.extend(keys);
                        waiting.extend(waiter);
                    }
                    Job::Hold(begun, until) => holding.push((begun, until)),
                }
            }
            let done = self.group(fill, &destroyed);
            self.shared.changed.notify_all();
            for waiter in waiting {
                // Whoever asked has gone; the keys have gone too.
                let _ = waiter.send(done.clone());
            }
            for (begun, until) in holding {
                if begun.send(()).is_ok() {
                    // Nothing is sent: it ends when whoever holds the keys lets go of them.
                    let _ = until.recv();
                }
            }
        }
    }

    fn group(&mut self, fill: bool, destroyed: &[KeyId]) -> Result<(), String> {
        let failure = self.shared.lock().failure.clone();
        let done = match failure {
            Some(reason) => Err(reason),
            None => self.write(fill, destroyed).map_err(|error| chain(&error)),
        };
        let mut inside = self.shared.lock();
        if fill {
            inside.filling = false;
        }
        if let Err(reason) = &done
            && inside.failure.is_none()
        {
            // A sync that failed is not tried again: what it left behind is not known.
            tracing::error!(reason, "keys cannot be kept");
            inside.failure = Some(reason.clone());
        }
        done
    }

    fn write(&mut self, fill: bool, destroyed: &[KeyId]) -> Result<(), KeyError> {
        let mut made = if fill { self.spares() } else { Vec::new() };
        let Some(slots) = &mut self.slots else { return Ok(()) };
        let cleared = self.shared.lock().forget(destroyed);
        slots.clear(&cleared)?;
        let room = slots.room();
        if room < made.len() {
            made.truncate(room);
            let shortage = KeyError::Full { count: SLOTS_MAX as usize };
            self.shared.lock().shortage = Some(shortage.to_string());
        }
        let taken = slots.add(&made)?;
        slots.sync()?;
        let mut inside = self.shared.lock();
        for ((id, key), slot) in made.into_iter().zip(taken) {
            inside.keys.insert(id, Kept { key, slot });
            inside.spares.push(id);
        }
        Ok(())
    }

    /// Makes spare keys, and before the first of them what they are kept in.
    fn spares(&mut self) -> Vec<(KeyId, Key)> {
        if self.slots.is_none() {
            match open(&self.places) {
                Ok(slots) => self.slots = Some(slots),
                // Nothing was lost: whoever asks next has it tried again.
                Err(error) => {
                    self.shared.lock().shortage = Some(chain(&error));
                    return Vec::new();
                }
            }
        }
        let wanted = SPARES.saturating_sub(self.shared.lock().spares.len());
        (0..wanted).map(|_| (random_id(), Key::random())).collect()
    }
}

impl Inside {
    /// Takes keys out of memory, and gives the slots of those that were there.
    fn forget(&mut self, keys: &[KeyId]) -> Vec<u32> {
        keys.iter().filter_map(|id| self.keys.remove(id)).map(|kept| kept.slot).collect()
    }
}

/// Makes the files of keys, and the key that wraps them where there is none.
fn open(places: &Places) -> Result<Slots, KeyError> {
    let wrapping = match wrapping::load(&places.wrapping)? {
        Some(key) => key,
        None => {
            let made = wrapping::make(&places.wrapping)?;
            tracing::info!(file = %places.wrapping.display(), "the key that wraps all others is made: keep a copy of it");
            made
        }
    };
    slots::Slots::make(&places.keys, wrapping)
}

fn random_id() -> KeyId {
    let mut bytes = [0; 16];
    cipher::fill(&mut bytes);
    KeyId::from_bytes(bytes)
}

/// Puts an error and its causes into one line.
fn chain(error: &KeyError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}
