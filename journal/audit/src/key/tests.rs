//! Tests of keys and of the notes that they sign.

use super::{KeyError, SigningKey, VerifyingKey};
use crate::note;

/// The example of the golang.org/x/mod/sumdb/note package.
const PETER_SECRET: &str =
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const PETERS_NOTE: &str = "If you think cryptography is the answer to your problem,\n\
    then you don't know what your problem is.\n\n\
    — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

#[test]
fn keys_and_notes_are_those_of_the_reference() {
    let signing = SigningKey::from_secret_text(PETER_SECRET).unwrap();
    assert_eq!(signing.verifying_key().to_string(), PETER);
    assert_eq!(signing.secret_text(), PETER_SECRET);
    let (text, _) = PETERS_NOTE.split_once("\n\n").unwrap();
    assert_eq!(note::sign(&format!("{text}\n"), &signing), PETERS_NOTE);
    let key: VerifyingKey = PETER.parse().unwrap();
    assert_eq!(note::open(PETERS_NOTE, &key).unwrap(), format!("{text}\n"));
}

#[test]
fn a_key_of_another_name_or_kind_is_refused() {
    let check = |text: &str| text.parse::<VerifyingKey>().unwrap_err();
    assert_eq!(check(&PETER.replace("Peter", "Petra")), KeyError::Id);
    assert_eq!(check("PeterNeumann+c74f20a3"), KeyError::Shape);
    assert_eq!(check("PeterNeumann+c74f20a3+AhpcPDhM"), KeyError::Algorithm);
    assert_eq!(SigningKey::new("two words", [1; 32]).unwrap_err(), KeyError::Name);
}

#[test]
fn a_secret_is_not_shown() {
    let signing = SigningKey::from_secret_text(PETER_SECRET).unwrap();
    assert_eq!(format!("{signing:?}"), "SigningKey { name: \"PeterNeumann\", .. }");
}
