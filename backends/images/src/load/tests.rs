//! Archives of images as programs write them, and archives that lie.

use std::{fs, path::Path, thread};

use serde_json::{Value, json};

use super::{LoadError, LoadOptions};
use crate::{
    digest::Digest,
    fault::Fault,
    limits::LayerLimits,
    loaded::LoadedImage,
    platform::Platform,
    store::ImageStore,
    tests::{Tar, chain, gzip},
};

const OCI: &str = "application/vnd.oci.image";

fn layer(name: &str) -> Vec<u8> {
    Tar::default().file(name, name.as_bytes()).end()
}

fn config(layers: &[Vec<u8>], architecture: &str) -> Vec<u8> {
    let diff_ids: Vec<_> = layers.iter().map(|layer| Digest::of(layer).to_string()).collect();
    json!({
        "architecture": architecture, "os": "linux", "config": {"Cmd": ["sh"]},
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
    })
    .to_string()
    .into_bytes()
}

/// As `docker save` wrote before Docker 25: a folder a layer, the second layer a link to the first.
fn docker(layers: &[Vec<u8>], tags: &[&str]) -> Tar {
    let config = config(layers, "amd64");
    let name = format!("{}.json", Digest::of(&config).to_hex());
    let mut tar = Tar::default().file(&name, &config);
    let mut paths = Vec::new();
    for (n, bytes) in layers.iter().enumerate() {
        let path = format!("id{n}/layer.tar");
        tar = tar
            .dir(&format!("id{n}/"))
            .file(&format!("id{n}/VERSION"), b"1.0")
            .file(&format!("id{n}/json"), b"{}");
        tar = match layers[..n].iter().position(|other| other == bytes) {
            Some(same) => tar.symlink(&path, &format!("../id{same}/layer.tar")),
            None => tar.file(&path, bytes),
        };
        paths.push(path);
    }
    let manifest = json!([{"Config": name, "RepoTags": tags, "Layers": paths}]).to_string();
    tar.file("manifest.json", manifest.as_bytes()).file("repositories", b"{}")
}

/// An OCI layout in the making.
#[derive(Default)]
struct Layout {
    tar: Tar,
}

impl Layout {
    fn blob(&mut self, media_type: &str, bytes: &[u8]) -> Value {
        let hex = Digest::of(bytes).to_hex();
        self.tar = std::mem::take(&mut self.tar).file(&format!("blobs/sha256/{hex}"), bytes);
        json!({"mediaType": format!("{OCI}.{media_type}"), "digest": format!("sha256:{hex}"), "size": bytes.len()})
    }

    fn image(&mut self, layers: &[Vec<u8>], architecture: &str) -> Value {
        let config = self.blob("config.v1+json", &config(layers, architecture));
        let layers: Vec<_> =
            layers.iter().map(|layer| self.blob("layer.v1.tar+gzip", &gzip(layer))).collect();
        let manifest = json!({"schemaVersion": 2, "config": config, "layers": layers}).to_string();
        let mut descriptor = self.blob("manifest.v1+json", manifest.as_bytes());
        descriptor["platform"] = json!({"architecture": architecture, "os": "linux"});
        descriptor
    }

    fn index(&mut self, manifests: &[Value]) -> Value {
        let index = json!({"schemaVersion": 2, "manifests": manifests}).to_string();
        self.blob("index.v1+json", index.as_bytes())
    }

    fn end(self, manifests: &[Value]) -> Vec<u8> {
        let index = json!({"schemaVersion": 2, "manifests": manifests}).to_string();
        self.tar
            .file("oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#)
            .file("index.json", index.as_bytes())
            .end()
    }
}

fn named(mut descriptor: Value, key: &str, name: &str) -> Value {
    descriptor["annotations"] = json!({key: name});
    descriptor
}

struct Place {
    dir: tempfile::TempDir,
    store: ImageStore,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = ImageStore::open(dir.path()).unwrap();
        Self { dir, store }
    }

    fn load(&self, archive: &[u8]) -> Result<Vec<LoadedImage>, LoadError> {
        let platform =
            Platform { os: "linux".into(), architecture: "amd64".into(), variant: String::new() };
        let options = LoadOptions { platform, is_asked: false, limits: LayerLimits::default() };
        self.store.load(archive, &options, &self.store.lease())
    }

