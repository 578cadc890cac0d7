//! Images that are made here: their lineage, what of it a removal takes, and what a restart ends.

use std::sync::Arc;

use journal_domain::{
    AddMade, Command, ContainerEvent, ContainerOption, ContainerSpec, CreateContainer,
    CreateContainerWith, DeleteImage, DeleteImageAlone, Digest, Event, ImageCommand, ImageConfig,
    ImageEvent, ImageId, ImageSource, MadeImage, MakingEnd, OpenTransfer, PruneBuildCache,
    PruneImages, Refusal, TransferId,
};
use journal_domain::{Boot, ContainerId};

use crate::kit::{World, image, image_name};

const BUILD: TransferId = TransferId::from_bytes([7; 16]);

const fn id(byte: u8) -> ImageId {
    Digest::from_bytes([byte; 32])
}

const fn key(byte: u8) -> Digest {
    Digest::from_bytes([byte; 32])
}

fn made(byte: u8, parent: Option<u8>) -> MadeImage {
    let image = image(byte, ImageConfig::default());
    MadeImage { image, parent: parent.map(id), cache_key: Some(key(byte)) }
}

fn submit(world: &mut World, command: impl Into<ImageCommand>) -> Result<Vec<Event>, Refusal> {
    world.submit(&Command::Image(command.into()))
}

fn open(world: &mut World) {
    let open = OpenTransfer { id: BUILD, source: ImageSource::Build, name: String::new() };
    submit(world, open).unwrap();
}

/// Builds a chain of images on busybox, the last one named `app`.
fn built(chain: &[u8]) -> World {
    let mut world = World::with_image();
    build(&mut world, chain, "app");
    world
}

fn build(world: &mut World, chain: &[u8], name: &str) {
    open(world);
    let mut parent = 0xaa;
    let mut images = Vec::new();
    for &byte in chain {
        images.push(made(byte, Some(parent)));
        parent = byte;
    }
    let end = Some(MakingEnd { image: id(parent), names: vec![image_name(name)] });
    submit(world, AddMade { transfer: BUILD, images, commit: None, end }).unwrap();
}

fn deleted(events: &[Event]) -> Vec<u8> {
    let one = |event: &Event| match event {
        Event::Image(ImageEvent::Deleted(event)) => Some(event.id.as_bytes()[0]),
        _ => None,
    };
    events.iter().filter_map(one).collect()
}

fn delete(target: &str) -> DeleteImage {
    DeleteImage { target: target.into(), target_name: Some(image_name(target)), force: false }
}

#[test]
fn a_step_is_found_again_by_what_it_was_and_what_it_was_done_on() {
    let world = built(&[1, 2]);
    let images = world.state.images();
    let found = |parent: u8, step: u8| images.made_by(Some(id(parent)), &key(step));
    assert_eq!(found(0xaa, 1).map(|image| image.id), Some(id(1)));
    assert_eq!(found(1, 2).map(|image| image.id), Some(id(2)));
    assert_eq!(found(0xaa, 2), None, "another parent is another step");
    assert_eq!(images.lineage(&id(2)).unwrap().parent, Some(id(1)));
    assert_eq!(images.children(Some(id(0xaa))), [id(1)]);
}

#[test]
fn an_image_goes_with_the_nameless_ones_that_only_it_was_made_of() {
    let mut world = built(&[1, 2, 3]);
    build(&mut world, &[1, 4], "other");
    assert_eq!(deleted(&submit(&mut world, delete("app")).unwrap()), [3, 2]);
    assert!(world.state.images().get(&id(1)).is_some(), "another image was made of it");
    assert_eq!(deleted(&submit(&mut world, delete("other")).unwrap()), [4, 1]);
    assert_eq!(world.state.images().len(), 1);
}

#[test]
fn without_a_prune_those_that_it_was_made_of_stay() {
    let mut world = built(&[1, 2]);
    let alone = DeleteImageAlone { delete: delete("app") };
    assert_eq!(deleted(&submit(&mut world, alone).unwrap()), [2]);
    assert!(world.state.images().get(&id(1)).is_some());
}

