//! Images that came from registries, and what registries have taken: their names, and what of them is left over.

use journal_domain::{
    AddPulled, Command, CompletePush, DeleteImage, Digest, Event, ImageConfig, ImageEvent,
    ImageName, ImageSource, OpenTransfer, PruneImages, Refusal, RegistrySource, TagImage,
    TransferId,
};

use crate::kit::{World, image, image_name, layer_of};

fn tag(world: &mut World, target: &str, name: &str) {
    let (target_name, name) = (Some(image_name(target)), image_name(name));
    let command = TagImage { target: target.into(), target_name, name };
    world.submit(&Command::Image(command.into())).unwrap();
}

fn busybox() -> Digest {
    Digest::from_bytes([0xaa; 32])
}

fn digested(repository: &str, byte: u8) -> ImageName {
    let digest = Digest::from_bytes([byte; 32]);
    ImageName::from_normalized(format!("docker.io/library/{repository}@{digest}"))
}

fn source(repository: &str, byte: u8) -> RegistrySource {
    let manifest = Digest::from_bytes([byte; 32]);
    RegistrySource { name: digested(repository, byte), manifest, list: None }
}

fn open(world: &mut World, source: ImageSource) -> TransferId {
    let id = TransferId::from_bytes([7; 16]);
    world.submit(&Command::Image(OpenTransfer { id, source, name: "x".into() }.into())).unwrap();
    id
}

/// Pulls the image `0xab` by a name, from the digest `byte` of `repository`.
fn pull(world: &mut World, name: ImageName, repository: &str, byte: u8) -> Vec<Event> {
    let transfer = open(world, ImageSource::Pull);
    let (image, source) = (image(0xab, ImageConfig::default()), source(repository, byte));
    world.submit(&Command::Image(AddPulled { transfer, image, name, source }.into())).unwrap()
}

fn pulled() -> Digest {
    Digest::from_bytes([0xab; 32])
}

fn find(world: &World, name: &ImageName) -> Option<Digest> {
    world.state.find_image("", Some(name)).ok().map(|image| image.id)
}

fn remove(world: &mut World, name: &ImageName, force: bool) -> Result<usize, Refusal> {
    let (target, target_name) = (name.to_string(), Some(name.clone()));
    let command = DeleteImage { target, target_name, force };
    world.submit(&Command::Image(command.into())).map(|events| events.len())
}

#[test]
fn a_pulled_image_is_known_by_its_tag_and_by_its_digest() {
    let mut world = World::with_image();
    assert_eq!(pull(&mut world, image_name("app"), "app", 1).len(), 2);
    assert_eq!(find(&world, &image_name("app")), Some(pulled()));
    assert_eq!(find(&world, &digested("app", 1)), Some(pulled()));
    assert_eq!(world.state.images().sources(&pulled()), [source("app", 1)]);
    // Again, and the same: the pull is on record, and nothing is there twice.
    assert_eq!(pull(&mut world, image_name("app"), "app", 1).len(), 1);
    assert_eq!(world.state.images().names(&pulled()), [image_name("app")]);
    assert_eq!(world.state.images().sources(&pulled()).len(), 1);
}

#[test]
fn an_image_pulled_by_digest_has_no_tag_and_goes_with_its_digest() {
    let mut world = World::with_image();
    pull(&mut world, digested("app", 1), "app", 1);
    assert!(world.state.images().names(&pulled()).is_empty());
    assert_eq!(remove(&mut world, &digested("app", 1), false), Ok(2));
    assert_eq!(find(&world, &digested("app", 1)), None);
    // The manifest goes with the image and its layers, which are one digest here.
    let garbage: Vec<_> = world.state.images().garbage().copied().collect();
    assert_eq!(garbage, [Digest::from_bytes([1; 32]), layer_of(0xab), pulled()]);
}

