//! Privileges and confinement.

use backends_core::{StartError, Workload};
use journal_domain::Security as Asked;
use sandbox_shim::{Capabilities, Seccomp, SeccompProfile, Security};

use super::refused;

/// Gives the capabilities that a container's programs may ever have.
///
/// Docker's rule: privileged has all; `ALL` among the added is all but the dropped; `ALL` among the dropped
/// is only the added; else the default set without the dropped and with the added.
pub(super) fn capabilities(asked: &Asked) -> Result<Capabilities, StartError> {
    if asked.privileged {
        return Ok(Capabilities::ALL);
    }
    let (add, drop) = (set(&asked.cap_add)?, set(&asked.cap_drop)?);
    Ok(if has_all(&asked.cap_add) {
        Capabilities::ALL.difference(without_all(&asked.cap_drop)?)
    } else if has_all(&asked.cap_drop) {
        add
    } else {
        Capabilities::DOCKER_DEFAULT.difference(drop).union(add)
    })
}

/// Gives what a container is kept from.
pub(super) fn security(workload: &Workload) -> Result<Security, StartError> {
    let (spec, asked) = (&*workload.spec, &workload.spec.security);
    let default =
        if asked.privileged { Security::privileged() } else { Security::docker_default() };
    let profile = workload.options.as_ref().and_then(|options| options.seccomp_profile.as_ref());
    let seccomp = match profile {
        // It holds for a privileged container too, as on Docker.
        Some(json) => {
            let profile =
                SeccompProfile::parse(json).map_err(|error| refused(error.to_string()))?;
            profile.map_or(Seccomp::Unconfined, |profile| Seccomp::Profile(profile.into()))
        }
        None if asked.seccomp_unconfined => Seccomp::Unconfined,
        None => default.seccomp,
    };
    // Paths that the client names hold for a privileged container too, as they do on Docker.
    Ok(Security {
        privileged: asked.privileged,
        read_only_rootfs: spec.read_only_rootfs,
        seccomp,
        masked_paths: asked.masked_paths.clone().unwrap_or(default.masked_paths),
        read_only_paths: asked.readonly_paths.clone().unwrap_or(default.read_only_paths),
    })
}

fn has_all(names: &[String]) -> bool {
    names.iter().any(|name| name.eq_ignore_ascii_case("ALL"))
}

fn set(names: &[String]) -> Result<Capabilities, StartError> {
    names.iter().try_fold(Capabilities::NONE, |set, name| {
        let one: Capabilities = name.parse().map_err(|error| refused(format!("{error}")))?;
        Ok(set.union(one))
    })
}

fn without_all(names: &[String]) -> Result<Capabilities, StartError> {
    let named: Vec<String> =
        names.iter().filter(|name| !name.eq_ignore_ascii_case("ALL")).cloned().collect();
    set(&named)
}