    /// Blobs and layers that are there.
    fn count(&self) -> (usize, usize) {
        let count = |path: &Path| fs::read_dir(path).unwrap().count();
        (count(&self.dir.path().join("blobs/sha256")), count(&self.dir.path().join("layers")))
    }
}

fn names(image: &LoadedImage) -> Vec<String> {
    image.names.iter().map(|name| name.familiar()).collect()
}

fn refusal(archive: &[u8]) -> String {
    let place = Place::new();
    let error = place.load(archive).unwrap_err();
    assert_eq!((error.fault(), place.count()), (Fault::Content, (0, 0)), "{}", chain(&error));
    chain(&error)
}

#[test]
fn what_docker_saves_is_loaded_with_its_names_and_links() {
    let place = Place::new();
    let layers = [layer("a"), layer("b"), layer("a")];
    let archive = docker(&layers, &["busybox:1", "ghcr.io/me/x:y"]).end();
    for archive in [archive.clone(), gzip(&archive)] {
        let images = place.load(&archive).unwrap();
        assert_eq!(names(&images[0]), ["busybox:1", "ghcr.io/me/x:y"]);
        assert_eq!(images[0].id, Digest::of(&config(&layers, "amd64")));
        assert_eq!((images[0].layers.len(), images[0].size_bytes), (3, 3));
        assert_eq!(images[0].config.config.cmd, Some(vec!["sh".to_owned()]));
        // Two layers and a configuration, each once.
        assert_eq!(place.count(), (3, 2));
    }
}

#[test]
fn what_docker_saves_since_25_is_loaded_by_its_manifest() {
    let mut layout = Layout::default();
    let layers = [layer("a")];
    let image = layout.image(&layers, "amd64");
    let path = |bytes: &[u8]| format!("blobs/sha256/{}", Digest::of(bytes).to_hex());
    let manifest = json!([{
        "Config": path(&config(&layers, "amd64")), "RepoTags": null, "Layers": [path(&gzip(&layers[0]))],
    }]);
    layout.tar = layout.tar.dir("blobs").file("manifest.json", manifest.to_string().as_bytes());
    let images = Place::new().load(&layout.end(&[image])).unwrap();
    assert_eq!((images.len(), names(&images[0]).len()), (1, 0));
    assert_eq!(images[0].layers[0].blob, Digest::of(&gzip(&layers[0])));
}

#[test]
fn what_docker_saved_before_1_10_is_given_a_configuration() {
    let (lower, upper) = (layer("a"), layer("b"));
    let document = |id: &str, parent: &str, by: &str| {
        json!({
            "id": id, "parent": parent, "created": "2015-01-01T00:00:00Z", "os": "linux", "architecture": "amd64",
            "container_config": {"Cmd": ["/bin/sh", "-c", by]}, "config": {"Env": ["A=1"]},
        })
        .to_string()
    };
    let tar = Tar::default()
        .file("one/json", document("one", "", "first").as_bytes())
        .file("one/layer.tar", &lower)
        .file("two/json", document("two", "one", "second").as_bytes())
        .file("two/layer.tar", &upper);
    let repositories = |id: &str| json!({"old": {"1": id, "latest": id}}).to_string();
    let place = Place::new();
    let archive = Tar::default().file("repositories", repositories("two").as_bytes());
    let images = place.load(&tar.and(archive).end()).unwrap();
    let image = &images[0];
    assert_eq!(names(image), ["old:1", "old:latest"]);
    assert_eq!(image.config.diff_ids(), [Digest::of(&lower), Digest::of(&upper)]);
    assert_eq!(image.config.history[1].created_by, "/bin/sh -c second");
    assert_eq!(
        (image.config.config.env.len(), place.store.config(image.id).unwrap().history.len()),
        (1, 2)
    );
    let circle = Tar::default()
        .file("one/json", document("one", "one", "").as_bytes())
        .file("one/layer.tar", &lower)
        .file("repositories", repositories("one").as_bytes());
    assert!(refusal(&circle.end()).contains("max depth exceeded"));
}

