//! The little of SOCKS 5 (RFC 1928) that git's library speaks: no password, connections only.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::invalid;

/// The first byte of everything.
pub(super) const VERSION: u8 = 5;

const CONNECT: u8 = 1;
const NO_PASSWORD: u8 = 0;
const GRANTED: u8 = 0;
const NOT_ALLOWED: u8 = 2;
const ADDRESS_V4: u8 = 1;
const NAME: u8 = 3;
const ADDRESS_V6: u8 = 4;

/// Reads where to, after the first byte.
pub(super) async fn asked(client: &mut TcpStream) -> io::Result<(String, u16)> {
    let mut methods = vec![0; usize::from(client.read_u8().await?)];
    client.read_exact(&mut methods).await?;
    client.write_all(&[VERSION, NO_PASSWORD]).await?;
    let mut head = [0; 4];
    client.read_exact(&mut head).await?;
    if head[..2] != [VERSION, CONNECT] {
        return Err(invalid("no connection is asked for"));
    }
    let host = match head[3] {
        ADDRESS_V4 => Ipv4Addr::from(client.read_u32().await?).to_string(),
        ADDRESS_V6 => Ipv6Addr::from(client.read_u128().await?).to_string(),
        NAME => {
            let mut name = vec![0; usize::from(client.read_u8().await?)];
            client.read_exact(&mut name).await?;
            String::from_utf8(name).map_err(|_| invalid("no name"))?
        }
        _ => return Err(invalid("no address")),
    };
    Ok((host, client.read_u16().await?))
}

/// Tells whether there is a connection.
pub(super) async fn answer(client: &mut TcpStream, is_there: bool) -> io::Result<()> {
    let word = if is_there { GRANTED } else { NOT_ALLOWED };
    client.write_all(&[VERSION, word, 0, ADDRESS_V4, 0, 0, 0, 0, 0, 0]).await
}
