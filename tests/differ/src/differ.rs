//! The differential mode: one script of calls sent to two endpoints, and what is not the same in their answers.
//!
//! Scripts and the list of allowed differences are the files of `scripts/`. Both endpoints are spoken to in the newest
//! version of the API that both know, so that what differs is what a client of that version meets.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use http::Method;
use tokio::time::timeout;

use tests_conformance::{Archives, Client, Pending, Reply};

use crate::allowed::Allowed;
use crate::compare::compare;
use crate::script::{Body, Ending, Step, parse, substituted};

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
        if path.ends_with(ALLOWED) || path.is_dir() || !name.contains(only) {
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
        let sending = Sending { archives, folder };
        let found = run(&steps, &mut sides, sending).await.context(name.clone())?;
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

/// Where what is sent comes from.
#[derive(Clone, Copy)]
struct Sending<'a> {
    archives: &'a Archives,
    folder: &'a Path,
}

async fn run(
    steps: &[Step],
    sides: &mut [Side; 2],
    sending: Sending<'_>,
) -> Result<Vec<Difference>> {
    let (mut found, mut open) = (Vec::new(), Vec::new());
    for side in sides.iter_mut() {
        side.values.insert("start".to_owned(), now());
    }
    for step in steps {
        let [reference, subject] = sides;
        let pending = [
            reference.send(step, sending).await.with_context(|| step.call.clone())?,
            subject.send(step, sending).await.with_context(|| step.call.clone())?,
        ];
        if step.ending != Ending::AtOnce {
            open.push((step, pending));
            continue;
        }
        let replies = read(step, pending).await?;
        found.extend(compare(&step.call, &replies));
        for (side, reply) in sides.iter_mut().zip(&replies) {
            side.keep(step, reply);
        }
    }
    for (step, pending) in open {
        if step.ending == Ending::Open {
            found.extend(compare(&step.call, &read(step, pending).await?));
        }
    }
    Ok(found)
}

async fn read(step: &Step, [one, other]: [Pending; 2]) -> Result<[Reply; 2]> {
    let rest = async { anyhow::Ok([one.read().await?, other.read().await?]) };
    timeout(CALL_LIMIT, rest).await.context("took too long").flatten().context(step.call.clone())
}

impl Side {
    /// Sends a call and waits until its answer begins.
    async fn send(&mut self, step: &Step, sending: Sending<'_>) -> Result<Pending> {
        self.values.insert("now".to_owned(), now());
        let (method, path) = step.call.split_once(' ').context("a call is METHOD path")?;
        let path = encoded(&substituted(path, &self.values));
        let body = match &step.body {
            Body::None => None,
            Body::Json(text) => Some(("application/json", substituted(text, &self.values).into())),
            Body::Busybox => Some(("application/x-tar", sending.archives.busybox_tar()?)),
            Body::Images => Some(("application/x-tar", sending.archives.images_tar()?)),
            Body::File(name) => {
                Some(("application/x-tar", std::fs::read(sending.folder.join(name))?.into()))
            }
        };
        // A path with a version of its own is asked as it is.
        let client = if step.names_a_version() { &self.bare } else { &self.client };
        let call = client.begin(Method::from_bytes(method.as_bytes())?, &path, body, step.upgrade);
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
pub(crate) fn encoded(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/?&=-._~:%,+@".contains(&byte);
    path.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
