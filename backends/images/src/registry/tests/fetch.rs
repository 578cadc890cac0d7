//! Files that a user names by their URL.

use super::fake::{Fake, Reply};
use crate::registry::{FetchError, FetchedFile, Registry, RegistryOptions};

async fn fetch(url: &str, limit_bytes: u64) -> Result<(Vec<u8>, FetchedFile), FetchError> {
    let registry = Registry::new(RegistryOptions::default());
    let mut bytes = Vec::new();
    let file = registry.fetch(url, &mut bytes, limit_bytes, |_, _| {}).await?;
    Ok((bytes, file))
}

#[tokio::test]
async fn a_file_comes_with_its_name_and_time() {
    let fake = Fake::start(|asked| match asked.path.as_str() {
        "/moved" => Reply::redirect("/a/b%20c.txt?signature=secret"),
        "/" => Reply::ok("x").with("content-disposition", "attachment; filename=\"named\""),
        "/evil" => Reply::ok("x").with("content-disposition", "attachment; filename=../../x"),
        _ => Reply::ok("content").with("last-modified", "Wed, 21 Oct 2015 07:28:00 GMT"),
    })
    .await;
    let at = |path: &str| format!("http://{}{path}", fake.address);
    let (bytes, file) = fetch(&at("/moved"), 100).await.unwrap();
    assert_eq!((bytes.as_slice(), file.size_bytes), (b"content".as_slice(), 7));
    assert_eq!((file.name.as_deref(), file.modified), (Some("b c.txt"), Some(1_445_412_480)));
    assert_eq!(fetch(&at("/"), 100).await.unwrap().1.name.as_deref(), Some("named"));
    assert_eq!(fetch(&at("/evil"), 100).await.unwrap().1.name.as_deref(), Some("evil"));
    assert_eq!(fetch(&at("/x/%2e%2e%2f"), 100).await.unwrap().1.name, None, "it is no name");
}

#[tokio::test]
async fn what_is_too_large_or_not_there_is_refused() {
    let fake = Fake::start(|asked| match asked.path.as_str() {
        "/none" => Reply::of(404, "nothing"),
        "/circle" => Reply::redirect("/circle"),
        _ => Reply::ok("content"),
    })
    .await;
    for (path, expected) in [
        ("/x", "has more than 6 bytes"),
        ("/none", "/none with status 404 Not Found: nothing"),
        ("/circle", "stopped after 10 redirects"),
    ] {
        let error = fetch(&format!("http://{}{path}", fake.address), 6).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{path}: {error}");
    }
    let error = fetch("no url", 6).await.unwrap_err();
    assert!(matches!(error, FetchError::Malformed { .. }), "{error}");
}

#[tokio::test]
async fn neither_a_url_nor_a_redirect_leads_to_a_metadata_service() {
    for target in [
        "http://169.254.169.254/latest/meta-data/",
        "http://2852039166/",
        "http://[::ffff:169.254.169.254]/",
        "http://[fd00:ec2::254]/",
        "http://168.63.129.16/",
        "file:///etc/passwd",
    ] {
        let fake = Fake::start(move |_| Reply::redirect(target)).await;
        for url in [target.to_owned(), format!("http://{}/x", fake.address)] {
            let refused = fetch(&url, 100).await.unwrap_err();
            assert!(matches!(refused, FetchError::Forbidden { .. }), "{refused}");
            let refused = refused.to_string();
            let expected = ["must not lead", "neither http"];
            assert!(expected.iter().any(|part| refused.contains(part)), "{url}: {refused}");
        }
    }
}
