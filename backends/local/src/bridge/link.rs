//! Interfaces, addresses and routes, by rtnetlink.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    os::fd::RawFd,
};

use futures_util::TryStreamExt;
use journal_domain::{MacAddress, Network};
use rtnetlink::{
    Error as NetlinkError, Handle, LinkBridge, LinkBridgePort, LinkUnspec, LinkVeth,
    RouteMessageBuilder,
    packet_route::{
        address::{AddressAttribute, AddressMessage},
        link::{InfoData, InfoVeth, LinkAttribute, LinkMessage},
        route::{RouteAddress, RouteAttribute, RouteMessage},
    },
};
use rustix::io::Errno;
use tokio::{runtime, task::JoinHandle};

use super::{choose::Subnet, namespace::NetworkNamespace};

/// The packet size that interfaces have unless somebody says otherwise, in bytes.
pub(super) const USUAL_MTU_BYTES: u32 = 1500;

/// A connection to the kernel's table of interfaces.
#[derive(Debug)]
pub(crate) struct Links {
    handle: Handle,
    connection: JoinHandle<()>,
    namespace: NetworkNamespace,
}

/// Why the kernel's table of interfaces could not be read or changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LinkError {
    #[error("the kernel cannot be asked")]
    Open(#[source] io::Error),
    #[error("{what}")]
    Refused {
        what: &'static str,
        #[source]
        source: io::Error,
    },
    #[error("the kernel's answer cannot be understood")]
    Answer(#[source] NetlinkError),
}

// === impl Links ===

impl Links {
    /// Opens the table of a network.
    pub(crate) fn open(namespace: &NetworkNamespace) -> Result<Self, LinkError> {
        let runtime = runtime::Handle::current();
        let opened = namespace.within(|| {
            let _entered = runtime.enter();
            rtnetlink::new_connection()
        });
        let (connection, handle, _) = opened.and_then(|opened| opened).map_err(LinkError::Open)?;
        Ok(Self { handle, connection: tokio::spawn(connection), namespace: namespace.clone() })
    }

    /// Makes the bridge with its addresses and sets it up, as far as it is not there yet; `owner` is noted beside it.
    pub(crate) async fn make_bridge(
        &self,
        network: &Network,
        owner: &str,
        mtu_bytes: Option<u32>,
    ) -> Result<(), LinkError> {
        let index = match self.find(&network.interface).await? {
            Some(link) => link.header.index,
            None => self.add_bridge(network).await?,
        };
        let mut up = LinkUnspec::new_with_index(index).up();
        if let Some(mtu_bytes) = mtu_bytes {
            up = up.mtu(mtu_bytes);
        }
        // The kernel takes no such note while it makes an interface.
        if !network.is_predefined() {
            up = up.append_extra_attribute(LinkAttribute::IfAlias(owner.to_owned()));
        }
        let up = self.handle.link().change(up.build()).execute().await;
        up.map_err(refused("setting the bridge up"))?;
        let held = self.addresses(index).await?;
        for pool in &network.pools {
            if held.contains(&pool.gateway) {
                continue;
            }
            if pool.gateway.is_ipv6() {
                self.prepare_for_ipv6(&network.interface)?;
            }
            let bits = pool.subnet.prefix_bits;
            let added = self.handle.address().add(index, pool.gateway, bits).execute().await;
            added.map_err(refused("giving the bridge its address"))?;
        }
        Ok(())
    }

    async fn add_bridge(&self, network: &Network) -> Result<u32, LinkError> {
        // Without an address of its own a bridge takes the lowest of its ports', so that the gateway's would change as
        // containers come and go.
        let gateway = network.pools.iter().find_map(|pool| match pool.gateway {
            IpAddr::V4(gateway) => Some(gateway),
            IpAddr::V6(_) => None,
        });
        let mut bridge = LinkBridge::new(&network.interface);
        if let Some(gateway) = gateway {
            let MacAddress(mac) = MacAddress::of(gateway);
            bridge = bridge.address(mac.to_vec());
        }
        match self.handle.link().add(bridge.build()).execute().await {
            Err(error) if errno(&error) == Some(Errno::EXIST) => {}
            added => added.map_err(refused("adding the interface"))?,
        }
        let found = self.find(&network.interface).await?;
        found.map(|link| link.header.index).ok_or_else(|| LinkError::Refused {
            what: "adding the interface",
            source: Errno::NODEV.into(),
        })
    }

    /// Tells whether an interface is there and is not one of `owner`'s. One whose name was made up, and that nothing is
    /// noted beside yet, was left by a server that ended between the two.
    pub(crate) async fn is_foreign(
        &self,
        network: &Network,
        owner: &str,
    ) -> Result<bool, LinkError> {
        let Some(link) = self.find(&network.interface).await? else { return Ok(false) };
        let is_made_up = !network.options.contains_key(Network::OPTION_NAME);
        Ok(network.interface != owner
            && match alias(&link) {
                Some(alias) => alias != owner,
                None => !is_made_up,
            })
    }

    /// Names the interfaces that have `owner` noted beside them.
    pub(crate) async fn owned_by(&self, owner: &str) -> Result<Vec<String>, LinkError> {
        let links = self.all().await?;
        let owned = links.iter().filter(|link| alias(link) == Some(owner));
        Ok(owned.filter_map(|link| name_of(link).map(str::to_owned)).collect())
    }

    async fn all(&self) -> Result<Vec<LinkMessage>, LinkError> {
        let listed = self.handle.link().get().execute().try_collect().await;
        listed.map_err(refused("listing the interfaces"))
    }

    /// Tells whether an interface is a bridge that others are ports of.
    pub(crate) async fn has_ports(&self, name: &str) -> Result<bool, LinkError> {
        let Some(bridge) = self.find(name).await? else { return Ok(false) };
        let links = self.all().await?;
        let of_it = LinkAttribute::Controller(bridge.header.index);
        Ok(links.iter().any(|link| link.attributes.contains(&of_it)))
    }

    /// Removes an interface; one that is not there is as good as removed.
    pub(crate) async fn remove(&self, name: &str) -> Result<(), LinkError> {
        let Some(link) = self.find(name).await? else { return Ok(()) };
        match self.handle.link().del(link.header.index).execute().await {
            Err(error) if errno(&error) == Some(Errno::NODEV) => Ok(()),
            removed => removed.map_err(refused("removing the interface")),
        }
    }

    /// Gives the first address of an interface that is there and has one.
    pub(crate) async fn subnet_of(&self, name: &str) -> Result<Option<Subnet>, LinkError> {
        let Some(link) = self.find(name).await? else { return Ok(None) };
        Ok(self.subnets(link.header.index).await?.into_iter().next())
    }

    /// Gives the size of the largest packet of the interface that leads out, where it is smaller than usual.
    pub(crate) async fn uplink_mtu(&self) -> Result<Option<u32>, LinkError> {
        let routes = self.route_messages().await?;
        let default = routes.iter().find(|route| route.header.destination_prefix_length == 0);
        let index = default.and_then(|route| {
            route.attributes.iter().find_map(|attribute| {
                if let RouteAttribute::Oif(index) = attribute { Some(*index) } else { None }
            })
        });
        let Some(index) = index else { return Ok(None) };
        let link = self.handle.link().get().match_index(index).execute().try_next().await;
        let mtu_bytes =
            link.map_err(refused("looking at the way out"))?.and_then(|link| mtu(&link));
        Ok(mtu_bytes.filter(|mtu_bytes| *mtu_bytes < USUAL_MTU_BYTES))
    }

    /// Gives the networks that the host has routes to, but for the way out of last resort.
    pub(crate) async fn routed(&self) -> Result<Vec<Subnet>, LinkError> {
        let routes = self.route_messages().await?;
        Ok(routes.iter().filter_map(destination).filter(|subnet| subnet.prefix_bits > 0).collect())
    }

    /// Makes a pair of interfaces, as far as it is not there yet: the outer one on a bridge and up, the inner one in another
    /// network namespace.
    pub(crate) async fn add_pair(
        &self,
        bridge: &str,
        outer: &str,
        (inner, mac, namespace): (&str, MacAddress, RawFd),
        mtu_bytes: Option<u32>,
    ) -> Result<(), LinkError> {
        if self.find(outer).await?.is_some() {
            return Ok(());
        }
        let bridge = self.find(bridge).await?.ok_or_else(|| LinkError::Refused {
            what: "finding the bridge",
            source: Errno::NODEV.into(),
        })?;
        let mut pair = LinkVeth::new(outer, inner).up().controller(bridge.header.index);
        let mut peer = LinkMessage::default();
        peer.attributes = vec![
            LinkAttribute::IfName(inner.to_owned()),
            LinkAttribute::Address(mac.0.to_vec()),
            LinkAttribute::NetNsFd(namespace),
        ];
        if let Some(mtu_bytes) = mtu_bytes {
            pair = pair.mtu(mtu_bytes);
            peer.attributes.push(LinkAttribute::Mtu(mtu_bytes));
        }
        let pair = pair.set_info_data(InfoData::Veth(InfoVeth::Peer(peer))).build();
        let added = self.handle.link().add(pair).execute().await;
        added.map_err(refused("adding an interface to the container"))
    }

    /// Has an interface of a bridge not pass on what comes from others like it.
    pub(crate) async fn keep_apart(&self, name: &str) -> Result<(), LinkError> {
        let Some(link) = self.find(name).await? else { return Ok(()) };
        let port = LinkBridgePort::new(link.header.index).isolated(true).build();
        let set = self.handle.link().set_port(port).execute().await;
        set.map_err(refused("keeping an interface apart"))
    }

    /// Removes an interface that has this hardware address; what is called so and has another is left alone.
    pub(crate) async fn remove_with(&self, name: &str, mac: MacAddress) -> Result<(), LinkError> {
        let Some(link) = self.find(name).await? else { return Ok(()) };
        let is_it = link.attributes.iter().any(|attribute| {
            matches!(attribute, LinkAttribute::Address(address) if address[..] == mac.0)
        });
        if is_it { self.remove(name).await } else { Ok(()) }
    }

    /// Gives an interface its addresses and sets it up, as far as that is not so yet. One without addresses of IPv6 takes none
    /// from its neighbours either.
    pub(crate) async fn set_up(
        &self,
        name: &str,
        addresses: &[(IpAddr, u8)],
    ) -> Result<(), LinkError> {
        let link = self.find(name).await?.ok_or_else(|| LinkError::Refused {
            what: "finding the container's interface",
            source: Errno::NODEV.into(),
        })?;
        let index = link.header.index;
        if !addresses.iter().any(|(address, _)| address.is_ipv6()) {
            self.switch(name, &[("disable_ipv6", "1")])?;
        }
        let held = self.addresses(index).await?;
        for (address, bits) in addresses.iter().filter(|(address, _)| !held.contains(address)) {
            if address.is_ipv6() {
                self.prepare_for_ipv6(name)?;
            }
            let added = self.handle.address().add(index, *address, *bits).execute().await;
            added.map_err(refused("giving the container an address"))?;
        }
        let up = LinkUnspec::new_with_index(index).up().build();
        let up = self.handle.link().change(up).execute().await;
        up.map_err(refused("setting the container's interface up"))
    }

    /// Has everything else be reached by a gateway, unless something is already.
    pub(crate) async fn lead_out(&self, name: &str, gateway: IpAddr) -> Result<(), LinkError> {
        let Some(link) = self.find(name).await? else { return Ok(()) };
        let index = link.header.index;
        let added = match gateway {
            IpAddr::V4(gateway) => {
                let route = RouteMessageBuilder::<Ipv4Addr>::new().gateway(gateway);
                self.handle.route().add(route.output_interface(index).build()).execute().await
            }
            IpAddr::V6(gateway) => {
                let route = RouteMessageBuilder::<Ipv6Addr>::new().gateway(gateway);
                self.handle.route().add(route.output_interface(index).build()).execute().await
            }
        };
        match added {
            Err(error) if errno(&error) == Some(Errno::EXIST) => Ok(()),
            added => added.map_err(refused("giving the container a way out")),
        }
    }

    /// Has an interface take addresses of IPv6, and at once: they are given out by one allocator. A host without them says so
    /// when the address is added.
    fn prepare_for_ipv6(&self, interface: &str) -> Result<(), LinkError> {
        self.switch(interface, &[("disable_ipv6", "0"), ("accept_dad", "0")])
    }

    /// Sets switches of an interface, which the kernel shows to whoever is in its network.
    fn switch(&self, interface: &str, values: &[(&str, &str)]) -> Result<(), LinkError> {
        let set = || {
            for (what, value) in values {
                let path = format!("/proc/sys/net/ipv6/conf/{interface}/{what}");
                if let Err(error) = std::fs::write(&path, value) {
                    tracing::debug!(%error, path, "a switch of the interface stays as it is");
                }
            }
        };
        self.namespace.within(set).map_err(LinkError::Open)
    }

    async fn find(&self, name: &str) -> Result<Option<LinkMessage>, LinkError> {
        let found = self.handle.link().get().match_name(name).execute().try_next().await;
        match found {
            Err(error) if errno(&error) == Some(Errno::NODEV) => Ok(None),
            found => found.map_err(refused("looking for the interface")),
        }
    }

    async fn addresses(&self, index: u32) -> Result<Vec<IpAddr>, LinkError> {
        let messages = self.address_messages(index).await?;
        let addresses = messages.iter().flat_map(|message| &message.attributes);
        let addresses = addresses.filter_map(|attribute| {
            if let AddressAttribute::Address(address) = attribute { Some(*address) } else { None }
        });
        Ok(addresses.collect())
    }

    async fn address_messages(&self, index: u32) -> Result<Vec<AddressMessage>, LinkError> {
        self.handle
            .address()
            .get()
            .set_link_index_filter(index)
            .execute()
            .try_collect()
            .await
            .map_err(refused("reading the addresses of the interface"))
    }

    async fn subnets(&self, index: u32) -> Result<Vec<Subnet>, LinkError> {
        let messages = self.address_messages(index).await?;
        let subnets = messages.iter().filter_map(|message| {
            let address = message.attributes.iter().find_map(|attribute| {
                let AddressAttribute::Address(IpAddr::V4(address)) = attribute else { return None };
                Some(*address)
            })?;
            Some(Subnet { address, prefix_bits: message.header.prefix_len })
        });
        Ok(subnets.collect())
    }

    async fn route_messages(&self) -> Result<Vec<RouteMessage>, LinkError> {
        let request = RouteMessageBuilder::<Ipv4Addr>::new().build();
        let routes = self.handle.route().get(request).execute().try_collect().await;
        routes.map_err(refused("reading the routes of the host"))
    }
}

impl Drop for Links {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

// === impl LinkError ===

impl LinkError {
    /// Tells whether this process may not change the network at all.
    pub(crate) fn is_denied(&self) -> bool {
        match self {
            Self::Open(source) | Self::Refused { source, .. } => {
                source.kind() == io::ErrorKind::PermissionDenied
            }
            Self::Answer(_) => false,
        }
    }
}

fn destination(route: &RouteMessage) -> Option<Subnet> {
    let address = route.attributes.iter().find_map(|attribute| {
        let RouteAttribute::Destination(RouteAddress::Inet(address)) = attribute else {
            return None;
        };
        Some(*address)
    })?;
    Some(Subnet { address, prefix_bits: route.header.destination_prefix_length })
}

fn alias(link: &LinkMessage) -> Option<&str> {
    link.attributes.iter().find_map(|attribute| {
        if let LinkAttribute::IfAlias(alias) = attribute { Some(alias.as_str()) } else { None }
    })
}

fn name_of(link: &LinkMessage) -> Option<&str> {
    link.attributes.iter().find_map(|attribute| {
        if let LinkAttribute::IfName(name) = attribute { Some(name.as_str()) } else { None }
    })
}

fn mtu(link: &LinkMessage) -> Option<u32> {
    link.attributes.iter().find_map(|attribute| {
        if let LinkAttribute::Mtu(bytes) = attribute { Some(*bytes) } else { None }
    })
}

fn refused(what: &'static str) -> impl Fn(NetlinkError) -> LinkError {
    move |error| match errno(&error) {
        Some(errno) => LinkError::Refused { what, source: errno.into() },
        None => LinkError::Answer(error),
    }
}

fn errno(error: &NetlinkError) -> Option<Errno> {
    let NetlinkError::NetlinkError(message) = error else { return None };
    Some(Errno::from_raw_os_error(message.code?.get().saturating_neg()))
}
