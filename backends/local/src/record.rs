//! What a shim leaves on disk, and what is reported of it.

use std::{fs, io, path::Path};

use backends_core::{Observation, RunId, StartError};
use journal_domain::{BoundPort, ContainerPort, Protocol};
use journal_log::Timestamp;
use sandbox_shim::{ExitRecord, PortProtocol, RunDir, StartRecord};
use serde::de::DeserializeOwned;

use crate::shim;

/// The exit status of what was killed.
pub(crate) const KILLED: i64 = 137;

/// Reads the record of a start; `None` where there is none.
pub(crate) fn read_start(dir: &RunDir) -> io::Result<Option<StartRecord>> {
    read(&dir.start_record())
}

/// Reads the record of an end; `None` where there is none.
pub(crate) fn read_exit(dir: &RunDir) -> io::Result<Option<ExitRecord>> {
    read(&dir.exit_record())
}

/// Gives the ports of the host that lead to a run, as the domain has them.
pub(crate) fn bound_ports(ports: &[sandbox_shim::BoundPort]) -> Vec<BoundPort> {
    let ports = ports.iter().map(|bound| {
        let protocol = match bound.protocol {
            PortProtocol::Tcp => Protocol::Tcp,
            PortProtocol::Udp => Protocol::Udp,
        };
        let port = ContainerPort { number: bound.target.port(), protocol };
        BoundPort { port, host: bound.host }
    });
    ports.collect()
}

/// Gives what is reported of a run that left this record.
pub(crate) fn ended(run: RunId, record: &ExitRecord) -> Observation {
    match &record.failure {
        Some(failure) => Observation::StartFailed {
            run,
            error: StartError { exit_code: failure.code.into(), message: failure.docker_text() },
        },
        None => Observation::Exited {
            run,
            exit_code: record.code.into(),
            oom_killed: record.oom,
            finished_at: timestamp(record.finished_at_nanos),
            error: match record.lost_output_bytes {
                0 => String::new(),
                count => format!("{count} bytes of output could not be kept"),
            },
        },
    }
}

/// Gives what is reported of a run that left no record of its end.
pub(crate) fn lost(run: RunId, dir: &RunDir) -> Observation {
    let mut reason = "the process that held it ended without a record".to_owned();
    if let Some(complaint) = shim::last_complaint(dir.path()) {
        reason.push_str(": ");
        reason.push_str(&complaint);
    }
    Observation::Lost { run, reason }
}

pub(crate) const fn timestamp(nanos: u64) -> Timestamp {
    Timestamp::from_unix_nanos(nanos)
}

fn read<T: DeserializeOwned>(path: &Path) -> io::Result<Option<T>> {
    match fs::read(path) {
        // What is not whole was not synced yet when the host crashed, so it is as good as none.
        Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
