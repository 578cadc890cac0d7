//! Where a registry may lead, and where it may not.

use super::{
    Rig,
    fake::{Fake, Image, Reply},
};
use crate::tests::Tar;

#[tokio::test]
async fn blobs_may_be_elsewhere_and_credentials_do_not_go_there() {
    let image = Image::of(&[Tar::default().file("a", b"a").end()]);
    let blobs = image.clone();
    let storage = Fake::start(move |asked| match asked.headers.get("authorization") {
        Some(_) => Reply::of(400, "only one auth mechanism allowed"),
        None => blobs.answer(asked),
    })
    .await;
    let to = storage.address;
    let fake = Fake::start_raw(move |asked| match asked.headers.get("authorization") {
        None => Reply::of(401, "").with("www-authenticate", "Basic realm=r"),
        Some(_) if asked.path == "/v2/" => Reply::ok(""),
        Some(_) if asked.path.contains("/blobs/") => {
            Reply::redirect(format!("http://{to}{}?signature=secret", asked.path))
        }
        Some(_) => image.answer(asked),
    });
    let rig = Rig::new(fake.await);
    let credentials = super::Credentials::Password { username: "a".into(), password: "b".into() };
    rig.with(credentials).pull("app:1").await.0.unwrap();
    assert_eq!(storage.asked().len(), 2);
}

#[tokio::test]
async fn no_redirect_leads_to_a_metadata_service() {
    for target in [
        "http://169.254.169.254/latest/meta-data/",
        "http://2852039166/",
        "http://0xa9fea9fe/",
        "http://0251.0376.0251.0376/",
        "http://169.254.43518/",
        "http://[::ffff:169.254.169.254]/",
        "http://[::ffff:a9fe:a9fe]/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://[2002:a9fe:a9fe::]/",
        "http://[fe80::1]/",
        "http://[fd00:ec2::254]/",
        "http://168.63.129.16/",
        "http://100.100.100.200/",
        "http://user@169.254.169.254/",
        "http://%31%36%39.254.169.254/",
        "//169.254.169.254/x",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
    ] {
        let fake = Fake::start(move |_| Reply::redirect(target)).await;
        let refused = Rig::new(fake).refused("app:1").await;
        assert!(
            refused.contains("where a registry must not lead") || refused.contains("neither http"),
            "{target}: {refused}"
        );
        let challenge = format!("Bearer realm=\"{target}\"");
        let realm = Fake::start_raw(move |_| {
            Reply::of(401, "").with("www-authenticate", challenge.clone())
        });
        let refused = Rig::new(realm.await).refused("app:1").await;
        let expected = ["must not lead", "neither http", "is no URL"];
        assert!(expected.iter().any(|part| refused.contains(part)), "{target}: {refused}");
    }
}

#[tokio::test]
async fn a_redirect_that_never_ends_is_given_up() {
    let fake = Fake::start(|asked| Reply::redirect(format!("{}0", asked.path)));
    let rig = Rig::new(fake.await);
    let refused = rig.refused("app:1").await;
    assert!(refused.ends_with("redirects without an end"), "{refused}");
    let nowhere = Fake::start(|_| Reply::of(307, "")).await;
    let refused = Rig::new(nowhere).refused("app:1").await;
    assert!(refused.ends_with("leads nowhere"), "{refused}");
}

#[tokio::test]
async fn a_registry_that_nobody_answers_for_is_named() {
    let rig = Rig::new(Fake::start(|_| Reply::ok("")).await);
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let refused = Rig { fake: rig.fake.moved(gone), ..rig }.refused("app:1").await;
    assert_eq!(refused, format!("Get \"http://{gone}/v2/\": Connection refused (os error 111)"));
}
