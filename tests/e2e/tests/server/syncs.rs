//! Syncs that are slow, and syncs and writes that fail: strace delays and fails them.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::json;
use tests_conformance::{BUSYBOX, Connection, Server, eventually, request, run};
use tests_e2e::{Figures, points, seed, tell};

use crate::setup;

/// Clients that create at once.
const CLIENTS: usize = 64;

/// What each of them creates.
const CREATES: usize = 12;

/// Records that one sync has to make durable on average, so that the rate is ten times the serial one.
const RECORDS_A_SYNC: f64 = 10.0;

/// What each sync is delayed by. Two milliseconds are what is promised for. A machine that is too busy for the clients
/// to ask within that time shows the same with longer syncs: what waits for one is made durable by the next.
const DELAYS_MICROS: [u64; 3] = [2000, 10_000, 50_000];

/// Calls of the journal that are failed, and how.
const FAILURES: [(&str, &str); 4] =
    [("fdatasync", "EIO"), ("pwrite64", "ENOSPC"), ("write", "ENOSPC"), ("write", "EIO")];

/// Failures of a plain run.
const POINTS: u32 = 4;

/// Each call is failed at a number up to this: an opening makes some of them, a create two.
const NTH_MAX: u64 = 20;

/// Logs of the database whose calls are failed: more than one server begins.
const LOGS: u32 = 400;

/// Creates that are tried until a call fails; a few of them make as many calls as may pass before.
const CREATES_MAX: u32 = 2000;

/// How long a traced server may take to answer, or to end before it does.
const START_MAX: Duration = Duration::from_secs(60);

/// How long a server may take to end once a write or a sync has failed.
const END_MAX: Duration = Duration::from_secs(5);

/// Reads one of the server's numbers.
fn number(server: &Server, name: &str) -> Result<f64> {
    let url = "http://127.0.0.1:9417/metrics";
    let text = run(server.network().command("busybox").args(["wget", "-q", "-O", "-", url]))?;
    let value = |line: &str| line.strip_prefix(name)?.trim().parse().ok();
    text.lines().find_map(value).with_context(|| format!("no {name}"))
}

