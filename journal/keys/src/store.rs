//! The store of keys: what the rest of the server sees.

use std::{
    collections::HashSet,
    fmt,
    path::PathBuf,
    sync::{
        Arc,
        mpsc::{SyncSender, sync_channel},
    },
    thread,
};

use journal_domain::{Ciphertext, KeyId, SealedEnvironment};
use zeroize::Zeroizing;

use crate::{
    DESTROYED, SEALED,
    cipher::Key,
    error::{KeyError, OpenError},
    keeper::{Job, Keeper, Kept, Places, Shared},
    slots::{self, Slots},
    wrapping,
};

/// Jobs that wait for the thread that writes; whoever destroys keys waits for the outcome anyway.
const JOBS_MAX: usize = 256;

/// Where keys are kept.
#[derive(Debug, Clone)]
pub struct KeyOptions {
    /// The directory of the keys; it is made with the first of them.
    pub keys: PathBuf,
    /// The file of the key that wraps them; it is made with the first of them where it is not there.
    pub wrapping: PathBuf,
}

/// What was found when the keys were opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KeyReport {
    /// Keys.
    pub keys: usize,
    /// Slots that were mended from their mirror.
    pub mended: usize,
    /// Slots that are damaged in both files.
    pub damaged: usize,
}

/// Keeps data keys, seals under them and opens what they sealed. A clone is the same store.
///
/// - A key that was taken is durable.
/// - What [`KeyStore::destroy`] returned for can be opened by nobody, after a crash neither.
/// - After a failed write no more keys are given; those that are there go on opening.
#[derive(Clone)]
pub struct KeyStore {
    shared: Arc<Shared>,
    /// None where keys live in memory alone.
    jobs: Option<SyncSender<Job>>,
    /// What is shown for a value that is not opened.
    mark: &'static str,
}

/// Keys whose files stay as they are for now.
#[derive(Debug)]
pub struct Held {
    _until: Option<SyncSender<()>>,
}

// === impl KeyStore ===

impl KeyStore {
    /// Opens the keys of a directory. It makes nothing where there are none yet.
    pub fn open(options: KeyOptions) -> Result<(Self, KeyReport), KeyError> {
        let shared = Arc::new(Shared::default());
        let mut report = KeyReport::default();
        let mut slots = None;
        if slots::exist(&options.keys) {
            let wrapping = wrapping::load(&options.wrapping)?.ok_or_else(|| {
                let (path, keys) = (options.wrapping.clone(), options.keys.clone());
                KeyError::WrappingMissing { path, keys }
            })?;
            let (opened, found) = Slots::open(&options.keys, wrapping, &options.wrapping)?;
            report.keys = found.keys.len();
            report.mended = found.mended;
            report.damaged = found.damaged;
            let kept = found.keys.into_iter().map(|(id, key, slot)| (id, Kept { key, slot }));
            shared.lock().keys.extend(kept);
            slots = Some(opened);
        }
        let places = Places { keys: options.keys, wrapping: options.wrapping };
        let keeper = Keeper { shared: Arc::clone(&shared), places: places.clone(), slots };
        let (jobs, queue) = sync_channel(JOBS_MAX);
        thread::Builder::new()
            .name("keys".into())
            .spawn(move || keeper.run(&queue))
            .map_err(|source| KeyError::File { verb: "writing", path: places.keys, source })?;
        Ok((Self { shared, jobs: Some(jobs), mark: DESTROYED }, report))
    }

    /// Makes a store whose keys are gone when it is dropped.
    pub fn ephemeral() -> Self {
        Self { shared: Arc::default(), jobs: None, mark: DESTROYED }
    }

    /// Makes a store without any key, for who shows what is sealed as that.
    pub fn closed() -> Self {
        Self { mark: SEALED, ..Self::ephemeral() }
    }

