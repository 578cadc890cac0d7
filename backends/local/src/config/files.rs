//! The files that a container gets over those of its image: `hosts`, `hostname`, `resolv.conf`.

use std::{fs, net::IpAddr, path::Path};

use backends_core::{StartError, Workload};
use journal_domain::{Link, NetworkMode};
use sandbox_shim::BoundFile;

use super::{Place, refused, resolver};

/// What stands in `/etc/hosts` before anything else.
const LOCAL_HOSTS: &str = "127.0.0.1\tlocalhost\n\
    ::1\tlocalhost ip6-localhost ip6-loopback\n\
    fe00::\tip6-localnet\n\
    ff00::\tip6-mcastprefix\n\
    ff02::1\tip6-allnodes\n\
    ff02::2\tip6-allrouters\n";

/// Where systemd-resolved keeps the servers that its stub asks.
const BEHIND_THE_STUB: &str = "/run/systemd/resolve/resolv.conf";

/// The files that a run gets, in the order in which its directory has them.
pub(crate) const BOUND_FILES: [&str; 3] = ["/etc/resolv.conf", "/etc/hostname", "/etc/hosts"];

/// The word that stands for the host's address on the bridge in `--add-host`.
const HOST_GATEWAY: &str = "host-gateway";

/// The host's own files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct HostFiles {
    /// `/etc/hosts`.
    pub(crate) hosts: String,
    /// `/etc/resolv.conf`.
    pub(crate) resolver: String,
    /// The servers behind a stub; the same as `resolver` where that is no stub.
    pub(crate) upstream_resolver: String,
    /// The host's name.
    pub(crate) hostname: String,
}

// === impl HostFiles ===

impl HostFiles {
    /// Reads them; what is not there is empty.
    pub(crate) fn read() -> Self {
        let resolver = text(Path::new("/etc/resolv.conf"));
        let behind = Some(text(Path::new(BEHIND_THE_STUB)))
            .filter(|behind| !behind.is_empty() && resolver::is_stub_only(&resolver));
        Self {
            hosts: text(Path::new("/etc/hosts")),
            upstream_resolver: behind.unwrap_or_else(|| resolver.clone()),
            resolver,
            hostname: rustix::system::uname().nodename().to_string_lossy().into_owned(),
        }
    }

    /// Gives the name servers of the host.
    pub(crate) fn name_servers(&self) -> Vec<String> {
        resolver::Resolver::parse(&self.upstream_resolver).servers
    }
}

/// Gives the files of a run.
pub(super) fn bound(
    workload: &Workload,
    hostname: &str,
    place: &Place<'_>,
) -> Result<Vec<BoundFile>, StartError> {
    let contents = match &place.shared_files {
        Some(files) => files.clone(),
        None => own(workload, hostname, place.files)?,
    };
    let files = BOUND_FILES.iter().zip(contents);
    let bound =
        |(target, contents): (&&str, _)| BoundFile { target: (*target).to_owned(), contents };
    Ok(files.map(bound).collect())
}

fn own(workload: &Workload, hostname: &str, host: &HostFiles) -> Result<Vec<String>, StartError> {
    let spec = &*workload.spec;
    let resolver = match spec.network {
        NetworkMode::Host => resolver::shared(&host.resolver, spec),
        _ if workload.has_names() => resolver::named(&host.upstream_resolver, spec),
        NetworkMode::Default
        | NetworkMode::Bridge
        | NetworkMode::User
        | NetworkMode::Container
        | NetworkMode::None => resolver::isolated(&host.upstream_resolver, spec),
    };
    Ok(vec![resolver, format!("{hostname}\n"), hosts(workload, hostname, host)?])
}

/// Gives the resolver's file of a container that has joined its first network with names.
pub(crate) fn named_resolver(current: &str) -> Option<String> {
    resolver::renamed(current)
}

fn hosts(workload: &Workload, hostname: &str, host: &HostFiles) -> Result<String, StartError> {
    let spec = &*workload.spec;
    if spec.network == NetworkMode::Host && spec.extra_hosts.is_empty() {
        return Ok(host.hosts.clone());
    }
    let mut text = LOCAL_HOSTS.to_owned();
    let gateway = workload.bridge.as_ref().map(|bridge| bridge.gateway().to_string());
    for line in &spec.extra_hosts {
        let Some((name, address)) = line.split_once([':', '=']) else { continue };
        match (address, &gateway) {
            (HOST_GATEWAY, Some(gateway)) => text.push_str(&format!("{gateway}\t{name}\n")),
            (HOST_GATEWAY, None) => {
                return Err(refused("unable to derive the IP value for host-gateway"));
            }
            (address, _) => text.push_str(&format!("{}\t{name}\n", unbracketed(address))),
        }
    }
    for Link { address, names, .. } in &workload.links {
        text.push_str(&format!("{address}\t{}\n", names.join(" ")));
    }
    let names = if spec.domainname.is_empty() {
        hostname.to_owned()
    } else {
        format!("{hostname}.{} {hostname}", spec.domainname)
    };
    for address in workload.endpoints.iter().flat_map(|one| one.lease.addresses()) {
        text.push_str(&hosts_line(address, &names));
    }
    Ok(text)
}

/// Gives the line by which a container knows itself at an address.
pub(crate) fn hosts_line(address: IpAddr, names: &str) -> String {
    format!("{address}\t{names}\n")
}

fn unbracketed(address: &str) -> &str {
    address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(address)
}

/// Reads a small file of the host. One that is missing is empty, and so is what is no text.
fn text(path: &Path) -> String {
    fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}
