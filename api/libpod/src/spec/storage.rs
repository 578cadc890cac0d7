//! Mounts, volumes and devices.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Made;
use crate::{error::Failure, fields::Fields};

/// How changes of mounts get through.
const PROPAGATIONS: &[&str] = &["private", "rprivate", "shared", "rshared", "slave", "rslave"];

/// A mount, as the OCI runtime specification has it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct OciMount {
    destination: String,
    #[serde(rename = "type")]
    kind: String,
    source: String,
    options: Option<Vec<String>>,
}

/// A volume that is mounted.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase", deny_unknown_fields)]
struct NamedVolume {
    name: String,
    dest: String,
    options: Option<Vec<String>>,
    is_anonymous: bool,
    sub_path: String,
}

pub(super) fn take(fields: &mut Fields, made: &mut Made) -> Result<(), Failure> {
    fields.only("image_volume_mode", &["anonymous"])?;
    let mut mounts: Vec<Value> = Vec::new();
    for mount in fields.take::<Vec<OciMount>>("mounts")? {
        match mount.kind.as_str() {
            "bind" | "" | "none" => mounts.push(mount.bind()?),
            "tmpfs" => {
                let options = mount.options.unwrap_or_default().join(",");
                let tmpfs = made.host.entry("Tmpfs").or_insert_with(|| json!({}));
                tmpfs[mount.destination.as_str()] = options.into();
            }
            other => return Err(Failure::not_built(&format!("mounts.type={other}"))),
        }
    }
    let mut nameless = Map::new();
    for volume in fields.take::<Vec<NamedVolume>>("volumes")? {
        let options = volume.options.as_deref().unwrap_or_default();
        if (volume.is_anonymous || volume.name.is_empty()) && options.is_empty() {
            nameless.insert(volume.dest, json!({}));
        } else {
            mounts.push(volume.mount()?);
        }
    }
    made.config("Volumes", nameless);
    made.host("Mounts", mounts);
    made.host("VolumesFrom", fields.take::<Vec<String>>("volumes_from")?);
    let devices: Vec<Map<String, Value>> = fields.take("devices")?;
    let paths = devices.iter().filter_map(|device| device.get("path")?.as_str());
    made.host("Devices", paths.map(device_of).collect::<Vec<_>>());
    made.host("ShmSize", fields.take::<Option<i64>>("shm_size")?.unwrap_or(0));
    Ok(())
}

/// Reads `/dev/outside:/dev/inside:rwm`.
fn device_of(text: &str) -> Value {
    let mut parts = text.split(':');
    let outside = parts.next().unwrap_or_default();
    let (mut inside, mut access) = (outside, "rwm");
    for part in parts {
        if part.starts_with('/') {
            inside = part;
        } else {
            access = part;
        }
    }
    json!({ "PathOnHost": outside, "PathInContainer": inside, "CgroupPermissions": access })
}

// === impl OciMount ===

impl OciMount {
    fn bind(&self) -> Result<Value, Failure> {
        let (mut read_only, mut propagation, mut flat) = (false, "", false);
        for option in self.options.iter().flatten() {
            match option.as_str() {
                "ro" => read_only = true,
                "rw" | "rbind" => {}
                "bind" => flat = true,
                other if PROPAGATIONS.contains(&other) => propagation = other,
                other => return Err(Failure::not_built(&format!("mounts.options={other}"))),
            }
        }
        Ok(json!({
            "Type": "bind",
            "Source": self.source,
            "Target": self.destination,
            "ReadOnly": read_only,
            "BindOptions": { "Propagation": propagation, "NonRecursive": flat },
        }))
    }
}

// === impl NamedVolume ===

impl NamedVolume {
    fn mount(&self) -> Result<Value, Failure> {
        let (mut read_only, mut bare) = (false, false);
        for option in self.options.iter().flatten() {
            match option.as_str() {
                "ro" => read_only = true,
                "rw" => {}
                "nocopy" => bare = true,
                other => return Err(Failure::not_built(&format!("volumes.Options={other}"))),
            }
        }
        let source = if self.is_anonymous { "" } else { &self.name };
        let mut options = json!({ "NoCopy": bare });
        if !self.sub_path.is_empty() {
            options["Subpath"] = self.sub_path.trim_start_matches('/').into();
        }
        Ok(json!({
            "Type": "volume",
            "Source": source,
            "Target": self.dest,
            "ReadOnly": read_only,
            "VolumeOptions": options,
        }))
    }
}
