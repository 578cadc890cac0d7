//! Archives that clients send: a layer's tar, and images as `docker save` writes them.

use backends_images::Digest;
use bytes::Bytes;
use serde_json::{Value, json};

/// Makes a tar archive of files.
pub(super) fn tar(files: &[(&str, &[u8])]) -> Bytes {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *content).unwrap();
    }
    builder.into_inner().unwrap().into()
}

/// Makes the archive of one image; `more` are further fields of its configuration.
pub(super) fn image(names: &[&str], layers: &[Bytes], more: Value) -> Bytes {
    let diff_ids: Vec<String> = layers.iter().map(|tar| Digest::of(tar).to_string()).collect();
    let mut config = json!({
        "architecture": "amd64",
        "os": "linux",
        "created": "2023-12-01T00:00:00Z",
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
    });
    for (field, value) in more.as_object().unwrap() {
        config[field] = value.clone();
    }
    let config = config.to_string();
    let config_path = format!("{}.json", Digest::of(config.as_bytes()).to_hex());
    let paths: Vec<String> =
        layers.iter().map(|tar| format!("{}/layer.tar", Digest::of(tar).to_hex())).collect();
    let manifest = json!([{"Config": config_path, "RepoTags": names, "Layers": paths}]).to_string();
    let mut files = vec![(config_path.as_str(), config.as_bytes())];
    files.extend(paths.iter().zip(layers).map(|(path, tar)| (path.as_str(), &tar[..])));
    files.push(("manifest.json", manifest.as_bytes()));
    self::tar(&files)
}