/// Creates containers on a connection that is kept.
async fn create_many(socket: &Path, client: &str) -> Result<()> {
    let mut connection = Connection::open(socket).await?;
    for number in 0..CREATES {
        let body = json!({"Image": BUSYBOX, "Cmd": ["true"]}).to_string();
        let path = format!("/containers/create?name={client}-{number}");
        let asked = request(http::Method::POST, &path, Some(("application/json", body.into())))?;
        connection.exchange(asked).await?.expect_status(201)?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j_005_one_sync_serves_many_clients_also_where_it_takes_two_milliseconds() -> Result<()> {
    let mut server = setup::server().await?;
    let mut told = Vec::new();
    for delay_micros in DELAYS_MICROS {
        let each = records_a_sync(&mut server, delay_micros).await?;
        tell(&format!("{each:.1} records a sync of {delay_micros} us"));
        if each >= RECORDS_A_SYNC {
            return Ok(());
        }
        told.push(each);
    }
    bail!("records a sync, with longer and longer syncs: {told:.1?}")
}

/// Has all clients create while each sync takes so long; returns how many records a sync made durable.
async fn records_a_sync(server: &mut Server, delay_micros: u64) -> Result<f64> {
    server.kill()?;
    let inject = format!("inject=fdatasync:delay_exit={delay_micros}");
    server.trace_with(&[
        "strace",
        "-D",
        "-f",
        "--seccomp-bpf",
        "-qq",
        "-o",
        "/dev/null",
        "-e",
        "trace=fdatasync",
        "-e",
        &inject,
    ]);
    server.start_again().await?;
    let names = ["sockerless_records_total", "sockerless_groups_total"];
    let [records, groups] = names.map(|name| number(server, name));
    let (records, groups) = (records?, groups?);
    let socket = server.socket();
    let clients = (0..CLIENTS).map(|client| {
        let (socket, name) = (socket.clone(), format!("c{delay_micros}-{client}"));
        tokio::spawn(async move { create_many(&socket, &name).await })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await??;
    }
    let records = number(server, names[0])? - records;
    let groups = number(server, names[1])? - groups;
    ensure!(records >= (CLIENTS * CREATES) as f64, "{records} records");
    let sync = number(server, "sockerless_sync_p50_seconds")?;
    ensure!(sync * 1e6 >= delay_micros as f64, "a sync takes {sync} s: it was not delayed");
    Ok(records / groups)
}

#[tokio::test]
async fn j_011_a_failed_write_or_sync_ends_the_server_and_loses_nothing_acknowledged() -> Result<()>
{
    let (points, seed) = (points(POINTS)?, seed()?);
    let mut random = fastrand::Rng::with_seed(seed);
    let mut figures = Figures::new("server-failures", seed);
    let mut server = setup::server().await?;
    server.kill()?;
    let mut acknowledged = setup::Names::default();
    for point in 0..points {
        let (call, error) = FAILURES[point as usize % FAILURES.len()];
        let nth = random.u64(1..=NTH_MAX);
        let inject = format!("{call}:error={error}:when={nth}");
        let failed = fail(&mut server, &inject, &mut acknowledged, point).await;
        failed.with_context(|| format!("{inject}, SOCKERLESS_TEST_SEED={seed}"))?;
        figures.tried(points.into());
    }
    figures.add("acknowledged", acknowledged.0.len() as u64);
    figures.print();
    Ok(())
}

/// The highest number of a file of the database; those that come count on from it.
fn newest_number(database: &Path) -> Result<u32> {
    let mut newest = 0;
    for entry in std::fs::read_dir(database)? {
        let name = entry?.file_name();
        let digits =
            name.to_string_lossy().chars().filter(char::is_ascii_digit).collect::<String>();
        newest = newest.max(digits.parse().unwrap_or(0));
    }
    Ok(newest)
}

/// Has a call of the journal fail, creates until it does, and checks how the server ends and what the next one knows.
async fn fail(
    server: &mut Server,
    inject: &str,
    acknowledged: &mut setup::Names,
    point: u32,
) -> Result<()> {
    let call = inject.split(':').next().unwrap_or_default();
    let journal = server.data().join("journal");
    let mut options: Vec<String> =
        ["strace", "-D", "-f", "-b", "execve", "-qq", "-o", "/dev/null"].map(str::to_owned).into();
    options.extend(["-e".to_owned(), format!("trace={call}")]);
    options.extend(["-e".to_owned(), format!("inject={inject}")]);
    let newest = newest_number(&journal.join("db"))?;
    let logs = (newest..=newest + LOGS).map(|number| format!("db/{number:06}.log"));
    for file in logs.chain(["tail.ring".to_owned()]) {
        options.extend(["-P".to_owned(), journal.join(file).display().to_string()]);
    }
    server.trace_with(&options.iter().map(String::as_str).collect::<Vec<_>>());
    server.spawn()?;
    let client = server.client();
    let started = eventually("the server answers or ends", START_MAX, async || {
        if server.ended()?.is_some() {
            return Ok(Some(false));
        }
        let answers = client.get("/_ping").await.is_ok_and(|reply| reply.status == 200);
        Ok(answers.then_some(true))
    });
    let started = started.await?;
    if started {
        for number in 0..=CREATES_MAX {
            ensure!(
                number < CREATES_MAX,
                "no call of the journal was failed: are its logs numbered beyond {newest} and {LOGS}?"
            );
            let name = format!("f{point}-{number}");
            let body = json!({"Image": BUSYBOX, "Cmd": ["true"]});
            let path = format!("/containers/create?name={name}");
            match client.post_json(&path, &body).await {
                Ok(reply) if reply.status == 201 => acknowledged.0.push(name),
                Ok(reply) => ensure!(reply.status.is_server_error(), "{}", reply.status),
                Err(_) => break,
            }
        }
    }
    let status = eventually("the server ends", END_MAX, async || server.ended()).await?;
    // Before it serves, a failed disk is an error of the start as any other.
    let wanted = if started { &[70][..] } else { &[70, 1] };
    let is_wanted = status.code().is_some_and(|code| wanted.contains(&code));
    ensure!(is_wanted, "it ended with {status}: {}", server.log_end());
    server.trace_with(&[]);
    server.start_again().await?;
    acknowledged.check(server).await?;
    server.kill()
}
