//! Names and ids of images as podman writes them: names with their registry, ids without their algorithm.

use backends_images::Reference;
use serde_json::Value;

/// Writes a name with its registry: `busybox:latest` is `docker.io/library/busybox:latest`.
pub(crate) fn whole_name(name: &str) -> String {
    let is_id = name.starts_with("sha256:") || name.is_empty() || name.starts_with('<');
    if is_id {
        return name.trim_start_matches("sha256:").to_owned();
    }
    Reference::parse_untagged(name).map_or_else(|_| name.to_owned(), |whole| whole.to_string())
}

/// Writes an id without its algorithm.
pub(crate) fn bare_id(id: &Value) -> String {
    id.as_str().unwrap_or_default().trim_start_matches("sha256:").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_name_gets_its_registry() {
        assert_eq!(whole_name("busybox:1"), "docker.io/library/busybox:1");
        assert_eq!(whole_name("team/app"), "docker.io/team/app");
        assert_eq!(whole_name("localhost/app:1"), "localhost/app:1");
        assert_eq!(whole_name("quay.io/team/app"), "quay.io/team/app");
        assert_eq!(whole_name("sha256:ab"), "ab");
    }
}
