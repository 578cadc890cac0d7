//! Registries that send what they should not. Nothing of it stays.

use bytes::Bytes;
use serde_json::{Value, json};

use super::{
    Rig,
    fake::{Fake, Image, Reply, Sent},
};
use crate::{
    digest::Digest,
    limits::LayerLimits,
    tests::{Tar, chain, gzip, paths, run},
};

fn tar() -> Vec<u8> {
    Tar::default().file("a", &[7; 5000]).end()
}

/// Pulls an image of which the answer to one path is another.
async fn with(
    image: Image,
    ending: String,
    reply: impl Fn() -> Reply + Send + Sync + 'static,
) -> String {
    let fake = Fake::start(move |asked| match asked.path.ends_with(&ending) {
        true => reply(),
        false => image.answer(asked),
    });
    Rig::new(fake.await).refused("app:1").await
}

/// Pulls an image whose manifest is changed.
async fn with_manifest(change: impl FnOnce(&mut Value)) -> String {
    let image = Image::of(&[tar()]);
    let image = Image::assemble(image.config.clone(), image.layers, change);
    let fake = Fake::start(move |asked| image.answer(asked)).await;
    Rig::new(fake).refused("app:1").await
}

/// Pulls an image of one layer that is any bytes, and says it is any tar.
async fn with_layer(layer: Vec<u8>, diff_id: Digest, limits: LayerLimits) -> String {
    let config = json!({
        "architecture": "amd64", "os": "linux",
        "rootfs": {"type": "layers", "diff_ids": [diff_id]},
    });
    let image = Image::assemble(config.to_string().into(), vec![layer.into()], |_| {});
    let fake = Fake::start(move |asked| image.answer(asked)).await;
    let rig = Rig { limits, ..Rig::new(fake) };
    rig.refused("app:1").await
}

#[tokio::test]
async fn other_bytes_than_promised_are_refused() {
    let image = Image::of(&[tar()]);
    let (layer, config) = (image.layer(0), Digest::of(&image.config));
    let other: Bytes = gzip(&Tar::default().file("b", &[8; 5000]).end()).into();
    let mut same_size = image.layers[0].to_vec();
    let last = same_size.len() - 1;
    same_size[last] ^= 1;
    let failed = format!("filesystem layer verification failed for digest {layer}: ");
    let bytes: Bytes = same_size.into();
    let refused = with(image.clone(), layer.to_string(), move || Reply::ok(bytes.clone())).await;
    assert!(refused.starts_with(&failed), "{refused}");
    let mut longer = image.layers[0].to_vec();
    longer.push(0);
    let longer: Bytes = longer.into();
    let refused = with(image.clone(), layer.to_string(), move || Reply::ok(longer.clone())).await;
    assert!(refused.contains("more than the promised"), "{refused}");
    let refused =
        with(image.clone(), layer.to_string(), move || Reply::ok(other.slice(..20))).await;
    assert!(refused.contains("unexpected EOF"), "{refused}");
    let refused = with(image, config.to_string(), || Reply::ok("{}")).await;
    assert!(refused.starts_with("configuration verification failed"), "{refused}");
}

#[tokio::test]
async fn a_body_without_an_end_ends_the_pull() {
    let image = Image::of(&[tar()]);
    let (layer, config) = (image.layer(0), Digest::of(&image.config));
    let endless = || Reply::ok("").sent(Sent::Endless(Bytes::from_static(&[0; 1000])));
    for ending in ["/manifests/1".to_owned(), layer.to_string(), config.to_string()] {
        let refused = with(image.clone(), ending, endless).await;
        assert!(refused.contains("more than"), "{refused}");
    }
    let refusal = || Reply::of(500, "").sent(Sent::Endless(Bytes::from_static(&[b'x'; 1000])));
    let refused = with(image, layer.to_string(), refusal).await;
    assert_eq!(refused, "unexpected status: 500 Internal Server Error");
}

#[tokio::test]
async fn a_manifest_that_leaves_doubt_is_refused() {
    for (change, expected) in [
        (json!({"schemaVersion": 1}), "schema 1"),
        (json!({"fsLayers": []}), "schema 1"),
        (json!({"manifests": []}), "neither a manifest nor a list"),
        (json!({"layers": null}), "neither a manifest nor a list"),
        (json!({"mediaType": "application/vnd.oci.image.index.v1+json"}), "it says that it is"),
        (json!({"mediaType": "application/vnd.oci.artifact.v1+json"}), "it says that it is"),
        (json!({"layers": []}), "it has 0 layers, and its configuration 1"),
        (
            json!({"config": {"mediaType": "application/vnd.cncf.helm.config.v1+json", "size": 2,
            "digest": Digest::of(b"{}")}}),
            "it is not an image, but holds",
        ),
    ] {
        let refused = with_manifest(|manifest| {
            for (key, value) in change.as_object().unwrap() {
                manifest[key] = value.clone();
            }
        });
        let refused = refused.await;
        assert!(refused.contains(expected), "{change}: {refused}");
    }
}

