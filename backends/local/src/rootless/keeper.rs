//! The process that keeps the namespaces.

use std::{
    io::{self, Read as _, Write as _},
    path::Path,
    process::{Child, Command, Stdio},
};

use sandbox_shim::{KEEP, SealedProgram};

use super::{EnterError, ids, record::Living, step};

/// Bytes of what it says about its failure that are passed on.
const COMPLAINT_BYTES_MAX: u64 = 4096;

/// A keeper that waits for the maps of its namespace. Dropping it ends it.
pub(super) struct Keeper {
    child: Option<Child>,
}

// === impl Keeper ===

impl Keeper {
    /// Starts one, and gives warnings about what there is in its namespaces.
    pub(super) fn start(shim: &Path) -> Result<(Living, Vec<String>), EnterError> {
        let program = SealedProgram::copy(shim)?;
        let mut keeper = Self::spawn(&program, shim).map_err(step("starting the keeper"))?;
        keeper.hear()?;
        let pid = keeper.child.as_ref().map_or(0, Child::id);
        let warning = ids::map(pid).map_err(step("mapping users and groups"))?;
        let living = Living::of(pid).map_err(step("looking at the keeper"))?;
        keeper.go().map_err(step("talking to the keeper"))?;
        Ok((living, warning.into_iter().collect()))
    }

    #[expect(clippy::disallowed_methods, reason = "the shim's program, as the containers' are")]
    fn spawn(program: &SealedProgram, shim: &Path) -> io::Result<Self> {
        use std::os::unix::process::CommandExt as _;

        let mut command = Command::new(program.path());
        command.arg0(shim).arg(KEEP).env_clear().current_dir("/");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Ok(Self { child: Some(command.spawn()?) })
    }

    /// Waits until it has made its namespaces.
    fn hear(&mut self) -> Result<(), EnterError> {
        let child = self.child.as_mut().expect("it has not gone yet");
        let mut line = [0];
        let stdout = child.stdout.as_mut().expect("standard output is piped");
        if stdout.read(&mut line).is_ok_and(|count| count == 1) {
            return Ok(());
        }
        let mut complaint = String::new();
        let stderr = child.stderr.take().expect("standard error is piped");
        let said = stderr.take(COMPLAINT_BYTES_MAX).read_to_string(&mut complaint);
        said.map_err(step("hearing the keeper"))?;
        Err(EnterError::Refused { complaint: complaint.trim().to_owned() })
    }

    /// Has it stay, and waits until it has let go of what it was started with.
    #[expect(clippy::zombie_processes, reason = "it outlives this process")]
    fn go(mut self) -> io::Result<()> {
        let mut child = self.child.take().expect("it has not gone yet");
        child.stdin.take().expect("standard input is piped").write_all(b"\n")?;
        let mut rest = Vec::new();
        child.stdout.take().expect("standard output is piped").read_to_end(&mut rest)?;
        Ok(())
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It has ended by itself where neither can be done.
            drop(child.kill().and_then(|()| child.wait()));
        }
    }
}
