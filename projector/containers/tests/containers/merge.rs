//! Docker's rules for the image's configuration and the client's.

use std::collections::BTreeMap;

use journal_domain::{ContainerEvent, ContainerSpec, Event, ImageConfig, Refusal, Signal};

use crate::kit::{World, image};

fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// Creates a container of an image with `config` and gives what it shall be.
fn merged(config: ImageConfig, asked: ContainerSpec) -> Result<ContainerSpec, Refusal> {
    let mut world = World::default();
    world.add_image(image(1, config), "app");
    let events = world.create("web", ContainerSpec { image: "app".into(), ..asked })?;
    match &events[0] {
        Event::Container(ContainerEvent::Created(created)) => Ok((*created.spec).clone()),
        other => panic!("{other:?}"),
    }
}

fn argv(
    image: (Option<&[&str]>, Option<&[&str]>),
    asked: (Option<&[&str]>, Option<&[&str]>),
) -> Result<Vec<String>, Refusal> {
    let config = ImageConfig {
        entrypoint: image.0.map(strings),
        cmd: image.1.map(strings),
        ..ImageConfig::default()
    };
    let asked = ContainerSpec {
        entrypoint: asked.0.map(strings),
        cmd: asked.1.map(strings),
        ..ContainerSpec::default()
    };
    merged(config, asked).map(|spec| spec.argv())
}

#[test]
fn entry_point_and_command_override_each_other_as_in_docker() {
    let image: (Option<&[&str]>, Option<&[&str]>) = (Some(&["entry"]), Some(&["default"]));
    assert_eq!(argv(image, (None, None)), Ok(strings(&["entry", "default"])));
    assert_eq!(argv(image, (None, Some(&["own"]))), Ok(strings(&["entry", "own"])));
    assert_eq!(argv(image, (Some(&["other"]), None)), Ok(strings(&["other"])));
    assert_eq!(argv(image, (Some(&["other"]), Some(&["own"]))), Ok(strings(&["other", "own"])));
    assert_eq!(argv(image, (Some(&[""]), Some(&["own"]))), Ok(strings(&["own"])));
    assert_eq!(argv(image, (None, Some(&[]))), Ok(strings(&["entry", "default"])));
}

#[test]
fn a_container_needs_a_command() {
    let refused = argv((None, None), (None, None));
    assert_eq!(refused, Err(Refusal::InvalidParameter("no command specified".into())));
    let cleared = argv((Some(&["entry"]), Some(&["default"])), (Some(&[""]), None));
    assert_eq!(cleared, Err(Refusal::InvalidParameter("no command specified".into())));
}

#[test]
fn the_clients_variables_win_and_a_bare_name_removes_one() {
    let config = ImageConfig {
        cmd: Some(strings(&["sh"])),
        env: strings(&["PATH=/bin", "A=image", "B=image"]),
        ..ImageConfig::default()
    };
    let asked =
        ContainerSpec { env: strings(&["A=own", "B", "C=new"]), ..ContainerSpec::default() };
    let spec = merged(config, asked).unwrap();
    assert_eq!(spec.env, strings(&["A=own", "B", "C=new", "PATH=/bin"]));
}

#[test]
fn labels_ports_and_defaults_of_the_image_fill_the_gaps() {
    let label = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let config = ImageConfig {
        cmd: Some(strings(&["sh"])),
        labels: BTreeMap::from([label("a", "image"), label("b", "image")]),
        exposed_ports: strings(&["80/tcp", "53/udp"]),
        working_dir: "/app".into(),
        user: "nobody".into(),
        stop_signal: Some(Signal::KILL),
        ..ImageConfig::default()
    };
    let asked = ContainerSpec {
        labels: BTreeMap::from([label("a", "own")]),
        exposed_ports: strings(&["80/tcp"]),
        user: "root".into(),
        ..ContainerSpec::default()
    };
    let spec = merged(config, asked).unwrap();
    assert_eq!(spec.labels, BTreeMap::from([label("a", "own"), label("b", "image")]));
    assert_eq!(spec.exposed_ports, strings(&["80/tcp", "53/udp"]));
    assert_eq!((spec.working_dir.as_str(), spec.user.as_str()), ("/app", "root"));
    assert_eq!(spec.stop_signal_or_term(), Signal::KILL);
}
