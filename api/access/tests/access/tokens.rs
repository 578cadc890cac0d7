//! Tokens of every kind in front of a server.

use std::{fs, os::unix::fs::PermissionsExt as _, time::Duration};

use api_access::{AccessError, TokenNames, Tokens};

use crate::harness::{DAY, Harness, real_now};

/// Makes a token and gives the header line that shows it.
fn token(tokens: &Tokens, name: &str, life: Option<Duration>) -> String {
    let names = TokenNames { name: name.into(), group: None };
    let (_, text) = tokens.make(names, real_now(), life).expect("a token");
    format!("Authorization: Bearer {}\r\n", text.reveal())
}

/// Checks that a request with these lines is refused with this message, and that no route saw it.
async fn refused(harness: &Harness, lines: &str, message: &str) {
    let before = harness.requests();
    let answer = harness.ask(None, lines).await;
    assert!(answer.starts_with("HTTP/1.1 401 Unauthorized\r\n"), "{lines:?}: {answer}");
    assert!(answer.to_lowercase().contains("www-authenticate: bearer\r\n"), "{answer}");
    assert!(answer.contains(message), "{lines:?}: {answer}");
    assert_eq!(harness.requests(), before, "{lines:?}");
}

#[tokio::test]
async fn a_holder_is_known_by_the_name_of_the_token() {
    let harness = Harness::start_for_tokens().await;
    let line = token(&harness.tokens, "ci", Some(DAY));
    assert!(harness.ask(None, &line).await.contains("token:ci by tls:127.0.0.1:"));
    assert!(harness.ask(None, &line.replace("Bearer", "bEARER")).await.contains("token:ci"));
}

#[tokio::test]
async fn tokens_that_are_none_let_nobody_in() {
    let harness = Harness::start_for_tokens().await;
    let good = token(&harness.tokens, "ci", Some(DAY));
    refused(&harness, "", "a token is wanted here").await;
    refused(&harness, "Authorization: Basic Y2k6Y2k=\r\n", "a token is wanted here").await;
    refused(&harness, &format!("{good}{good}"), "more than one token").await;
    let text = good.trim_end().strip_prefix("Authorization: Bearer ").unwrap();
    let other = token(&harness.tokens, "other", Some(DAY));
    let secret = other.trim_end().rsplit_once('_').unwrap().1;
    let (id, _) = text.rsplit_once('_').unwrap();
    let forged = [
        String::new(),
        "skl_".into(),
        text[..text.len() - 1].into(),
        format!("{text}0"),
        text.to_uppercase(),
        format!("{id}_{}", "0".repeat(64)),
        format!("{id}_{secret}"),
        format!("skl_000000000000_{secret}"),
        format!("{text},{text}"),
        "x".repeat(50_000),
    ];
    for forged in forged {
        let line = format!("Authorization: Bearer {forged}\r\n");
        refused(&harness, &line, r#"{"message":"the token is not known"}"#).await;
    }
    refused(&harness, "Authorization: Bearer \u{e9}\r\n", "the token is not known").await;
}

#[tokio::test]
async fn every_changed_digit_makes_a_token_unknown() {
    let harness = Harness::start_for_tokens().await;
    let good = token(&harness.tokens, "ci", None);
    let start = good.find("skl_").unwrap();
    for at in (start..good.trim_end().len()).step_by(3) {
        let mut changed = good.clone().into_bytes();
        changed[at] = if changed[at] == b'0' { b'1' } else { b'0' };
        refused(&harness, &String::from_utf8(changed).unwrap(), "the token is not known").await;
    }
}

#[tokio::test]
async fn what_is_revoked_or_expired_counts_at_once() {
    let harness = Harness::start_for_tokens().await;
    let (short, long) =
        (token(&harness.tokens, "ci", Some(DAY)), token(&harness.tokens, "cd", None));
    assert!(harness.ask(None, &short).await.contains("token:ci"));
    harness.wait(DAY * 2);
    refused(&harness, &short, "is expired").await;
    assert!(harness.ask(None, &long).await.contains("token:cd"));
    harness.tokens.revoke("cd", real_now()).unwrap();
    refused(&harness, &long, "is revoked").await;
    assert!(matches!(harness.tokens.revoke("cd", real_now()), Err(AccessError::NoSuchToken(_))));
}

#[tokio::test]
async fn a_token_names_the_caller_before_the_certificate_does() {
    let harness = Harness::start().await;
    let alice = harness.client("alice");
    let line = token(&harness.tokens, "ci", None);
    assert!(harness.ask(Some(&alice), &line).await.contains("token:ci"));
    assert!(harness.ask(Some(&alice), "").await.contains("cert:alice"));
    let forged = "Authorization: Bearer skl_forged\r\n";
    assert!(harness.ask(Some(&alice), forged).await.starts_with("HTTP/1.1 401 "));
}

#[tokio::test]
async fn the_file_keeps_no_secret_and_a_damaged_one_knows_nobody() {
    let harness = Harness::start_for_tokens().await;
    let line = token(&harness.tokens, "ci", None);
    let file = harness.folder.path().join("access/tokens.json");
    let kept = fs::read_to_string(&file).unwrap();
    let secret = line.trim_end().rsplit_once('_').unwrap().1;
    assert!(!kept.contains(secret), "{kept}");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(harness.ask(None, &line).await.contains("token:ci"));
    fs::write(&file, kept.replace("\"hash\"", "\"hush\"")).unwrap();
    refused(&harness, &line, "the token is not known").await;
    fs::write(&file, kept).unwrap();
    assert!(harness.ask(None, &line).await.contains("token:ci"));
}
