//! A server without root rights: root in a user namespace of its own, with its own mounts, and a network beside the host's.
//!
//! A small process keeps the namespaces, so that the next server enters the same ones and finds its containers there. The server
//! itself stays in the host's network, for there are its clients, registries and published ports; bridges are in the network that
//! was made with the namespace, the hub. Packets find their way out of there by slirp4netns, if it is installed.
//!
//! Which users there are inside is said by `newuidmap` and `newgidmap`, of what `/etc/subuid` and `/etc/subgid` give the user;
//! without them there is one, the server's own.

mod ids;
mod keeper;
mod record;
mod way_out;

use std::{
    env, fs, io,
    os::fd::AsFd,
    path::{Path, PathBuf},
};

use rustix::{
    fs::FlockOperation,
    process::geteuid,
    thread::{LinkNameSpaceType, move_into_link_name_space},
};
use sandbox_shim::SealError;

use record::{Living, Record};

/// What was entered.
#[derive(Debug)]
pub struct Entered {
    /// The network that has the bridges, as [`LocalOptions::hub`](crate::LocalOptions::hub) wants it.
    pub hub: PathBuf,
    /// What could not be had, a sentence each.
    pub warnings: Vec<String>,
}

/// Why a server without root rights cannot run containers.
#[derive(Debug, thiserror::Error)]
pub enum EnterError {
    /// The user may not make a user namespace.
    #[error(
        "a server without root rights needs a user namespace, and this user may make none ({complaint}): the kernel's settings \
         user.max_user_namespaces, kernel.unprivileged_userns_clone and kernel.apparmor_restrict_unprivileged_userns can allow \
         it; or start the server as root"
    )]
    Refused {
        /// What the kernel said.
        complaint: String,
    },
    /// The program that holds containers cannot be used.
    #[error("the program that holds containers cannot be loaded")]
    Program(#[from] SealError),
    /// Something on the way there failed.
    #[error("{what}")]
    Step {
        /// What was done.
        what: &'static str,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
}

/// Enters the namespaces of the server with the data directory `data`; they are made with the program `shim` where there are
/// none. The process must have one thread; its working directory stays.
///
/// # Errors
///
/// See [`EnterError`].
pub fn enter(data: &Path, shim: &Path) -> Result<Entered, EnterError> {
    let folder = env::current_dir().map_err(step("finding the working directory"))?;
    let file = Record::open(data).map_err(step("opening the record of namespaces"))?;
    rustix::fs::flock(&file, FlockOperation::LockExclusive)
        .map_err(|errno| step("locking the record of namespaces")(errno.into()))?;
    let mut record = Record::read(&file);
    let mut warnings = Vec::new();
    let keeper = match record.keeper.filter(Living::lives) {
        Some(keeper) => keeper,
        None => {
            let (keeper, said) = keeper::start(shim)?;
            warnings.extend(said);
            record = Record { keeper: Some(keeper), way_out: None };
            record.write(&file).map_err(step("writing the record of namespaces"))?;
            keeper
        }
    };
    if !record.way_out.is_some_and(|process| process.lives()) {
        match way_out::start(keeper.pid) {
            Ok(process) => record.way_out = Some(process),
            Err(warning) => warnings.push(warning),
        }
        record.write(&file).map_err(step("writing the record of namespaces"))?;
    }
    join(keeper).map_err(step("entering the namespaces"))?;
    env::set_current_dir(&folder).map_err(step("going back to the working directory"))?;
    Ok(Entered { hub: keeper.namespace("net"), warnings })
}

/// Ends the processes that keep the namespaces and the way out of them, once nothing runs in there any more.
///
/// # Errors
///
/// When the record of them cannot be read, or one cannot be killed.
pub fn leave(data: &Path) -> io::Result<()> {
    let record = match fs::File::open(Record::path(data)) {
        // Nothing was entered here.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        file => Record::read(&file?),
    };
    for process in [record.way_out, record.keeper].into_iter().flatten() {
        process.kill()?;
    }
    fs::remove_file(Record::path(data))
}

/// Tells whether this process has to enter a user namespace before it can run containers.
pub fn is_needed() -> bool {
    !geteuid().is_root()
}

/// Enters the user namespace first: the rights to the others come with it.
fn join(keeper: Living) -> io::Result<()> {
    let open = |kind: &str| fs::File::open(keeper.namespace(kind));
    let (user, mounts) = (open("user")?, open("mnt")?);
    move_into_link_name_space(user.as_fd(), Some(LinkNameSpaceType::User))?;
    move_into_link_name_space(mounts.as_fd(), Some(LinkNameSpaceType::Mount))?;
    Ok(())
}

fn step(what: &'static str) -> impl FnOnce(io::Error) -> EnterError {
    move |source| EnterError::Step { what, source }
}