#[test]
fn the_digests_of_a_repository_go_with_its_last_tag() {
    let mut world = World::with_image();
    pull(&mut world, image_name("app"), "app", 1);
    tag(&mut world, "app", "other");
    // A further repository keeps the image, and the digest goes all the same.
    assert_eq!(remove(&mut world, &image_name("app"), false), Ok(2));
    assert!(world.state.images().sources(&pulled()).is_empty());
    assert_eq!(find(&world, &image_name("other")), Some(pulled()));
    // Tag and digest of one repository count as one name.
    pull(&mut world, image_name("other"), "other", 2);
    assert_eq!(remove(&mut world, &image_name("other"), false), Ok(3));
    assert!(world.state.images().get(&pulled()).is_none());
}

#[test]
fn a_digest_can_go_alone_while_the_tag_stays() {
    let mut world = World::with_image();
    pull(&mut world, image_name("app"), "app", 1);
    assert_eq!(remove(&mut world, &digested("app", 1), false), Ok(1));
    assert_eq!(find(&world, &image_name("app")), Some(pulled()));
    let id = DeleteImage { target: "abab".into(), target_name: None, force: false };
    pull(&mut world, image_name("app"), "app", 1);
    assert_eq!(world.submit(&Command::Image(id.into())).unwrap().len(), 3);
}

#[test]
fn a_push_leaves_the_digest_that_the_registry_knows() {
    let mut world = World::with_image();
    let transfer = open(&mut world, ImageSource::Push);
    let push = CompletePush {
        transfer,
        image: busybox(),
        name: image_name("busybox"),
        source: source("busybox", 3),
        sent_bytes: 100,
    };
    let events = world.submit(&Command::Image(push.clone().into())).unwrap();
    assert!(matches!(events[..], [Event::Image(ImageEvent::Pushed(_))]));
    assert_eq!(find(&world, &digested("busybox", 3)), Some(busybox()));
    let again = world.submit(&Command::Image(push.into()));
    assert!(matches!(again, Err(Refusal::Conflict(_))), "{again:?}");
}

#[test]
fn a_push_under_a_name_that_the_image_does_not_have_gives_it_none() {
    let mut world = World::with_image();
    let transfer = open(&mut world, ImageSource::Push);
    let (image, name, source) = (busybox(), image_name("app"), source("app", 3));
    let push = CompletePush { transfer, image, name, source, sent_bytes: 0 };
    let events = world.submit(&Command::Image(push.clone().into())).unwrap();
    assert!(matches!(events[..], [Event::Image(ImageEvent::PushedElsewhere(_))]));
    assert_eq!((find(&world, &digested("app", 3)), find(&world, &image_name("app"))), (None, None));
    let again = world.submit(&Command::Image(push.into()));
    assert!(matches!(again, Err(Refusal::Conflict(_))), "{again:?}");
}

#[test]
fn an_image_that_went_while_it_was_pushed_stays_gone() {
    let mut world = World::with_image();
    let transfer = open(&mut world, ImageSource::Push);
    remove(&mut world, &image_name("busybox"), false).unwrap();
    let (image, name, source) = (busybox(), image_name("busybox"), source("busybox", 3));
    let push = CompletePush { transfer, image, name, source, sent_bytes: 0 };
    world.submit(&Command::Image(push.into())).unwrap();
    assert_eq!(find(&world, &digested("busybox", 3)), None);
}

#[test]
fn an_image_with_a_digest_alone_is_not_dangling() {
    let mut world = World::with_image();
    pull(&mut world, digested("app", 1), "app", 1);
    let prune = |dangling_only| PruneImages { dangling_only, ..PruneImages::default() };
    assert_eq!(world.submit(&Command::Image(prune(true).into())).unwrap().len(), 1);
    let events = world.submit(&Command::Image(prune(false).into())).unwrap();
    let gone = |event: &&Event| matches!(event, Event::Image(ImageEvent::DigestRemoved(_)));
    assert_eq!(events.iter().filter(gone).count(), 1);
    assert!(world.state.images().is_empty());
}
