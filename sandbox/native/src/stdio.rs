//! The standard streams of a program: pipes, a terminal, or nothing.

use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::Path;

use rustix::fs::{
    CWD, FileType, Gid, Mode, OFlags, ResolveFlags, Uid, fchown, fstat, makedev, openat, openat2,
};
use rustix::io::Errno;
use rustix::process::ioctl_tiocsctty;
use rustix::pty::{OpenptFlags, ioctl_tiocgptpeer, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use sandbox_shim::TerminalSize;

use crate::error::{During, StartError, step};
use crate::mount::read_only_copy_of_path;
use crate::syscall::place;

/// How a null device is opened: what stands in its place is not waited for.
const NULL_FLAGS: OFlags =
    OFlags::RDWR.union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::CLOEXEC);

/// The program's ends.
#[derive(Debug)]
pub(crate) enum Stdio {
    /// A pipe each, or whatever else was given; `None` is `/dev/null`.
    Streams { stdin: Option<OwnedFd>, stdout: Option<OwnedFd>, stderr: Option<OwnedFd> },
    /// A terminal, which becomes the controlling one of a new session.
    Terminal(OwnedFd),
}

/// Both sides of a new terminal.
#[derive(Debug)]
pub(crate) struct Terminal {
    /// The side that is read and written.
    pub(crate) master: OwnedFd,
    /// The program's side.
    pub(crate) slave: OwnedFd,
}

impl Terminal {
    /// Makes a terminal in the `devpts` file system behind `terminals`.
    ///
    /// No path is looked up but one name in that file system, where only the kernel makes names.
    pub(crate) fn open(terminals: impl AsFd, size: TerminalSize) -> Result<Self, Errno> {
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let master = openat(terminals, "ptmx", flags, Mode::empty())?;
        unlockpt(&master)?;
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let slave = ioctl_tiocgptpeer(&master, flags)?;
        resize(&master, size)?;
        Ok(Self { master, slave })
    }
}

/// Sets a terminal's size, which tells its program.
pub(crate) fn resize(terminal: impl AsFd, size: TerminalSize) -> Result<(), Errno> {
    let size = Winsize { ws_row: size.height, ws_col: size.width, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(terminal, size)
}

/// Makes the streams the descriptors 0, 1 and 2 of this process, whose session is its own. `null` is the host's null device.
pub(crate) fn install(stdio: &Stdio, null: impl AsFd) -> Result<(), Errno> {
    match stdio {
        Stdio::Terminal(slave) => {
            for number in 0..=2 {
                place(slave, number)?;
            }
            ioctl_tiocsctty(slave)
        }
        Stdio::Streams { stdin, stdout, stderr } => {
            let own_null = null_device(CWD);
            let null = own_null.as_ref().map_or(null.as_fd(), AsFd::as_fd);
            for (number, stream) in [stdin, stdout, stderr].into_iter().enumerate() {
                place(stream.as_ref().map_or(null, AsFd::as_fd), number as i32)?;
            }
            Ok(())
        }
    }
}

/// Opens `/dev/null` as it is seen from `dir`, if it is the null device.
///
/// A container can put anything in its place, such as a link to a descriptor of the shim, so no link is followed and what was
/// opened is looked at.
pub(crate) fn null_device(dir: impl AsFd) -> Option<OwnedFd> {
    let resolve = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    let null = openat2(dir, "/dev/null", NULL_FLAGS, Mode::empty(), resolve).ok()?;
    is_null(&null).then_some(null)
}

fn is_null(file: impl AsFd) -> bool {
    fstat(file).is_ok_and(|status| {
        let is_device = FileType::from_raw_mode(status.st_mode).is_char_device();
        is_device && status.st_rdev == makedev(1, 3)
    })
}

/// Says that the host has none.
pub(crate) fn no_null() -> StartError {
    StartError::Refused { reason: "the host has no /dev/null".to_owned() }
}

/// Opens the host's null device for programs of a container.
///
/// A program may be root and has what it was given: the device's mode and owner, which are the host's, it could change, if
/// the descriptor were not of a read-only mount.
pub(crate) fn host_null() -> Result<OwnedFd, StartError> {
    let what = step!("opening the host's /dev/null");
    let device = read_only_copy_of_path(Path::new("/dev/null")).during(what)?;
    let place = format!("/proc/self/fd/{}", device.as_raw_fd());
    let null = openat(CWD, place, NULL_FLAGS, Mode::empty()).during(what)?;
    match is_null(&null) {
        true => Ok(null),
        false => Err(no_null()),
    }
}

/// Gives the streams to `uid`, so that the program can open them again as `/dev/stdout`.
///
/// Only pipes and terminals: anything else, such as a device of the host, keeps its owner.
pub(crate) fn own(stdio: &Stdio, uid: u32) -> Result<(), Errno> {
    let streams = match stdio {
        Stdio::Terminal(slave) => [Some(slave), None, None],
        Stdio::Streams { stdin, stdout, stderr } => {
            [stdin.as_ref(), stdout.as_ref(), stderr.as_ref()]
        }
    };
    for stream in streams.into_iter().flatten() {
        let status = fstat(stream)?;
        let terminal = matches!(stdio, Stdio::Terminal(_));
        if status.st_uid != uid && (terminal || FileType::from_raw_mode(status.st_mode).is_fifo()) {
            fchown(stream, Some(Uid::from_raw(uid)), None::<Gid>)?;
        }
    }
    Ok(())
}
