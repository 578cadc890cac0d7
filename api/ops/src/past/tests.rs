//! The past of a short story: what is there at its points, what changed between them, and what one container went
//! through.

use std::{sync::Arc, time::Duration};

use expect_test::{Expect, expect};
use journal_domain::{
    AddImages, Command, ContainerCommand, ContainerId, ContainerSpec, CreateContainer, CreateExec,
    Digest, EndpointId, ExecCommand, ExecId, ExecSpec, Image, ImageCommand, ImageConfig, ImageName,
    ImageSource, Layer, ObserveExit, ObserveRemoved, ObserveStarted, OpenTransfer, Reject,
    RemoveContainer, RenameContainer, StartContainer, SystemCommand, TransferId,
};
use journal_log::{
    Actor, JournalReader, MemoryJournal, MemorySnapshots, MemoryStore, RequestId, Seq, Timestamp,
};
use projector_containers::Containers;
use projector_engine::{Engine, EngineOptions, Handle, ManualClock, Point, Submission, World};

use super::{ExplainError, Step, Subject, diff, explain, listing};

/// 2024-01-01T00:00:00Z.
const BEGIN: Timestamp = Timestamp::from_unix_nanos(1_704_067_200_000_000_000);

const WEB: ContainerId = ContainerId::from_bytes([0x1a; 32]);
const NEXT: ContainerId = ContainerId::from_bytes([0x1b; 32]);
const APP: Digest = Digest::from_bytes([3; 32]);

/// A server's log in memory, with a clock that goes on by ten seconds before each command.
struct Log {
    handle: Handle<Containers>,
    store: MemoryStore,
    clock: Arc<ManualClock>,
}

impl Log {
    fn start() -> Self {
        let (store, clock) = (MemoryStore::default(), Arc::new(ManualClock::new(BEGIN)));
        let (handle, _) = Engine::start::<Containers, _>(
            MemoryJournal::open(&store),
            Arc::new(MemorySnapshots::default()),
            clock.clone(),
            EngineOptions::default(),
            |error| panic!("{error}"),
        )
        .unwrap();
        Self { handle, store, clock }
    }

    async fn tell_as(
        &self,
        principal: &str,
        cause: Option<Seq>,
        command: impl Into<Command>,
    ) -> Seq {
        self.clock.advance(Duration::from_secs(10));
        let actor = Actor { principal: principal.into(), ..Actor::default() };
        let command = command.into();
        let submission = Submission { actor, request: RequestId::NONE, cause, command };
        // A refusal is a record too.
        let _ = self.handle.submit(submission).await;
        self.handle.snapshot().seq
    }

    async fn tell(&self, command: impl Into<Command>) -> Seq {
        self.tell_as("uid:0", None, command).await
    }

    async fn at(&self, seq: Seq) -> Arc<World<Containers>> {
        self.handle.world_at(Point::Record(seq)).await.unwrap()
    }

    async fn add_image(&self) -> Seq {
        let transfer = TransferId::from_bytes([4; 16]);
        let open = OpenTransfer { id: transfer, source: ImageSource::Load, name: String::new() };
        self.tell(ImageCommand::from(open)).await;
        let image = Image {
            id: APP,
            layers: vec![Layer { diff_id: APP, blob: APP, size_bytes: 1_000 }],
            created: "2023-12-01T00:00:00Z".into(),
            architecture: "amd64".into(),
            os: "linux".into(),
            variant: String::new(),
            author: String::new(),
            comment: String::new(),
            config: ImageConfig { cmd: Some(vec!["sh".into()]), ..ImageConfig::default() },
            size_bytes: 1_000,
        };
        let name = ImageName::from_normalized("docker.io/library/app:latest");
        let images = vec![(image.into(), vec![name])];
        self.tell(ImageCommand::from(AddImages { transfer, images })).await
    }

    async fn create(&self, id: ContainerId, name: &str) -> Seq {
        let image_name = Some(ImageName::from_normalized("docker.io/library/app:latest"));
        let spec = Box::new(ContainerSpec { image: "app".into(), ..ContainerSpec::default() });
        let name = Some(name.into());
        let create = CreateContainer { id, name, name_seed: 0, image_name, spec };
        self.tell(ContainerCommand::from(create)).await
    }

