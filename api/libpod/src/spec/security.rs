//! Privileges and confinement.

use super::Made;
use crate::{error::Failure, fields::Fields};

pub(super) fn take(fields: &mut Fields, made: &mut Made) -> Result<(), Failure> {
    made.host("Privileged", fields.take::<bool>("privileged")?);
    made.host("CapAdd", fields.take::<Vec<String>>("cap_add")?);
    made.host("CapDrop", fields.take::<Vec<String>>("cap_drop")?);
    made.host("GroupAdd", fields.take::<Vec<String>>("groups")?);
    let read_only: bool = fields.take("read_only_filesystem")?;
    made.host("ReadonlyRootfs", read_only);
    // With a read-only root these three are in memory, unless the client says otherwise.
    if fields.take::<Option<bool>>("read_write_tmpfs")?.unwrap_or(false) && read_only {
        for place in ["/run", "/tmp", "/var/tmp"] {
            let tmpfs = made.host.entry("Tmpfs").or_insert_with(|| serde_json::json!({}));
            tmpfs[place] = "rw,nosuid,nodev".into();
        }
    }
    fields.only("seccomp_policy", &["default"])?;
    let mut options: Vec<String> = Vec::new();
    if fields.take("no_new_privileges")? {
        options.push("no-new-privileges".to_owned());
    }
    let profile: String = fields.take("seccomp_profile_path")?;
    match profile.as_str() {
        "" => {}
        "unconfined" => options.push("seccomp=unconfined".to_owned()),
        _ => return Err(Failure::not_built("seccomp_profile_path")),
    }
    let profile: String = fields.take("apparmor_profile")?;
    if !profile.is_empty() {
        options.push(format!("apparmor={profile}"));
    }
    let labels: Vec<String> = fields.take("selinux_opts")?;
    options.extend(labels.into_iter().map(|label| format!("label={label}")));
    made.host("SecurityOpt", options);
    Ok(())
}
