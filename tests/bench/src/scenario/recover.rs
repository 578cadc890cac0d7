//! A very long log: how soon a server is ready on it that was killed, with snapshots and without any.
//!
//! Ten million records through the API would take a quarter of an hour, so they come from the server's own engine on
//! the server's own journal: containers are created as the server has told that it created one, and removed, again and again.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use journal_domain::{
    Command, ContainerCommand, ContainerId, CreateContainer, ObserveRemoved, RemoveContainer,
};
use journal_log::{Actor, Body, Journal as _, JournalReader, RequestId, Wire as _};
use journal_rocks::{DirSnapshots, Options, RocksJournal};
use projector_containers::Containers;
use projector_engine::{Engine, EngineOptions, Handle, Opening, Submission, SystemClock};
use tests_conformance::Server;

use super::replay::ready;
use super::{Plan, create};
use crate::figure::Figure;
use crate::subject::{Kind, Subject};
use crate::wire::Wire;

pub(crate) const READY: &str = "ready after ten million records";
pub(crate) const READY_BARE: &str = "ready after ten million records, without snapshots";

/// Lives that are led at the same time: enough for groups of the most records that one sync takes.
const AT_ONCE: u32 = 1024;

/// Records of a life: its creation, the wish that it goes, and the fact that it is gone.
const LIFE_RECORDS: u32 = 3;

/// Containers that stay, so that the state is not empty.
const KEPT: u32 = 1000;

/// Times that a server is killed and started again, with snapshots and without.
const STARTS: (u32, u32) = (5, 3);

pub(super) async fn measure(plan: &mut Plan) -> Result<Vec<Figure>> {
    if !plan.servers().any(|kind| kind == Kind::Sockerless) {
        return Ok(Vec::new());
    }
    let subject = plan.start(Kind::Sockerless).await?;
    let mut wire = Wire::open(&subject.socket()).await?;
    create(&mut wire, &["true"]).await?;
    let Subject::Sockerless(mut server) = subject else { return Ok(Vec::new()) };
    server.stop()?;
    let (data, records) = (server.data(), plan.amount(10_000_000, 10_000));
    tokio::task::spawn_blocking(move || fill(&data, records)).await??;
    let starts = (plan.amount(STARTS.0, 2), plan.amount(STARTS.1, 1));
    let with = ready(READY, &mut server, starts.0, |_| Ok(())).await?;
    let without = ready(READY_BARE, &mut server, starts.1, forget_snapshots).await?;
    Ok(vec![with, without])
}

fn forget_snapshots(server: &Server) -> Result<()> {
    let snapshots = server.data().join("snapshots");
    std::fs::remove_dir_all(&snapshots).with_context(|| format!("removing {}", snapshots.display()))
}

/// Has containers come and go in the log of `data` until it holds about `records` records more.
fn fill(data: &Path, records: u32) -> Result<()> {
    let (journal, report) = RocksJournal::open(&data.join("journal"), &Options::default())?;
    let creation = creation(&*journal.reader())?;
    let snapshots = Arc::new(DirSnapshots::open(&data.join("snapshots"))?);
    let options = EngineOptions::default();
    let opening = Opening { cluster: report.cluster, ..options.opening };
    let options = EngineOptions { opening, ..options };
    // A failed append is told to the submitters, by their end.
    let clock = Arc::new(SystemClock::new());
    let (handle, _) = Engine::start::<Containers, _>(journal, snapshots, clock, options, |_| {})?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(live(&handle, &creation, records))
}

/// The creation that a log tells.
fn creation(reader: &dyn JournalReader) -> Result<CreateContainer> {
    for record in reader.read(reader.first())? {
        let Body::Command(body) = Body::of(&record?)? else { continue };
        let Command::Container(command) = Command::from_payload(body.command.payload())? else {
            continue;
        };
        if let ContainerCommand::Create(creation) = command {
            return Ok(creation);
        } else if let ContainerCommand::CreateWith(with) = command {
            return Ok(with.create);
        }
    }
    bail!("no container was ever created")
}

async fn live(handle: &Handle<Containers>, like: &CreateContainer, records: u32) -> Result<()> {
    let lives = records / AT_ONCE / LIFE_RECORDS;
    let clients: Vec<_> = (0..AT_ONCE)
        .map(|client| {
            let (handle, like) = (handle.clone(), like.clone());
            tokio::spawn(async move {
                for life in 0..lives.max(1) {
                    let id = created(&handle, &like).await?;
                    let stays = life == 0 && client < KEPT;
                    if !stays {
                        removed(&handle, id).await?;
                    }
                }
                anyhow::Ok(())
            })
        })
        .collect();
    for client in clients {
        client.await??;
    }
    handle.stop();
    handle.ended().await;
    Ok(())
}

/// Creates a container as `like` was created, with an identity and a made-up name of its own.
async fn created(handle: &Handle<Containers>, like: &CreateContainer) -> Result<ContainerId> {
    let mut id = [0; 32];
    fastrand::fill(&mut id);
    let id = ContainerId::from_bytes(id);
    let create = CreateContainer { id, name: None, name_seed: fastrand::u64(..), ..like.clone() };
    submit(handle, ContainerCommand::Create(create)).await?;
    Ok(id)
}

/// Removes a container, and tells that nothing is left of it.
async fn removed(handle: &Handle<Containers>, id: ContainerId) -> Result<()> {
    let wish = RemoveContainer { target: id.to_string(), force: false, volumes: false };
    submit(handle, ContainerCommand::Remove(wish)).await?;
    submit(handle, ContainerCommand::ObserveRemoved(ObserveRemoved { id })).await
}

async fn submit(handle: &Handle<Containers>, command: ContainerCommand) -> Result<()> {
    let actor = Actor { principal: "bench".into(), ..Actor::default() };
    let command = command.into();
    let submission = Submission { actor, request: RequestId::NONE, cause: None, command };
    handle.submit(submission).await?;
    Ok(())
}
