//! Pods: made with the container that holds what is shared, joined, and gone with all that is in them.

use journal_domain::*;
use projector_containers::Tie;

use crate::kit::World;

const POD: PodId = PodId::from_bytes([7; 32]);
const HOLDER: ContainerId = ContainerId::from_bytes([8; 32]);

fn create_pod(world: &mut World, name: &str) -> Result<Vec<Event>, Refusal> {
    let spec = ContainerSpec { cmd: Some(vec!["/pause".into()]), ..ContainerSpec::default() };
    let create = CreateContainer {
        id: HOLDER,
        name: None,
        name_seed: 1,
        image_name: None,
        spec: Box::new(spec),
    };
    let holder = Some(Box::new(CreateContainerWith { create, options: Vec::new() }));
    let shared = vec![PodNamespace::Network, PodNamespace::Uts];
    let (name, name_seed) = (Some(name.to_owned()), 2);
    let pod = CreatePod { id: POD, name, name_seed, labels: Default::default(), shared, holder };
    world.submit(&PodCommand::from(pod).into())
}

fn remove_pod(world: &mut World, force: bool) -> Result<Vec<Event>, Refusal> {
    world.submit(&PodCommand::from(RemovePod { target: "front".into(), force }).into())
}

fn join(world: &mut World, name: &str) -> Result<Vec<Event>, Refusal> {
    let place = PodPlace { pod: POD, holds: false, uts_of: Some(HOLDER.to_string()) };
    world.create_with(name, vec![ContainerOption::Pod(place)])
}

fn submit(world: &mut World, command: impl Into<ContainerCommand>) -> Result<Vec<Event>, Refusal> {
    world.submit(&Command::Container(command.into()))
}

fn start(world: &mut World, target: &str) -> Result<Vec<Event>, Refusal> {
    let endpoint = EndpointId::from_bytes([3; 32]);
    submit(world, StartContainer { target: target.into(), endpoint })
}

fn run(world: &mut World, target: &str) {
    start(world, target).unwrap();
    let (id, now) = (world.id(target), journal_log::Timestamp::ZERO);
    submit(world, ObserveStarted { id, incarnation: 1, pid: 5, started_at: now }).unwrap();
}

fn members(world: &World) -> Vec<ContainerId> {
    world.state.pods().get(&POD).unwrap().members.clone()
}

fn gone(world: &mut World, id: ContainerId) -> Vec<Event> {
    submit(world, ObserveRemoved { id }).unwrap()
}

#[test]
fn a_pod_and_its_holder_come_in_one_record() {
    let mut world = World::with_image();
    let events = create_pod(&mut world, "front").unwrap();
    assert!(matches!(events[0], Event::Pod(PodEvent::Created(_))));
    let holder = world.state.container(&HOLDER).unwrap();
    assert!(holder.name.as_str().ends_with("-infra") && holder.pod().unwrap().holds);
    assert_eq!((holder.spec.hostname.as_str(), holder.spec.image_id), ("front", None));
    assert_eq!(members(&world), [HOLDER]);
}

#[test]
fn pods_and_containers_have_no_name_in_common() {
    let mut world = World::with_image();
    world.create_with("front", Vec::new()).unwrap();
    assert!(create_pod(&mut world, "front").unwrap_err().to_string().contains("already in use"));
    create_pod(&mut world, "back").unwrap();
    let taken = world.create_with("back", Vec::new()).unwrap_err();
    assert_eq!(taken.to_string(), "name \"back\" is in use: pod already exists");
}

#[test]
fn a_container_joins_a_pod_that_is_there() {
    let mut world = World::with_image();
    assert_eq!(join(&mut world, "web").unwrap_err(), Refusal::NoSuchPod(POD.to_string()));
    create_pod(&mut world, "front").unwrap();
    join(&mut world, "web").unwrap();
    assert_eq!(members(&world), [HOLDER, world.id("web")]);
    let ties: Vec<_> = world.state.units().into_iter().flat_map(|unit| unit.ties).collect();
    assert_eq!(ties, [Tie::Pod("front")]);
    let id = world.id("web");
    submit(&mut world, RemoveContainer { target: "web".into(), force: false, volumes: false })
        .unwrap();
    gone(&mut world, id);
    assert_eq!(members(&world), [HOLDER]);
}

#[test]
fn no_member_runs_before_what_it_shares() {
    let mut world = World::with_image();
    create_pod(&mut world, "front").unwrap();
    join(&mut world, "web").unwrap();
    let refused = start(&mut world, "web").unwrap_err().to_string();
    assert!(refused.contains("cannot join the host name of a non running container"), "{refused}");
    run(&mut world, &HOLDER.to_string());
    start(&mut world, "web").unwrap();
}

#[test]
fn a_holder_goes_with_its_pod_alone() {
    let mut world = World::with_image();
    create_pod(&mut world, "front").unwrap();
    let remove = RemoveContainer { target: HOLDER.to_string(), force: true, volumes: false };
    let refused = submit(&mut world, remove).unwrap_err().to_string();
    assert!(refused.contains("cannot be removed without removing the pod"), "{refused}");
    remove_pod(&mut world, false).unwrap();
    let events = gone(&mut world, HOLDER);
    assert!(events.contains(&PodRemoved { id: POD }.into()), "{events:?}");
    assert!(world.state.pods().get(&POD).is_none());
    create_pod(&mut world, "front").unwrap();
}

#[test]
fn a_pod_with_a_container_that_runs_is_removed_by_force_alone() {
    let mut world = World::with_image();
    create_pod(&mut world, "front").unwrap();
    join(&mut world, "web").unwrap();
    run(&mut world, &HOLDER.to_string());
    run(&mut world, "web");
    let refused = remove_pod(&mut world, false).unwrap_err().to_string();
    assert!(refused.contains("cannot be removed without force"), "{refused}");
    let events = remove_pod(&mut world, true).unwrap();
    let killed = events.iter().filter(|event| {
        matches!(event, Event::Container(ContainerEvent::SignalRequested(asked)) if asked.signal == Signal::KILL)
    });
    assert_eq!(killed.count(), 2);
    assert!(world.state.pods().get(&POD).unwrap().removing);
    assert_eq!(
        join(&mut world, "late").unwrap_err().code(),
        Refusal::Conflict(String::new()).code()
    );
}
