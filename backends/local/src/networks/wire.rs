//! Interfaces that come to a run and go from it while it goes on, one after the other.
//!
//! The pair is made from the host's side, with the container's end born in the container's network; what has to be said
//! there is said by a socket that was opened in that network. Whatever is there already is left
//! as it is, so that a change that was cut short is finished by the next try.

use std::{
    fs::OpenOptions,
    io::{self, Read as _, Seek as _, Write as _},
    net::IpAddr,
    path::PathBuf,
};

use backends_core::{EffectError, EndpointWork, WireChange, WireWork};
use journal_domain::{MacAddress, Network};
use tokio::task::spawn_blocking;

use super::failed;
use crate::{
    LocalBackend, adopt,
    bridge::{LinkError, Links, NetworkNamespace},
    config::{host_end, hosts_line, named_resolver},
};

/// Bytes of a bound file that are taken into account; a container may have written into it.
const BOUND_FILE_BYTES_MAX: u64 = 256 * 1024;

/// Which of the bound files is the resolver's, and which that of hosts.
const RESOLVER_FILE: &str = "0";
const HOSTS_FILE: &str = "2";

/// Why a run's interfaces stay as they are.
#[derive(Debug, thiserror::Error)]
enum WireError {
    #[error("the container's own file {} cannot be changed", path.display())]
    File {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}

/// An interface that is to be given what belongs to it, from the inside.
#[derive(Debug, Clone)]
struct Inner {
    name: String,
    mac: Option<MacAddress>,
    addresses: Vec<(IpAddr, u8)>,
}

impl LocalBackend {
    /// Does what a change of interfaces is.
    pub(super) async fn wire_run(&self, work: &WireWork) -> Result<(), EffectError> {
        let held = self.registry.run(work.run.container).filter(|held| held.run == work.run);
        let held = held.filter(|held| held.runs()).ok_or(EffectError::Gone)?;
        let namespace = format!("/proc/{}/ns/net", held.pid);
        let namespace = NetworkNamespace::open(Some(namespace.as_ref())).map_err(adopt::failed)?;
        let links = Links::open(&namespace).map_err(failed)?;
        match &work.change {
            WireChange::Come(endpoint) => {
                let come = self.let_come(work, endpoint, &namespace, &links).await;
                if come.is_err() {
                    // Its address is free again, and somebody else is given it.
                    if let Err(error) = take_away(&links, endpoint).await {
                        tracing::warn!(run = %work.run, %error, "what came of a failed connection stays");
                    }
                }
                come
            }
            WireChange::Go(endpoint) => {
                take_away(&links, endpoint).await.map_err(failed)?;
                // It has gone, whatever the run knows of it.
                if let Err(error) = self.follow(work, &links).await {
                    tracing::warn!(run = %work.run, %error, "a run does not know that an interface has gone");
                }
                Ok(())
            }
        }
    }

    /// Has an interface come, and what the run knows of itself follow.
    async fn let_come(
        &self,
        work: &WireWork,
        endpoint: &EndpointWork,
        namespace: &NetworkNamespace,
        links: &Links,
    ) -> Result<(), EffectError> {
        let mtu_bytes = self.bridges.ensure(&endpoint.network).await.map_err(failed)?;
        self.add_pair(endpoint, namespace, mtu_bytes).await.map_err(failed)?;
        let inner = inner(endpoint);
        links.set_up(&inner.name, &inner.addresses).await.map_err(failed)?;
        self.follow(work, links).await
    }

    /// Has the ways out, the sockets and the files of a run be as its interfaces are.
    async fn follow(&self, work: &WireWork, links: &Links) -> Result<(), EffectError> {
        for (name, gateway) in gateways(work) {
            links.lead_out(&name, gateway).await.map_err(failed)?;
        }
        if work.staying.iter().any(|one| !one.network.is_predefined()) {
            self.take_sockets(work.run).await?;
        }
        let (files, work) = (self.around.layout.run(work.run).files(), work.clone());
        let written = spawn_blocking(move || rewrite(&files, &work)).await;
        written.map_err(adopt::failed)?.map_err(failed)
    }

