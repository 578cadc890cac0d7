//! Compares what every client was told with what the server says after its restart.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use tests_conformance::{Client, Reply};
use tokio::time::Instant;

use crate::counters::Counters;
use crate::history::{History, Look};
use crate::model::{Model, Seen, Shared};
use crate::worker::{KEY_LABEL, KEY_VARIABLE, SLEEP};

/// Settles what was cut off, then checks everything that was acknowledged, and that nothing else is there.
pub(crate) async fn check(
    client: &Client,
    models: &[Shared<Model>],
    counters: &Counters,
    history: &Shared<History>,
) -> Result<()> {
    let seen = all(client, history).await?;
    for model in models {
        let mut model = model.lock().expect("no worker panics");
        model.settle(&seen)?;
        model.check(&seen)?;
    }
    counters.check(&seen)?;
    let running = running()?;
    for (key, found) in &seen {
        ensure!(key.starts_with('w') || key.starts_with("counter-"), "{found:?} belongs to nobody");
        let pids = running.get(key).map_or(&[][..], Vec::as_slice);
        ensure!(pids.len() <= 1, "{key} runs as each of {pids:?}");
        let is_it = found.status != "running" || pids.is_empty() || pids == [found.pid];
        ensure!(is_it, "{found:?} runs as {pids:?}");
    }
    Ok(())
}

/// Finds the endless programs that run, by the key in their environment: whoever started them, and whoever knows.
pub(crate) fn running() -> Result<BTreeMap<String, Vec<u64>>> {
    let mut found: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for entry in std::fs::read_dir("/proc")? {
        let path = entry?.path();
        let Some(pid) = path.file_name().and_then(|name| name.to_str()?.parse().ok()) else {
            continue;
        };
        // A process that ends meanwhile is none.
        let read = |name: &str| std::fs::read(path.join(name)).unwrap_or_default();
        if read("cmdline").strip_suffix(b"\0").is_some_and(|line| line == SLEEP.as_bytes()) {
            let environment = read("environ");
            let text = String::from_utf8_lossy(&environment);
            let begin = format!("{KEY_VARIABLE}=");
            let key = text.split('\0').find_map(|variable| variable.strip_prefix(&begin));
            found.entry(key.unwrap_or_default().to_owned()).or_default().push(pid);
        }
    }
    Ok(found)
}

/// Inspects a container and notes what was seen; none where it is gone.
pub(crate) async fn look(
    client: &Client,
    id: &str,
    history: &Shared<History>,
) -> Result<Option<Value>> {
    let asked = Instant::now();
    let reply = client.get(&format!("/containers/{id}/json")).await?;
    if reply.status == 404 {
        return Ok(None);
    }
    let reply = reply.expect_status(200)?;
    let whole = reply.json()?;
    let look = look_in(&whole, asked, &reply)?;
    history.lock().expect("no worker panics").looks.push(look);
    Ok(Some(whole))
}

fn look_in(whole: &Value, asked: Instant, reply: &Reply) -> Result<Look> {
    let as_of = reply.header("x-sockerless-as-of").parse().context("X-Sockerless-As-Of")?;
    let Seen { id, name, status, exit_code, pid } = seen_in(whole)?;
    let answered = Instant::now();
    Ok(Look { asked, answered, as_of, id, name, status, pid, exit_code })
}

/// Everything that the server says of every container, by its key.
async fn all(client: &Client, history: &Shared<History>) -> Result<BTreeMap<String, Seen>> {
    let listed = client.get("/containers/json?all=1").await?.expect_status(200)?.json()?;
    let mut seen = BTreeMap::new();
    for entry in listed.as_array().context("a list")? {
        let id = entry["Id"].as_str().context("Id")?;
        // One that is gone: a removal that was cut off has come to its end meanwhile.
        let Some(whole) = look(client, id, history).await? else { continue };
        let key = whole["Config"]["Labels"][KEY_LABEL]
            .as_str()
            .with_context(|| format!("half: {whole}"))?;
        let before = seen.insert(key.to_owned(), seen_in(&whole)?);
        ensure!(before.is_none(), "{key} is there twice");
    }
    Ok(seen)
}

fn seen_in(whole: &Value) -> Result<Seen> {
    ensure!(whole["Config"]["Cmd"][0] == "sh", "half of a container: {whole}");
    let text = |value: &Value| value.as_str().map(str::to_owned).context("no text");
    Ok(Seen {
        id: text(&whole["Id"])?,
        name: text(&whole["Name"])?.trim_start_matches('/').to_owned(),
        status: text(&whole["State"]["Status"])?,
        exit_code: whole["State"]["ExitCode"].as_i64().context("ExitCode")?,
        pid: whole["State"]["Pid"].as_u64().context("Pid")?,
    })
}
