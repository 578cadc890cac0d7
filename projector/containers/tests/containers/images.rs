//! Names, deletion and the layers that are left over.

use journal_domain::{
    Command, DeleteImage, Digest, Event, ImageConfig, ImageEvent, ObserveLayersDropped, Refusal,
    TagImage,
};

use crate::kit::{World, image, image_name, layer_of};

fn tag(world: &mut World, target: &str, name: &str) -> Result<Vec<Event>, Refusal> {
    let (target_name, name) = (Some(image_name(target)), image_name(name));
    world.submit(&Command::Image(TagImage { target: target.into(), target_name, name }.into()))
}

fn delete(world: &mut World, target: &str, force: bool) -> Result<Vec<Event>, Refusal> {
    let target_name = Some(image_name(target));
    world.submit(&Command::Image(DeleteImage { target: target.into(), target_name, force }.into()))
}

fn busybox() -> Digest {
    Digest::from_bytes([0xaa; 32])
}

fn garbage(world: &World) -> Vec<Digest> {
    world.state.work().unreferenced().copied().collect()
}

fn run(world: &mut World, line: &str) {
    let spec = journal_domain::ContainerSpec { image: "busybox".into(), ..Default::default() };
    world.create(line, spec).unwrap();
}

#[test]
fn a_tag_is_one_more_name_and_moves_when_it_is_given_again() {
    let mut world = World::with_image();
    tag(&mut world, "busybox", "box").unwrap();
    assert_eq!(world.state.images().names(&busybox()).len(), 2);
    world.add_image(image(0xab, ImageConfig::default()), "box");
    assert_eq!(world.state.images().names(&busybox()), [image_name("busybox")]);
    assert_eq!(tag(&mut world, "busybox", "busybox"), Ok(Vec::new()));
    assert!(matches!(tag(&mut world, "nosuch", "x"), Err(Refusal::NoSuchImage(_))));
}

#[test]
fn the_last_name_takes_the_image_and_its_layers_with_it() {
    let mut world = World::with_image();
    tag(&mut world, "busybox", "box").unwrap();
    assert_eq!(delete(&mut world, "box", false).unwrap().len(), 1);
    let events = delete(&mut world, "busybox", false).unwrap();
    assert!(matches!(events[..], [_, Event::Image(ImageEvent::Deleted(_))]));
    assert!(world.state.images().is_empty());
    assert_eq!(garbage(&world), [layer_of(0xaa), busybox()]);
    assert!(!world.state.images().refers_to(&busybox()));
    let dropped = ObserveLayersDropped { diff_ids: garbage(&world) };
    world.submit(&Command::Image(dropped.into())).unwrap();
    assert!(garbage(&world).is_empty());
}

#[test]
fn an_image_in_use_keeps_its_layers_for_its_containers() {
    let mut world = World::with_image();
    run(&mut world, "web");
    let refused = delete(&mut world, "busybox", false).unwrap_err().to_string();
    assert!(
        refused.starts_with("conflict: unable to remove repository reference \"busybox\""),
        "{refused}"
    );
    delete(&mut world, "busybox", true).unwrap();
    let id = busybox().short();
    let refused = delete(&mut world, &id, false).unwrap_err().to_string();
    assert!(refused.contains("being used by stopped container"), "{refused}");
    delete(&mut world, &id, true).unwrap();
    assert!(world.state.images().is_empty());
    assert_eq!(garbage(&world), [busybox()], "the container still needs the layer");
    assert!(world.state.images().refers_to(&layer_of(0xaa)));
}

#[test]
fn an_id_with_several_names_needs_force() {
    let mut world = World::with_image();
    tag(&mut world, "busybox", "box").unwrap();
    let refused = delete(&mut world, &busybox().short(), false).unwrap_err().to_string();
    assert!(refused.contains("image is referenced in multiple repositories"), "{refused}");
    assert_eq!(delete(&mut world, &busybox().to_string(), true).unwrap().len(), 3);
}

#[test]
fn a_layer_that_is_wanted_again_is_no_garbage() {
    let mut world = World::with_image();
    delete(&mut world, "busybox", false).unwrap();
    world.add_image(image(0xaa, ImageConfig::default()), "again");
    assert!(garbage(&world).is_empty());
}
