//! Privileges and confinement of a container.

use api_types::{HostConfig, StrSlice};
use journal_domain::Security;

use crate::Unfit;

/// Paths that are hidden from a container unless a client says otherwise. `sandbox-shim` has the same list, and hides
/// them.
const MASKED_PATHS: [&str; 12] = [
    "/proc/acpi",
    "/proc/asound",
    "/proc/interrupts",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/sys/devices/virtual/powercap",
    "/sys/firmware",
];

/// Paths that are read-only unless a client says otherwise, as above.
const READONLY_PATHS: [&str; 5] =
    ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

/// Reads what a client asks for.
pub(super) fn read(host: &HostConfig) -> Result<Security, Unfit> {
    let mut security = Security {
        privileged: host.privileged,
        cap_add: capabilities("CapAdd", &host.cap_add.0)?,
        cap_drop: capabilities("CapDrop", &host.cap_drop.0)?,
        no_new_privileges: false,
        seccomp_unconfined: false,
        group_add: host.group_add.clone(),
        masked_paths: host.masked_paths.clone(),
        readonly_paths: host.readonly_paths.clone(),
    };
    for option in &host.security_opt {
        take_option(&mut security, option)?;
    }
    Ok(security)
}

/// Writes what is in force into what inspect shows.
pub(super) fn show(security: &Security, host: &mut HostConfig) {
    host.privileged = security.privileged;
    host.cap_add = StrSlice(security.cap_add.clone());
    host.cap_drop = StrSlice(security.cap_drop.clone());
    host.group_add.clone_from(&security.group_add);
    if security.no_new_privileges {
        host.security_opt.push("no-new-privileges".into());
    }
    if security.seccomp_unconfined {
        host.security_opt.push("seccomp=unconfined".into());
    }
    let paths = |own: &Option<Vec<String>>, default: &[&str]| match own {
        Some(own) => Some(own.clone()),
        // Nothing is hidden from a privileged container.
        None if security.privileged => None,
        None => Some(default.iter().map(|path| (*path).to_owned()).collect()),
    };
    host.masked_paths = paths(&security.masked_paths, &MASKED_PATHS);
    host.readonly_paths = paths(&security.readonly_paths, &READONLY_PATHS);
}

fn take_option(security: &mut Security, option: &str) -> Result<(), Unfit> {
    // Old clients put a colon where newer ones put an equals sign.
    let (name, value) =
        option.split_once('=').or_else(|| option.split_once(':')).unwrap_or((option, ""));
    match (name, value) {
        ("no-new-privileges", "" | "true") => security.no_new_privileges = true,
        ("no-new-privileges", "false") => security.no_new_privileges = false,
        ("seccomp", "unconfined") => security.seccomp_unconfined = true,
        // A profile of one's own is an option beside the specification.
        ("seccomp", _) => security.seccomp_unconfined = false,
        // Neither AppArmor nor SELinux confines anything here, so there is nothing to lift.
        ("apparmor", "unconfined") | ("label", "disable") => {}
        ("apparmor" | "label" | "systempaths" | "writable-cgroups", _) => {
            return Err(Unfit::unbuilt(format!(
                "not built yet: HostConfig.SecurityOpt \"{name}\" with a value of one's own; leave it out"
            )));
        }
        _ => return Err(Unfit::invalid(format!("invalid --security-opt 2: {option:?}"))),
    }
    Ok(())
}

/// Checks names; they are kept, and shown again, as they were sent.
fn capabilities(field: &str, names: &[String]) -> Result<Vec<String>, Unfit> {
    api_types::unknown_capability(names).map_or_else(
        || Ok(names.to_vec()),
        |name| Err(Unfit::invalid(format!("invalid {field}: unknown capability: \"{name}\""))),
    )
}

#[cfg(test)]
mod tests;
