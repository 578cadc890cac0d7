//! Interfaces that come to a run and go from it while it goes on.
//!
//! The pair is made from the host's side, with the container's end born in the container's network; what has to be said
//! there is said by a thread of its own that has entered that network and ends with it. Whatever is there already is left
//! as it is, so that a change that was cut short is finished by the next try.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read as _, Seek as _, Write as _},
    net::IpAddr,
    os::fd::{AsFd as _, AsRawFd as _, RawFd},
    path::PathBuf,
    thread,
};

use backends_core::{EffectError, EndpointWork, WireWork};
use journal_domain::{MacAddress, Network};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use tokio::{runtime, task::spawn_blocking};

use super::failed;
use crate::{
    LocalBackend, adopt,
    bridge::{Hub, LinkError, Links},
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
    #[error("the container's network cannot be entered")]
    Enter(#[source] io::Error),
    #[error(transparent)]
    Link(#[from] LinkError),
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
        let namespace = File::open(format!("/proc/{}/ns/net", held.pid)).map_err(adopt::failed)?;
        let leaving: Vec<Inner> = work.leaving.iter().map(inner).collect();
        let ours = namespace.try_clone().map_err(adopt::failed)?;
        inside(ours, move |links| Box::pin(take_away(links, leaving))).await.map_err(failed)?;
        for endpoint in &work.coming {
            let mtu_bytes = self.bridges.ensure(&endpoint.network).await.map_err(failed)?;
            self.add_pair(endpoint, namespace.as_raw_fd(), mtu_bytes).await.map_err(failed)?;
        }
        let coming: Vec<Inner> = work.coming.iter().map(inner).collect();
        let gateways = gateways(work);
        let change = move |links| -> Inside { Box::pin(set_up(links, coming, gateways)) };
        inside(namespace, change).await.map_err(failed)?;
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
        namespace: RawFd,
        mtu_bytes: Option<u32>,
    ) -> Result<(), LinkError> {
        let links = Links::open(&self.bridges.hub)?;
        let (network, lease) = (&*endpoint.network, &endpoint.lease);
        let outer = host_end(lease.endpoint);
        let Some(mac) = lease.mac else { return Ok(()) };
        links
            .add_pair(&network.interface, &outer, (&lease.interface(), mac, namespace), mtu_bytes)
            .await?;
        if !network.has(Network::OPTION_TALK) {
            links.keep_apart(&outer).await?;
        }
        Ok(())
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

type Inside = std::pin::Pin<Box<dyn Future<Output = Result<(), LinkError>>>>;

/// Does something in a network that is not the server's own, on a thread that ends with it.
async fn inside(
    namespace: File,
    change: impl FnOnce(Links) -> Inside + Send + 'static,
) -> Result<(), WireError> {
    let work = move || -> Result<(), WireError> {
        move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))
            .map_err(|errno| WireError::Enter(errno.into()))?;
        let runtime = runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(WireError::Enter)?;
        runtime.block_on(async { Ok(change(Links::open(&Hub::default())?).await?) })
    };
    let (answer, answered) = tokio::sync::oneshot::channel();
    let started = thread::Builder::new().name("network".to_owned()).spawn(move || {
        // Nobody waits any more where the server ends.
        let _ = answer.send(work());
    });
    started.map_err(WireError::Enter)?;
    answered.await.map_err(|_| WireError::Enter(io::Error::other("the server is ending")))?
}

async fn take_away(links: Links, leaving: Vec<Inner>) -> Result<(), LinkError> {
    for Inner { name, mac, .. } in leaving {
        if let Some(mac) = mac {
            links.remove_with(&name, mac).await?;
        }
    }
    Ok(())
}

async fn set_up(
    links: Links,
    coming: Vec<Inner>,
    gateways: Vec<(String, IpAddr)>,
) -> Result<(), LinkError> {
    for Inner { name, addresses, .. } in &coming {
        links.set_up(name, addresses).await?;
    }
    for (name, gateway) in &gateways {
        links.lead_out(name, *gateway).await?;
    }
    Ok(())
}

/// Has the container's own files tell of its new addresses, and of the old ones no more.
fn rewrite(files: &std::path::Path, work: &WireWork) -> Result<(), WireError> {
    let of = |endpoints: &[EndpointWork]| -> Vec<IpAddr> {
        endpoints.iter().flat_map(|one| one.lease.addresses()).collect()
    };
    let (coming, leaving) = (of(&work.coming), of(&work.leaving));
    change_file(files.join(HOSTS_FILE), |text| {
        let is_gone = |line: &&str| {
            let address = line.split_whitespace().next().and_then(|word| word.parse().ok());
            address.is_some_and(|address: IpAddr| {
                leaving.contains(&address) || coming.contains(&address)
            })
        };
        let kept: Vec<&str> = text.lines().filter(|line| !is_gone(line)).collect();
        let mut text: String = kept.iter().map(|line| format!("{line}\n")).collect();
        coming.iter().for_each(|address| text.push_str(&hosts_line(*address, &work.hostname)));
        Some(text)
    })?;
    if work.coming.iter().all(|one| one.network.is_predefined()) {
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
