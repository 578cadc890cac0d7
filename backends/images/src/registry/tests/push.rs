//! Pushes: what is there is not sent, what is sent is whole, and a pulled image keeps its digests.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http::Method;
use tokio::sync::mpsc;

use super::{
    Credentials, Progress, PullStep, Pulled, RegistryError, Rig,
    fake::{Asked, Fake, Image, Reply},
};
use crate::{
    digest::Digest,
    import::ImportOptions,
    loaded::LoadedImage,
    platform::Platform,
    reference::Reference,
    registry::{LayerStep, PushImage, PushOptions, Pushed},
    tests::{Tar, chain},
};

/// What a registry that takes pushes has, by path.
type Shelf = Arc<Mutex<HashMap<String, Bytes>>>;

/// Answers as a registry does; the first `broken` uploads fail.
fn take(shelf: &Shelf, asked: &Asked, broken: usize) -> Reply {
    let mut shelf = shelf.lock().unwrap();
    let (path, query) = asked.path.split_once('?').unwrap_or((&asked.path, ""));
    let get = |name: &str| {
        let found = query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")));
        found.map(|value| value.replace("%3A", ":").replace("%2F", "/"))
    };
    match (&asked.method, path.rsplit_once('/').unwrap()) {
        (&Method::POST, (repository, _)) => {
            let mounted = get("mount").zip(get("from")).and_then(|(digest, from)| {
                let bytes = shelf.get(&format!("/v2/{from}/blobs/{digest}"))?.clone();
                shelf.insert(format!("{}/{digest}", repository.trim_end_matches("/uploads")), bytes)
            });
            let known = get("mount").is_some_and(|digest| {
                shelf.contains_key(&format!("{}/{digest}", repository.trim_end_matches("/uploads")))
            });
            match mounted.is_some() || known {
                true => Reply::of(201, ""),
                false => {
                    Reply::of(202, "").with("location", format!("{repository}/u1?_state=a%2Bb"))
                }
            }
        }
        (&Method::PUT, (repository, "u1")) => {
            if asked.before < broken {
                return Reply::of(503, "");
            }
            let digest = get("digest").unwrap();
            if Digest::of(&asked.body).to_string() != digest || get("_state").is_none() {
                return Reply::refusal(400, "DIGEST_INVALID", "wrong bytes");
            }
            let path = format!("{}/{digest}", repository.trim_end_matches("/uploads"));
            shelf.insert(path, asked.body.clone());
            Reply::of(201, "")
        }
        (&Method::PUT, _) => {
            shelf.insert(path.to_owned(), asked.body.clone());
            Reply::of(201, "")
        }
        _ => match shelf.get(path) {
            Some(bytes) => Reply::ok(bytes.clone()),
            None => Reply::refusal(404, "BLOB_UNKNOWN", "blob unknown"),
        },
    }
}

async fn shelf(broken: usize) -> (Rig, Shelf) {
    let shelf = Shelf::default();
    let kept = Arc::clone(&shelf);
    let fake = Fake::start(move |asked| take(&kept, asked, broken)).await;
    (Rig::new(fake), shelf)
}

/// Brings an image of a plain tar into the store.
fn import(rig: &Rig, tar: &[u8]) -> LoadedImage {
    let options = ImportOptions {
        changes: Vec::new(),
        message: String::new(),
        created: journal_log::Timestamp::ZERO,
        platform: Platform::host(),
        limits: rig.limits,
    };
    rig.store.import(tar, &options, &rig.store.lease()).unwrap()
}

fn described(image: &LoadedImage, sources: Vec<(Reference, Digest)>) -> PushImage {
    let layers = image.layers.iter().map(|layer| (layer.diff_id, layer.blob)).collect();
    PushImage { id: image.id, layers, sources }
}

async fn push(
    rig: &Rig,
    rest: &str,
    image: PushImage,
) -> (Result<Pushed, RegistryError>, Vec<LayerStep>) {
    let (reference, credentials) = (rig.reference(rest), Credentials::Anonymous);
    let (sender, mut steps) = mpsc::channel(1000);
    let (lease, progress) = (Arc::new(rig.store.lease()), Progress::new(sender));
    let options = PushOptions { reference, image, credentials };
    let pushed = rig.registry.push(&rig.store, options, &lease, &progress).await;
    drop(progress);
    let mut told = Vec::new();
    while let Some(step) = steps.recv().await {
        if let PullStep::Layer { step, .. } = step {
            told.push(step);
        }
    }
    (pushed, told)
}

