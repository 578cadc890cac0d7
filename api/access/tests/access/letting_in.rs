//! Certificates of every kind at the door: one is let in, all others leave no request behind.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, sync::Arc, time::Duration};

use api_access::{Authority, ClientNames, Keeper, TlsFiles};
use api_http::{BindError, BindOptions, Listener};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::harness::{DAY, Harness, exchange, issue_client, issue_server, real_now, status};

#[tokio::test]
async fn a_client_is_known_by_its_certificate() {
    let harness = Harness::start().await;
    let answer = harness.who(Some(&harness.client("alice"))).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("cert:alice by tls:127.0.0.1:"), "{answer}");
}

/// Checks that a certificate is refused, for a reason that the client hears, and that no route saw anything.
async fn refused(harness: &Harness, certificate: Option<&Path>, reason: &str) {
    let error = harness.who(certificate).await.expect_err(reason);
    assert!(error.to_lowercase().contains(reason), "{error} for {reason}");
    assert_eq!(harness.requests(), 0);
}

#[tokio::test]
async fn nobody_else_is_let_in() {
    let harness = Harness::start().await;
    refused(&harness, None, "certificaterequired").await;

    // One that has taken our authority's name has not its key.
    for (name, reason) in [("them", "unknownca"), ("us", "decrypterror")] {
        let other = Authority::in_folder(&harness.folder.path().join(format!("other-{name}")));
        other.make(name, real_now()).unwrap();
        let strange = harness.folder.path().join(format!("of-{name}"));
        issue_client(&other, "alice", &strange, real_now());
        refused(&harness, Some(&strange), reason).await;
    }

    let expired = harness.folder.path().join("expired");
    let long_ago = ago(DAY * 60);
    issue_client(&harness.authority, "alice", &expired, long_ago);
    refused(&harness, Some(&expired), "certificateexpired").await;

    let early = harness.folder.path().join("early");
    issue_client(&harness.authority, "alice", &early, real_now().saturating_add(DAY));
    refused(&harness, Some(&early), "certificateexpired").await;

    // A server's certificate is good for no client, though the same authority has signed it.
    let server = harness.folder.path().join("as-client");
    fs::create_dir(&server).unwrap();
    let tls = harness.folder.path().join("tls");
    fs::copy(tls.join("server-cert.pem"), server.join("cert.pem")).unwrap();
    fs::copy(tls.join("server-key.pem"), server.join("key.pem")).unwrap();
    refused(&harness, Some(&server), "unsupportedcertificate").await;

    let revoked = harness.client("bob");
    harness.authority.revoke("bob", real_now()).unwrap();
    refused(&harness, Some(&revoked), "certificaterevoked").await;

    let answer = harness.who(Some(&harness.client("alice"))).await.unwrap();
    assert!(answer.contains("cert:alice"), "{answer}");
}

fn ago(span: Duration) -> journal_log::Timestamp {
    let span = u64::try_from(span.as_nanos()).expect("a short time");
    journal_log::Timestamp::from_unix_nanos(real_now().as_unix_nanos() - span)
}

#[tokio::test]
async fn a_certificate_that_is_revoked_ends_what_it_began() {
    let harness = Harness::start().await;
    let (alice, bob) = (harness.client("alice"), harness.client("bob"));
    let mut open = harness.connect(Some(&alice)).await.unwrap();
    let mut other = harness.connect(Some(&bob)).await.unwrap();
    assert_eq!((status(&mut open).await, status(&mut other).await), ("200".into(), "200".into()));
    harness.authority.revoke("alice", real_now()).unwrap();
    assert_eq!(status(&mut open).await, "401");
    assert_eq!(status(&mut other).await, "200");
    assert_eq!(harness.requests(), 3);
}

