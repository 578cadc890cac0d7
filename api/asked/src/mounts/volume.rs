//! Volumes: their names, drivers and options, and what clients are shown of one.

use std::collections::BTreeMap;

use api_types::Volume as Shown;
use backends_core::Volumes;
use journal_domain::{Volume, VolumeName};
use projector_containers::KeptVolume;

use crate::Unfit;

/// Bytes of a time up to its seconds: `2026-11-26T17:03:41`.
const SECONDS_BYTES: usize = 19;

/// Reads a volume's name.
pub fn volume_name(text: &str) -> Result<VolumeName, Unfit> {
    text.parse().map_err(|reason: String| Unfit::invalid(format!("create {text}: {reason}")))
}

/// Refuses drivers that are not there, which are all but one.
pub fn check_driver(name: &str, driver: &str) -> Result<(), Unfit> {
    if matches!(driver, "" | Volume::DRIVER) {
        return Ok(());
    }
    Err(Unfit::not_found(format!(
        "create {name}: error looking up volume plugin {driver}: plugin \"{driver}\" not found"
    )))
}

/// Refuses options that mean nothing, and those that are not built yet: what is mounted is a directory of the host.
pub fn check_driver_options(name: &str, options: &BTreeMap<String, String>) -> Result<(), Unfit> {
    if options.is_empty() {
        return Ok(());
    }
    let no = |reason: String| Err(Unfit::invalid(format!("create {name}: {reason}")));
    if let Some(unknown) =
        options.keys().find(|key| !["type", "o", "device", "size"].contains(&key.as_str()))
    {
        return no(format!("invalid option: {unknown:?}"));
    }
    let get = |key: &str| options.get(key).map(String::as_str).unwrap_or_default();
    let device = get("device");
    if device.is_empty() {
        return no("missing required option: \"device\"".to_owned());
    }
    let is_bind =
        matches!(get("type"), "" | "none" | "bind") && matches!(get("o"), "bind" | "rbind");
    if !is_bind || options.contains_key("size") {
        return Err(Unfit::unbuilt(format!(
            "create {name}: not built yet: options of volumes other than type=none, o=bind and device"
        )));
    }
    if !device.starts_with('/') {
        return no(format!("the device {device:?} is no absolute path"));
    }
    Ok(())
}

/// Makes what clients are shown of a volume, without its size.
pub fn shown_volume(kept: &KeptVolume, backend: &(impl Volumes + ?Sized)) -> Shown {
    let volume = &kept.volume;
    let mut labels = volume.labels.clone();
    if volume.anonymous {
        labels.entry(Volume::ANONYMOUS_LABEL.to_owned()).or_default();
    }
    let created = kept.created.to_string();
    let seconds = created.get(..SECONDS_BYTES).unwrap_or(&created);
    Shown {
        created_at: Some(format!("{seconds}Z")),
        driver: Volume::DRIVER.to_owned(),
        labels: (!labels.is_empty()).then_some(labels),
        mountpoint: backend.volume_path(&volume.name).unwrap_or_default(),
        name: volume.name.to_string(),
        options: (!volume.options.is_empty()).then(|| volume.options.clone()),
        scope: "local".to_owned(),
        usage_data: None,
    }
}
