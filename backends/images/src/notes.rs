//! The notes that overlayfs keeps beside files: in attributes of the system's, or of users' where one has no right to those.

use std::{fs, sync::LazyLock};

/// Says that nothing of lower layers shows in a directory.
const OPAQUE: &str = "trusted.overlay.opaque";
const OPAQUE_OF_USERS: &str = "user.overlay.opaque";

/// What the map of users says where there is no user namespace: every number is itself.
const ALL_USERS: [&str; 3] = ["0", "0", "4294967295"];

/// A process that changes its user namespace does so before it looks at any file.
static IN_USER_NAMESPACE: LazyLock<bool> = LazyLock::new(|| {
    let map = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    !map.is_empty() && !map.split_whitespace().eq(ALL_USERS)
});

/// Tells whether this process is in a user namespace: it can make no devices, and an overlay's notes are users' attributes
/// (`userxattr`).
pub fn in_user_namespace() -> bool {
    *IN_USER_NAMESPACE
}

/// Names the attribute of a directory in which nothing of lower layers shows.
pub(crate) fn opaque() -> &'static str {
    if in_user_namespace() { OPAQUE_OF_USERS } else { OPAQUE }
}
