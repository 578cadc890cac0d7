//! What is known of the processes beside the server, in its data directory.

use std::{
    fs::{self, File},
    io::{self, Read as _, Seek as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::shim::{kill_process, open_process};

/// The name of the record.
const FILE: &str = "namespaces.json";

/// Which field of `/proc/PID/stat` has the time of its start, counted from the one after the name.
const STARTED_FIELD: usize = 19;

/// The processes beside the server.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Record {
    /// The one that keeps the namespaces.
    pub(super) keeper: Option<Living>,
    /// The one that carries packets out of them.
    pub(super) way_out: Option<Living>,
}

/// A process that was alive, told apart from later ones of the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Living {
    pub(super) pid: u32,
    /// When it began, in the kernel's ticks since the host did.
    started_ticks: u64,
}

// === impl Record ===

impl Record {
    pub(super) fn path(data: &Path) -> PathBuf {
        data.join(FILE)
    }

    pub(super) fn open(data: &Path) -> io::Result<File> {
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        options.open(Self::path(data))
    }

    /// Reads it. One that was cut short names nobody: what it was about is made anew.
    pub(super) fn read(mut file: &File) -> Self {
        let mut text = Vec::new();
        let read = file.rewind().and_then(|()| file.read_to_end(&mut text));
        read.ok().and_then(|_| serde_json::from_slice(&text).ok()).unwrap_or_default()
    }

    pub(super) fn write(&self, mut file: &File) -> io::Result<()> {
        let text = serde_json::to_vec(self)?;
        file.rewind()?;
        file.write_all(&text)?;
        file.set_len(text.len() as u64)
    }
}

// === impl Living ===

impl Living {
    /// Notes a process that lives.
    pub(super) fn of(pid: u32) -> io::Result<Self> {
        Ok(Self { pid, started_ticks: started_ticks(pid)? })
    }

    /// Tells whether it still does.
    pub(super) fn lives(&self) -> bool {
        started_ticks(self.pid).is_ok_and(|ticks| ticks == self.started_ticks)
    }

    /// Names one of the namespaces that it is in.
    pub(super) fn namespace(&self, kind: &str) -> PathBuf {
        format!("/proc/{}/ns/{kind}", self.pid).into()
    }

    /// Kills it, if it still lives.
    pub(super) fn kill(&self) -> io::Result<()> {
        match open_process(self.pid)? {
            // What is open now is what lived then.
            Some(process) if self.lives() => Ok(kill_process(&process)?),
            _ => Ok(()),
        }
    }
}

fn started_ticks(pid: u32) -> io::Result<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name is in brackets, and may have any character in it.
    let fields: Vec<&str> =
        stat.rsplit_once(')').map_or("", |(_, fields)| fields).split_whitespace().collect();
    match (fields.first(), fields.get(STARTED_FIELD).and_then(|field| field.parse().ok())) {
        // It has ended, and nobody has asked how.
        (Some(&"Z"), _) => Err(io::ErrorKind::NotFound.into()),
        (_, started) => started.ok_or_else(|| io::ErrorKind::InvalidData.into()),
    }
}
