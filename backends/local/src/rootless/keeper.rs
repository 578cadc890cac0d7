//! The process that keeps the namespaces.

use std::{
    io::{self, Read, Write},
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Child, ChildStderr, Command, Stdio},
};

use sandbox_shim::{KEEP, SealedProgram};

use super::{EnterError, ids, record::Living, step};

/// Bytes of what it says about its failure that are passed on.
const COMPLAINT_BYTES_MAX: u64 = 4096;

/// Starts one, and gives a warning about who there is in its namespaces.
pub(super) fn start(shim: &Path) -> Result<(Living, Option<String>), EnterError> {
    let program = SealedProgram::copy(shim)?;
    let mut keeper = spawn(&program, shim).map_err(step("starting the keeper"))?;
    let settled = settle(&mut keeper);
    if settled.is_err() {
        // It has ended by itself where neither can be done.
        drop(keeper.kill().and_then(|()| keeper.wait().map(drop)));
    }
    settled
}

#[expect(clippy::disallowed_methods, reason = "the shim's program, as the containers' are")]
fn spawn(program: &SealedProgram, shim: &Path) -> io::Result<Child> {
    let mut command = Command::new(program.path());
    command.arg0(shim).arg(KEEP).env_clear().current_dir("/");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
}

/// Waits until it has made its namespaces, says who there is in them, and has it stay.
fn settle(keeper: &mut Child) -> Result<(Living, Option<String>), EnterError> {
    let piped = keeper.stdin.take().zip(keeper.stdout.take()).zip(keeper.stderr.take());
    let ((mut stdin, mut stdout), stderr) = piped.expect("its streams are piped");
    if !stdout.read(&mut [0]).is_ok_and(|count| count == 1) {
        return Err(EnterError::Refused { complaint: complaint(stderr) });
    }
    let warning = ids::map(keeper.id()).map_err(step("mapping users and groups"))?;
    let living = Living::of(keeper.id()).map_err(step("looking at the keeper"))?;
    // It ends its output when it has let go of what it was started with.
    let stays = stdin.write_all(b"\n").and_then(|()| stdout.read_to_end(&mut Vec::new()));
    stays.map_err(step("talking to the keeper"))?;
    Ok((living, warning))
}

fn complaint(stderr: ChildStderr) -> String {
    let mut said = String::new();
    // What cannot be read was not said.
    let _ = stderr.take(COMPLAINT_BYTES_MAX).read_to_string(&mut said);
    said.trim().to_owned()
}
