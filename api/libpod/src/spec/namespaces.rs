//! Whose namespaces a container has.

use serde::Deserialize;

use super::{Made, Shared};
use crate::{error::Failure, fields::Fields};

/// A namespace, as podman writes it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Namespace {
    /// `private`, `host`, `container`, `pod` and others; empty for the default.
    pub(crate) nsmode: String,
    /// The container.
    pub(super) value: String,
}

pub(super) fn take(
    fields: &mut Fields,
    made: &mut Made,
    shared: Option<&Shared>,
) -> Result<(), Failure> {
    let pid: Namespace = fields.take("pidns")?;
    made.host("PidMode", pid.mode("pidns", "pid", shared, &[])?);
    let ipc: Namespace = fields.take("ipcns")?;
    made.host("IpcMode", ipc.mode("ipcns", "ipc", shared, &["none", "shareable"])?);
    let uts: Namespace = fields.take("utsns")?;
    // That of the pod is joined with the pod itself; only the host's has to be said.
    let uts = uts.mode("utsns", "uts", shared, &[])?;
    if uts == "host" {
        made.host("UTSMode", uts);
    } else if uts.starts_with("container:") && !shared.is_some_and(|pod| pod.is_named(&uts)) {
        return Err(Failure::not_built("utsns=container"));
    }
    let groups: Namespace = fields.take("cgroupns")?;
    made.host("CgroupnsMode", groups.mode("cgroupns", "cgroup", None, &[])?);
    fields.only("cgroups_mode", &["enabled"])?;
    take_user(fields)
}

/// Takes what is said of users, of a container or of a pod: all have those of the host.
pub(super) fn take_user(fields: &mut Fields) -> Result<(), Failure> {
    let user: Namespace = fields.take("userns")?;
    if !["", "default", "host"].contains(&user.nsmode.as_str()) {
        return Err(Failure::not_built(&format!("userns={}", user.nsmode)));
    }
    let mut mappings = fields.object("idmappings")?;
    // With these, numbers inside and outside are the same, which is so.
    mappings.note(&["HostUIDMapping", "HostGIDMapping"]);
    mappings.finish()
}

// === impl Namespace ===

impl Namespace {
    /// Gives Docker's word for it.
    pub(super) fn mode(
        &self,
        field: &str,
        kind: &str,
        shared: Option<&Shared>,
        more: &[&str],
    ) -> Result<String, Failure> {
        let joined = shared.filter(|pod| pod.kinds.iter().any(|shared| shared == kind));
        match (self.nsmode.as_str(), joined) {
            ("" | "default" | "pod", Some(pod)) => Ok(pod.mode()),
            ("" | "default" | "private", _) => Ok(String::new()),
            ("host", _) => Ok("host".to_owned()),
            ("container", _) if !self.value.is_empty() => Ok(format!("container:{}", self.value)),
            (mode, _) if more.contains(&mode) => Ok(mode.to_owned()),
            (mode, _) => Err(Failure::not_built(&format!("{field}={mode}"))),
        }
    }
}

// === impl Shared ===

impl Shared {
    /// Gives Docker's word for what the pod's first container has.
    pub(super) fn mode(&self) -> String {
        format!("container:{}", self.holder)
    }

    fn is_named(&self, mode: &str) -> bool {
        self.mode() == mode
    }
}
