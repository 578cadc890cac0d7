//! Credentials as clients write them.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{Credentials, CredentialsError};

fn read(json: &str) -> Result<Credentials, CredentialsError> {
    Credentials::from_header(URL_SAFE_NO_PAD.encode(json).as_bytes())
}

fn alice(password: &str) -> Credentials {
    Credentials::Password { username: "alice".into(), password: password.into() }
}

#[test]
fn every_way_of_writing_is_read_and_the_most_special_counts() {
    for (json, expected) in [
        ("", Credentials::Anonymous),
        ("{}", Credentials::Anonymous),
        ("null", Credentials::Anonymous),
        (r#"{"username":"alice","password":"p"}"#, alice("p")),
        (r#"{"auth":"YWxpY2U6cDpx"}"#, alice("p:q")),
        (r#"{"username":"alice","identitytoken":"t"}"#, Credentials::Identity("t".into())),
        (r#"{"identitytoken":"t","registrytoken":"r"}"#, Credentials::Bearer("r".into())),
    ] {
        assert_eq!(read(json), Ok(expected), "{json}");
    }
}

#[test]
fn both_alphabets_are_read_with_and_without_padding() {
    let json = r#"{"username":"alice","password":"???>>>"}"#;
    for encoded in [
        base64::engine::general_purpose::STANDARD.encode(json),
        base64::engine::general_purpose::URL_SAFE.encode(json),
        URL_SAFE_NO_PAD.encode(json),
    ] {
        assert_eq!(Credentials::from_header(encoded.as_bytes()), Ok(alice("???>>>")), "{encoded}");
    }
}

#[test]
fn what_cannot_be_read_is_refused_and_not_repeated() {
    for header in ["{", "%%%", "c2VjcmV0"] {
        assert_eq!(Credentials::from_header(header.as_bytes()), Err(CredentialsError));
    }
    assert!(!format!("{} {:?}", CredentialsError, alice("secret")).contains("secret"));
}
