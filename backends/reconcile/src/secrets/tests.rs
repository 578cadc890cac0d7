//! What becomes of a step whose values are sealed.

use journal_domain::{
    Command, ContainerCommand, ContainerId, ContainerOption, ContainerSpec, CreateContainer,
    CreateContainerWith, CreateExec, CreateExecWith, EndpointId, ExecCommand, ExecOption, ExecSpec,
    ImageName, KeyId, ObserveRemoved, ObserveRemovedWith, ObserveStartFailure, ObserveStarted,
    RemoveContainer, StartContainer, StartExec,
};
use journal_keys::KeyStore;
use journal_log::Timestamp;
use tokio::time::Instant;

use super::{Prepared, prepare};
use crate::{
    Limits, Progress, Step, plan,
    story::{EXEC, Story},
};

const SECRET: ContainerId = ContainerId::from_bytes([8; 32]);

/// A story with a container that has a sealed value, and asks to be started.
fn story(keys: &KeyStore) -> (Story, KeyId) {
    let key = keys.take().unwrap();
    let mut env = vec!["TOKEN=hunter2".to_owned(), "PATH=/bin".to_owned()];
    let sealed = keys.seal_environment(key, &mut env).unwrap().unwrap();
    let mut story = Story::new();
    let spec = ContainerSpec { image: "app".into(), env, ..ContainerSpec::default() };
    let create = CreateContainer {
        id: SECRET,
        name: Some("secret".into()),
        name_seed: 0,
        image_name: Some(ImageName::from_normalized("docker.io/library/app:latest")),
        spec: spec.into(),
    };
    let options = vec![ContainerOption::SealedEnvironment(sealed)];
    story.tell(ContainerCommand::from(CreateContainerWith { create, options }));
    let endpoint = EndpointId::from_bytes([5; 32]);
    story.tell(ContainerCommand::from(StartContainer { target: "secret".into(), endpoint }));
    (story, key)
}

#[expect(clippy::disallowed_methods, reason = "any instant will do")]
fn prepared(keys: &KeyStore, story: &Story) -> Prepared {
    let now = Instant::from_std(std::time::Instant::now());
    let steps = plan(&story.state, &Progress::default(), now, &Limits::default());
    let [step] = <[Step; 1]>::try_from(steps).unwrap();
    prepare(keys, &story.state, step)
}

#[test]
fn a_start_is_given_its_values_in_plain() {
    let keys = KeyStore::ephemeral();
    let (story, _) = story(&keys);
    let Prepared::Ready(Step::Start(workload)) = prepared(&keys, &story) else { panic!() };
    assert_eq!(workload.spec.env, ["TOKEN=hunter2", "PATH=/bin"]);
    let kept = &story.state.container(&SECRET).unwrap().spec.env;
    assert_eq!(*kept, ["TOKEN=", "PATH=/bin"], "the state has it sealed");
}

#[test]
fn an_exec_is_given_its_own_values_and_its_containers() {
    let keys = KeyStore::ephemeral();
    let (mut story, key) = story(&keys);
    let (incarnation, started_at) = (1, Timestamp::ZERO);
    let started = ObserveStarted { id: SECRET, incarnation, pid: 7, started_at };
    story.tell(ContainerCommand::from(started));
    let mut env = vec!["OWN=swordfish".to_owned()];
    let sealed = keys.seal_environment(key, &mut env).unwrap().unwrap();
    let spec = ExecSpec { cmd: vec!["ls".into()], env, ..ExecSpec::default() };
    let create = CreateExec { id: EXEC, target: "secret".into(), spec: spec.into() };
    let options = vec![ExecOption::SealedEnvironment(sealed)];
    story.tell(ExecCommand::from(CreateExecWith { create, options }));
    let (target, console_size) = (EXEC.to_string(), None);
    story.tell(ExecCommand::from(StartExec { target, detach: true, console_size }));
    let Prepared::Ready(Step::StartExec(workload)) = prepared(&keys, &story) else { panic!() };
    assert_eq!(workload.container.env, ["TOKEN=hunter2", "PATH=/bin"]);
    assert_eq!(workload.spec.env, ["OWN=swordfish"]);
    assert_eq!(story.state.container(&SECRET).unwrap().keys, [key], "they share a key");
}

#[test]
fn a_lost_key_fails_the_start_with_the_reason() {
    let keys = KeyStore::ephemeral();
    let (story, key) = story(&keys);
    keys.destroy(&[key]).unwrap();
    let Prepared::Closed(Command::Container(ContainerCommand::ObserveStartFailure(failure))) =
        prepared(&keys, &story)
    else {
        panic!()
    };
    assert_eq!((failure.id, failure.exit_code), (SECRET, 128));
    assert_eq!(failure.message, format!("the key {key} of its environment is destroyed"));
}

#[test]
fn a_removal_takes_the_keys_along_and_says_so() {
    let keys = KeyStore::ephemeral();
    let (mut story, key) = story(&keys);
    story.tell(ContainerCommand::from(ObserveStartFailure {
        id: SECRET,
        incarnation: 1,
        exit_code: 127,
        message: String::new(),
    }));
    let (target, force, volumes) = ("secret".into(), false, false);
    let remove = RemoveContainer { target, force, volumes };
    story.tell(ContainerCommand::from(remove));
    let Prepared::Removal(id, doomed) = prepared(&keys, &story) else { panic!() };
    assert_eq!((id, &doomed[..]), (SECRET, &[key][..]));
    let removed = ObserveRemoved { id };
    story.tell(ContainerCommand::from(ObserveRemovedWith { removed, destroyed: doomed }));
    assert!(story.state.container(&SECRET).is_none());
    assert_eq!(story.state.keys().count(), 0);
}
