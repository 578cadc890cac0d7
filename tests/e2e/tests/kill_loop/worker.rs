//! One client under load: it draws a call, makes it, and notes what was acknowledged.

use std::sync::Arc;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::json;
use tests_conformance::{BUSYBOX, Client, Output, Reply};
use tokio::sync::{RwLock, watch};

use crate::checker::look;
use crate::history::{Begun, History};
use crate::model::{Model, Object, Pending, Phase, Program, Shared};

/// The round that ends every worker.
pub(crate) const END: u32 = u32::MAX;

/// Containers of one client at a time.
const OBJECTS_MAX: usize = 6;

/// The label that holds a container's key.
pub(crate) const KEY_LABEL: &str = "kill-loop";

/// The variable that holds it in the container: a shell passes on only names that it could have given.
pub(crate) const KEY_VARIABLE: &str = "KILL_LOOP";

/// What an endless program is, as its command line shows it.
pub(crate) const SLEEP: &str = "sleep\x00100000";

/// The first word of each program.
const BEGUN: &str = "begun";

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
        match (object.phase, self.random.u8(..8), object.program) {
            (Phase::RemovalUnsure, _, _) | (_, 0, _) => self.remove(&key, &object).await,
            (Phase::StopUnsure, _, _) => self.stop(&key, &object).await,
            (_, 1, _) => self.rename(&key, &object).await,
            (Phase::Created | Phase::StartUnsure | Phase::Stopped, _, _) => {
                self.start(&key, &object).await
            }
            (Phase::Started { .. }, 2 | 3, Program::Endless) => self.stop(&key, &object).await,
            (Phase::Started { .. }, 4 | 5, Program::Endless) => self.exec(&object).await,
            (Phase::Started { .. }, _, Program::Ends(code)) => self.wait(&key, &object, code).await,
            (Phase::Ended, 2..=4, _) => self.remove(&key, &object).await,
            (Phase::Started { .. } | Phase::Ended, _, _) => self.look(&object).await,
        }
    }

    async fn create(&mut self) -> Result<()> {
        let program = if self.random.bool() {
            Program::Endless
        } else {
            Program::Ends(self.random.i64(0..100))
        };
        let end = match program {
            Program::Endless => format!("exec {}", SLEEP.replace('\0', " ")),
            Program::Ends(code) => format!("exit {code}"),
        };
        let key = self.model(Model::fresh);
        let name = format!("n-{key}");
        self.pend(Pending::Create { key: key.clone(), name: name.clone(), program });
        let body = json!({
            "Image": BUSYBOX, "Cmd": ["sh", "-c", format!("echo {BEGUN}; {end}")],
            "Labels": {KEY_LABEL: key}, "Env": [format!("{KEY_VARIABLE}={key}")],
        });
        let path = format!("/containers/create?name={name}");
        let sent = async |client: Client| client.post_json(&path, &body).await;
        // The value of its variable is sealed, so it is this kind of creation.
        let created = self.change("container.create_with", sent).await?;
        let Some(reply) = created else { return Ok(()) };
        let reply = reply.expect_status(201).with_context(|| format!("create {key}"))?;
        let id = reply.json()?["Id"].as_str().context("Id")?.to_owned();
        let object = Object { id, name, program, phase: Phase::Created };
        self.acknowledge(|model| drop(model.objects.insert(key, object)));
        Ok(())
    }

    async fn start(&mut self, key: &str, object: &Object) -> Result<()> {
        self.pend(Pending::Start { key: key.to_owned() });
        let Some(reply) = self.post("container.start", object, "start").await? else {
            return Ok(());
        };
        // A start that was cut off may have happened before.
        let wanted: &[u16] = if object.phase == Phase::StartUnsure { &[204, 304] } else { &[204] };
        ensure_one_of(wanted, &reply, &format!("start {key}"))?;
        self.acknowledge(|model| model.set_phase(key, Phase::Started { pid: None }));
        let Ok(whole) = look(&self.client, &object.id, &self.history).await else { return Ok(()) };
        let pid = whole.context("it is there")?["State"]["Pid"].as_u64().filter(|pid| *pid > 0);
        if object.program == Program::Endless {
            ensure!(pid.is_some(), "{key} was answered {} and has no process", reply.status);
            self.model(|model| model.set_phase(key, Phase::Started { pid }));
        }
        Ok(())
    }

    async fn stop(&mut self, key: &str, object: &Object) -> Result<()> {
        self.pend(Pending::Stop { key: key.to_owned() });
        let Some(reply) = self.post("container.stop", object, "stop?t=0").await? else {
            return Ok(());
        };
        let wanted: &[u16] = if object.phase == Phase::StopUnsure { &[204, 304] } else { &[204] };
        ensure_one_of(wanted, &reply, &format!("stop {key}"))?;
        self.acknowledge(|model| model.set_phase(key, Phase::Stopped));
        Ok(())
    }

    /// Runs a second program in a container to its end.
    async fn exec(&mut self, object: &Object) -> Result<()> {
        self.pend(Pending::Exec);
        let path = format!("/containers/{}/exec", object.id);
        let body = json!({"Cmd": ["true"]});
        let sent = async |client: Client| client.post_json(&path, &body).await;
        let Some(reply) = self.change("exec.create", sent).await? else { return Ok(()) };
        let made = reply.expect_status(201)?.json()?["Id"].as_str().context("Id")?.to_owned();
        let path = format!("/exec/{made}/start");
        let body = json!({"Detach": true});
        let sent = async |client: Client| client.post_json(&path, &body).await;
        let Some(reply) = self.change("exec.start", sent).await? else { return Ok(()) };
        reply.expect_status(200)?;
        self.acknowledge(|_| ());
        Ok(())
    }

    async fn rename(&mut self, key: &str, object: &Object) -> Result<()> {
        let to = format!("r-{key}-{}", self.model(Model::fresh));
        self.pend(Pending::Rename { key: key.to_owned(), to: to.clone() });
        let verb = format!("rename?name={to}");
        let Some(reply) = self.post("container.rename", object, &verb).await? else {
            return Ok(());
        };
        reply.expect_status(204).with_context(|| format!("rename {key}"))?;
        self.acknowledge(|model| {
            if let Some(object) = model.objects.get_mut(key) {
                object.name = to;
            }
        });
        Ok(())
    }

    async fn remove(&mut self, key: &str, object: &Object) -> Result<()> {
        let unsure = object.phase == Phase::RemovalUnsure;
        if !unsure && begun(&self.client, &object.id, &self.history).await.is_err() {
            return Ok(());
        }
        self.pend(Pending::Remove { key: key.to_owned() });
        let path = format!("/containers/{}?force=1", object.id);
        let sent = async |client: Client| client.delete(&path).await;
        let Some(reply) = self.change("container.remove", sent).await? else { return Ok(()) };
        let wanted: &[u16] = if unsure { &[204, 404, 409] } else { &[204] };
        ensure_one_of(wanted, &reply, &format!("remove {key}"))?;
        self.acknowledge(|model| {
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

    async fn look(&mut self, object: &Object) -> Result<()> {
        if let Ok(whole) = look(&self.client, &object.id, &self.history).await {
            whole.with_context(|| format!("{object:?} is lost"))?;
        }
        Ok(())
    }

    /// Posts to a container.
    async fn post(
        &self,
        command: &'static str,
        object: &Object,
        verb: &str,
    ) -> Result<Option<Reply>> {
        let path = format!("/containers/{}/{verb}", object.id);
        self.change(command, async |client: Client| client.post(&path).await).await
    }

    /// Makes a call that changes something, under a name of its own; none where it was cut off.
    async fn change(
        &self,
        command: &'static str,
        send: impl AsyncFnOnce(Client) -> Result<Reply>,
    ) -> Result<Option<Reply>> {
        let (number, call) = self.history(|history| history.ask(command));
        let Ok(reply) = send(self.client.agent(&call)).await else { return Ok(None) };
        self.history(|history| history.answered(number, &reply))?;
        Ok(Some(reply))
    }

    fn pend(&self, pending: Pending) {
        self.model(|model| model.pending = Some(pending));
    }

    fn acknowledge(&self, change: impl FnOnce(&mut Model)) {
        self.model(|model| {
            model.pending = None;
            change(model);
        });
    }

    fn model<T>(&self, look: impl FnOnce(&mut Model) -> T) -> T {
        look(&mut self.model.lock().expect("no worker panics"))
    }

    fn history<T>(&self, look: impl FnOnce(&mut History) -> T) -> T {
        look(&mut self.history.lock().expect("no worker panics"))
    }
}

/// Notes how often a container's program has begun, by what it wrote.
pub(crate) async fn begun(client: &Client, id: &str, history: &Shared<History>) -> Result<()> {
    let reply = client.get(&format!("/containers/{id}/logs?stdout=1")).await?.expect_status(200)?;
    let output = Output::of_frames(&reply.body)?.out();
    let times = output.lines().filter(|line| *line == BEGUN).count() as u64;
    let begun = Begun { id: id.to_owned(), times };
    history.lock().expect("no worker panics").begun.push(begun);
    Ok(())
}

fn ensure_one_of(wanted: &[u16], reply: &Reply, what: &str) -> Result<()> {
    let is_wanted = wanted.contains(&reply.status.as_u16());
    ensure!(is_wanted, "{what}: {} {}", reply.status, reply.message());
    Ok(())
}
