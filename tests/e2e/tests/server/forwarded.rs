//! Output that is sent to a syslog server: nothing is missing, whatever ends the server, the receiver or the container.

use std::{
    collections::BTreeSet,
    io::{BufRead as _, BufReader, Read},
    net::{TcpListener, UdpSocket},
    os::unix::net::{UnixDatagram, UnixListener},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tests_conformance::{BUSYBOX, Server, eventually};

use crate::setup;

const LIMIT: Duration = Duration::from_secs(30);

/// Counts without end, a line a number, and every tenth one to standard error too.
const COUNT: &str =
    "i=0; while :; do echo $i; [ $((i%10)) = 0 ] && echo e$i >&2; i=$((i+1)); sleep 0.01; done";

/// What was received, a line each.
#[derive(Debug, Clone, Default)]
struct Received(Arc<Mutex<Vec<String>>>);

impl Received {
    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn push(&self, line: &str) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(line.trim_end_matches('\n').to_owned());
    }

    /// The texts behind the heads, without those of standard error.
    fn numbers(&self) -> Result<Vec<u64>> {
        let out = self.lines().into_iter().filter(|line| line.starts_with("<30>"));
        out.map(|line| {
            let (_, text) = line.rsplit_once(' ').context("a text")?;
            text.parse().with_context(|| line.clone())
        })
        .collect()
    }

    fn read_all(&self, stream: impl Read) {
        for line in BufReader::new(stream).lines() {
            let Ok(line) = line else { break };
            self.push(&line);
        }
    }

    /// Takes datagrams, each a message, from now on.
    fn take_datagrams(
        &self,
        receive: impl Fn(&mut [u8]) -> std::io::Result<usize> + Send + 'static,
    ) {
        let received = self.clone();
        thread::spawn(move || {
            let mut buffer = vec![0; 65_536];
            while let Ok(size) = receive(&mut buffer) {
                received.push(&String::from_utf8_lossy(&buffer[..size]));
            }
        });
    }
}

/// Starts a receiver of a kind, and gives its address.
fn receiver(server: &Server, kind: &str, folder: &Path) -> Result<(String, Received)> {
    let (received, path) = (Received::default(), folder.join(kind));
    let address = match kind {
        "udp" => {
            let socket = server.network().enter(|| UdpSocket::bind("127.0.0.1:0"))?;
            let address = format!("udp://{}", socket.local_addr()?);
            received.take_datagrams(move |buffer| socket.recv(buffer));
            address
        }
        "tcp" => {
            let listener = server.network().enter(|| TcpListener::bind("127.0.0.1:0"))?;
            let address = format!("tcp://{}", listener.local_addr()?);
            let all = received.clone();
            thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    let all = all.clone();
                    thread::spawn(move || all.read_all(stream));
                }
            });
            address
        }
        "unix" => {
            listen(&path, received.clone())?;
            format!("unix://{}", path.display())
        }
        _ => {
            let socket = UnixDatagram::bind(&path)?;
            received.take_datagrams(move |buffer| socket.recv(buffer));
            format!("unixgram://{}", path.display())
        }
    };
    Ok((address, received))
}

fn listen(path: &PathBuf, received: Received) -> Result<()> {
    let listener = UnixListener::bind(path)?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let all = received.clone();
            thread::spawn(move || all.read_all(stream));
        }
    });
    Ok(())
}

async fn start(server: &Server, name: &str, script: &str, more: Value) -> Result<String> {
    let mut host = json!({"LogConfig": {"Type": "syslog", "Config": more["Config"]}});
    host["AutoRemove"] = more["AutoRemove"].as_bool().unwrap_or_default().into();
    let body = json!({"Image": BUSYBOX, "Cmd": ["sh", "-c", script], "HostConfig": host});
    let path = format!("/containers/create?name={name}");
    let reply = server.client().post_json(&path, &body).await?.expect_status(201)?;
    let id = reply.json()?["Id"].as_str().context("Id")?.to_owned();
    server.client().post(&format!("/containers/{id}/start")).await?.expect_status(204)?;
    Ok(id)
}

fn config(address: &str) -> Value {
    json!({"Config": {"syslog-address": address}})
}

async fn until(received: &Received, count: u64) -> Result<()> {
    eventually("so many lines are received", LIMIT, async || {
        let seen: BTreeSet<u64> = received.numbers()?.into_iter().collect();
        Ok(seen.last().is_some_and(|last| *last >= count).then_some(()))
    })
    .await
}

