//! The differential mode: one script of calls sent to two endpoints, and what is not the same in their answers.
//!
//! Scripts and the list of allowed differences are the files of `differ/`. Both endpoints are spoken to in the newest
//! version of the API that both know, so that what differs is what a client of that version meets.

mod allowed;
mod compare;
mod normal;
mod script;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use http::Method;
use tokio::time::timeout;

use self::allowed::Allowed;
use self::compare::compare;
use self::script::{Body, Step, parse, substituted};
use crate::http::{Client, Reply};
use crate::images::Archives;

/// How long one call may take; the longest waits for a container that sleeps a second.
const CALL_LIMIT: Duration = Duration::from_secs(60);

/// The file that says which differences are meant to be.
const ALLOWED: &str = "allowed.txt";

/// Where two answers are not the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The call, as the script writes it.
    pub call: String,
    /// Where in the answer: `status`, `header …`, or the pointer of a field.
    pub place: String,
    /// What the reference has there.
    pub reference: String,
    /// What the subject has there.
    pub subject: String,
}

/// What became of all scripts.
#[derive(Debug, Default)]
pub struct Report {
    /// Calls that were sent to both.
    pub calls: usize,
    /// Differences that nobody allowed, by script.
    pub differences: BTreeMap<String, Vec<Difference>>,
    /// How many differences were allowed.
    pub allowed: usize,
}

/// Sends the scripts of a folder whose name holds `only` to both endpoints.
pub async fn differ(
    folder: &Path,
    only: &str,
    [reference, subject]: [&Path; 2],
    archives: &Archives,
) -> Result<Report> {
    let allowed = Allowed::parse(&std::fs::read_to_string(folder.join(ALLOWED))?)?;
    let version = common_version(&[Client::new(reference), Client::new(subject)]).await?;
    let mut report = Report::default();
    let mut scripts: Vec<_> =
        std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    scripts.sort();
    for path in scripts {
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        if path.ends_with(ALLOWED) || !name.contains(only) {
            continue;
        }
        let steps = parse(&std::fs::read_to_string(&path)?)
            .with_context(|| format!("reading {}", path.display()))?;
        report.calls += steps.len();
        let mut sides = [reference, subject].map(|socket| Side {
            client: Client::new(socket).version(&version),
            bare: Client::new(socket),
            values: BTreeMap::new(),
        });
        let found = run(&steps, &mut sides, archives).await.context(name.clone())?;
        let all = found.len();
        let found: Vec<_> = found.into_iter().filter(|found| !allowed.has(found)).collect();
        report.allowed += all - found.len();
        report.differences.insert(name, found);
    }
    Ok(report)
}

/// One of the two endpoints, with the values that its answers gave.
struct Side {
    client: Client,
    bare: Client,
    values: BTreeMap<String, String>,
}

async fn run(
    steps: &[Step],
    sides: &mut [Side; 2],
    archives: &Archives,
) -> Result<Vec<Difference>> {
    let mut found = Vec::new();
    for side in sides.iter_mut() {
        side.values.insert("start".to_owned(), now());
    }
    for step in steps {
        let [reference, subject] = sides;
        let replies = [
            reference.send(step, archives).await.with_context(|| step.call.clone())?,
            subject.send(step, archives).await.with_context(|| step.call.clone())?,
        ];
        found.extend(compare(&step.call, &replies));
        for (side, reply) in sides.iter_mut().zip(&replies) {
            side.keep(step, reply);
        }
    }
    Ok(found)
}

impl Side {
    async fn send(&mut self, step: &Step, archives: &Archives) -> Result<Reply> {
        self.values.insert("now".to_owned(), now());
        let (method, path) = step.call.split_once(' ').context("a call is METHOD path")?;
        let path = encoded(&substituted(path, &self.values));
        let body = match &step.body {
            Body::None => None,
            Body::Json(text) => Some(("application/json", substituted(text, &self.values).into())),
            Body::Busybox => Some(("application/x-tar", archives.busybox_tar()?)),
            Body::Images => Some(("application/x-tar", archives.images_tar()?)),
        };
        // A path with a version of its own is asked as it is.
        let client = if step.names_a_version() { &self.bare } else { &self.client };
        let call = client.call(Method::from_bytes(method.as_bytes())?, &path, body);
        timeout(CALL_LIMIT, call).await.context("took too long")?
    }

    fn keep(&mut self, step: &Step, reply: &Reply) {
        let json = reply.json().unwrap_or_default();
        for (name, pointer) in &step.kept {
            let value = json.pointer(pointer).and_then(|value| value.as_str());
            self.values.insert(name.clone(), value.unwrap_or("nothing").to_owned());
        }
    }
}

/// The newest version of the API that all know.
async fn common_version(clients: &[Client]) -> Result<String> {
    let mut versions = Vec::new();
    for client in clients {
        let reply = client.get("/_ping").await?;
        let text = reply.header("api-version").to_owned();
        let (major, minor) = text.split_once('.').context("no API version")?;
        versions.push((major.parse::<u32>()?, minor.parse::<u32>()?));
    }
    let (major, minor) = versions.into_iter().min().context("no endpoint")?;
    Ok(format!("{major}.{minor}"))
}

/// The time as `since` and `until` take it.
fn now() -> String {
    let now = jiff::Timestamp::now();
    format!("{}.{:09}", now.as_second(), now.subsec_nanosecond())
}

/// A path with what has no place in one as `%` and two digits: filters are written as JSON.
fn encoded(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/?&=-._~:%,+@".contains(&byte);
    path.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests;
