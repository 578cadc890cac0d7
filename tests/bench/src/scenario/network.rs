//! TCP between two containers on a network of a user, beside a bare pair of virtual interfaces.
//!
//! The same code sends and receives in both: threads of this process that have gone into the networks of the two sides, so
//! that nothing is measured but what lies between.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, TcpListener, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use tests_conformance::{BUSYBOX, Client, Namespace, enter_network, run};

use super::Plan;
use crate::figure::{Figure, Spread, Unit};
use crate::machine::now;
use crate::subject::Kind;

/// Bytes that go one way.
pub(crate) const BYTES: &str = "TCP between two containers";

/// The same without containers.
pub(crate) const BARE_BYTES: &str = "TCP over a bare veth pair";

/// One byte there and back.
pub(crate) const TURNS: &str = "round trips between two containers";

/// The same without containers.
pub(crate) const BARE_TURNS: &str = "round trips over a bare veth pair";

/// Bytes that are sent or received at once.
const PIECE_BYTES: usize = 1 << 17;

/// Seconds that each figure takes.
const SPAN_SECONDS: u64 = 3;

/// The addresses of the bare pair, from the block for benchmarks.
const PAIR: [Ipv4Addr; 2] = [Ipv4Addr::new(198, 18, 0, 1), Ipv4Addr::new(198, 18, 0, 2)];

/// Two networks with a way from the second to the first.
struct Way {
    first: File,
    second: File,
    /// The address of the first.
    address: IpAddr,
}

pub(super) async fn measure(plan: &mut Plan) -> Result<Vec<Figure>> {
    let span = plan.span(SPAN_SECONDS);
    let mut figures = Vec::new();
    let pair = [Namespace::make()?, Namespace::make()?];
    let bare = bare(&pair)?;
    for kind in plan.rounds() {
        // Beside each server, so that what the machine does meanwhile is shared.
        figures.extend(measured(&bare, span, [BARE_BYTES, BARE_TURNS], None)?);
        let subject = plan.start(kind).await?;
        let client = Client::new(&subject.socket());
        let way = containers(&client).await?;
        figures.extend(measured(&way, span, [BYTES, TURNS], Some(kind))?);
    }
    Ok(Figure::medians(figures))
}

/// Joins two networks by a pair of interfaces.
fn bare(pair: &[Namespace; 2]) -> Result<Way> {
    let name = |namespace: &Namespace| {
        let name = namespace.path().file_name().map(|name| name.to_string_lossy().into_owned());
        name.context("a network namespace without a name")
    };
    let second = name(&pair[1])?;
    let link =
        ["link", "add", "bench0", "type", "veth", "peer", "name", "bench0", "netns", &second];
    run(pair[0].command("ip").args(link))?;
    for (namespace, address) in pair.iter().zip(PAIR) {
        let address = format!("{address}/30");
        run(namespace.command("ip").args(["address", "add", &address, "dev", "bench0"]))?;
        run(namespace.command("ip").args(["link", "set", "bench0", "up"]))?;
    }
    let [first, second] = [&pair[0], &pair[1]].map(|namespace| File::open(namespace.path()));
    Ok(Way { first: first?, second: second?, address: PAIR[0].into() })
}

/// Makes a network with two containers.
async fn containers(client: &Client) -> Result<Way> {
    let reply = client.post_json("/networks/create", &json!({"Name": "bench"})).await?;
    reply.expect_status(201)?;
    let mut made = Vec::new();
    for name in ["first", "second"] {
        let body = json!({
            "Image": BUSYBOX, "Cmd": ["sleep", "100000"], "HostConfig": {"NetworkMode": "bench"},
        });
        let path = format!("/containers/create?name={name}");
        client.post_json(&path, &body).await?.expect_status(201)?;
        client.post(&format!("/containers/{name}/start")).await?.expect_status(204)?;
        let inspected: Value = client.get(&format!("/containers/{name}/json")).await?.json()?;
        let pid = inspected["State"]["Pid"].as_u64().context("a container without a process")?;
        let address = inspected["NetworkSettings"]["Networks"]["bench"]["IPAddress"].as_str();
        let address: IpAddr = address.context("a container without an address")?.parse()?;
        made.push((File::open(format!("/proc/{pid}/ns/net"))?, address));
    }
    let mut made = made.into_iter();
    let ((first, address), (second, _)) = made.next().zip(made.next()).context("two containers")?;
    Ok(Way { first, second, address })
}

fn measured(
    way: &Way,
    span: Duration,
    what: [&'static str; 2],
    subject: Option<Kind>,
) -> Result<[Figure; 2]> {
    let figure = |what, value, unit, spread| Figure {
        what,
        subject,
        value: Some(value),
        refusal: None,
        unit,
        spread,
        cpu: None,
    };
    let rate = bytes(way.connect()?, span)?;
    let (turns, spread) = turns(way.connect()?, span)?;
    Ok([
        figure(what[0], rate, Unit::MegabytesPerSecond, None),
        figure(what[1], turns, Unit::PerSecond, spread),
    ])
}

/// Sends all the time, and gives the rate at which it comes.
fn bytes((mut to, mut from): (TcpStream, TcpStream), span: Duration) -> Result<f64> {
    let sending = std::thread::spawn(move || {
        let piece = vec![0; PIECE_BYTES];
        // It ends with the other side.
        while to.write_all(&piece).is_ok() {}
    });
    let mut piece = vec![0; PIECE_BYTES];
    // The first piece is there: both sides are under way.
    from.read_exact(&mut piece)?;
    let (started, mut count) = (now(), 0);
    while now() - started < span {
        count += from.read(&mut piece)?;
    }
    let seconds = (now() - started).as_secs_f64();
    drop(from);
    drop(sending.join());
    Ok(count as f64 / 1e6 / seconds)
}

/// Sends a byte and waits for it to come back, and gives how often that is done in a second.
fn turns(
    (mut to, mut from): (TcpStream, TcpStream),
    span: Duration,
) -> Result<(f64, Option<Spread>)> {
    to.set_nodelay(true)?;
    from.set_nodelay(true)?;
    let answering = std::thread::spawn(move || {
        let mut byte = [0];
        while from.read_exact(&mut byte).is_ok() && from.write_all(&byte).is_ok() {}
    });
    let (mut byte, mut samples) = ([0], Vec::new());
    let started = now();
    while now() - started < span {
        let sent = now();
        to.write_all(&byte)?;
        to.read_exact(&mut byte)?;
        samples.push(now() - sent);
    }
    let seconds = (now() - started).as_secs_f64();
    drop(to);
    drop(answering.join());
    let rate = samples.len() as f64 / seconds;
    Ok((rate, Spread::of(&mut samples)))
}

// === impl Way ===

impl Way {
    /// Connects from the second to the first.
    fn connect(&self) -> Result<(TcpStream, TcpStream)> {
        let listener = enter_network(&self.first, || TcpListener::bind((self.address, 0)))?;
        let address = listener.local_addr()?;
        let to = enter_network(&self.second, || TcpStream::connect(address))?;
        let (from, _) = listener.accept()?;
        Ok((to, from))
    }
}
