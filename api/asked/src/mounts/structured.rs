//! An entry of `HostConfig.Mounts`.

use api_types::{ApiVersion, Mount, MountBindOptions, MountTmpfsOptions};
use journal_domain::{
    AskedMount, MountAccess, MountField, MountRequest, MountSource, Propagation, ReadOnly,
    VolumeRequest, clean_path,
};

use super::{
    access, check_absolute, check_target, invalid,
    volume::{check_driver, check_driver_options},
    volume_name,
};
use crate::Unfit;

/// The mode of volumes, as for those in `Binds`.
const VOLUME_MODE: &str = "z";

/// Reads an entry.
pub(super) fn mount(asked: &Mount, version: ApiVersion) -> Result<AskedMount, Unfit> {
    let kind = asked.kind.as_str();
    let no = |reason: String| invalid(kind, &reason);
    check_target(&asked.target).map_err(no)?;
    let (source, access) = match kind {
        "bind" => bind(asked, version)?,
        "volume" => volume(asked, version)?,
        "tmpfs" => tmpfs(asked)?,
        "npipe" | "cluster" | "image" => return Err(invalid(kind, "mount type unknown")),
        _ => return Err(invalid(kind, "mount type unknown")),
    };
    let text = serde_json::to_string(asked).expect("wire types have string keys only");
    let mount = MountRequest { target: clean_path(&asked.target), source, access };
    Ok(AskedMount { field: MountField::Mounts, text, mount })
}

fn bind(asked: &Mount, version: ApiVersion) -> Result<(MountSource, MountAccess), Unfit> {
    let no = |reason: &str| invalid("bind", reason);
    if asked.source.is_empty() {
        return Err(no("field Source must not be empty"));
    }
    let default = MountBindOptions::default();
    let options = asked.bind_options.as_ref().unwrap_or(&default);
    let propagation = match options.propagation.as_str() {
        "" => Propagation::RecursivePrivate,
        word => Propagation::parse(word)
            .ok_or_else(|| no(&format!("invalid propagation mode: {word}")))?,
    };
    if asked.volume_options.is_some() {
        return Err(no("field VolumeOptions must not be specified"));
    }
    check_absolute(&asked.source).map_err(|reason| no(&reason))?;
    if options.read_only_non_recursive && options.read_only_force_recursive {
        return Err(no("ReadOnlyNonRecursive and ReadOnlyForceRecursive exclude each other"));
    }
    if !asked.read_only && (options.read_only_non_recursive || options.read_only_force_recursive) {
        return Err(no("mount must be read-only to be so recursively, or not"));
    }
    let mut access = access(asked.read_only, propagation, version);
    if options.read_only_non_recursive {
        access.read_only = ReadOnly::Top;
    } else if options.read_only_force_recursive {
        access.read_only = ReadOnly::All;
    }
    access.without_submounts = options.non_recursive;
    let source =
        MountSource::Path { path: clean_path(&asked.source), create: options.create_mountpoint };
    Ok((source, access))
}

fn volume(asked: &Mount, version: ApiVersion) -> Result<(MountSource, MountAccess), Unfit> {
    let no = |reason: &str| invalid("volume", reason);
    if asked.bind_options.is_some() {
        return Err(no("field BindOptions must not be specified"));
    }
    let anonymous = asked.source.is_empty();
    if anonymous && asked.read_only {
        return Err(no("must not set ReadOnly mode when using anonymous volumes"));
    }
    let mut request = VolumeRequest { copy: true, ..VolumeRequest::default() };
    if let Some(options) = &asked.volume_options {
        check_subpath(&options.subpath, anonymous)?;
        if let Some(driver) = &options.driver_config {
            check_driver(&asked.source, &driver.name)?;
            check_driver_options(&asked.source, &driver.options)?;
            request.options.clone_from(&driver.options);
        }
        request.copy = !options.no_copy;
        request.labels.clone_from(&options.labels);
        request.subpath.clone_from(&options.subpath);
    }
    request.name = (!anonymous).then(|| volume_name(&asked.source)).transpose()?;
    let mut access = access(asked.read_only, Propagation::Unset, version);
    access.mode = VOLUME_MODE.to_owned();
    Ok((MountSource::Volume(request), access))
}

fn check_subpath(subpath: &str, anonymous: bool) -> Result<(), Unfit> {
    if subpath.is_empty() {
        return Ok(());
    }
    if anonymous {
        return Err(invalid("volume", "must not set Subpath when using anonymous volumes"));
    }
    let is_local = !subpath.starts_with('/') && !subpath.split('/').any(|part| part == "..");
    if is_local {
        return Ok(());
    }
    Err(invalid("volume", "subpath must be a relative path within the volume"))
}

fn tmpfs(asked: &Mount) -> Result<(MountSource, MountAccess), Unfit> {
    if !asked.source.is_empty() {
        return Err(invalid("tmpfs", "field Source must not be specified"));
    }
    let default = MountTmpfsOptions::default();
    let options = asked.tmpfs_options.as_ref().unwrap_or(&default);
    let mut words = Vec::new();
    if asked.read_only {
        words.push("ro".to_owned());
    }
    if options.mode != 0 {
        words.push(format!("mode={:o}", options.mode));
    }
    if options.size_bytes < 0 {
        return Err(invalid("tmpfs", "SizeBytes must not be negative"));
    }
    if options.size_bytes > 0 {
        words.push(format!("size={}", options.size_bytes));
    }
    for option in &options.options {
        match &option[..] {
            [word] => words.push(word.clone()),
            [name, value] => words.push(format!("{name}={value}")),
            _ => return Err(invalid("tmpfs", "invalid option array length")),
        }
    }
    let read_only = if asked.read_only { ReadOnly::All } else { ReadOnly::No };
    let access = MountAccess { read_only, ..MountAccess::default() };
    Ok((MountSource::Memory { options: words.join(",") }, access))
}