    async fn run(&self, id: ContainerId, name: &str) -> Seq {
        self.create(id, name).await;
        let (target, endpoint) = (name.to_owned(), EndpointId::from_bytes([5; 32]));
        let cause = self.tell(ContainerCommand::from(StartContainer { target, endpoint })).await;
        let started_at = BEGIN;
        let seen = ObserveStarted { id, incarnation: 1, pid: 77, started_at };
        self.tell_as("reconciler", Some(cause), ContainerCommand::from(seen)).await
    }

    async fn end(&self, id: ContainerId) -> Seq {
        let finished_at = BEGIN.saturating_add(Duration::from_secs(60));
        let (exit_code, oom_killed, error) = (137, true, String::new());
        let seen = ObserveExit { id, incarnation: 1, exit_code, oom_killed, finished_at, error };
        self.tell_as("reconciler", None, ContainerCommand::from(seen)).await
    }

    async fn remove(&self, id: ContainerId, name: &str) -> Seq {
        let remove = RemoveContainer { target: name.into(), force: false, volumes: false };
        self.tell(ContainerCommand::from(remove)).await;
        self.tell_as("reconciler", None, ContainerCommand::from(ObserveRemoved { id })).await
    }

    async fn rename(&self, target: &str, name: &str) -> Seq {
        let rename = RenameContainer { target: target.into(), name: name.into() };
        self.tell(ContainerCommand::from(rename)).await
    }

    fn steps(&self, target: &str) -> Result<(ContainerId, Vec<Step>), ExplainError> {
        let (world, mut steps) = (self.handle.snapshot(), Vec::new());
        let reader: Arc<dyn JournalReader> = self.handle.reader();
        let id = explain(&*reader, (&world.state, world.seq), target, &mut |step| {
            steps.push(step);
            true
        })?;
        Ok((id, steps))
    }

    fn explained(&self, target: &str, expected: Expect) {
        let (_, steps) = self.steps(target).unwrap();
        let steps: String = steps.iter().map(ToString::to_string).collect();
        // Text that is indented as a whole would be compared without its indent.
        expected.assert_eq(&format!("{target}:\n{steps}"));
    }
}

