//! Creates under a client's key: done once, answered again, and forgotten after a while.

use std::time::Duration;

use journal_domain::{
    Command, ContainerCommand, ContainerId, ContainerSpec, CreateContainer, CreateContainerOnce,
    CreateContainerWith, Digest, Event, Refusal, SystemCommand,
};
use journal_log::Timestamp;
use projector_containers::Containers;
use projector_machine::Machine;

use crate::kit::{World, image_name};

const KEY: Digest = Digest::from_bytes([1; 32]);

const REQUEST: Digest = Digest::from_bytes([2; 32]);

/// Asks for a container, under a key and with an id of this call's own.
fn create(world: &mut World, id: u8, request: Digest) -> Result<Vec<Event>, Refusal> {
    let spec = ContainerSpec { image: "busybox".into(), ..ContainerSpec::default() };
    let create = CreateContainer {
        id: ContainerId::from_bytes([id; 32]),
        name: Some("web".into()),
        name_seed: 0,
        image_name: Some(image_name("busybox")),
        spec: spec.into(),
    };
    let create = CreateContainerWith { create, options: Vec::new() };
    let once = CreateContainerOnce { create, key: KEY, request };
    world.submit(&ContainerCommand::from(once).into())
}

#[test]
fn the_same_request_under_one_key_creates_once() {
    let mut world = World::with_image();
    assert_eq!(create(&mut world, 7, REQUEST).unwrap().len(), 2);
    assert_eq!(create(&mut world, 8, REQUEST), Ok(Vec::new()), "not even its name is in the way");
    let used = world.state.used_keys().get(&KEY).unwrap();
    assert_eq!(used.container, world.id("web"));
    assert_eq!(world.state.container_count(), 1);
}

#[test]
fn another_request_under_the_same_key_is_refused() {
    let mut world = World::with_image();
    create(&mut world, 7, REQUEST).unwrap();
    let other = create(&mut world, 8, Digest::from_bytes([3; 32]));
    assert_eq!(other, Err(Refusal::KeyReused(world.id("web"))));
}

#[test]
fn a_refused_create_leaves_its_key_free() {
    let mut world = World::with_image();
    world
        .create("web", ContainerSpec { image: "busybox".into(), ..ContainerSpec::default() })
        .unwrap();
    assert!(matches!(create(&mut world, 7, REQUEST), Err(Refusal::Conflict(_))));
    assert_eq!(world.state.used_keys().get(&KEY), None);
}

#[test]
fn a_key_is_forgotten_after_a_day_by_a_timer() {
    let mut world = World::with_image();
    create(&mut world, 7, REQUEST).unwrap();
    let (at, command) = Containers::next_timer(&world.state).unwrap();
    let Command::System(SystemCommand::ForgetKeys(forget)) = &command else {
        panic!("{command:?}")
    };
    let used = world.state.used_keys().get(&KEY).unwrap().at;
    assert!(forget.used_before >= used);
    assert!(at.saturating_since(used) >= Duration::from_secs(24 * 3600), "{at}");
    assert!(used > Timestamp::ZERO);
    world.submit(&command).unwrap();
    assert_eq!(world.state.used_keys().get(&KEY), None);
    assert_eq!(Containers::next_timer(&world.state), None, "the timer does not ring again");
    assert!(matches!(create(&mut world, 8, REQUEST), Err(Refusal::Conflict(_))), "decided anew");
}
