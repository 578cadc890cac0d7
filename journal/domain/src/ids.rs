//! Identities that live in records. They are made before the append, so a replay knows the same ones.

use journal_log::id;

id!(
    /// A container: 32 random bytes, shown as 64 hexadecimal digits as Docker does.
    pub struct ContainerId, 32
);
id!(
    /// An exec instance inside a container.
    pub struct ExecId, 32
);
id!(
    /// A network.
    pub struct NetworkId, 32
);
id!(
    /// A container's attachment to a network.
    pub struct EndpointId, 32
);
id!(
    /// A long transfer of image bytes: an import, a load.
    pub struct TransferId, 16
);
id!(
    /// A copy of files into a container.
    pub struct CopyId, 16
);
id!(
    /// An opened byte stream: an attach, an exec, a websocket.
    pub struct StreamId, 16
);

/// An image is named by the digest of its configuration (OCI image specification, "ImageID").
pub type ImageId = crate::Digest;
