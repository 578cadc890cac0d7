//! `/etc/resolv.conf` of a container.

use std::net::IpAddr;

use journal_domain::ContainerSpec;

/// Used when the host names no server that a container could reach, as Docker does.
const PUBLIC_SERVERS: [&str; 2] = ["8.8.8.8", "8.8.4.4"];

/// A resolver's configuration: what `resolv.conf(5)` says and containers care for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Resolver {
    pub(super) servers: Vec<String>,
    pub(super) search: Vec<String>,
    pub(super) options: Vec<String>,
}

/// Gives the file for a container that has a network namespace of its own.
pub(super) fn isolated(host: &str, spec: &ContainerSpec) -> String {
    let mut resolver = Resolver::parse(host);
    // The host's loopback is not the container's, and it has no IPv6 route to reach the others.
    resolver.servers.retain(|server| is_reachable(server));
    if resolver.servers.is_empty() {
        resolver.servers = PUBLIC_SERVERS.map(str::to_owned).to_vec();
    }
    resolver.overridden(spec).text()
}

/// Where containers in networks with names ask for them.
const NAMES: &str = "127.0.0.11";

/// Asks for a name as it is before search domains are tried: names of networks have no dots.
const NAMES_FIRST: &str = "ndots:0";

/// Gives the file for a container in a network with names.
pub(super) fn named(host: &str, spec: &ContainerSpec) -> String {
    let mut resolver = Resolver::parse(host).overridden(spec);
    resolver.servers = vec![NAMES.to_owned()];
    if !resolver.options.iter().any(|option| option.starts_with("ndots:")) {
        resolver.options.push(NAMES_FIRST.to_owned());
    }
    resolver.text()
}

/// Has a file ask for names; `None` where it does so already.
pub(super) fn renamed(current: &str) -> Option<String> {
    let mut resolver = Resolver::parse(current);
    if resolver.servers == [NAMES] {
        return None;
    }
    resolver.servers = vec![NAMES.to_owned()];
    resolver.options.retain(|option| !option.starts_with("ndots:"));
    resolver.options.push(NAMES_FIRST.to_owned());
    Some(resolver.text())
}

/// Gives the file for a container that shares the host's network: the host's own unless the client says otherwise.
pub(super) fn shared(host: &str, spec: &ContainerSpec) -> String {
    if spec.dns.is_empty() && spec.dns_search.is_empty() && spec.dns_options.is_empty() {
        return host.to_owned();
    }
    Resolver::parse(host).overridden(spec).text()
}

/// Tells whether the host's file names nothing but its own stub on the loopback interface.
pub(super) fn is_stub_only(host: &str) -> bool {
    let servers = Resolver::parse(host).servers;
    !servers.is_empty() && !servers.iter().any(|server| is_reachable(server))
}

fn is_reachable(server: &str) -> bool {
    matches!(server.parse(), Ok(IpAddr::V4(address)) if !address.is_loopback())
}

// === impl Resolver ===

impl Resolver {
    pub(super) fn parse(text: &str) -> Self {
        let mut resolver = Self::default();
        for line in text.lines() {
            let mut words = line.split_whitespace();
            match words.next() {
                Some("nameserver") => resolver.servers.extend(words.next().map(str::to_owned)),
                // The last of these lines wins.
                Some("search" | "domain") => {
                    resolver.search = words.map(str::to_owned).collect();
                }
                Some("options") => resolver.options.extend(words.map(str::to_owned)),
                Some(_) | None => {}
            }
        }
        resolver
    }

    fn overridden(mut self, spec: &ContainerSpec) -> Self {
        let replace = |list: &mut Vec<String>, own: &[String]| {
            if !own.is_empty() {
                *list = own.to_vec();
            }
        };
        replace(&mut self.servers, &spec.dns);
        replace(&mut self.search, &spec.dns_search);
        replace(&mut self.options, &spec.dns_options);
        // A lone dot asks for no search at all.
        self.search.retain(|domain| domain != ".");
        self
    }

    fn text(&self) -> String {
        let mut text: String =
            self.servers.iter().map(|server| format!("nameserver {server}\n")).collect();
        for (word, list) in [("search", &self.search), ("options", &self.options)] {
            if !list.is_empty() {
                text.push_str(&format!("{word} {}\n", list.join(" ")));
            }
        }
        text
    }
}
