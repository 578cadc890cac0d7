//! Which values are sealed, and what becomes of them.

use crate::{DESTROYED, KeyStore, OpenError, SEALED, is_plain};

fn environment() -> Vec<String> {
    ["PATH=/bin", "TOKEN=hunter2", "NAMED", "EMPTY=", "LC_ALL=C", "URL=a=b"].map(Into::into).into()
}

#[test]
fn only_names_of_the_list_keep_their_values_in_plain() {
    let plain = ["PATH=/bin", "LC_TIME=C", "TZ=UTC", "NAMED", "EMPTY=", "CI=true"];
    assert!(plain.iter().all(|variable| is_plain(variable)));
    let sealed = ["PATH2=x", "XLC_A=1", "path=x", "TOKEN=t", "HTTP_PROXY=http://a:b@c"];
    assert!(!sealed.iter().any(|variable| is_plain(variable)));
}

#[test]
fn values_are_taken_out_and_put_in_again_at_their_places() {
    let keys = KeyStore::ephemeral();
    let key = keys.take().unwrap();
    let mut stripped = environment();
    let sealed = keys.seal_environment(key, &mut stripped).unwrap().unwrap();
    assert_eq!(stripped, ["PATH=/bin", "TOKEN=", "NAMED", "EMPTY=", "LC_ALL=C", "URL="]);
    assert_eq!(sealed.places, [1, 5]);
    let whole = keys.open_environment(&stripped, &sealed).unwrap();
    assert_eq!(whole, environment());
    // What a decision puts behind it, an image's variables, does not move it.
    stripped.push("IMAGE=1".into());
    assert_eq!(keys.show_environment(&stripped, Some(&sealed))[5], "URL=a=b");
}

#[test]
fn the_same_values_are_never_sealed_to_the_same_bytes() {
    let keys = KeyStore::ephemeral();
    let key = keys.take().unwrap();
    let seal = || keys.seal_environment(key, &mut environment()).unwrap().unwrap();
    let (one, other) = (seal(), seal());
    assert_ne!(one.nonce, other.nonce);
    assert_ne!(one.ciphertext, other.ciphertext);
}

#[test]
fn an_environment_of_plain_variables_needs_no_key() {
    let keys = KeyStore::ephemeral();
    let key = keys.take().unwrap();
    let mut plain = vec!["PATH=/bin".to_owned(), "A".to_owned()];
    assert_eq!(keys.seal_environment(key, &mut plain).unwrap(), None);
    assert_eq!(plain, ["PATH=/bin", "A"]);
}

#[test]
fn a_value_whose_key_is_destroyed_is_shown_as_that() {
    let keys = KeyStore::ephemeral();
    let key = keys.take().unwrap();
    let mut stripped = environment();
    let sealed = keys.seal_environment(key, &mut stripped).unwrap().unwrap();
    keys.destroy(&[key]).unwrap();
    assert_eq!(keys.open_environment(&stripped, &sealed), Err(OpenError::NoKey(key)));
    let shown = keys.show_environment(&stripped, Some(&sealed));
    assert_eq!(shown[0], "PATH=/bin");
    assert_eq!(shown[1], format!("TOKEN={DESTROYED}"));
}

#[test]
fn a_store_without_keys_shows_sealed_values_as_that() {
    let keys = KeyStore::ephemeral();
    let mut stripped = environment();
    let sealed = keys.seal_environment(keys.take().unwrap(), &mut stripped).unwrap().unwrap();
    let shown = KeyStore::closed().show_environment(&stripped, Some(&sealed));
    assert_eq!(shown[..2], ["PATH=/bin".to_owned(), format!("TOKEN={SEALED}")]);
}

#[test]
fn a_changed_byte_is_found() {
    let keys = KeyStore::ephemeral();
    let key = keys.take().unwrap();
    let mut stripped = environment();
    let sealed = keys.seal_environment(key, &mut stripped).unwrap().unwrap();
    for at in 0..sealed.ciphertext.as_bytes().len() {
        let mut bytes = sealed.ciphertext.as_bytes().to_vec();
        bytes[at] ^= 1;
        let mut changed = sealed.clone();
        changed.ciphertext = journal_domain::Ciphertext::new(bytes);
        assert_eq!(keys.open_environment(&stripped, &changed), Err(OpenError::Broken(key)));
    }
}
