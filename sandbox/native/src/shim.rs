//! The shim as a program: from its first instruction to its last.

use std::ffi::{CString, OsString};
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use std::process::ExitCode;

use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::Errno;
use rustix::process::{DumpableBehavior, chdir, set_dumpable_behavior, setsid, umask};
use rustix::thread::set_name;
use sandbox_shim::{ContainerConfig, ExitRecord, RunDir, SealedProgram, StartFailure, StartReport};

use crate::error::{During, StartError, step};
use crate::records::{self, now_nanos};
use crate::serve::Server;
use crate::{handshake, start, syscall};

/// The largest configuration in bytes: the kernel's limit for arguments and environment, twice for JSON's escapes.
const CONFIG_MAX_BYTES: u64 = 4 * 1024 * 1024;

/// The first descriptor that is no standard stream.
pub(crate) const FIRST_OTHER: i32 = 3;

/// Signals a person or a supervisor may send to the server's whole group.
const IGNORED: [i32; 5] = [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGTERM, libc::SIGPIPE];

/// Why a shim cannot even begin.
#[derive(Debug, thiserror::Error)]
enum BeginError {
    #[error(transparent)]
    System(#[from] StartError),
    #[error("the program cannot be sealed")]
    Seal(#[from] sandbox_shim::SealError),
    #[error("the configuration cannot be read")]
    Read(#[from] std::io::Error),
    #[error("the configuration cannot be understood")]
    Parse(#[from] serde_json::Error),
}

/// Holds one container, whose [`ContainerConfig`] is read from standard input, until it ends.
pub fn run_shim() -> ExitCode {
    let config = match begin() {
        Ok(config) => config,
        Err(error) => return crate::complain(&error),
    };
    let run_dir = RunDir::new(&config.run_dir);
    // Held until this process has ended.
    let _lock = match start::claim(&run_dir) {
        Ok(lock) => lock,
        Err(not_ours) => {
            report(&StartReport::Failed(not_ours.into_failure()));
            return ExitCode::FAILURE;
        }
    };
    let effect_id = config.effect_id.clone();
    match start::start(config) {
        Ok(running) => {
            report(&StartReport::Started(running.record.clone()));
            leave_streams();
            Server::new(running).run();
            ExitCode::SUCCESS
        }
        Err(failure) => {
            drop(std::fs::remove_file(run_dir.socket()));
            let record = exit_of_failure(effect_id, &failure);
            // The report says the same to a server that lives.
            drop(records::write(&run_dir.exit_record(), &record));
            report(&StartReport::Failed(failure));
            drop(records::sync(&run_dir.exit_record()));
            ExitCode::FAILURE
        }
    }
}

/// Becomes a process of its own, independent of the server and closed to the container, and reads its task.
fn begin() -> Result<ContainerConfig, BeginError> {
    syscall::close_from(FIRST_OTHER);
    seal()?;
    handshake::reserve_numbers().during(step!("reserving descriptors"))?;
    // A server that was started by a shell of its own is leader of its session already, and so may this process be.
    let _ = setsid();
    ignore_signals();
    umask(Mode::from_raw_mode(0o077));
    chdir("/").during(step!("leaving the working directory"))?;
    // Started through a descriptor, it would be called by that one's number.
    set_name(c"sockerless-shim").during(step!("setting the name"))?;
    // A child in a container must not be looked into from there before it has become its program.
    set_dumpable_behavior(DumpableBehavior::NotDumpable).during(step!("closing the process"))?;
    let mut text = Vec::new();
    std::io::stdin().take(CONFIG_MAX_BYTES).read_to_end(&mut text)?;
    let config = serde_json::from_slice(&text)?;
    redirect(&[0]).during(step!("leaving standard input"))?;
    Ok(config)
}

/// Stays when a person or a supervisor ends the server's whole group.
pub(crate) fn ignore_signals() {
    IGNORED.into_iter().for_each(syscall::ignore_signal);
}

/// Makes sure that nobody can change the file behind this process: runs a sealed copy if it is not one.
fn seal() -> Result<(), BeginError> {
    let own = Path::new("/proc/self/exe");
    if SealedProgram::is_sealed(File::open(own)?) {
        return Ok(());
    }
    let copy = SealedProgram::copy(own)?;
    let strings = |strings: Vec<OsString>| -> Vec<CString> {
        strings.into_iter().filter_map(|string| CString::new(string.into_vec()).ok()).collect()
    };
    let argv = strings(std::env::args_os().collect());
    let errno = syscall::execveat(copy.as_fd().as_raw_fd(), &argv, &[]);
    Err(Err::<(), Errno>(errno)
        .during(step!("starting a sealed copy"))
        .err()
        .map_or_else(|| BeginError::Read(std::io::Error::other("no error")), BeginError::System))
}

fn report(report: &StartReport) {
    let Ok(mut line) = serde_json::to_vec(report) else { return };
    line.push(b'\n');
    // A server that has died meanwhile reads the records.
    drop(std::io::stdout().write_all(&line).and_then(|()| std::io::stdout().flush()));
}

/// Lets go of the server's streams, so that it sees the end of the report and its log is nobody else's.
fn leave_streams() {
    // What cannot be replaced stays; it does no harm.
    let _ = redirect(&[1, 2]);
}

pub(crate) fn redirect(numbers: &[i32]) -> Result<(), Errno> {
    let null = openat(CWD, "/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
    numbers.iter().try_for_each(|number| syscall::place(&null, *number))
}

fn exit_of_failure(effect_id: String, failure: &StartFailure) -> ExitRecord {
    ExitRecord {
        effect_id,
        code: failure.code,
        signal: None,
        oom: false,
        started_at_nanos: None,
        finished_at_nanos: now_nanos(),
        failure: Some(failure.clone()),
        execs: Vec::new(),
        lost_output_bytes: 0,
    }
}
