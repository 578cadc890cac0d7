//! Copies into containers: opened, and closed once.

use journal_domain::{
    Boot, Command, CompleteCopy, ContainerId, ContainerSpec, CopyCommand, CopyEvent, CopyId,
    Digest, Event, FailCopy, OpenCopy, Refusal, SystemCommand,
};

use crate::kit::World;

const COPY: CopyId = CopyId::from_bytes([7; 16]);

fn world() -> (World, ContainerId) {
    let mut world = World::with_image();
    world.create("web", ContainerSpec { image: "busybox".into(), ..Default::default() }).unwrap();
    let id = world.id("web");
    (world, id)
}

fn submit(world: &mut World, command: impl Into<CopyCommand>) -> Result<Vec<Event>, Refusal> {
    world.submit(&Command::Copy(command.into()))
}

fn open(world: &mut World, container: ContainerId) -> Result<Vec<Event>, Refusal> {
    submit(world, OpenCopy { id: COPY, container, path: "/tmp".into() })
}

const COMPLETE: CompleteCopy =
    CompleteCopy { id: COPY, digest: Digest::from_bytes([1; 32]), sent_bytes: 3, entries: 1 };

#[test]
fn a_copy_is_completed_once_and_names_its_container() {
    let (mut world, id) = world();
    open(&mut world, id).unwrap();
    let events = submit(&mut world, COMPLETE).unwrap();
    let [Event::Copy(CopyEvent::Completed(completed))] = &events[..] else { panic!("{events:?}") };
    assert_eq!((completed.container, completed.sent_bytes), (id, 3));
    assert!(matches!(submit(&mut world, COMPLETE), Err(Refusal::Conflict(_))));
    let fail = FailCopy { id: COPY, reason: "late".into() };
    assert_eq!(submit(&mut world, fail), Ok(Vec::new()), "it has ended already");
}

#[test]
fn a_copy_into_what_is_not_there_is_refused() {
    let (mut world, _) = world();
    let none = ContainerId::from_bytes([9; 32]);
    assert_eq!(open(&mut world, none), Err(Refusal::NoSuchContainer(none.to_string())));
}

#[test]
fn a_server_that_begins_closes_what_it_finds_open() {
    let (mut world, id) = world();
    open(&mut world, id).unwrap();
    let boot = Boot { version: "1".into(), host: "h".into() };
    let events = world.submit(&Command::System(SystemCommand::from(boot))).unwrap();
    let failed = events.iter().filter(|event| matches!(event, Event::Copy(CopyEvent::Failed(_))));
    assert_eq!(failed.count(), 1);
    assert!(matches!(submit(&mut world, COMPLETE), Err(Refusal::Conflict(_))));
}
