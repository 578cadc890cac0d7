//! The image is as a registry and an archive have it.

use std::fs;

use super::{LargeImage, REPOSITORY};

#[test]
fn every_link_leads_to_a_blob_and_the_archive_names_its_layers() {
    let folder = tempfile::tempdir().unwrap();
    let image = LargeImage::make(folder.path(), 10).unwrap();
    assert!(image.bytes > 10_000_000);
    let root = image.registry.join("docker/registry/v2");
    let tag =
        root.join("repositories").join(REPOSITORY).join("_manifests/tags/latest/current/link");
    let digest = fs::read_to_string(tag).unwrap();
    let hex = digest.trim_start_matches("sha256:");
    let blob = |hex: &str| root.join("blobs/sha256").join(&hex[..2]).join(hex).join("data");
    let manifest: serde_json::Value =
        serde_json::from_slice(&fs::read(blob(hex)).unwrap()).unwrap();
    let layers = manifest["layers"].as_array().unwrap();
    assert_eq!(layers.len(), 10);
    for part in layers.iter().chain([&manifest["config"]]) {
        let hex = part["digest"].as_str().unwrap().trim_start_matches("sha256:");
        assert_eq!(fs::metadata(blob(hex)).unwrap().len(), part["size"].as_u64().unwrap());
    }
    assert!(fs::metadata(image.archive).unwrap().len() > image.bytes);
}
