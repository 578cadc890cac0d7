//! What is saved is what was loaded, byte for byte the same each time, and never what is not there.

use std::{fs, path::Path};

use serde_json::{Value, json};

use super::{SaveError, SavedImage, entry};
use crate::{
    digest::Digest,
    lease::Lease,
    limits::LayerLimits,
    load::LoadOptions,
    loaded::LoadedImage,
    platform::Platform,
    reference::Reference,
    store::ImageStore,
    tests::{Tar, gzip},
};

fn layer(name: &str) -> Vec<u8> {
    Tar::default().file(name, name.as_bytes()).end()
}

/// An archive of one image, whose layers come compressed where `packed` says so.
fn archive(layers: &[Vec<u8>], packed: bool) -> Vec<u8> {
    let diff_ids: Vec<_> = layers.iter().map(|layer| Digest::of(layer).to_string()).collect();
    let rootfs = json!({"type": "layers", "diff_ids": diff_ids});
    let config = json!({"architecture": "amd64", "os": "linux", "rootfs": rootfs}).to_string();
    let paths: Vec<_> = (0..layers.len()).map(|n| format!("{n}/layer.tar")).collect();
    let manifest = json!([{"Config": "config", "RepoTags": null, "Layers": paths}]).to_string();
    let tar = Tar::default().file("config", config.as_bytes());
    let tar = paths.iter().zip(layers).fold(tar, |tar, (path, layer)| {
        tar.file(path, &if packed { gzip(layer) } else { layer.clone() })
    });
    tar.file("manifest.json", manifest.as_bytes()).end()
}

fn store(dir: &Path) -> (ImageStore, Lease) {
    let store = ImageStore::open(dir).unwrap();
    let lease = store.lease();
    (store, lease)
}

fn load(store: &ImageStore, bytes: &[u8], lease: &Lease) -> Vec<LoadedImage> {
    let options =
        LoadOptions { platform: Platform::host(), is_asked: false, limits: LayerLimits::default() };
    store.load(bytes, &options, lease).unwrap()
}

fn saved(image: &LoadedImage, names: &[&str]) -> SavedImage {
    SavedImage {
        id: image.id,
        names: names.iter().map(|name| Reference::parse(name).unwrap()).collect(),
        layers: image.layers.iter().map(|layer| (layer.diff_id, layer.blob)).collect(),
    }
}

fn save(store: &ImageStore, images: Vec<SavedImage>) -> Result<Vec<u8>, SaveError> {
    let plan = store.plan_save(images)?;
    let mut bytes = Vec::new();
    store.write_archive(&plan, &mut bytes)?;
    assert_eq!(bytes.len() as u64, plan.size_bytes());
    Ok(bytes)
}

/// Reads an archive with another reader than ours.
fn files(archive: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in tar::Archive::new(archive).entries().unwrap() {
        let mut entry = entry.unwrap();
        let mut bytes = Vec::new();
        std::io::copy(&mut entry, &mut bytes).unwrap();
        files.push((entry.path().unwrap().to_string_lossy().into_owned(), bytes));
    }
    files
}

#[test]
fn what_is_saved_is_loaded_again_with_the_same_identities_and_names() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (store, lease) = self::store(here.path());
    let two = load(&store, &archive(&[layer("a"), layer("b")], true), &lease).remove(0);
    let one = load(&store, &archive(&[layer("a")], false), &lease).remove(0);
    let images = || vec![saved(&two, &["team/app:v1", "localhost:5000/app:v2"]), saved(&one, &[])];
    let bytes = save(&store, images()).unwrap();
    assert_eq!(save(&store, images()).unwrap(), bytes, "it depends on the images alone");
    let (other, lease) = self::store(there.path());
    let loaded = load(&other, &bytes, &lease);
    assert_eq!(loaded.iter().map(|image| image.id).collect::<Vec<_>>(), [two.id, one.id]);
    assert_eq!(loaded[0].names, images()[0].names);
    assert_eq!(loaded[0].layers[0].blob, loaded[0].layers[0].diff_id, "layers come out plain");
    // The layout alone is enough too: a name each, and one image without any.
    let rest = files(&bytes).into_iter().filter(|(name, _)| name != "manifest.json");
    let layout = rest.fold(Tar::default(), |tar, (name, bytes)| {
        if name.ends_with('/') { tar.dir(&name) } else { tar.file(&name, &bytes) }
    });
    let loaded = load(&other, &layout.end(), &lease);
    assert_eq!(loaded.iter().map(|image| image.id).collect::<Vec<_>>(), [two.id, two.id, one.id]);
}