#[test]
fn a_layout_gives_the_image_for_this_host() {
    let mut layout = Layout::default();
    let arm = layout.image(&[layer("arm")], "arm64");
    let amd = layout.image(&[layer("amd")], "amd64");
    // A platform whose files were not saved, and a signature.
    let absent = json!({
        "mediaType": format!("{OCI}.manifest.v1+json"), "size": 1,
        "digest": Digest::of(b"absent").to_string(), "platform": {"architecture": "amd64", "os": "linux"},
    });
    let signature = named(amd.clone(), "vnd.docker.reference.type", "attestation-manifest");
    let index = layout.index(&[absent, signature, arm, amd]);
    let index = named(index, "io.containerd.image.name", "docker.io/library/multi:latest");
    let images = Place::new().load(&layout.end(&[index])).unwrap();
    assert_eq!(names(&images[0]), ["multi:latest"]);
    assert_eq!(images[0].config.architecture, "amd64");
}

#[test]
fn names_tell_the_images_of_a_layout_apart() {
    let mut layout = Layout::default();
    let oci = "org.opencontainers.image.ref.name";
    let images = [
        named(layout.image(&[layer("a")], "amd64"), oci, "me/a:1"),
        named(layout.image(&[layer("b")], "arm64"), oci, "latest"),
    ];
    let images = Place::new().load(&layout.end(&images)).unwrap();
    assert_eq!(images.iter().map(names).collect::<Vec<_>>(), [vec!["me/a:1"], vec![]]);
    // A single image is taken whatever it is for.
    assert_eq!(images[1].config.architecture, "arm64");
}

#[test]
fn without_an_image_for_this_host_the_archive_is_refused() {
    let mut layout = Layout::default();
    let manifests = [layout.image(&[layer("a")], "arm64"), layout.image(&[layer("b")], "s390x")];
    assert_eq!(
        refusal(&layout.end(&manifests)),
        "no image for linux/amd64 in the archive, which has images for linux/arm64, linux/s390x"
    );
}

#[test]
fn archives_that_lie_are_refused_and_leave_nothing() {
    let layers = [layer("a"), layer("b")];
    let hex = |bytes: &[u8]| Digest::of(bytes).to_hex();
    let with_manifest = |config: &str, layers: &[&str], tags: &[&str]| {
        json!([{"Config": config, "RepoTags": tags, "Layers": layers}]).to_string().into_bytes()
    };
    let name = format!("{}.json", hex(&config(&layers, "amd64")));
    let base = || {
        Tar::default()
            .file(&name, &config(&layers, "amd64"))
            .file("a", &layers[0])
            .file("b", &layers[1])
    };
    let manifest = |manifest: &[u8]| base().file("manifest.json", manifest).end();
    let zeros = "0".repeat(64);
    for (archive, expected) in [
        (Tar::default().file("x", b"").end(), "the archive holds no images: it has no manifest.json, index.json or repositories".to_owned()),
        (b"".to_vec(), "the archive holds no images: it has no manifest.json, index.json or repositories".to_owned()),
        (
            manifest(&with_manifest(&name, &["a", "a"], &[])),
            format!("a layer has the digest {}, and not {}", Digest::of(&layers[0]), Digest::of(&layers[1])),
        ),
        (manifest(&with_manifest(&name, &["a"], &[])), "invalid manifest, layers length mismatch: expected 2, got 1".to_owned()),
        (manifest(&with_manifest(&name, &["a", "c"], &[])), "c is not in the archive".to_owned()),
        (manifest(&with_manifest("gone.json", &[], &[])), "gone.json is not in the archive".to_owned()),
        (manifest(&with_manifest("../../etc/passwd", &[], &[])), "../../etc/passwd of the archive cannot be used: its path leads out of the archive".to_owned()),
        (manifest(&with_manifest(&name, &["a", "b"], &["Bad"])), "the name \"Bad\" of an image is refused: invalid reference format: repository name (library/Bad) must be lowercase".to_owned()),
        (manifest(b"{"), "manifest.json of the archive cannot be used: invalid type: map, expected a sequence at line 1 column 0".to_owned()),
        (
            Tar::default().file(&format!("{zeros}.json"), b"{}").file("manifest.json", &with_manifest(&format!("{zeros}.json"), &[], &[])).end(),
            format!("{zeros}.json has the digest {}, and not sha256:{zeros}", Digest::of(b"{}")),
        ),
        (Tar::default().file("c", b"3").file("manifest.json", &with_manifest("c", &[], &[])).end(), "the image configuration cannot be read: invalid type: integer `3`, expected struct ImageConfig at line 1 column 1".to_owned()),
        (base().symlink("l", "../x").end(), "../x of the archive cannot be used: its path leads out of the archive".to_owned()),
        (base().symlink("manifest.json", "m").symlink("m", "manifest.json").end(), "the archive holds no images: it has no manifest.json, index.json or repositories".to_owned()),
        (base().file("./a", b"").end(), "./a of the archive cannot be used: it is there twice".to_owned()),
        (base().file("/etc/a", b"").end(), "/etc/a of the archive cannot be used: its path is absolute".to_owned()),
        (manifest(&with_manifest(&name, &["a", "b"], &[]))[..3000].to_vec(), "the archive ends in the middle of an entry, at byte 3000".to_owned()),
    ] {
        assert_eq!(refusal(&archive), expected);
    }
}

