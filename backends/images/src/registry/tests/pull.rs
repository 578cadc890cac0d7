//! Pulls that go well, also where the registry or the line is not at its best.

use serde_json::json;

use super::{
    Rig,
    fake::{Fake, Image, Reply, Sent, ranged},
};
use crate::{
    digest::Digest,
    registry::{LayerStep, PullStep},
    tests::Tar,
};

fn tar(name: &str, size: usize) -> Vec<u8> {
    // Not to be compressed well, so that a blob is about as large as its tar.
    let mut state = 1_u32;
    let noise = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    });
    Tar::default().file(name, &noise.take(size).collect::<Vec<_>>()).end()
}

async fn serve(image: &Image) -> Rig {
    let image = image.clone();
    Rig::new(Fake::start(move |asked| image.answer(asked)).await)
}

fn layer_steps(steps: &[PullStep], id: Digest) -> Vec<&LayerStep> {
    let of = |step| match step {
        &PullStep::Layer { id: layer, ref step } if layer == id => Some(step),
        PullStep::Layer { .. } | PullStep::Begun => None,
    };
    steps.iter().filter_map(of).collect()
}

#[tokio::test]
async fn an_image_comes_whole_and_a_second_time_only_its_digest_is_asked_for() {
    let image = Image::of(&[tar("a", 5000), tar("b", 100)]);
    let rig = serve(&image).await;
    let (pulled, steps) = rig.pull("team/app:v1").await;
    let pulled = pulled.unwrap();
    assert_eq!(
        (pulled.digest, pulled.manifest, pulled.list),
        (image.digest(), image.digest(), None)
    );
    assert_eq!(pulled.image.id, Digest::of(&image.config));
    assert_eq!(pulled.image.layers[0].blob, image.layer(0));
    assert_eq!(pulled.image.size_bytes, 5100);
    for kept in [image.digest(), image.layer(0), image.layer(1), pulled.image.id] {
        assert!(rig.store.content().size_bytes(kept).unwrap().is_some(), "{kept}");
    }
    assert_eq!(steps[0], PullStep::Begun);
    let total = image.layers[0].len() as u64;
    let steps = layer_steps(&steps, image.layer(0));
    assert_eq!(steps[0], &LayerStep::Wanted);
    assert_eq!(
        steps[steps.len() - 4..],
        [
            &LayerStep::Verifying,
            &LayerStep::Downloaded,
            &LayerStep::Extracting { current: total, total },
            &LayerStep::Complete
        ]
    );
    rig.fake.asked();
    let (again, steps) = rig.pull("team/app:v1").await;
    assert_eq!((again.unwrap(), steps), (pulled, vec![PullStep::Begun]));
    assert_eq!(rig.fake.asked(), ["GET /v2/", "HEAD /v2/team/app/manifests/v1"]);
}

#[tokio::test]
async fn a_layer_that_is_here_does_not_come_again() {
    let (base, first) = (tar("base", 1000), tar("first", 10));
    let one = Image::of(&[base.clone(), first]);
    let two = Image::of(&[base, tar("second", 10)]);
    let (a, b) = (one.clone(), two.clone());
    let rig = Rig::new(
        Fake::start(move |asked| {
            let one = asked.path.contains("/one/");
            if one { a.answer(asked) } else { b.answer(asked) }
        })
        .await,
    );
    rig.pull("one:1").await.0.unwrap();
    let (_, steps) = rig.pull("two:1").await;
    assert_eq!(layer_steps(&steps, two.layer(0)), [&LayerStep::Exists]);
    let blobs =
        rig.fake.asked().iter().filter(|line| line.contains(&one.layer(0).to_hex())).count();
    assert_eq!(blobs, 1);
}

#[tokio::test]
async fn a_broken_connection_is_gone_on_with_where_it_broke() {
    let image = Image::of(&[tar("a", 300_000)]);
    let (layer, digest) = (image.layers[0].clone(), image.layer(0).to_string());
    let size = layer.len();
    for ranges in [true, false] {
        let (image, layer, digest) = (image.clone(), layer.clone(), digest.clone());
        let fake = Fake::start(move |asked| match asked.before {
            _ if !asked.path.ends_with(&digest) => image.answer(asked),
            0 => Reply::ok("").sent(Sent::Cut(layer.clone(), 100_000)),
            _ if ranges => ranged(&layer, asked),
            _ => Reply::ok(layer.clone()),
        });
        let rig = Rig::new(fake.await);
        let (pulled, steps) = rig.pull("app:1").await;
        pulled.unwrap();
        let asked = rig.fake.asked();
        let range = format!("bytes=100000-{}", size - 1);
        assert!(asked.last().unwrap().ends_with(&range), "{asked:?}");
        let retried = |step: &PullStep| {
            matches!(step, PullStep::Layer { step: LayerStep::Retrying { .. }, .. })
        };
        assert!(steps.iter().any(retried), "{steps:?}");
    }
}

