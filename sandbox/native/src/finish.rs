//! The last steps of any new process in a container, main program or exec: who it is, what it may, what it runs.
//!
//! The process is inside the root file system already and holds nothing of the host but the streams it was given.

use std::convert::Infallible;
use std::ffi::CString;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{Mode, OFlags, ResolveFlags, open, openat2};
use rustix::process::{fchdir, getcwd, umask};
use rustix::thread::set_no_new_privs;
use sandbox_shim::{Capabilities, FailureOrigin, Process};

use crate::error::{During, StartError, step};
use crate::handshake::ChildEnd;
use crate::identity::{self, Identity};
use crate::program;
use crate::rights;
use crate::seccomp::Filter;
use crate::stdio::{self, Stdio};
use crate::syscall;
use crate::wasm::{self, Runs};

/// What a new process still needs to know.
pub(crate) struct Finish<'a> {
    pub(crate) process: &'a Process,
    pub(crate) stdio: &'a Stdio,
    /// The host's null device.
    pub(crate) null: BorrowedFd<'a>,
    pub(crate) filter: Option<&'a Filter>,
    /// What is withheld, whatever the process asks for.
    pub(crate) withheld: Capabilities,
    /// This program itself, if it is to be the container's first process.
    pub(crate) init: Option<BorrowedFd<'a>>,
    /// Whether that one starts no program, and only holds what others share.
    pub(crate) holds: bool,
    /// What the program may be.
    pub(crate) runs: Runs,
    pub(crate) origin: FailureOrigin,
}

impl Finish<'_> {
    /// Becomes the program, or tells the shim why not and ends.
    pub(crate) fn run(self, shim: ChildEnd) -> ! {
        let identity = match self.streams() {
            Ok(identity) => identity,
            Err(error) => shim.fail(error.into_failure(self.origin)),
        };
        // Whatever else is open is the host's, and a path through /proc/self/fd would reach it until the exec is done
        // (CVE-2024-21626), so it is closed now and not by the exec.
        let mut shim = shim.keep_alone(self.init);
        match self.become_program(&mut shim, &identity) {
            Ok(never) => match never {},
            Err(error) => shim.fail(error.into_failure(self.origin)),
        }
    }

    fn streams(&self) -> Result<Identity, StartError> {
        let root = root()?;
        let identity = identity(root.as_fd(), self.process)?;
        stdio::own(self.stdio, identity.uid).during(step!("giving the streams to the user"))?;
        stdio::install(self.stdio, self.null).during(step!("installing the streams"))?;
        Ok(identity)
    }

    fn become_program(
        &self,
        shim: &mut ChildEnd,
        identity: &Identity,
    ) -> Result<Infallible, StartError> {
        let cwd = &self.process.cwd;
        let directory = working_directory(root()?.as_fd(), cwd)?;
        fchdir(&directory).during(chdir(cwd))?;
        drop(directory);
        inside(cwd)?;
        umask(Mode::from_raw_mode(0o022));
        for rlimit in &self.process.rlimits {
            if let Some(warning) = rights::limit(*rlimit)? {
                shim.warn(warning)?;
            }
        }
        // The session keyring is a protection, not a service: a kernel without keyrings has nothing to protect.
        let _ = syscall::new_session_keyring();
        let env = environment(self.process, identity);
        let runs = if self.holds { Runs::Native } else { self.runs };
        let ready = wasm::look(runs, self.process, &env, shim)?;
        self.drop_rights(shim, identity)?;
        match ready {
            Some(ready) => Err(ready.run(self.process, &env, shim)),
            None => self.exec(shim, &env),
        }
    }

    fn drop_rights(&self, shim: &mut ChildEnd, identity: &Identity) -> Result<(), StartError> {
        let wanted = self.process.capabilities.difference(self.withheld);
        let available = rights::available();
        let given = wanted.intersection(available);
        if given != wanted && wanted != Capabilities::ALL {
            let missing = wanted.difference(given);
            shim.warn(format!("the host cannot give the capabilities {missing:?}"))?;
        }
        rights::give_up(available.difference(given))?;
        let no_new_privileges = self.process.no_new_privileges;
        if no_new_privileges {
            set_no_new_privs(true).during(step!("setting no-new-privileges"))?;
        } else {
            // Only root may install a filter without that promise, so it comes before the rights go.
            self.install_filter()?;
        }
        rights::become_user(identity, given)?;
        rights::die_with_the_shim()?;
        if shim.is_gone() {
            return Err(StartError::Refused { reason: "the shim is gone".to_owned() });
        }
        if no_new_privileges { self.install_filter() } else { Ok(()) }
    }

    fn install_filter(&self) -> Result<(), StartError> {
        match self.filter {
            Some(filter) => syscall::install_filter(&filter.program, filter.flags)
                .during(step!("installing the seccomp filter")),
            None => Ok(()),
        }
    }

    fn exec(&self, shim: &ChildEnd, env: &[String]) -> Result<Infallible, StartError> {
        if self.holds {
            let argv = crate::init::arguments_of_holder();
            let env = program::c_strings(env)?;
            return Err(shim.exec_kept_program(&argv, &env)).during(step!("starting the holder"));
        }
        let Some(name) = self.process.argv.first() else {
            return Err(StartError::Refused { reason: "no command specified".to_owned() });
        };
        let argv = program::c_strings(&self.process.argv)?;
        let env_strings = program::c_strings(env)?;
        let found = program::find(name, program::variable(env, "PATH").unwrap_or(""))?;
        if self.init.is_none() {
            program::run(&found, &argv, &env_strings)
        }
        let argv: Vec<CString> = crate::init::arguments(argv);
        Err(shim.exec_kept_program(&argv, &env_strings)).during(step!("starting the init process"))
    }
}

fn root() -> Result<OwnedFd, StartError> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    open("/", flags, Mode::empty()).during(step!("opening the root"))
}

fn identity(root: BorrowedFd<'_>, process: &Process) -> Result<Identity, StartError> {
    let (user, groups) = (process.user.as_str(), &process.additional_groups);
    let passwd = identity::open_inside(root, "/etc/passwd");
    let group = identity::open_inside(root, "/etc/group");
    Ok(identity::resolve(user, groups, passwd, group)?)
}

/// The environment with `HOME`, which Docker's runtime adds when it is missing.
fn environment(process: &Process, identity: &Identity) -> Vec<String> {
    let mut env = process.env.clone();
    if program::variable(&env, "HOME").is_none() {
        env.push(format!("HOME={}", identity.home));
    }
    env
}

fn working_directory(root: BorrowedFd<'_>, path: &str) -> Result<OwnedFd, StartError> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
    openat2(root, path, flags, Mode::empty(), resolve).during(chdir(path))
}

fn chdir(path: &str) -> impl FnOnce() -> String {
    move || format!("chdir to cwd ({path:?}) set in config.json failed")
}

/// A directory outside the root would have no path here.
fn inside(path: &str) -> Result<(), StartError> {
    let current = getcwd(Vec::new()).during(chdir(path))?;
    if current.as_bytes().starts_with(b"/") {
        return Ok(());
    }
    let reason =
        "current working directory is outside of container mount namespace root".to_owned();
    Err(StartError::Refused { reason })
}
