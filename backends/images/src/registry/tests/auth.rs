//! Passwords and tokens.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use super::{
    Credentials, Rig,
    fake::{Asked, Fake, Image, Reply},
};
use crate::tests::Tar;

fn image() -> Image {
    Image::of(&[Tar::default().file("a", b"a").end()])
}

fn password(password: &str) -> Credentials {
    Credentials::Password { username: "alice".into(), password: password.into() }
}

fn header<'a>(asked: &'a Asked, name: &str) -> &'a str {
    asked.headers.get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn a_password_is_sent_when_it_is_asked_for() {
    let image = image();
    let fake = Fake::start_raw(move |asked| match header(asked, "authorization") {
        "Basic YWxpY2U6c2VjcmV0" if asked.path == "/v2/" => Reply::ok("{}"),
        "Basic YWxpY2U6c2VjcmV0" => image.answer(asked),
        _ => Reply::refusal(401, "UNAUTHORIZED", "authentication required")
            .with("www-authenticate", "Basic realm=\"r\""),
    });
    let rig = Rig::new(fake.await).with(password("secret"));
    rig.pull("app:1").await.0.unwrap();
    let rig = rig.with(password("wrong"));
    let refused = rig.pull("app:1").await.0.unwrap_err().to_string();
    assert_eq!(refused, "unauthorized: authentication required");
    let rig = rig.with(Credentials::Anonymous);
    let refused = rig.pull("app:1").await.0.unwrap_err().to_string();
    assert!(refused.ends_with("/v2/\": no basic auth credentials"), "{refused}");
}

/// A registry whose tokens are good for `uses` requests, and its own token server.
async fn with_tokens(uses: usize, good: fn(&Asked) -> bool) -> (Rig, Arc<AtomicUsize>) {
    let (image, made) = (image(), Arc::new(AtomicUsize::new(0)));
    let (count, used) = (Arc::clone(&made), AtomicUsize::new(0));
    let fake = Fake::start_raw(move |asked| {
        let host = header(asked, "host").to_owned();
        if asked.path.starts_with("/token") {
            if !good(asked) {
                return Reply::refusal(401, "UNAUTHORIZED", "incorrect username or password");
            }
            used.store(0, Ordering::SeqCst);
            let number = count.fetch_add(1, Ordering::SeqCst) + 1;
            return Reply::ok(format!("{{\"token\":\"t{number}\",\"expires_in\":60}}"));
        }
        let token = format!("Bearer t{}", count.load(Ordering::SeqCst));
        let known = header(asked, "authorization") == token;
        if known && used.fetch_add(1, Ordering::SeqCst) < uses {
            return image.answer(asked);
        }
        let challenge = format!(
            "Bearer realm=\"http://{host}/token\",service=\"r, s\",scope=\"repository:x:pull\""
        );
        Reply::refusal(401, "UNAUTHORIZED", "authentication required")
            .with("www-authenticate", challenge)
    });
    (Rig::new(fake.await), made)
}

#[tokio::test]
async fn a_token_is_fetched_once_and_again_when_it_has_expired() {
    let (rig, made) = with_tokens(100, |asked| {
        asked.path == "/token?scope=repository%3Aapp%3Apull&service=r%2C+s"
    })
    .await;
    rig.pull("app:1").await.0.unwrap();
    assert_eq!(made.load(Ordering::SeqCst), 1);
    let (rig, made) = with_tokens(2, |_| true).await;
    rig.pull("app:1").await.0.unwrap();
    assert_eq!(made.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn who_asks_for_a_token_says_who_he_is() {
    let (rig, _) = with_tokens(9, |asked| {
        header(asked, "authorization") == "Basic YWxpY2U6c2VjcmV0"
            && asked.path.contains("account=alice")
    })
    .await;
    let rig = rig.with(password("secret"));
    rig.pull("app:1").await.0.unwrap();
    let rig = rig.with(password("wrong"));
    let refused = rig.pull("app:2").await.0.unwrap_err().to_string();
    assert_eq!(refused, "unauthorized: incorrect username or password");
    let (rig, _) = with_tokens(9, |asked| {
        asked.method == http::Method::POST
            && asked.body.starts_with(b"grant_type=refresh%5Ftoken&service=r%2C%20s")
            && asked.body.ends_with(b"&refresh_token=id%2Dtoken")
    })
    .await;
    rig.with(Credentials::Identity("id-token".into())).pull("app:1").await.0.unwrap();
}

#[tokio::test]
async fn a_token_of_the_user_is_sent_as_it_is() {
    let (rig, made) = with_tokens(9, |_| false).await;
    made.store(7, Ordering::SeqCst);
    rig.with(Credentials::Bearer("t7".into())).pull("app:1").await.0.unwrap();
}

#[tokio::test]
async fn a_token_that_is_good_but_not_for_this_is_a_denial() {
    let fake = Fake::start(|_| {
        let challenge = "Bearer realm=\"http://127.0.0.1:1/\",error=\"insufficient_scope\"";
        Reply::refusal(401, "UNAUTHORIZED", "authentication required")
            .with("www-authenticate", challenge)
    });
    let rig = Rig::new(fake.await).with(Credentials::Bearer("t".into()));
    let refused = rig.pull("app:1").await.0.unwrap_err().to_string();
    assert_eq!(refused, "denied: requested access to the resource is denied");
}
