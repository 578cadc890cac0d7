//! Compares what every client was told with what the server says after its restart.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use tests_conformance::Client;

use crate::counters::Counters;
use crate::model::{Model, Seen, Shared};
use crate::worker::KEY_LABEL;

/// Settles what was cut off, then checks everything that was acknowledged, and that nothing else is there.
pub(crate) async fn check(
    client: &Client,
    models: &[Shared<Model>],
    counters: &Counters,
) -> Result<()> {
    let seen = all(client).await?;
    for model in models {
        let mut model = model.lock().expect("no worker panics");
        model.settle(&seen)?;
        model.check(&seen)?;
    }
    counters.check(&seen)?;
    for (key, found) in &seen {
        ensure!(key.starts_with('w') || key.starts_with("counter-"), "{found:?} belongs to nobody");
    }
    Ok(())
}

/// Everything that the server says of every container, by its key.
async fn all(client: &Client) -> Result<BTreeMap<String, Seen>> {
    let listed = client.get("/containers/json?all=1").await?.expect_status(200)?.json()?;
    let mut seen = BTreeMap::new();
    for entry in listed.as_array().context("a list")? {
        let id = entry["Id"].as_str().context("Id")?;
        let reply = client.get(&format!("/containers/{id}/json")).await?;
        if reply.status == 404 {
            // A removal that was cut off has come to its end meanwhile.
            continue;
        }
        let whole = reply.expect_status(200)?.json()?;
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