#[test]
fn a_layout_that_lies_is_refused() {
    let mut layout = Layout::default();
    let image = layout.image(&[layer("a")], "amd64");
    let digest = image["digest"].as_str().unwrap().to_owned();
    let archive = layout.end(&[image]);
    // Another manifest under the name of this one.
    let at = archive.windows(15).position(|window| window == b"\"schemaVersion\"").unwrap();
    let mut changed = archive.clone();
    changed[at..at + 15].copy_from_slice(b"\"schemaversion\"");
    assert!(refusal(&changed).ends_with(&format!("and not {digest}")));
    let artifact = json!({"schemaVersion": 2, "layers": [], "config": {
        "mediaType": "application/vnd.cncf.helm.config.v1+json", "size": 2, "digest": Digest::of(b"{}").to_string(),
    }});
    let mut layout = Layout::default();
    let manifest = layout.blob("manifest.v1+json", artifact.to_string().as_bytes());
    let refusal = refusal(&layout.end(&[manifest]));
    assert!(
        refusal.ends_with("it is not an image, but holds application/vnd.cncf.helm.config.v1+json"),
        "{refusal}"
    );
}

#[test]
fn what_is_there_for_other_machines_is_told_and_one_that_was_asked_for_must_be_there() {
    let mut layout = Layout::default();
    let (mine, other) =
        (layout.image(&[layer("a")], "amd64"), layout.image(&[layer("b")], "arm64"));
    let mut absent = other.clone();
    absent["digest"] = json!(Digest::of(b"elsewhere").to_string());
    absent["platform"]["architecture"] = json!("s390x");
    let index = layout.index(&[absent, other, mine]);
    let archive = layout.end(&[named(index, "org.opencontainers.image.ref.name", "app:v1")]);
    let load = |architecture: &str, is_asked| {
        let place = Place::new();
        let architecture = architecture.to_owned();
        let platform = Platform { os: "linux".into(), architecture, variant: String::new() };
        let options = LoadOptions { platform, is_asked, limits: LayerLimits::default() };
        let lease = place.store.lease();
        place.store.load(&archive[..], &options, &lease).map(|mut images| images.remove(0))
    };
    let left = |image: &LoadedImage| -> Vec<String> {
        image.left_out.iter().map(ToString::to_string).collect()
    };
    assert_eq!(left(&load("amd64", false).unwrap()), ["linux/arm64"], "what is there, and no more");
    let asked = load("arm64", true).unwrap();
    assert_eq!(
        (asked.config.architecture.as_str(), left(&asked)),
        ("arm64", vec!["linux/amd64".into()])
    );
    assert!(matches!(load("riscv64", false), Err(LoadError::Platform { .. })));
    // A single image is taken for whatever it is, unless somebody has asked.
    let single = docker(&[layer("a")], &["x"]).end();
    let place = Place::new();
    for (is_asked, loads) in [(false, true), (true, false)] {
        let platform =
            Platform { os: "linux".into(), architecture: "arm64".into(), variant: String::new() };
        let options = LoadOptions { platform, is_asked, limits: LayerLimits::default() };
        let loaded = place.store.load(&single[..], &options, &place.store.lease());
        assert_eq!(loaded.is_ok(), loads, "{loaded:?}");
    }
}

