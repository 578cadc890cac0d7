//! Ports of the host: who has which, and a start that wants one that is taken.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use journal_domain::*;
use journal_log::Timestamp;
use projector_containers::Phase;

use super::kit::World;

const WEB: ContainerPort = ContainerPort { number: 80, protocol: Protocol::Tcp };

fn place(address: Option<IpAddr>, first_port: u16, last_port: u16) -> HostPlace {
    HostPlace { address, first_port, last_port, ..HostPlace::any() }
}

/// Creates a container that wants its port 80 at these places.
fn create(world: &mut World, name: &str, places: Vec<HostPlace>) {
    let ports = vec![PublishedPort { port: WEB, places }];
    let options = vec![ContainerOption::Publishing(Publishing { all: false, ports })];
    world.create_with(name, options).unwrap();
}

fn start(world: &mut World, name: &str) -> Vec<Event> {
    let start = StartContainer { target: name.into(), endpoint: EndpointId::from_bytes([7; 32]) };
    world.submit(&Command::Container(start.into())).unwrap()
}

fn observe_started(world: &mut World, name: &str, ports: Vec<BoundPort>) -> Vec<Event> {
    let started =
        ObserveStarted { id: world.id(name), incarnation: 1, pid: 9, started_at: Timestamp::ZERO };
    let seen = ObserveStartedWith { started, ports };
    world.submit(&Command::Container(seen.into())).unwrap()
}

fn exit(world: &mut World, name: &str) {
    let seen = ObserveExit {
        id: world.id(name),
        incarnation: 1,
        exit_code: 0,
        oom_killed: false,
        finished_at: Timestamp::ZERO,
        error: String::new(),
    };
    world.submit(&Command::Container(seen.into())).unwrap();
}

/// The reason of a start that failed, behind the endpoint's name; `None` where it was not refused.
fn conflict(events: &[Event]) -> Option<String> {
    events.iter().find_map(|event| match event {
        Event::Container(ContainerEvent::StartFailed(failed)) => {
            assert_eq!(failed.exit_code, 128);
            let begin = "driver failed programming external connectivity on endpoint ";
            assert!(failed.message.starts_with(begin), "{}", failed.message);
            failed.message.split_once("): ").map(|(_, reason)| reason.to_owned())
        }
        _ => None,
    })
}

#[test]
fn a_port_that_another_container_has_fails_the_start_and_stays_the_others() {
    let mut world = World::with_image();
    create(&mut world, "one", vec![place(None, 8080, 8080)]);
    create(&mut world, "two", vec![place(None, 8080, 8080)]);
    assert_eq!(conflict(&start(&mut world, "one")), None);
    let taken = "Bind for 0.0.0.0:8080 failed: port is already allocated";
    for _ in 0..2 {
        assert_eq!(conflict(&start(&mut world, "two")).as_deref(), Some(taken));
    }
    let two = world.state.find("two").unwrap();
    assert!(matches!(&two.phase, Phase::Created(Some(failure)) if failure.message.contains(taken)));
    exit(&mut world, "one");
    assert_eq!(conflict(&start(&mut world, "two")), None);
}

#[test]
fn addresses_and_protocols_are_ports_of_their_own() {
    let mut world = World::with_image();
    create(&mut world, "one", vec![place(Some(Ipv4Addr::LOCALHOST.into()), 8080, 8080)]);
    create(&mut world, "two", vec![place(Some(Ipv6Addr::LOCALHOST.into()), 8080, 8080)]);
    create(&mut world, "three", vec![place(Some(Ipv6Addr::LOCALHOST.into()), 8080, 8080)]);
    assert_eq!(conflict(&start(&mut world, "one")), None);
    assert_eq!(conflict(&start(&mut world, "two")), None);
    let taken = "Bind for [::1]:8080 failed: port is already allocated";
    assert_eq!(conflict(&start(&mut world, "three")).as_deref(), Some(taken));
}

#[test]
fn one_port_twice_in_one_container_is_taken() {
    let mut world = World::with_image();
    create(&mut world, "one", vec![place(None, 8080, 8080), place(None, 8080, 8080)]);
    assert!(conflict(&start(&mut world, "one")).is_some());
}

#[test]
fn what_was_bound_is_shown_while_it_runs_and_held_against_others() {
    let mut world = World::with_image();
    create(&mut world, "one", vec![place(None, 8000, 8010)]);
    create(&mut world, "two", vec![place(None, 8003, 8003)]);
    start(&mut world, "one");
    let bound = BoundPort { port: WEB, host: SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 8003) };
    let events = observe_started(&mut world, "one", vec![bound]);
    assert_eq!(events.len(), 2, "{events:?}");
    assert_eq!(world.state.find("one").unwrap().bound_ports(), [bound]);
    assert!(conflict(&start(&mut world, "two")).is_some());
    exit(&mut world, "one");
    assert_eq!(world.state.find("one").unwrap().bound_ports(), []);
    assert_eq!(conflict(&start(&mut world, "two")), None);
}