#[tokio::test]
async fn overload_is_waited_out_and_then_given_up() {
    let image = Image::of(&[tar("a", 10)]);
    let answer = image.clone();
    let fake = Fake::start(move |asked| match asked.before {
        0 => Reply::of(503, ""),
        1 => Reply::of(429, "").with("retry-after", "0"),
        _ => answer.answer(asked),
    });
    Rig::new(fake.await).pull("app:1").await.0.unwrap();
    let fake =
        Fake::start(|_| Reply::refusal(429, "TOOMANYREQUESTS", "you have reached your limit"));
    let rig = Rig::new(fake.await);
    assert_eq!(rig.refused("app:1").await, "toomanyrequests: you have reached your limit");
    let patient = Fake::start(|_| Reply::of(429, "").with("retry-after", "86400")).await;
    let rig = Rig::new(patient);
    assert_eq!(rig.refused("app:1").await, "toomanyrequests: too many requests");
    assert_eq!(rig.fake.asked().len(), 3, "once HEAD, once GET");
}

#[tokio::test]
async fn a_list_leads_to_the_image_for_the_platform() {
    let v7 = Image::for_platform("arm", &[tar("v7", 10)]);
    let arm64 = Image::for_platform("arm64", &[tar("arm64", 10)]);
    let amd64 = Image::for_platform("amd64", &[tar("amd64", 10)]);
    let list = Image::list(&[
        (json!({"os": "linux", "architecture": "arm", "variant": "v7"}), v7.clone()),
        (json!({"os": "linux", "architecture": "arm64", "variant": "v8"}), arm64.clone()),
        (json!({"os": "linux", "architecture": "amd64"}), amd64.clone()),
        (json!({"os": "windows", "architecture": "amd64"}), amd64.clone()),
    ]);
    let mut rig = serve(&list).await;
    for (architecture, variant, expected) in [
        ("amd64", "", Some(&amd64)),
        ("arm64", "", Some(&arm64)),
        ("arm64", "v8", Some(&arm64)),
        ("arm", "v7", Some(&v7)),
        ("arm", "", Some(&v7)),
        ("arm", "v6", None),
        ("s390x", "", None),
    ] {
        rig.platform.architecture = architecture.into();
        rig.platform.variant = variant.into();
        let pulled = rig.pull("app:1").await.0;
        match (pulled, expected) {
            (Ok(pulled), Some(image)) => {
                assert_eq!((pulled.digest, pulled.list), (list.digest(), Some(list.digest())));
                assert_eq!(pulled.manifest, image.digest(), "{architecture}/{variant}");
            }
            (Err(error), None) => assert_eq!(
                error.to_string(),
                format!("no matching manifest for {} in the manifest list entries", rig.platform)
            ),
            (pulled, _) => panic!("{architecture}/{variant}: {pulled:?}"),
        }
    }
}

#[tokio::test]
async fn an_image_is_pulled_by_its_digest_and_by_no_other() {
    let image = Image::of(&[tar("a", 10)]);
    let answer = image.clone();
    // It answers with the same manifest whatever is asked for.
    let fake = Fake::start(move |asked| match asked.path.contains("/manifests/") {
        true => Reply::ok(answer.manifest.clone()).with("content-type", answer.media_type),
        false => answer.answer(asked),
    });
    let rig = Rig::new(fake.await);
    let other = Digest::of(b"other");
    assert_eq!(
        rig.refused(&format!("app@{other}")).await,
        format!("manifest verification failed for digest {other}: {}", image.digest())
    );
    let pulled = rig.pull(&format!("app@{}", image.digest())).await.0.unwrap();
    assert_eq!(pulled.digest, image.digest());
}

#[tokio::test]
async fn a_pull_that_is_dropped_leaves_nothing() {
    let image = Image::of(&[tar("a", 300_000)]);
    let (layer, digest) = (image.layers[0].clone(), image.layer(0).to_string());
    let fake = Fake::start(move |asked| match asked.path.ends_with(&digest) {
        true => Reply::ok("").sent(Sent::Endless(layer.slice(..100))),
        false => image.answer(asked),
    });
    let rig = Rig::new(fake.await);
    let asked = async {
        while !rig.fake.asked().iter().any(|line| line.contains("/blobs/")) {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        _ = rig.pull("app:1") => panic!("it cannot end"),
        () = asked => {}
    }
    while rig.left() != ["blobs", "blobs/sha256", "layers"] {
        tokio::task::yield_now().await;
    }
}