#[tokio::test]
async fn a_descriptor_that_promises_nonsense_is_refused() {
    for (key, value, expected) in [
        (
            "mediaType",
            json!("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"),
            "of type",
        ),
        ("mediaType", json!("text/html"), "of type"),
        ("size", json!(-1), "invalid value"),
        ("size", json!(u64::MAX), "bytes"),
        ("size", json!(1), "more than the promised 1 bytes"),
        ("digest", json!("md5:d41d8cd98f00b204e9800998ecf8427e"), "cannot be used"),
        ("digest", json!("sha256:../../../etc/passwd"), "cannot be used"),
        ("digest", json!(""), "cannot be used"),
    ] {
        let refused = with_manifest(|manifest| manifest["layers"][0][key] = value.clone()).await;
        assert!(refused.contains(expected), "{key} {value}: {refused}");
    }
    let image = Image::of(&[tar()]);
    let refused = with(image.clone(), "/manifests/1".into(), || {
        Reply::ok("<html>").with("content-type", "text/html")
    });
    assert!(refused.await.contains("the manifest of"));
}

#[tokio::test]
async fn a_list_that_leads_to_lists_is_refused() {
    let inner = Image::list(&[]);
    let list = json!({"schemaVersion": 2, "manifests": [{
        "mediaType": crate::descriptor::DOCKER_MANIFEST,
        "size": inner.manifest.len(),
        "digest": inner.digest(),
        "platform": {"os": "linux", "architecture": "amd64"},
    }]});
    let others = vec![inner.manifest.clone()];
    let list = Image { manifest: list.to_string().into(), others, ..inner };
    let fake = Fake::start(move |asked| list.answer(asked)).await;
    let refused = Rig::new(fake).refused("app:1").await;
    assert!(refused.contains("the manifest of"), "{refused}");
}

#[tokio::test]
async fn layers_are_held_to_what_they_say_and_to_their_limits() {
    let limits = LayerLimits::default();
    let plain = tar();
    let refused = with_layer(gzip(&plain), Digest::of(b"other"), limits).await;
    assert!(refused.starts_with("uncompressed layer verification failed"), "{refused}");
    let escape = Tar::default().file("../../etc/passwd", b"x").end();
    let refused = with_layer(gzip(&escape), Digest::of(&escape), limits).await;
    assert!(refused.contains("etc/passwd"), "{refused}");
    let through = Tar::default().symlink("out", "/tmp").file("out/../../x", b"x").end();
    with_layer(gzip(&through), Digest::of(&through), limits).await;
    let bomb = Tar::default().file("zeros", &vec![0; 4_000_000]).end();
    let tight = LayerLimits { ratio: 10, ratio_free_bytes: 1_000_000, ..limits };
    let refused = with_layer(gzip(&bomb), Digest::of(&bomb), tight).await;
    assert!(refused.contains("times larger than what was sent"), "{refused}");
    let refused = with_layer(b"BZh91AY&SY".to_vec(), Digest::of(b""), limits).await;
    assert!(refused.starts_with("reading the archive failed"), "{refused}");
    let refused = with_layer(gzip(&plain[..700]), Digest::of(&plain), limits).await;
    assert!(!refused.is_empty());
}

#[tokio::test]
async fn refusals_are_told_in_the_words_of_the_registry() {
    for (status, code, message, expected) in [
        (403, "DENIED", "not you", "denied: not you"),
        (403, "", "", "denied: requested access to the resource is denied"),
        (404, "MANIFEST_UNKNOWN", "manifest unknown", "manifest unknown: manifest unknown"),
        (404, "NAME_UNKNOWN", "no such", "name unknown: no such"),
        (404, "", "", "unexpected status: 404 Not Found"),
        (418, "", "", "unexpected status: 418 I'm a teapot"),
        (500, "UNKNOWN", "line\nbreak\u{1b}[31m", "unknown: line break [31m"),
    ] {
        let fake = Fake::start(move |_| Reply::refusal(status, code, message)).await;
        assert_eq!(Rig::new(fake).refused("app:1").await, expected);
    }
}

#[tokio::test]
async fn a_full_disk_is_named_and_the_space_is_given_back() {
    if !rustix::process::geteuid().is_root() {
        // Only root may mount a small file system.
        return;
    }
    let mut noise = vec![0; 400_000];
    let mut state = 1_u32;
    noise.fill_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    });
    let image = Image::of(&[Tar::default().file("noise", &noise).end()]);
    for small in ["blobs/sha256", "layers"] {
        let image = image.clone();
        let rig = Rig::new(Fake::start(move |asked| image.answer(asked)).await);
        let root = rig.folder.path().to_owned();
        run(&root, "mount", &["-t", "tmpfs", "-o", "size=128k", "tmpfs", small]);
        let refused = rig.pull("app:1").await.0.unwrap_err();
        let left = paths(&root.join(small));
        run(&root, "umount", &[small]);
        assert_eq!(refused.fault(), crate::fault::Fault::Store, "{refused}");
        let refused = chain(&refused);
        assert!(refused.contains("No space left on device"), "{refused}");
        assert!(left.is_empty(), "{left:?}");
    }
}