    async fn add_pair(
        &self,
        endpoint: &EndpointWork,
        namespace: &NetworkNamespace,
        mtu_bytes: Option<u32>,
    ) -> Result<(), LinkError> {
        let links = Links::open(&self.bridges.hub)?;
        let (network, lease) = (&*endpoint.network, &endpoint.lease);
        let outer = host_end(lease.endpoint);
        let (Some(mac), Some(inside)) = (lease.mac, namespace.descriptor()) else { return Ok(()) };
        links
            .add_pair(&network.interface, &outer, (&lease.interface(), mac, inside), mtu_bytes)
            .await?;
        if !network.has(Network::OPTION_TALK) {
            links.keep_apart(&outer).await?;
        }
        Ok(())
    }
}

/// Takes an interface from a run, and with it its other end.
async fn take_away(links: &Links, endpoint: &EndpointWork) -> Result<(), LinkError> {
    let Inner { name, mac, .. } = inner(endpoint);
    match mac {
        Some(mac) => links.remove_with(&name, mac).await,
        None => Ok(()),
    }
}

fn inner(endpoint: &EndpointWork) -> Inner {
    let lease = &endpoint.lease;
    let leased = [lease.ipv4, lease.ipv6].into_iter().flatten();
    Inner {
        name: lease.interface(),
        mac: lease.mac,
        addresses: leased.map(|leased| (leased.address, leased.prefix_bits)).collect(),
    }
}

/// Gives the ways out, each with the name of its interface.
fn gateways(work: &WireWork) -> Vec<(String, IpAddr)> {
    let out = work.staying.iter().find(|one| Some(one.lease.endpoint) == work.way_out);
    let leased = out.iter().flat_map(|one| {
        let leased = [one.lease.ipv4, one.lease.ipv6].into_iter().flatten();
        leased.filter_map(|leased| Some((one.lease.interface(), leased.gateway?)))
    });
    leased.collect()
}

/// Has the container's own files tell of its new addresses, and of the old ones no more.
fn rewrite(files: &std::path::Path, work: &WireWork) -> Result<(), WireError> {
    let endpoint = work.change.endpoint();
    let changed: Vec<IpAddr> = endpoint.lease.addresses().collect();
    let comes = matches!(work.change, WireChange::Come(_));
    change_file(files.join(HOSTS_FILE), |text| {
        let is_gone = |line: &&str| {
            let address = line.split_whitespace().next().and_then(|word| word.parse().ok());
            address.is_some_and(|address: IpAddr| changed.contains(&address))
        };
        let kept: Vec<&str> = text.lines().filter(|line| !is_gone(line)).collect();
        let mut text: String = kept.iter().map(|line| format!("{line}\n")).collect();
        let coming = changed.iter().filter(|_| comes);
        coming.for_each(|address| text.push_str(&hosts_line(*address, &work.hostname)));
        Some(text)
    })?;
    if !comes || endpoint.network.is_predefined() {
        return Ok(());
    }
    change_file(files.join(RESOLVER_FILE), named_resolver)
}

/// Changes a file where it is, for the container has it mounted.
fn change_file(
    path: PathBuf,
    change: impl FnOnce(&str) -> Option<String>,
) -> Result<(), WireError> {
    let write = || -> io::Result<()> {
        let mut file = OpenOptions::new().read(true).write(true).open(&path)?;
        let mut bytes = Vec::new();
        (&mut file).take(BOUND_FILE_BYTES_MAX).read_to_end(&mut bytes)?;
        let Some(text) = change(&String::from_utf8_lossy(&bytes)) else { return Ok(()) };
        file.rewind()?;
        file.write_all(text.as_bytes())?;
        file.set_len(text.len() as u64)
    };
    write().map_err(|source| WireError::File { path: path.clone(), source })
}
