//! What a row has in its hands: clients of the endpoint, names of its own, and short ways to the usual calls.

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::cli::{Docker, Podman};
use crate::eventually::eventually;
use crate::http::{Client, Refusal, Reply};
use crate::images::{Archives, BUSYBOX};
use crate::row::Row;
use crate::stream::Output;

/// How long a container may take to get into a state: seconds on a dockerd, milliseconds on ours.
const STATE_LIMIT: Duration = Duration::from_secs(30);

/// The endpoint that rows run against.
#[derive(Debug)]
pub struct Target {
    /// Its unix socket.
    pub socket: PathBuf,
    /// The images it holds, as archives.
    pub archives: Archives,
    /// The network namespace that it is in, where that is not the tests' own.
    pub network: Option<PathBuf>,
    /// True for the server of this repository.
    pub ours: bool,
}

/// One row's view of the endpoint; it removes what the row made.
#[derive(Debug)]
pub struct Cx {
    target: Arc<Target>,
    key: String,
    podman: Podman,
    names: Rc<RefCell<Vec<String>>>,
    tags: Rc<RefCell<Vec<String>>>,
    volumes: Rc<RefCell<Vec<String>>>,
    networks: Rc<RefCell<Vec<String>>>,
    pods: Rc<RefCell<Vec<String>>>,
    refusal: Refusal,
}

impl Cx {
    /// Makes a view for a row.
    pub fn new(target: Arc<Target>, row: &Row) -> Result<Self> {
        let id: String = row.name.chars().take(5).filter(|c| *c != '_').collect();
        let key = format!("{id}-{:08x}", getrandom::u32()?);
        Ok(Self {
            target,
            key,
            podman: row.podman,
            names: Rc::default(),
            tags: Rc::default(),
            volumes: Rc::default(),
            networks: Rc::default(),
            pods: Rc::default(),
            refusal: Refusal::default(),
        })
    }

    /// The same view for the row itself, while this one stays to clean up whatever becomes of the row.
    pub fn share(&self) -> Self {
        Self {
            target: Arc::clone(&self.target),
            key: self.key.clone(),
            podman: self.podman,
            names: Rc::clone(&self.names),
            tags: Rc::clone(&self.tags),
            volumes: Rc::clone(&self.volumes),
            networks: Rc::clone(&self.networks),
            pods: Rc::clone(&self.pods),
            refusal: self.refusal.clone(),
        }
    }

    /// The endpoint.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// An HTTP client of the endpoint.
    pub fn client(&self) -> Client {
        Client::new(&self.target.socket).noting(&self.refusal)
    }

    /// What the last answer to the row's clients said, where it was a 501.
    pub fn refused(&self) -> Option<String> {
        self.refusal.said()
    }

    /// The docker command line client, pointed at the endpoint.
    pub fn docker(&self) -> Docker {
        Docker::new(&self.target.socket)
    }

    /// The podman command line client that the row is asked with, pointed at the endpoint.
    pub fn podman(&self) -> Docker {
        Docker::podman(&self.target.socket, self.podman)
    }

    /// A string that no other row has, for labels and filters.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// A container name that no other row has; the container is removed at the end.
    pub fn name(&self, part: &str) -> String {
        let name = format!("{}-{part}", self.key);
        self.names.borrow_mut().push(name.clone());
        name
    }

    /// An image name that no other row has; the image is removed at the end.
    pub fn tag(&self, part: &str) -> String {
        let tag = format!("{}-{part}", self.key);
        self.tags.borrow_mut().push(tag.clone());
        tag
    }

    /// A volume name that no other row has; the volume is removed at the end.
    pub fn volume(&self, part: &str) -> String {
        let name = format!("{}-{part}", self.key);
        self.volumes.borrow_mut().push(name.clone());
        name
    }

    /// A network name that no other row has; the network is removed at the end.
    pub fn network(&self, part: &str) -> String {
        let name = format!("{}-{part}", self.key);
        self.networks.borrow_mut().push(name.clone());
        name
    }

    /// A pod name that no other row has; the pod is removed at the end.
    pub fn pod(&self, part: &str) -> String {
        let name = format!("{}-{part}", self.key);
        self.pods.borrow_mut().push(name.clone());
        name
    }

    /// Creates a container of busybox that runs `command`, with more fields of the body, and returns its name.
    pub async fn create(&self, part: &str, command: &[&str], more: Value) -> Result<String> {
        let name = self.name(part);
        self.create_named(&name, command, more).await?.expect_status(201)?;
        Ok(name)
    }

    /// Creates a container with a given name and returns the answer as it is.
    pub async fn create_named(&self, name: &str, command: &[&str], more: Value) -> Result<Reply> {
        let mut body = json!({"Image": BUSYBOX, "Cmd": command});
        merge(&mut body, more);
        self.client().post_json(&format!("/containers/create?name={name}"), &body).await
    }

