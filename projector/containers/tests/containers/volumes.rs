//! Volumes: who uses them keeps them, and containers are given what they and their images ask for.

use journal_domain::*;
use projector_containers::{Containers, State};
use projector_machine::Machine;

use crate::kit::{World, image};

fn name(text: &str) -> VolumeName {
    text.parse().unwrap()
}

fn create_volume(world: &mut World, text: &str) -> Vec<Event> {
    let volume = Volume {
        name: name(text),
        anonymous: false,
        options: Default::default(),
        labels: Default::default(),
    };
    world.submit(&VolumeCommand::from(CreateVolume { volume }).into()).unwrap()
}

fn remove_volume(world: &mut World, text: &str) -> Result<Vec<Event>, Refusal> {
    world.submit(&VolumeCommand::from(RemoveVolume { name: text.into() }).into())
}

fn asked(target: &str, source: MountSource) -> AskedMount {
    let mount = MountRequest { target: target.into(), source, access: MountAccess::default() };
    AskedMount { field: MountField::Binds, text: String::new(), mount }
}

fn of_volume(target: &str, volume: Option<&str>) -> AskedMount {
    let request = VolumeRequest { name: volume.map(name), copy: true, ..VolumeRequest::default() };
    asked(target, MountSource::Volume(request))
}

fn of_path(target: &str) -> AskedMount {
    asked(target, MountSource::Path { path: "/host".into(), create: true })
}

fn mounting(asked: Vec<AskedMount>) -> Vec<ContainerOption> {
    vec![ContainerOption::Mounting(Mounting { asked, ..Mounting::default() })]
}

fn targets(state: &State, container: &str) -> Vec<String> {
    let points = state.find(container).unwrap().mount_points().iter();
    points.map(|point| point.target.clone()).collect()
}

fn volumes(state: &State) -> Vec<&str> {
    state.volumes().iter().map(|kept| kept.volume.name.as_str()).collect()
}

fn remove(world: &mut World, target: &str, volumes: bool) {
    let command = RemoveContainer { target: target.into(), force: false, volumes };
    let id = world.id(target);
    world.submit(&Command::Container(command.into())).unwrap();
    world.submit(&Command::Container(ObserveRemoved { id }.into())).unwrap();
}

#[test]
fn a_volume_of_the_same_name_is_the_one_that_is_there() {
    let mut world = World::with_image();
    assert_eq!(create_volume(&mut world, "data").len(), 1);
    assert!(create_volume(&mut world, "data").is_empty());
    assert_eq!(volumes(&world.state), ["data"]);
}

#[test]
fn a_volume_in_use_stays_and_its_users_are_named() {
    let mut world = World::with_image();
    world.create_with("web", mounting(vec![of_volume("/d", Some("data"))])).unwrap();
    world.create_with("api", mounting(vec![of_volume("/d", Some("data"))])).unwrap();
    let (web, api) = (world.id("web"), world.id("api"));
    let refusal = remove_volume(&mut world, "data").unwrap_err();
    assert_eq!(refusal.to_string(), format!("remove data: volume is in use - [{web}, {api}]"));
    remove(&mut world, "web", true);
    remove(&mut world, "api", true);
    assert_eq!(volumes(&world.state), ["data"], "a volume with a name stays");
    remove_volume(&mut world, "data").unwrap();
    assert!(volumes(&world.state).is_empty());
    let gone =
        world.submit(&VolumeCommand::from(ObserveVolumeRemoved { name: name("data") }).into());
    assert_eq!(gone.unwrap().len(), 1);
    let refusal = remove_volume(&mut world, "data").unwrap_err();
    assert_eq!(refusal.to_string(), "get data: no such volume");
}

#[test]
fn volumes_without_a_name_go_with_their_container_if_that_is_asked_for() {
    let mut world = World::with_image();
    for (container, volumes) in [("kept", false), ("gone", true)] {
        world.create_with(container, mounting(vec![of_volume("/d", None)])).unwrap();
        remove(&mut world, container, volumes);
    }
    assert_eq!(volumes(&world.state).len(), 1);
    let made = world.state.volumes().iter().next().unwrap();
    assert!(made.volume.anonymous && made.users.is_empty());
}

#[test]
fn a_volume_without_a_name_stays_for_another_container() {
    let mut world = World::with_image();
    world.create_with("web", mounting(vec![of_volume("/d", None)])).unwrap();
    let from =
        VolumesFrom { container: "web".into(), read_only: Some(true), text: "web:ro".into() };
    let options = Mounting { volumes_from: vec![from], ..Mounting::default() };
    world.create_with("other", vec![ContainerOption::Mounting(options)]).unwrap();
    assert_eq!(targets(&world.state, "other"), ["/d"]);
    let point = &world.state.find("other").unwrap().mount_points()[0];
    assert_eq!(point.access.read_only, ReadOnly::All);
    remove(&mut world, "web", true);
    assert_eq!(volumes(&world.state).len(), 1);
    remove(&mut world, "other", true);
    assert!(volumes(&world.state).is_empty());
}

#[test]
fn an_images_volumes_give_way_to_what_is_asked_for() {
    let mut world = World::with_image();
    let config = ImageConfig {
        cmd: Some(vec!["sh".into()]),
        volumes: vec!["/data/".into(), "/log".into()],
        ..ImageConfig::default()
    };
    world.add_image(image(0xbb, config), "busybox");
    world.create_with("plain", Vec::new()).unwrap();
    assert_eq!(targets(&world.state, "plain"), ["/data", "/log"]);
    let asked = vec![of_path("/data"), of_volume("/data/deep/er", Some("deep"))];
    world.create_with("asking", mounting(asked)).unwrap();
    assert_eq!(targets(&world.state, "asking"), ["/data", "/log", "/data/deep/er"]);
    let first = &world.state.find("asking").unwrap().mount_points()[0];
    assert!(matches!(first.source, PointSource::Path { .. }));
    let refused = world.create_with("twice", mounting(vec![of_path("/x"), of_path("/x")]));
    assert_eq!(refused.unwrap_err().to_string(), "Duplicate mount point: /x");
}

#[test]
fn a_volume_is_pending_until_it_is_made_and_filled() {
    let mut world = World::with_image();
    world.create_with("web", mounting(vec![of_volume("/d", Some("data"))])).unwrap();
    let web = world.id("web");
    let pending = |world: &World| world.state.work().volumes().count();
    let ready = |copied| {
        Command::from(VolumeCommand::from(ObserveVolumeReady { name: name("data"), copied }))
    };
    assert_eq!(pending(&world), 1);
    world.submit(&ready(Vec::new())).unwrap();
    assert_eq!(pending(&world), 1, "what the image has is still to be copied");
    assert!(!world.state.volumes().get(&name("data")).unwrap().is_ready_for(&web));
    world.submit(&ready(vec![(web, "/d".into())])).unwrap();
    assert_eq!(pending(&world), 0);
    let again = Containers::decide(&world.state, &ready(Vec::new()), Default::default());
    assert!(again.unwrap().is_empty(), "what is known is no news");
}