#[tokio::test]
async fn d_083_a_server_that_is_killed_leaves_no_line_unsent() -> Result<()> {
    let mut server = setup::server().await?;
    let folder = tempfile::tempdir()?;
    let kinds = ["udp", "tcp", "unix", "unixgram"];
    let mut all = Vec::new();
    for kind in kinds {
        let (address, received) = receiver(&server, kind, folder.path())?;
        all.push((start(&server, kind, COUNT, config(&address)).await?, received));
    }
    for (_, received) in &all {
        until(received, 50).await?;
    }
    server.kill()?;
    // Output goes on while nobody sends it.
    let logs = server.data().join("logs").join(&all[0].0).join("00000001.log");
    let before = std::fs::metadata(&logs)?.len();
    eventually("the log grows", LIMIT, async || {
        Ok((std::fs::metadata(&logs)?.len() > before + 2000).then_some(()))
    })
    .await?;
    server.start_again().await?;
    for (id, received) in &all {
        let at_start = received.numbers()?.len() as u64;
        until(received, at_start + 100).await?;
        server.client().post(&format!("/containers/{id}/kill")).await?.expect_status(204)?;
        setup::wait(&server, id).await?;
        let last: u64 =
            setup::output(&server, id).await?.lines().last().context("a line")?.parse()?;
        until(received, last).await?;
        let numbers = received.numbers()?;
        let seen: BTreeSet<u64> = numbers.iter().copied().collect();
        assert_eq!(seen, (0..=last).collect(), "no line is missing");
        ensure!(
            numbers.len() < seen.len() + 2000,
            "a few lines may come twice, not {}",
            numbers.len()
        );
        ensure!(
            received.lines().iter().any(|line| line.starts_with("<27>") && line.ends_with(": e10"))
        );
    }
    Ok(())
}

#[tokio::test]
async fn d_083_what_a_removed_container_wrote_is_sent_when_its_receiver_comes() -> Result<()> {
    let mut server = setup::server().await?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("late.sock");
    let removed = json!({"Config": {"syslog-address": format!("unix://{}", path.display()), "tag": "{{.Name}}"},
               "AutoRemove": true});
    let script = "i=0; while [ $i -lt 500 ]; do echo $i; i=$((i+1)); done; printf 500";
    let id = start(&server, "short", script, removed).await?;
    eventually("it is removed", LIMIT, async || {
        let gone = server.client().get(&format!("/containers/{id}/json")).await?;
        Ok((gone.status.as_u16() == 404).then_some(()))
    })
    .await?;
    server.kill()?;
    server.start_again().await?;
    let received = Received::default();
    listen(&path, received.clone())?;
    until(&received, 500).await?;
    assert_eq!(received.numbers()?, (0..=500).collect::<Vec<_>>());
    let lines = received.lines();
    ensure!(lines[0].contains(" short["), "{}", lines[0]);
    let note = server.data().join("forward").join(format!("{id}.json"));
    eventually("nothing of it is left", LIMIT, async || Ok((!note.exists()).then_some(()))).await
}

#[tokio::test]
async fn d_083_a_receiver_that_is_away_misses_nothing_and_holds_nobody_up() -> Result<()> {
    let server = setup::server().await?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("away.sock");
    let mut more = config(&format!("unixgram://{}", path.display()));
    more["Config"]["syslog-format"] = "rfc5424micro".into();
    let script = "i=0; while [ $i -lt 20000 ]; do echo $i; i=$((i+1)); done";
    let id = start(&server, "away", script, more).await?;
    assert_eq!(setup::wait(&server, &id).await?, 0, "it does not wait for the receiver");
    assert_eq!(setup::output(&server, &id).await?.lines().count(), 20_000);
    let socket = UnixDatagram::bind(&path)?;
    let received = Received::default();
    received.take_datagrams(move |buffer| socket.recv(buffer));
    until(&received, 19_999).await?;
    assert_eq!(received.numbers()?, (0..20_000).collect::<Vec<_>>());
    let head = received.lines()[0].clone();
    let words: Vec<&str> = head.split(' ').collect();
    ensure!(words[0] == "<30>1" && words[1].len() >= 27 && words[3] == &id[..12], "{head}");
    Ok(())
}