    pub(crate) const fn mark(&self) -> &'static str {
        self.mark
    }

    /// Takes a key that nothing is sealed under yet, where one is at hand. It blocks for nothing.
    pub fn try_take(&self) -> Option<KeyId> {
        let mut inside = self.shared.lock();
        let Some(jobs) = &self.jobs else {
            let mut bytes = [0; 16];
            crate::cipher::fill(&mut bytes);
            let id = KeyId::from_bytes(bytes);
            inside.keys.insert(id, Kept { key: Key::random(), slot: 0 });
            return Some(id);
        };
        let taken = inside.spares.pop();
        if inside.is_low() {
            // Where the queue is full, whoever takes the next key asks again.
            inside.filling = jobs.try_send(Job::Fill).is_ok();
        }
        taken
    }

    /// Takes a key that nothing is sealed under yet. It blocks for a sync where none is at hand.
    pub fn take(&self) -> Result<KeyId, KeyError> {
        loop {
            if let Some(id) = self.try_take() {
                return Ok(id);
            }
            let mut inside = self.shared.lock();
            while inside.filling {
                inside = self.shared.wait(inside);
            }
            let reason = inside.failure.clone().or_else(|| inside.shortage.take());
            if let Some(reason) = reason.filter(|_| inside.spares.is_empty()) {
                return Err(KeyError::Failed { reason });
            }
        }
    }

    /// Counts the keys that something may be sealed under: all but the spare ones.
    pub fn count(&self) -> usize {
        let inside = self.shared.lock();
        inside.keys.len() - inside.spares.len()
    }

    /// Tells whether a key is there.
    pub fn has(&self, key: KeyId) -> bool {
        self.shared.lock().keys.contains_key(&key)
    }

    /// Destroys keys; one that is not there is destroyed. It blocks for a sync, which others share.
    pub fn destroy(&self, keys: &[KeyId]) -> Result<(), KeyError> {
        let Some(jobs) = &self.jobs else {
            let mut inside = self.shared.lock();
            for id in keys {
                inside.keys.remove(id);
            }
            return Ok(());
        };
        let (done, outcome) = sync_channel(1);
        let sent = jobs.send(Job::Destroy(keys.to_vec(), Some(done)));
        let failed = |reason: &str| KeyError::Failed { reason: reason.to_owned() };
        sent.map_err(|_| failed("the thread that writes them has ended"))?;
        match outcome.recv() {
            Ok(Ok(())) => Ok(()),
            Ok(Err(reason)) => Err(failed(&reason)),
            Err(_) => Err(failed("the thread that writes them has ended")),
        }
    }

    /// Has the files stay as they are until what is returned is dropped: whoever destroys a key meanwhile waits.
    pub fn hold(&self) -> Result<Held, KeyError> {
        let Some(jobs) = &self.jobs else { return Ok(Held { _until: None }) };
        let ((begun, is_begun), (until, end)) = (sync_channel(1), sync_channel(1));
        let ended =
            || KeyError::Failed { reason: "the thread that writes them has ended".to_owned() };
        jobs.send(Job::Hold(begun, end)).map_err(|_| ended())?;
        is_begun.recv().map_err(|_| ended())?;
        Ok(Held { _until: Some(until) })
    }

    /// Has a key destroyed that came to nothing, some time; the next start does it where this does not.
    pub fn discard(&self, key: KeyId) {
        match &self.jobs {
            Some(jobs) => drop(jobs.try_send(Job::Destroy(vec![key], None))),
            None => drop(self.shared.lock().keys.remove(&key)),
        }
    }

    /// Destroys every key that is not among `live`, and tells how many there were and which of `live` are not there.
    pub fn sweep(&self, live: &HashSet<KeyId>) -> Result<(usize, Vec<KeyId>), KeyError> {
        let (stray, missing) = {
            let mut inside = self.shared.lock();
            inside.spares.clear();
            let stray: Vec<KeyId> =
                inside.keys.keys().filter(|id| !live.contains(id)).copied().collect();
            let missing = live.iter().filter(|id| !inside.keys.contains_key(id)).copied();
            (stray, missing.collect())
        };
        if !stray.is_empty() {
            self.destroy(&stray)?;
        }
        Ok((stray.len(), missing))
    }

    /// Seals a list of variables under a key.
    pub(crate) fn seal(
        &self,
        key: KeyId,
        places: Vec<u32>,
        mut plain: Zeroizing<Vec<u8>>,
    ) -> Result<SealedEnvironment, OpenError> {
        let found = self.key(key)?;
        let nonce = found.seal(key.as_bytes(), &mut plain);
        let ciphertext = Ciphertext::new(std::mem::take(&mut *plain));
        Ok(SealedEnvironment { key, places, nonce, ciphertext })
    }

    /// Opens what [`KeyStore::seal`] sealed.
    pub(crate) fn unseal(
        &self,
        sealed: &SealedEnvironment,
    ) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let found = self.key(sealed.key)?;
        let bytes = Zeroizing::new(sealed.ciphertext.as_bytes().to_vec());
        let opened = found.open(sealed.nonce, sealed.key.as_bytes(), bytes);
        opened.ok_or(OpenError::Broken(sealed.key))
    }

    fn key(&self, id: KeyId) -> Result<Key, OpenError> {
        let inside = self.shared.lock();
        inside.keys.get(&id).map(|kept| kept.key.clone()).ok_or(OpenError::NoKey(id))
    }
}

impl fmt::Debug for KeyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyStore").field("keys", &self.shared.lock().keys.len()).finish()
    }
}

#[cfg(test)]
mod tests;
