//! Interfaces, addresses and routes, by rtnetlink.

use std::{
    io,
    net::{IpAddr, Ipv4Addr},
};

use futures_util::TryStreamExt;
use journal_domain::{BridgeConfig, MacAddress};
use rtnetlink::{
    Error as NetlinkError, Handle, LinkBridge, LinkUnspec, RouteMessageBuilder,
    packet_route::{
        address::AddressAttribute,
        link::{LinkAttribute, LinkMessage},
        route::{RouteAddress, RouteAttribute, RouteMessage},
    },
};
use rustix::io::Errno;
use tokio::task::JoinHandle;

use super::choose::Subnet;

/// The packet size that interfaces have unless somebody says otherwise, in bytes.
const USUAL_MTU_BYTES: u32 = 1500;

/// A connection to the kernel's table of interfaces.
#[derive(Debug)]
pub(crate) struct Links {
    handle: Handle,
    connection: JoinHandle<()>,
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
    pub(crate) fn open() -> Result<Self, LinkError> {
        let (connection, handle, _) = rtnetlink::new_connection().map_err(LinkError::Open)?;
        Ok(Self { handle, connection: tokio::spawn(connection) })
    }

    /// Makes the bridge with its address and sets it up, as far as it is not there yet.
    pub(crate) async fn make_bridge(
        &self,
        config: &BridgeConfig,
        mtu_bytes: Option<u32>,
    ) -> Result<(), LinkError> {
        let index = match self.find(&config.interface).await? {
            Some(link) => link.header.index,
            None => self.add_bridge(config).await?,
        };
        let mut up = LinkUnspec::new_with_index(index).up();
        if let Some(mtu_bytes) = mtu_bytes {
            up = up.mtu(mtu_bytes);
        }
        let up = self.handle.link().change(up.build()).execute().await;
        up.map_err(refused("setting the bridge up"))?;
        let gateway = config.gateway();
        if self.addresses(index).await?.iter().any(|subnet| subnet.address == gateway) {
            return Ok(());
        }
        let added = self.handle.address().add(index, IpAddr::V4(gateway), config.prefix_bits);
        added.execute().await.map_err(refused("giving the bridge its address"))
    }

    async fn add_bridge(&self, config: &BridgeConfig) -> Result<u32, LinkError> {
        // Without an address of its own a bridge takes the lowest of its ports', so that the gateway's would change as
        // containers come and go.
        let MacAddress(mac) = MacAddress::of(config.gateway());
        let bridge = LinkBridge::new(&config.interface).address(mac.to_vec()).build();
        match self.handle.link().add(bridge).execute().await {
            Err(error) if errno(&error) == Some(Errno::EXIST) => {}
            added => added.map_err(refused("adding the interface"))?,
        }
        let found = self.find(&config.interface).await?;
        found.map(|link| link.header.index).ok_or_else(|| LinkError::Refused {
            what: "adding the interface",
            source: Errno::NODEV.into(),
        })
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
        Ok(self.addresses(link.header.index).await?.into_iter().next())
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

    async fn find(&self, name: &str) -> Result<Option<LinkMessage>, LinkError> {
        let found = self.handle.link().get().match_name(name).execute().try_next().await;
        match found {
            Err(error) if errno(&error) == Some(Errno::NODEV) => Ok(None),
            found => found.map_err(refused("looking for the interface")),
        }
    }

    async fn addresses(&self, index: u32) -> Result<Vec<Subnet>, LinkError> {
        let messages: Vec<_> = self
            .handle
            .address()
            .get()
            .set_link_index_filter(index)
            .execute()
            .try_collect()
            .await
            .map_err(refused("reading the addresses of the interface"))?;
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
