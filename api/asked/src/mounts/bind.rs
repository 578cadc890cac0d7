//! An entry of `HostConfig.Binds`: `[source:]target[:mode]`.

use api_types::ApiVersion;
use journal_domain::{
    AskedMount, MountField, MountRequest, MountSource, Propagation, VolumeRequest, clean_path,
};

use super::{access, check_target, volume::check_driver, volume_name};
use crate::Unfit;

/// The mode of a mount that is a volume and of which the client said nothing: Docker's word, about labels of SELinux.
const VOLUME_MODE: &str = "z";

/// What a mode says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Mode {
    pub(super) read_only: bool,
    pub(super) no_copy: bool,
    pub(super) propagation: Option<Propagation>,
}

// === impl Mode ===

impl Mode {
    /// Reads words between commas, at most one of a kind.
    pub(super) fn parse(text: &str) -> Result<Self, Unfit> {
        let invalid = || Unfit::invalid(format!("invalid mode: {text}"));
        let mut read = Self::default();
        let mut kinds = Vec::new();
        for word in text.split(',').filter(|_| !text.is_empty()) {
            let kind = match word {
                "ro" | "rw" => {
                    read.read_only = word == "ro";
                    "access"
                }
                "z" | "Z" => "label",
                "nocopy" => {
                    read.no_copy = true;
                    "copy"
                }
                "consistent" | "cached" | "delegated" => "consistency",
                word => {
                    read.propagation = Some(Propagation::parse(word).ok_or_else(invalid)?);
                    "propagation"
                }
            };
            if kinds.contains(&kind) {
                return Err(invalid());
            }
            kinds.push(kind);
        }
        Ok(read)
    }
}

/// Reads an entry; `driver` is that of volumes that are not there yet.
pub(super) fn bind(text: &str, driver: &str, version: ApiVersion) -> Result<AskedMount, Unfit> {
    let malformed = || Unfit::invalid(format!("invalid volume specification: '{text}'"));
    let parts: Vec<&str> = text.splitn(4, ':').collect();
    let (source, target, mode) = match parts[..] {
        ["", ..] => return Err(malformed()),
        [target] => ("", target, ""),
        // A mode cannot follow a target without a source.
        [_, target] if Mode::parse(target).is_ok() => return Err(malformed()),
        [source, target] => (source, target, ""),
        [source, target, mode] => (source, target, mode),
        _ => return Err(malformed()),
    };
    let read = Mode::parse(mode)?;
    let is_path = source.starts_with('/');
    let kind = if is_path { "bind" } else { "volume" };
    let invalid = |reason: &str| {
        Unfit::invalid(format!(
            "invalid volume specification: '{text}': invalid mount config for type {kind:?}: {reason}"
        ))
    };
    check_target(target).map_err(|reason| invalid(&reason))?;
    match (is_path, read.no_copy, read.propagation) {
        (true, true, _) => return Err(invalid("field VolumeOptions must not be specified")),
        (false, _, Some(_)) => return Err(invalid("field BindOptions must not be specified")),
        (false, ..) if source.is_empty() && read.read_only => {
            return Err(invalid("must not set ReadOnly mode when using anonymous volumes"));
        }
        _ => {}
    }
    let (source, propagation, own_mode) = if is_path {
        let propagation = read.propagation.unwrap_or(Propagation::RecursivePrivate);
        (MountSource::Path { path: clean_path(source), create: true }, propagation, mode)
    } else {
        check_driver(source, driver)?;
        let name = (!source.is_empty()).then(|| volume_name(source)).transpose()?;
        let copy = !read.no_copy;
        let request = VolumeRequest { name, copy, ..VolumeRequest::default() };
        let mode = if mode.is_empty() { VOLUME_MODE } else { mode };
        (MountSource::Volume(request), Propagation::Unset, mode)
    };
    let mut access = access(read.read_only, propagation, version);
    access.mode = own_mode.to_owned();
    let mount = MountRequest { target: clean_path(target), source, access };
    Ok(AskedMount { field: MountField::Binds, text: text.to_owned(), mount })
}
