//! Reading and writing the files of a control group.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use rustix::io::Errno;

use crate::error::{During, StartError, step};

/// Makes a group's directory. One that is left over is taken if nothing lives in it.
pub(super) fn make(path: &Path) -> Result<(), StartError> {
    match fs::create_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let processes = fs::read_to_string(path.join("cgroup.procs")).unwrap_or_default();
            if processes.is_empty() {
                return Ok(());
            }
            Err(Errno::EXIST).during(step!("control group {} is in use", path.display()))
        }
        made => made.during(step!("making control group {}", path.display())),
    }
}

/// Writes a value. The kernel takes it or refuses it as a whole.
pub(super) fn write(path: &Path, value: &str) -> Result<(), StartError> {
    let written = File::options().write(true).open(path);
    written
        .and_then(|mut file| file.write_all(value.as_bytes()))
        .during(step!("writing {value:?} to {}", path.display()))
}

/// Returns the number after `key` in a file of `key number` lines.
pub(super) fn counter(path: &Path, key: &str) -> Option<u64> {
    let text = fs::read_to_string(path).ok()?;
    text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(' ')?.trim().parse().ok())
}