#[test]
fn the_tables_are_those_of_docker_25() {
    let dir = tempfile::tempdir().unwrap();
    let (store, lease) = self::store(dir.path());
    let image = load(&store, &archive(&[layer("a")], false), &lease).remove(0);
    let files = files(&save(&store, vec![saved(&image, &["app:v1", "app:v2"])]).unwrap());
    let table = |name: &str| -> Value {
        let (_, bytes) = files.iter().find(|(found, _)| found == name).unwrap();
        serde_json::from_slice(bytes).unwrap()
    };
    let path = |digest: Digest| format!("blobs/sha256/{}", digest.to_hex());
    let names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names[..2], ["blobs/", "blobs/sha256/"]);
    assert_eq!(names[5..], ["index.json", "manifest.json", "oci-layout", "repositories"]);
    for (name, bytes) in &files[2..5] {
        assert_eq!(*name, path(Digest::of(bytes)), "a blob has its digest for its name");
    }
    let top = Digest::of(&layer("a"));
    let item = &table("manifest.json")[0];
    assert_eq!(item["Config"], path(image.id));
    assert_eq!(item["RepoTags"], json!(["app:v1", "app:v2"]));
    assert_eq!(item["Layers"], json!([path(top)]));
    assert_eq!(item["LayerSources"][top.to_string()]["size"], layer("a").len());
    let tags = json!({"app": {"v1": top.to_hex(), "v2": top.to_hex()}});
    assert_eq!(table("repositories"), tags);
    let second = &table("index.json")["manifests"][1];
    assert_eq!(second["platform"], json!({"architecture": "amd64", "os": "linux"}));
    let annotations = json!({
        "io.containerd.image.name": "docker.io/library/app:v2",
        "org.opencontainers.image.ref.name": "v2",
    });
    assert_eq!(second["annotations"], annotations);
    assert_eq!(table("oci-layout"), json!({"imageLayoutVersion": "1.0.0"}));
}

#[test]
fn a_layer_whose_size_was_not_kept_is_measured() {
    let dir = tempfile::tempdir().unwrap();
    let (store, lease) = self::store(dir.path());
    let image = load(&store, &archive(&[layer("a")], true), &lease).remove(0);
    let before = save(&store, vec![saved(&image, &[])]).unwrap();
    let facts = dir.path().join("layers").join(image.layers[0].diff_id.to_hex()).join("layer.json");
    let mut older: Value = serde_json::from_slice(&fs::read(&facts).unwrap()).unwrap();
    assert!(older.as_object_mut().unwrap().remove("tar_bytes").is_some());
    fs::write(&facts, older.to_string()).unwrap();
    assert_eq!(save(&store, vec![saved(&image, &[])]).unwrap(), before);
}

#[test]
fn what_is_damaged_or_missing_is_told_and_not_saved() {
    let dir = tempfile::tempdir().unwrap();
    let (store, lease) = self::store(dir.path());
    let image = load(&store, &archive(&[layer("a")], false), &lease).remove(0);
    let blob = dir.path().join("blobs/sha256").join(image.layers[0].blob.to_hex());
    let whole = fs::read(&blob).unwrap();
    let mut changed = whole.clone();
    changed[600] ^= 1;
    fs::write(&blob, changed).unwrap();
    let error = save(&store, vec![saved(&image, &[])]).unwrap_err().to_string();
    assert!(error.contains("is damaged: its digest is"), "{error}");
    let plan = store.plan_save(vec![saved(&image, &[])]).unwrap();
    for (bytes, what) in [(&whole[..1024], "are missing"), (&[&*whole, b"x"].concat(), "more than")]
    {
        fs::write(&blob, bytes).unwrap();
        let error = store.write_archive(&plan, &mut Vec::new()).unwrap_err().to_string();
        assert!(error.contains(what), "{error}");
    }
    fs::remove_file(&blob).unwrap();
    let missing = save(&store, vec![saved(&image, &[])]).unwrap_err();
    assert!(matches!(missing, SaveError::Missing(found) if found == image.layers[0].blob));
}

#[test]
fn sizes_above_eight_gibibytes_are_read_back_as_they_are() {
    for size_bytes in [0, 511, (8 << 30) - 1, 8 << 30, 500 << 30] {
        let mut block = Vec::new();
        entry::header(&mut block, "blobs/sha256/x", size_bytes).unwrap();
        let header = tar::Header::from_byte_slice(&block);
        assert_eq!(header.entry_size().unwrap(), size_bytes);
        let mut summed = header.clone();
        summed.set_cksum();
        assert_eq!(header.cksum().unwrap(), summed.cksum().unwrap());
    }
}