#[test]
fn lists_that_lead_to_each_other_without_end_are_refused() {
    let mut layout = Layout::default();
    let mut list = layout.image(&[layer("a")], "amd64");
    for _ in 0..3 {
        // Each has the one below it many times: together they would be many millions.
        list = layout.index(&vec![list; 300]);
    }
    let refusal = refusal(&layout.end(&[list]));
    assert_eq!(refusal, "the archive has more than 2000 entries in its lists of images");
    let mut deep = Layout::default();
    let mut list = deep.image(&[layer("a")], "amd64");
    for _ in 0..6 {
        list = deep.index(&[list]);
    }
    let refusal = self::refusal(&deep.end(&[list]));
    assert!(refusal.ends_with("too many lists of images in each other"), "{refusal}");
}

#[test]
fn sizes_and_blobs_that_a_layout_promises_must_be_there() {
    for (promise, expected) in [
        (json!({"size": 7}), "and not 7 as is said of it"),
        (json!({"digest": Digest::of(b"missing").to_string()}), "is not in the archive"),
    ] {
        for part in ["manifest", "config", "layer"] {
            let mut layout = Layout::default();
            let change = |mut descriptor: Value, name: &str| {
                if name == part {
                    let fields = promise.as_object().unwrap().clone();
                    descriptor.as_object_mut().unwrap().extend(fields);
                }
                descriptor
            };
            let only = layer("a");
            let bytes = self::config(std::slice::from_ref(&only), "amd64");
            let config = change(layout.blob("config.v1+json", &bytes), "config");
            let layer = change(layout.blob("layer.v1.tar", &only), "layer");
            let manifest = json!({"schemaVersion": 2, "config": config, "layers": [layer]});
            let manifest = layout.blob("manifest.v1+json", manifest.to_string().as_bytes());
            let refusal = refusal(&layout.end(&[change(manifest, "manifest")]));
            assert!(refusal.contains(expected), "{part}: {refusal}");
        }
    }
}

#[test]
fn a_layer_that_is_here_must_still_be_what_the_archive_says() {
    let place = Place::new();
    let (good, other) = (layer("a"), layer("b"));
    place.load(&docker(std::slice::from_ref(&good), &["x"]).end()).unwrap();
    let before = place.count();
    // The configuration names the layer that is here, the file is another one, compressed.
    let config = config(&[good], "amd64");
    let manifest = json!([{"Config": "c", "Layers": ["l"]}]).to_string();
    let tar = Tar::default()
        .file("c", &config)
        .file("l", &gzip(&other))
        .file("manifest.json", manifest.as_bytes());
    assert!(matches!(place.load(&tar.end()).unwrap_err(), LoadError::Digest { .. }));
    assert_eq!(place.count(), before);
}

#[test]
fn every_file_that_is_said_to_be_a_layer_is_checked() {
    let (good, other) = (layer("a"), layer("b"));
    let config = config(std::slice::from_ref(&good), "amd64");
    for files in [["good", "other"], ["other", "good"]] {
        let item = |file| json!({"Config": "c", "Layers": [file]});
        let manifest = json!([item(files[0]), item(files[1])]).to_string();
        let tar = Tar::default().file("c", &config).file("good", &good).file("other", &other);
        let refusal = refusal(&tar.file("manifest.json", manifest.as_bytes()).end());
        assert!(refusal.starts_with("a layer has the digest"), "{refusal}");
    }
}

#[test]
fn many_load_images_with_layers_in_common_at_once() {
    let place = Place::new();
    let layers: Vec<_> = (0..6).map(|n| layer(&format!("file{n}"))).collect();
    thread::scope(|scope| {
        for shift in 0..6 {
            let mut layers = layers.clone();
            layers.rotate_left(shift);
            let place = &place;
            scope.spawn(move || place.load(&docker(&layers[..4], &["x"]).end()).unwrap());
        }
    });
    assert_eq!(place.count(), (6 + 6, 6));
}
