//! Spellings of addresses that no registry may lead to, and of those it may.

use std::net::IpAddr;

use reqwest::Url;

use super::Reach;

/// Reads the host of a URL as the client does, spellings and all.
fn reach(host: &str) -> Option<Reach> {
    let url = Url::parse(&format!("http://{host}/")).unwrap();
    let host = url.host_str().unwrap();
    let address: IpAddr = host.trim_start_matches('[').trim_end_matches(']').parse().unwrap();
    Reach::of(address)
}

#[test]
fn a_metadata_service_is_refused_in_every_spelling() {
    for host in [
        "169.254.169.254",
        "169.254.169.254.",
        "169.254.0.1",
        "169.254.255.255",
        "2852039166",
        "0xa9fea9fe",
        "0xA9.0xFE.0xA9.0xFE",
        "0251.0376.0251.0376",
        "169.254.43518",
        "169.16689662",
        "0xa9.254.0251.254",
        "%31%36%39.254.169.254",
        "１６９.254.169.254",
        "169。254。169。254",
        "[::ffff:169.254.169.254]",
        "[::ffff:a9fe:a9fe]",
        "[0:0:0:0:0:ffff:a9fe:a9fe]",
        "[::169.254.169.254]",
        "[::a9fe:a9fe]",
        "[64:ff9b::169.254.169.254]",
        "[64:ff9b::a9fe:a9fe]",
        "[2002:a9fe:a9fe::]",
        "[2002:a9fe:a9fe::1]",
        "[fe80::1]",
        "[fe80::a9fe:a9fe]",
        "[febf::1]",
        "[fd00:ec2::254]",
        "[FD00:EC2:0:0:0:0:0:254]",
        "[fd20:ce::254]",
        "168.63.129.16",
        "2822734096",
        "0xa83f8110",
        "[::ffff:168.63.129.16]",
        "100.100.100.200",
        "1684301000",
        "192.0.0.192",
        "224.0.0.1",
        "239.255.255.250",
        "255.255.255.255",
        "4294967295",
        "240.0.0.1",
        "[ff02::1]",
        "[ff05::1:3]",
    ] {
        assert_eq!(reach(host), None, "{host}");
        assert!(Reach::is_denied(host), "{host}");
    }
}

#[test]
fn other_addresses_are_told_apart_by_how_far_inside_they_are() {
    for (expected, hosts) in [
        (
            Reach::Loopback,
            &[
                "127.0.0.1",
                "127.1",
                "2130706433",
                "0x7f.1",
                "0.0.0.0",
                "0",
                "[::1]",
                "[::]",
                "[::ffff:127.0.0.1]",
                "017700000001",
            ][..],
        ),
        (
            Reach::Private,
            &[
                "10.0.0.1",
                "172.16.0.1",
                "172.31.255.255",
                "192.168.1.1",
                "100.64.0.1",
                "[fd12:3456::1]",
                "[fc00::1]",
                "[fec0::1]",
                "[::ffff:10.1.2.3]",
                "[2002:0a00:0001::1]",
            ][..],
        ),
        (
            Reach::Public,
            &["1.1.1.1", "172.32.0.1", "100.128.0.1", "192.0.2.1", "[2606:4700::1]"][..],
        ),
    ] {
        for host in hosts {
            assert_eq!(reach(host), Some(expected), "{host}");
            assert!(!Reach::is_denied(host), "{host}");
        }
    }
    assert!(!Reach::is_denied("logs.example") && !Reach::is_denied("no host"));
}
