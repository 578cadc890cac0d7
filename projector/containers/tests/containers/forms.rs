//! States in the forms of earlier schemas, from which the present one is made again.

use journal_domain::{ContainerOption, Namespaces, Networking, Sharing};
use journal_log::codec;
use projector_containers::{Containers, Phase, State};
use projector_machine::{Machine, in_form};

use crate::kit::World;

/// A start that shares something with one container and is told of another.
fn starting() -> World {
    let mut world = World::with_image();
    for name in ["web", "store"] {
        world.tell(&format!("create {name}"));
        world.tell(&format!("start {name}"));
        world.tell(&format!("started {name}"));
    }
    let shared = Some(Sharing::Container(world.id("web").to_string()));
    let options = vec![
        ContainerOption::Namespaces(Namespaces { pid: shared, ..Namespaces::default() }),
        ContainerOption::Networking(Networking {
            mode: "default".into(),
            endpoints: Vec::new(),
            links: vec!["store:s".into()],
        }),
    ];
    world.create_with("side", options).unwrap();
    world.tell("start side");
    world
}

#[test]
fn a_state_in_an_earlier_form_is_completed() {
    let world = starting();
    let Phase::Starting(start) = &world.state.find("side").unwrap().phase else {
        panic!("it does not start")
    };
    let request = &start.request;
    assert!(request.options.is_some() && request.peers.len() == 1 && request.links.len() == 1);
    let present = Containers::state_hash(&world.state);
    for schema in Containers::SCHEMA_OLDEST..=Containers::SCHEMA {
        let bytes = in_form(schema, || codec::encode(&world.state)).unwrap();
        let mut read: State = in_form(schema, || codec::decode(&bytes)).unwrap();
        let in_its_form = |state| in_form(schema, || Containers::state_hash(state));
        assert_eq!(in_its_form(&read), in_its_form(&world.state), "{schema}");
        assert_eq!(in_its_form(&read) == present, schema == Containers::SCHEMA, "{schema}");
        Containers::complete(&mut read, schema);
        assert_eq!(Containers::state_hash(&read), present, "{schema}");
    }
}
