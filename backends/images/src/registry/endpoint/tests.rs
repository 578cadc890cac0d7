//! Where names lead.

use super::{InsecureRegistry, Mirror, RegistryOptions, login_domain};

fn endpoints(options: &RegistryOptions, domain: &str) -> Vec<String> {
    let shown = options.endpoints(domain).into_iter().map(|endpoint| {
        format!("{}{}", endpoint.base, if endpoint.verified { "" } else { " unverified" })
    });
    shown.collect()
}

#[test]
fn the_hub_has_its_own_address_and_its_mirrors_come_first() {
    let mut options = RegistryOptions::default();
    assert_eq!(endpoints(&options, "docker.io"), ["https://registry-1.docker.io/"]);
    options.mirrors = vec!["http://localhost:5001/".parse().unwrap()];
    options.mirrors.push("https://mirror.example/hub".parse().unwrap());
    assert_eq!(
        endpoints(&options, "docker.io"),
        [
            "http://localhost:5001/ unverified",
            "https://mirror.example/hub/",
            "https://registry-1.docker.io/"
        ]
    );
    assert_eq!(endpoints(&options, "quay.io"), ["https://quay.io/"]);
}

#[test]
fn a_registry_on_this_host_or_in_the_list_may_be_without_tls() {
    let insecure = ["lan:5000", "plain.example", "10.0.0.0/8", "fd00::/8"];
    let insecure = insecure.iter().map(|text| text.parse().unwrap()).collect();
    let options = RegistryOptions { insecure, ..RegistryOptions::default() };
    for (domain, expected) in [
        ("localhost:5000", true),
        ("127.0.0.1:5000", true),
        ("127.9.9.9", true),
        ("[::1]:5000", true),
        ("lan:5000", true),
        ("lan:5001", false),
        ("plain.example:443", true),
        ("10.1.2.3:80", true),
        ("11.1.2.3:80", false),
        ("[fd00::5]:80", true),
        ("[fe00::5]:80", false),
        ("quay.io", false),
    ] {
        assert_eq!(options.endpoints(domain).len() == 2, expected, "{domain}");
    }
}

#[test]
fn a_login_names_its_registry_in_several_ways() {
    for (server, expected) in [
        ("https://index.docker.io/v1/", "docker.io"),
        ("", "docker.io"),
        ("docker.io", "docker.io"),
        ("https://localhost:5000", "localhost:5000"),
        ("http://localhost:5000/v2/", "localhost:5000"),
        ("quay.io", "quay.io"),
    ] {
        assert_eq!(login_domain(server), expected, "{server}");
    }
}

#[test]
fn what_is_no_mirror_and_no_registry_is_refused() {
    for text in ["", "mirror", "ftp://mirror", "https://a?b", "https://u@a", "https://"] {
        assert!(text.parse::<Mirror>().is_err(), "{text}");
    }
    for text in ["", "http://a", "10.0.0.0/33", "::/129", "a/b", "a b"] {
        assert!(text.parse::<InsecureRegistry>().is_err(), "{text}");
    }
}