#[tokio::test]
async fn a_certificate_that_expires_ends_what_it_began() {
    let harness = Harness::start().await;
    let mut open = harness.connect(Some(&harness.client("alice"))).await.unwrap();
    assert_eq!(status(&mut open).await, "200");
    harness.wait(DAY * 31);
    let request = b"GET /who HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let answer = exchange(&mut open, request).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 401 Unauthorized\r\n"), "{answer}");
    assert!(answer.contains(r#"{"message":"the client certificate has expired"}"#), "{answer}");
    assert_eq!(harness.requests(), 1);
}

#[tokio::test]
async fn a_renewed_certificate_needs_no_restart_and_a_broken_one_changes_nothing() {
    let harness = Harness::start().await;
    let alice = harness.client("alice");
    let shown = async || {
        let stream = harness.connect(Some(&alice)).await.unwrap();
        stream.get_ref().1.peer_certificates().unwrap()[0].clone()
    };
    let before = shown().await;
    issue_server(&harness.authority);
    let renewed = shown().await;
    assert_ne!(before, renewed);
    let file = harness.folder.path().join("tls/server-cert.pem");
    fs::write(&file, "-----BEGIN CERTIFICATE-----\nbroken").unwrap();
    assert_eq!(shown().await, renewed);
    fs::remove_file(&file).unwrap();
    assert_eq!(shown().await, renewed);
}

#[tokio::test]
async fn a_list_of_revoked_ones_that_is_lost_lets_nobody_in_again() {
    let harness = Harness::start().await;
    let alice = harness.client("alice");
    harness.authority.revoke("alice", real_now()).unwrap();
    refused(&harness, Some(&alice), "certificaterevoked").await;
    fs::remove_file(harness.folder.path().join("tls/crl.pem")).unwrap();
    refused(&harness, Some(&alice), "certificaterevoked").await;
}

#[tokio::test]
async fn http_without_tls_is_told_so() {
    let harness = Harness::start().await;
    let mut stream = harness.tcp().await;
    stream.write_all(b"GET /who HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{answer}");
    assert!(answer.contains("client sent an HTTP request to an HTTPS server"), "{answer}");
    assert_eq!(harness.requests(), 0);
}

#[tokio::test]
async fn whoever_does_not_shake_hands_is_cut_off_and_holds_up_nobody() {
    let harness = Harness::start().await;
    let mut silent = harness.tcp().await;
    let mut half = harness.tcp().await;
    half.write_all(&[22, 3, 1, 2, 0, 1]).await.unwrap();
    let mut noise = harness.tcp().await;
    noise.write_all(&[22; 400]).await.unwrap();
    let answer = harness.who(Some(&harness.client("alice"))).await.unwrap();
    assert!(answer.contains("cert:alice"), "{answer}");
    for stream in [&mut silent, &mut half, &mut noise] {
        let mut bytes = Vec::new();
        let ended = tokio::time::timeout(crate::harness::PATIENCE, stream.read_to_end(&mut bytes));
        let _ = ended.await.expect("the end");
    }
    assert_eq!(harness.requests(), 1);
}

#[tokio::test]
async fn a_page_of_another_site_cannot_use_its_visitors_certificate() {
    let harness = Harness::start().await;
    let alice = harness.client("alice");
    for (origin, wanted) in [("https://evil.example", "403"), ("https://localhost", "200")] {
        let mut stream = harness.connect(Some(&alice)).await.unwrap();
        let request = format!(
            "GET /who HTTP/1.1\r\nHost: localhost\r\nOrigin: {origin}\r\nConnection: close\r\n\r\n"
        );
        let answer = exchange(&mut stream, request.as_bytes()).await.unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {wanted} ")), "{origin}: {answer}");
    }
}

#[tokio::test]
async fn a_doubtful_request_under_tls_has_one_answer_and_no_second_request() {
    let harness = Harness::start().await;
    let alice = harness.client("alice");
    let smuggled = "GET /who HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for head in [
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabcde",
        "GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "\x16\x03\x01 / HTTP/1.1\r\nHost: x\r\n\r\n",
    ] {
        let mut stream = harness.connect(Some(&alice)).await.unwrap();
        let answer = exchange(&mut stream, format!("{head}{smuggled}").as_bytes()).await.unwrap();
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{head:?}: {answer}");
        assert!(answer.contains(r#"{"message":"#), "{head:?}: {answer}");
    }
    assert_eq!(harness.requests(), 0);
}

#[tokio::test]
async fn for_everybody_only_this_machine_is_listened_to() {
    let harness = Harness::start().await;
    let files = TlsFiles { client_ca: None, revoked: None, ..harness.authority.server_files() };
    let bind = async |address: &str, insecure_tcp| {
        let keeper = Keeper::open(files.clone(), Arc::new(real_now)).unwrap();
        let options = BindOptions { insecure_tcp, tls: Some(Arc::new(keeper)) };
        Listener::bind(&address.parse().unwrap(), options).await
    };
    let refused = bind("tcp://0.0.0.0:0", true).await.unwrap_err();
    assert!(matches!(refused, BindError::NotLoopback(_)), "{refused}");
    bind("tcp://127.0.0.1:0", true).await.unwrap();
    // Here every request has to bring a token.
    bind("tcp://0.0.0.0:0", false).await.unwrap();
}

#[test]
fn files_that_cannot_be_used_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::in_folder(folder.path());
    authority.make("us", real_now()).unwrap();
    issue_server(&authority);
    let good = authority.server_files();
    let open = |files: TlsFiles| {
        Keeper::open(files, Arc::new(real_now)).map(drop).map_err(|e| e.to_string())
    };
    assert_eq!(open(good.clone()), Ok(()));
    let missing = TlsFiles { key: folder.path().join("nowhere.pem"), ..good.clone() };
    assert!(open(missing).unwrap_err().contains("nowhere.pem"));
    let swapped = TlsFiles { certificate: folder.path().join("ca.pem"), ..good.clone() };
    assert!(open(swapped).unwrap_err().contains("not usable"));
    let no_list = TlsFiles { revoked: Some(folder.path().join("ca.pem")), ..good.clone() };
    assert!(open(no_list).unwrap_err().contains("holds no list of revoked certificates"));
    let damaged = folder.path().join("damaged.pem");
    fs::write(&damaged, fs::read_to_string(&good.key).unwrap().replace('M', "!")).unwrap();
    fs::set_permissions(&damaged, fs::Permissions::from_mode(0o600)).unwrap();
    let no_key = TlsFiles { key: damaged, ..good.clone() };
    assert!(open(no_key).unwrap_err().contains("holds no private key"));
    fs::set_permissions(&good.key, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(open(good).unwrap_err().contains("chmod 600"));
}

#[test]
fn a_name_that_could_be_misread_on_record_is_in_no_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::in_folder(&folder.path().join("tls"));
    authority.make("us", real_now()).unwrap();
    for name in ["", "a\nb", "\u{7}", &"x".repeat(300)] {
        let names = ClientNames { name: name.to_owned(), group: None };
        let made = authority.issue_client(&names, &folder.path().join("c"), real_now(), 1);
        assert!(made.is_err(), "{name:?}");
    }
    assert_eq!(authority.list().unwrap().len(), 0);
}
