//! Whose output is sent elsewhere.
//!
//! A container is followed from before its first run begins: from then on its output is held open, so that its removal does
//! not take what is not sent yet. Across a restart of the server that is kept by notes.

use std::{
    collections::BTreeMap,
    fmt, fs, io,
    os::unix::fs::DirBuilderExt as _,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use backends_core::{Backend, Follower, Output, Workload};
use backends_logs::LogReader;
use jiff::tz::TimeZone;
use journal_domain::{ContainerId, Logging, LoggingDriver, Syslog};
use projector_containers::Containers;
use projector_engine::Handle;
use tokio::sync::watch;

use crate::{
    message::{Sender, clean_tag},
    note::Note,
    receiver::Admits,
    stream::Stream,
};

/// The mode of the folder of notes: options may name what others need not know.
const PRIVATE: u32 = 0o700;

/// Gives the tag of a container's messages.
pub type TagOf = Arc<dyn Fn(&Workload, &Logging) -> String + Send + Sync>;

/// What a forwarder is told of its host.
#[derive(Clone)]
pub struct ForwardOptions {
    /// Where its notes are.
    pub folder: PathBuf,
    /// Where the backend has the output of removed containers, until somebody cleans up there.
    pub removed: PathBuf,
    /// The host's name.
    pub hostname: String,
    /// The zone of times.
    pub zone: TimeZone,
    /// What messages are tagged with.
    pub tag: TagOf,
    /// Where they may go.
    pub admits: Admits,
}

/// Sends output elsewhere.
pub struct Forwarder(Arc<Shared>);

/// What the tasks of all containers have in common.
pub(crate) struct Shared {
    pub(crate) options: ForwardOptions,
    pub(crate) sender: Sender,
    pub(crate) handle: Handle<Containers>,
    backend: Arc<dyn Backend>,
    /// The tags of those that have a task.
    streams: Mutex<BTreeMap<ContainerId, Tag>>,
}

/// A tag that the next run may change.
pub(crate) type Tag = Arc<Mutex<String>>;

// === impl Forwarder ===

impl Forwarder {
    /// Goes on with what the last server has not sent. It is to be called before the backend cleans up.
    pub fn start(
        options: ForwardOptions,
        handle: Handle<Containers>,
        backend: Arc<dyn Backend>,
    ) -> io::Result<Self> {
        fs::DirBuilder::new().recursive(true).mode(PRIVATE).create(&options.folder)?;
        let sender = Sender {
            hostname: options.hostname.clone(),
            process: std::process::id(),
            zone: options.zone.clone(),
        };
        let streams = Mutex::default();
        let shared = Arc::new(Shared { options, sender, handle, backend, streams });
        for id in Note::list(&shared.options.folder)? {
            if let Err(error) = shared.go_on(id) {
                tracing::warn!(container = %id, %error, "the rest of its output is not sent");
            }
        }
        Ok(Self(shared))
    }
}

impl Follower for Forwarder {
    fn begins(&self, workload: &Workload) {
        let logging = workload.options.as_ref().and_then(|options| options.logging.as_ref());
        let Some(logging) = logging.filter(|logging| logging.driver == LoggingDriver::Syslog)
        else {
            return;
        };
        let id = workload.run.container;
        let tag = clean_tag(&(self.0.options.tag)(workload, logging));
        if let Err(error) = self.0.begin(id, logging, tag) {
            tracing::error!(container = %id, %error, "its output is not sent");
        }
    }
}

impl fmt::Debug for Forwarder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Forwarder").field("folder", &self.0.options.folder).finish_non_exhaustive()
    }
}

// === impl Shared ===

impl Shared {
    /// The folder that the output of a removed container is in while it is sent by a later server.
    pub(crate) fn left(&self, id: ContainerId) -> PathBuf {
        self.options.folder.join(id.to_string())
    }

    /// Notes that a container has no task any more.
    pub(crate) fn leave(&self, id: ContainerId) {
        self.streams().remove(&id);
    }

    /// Forgets a container all of whose output is sent, or given up.
    pub(crate) fn forget(&self, id: ContainerId) {
        let removed = Note::remove(&self.options.folder, id).and_then(|()| {
            let left = self.left(id);
            if left.exists() { fs::remove_dir_all(left) } else { Ok(()) }
        });
        if let Err(error) = removed {
            tracing::warn!(container = %id, %error, "the note of sent output stays");
        }
    }

    fn begin(self: &Arc<Self>, id: ContainerId, logging: &Logging, tag: String) -> io::Result<()> {
        if let Some(known) = self.streams().get(&id) {
            *known.lock().unwrap_or_else(PoisonError::into_inner) = tag;
            return Ok(());
        }
        let folder = &self.options.folder;
        // One that is there is of a task that could not read on.
        let note = Note::read(folder, id)?;
        let note = note.unwrap_or_else(|| Note::fresh(logging.options.clone(), tag));
        // It is there before the run is: a server after this one has to know of it.
        note.write(folder, id)?;
        let output = self.backend.output(id).map_err(io::Error::other)?;
        self.follow(id, note, output)
    }

    /// Goes on with a container that a server before this one has begun with.
    fn go_on(self: &Arc<Self>, id: ContainerId) -> io::Result<()> {
        let folder = &self.options.folder;
        let Some(note) = Note::read(folder, id)? else { return Ok(()) };
        let (left, trash) = (self.left(id), self.options.removed.join(id.to_string()));
        if trash.exists() {
            fs::rename(trash, &left)?;
        }
        if left.exists() {
            let reader = LogReader::open(&left).map_err(io::Error::other)?;
            // Nobody writes to it any more.
            let (_, grown) = watch::channel(0);
            return self.follow(id, note, Output { reader, grown });
        }
        if self.handle.snapshot().state.container(&id).is_none() {
            return Note::remove(folder, id);
        }
        let output = self.backend.output(id).map_err(io::Error::other)?;
        self.follow(id, note, output)
    }

    fn follow(self: &Arc<Self>, id: ContainerId, note: Note, output: Output) -> io::Result<()> {
        let syslog = Syslog::read(&note.options).map_err(io::Error::other)?;
        let tag = Arc::new(Mutex::new(note.tag.clone()));
        self.streams().insert(id, Arc::clone(&tag));
        tokio::spawn(Stream::new(Arc::clone(self), id, note, syslog, tag).run(output));
        Ok(())
    }

    fn streams(&self) -> MutexGuard<'_, BTreeMap<ContainerId, Tag>> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
