//! The way out of the hub: a process that takes the packets there and makes them the user's own connections.

use std::{
    io::{self, Read as _},
    os::unix::process::CommandExt as _,
    process::{Child, Command, Stdio},
};

use super::record::Living;

/// The program.
const PROGRAM: &str = "slirp4netns";

/// The interface by which the hub sees it.
const INTERFACE: &str = "tap0";

/// Starts it for the namespaces of `keeper`, and waits until the way is open; what fails is a warning.
///
/// What listens on the host's own loopback interface is not for containers.
#[expect(clippy::disallowed_methods, reason = "the kernel lets no user make a way out")]
pub(super) fn start(keeper: u32) -> Result<Living, String> {
    let failed = |reason: &dyn std::fmt::Display| {
        format!(
            "Containers have no way out of this host: {PROGRAM}: {reason}. The package {PROGRAM} gives them one; networks among \
             containers and published ports work without."
        )
    };
    let mut command = Command::new(PROGRAM);
    // It reads nothing, so the first of its descriptors is free to tell by that it is ready.
    command.args(["--configure", "--mtu=65520", "--disable-host-loopback", "--ready-fd=0"]);
    command.arg(keeper.to_string()).arg(INTERFACE);
    let (mut ready, telling) = io::pipe().map_err(|error| failed(&error))?;
    command.stdin(telling).stdout(Stdio::null()).stderr(Stdio::null());
    // Signals to the server's group are not for it.
    command.process_group(0);
    let mut child = command.spawn().map_err(|error| failed(&error))?;
    // This process's copy of the other end.
    drop(command);
    if !ready.read(&mut [0]).is_ok_and(|count| count == 1) {
        return Err(failed(&ended(&mut child)));
    }
    Living::of(child.id()).map_err(|error| failed(&error))
}

fn ended(child: &mut Child) -> String {
    match child.kill().and_then(|()| child.wait()) {
        Ok(status) => status.to_string(),
        Err(error) => error.to_string(),
    }
}
