//! One client under load: it draws a call, makes it, and notes what was acknowledged.

use std::sync::Arc;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::json;
use tests_conformance::{BUSYBOX, Client, Reply};
use tokio::sync::{RwLock, watch};
use tokio::time::Instant;

use crate::history::History;
use crate::model::{Model, Object, Pending, Phase, Program, Shared};

/// The round that ends every worker.
pub(crate) const END: u32 = u32::MAX;

/// Containers of one client at a time.
const OBJECTS_MAX: usize = 6;

/// The label that holds a container's key.
pub(crate) const KEY_LABEL: &str = "kill-loop";

/// A client with everything it needs.
pub(crate) struct Worker {
    pub(crate) client: Client,
    pub(crate) random: fastrand::Rng,
    pub(crate) model: Shared<Model>,
    pub(crate) history: Shared<History>,
    pub(crate) gate: Arc<RwLock<()>>,
    pub(crate) rounds: watch::Receiver<u32>,
}

impl Worker {
    /// Works until the last round; calls begin only while the gate is open.
    pub(crate) async fn work(mut self) -> Result<()> {
        loop {
            let open = Arc::clone(&self.gate).read_owned().await;
            if *self.rounds.borrow_and_update() == END {
                return Ok(());
            }
            self.step().await?;
            drop(open);
            let cut_off = self.model(|model| model.pending.is_some());
            if cut_off && self.rounds.changed().await.is_err() {
                return Ok(());
            }
        }
    }

    async fn step(&mut self) -> Result<()> {
        let objects: Vec<(String, Object)> =
            self.model(|model| model.objects.clone().into_iter().collect());
        if objects.is_empty() || (objects.len() < OBJECTS_MAX && self.random.u8(..3) == 0) {
            return self.create().await;
        }
        let (key, object) = self.random.choice(objects).context("there is one")?;
        match object.phase {
            Phase::Created | Phase::StartUnsure => match self.random.u8(..4) {
                0 => self.rename(&key, &object).await,
                1 => self.remove(&key, &object).await,
                _ => self.start(&key, &object).await,
            },
            Phase::Started { .. } => match (self.random.u8(..4), object.program) {
                (0, _) => self.rename(&key, &object).await,
                (1, _) | (_, Program::Endless) => self.remove(&key, &object).await,
                (_, Program::Ends(code)) => self.wait(&key, &object, code).await,
            },
            Phase::Ended => match self.random.u8(..3) {
                0 => self.rename(&key, &object).await,
                _ => self.remove(&key, &object).await,
            },
            Phase::RemovalUnsure => self.remove(&key, &object).await,
        }
    }

    async fn create(&mut self) -> Result<()> {
        let program = if self.random.bool() {
            Program::Endless
        } else {
            Program::Ends(self.random.i64(0..100))
        };
        let script = match program {
            Program::Endless => "exec sleep 100000".to_owned(),
            Program::Ends(code) => format!("exit {code}"),
        };
        let key = self.model(Model::fresh);
        let name = format!("n-{key}");
        self.pend(Pending::Create { key: key.clone(), name: name.clone(), program });
        let body =
            json!({"Image": BUSYBOX, "Cmd": ["sh", "-c", script], "Labels": {KEY_LABEL: key}});
        let asked = Instant::now();
        let Ok(reply) =
            self.client.post_json(&format!("/containers/create?name={name}"), &body).await
        else {
            return Ok(());
        };
        let reply = reply.expect_status(201).with_context(|| format!("create {key}"))?;
        let id = reply.json()?["Id"].as_str().context("Id")?.to_owned();
        let object = Object { id, name, program, phase: Phase::Created };
        self.acknowledge("container.create", &key, asked, &reply, |model| {
            model.objects.insert(key.clone(), object);
        })
    }

    async fn start(&mut self, key: &str, object: &Object) -> Result<()> {
        self.pend(Pending::Start { key: key.to_owned() });
        let Ok(reply) = self.client.post(&format!("/containers/{}/start", object.id)).await else {
            return Ok(());
        };
        // A start that was cut off may have happened before.
        let wanted: &[u16] = if object.phase == Phase::StartUnsure { &[204, 304] } else { &[204] };
        ensure!(
            wanted.contains(&reply.status.as_u16()),
            "start {key}: {} {}",
            reply.status,
            reply.message()
        );
        let status = reply.status;
        self.model(|model| {
            model.pending = None;
            model.set_phase(key, Phase::Started { pid: None });
        });
        let Ok(reply) = self.client.get(&format!("/containers/{}/json", object.id)).await else {
            return Ok(());
        };
        let pid = reply.expect_status(200)?.json()?["State"]["Pid"].as_u64().filter(|pid| *pid > 0);
        if object.program == Program::Endless {
            ensure!(pid.is_some(), "{key} was answered {status} and has no process");
            self.model(|model| model.set_phase(key, Phase::Started { pid }));
        }
        Ok(())
    }

    async fn rename(&mut self, key: &str, object: &Object) -> Result<()> {
        let to = format!("r-{key}-{}", self.model(Model::fresh));
        self.pend(Pending::Rename { key: key.to_owned(), to: to.clone() });
        let asked = Instant::now();
        let Ok(reply) =
            self.client.post(&format!("/containers/{}/rename?name={to}", object.id)).await
        else {
            return Ok(());
        };
        let reply = reply.expect_status(204).with_context(|| format!("rename {key}"))?;
        self.acknowledge("container.rename", key, asked, &reply, |model| {
            if let Some(object) = model.objects.get_mut(key) {
                object.name = to;
            }
        })
    }

    async fn remove(&mut self, key: &str, object: &Object) -> Result<()> {
        self.pend(Pending::Remove { key: key.to_owned() });
        let Ok(reply) = self.client.delete(&format!("/containers/{}?force=1", object.id)).await
        else {
            return Ok(());
        };
        let unsure = object.phase == Phase::RemovalUnsure;
        let wanted: &[u16] = if unsure { &[204, 404, 409] } else { &[204] };
        ensure!(
            wanted.contains(&reply.status.as_u16()),
            "remove {key}: {} {}",
            reply.status,
            reply.message()
        );
        self.model(|model| {
            model.pending = None;
            // 409 says that the removal that was cut off is still under way.
            if reply.status != 409 {
                model.objects.remove(key);
            }
        });
        Ok(())
    }

    async fn wait(&mut self, key: &str, object: &Object, code: i64) -> Result<()> {
        let Ok(reply) = self.client.post(&format!("/containers/{}/wait", object.id)).await else {
            return Ok(());
        };
        let told = reply.expect_status(200)?.json()?["StatusCode"].as_i64();
        if told != Some(code) {
            bail!("{key} ended with {told:?}, not {code}");
        }
        self.model(|model| model.set_phase(key, Phase::Ended));
        Ok(())
    }

    fn pend(&self, pending: Pending) {
        self.model(|model| model.pending = Some(pending));
    }

    fn acknowledge(
        &self,
        command: &'static str,
        key: &str,
        asked: Instant,
        reply: &Reply,
        change: impl FnOnce(&mut Model),
    ) -> Result<()> {
        let seq = reply.header("x-sockerless-seq").parse().context("X-Sockerless-Seq")?;
        self.history.lock().expect("no worker panics").note(command, key.to_owned(), asked, seq);
        self.model(|model| {
            model.pending = None;
            change(model);
        });
        Ok(())
    }

    fn model<T>(&self, look: impl FnOnce(&mut Model) -> T) -> T {
        look(&mut self.model.lock().expect("no worker panics"))
    }
}