#[tokio::test]
async fn a_pulled_image_goes_with_the_very_bytes_that_came() {
    let tar = Tar::default().file("a", &[5; 3000]).end();
    let image = Image::of(&[tar]);
    let answer = image.clone();
    let from = Fake::start(move |asked| answer.answer(asked)).await;
    let (rig, shelf) = shelf(0).await;
    let source = Reference::parse(&format!("{}/app@{}", from.address, image.digest())).unwrap();
    let rig = Rig { fake: from, ..rig };
    let pulled: Pulled = rig.pull("app:1").await.0.unwrap();
    let to = Fake::start({
        let shelf = Arc::clone(&shelf);
        move |asked| take(&shelf, asked, 0)
    });
    let rig = Rig { fake: to.await, ..rig };
    let sent = described(&pulled.image, vec![(source, pulled.manifest)]);
    let (pushed, _) = push(&rig, "team/app:v2", sent).await;
    let pushed = pushed.unwrap();
    assert_eq!(pushed.digest, image.digest());
    assert_eq!(pushed.sent_bytes, image.layers[0].len() as u64);
    let shelf = shelf.lock().unwrap();
    assert_eq!(shelf["/v2/team/app/manifests/v2"], image.manifest);
    assert_eq!(shelf[&format!("/v2/team/app/blobs/{}", image.layer(0))], image.layers[0]);
}

#[tokio::test]
async fn a_plain_layer_is_compressed_to_the_same_bytes_each_time() {
    let tar = Tar::default().file("a", &[5; 100_000]).end();
    let mut digests = Vec::new();
    for _ in 0..2 {
        let (rig, shelf) = shelf(0).await;
        let image = import(&rig, &tar);
        let (pushed, steps) = push(&rig, "app:1", described(&image, Vec::new())).await;
        digests.push(pushed.unwrap().digest);
        assert_eq!(steps.first(), Some(&LayerStep::Preparing));
        assert_eq!(steps.last(), Some(&LayerStep::Pushed));
        let largest = shelf.lock().unwrap().values().map(Bytes::len).max().unwrap();
        assert!(largest < 10_000, "it is sent compressed");
        // The compressed blob belongs to the layer, and goes with it.
        assert_eq!(rig.store.layers().sources(image.layers[0].diff_id).unwrap().len(), 2);
    }
    assert_eq!(digests[0], digests[1]);
}

#[tokio::test]
async fn what_the_registry_has_is_not_sent_and_another_repository_lends() {
    let (rig, _) = shelf(0).await;
    let image = import(&rig, &Tar::default().file("a", b"a").end());
    let (pushed, _) = push(&rig, "one:1", described(&image, Vec::new())).await;
    let pushed = pushed.unwrap();
    let (again, steps) = push(&rig, "one:2", described(&image, Vec::new())).await;
    assert_eq!((again.unwrap().sent_bytes, steps.last()), (0, Some(&LayerStep::Present)));
    let source = rig.reference("one:1").with_digest(pushed.digest);
    let sent = described(&image, vec![(source, pushed.digest)]);
    let (lent, steps) = push(&rig, "two:1", sent).await;
    assert_eq!(lent.unwrap().sent_bytes, 0);
    assert_eq!(steps.last(), Some(&LayerStep::Mounted { from: "one".into() }));
}

#[tokio::test]
async fn an_upload_that_breaks_is_begun_again() {
    let (rig, _) = shelf(1).await;
    let image = import(&rig, &Tar::default().file("a", b"a").end());
    let (_, steps) = push(&rig, "app:1", described(&image, Vec::new())).await;
    assert!(steps.iter().any(|step| matches!(step, LayerStep::Retrying { .. })), "{steps:?}");
    assert_eq!(steps.last(), Some(&LayerStep::Pushed));
}

#[tokio::test]
async fn a_push_that_is_refused_says_why() {
    for (reply, expected) in [
        (403, "denied: requested access to the resource is denied"),
        (401, "unauthorized: authentication required"),
    ] {
        let fake = Fake::start(move |_| Reply::of(reply, "")).await;
        let rig = Rig::new(fake);
        let image = import(&rig, &Tar::default().file("a", b"a").end());
        let (pushed, _) = push(&rig, "app:1", described(&image, Vec::new())).await;
        assert_eq!(chain(&pushed.unwrap_err()), expected);
    }
    let away = Fake::start(|asked| match asked.method {
        Method::POST => Reply::of(202, "").with("location", "http://169.254.169.254/upload"),
        _ => Reply::of(404, ""),
    });
    let rig = Rig::new(away.await);
    let image = import(&rig, &Tar::default().file("a", b"a").end());
    let (pushed, _) = push(&rig, "app:1", described(&image, Vec::new())).await;
    let error = chain(&pushed.unwrap_err());
    assert!(error.contains("must not lead"), "{error}");
}
