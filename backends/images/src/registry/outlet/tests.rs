//! Tests of what may be sent where.

use super::{Outlet, OutletError};

fn check(url: &str) -> String {
    match Outlet::new("test".into()).check(url) {
        Ok(()) => "may be".into(),
        Err(OutletError::Forbidden { reason, .. } | OutletError::Failed { reason, .. }) => reason,
    }
}

#[test]
fn the_user_s_own_networks_may_be_named_and_metadata_services_may_not() {
    for url in
        ["http://127.0.0.1:1/a", "https://10.0.0.7/", "http://[::1]:80/", "https://a.example/"]
    {
        assert_eq!(check(url), "may be", "{url}");
    }
    for url in
        ["http://169.254.169.254/latest", "http://[fe80::1]/", "http://[::ffff:169.254.169.254]/"]
    {
        assert!(check(url).contains("must not lead"), "{url}: {}", check(url));
    }
    assert_eq!(check("ftp://a.example/"), "it is neither http nor https");
    assert_eq!(check("not a url"), "relative URL without a base");
}

#[tokio::test]
async fn a_name_of_a_metadata_address_is_not_connected_to_and_secrets_are_not_told() {
    let outlet = Outlet::new("test".into());
    let error =
        outlet.post("http://user:secret@169.254.169.254/hook?key=s", &[], "body".into()).await;
    let text = error.unwrap_err().to_string();
    assert!(!text.contains("secret") && !text.contains("key=s"), "{text}");
}