    /// Creates and starts a container that runs a shell script, and returns its name.
    pub async fn start_script(&self, part: &str, script: &str, more: Value) -> Result<String> {
        let name = self.create(part, &["sh", "-c", script], more).await?;
        self.start(&name).await?;
        Ok(name)
    }

    /// Runs a shell script in a container to its end and returns what it wrote and its exit code.
    pub async fn run_script(&self, part: &str, script: &str, more: Value) -> Result<(Output, i64)> {
        let name = self.start_script(part, script, more).await?;
        let code = self.wait(&name).await?;
        Ok((self.logs(&name).await?, code))
    }

    /// Starts a container.
    pub async fn start(&self, name: &str) -> Result<()> {
        self.client().post(&format!("/containers/{name}/start")).await?.expect_status(204)?;
        Ok(())
    }

    /// Waits until a container does not run and returns its exit code.
    pub async fn wait(&self, name: &str) -> Result<i64> {
        let reply = self.client().post(&format!("/containers/{name}/wait")).await?;
        let body = reply.expect_status(200)?.json()?;
        body["StatusCode"].as_i64().with_context(|| format!("no StatusCode: {body}"))
    }

    /// Inspects a container.
    pub async fn inspect(&self, name: &str) -> Result<Value> {
        self.client().get(&format!("/containers/{name}/json")).await?.expect_status(200)?.json()
    }

    /// Reads all that a container without a terminal wrote so far.
    pub async fn logs(&self, name: &str) -> Result<Output> {
        let path = format!("/containers/{name}/logs?stdout=1&stderr=1");
        Output::of_frames(&self.client().get(&path).await?.expect_status(200)?.body)
    }

    /// Waits until the standard output of a container holds `text`.
    pub async fn until_logged(&self, name: &str, text: &str) -> Result<Output> {
        eventually(&format!("{name} writes {text:?}"), STATE_LIMIT, async || {
            Ok(Some(self.logs(name).await?).filter(|output| output.out().contains(text)))
        })
        .await
    }

    /// Waits until what inspect says of a container satisfies `holds`.
    pub async fn until(
        &self,
        what: &str,
        name: &str,
        holds: impl Fn(&Value) -> bool,
    ) -> Result<Value> {
        eventually(&format!("{name}: {what}"), STATE_LIMIT, async || {
            Ok(Some(self.inspect(name).await?).filter(&holds))
        })
        .await
    }

    /// Makes an exec, runs it to its end, and returns what it wrote and its exit code.
    pub async fn exec(&self, name: &str, command: &[&str], more: Value) -> Result<(Output, i64)> {
        let id = self.create_exec(name, command, more).await?;
        let start = json!({"Detach": false, "Tty": false});
        let path = format!("/exec/{id}/start");
        let output = self.client().hijack(&path, Some(&start)).await?.read_output().await?;
        let exec =
            self.client().get(&format!("/exec/{id}/json")).await?.expect_status(200)?.json()?;
        let code = exec["ExitCode"].as_i64().with_context(|| format!("no ExitCode: {exec}"))?;
        Ok((output, code))
    }

    /// Makes an exec with both outputs attached and returns its id.
    pub async fn create_exec(&self, name: &str, command: &[&str], more: Value) -> Result<String> {
        let mut body = json!({"AttachStdout": true, "AttachStderr": true, "Cmd": command});
        merge(&mut body, more);
        let reply = self.client().post_json(&format!("/containers/{name}/exec"), &body).await?;
        let body = reply.expect_status(201)?.json()?;
        Ok(body["Id"].as_str().context("an exec without id")?.to_owned())
    }

    /// Removes the containers, images, volumes and networks that the row made.
    pub async fn clean(&self) -> Result<()> {
        let pods = self.pods.take();
        for pod in pods {
            self.client().delete(&format!("/libpod/pods/{pod}?force=1")).await?;
        }
        let names = self.names.take();
        for name in names {
            let path = format!("/containers/{name}?force=1&v=1");
            let reply = self.client().delete(&path).await?;
            ensure!(
                [204, 404].contains(&reply.status.as_u16()),
                "{name} was not removed: {}",
                reply.message()
            );
        }
        let tags = self.tags.take();
        for tag in tags {
            self.client().delete(&format!("/images/{tag}?force=1")).await?;
        }
        let volumes = self.volumes.take();
        for volume in volumes {
            self.client().delete(&format!("/volumes/{volume}?force=1")).await?;
        }
        let networks = self.networks.take();
        for network in networks {
            self.client().delete(&format!("/networks/{network}")).await?;
        }
        Ok(())
    }
}

/// Puts the fields of `more` into `body`, field by field where both hold objects.
pub(crate) fn merge(body: &mut Value, more: Value) {
    match (body, more) {
        (Value::Object(body), Value::Object(more)) => {
            for (name, value) in more {
                merge(body.entry(name).or_insert(Value::Null), value);
            }
        }
        (_, Value::Null) => {}
        (body, more) => *body = more,
    }
}

#[cfg(test)]
mod tests;