#[tokio::test]
async fn j_041_a_point_is_listed_as_it_was() {
    let log = Log::start();
    log.add_image().await;
    let running = log.run(WEB, "web").await;
    let ended = log.end(WEB).await;
    let show = async |seq, subject: Subject| {
        let world = log.at(seq).await;
        listing(&world, world.at, &subject).unwrap().to_string()
    };
    expect![[r#"
        CONTAINER ID  IMAGE                CREATED                         STATUS                               NAME
        1a1a1a1a1a1a  app                  2024-01-01T00:00:30.000000000Z  Up 50 seconds                        web
    "#]]
    .assert_eq(&show(running, Subject::Ps { all: false }).await);
    expect![[r#"
        CONTAINER ID  IMAGE                CREATED                         STATUS                               NAME
        1a1a1a1a1a1a  app                  2024-01-01T00:00:30.000000000Z  Exited (137) Less than a second ago  web
    "#]]
    .assert_eq(&show(ended, Subject::Ps { all: true }).await);
    assert_eq!(show(ended, Subject::Ps { all: false }).await.lines().count(), 1);
    expect![[r#"
        IMAGE ID             BYTES NAMES
        030303030303          1000 app:latest
    "#]]
    .assert_eq(&show(ended, Subject::Images).await);
    let inspect = Subject::Inspect { name: "web".into() };
    expect![[r#"
        {
          "kind": "container",
          "id": "1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a",
          "name": "web",
          "fields": {
            "created": "2024-01-01T00:00:30.000000000Z",
            "name": "web",
            "pid": 77,
            "run": 1,
            "spec.cmd": [
              "sh"
            ],
            "spec.image": "app",
            "spec.image_id": "sha256:0303030303030303030303030303030303030303030303030303030303030303",
            "spec.layers": [
              "sha256:0303030303030303030303030303030303030303030303030303030303030303"
            ],
            "spec.limits.pids": "Unset",
            "spec.log_driver": "Kept",
            "spec.network": "Default",
            "started": "2024-01-01T00:00:00.000000000Z",
            "status": "running"
          }
        }
    "#]]
    .assert_eq(&show(running, inspect.clone()).await);
    let app = show(running, Subject::Inspect { name: "app".into() }).await;
    assert!(app.contains("\"platform\": \"linux/amd64\""), "{app}");
    let missing = listing(&*log.at(Seq::FIRST).await, BEGIN, &inspect).unwrap_err();
    assert_eq!(missing.to_string(), "at record 1: no container or image web");
}

#[tokio::test]
async fn j_041_what_changed_between_two_points_is_told_with_old_and_new() {
    let log = Log::start();
    let empty = log.handle.snapshot().seq;
    log.add_image().await;
    let running = log.run(WEB, "web").await;
    let exec = ExecId::from_bytes([2; 32]);
    let spec = Arc::new(ExecSpec { cmd: vec!["ls".into(), "/".into()], ..ExecSpec::default() });
    log.tell(ExecCommand::from(CreateExec { id: exec, target: "web".into(), spec })).await;
    log.end(WEB).await;
    log.rename("web", "old").await;
    let later = log.create(NEXT, "web").await;
    let show = async |from, to| diff(&*log.at(from).await, &*log.at(to).await).to_string();
    expect![[r#"
        from record 1 (2024-01-01T00:00:00.000000000Z)
        to   record 6 (2024-01-01T00:00:50.000000000Z)
        + container web (1a1a1a1a1a1a): app, running
        + image app:latest (030303030303): linux/amd64
    "#]]
    .assert_eq(&show(empty, running).await);
    expect![[r#"
        from record 6 (2024-01-01T00:00:50.000000000Z)
        to   record 10 (2024-01-01T00:01:30.000000000Z)
        + container web (1b1b1b1b1b1b): app, created
        ~ container old (1a1a1a1a1a1a)
            exit.code: - -> 137
            exit.finished: - -> 2024-01-01T00:01:00.000000000Z
            exit.oom_killed: - -> true
            exit.run: - -> 1
            name: web -> old
            pid: 77 -> -
            started: 2024-01-01T00:00:00.000000000Z -> -
            status: running -> exited
        + exec 020202020202: ["ls","/"], created
    "#]]
    .assert_eq(&show(running, later).await);
    let back = show(running, empty).await;
    assert!(back.contains("- container web (1a1a1a1a1a1a): app, running\n"), "{back}");
    assert!(show(later, later).await.ends_with("nothing differs\n"));
    let json = serde_json::to_value(diff(&*log.at(running).await, &*log.at(later).await)).unwrap();
    let changed = json["changes"].as_array().unwrap();
    let old = changed.iter().find(|change| change["change"] == "changed").unwrap();
    let status = old["changed"].as_array().unwrap().iter().find(|one| one["field"] == "status");
    assert_eq!(status.unwrap()["old"], "running");
}

#[tokio::test]
async fn j_041_a_container_is_explained_step_by_step_also_once_it_is_gone() {
    let log = Log::start();
    log.add_image().await;
    log.run(WEB, "web").await;
    log.create(NEXT, "web").await;
    log.create(NEXT, "other").await;
    let spec = Arc::new(ExecSpec { cmd: vec!["ls".into()], ..ExecSpec::default() });
    let exec = CreateExec { id: ExecId::from_bytes([2; 32]), target: "web".into(), spec };
    log.tell(ExecCommand::from(exec)).await;
    let reject = Reject {
        method: "POST".into(),
        path: "/v1.47/containers/web/pause".into(),
        status: 501,
        reason: "docker pause is not supported yet".into(),
    };
    log.tell(SystemCommand::from(reject)).await;
    log.end(WEB).await;
    let (_, steps) = log.steps("web").unwrap();
    log.remove(WEB, "web").await;
    let (target, endpoint) = ("web".to_owned(), EndpointId::from_bytes([5; 32]));
    log.tell(ContainerCommand::from(StartContainer { target, endpoint })).await;
    log.explained("web", expect![[r#"
        web:
               4 2024-01-01T00:00:30.000000000Z command by uid:0
                 container.create image=app name=web
                 -> container.created cmd=["sh"]
               5 2024-01-01T00:00:40.000000000Z command by uid:0
                 container.start target=web
                 -> container.start_requested incarnation=1
               6 2024-01-01T00:00:50.000000000Z observation by reconciler, because of record 5
                 container.observe_started incarnation=1 pid=77 started_at=2024-01-01T00:00:00.000000000Z
                 -> container.started
               7 2024-01-01T00:01:00.000000000Z command by uid:0
                 container.create image=app name=web
                 refused: Conflict. The container name "/web" is already in use by container "1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a". You have to remove (or rename) that container to be able to reuse that name.
               9 2024-01-01T00:01:20.000000000Z command by uid:0
                 exec.create cmd=["ls"] target=web
                 -> exec.created incarnation=1
              10 2024-01-01T00:01:30.000000000Z command by uid:0
                 system.reject method=POST path=/v1.47/containers/web/pause reason="docker pause is not supported yet" status=501
                 refused: docker pause is not supported yet
              11 2024-01-01T00:01:40.000000000Z observation by reconciler
                 container.observe_exit exit_code=137 finished_at=2024-01-01T00:01:00.000000000Z incarnation=1 oom_killed=true
                 -> container.exited
              12 2024-01-01T00:01:50.000000000Z command by uid:0
                 container.remove target=web
                 -> container.removal_requested
              13 2024-01-01T00:02:00.000000000Z observation by reconciler
                 container.observe_removed
                 -> container.removed
              14 2024-01-01T00:02:10.000000000Z command by uid:0
                 container.start target=web
                 refused: No such container: web
    "#]]);
    let (id, after) = log.steps("web").unwrap();
    for other in ["1a1a", &WEB.to_string()] {
        assert_eq!(log.steps(other).unwrap(), (id, after.clone()));
    }
    assert_eq!((id, &after[..steps.len()]), (WEB, &steps[..]), "nothing is lost by its removal");
    // A later container of the name is meant before it, and its calls are not told of the earlier one.
    log.rename("other", "web").await;
    log.rename("web", "web2").await;
    assert_eq!(log.steps("web2").unwrap().0, NEXT);
    assert_eq!(log.steps("1a1a").unwrap().1.len(), after.len());
}

#[tokio::test]
async fn a_container_that_never_was_is_told_so() {
    let log = Log::start();
    log.add_image().await;
    log.create(WEB, "web").await;
    log.create(NEXT, "other").await;
    let error = |target| log.steps(target).unwrap_err().to_string();
    assert_eq!(error("nosuch"), "the log tells of no container nosuch");
    assert_eq!(error("1"), "several containers have had an id that begins with 1");
}

#[tokio::test]
async fn of_a_log_without_its_beginning_the_rest_is_explained() {
    let log = Log::start();
    log.add_image().await;
    log.create(WEB, "web").await;
    log.create(NEXT, "other").await;
    log.remove(NEXT, "other").await;
    log.handle.save_snapshot("0.0.0").unwrap();
    let first = log.handle.snapshot().seq;
    log.store.trim(log.handle.plan_trim(Seq::LAST).unwrap().begin);
    let remove = RemoveContainer { target: "nosuch".into(), force: false, volumes: false };
    log.tell(ContainerCommand::from(remove)).await;
    // The name is taken, which is told of the container that has it.
    log.create(NEXT, "web").await;
    log.rename("web", "shop").await;
    log.explained(
        "shop",
        expect![[r#"
            shop:
                   9 2024-01-01T00:01:20.000000000Z command by uid:0
                     container.create image=app name=web
                     refused: Conflict. The container name "/web" is already in use by container "1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a". You have to remove (or rename) that container to be able to reuse that name.
                  10 2024-01-01T00:01:30.000000000Z command by uid:0
                     container.rename name=shop target=web
                     -> container.renamed old_name=web
        "#]],
    );
    let error = log.steps("other").unwrap_err().to_string();
    let wanted = format!("it was trimmed and goes back to record {first} only");
    assert!(error.contains("tells of no container other") && error.ends_with(&wanted), "{error}");
}
