//! Where a password is, and where it is not.

use super::text;
use crate::Source;

#[test]
fn a_password_is_for_its_host_alone() {
    let relay = "127.0.0.1:9".parse().unwrap();
    let source = Source::parse("https://user:p%22w@host:8443/a/r.git?x=y").unwrap();
    let text = text(&source, relay);
    let told = "[url \"https://user:p%22w@host:8443/\"]\n\tinsteadOf = https://host:8443/\n";
    assert!(text.ends_with(told), "{text}");
    assert!(text.contains("proxy = socks5h://127.0.0.1:9\n"), "{text}");
}
