//! Sealed values: which keys a container has, and when they leave the state.

use journal_domain::*;
use journal_log::Timestamp;

use super::kit::World;

const KEY: KeyId = KeyId::from_bytes([1; 16]);
const OTHER: KeyId = KeyId::from_bytes([2; 16]);
const EXEC: ExecId = ExecId::from_bytes([3; 32]);

fn sealed(key: KeyId) -> SealedEnvironment {
    let (nonce, ciphertext) = (Nonce::from_bytes([0; 24]), Ciphertext::new(vec![7]));
    SealedEnvironment { key, places: vec![0], nonce, ciphertext }
}

fn with_key(key: KeyId) -> World {
    let mut world = World::with_image();
    world.create_with("web", vec![ContainerOption::SealedEnvironment(sealed(key))]).unwrap();
    world
}

fn run(world: &mut World) {
    let start = StartContainer { target: "web".into(), endpoint: EndpointId::from_bytes([7; 32]) };
    world.submit(&Command::Container(start.into())).unwrap();
    let (id, started_at) = (world.id("web"), Timestamp::ZERO);
    let seen = ObserveStarted { id, incarnation: 1, pid: 9, started_at };
    world.submit(&Command::Container(seen.into())).unwrap();
}

fn exec(world: &mut World, key: KeyId) {
    let spec = ExecSpec { cmd: vec!["ls".into()], ..ExecSpec::default() };
    let create = CreateExec { id: EXEC, target: "web".into(), spec: spec.into() };
    let options = vec![ExecOption::SealedEnvironment(sealed(key))];
    world.submit(&Command::Exec(CreateExecWith { create, options }.into())).unwrap();
}

fn keys(world: &World) -> Vec<KeyId> {
    world.state.keys().collect()
}

#[test]
fn a_container_has_the_key_of_its_values_and_none_without() {
    let world = with_key(KEY);
    let container = world.state.find("web").unwrap();
    assert_eq!(container.sealed_environment(), Some(&sealed(KEY)));
    assert_eq!(keys(&world), [KEY]);
    let mut plain = World::with_image();
    plain.create_with("web", vec![ContainerOption::HostUserNamespace]).unwrap();
    assert_eq!(keys(&plain), []);
}

#[test]
fn an_exec_adds_a_key_only_where_it_is_another_one() {
    let mut world = with_key(KEY);
    run(&mut world);
    exec(&mut world, KEY);
    assert_eq!(keys(&world), [KEY]);
    assert_eq!(world.state.exec(&EXEC).unwrap().sealed_environment.as_deref(), Some(&sealed(KEY)));
    let mut world = with_key(KEY);
    run(&mut world);
    exec(&mut world, OTHER);
    assert_eq!(keys(&world), [KEY, OTHER]);
}

#[test]
fn a_removal_tells_which_keys_are_destroyed() {
    let mut world = with_key(KEY);
    let id = world.id("web");
    let removed = ObserveRemoved { id };
    let seen = Command::Container(ObserveRemovedWith { removed, destroyed: vec![KEY] }.into());
    assert_eq!(world.submit(&seen).unwrap(), [], "nobody has asked for it to go");
    let remove = RemoveContainer { target: "web".into(), force: false, volumes: false };
    world.submit(&Command::Container(remove.into())).unwrap();
    let events = world.submit(&seen).unwrap();
    let destroyed = KeysDestroyed { id, keys: vec![KEY] };
    assert_eq!(events, [Event::from(destroyed), ContainerRemoved { id }.into()]);
    assert_eq!(keys(&world), []);
    assert_eq!(world.submit(&seen).unwrap(), [], "it is gone already");
}
