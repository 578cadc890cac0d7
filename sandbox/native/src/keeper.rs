//! The process that keeps the namespaces of a server without root rights, so that the next server finds them again.
//!
//! It makes a user namespace, and in it the mounts that the server will see and a network for bridges. Who may be what in there
//! is for its starter to say, from outside: it says so between the line that this process writes and the one that it reads.
//! From then on it does nothing, and lives until it is killed.

use std::io::{Read, Write};
use std::process::ExitCode;

use rustix::process::{chdir, setsid};
use rustix::thread::set_name;

use crate::error::{During, StartError, step};
use crate::network::loop_up;
use crate::{complain, shim, syscall};

/// What other processes' lists show.
const NAME: &std::ffi::CStr = c"sockerless-keep";

/// Keeps namespaces until it is killed.
///
/// It writes a line to standard output once they are there, and goes on with a byte from standard input. Where that ends
/// before, nobody wants them.
pub fn run_keep() -> ExitCode {
    match keep() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => complain(&error),
    }
}

fn keep() -> Result<(), StartError> {
    syscall::close_from(shim::FIRST_OTHER);
    let _ = setsid();
    shim::ignore_signals();
    set_name(NAME).during(step!("setting the name"))?;
    chdir("/").during(step!("leaving the working directory"))?;
    syscall::new_user_namespace().during(step!("making a user namespace"))?;
    let talk = step!("talking to the server");
    std::io::stdout().write_all(b"\n").and_then(|()| std::io::stdout().flush()).during(talk)?;
    let mut go = [0];
    if std::io::stdin().read(&mut go).during(talk)? == 0 {
        return Ok(());
    }
    loop_up().during(step!("setting up the loopback interface"))?;
    shim::redirect(&[0, 1, 2]).during(step!("leaving the standard streams"))?;
    syscall::wait_for_ever()
}
