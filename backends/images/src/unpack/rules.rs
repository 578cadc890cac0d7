//! What differs between a layer and a container's files.

/// How an archive is unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rules {
    /// Whether it is a layer: names of deleted files mean something, and the root gets the attributes of its entry.
    pub(crate) is_layer: bool,
    /// Whether a directory may not be replaced by something else, nor something else by a directory.
    pub(crate) keep_kinds: bool,
    /// The user and group that everything gets, instead of its own.
    pub(crate) owner: Option<(u32, u32)>,
    /// The permissions that everything but links gets, instead of its own.
    pub(crate) mode: Option<u32>,
}

impl Rules {
    /// The rules of layers.
    pub(crate) const LAYER: Self =
        Self { is_layer: true, keep_kinds: false, owner: None, mode: None };
}