#[test]
fn an_image_that_others_were_made_of_loses_its_name_only() {
    let mut world = built(&[1]);
    assert_eq!(submit(&mut world, delete("busybox")).unwrap().len(), 1);
    assert!(world.state.images().get(&id(0xaa)).is_some());
    let by_id = DeleteImage { target: "aaaa".into(), target_name: None, force: true };
    let refused = submit(&mut world, by_id).unwrap_err();
    assert!(refused.to_string().contains("image has dependent child images"), "{refused}");
}

#[test]
fn a_prune_of_images_takes_chains_that_nothing_names() {
    let mut world = built(&[1, 2]);
    build(&mut world, &[1, 3], "app");
    let dangling = PruneImages { dangling_only: true, ..PruneImages::default() };
    let events = submit(&mut world, dangling).unwrap();
    assert_eq!(deleted(&events), [2], "image 1 is a step of the one that is named");
}

#[test]
fn a_prune_of_the_cache_takes_the_steps_of_named_images_only_when_all_are_asked_for() {
    let mut world = built(&[1, 2]);
    build(&mut world, &[1, 3], "app");
    let events = submit(&mut world, PruneBuildCache::default()).unwrap();
    assert_eq!(deleted(&events), [2]);
    let events = submit(&mut world, PruneBuildCache { all: true, ..Default::default() }).unwrap();
    assert_eq!(deleted(&events), [1]);
    assert_eq!(world.state.images().made_by(Some(id(0xaa)), &key(1)), None);
    let app = world.state.images().named(&image_name("app")).map(Arc::clone);
    assert_eq!(app.map(|image| image.id), Some(id(3)), "what has a name stays");
}

#[test]
fn a_making_that_is_not_open_or_lost_what_it_stands_on_is_refused() {
    let mut world = World::with_image();
    let add = |images| AddMade { transfer: BUILD, images, commit: None, end: None };
    let refused = submit(&mut world, add(vec![made(1, Some(0xaa))])).unwrap_err();
    assert!(matches!(refused, Refusal::Conflict(_)), "{refused}");
    open(&mut world);
    let refused = submit(&mut world, add(vec![made(2, Some(1))])).unwrap_err();
    assert!(matches!(refused, Refusal::NoSuchImage(_)), "{refused}");
    let end = Some(MakingEnd { image: id(9), names: Vec::new() });
    let end = AddMade { transfer: BUILD, images: Vec::new(), commit: None, end };
    assert!(matches!(submit(&mut world, end), Err(Refusal::NoSuchImage(_))));
}

#[test]
fn a_restart_ends_the_builds_that_are_open_and_their_containers_with_them() {
    let mut world = World::with_image();
    open(&mut world);
    let container = |byte: u8, build: Option<TransferId>| {
        let spec = ContainerSpec { image: "busybox".into(), ..ContainerSpec::default() };
        let create = CreateContainer {
            id: ContainerId::from_bytes([byte; 32]),
            name: None,
            name_seed: byte.into(),
            image_name: Some(image_name("busybox")),
            spec: Box::new(spec),
        };
        let options = build.map(ContainerOption::Build).into_iter().collect();
        Command::Container(CreateContainerWith { create, options }.into())
    };
    let over = TransferId::from_bytes([8; 16]);
    for (byte, build) in [(1, Some(BUILD)), (2, Some(over)), (3, None)] {
        world.submit(&container(byte, build)).unwrap();
    }
    let boot = Boot { version: "1".into(), host: "h".into() };
    let events = world.submit(&Command::System(boot.into())).unwrap();
    let removed: Vec<ContainerId> = events
        .iter()
        .filter_map(|event| match event {
            Event::Container(ContainerEvent::RemovalRequested(event)) => Some(event.id),
            _ => None,
        })
        .collect();
    assert_eq!(removed, [ContainerId::from_bytes([1; 32])]);
    let failed = |event: &Event| matches!(event, Event::Image(ImageEvent::TransferFailed(_)));
    assert!(events.iter().any(failed));
}
