//! Names, deletion and the layers that are left over.

use std::sync::Arc;

use journal_domain::{
    Command, DeleteImage, Digest, Event, Image, ImageConfig, ImageEvent, LabelFilter, Layer,
    ObserveLayersDropped, PruneImages, Refusal, SaveImages, TagImage,
};
use projector_containers::PRUNED_IMAGES_MAX;

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
    assert_eq!(tag(&mut world, "busybox", "busybox").unwrap().len(), 1, "it is tagged anew");
    assert_eq!(world.state.images().names(&busybox()), [image_name("busybox")]);
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

/// Prunes, and tells the bytes that came back.
fn prune(world: &mut World, command: PruneImages) -> u64 {
    let events = world.submit(&Command::Image(command.into())).unwrap();
    let Some(Event::Image(ImageEvent::Pruned(event))) = events.last() else { panic!("{events:?}") };
    event.reclaimed_bytes
}

fn dangling() -> PruneImages {
    PruneImages { dangling_only: true, ..PruneImages::default() }
}

/// An image of its own layer and of that of busybox.
fn upper(byte: u8, created: &str, labels: &[&str]) -> Arc<Image> {
    let labels = labels.iter().map(|label| ((*label).to_owned(), "yes".to_owned()));
    let config = ImageConfig { labels: labels.collect(), ..ImageConfig::default() };
    let mut image = Image::clone(&image(byte, config));
    image.layers.insert(0, Layer { diff_id: layer_of(0xaa), ..image.layers[0] });
    image.created = created.into();
    Arc::new(image)
}

#[test]
fn a_prune_takes_what_has_no_name_and_no_container_and_tells_only_what_came_back() {
    let mut world = World::with_image();
    world.add_image(upper(1, "", &[]), "upper");
    world.add_image(upper(2, "", &[]), "upper");
    run(&mut world, "web");
    assert_eq!(prune(&mut world, dangling()), 100, "the lower layer is still used");
    assert_eq!(world.state.images().len(), 2);
    assert_eq!(prune(&mut world, dangling()), 0);
    assert_eq!(prune(&mut world, PruneImages::default()), 100);
    let left: Vec<_> = world.state.images().iter().map(|image| image.id).collect();
    assert_eq!(left, [busybox()], "a container is made of it");
    assert_eq!(world.state.images().names(&busybox()).len(), 1, "and it keeps its name");
}

#[test]
fn a_layer_that_two_images_take_with_them_comes_back_once() {
    let mut world = World::with_image();
    world.add_image(upper(1, "", &[]), "upper");
    assert_eq!(prune(&mut world, PruneImages::default()), 200);
    assert!(world.state.images().is_empty());
}

#[test]
fn the_filters_of_a_prune_narrow_it_down() {
    let label = |name: &str, value: Option<&str>| LabelFilter {
        name: name.into(),
        value: value.map(Into::into),
    };
    let until = Some("2024-01-01T00:00:00Z".parse().unwrap());
    let all = PruneImages::default;
    for (command, left) in [
        (PruneImages { until, ..all() }, vec!["busybox", "late"]),
        (PruneImages { labels: vec![label("keep", None)], ..all() }, vec!["busybox", "early"]),
        (
            PruneImages { labels: vec![label("keep", Some("no"))], ..all() },
            vec!["busybox", "early", "late"],
        ),
        (PruneImages { kept_by_labels: vec![label("keep", None)], ..all() }, vec!["late"]),
        (PruneImages { kept_by_labels: vec![label("keep", Some("yes"))], ..all() }, vec!["late"]),
    ] {
        let mut world = World::with_image();
        world.add_image(upper(1, "2023-01-01T00:00:00Z", &[]), "early");
        world.add_image(upper(2, "2025-01-01T00:00:00Z", &["keep"]), "late");
        prune(&mut world, command.clone());
        let names =
            world.state.images().iter().flat_map(|image| world.state.images().names(&image.id));
        let mut found: Vec<_> =
            names.map(|name| name.familiar().trim_end_matches(":latest")).collect();
        found.sort_unstable();
        assert_eq!(found, left, "{command:?}");
    }
}

#[test]
fn a_prune_of_many_images_goes_on_in_further_records() {
    let mut world = World::default();
    for number in 0..=PRUNED_IMAGES_MAX {
        let mut image = Image::clone(&image(0, ImageConfig::default()));
        image.id = Digest::from_bytes(std::array::from_fn(|at| (number >> (8 * (at % 2))) as u8));
        world.add_image(image.into(), "same");
    }
    prune(&mut world, dangling());
    assert_eq!(world.state.images().len(), 1, "the one that has the name");
    prune(&mut world, PruneImages::default());
    assert!(world.state.images().is_empty());
}

#[test]
fn saving_what_has_gone_is_refused() {
    let mut world = World::with_image();
    let save = |images| Command::Image(SaveImages { images }.into());
    assert_eq!(world.submit(&save(vec![busybox()])).unwrap().len(), 1);
    let refused = world.submit(&save(vec![busybox(), layer_of(1)])).unwrap_err();
    assert!(matches!(refused, Refusal::NoSuchImage(_)), "{refused}");
}
