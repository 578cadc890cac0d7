//! Networks: who is in them keeps them, and who has which address and name.

use std::net::IpAddr;

use journal_domain::*;
use projector_containers::{Tie, Wiring};

use crate::kit::World;

fn network(number: u8) -> NetworkId {
    NetworkId::from_bytes([number; 32])
}

fn endpoint(number: u8) -> EndpointId {
    EndpointId::from_bytes([number; 32])
}

fn request(name: &str) -> NetworkRequest {
    NetworkRequest { name: name.into(), ..NetworkRequest::default() }
}

fn pool(subnet: &str) -> PoolRequest {
    let subnet = subnet.parse().unwrap();
    PoolRequest { subnet, range: None, gateway: None, reserved: Default::default() }
}

fn submit(world: &mut World, command: impl Into<NetworkCommand>) -> Result<Vec<Event>, Refusal> {
    world.submit(&Command::Network(command.into()))
}

/// Creates a network and has the backend make it.
fn create(world: &mut World, number: u8, request: NetworkRequest) -> Result<NetworkId, Refusal> {
    let id = network(number);
    let reached = vec!["172.17.0.0/16".parse().unwrap(), "172.18.5.0/24".parse().unwrap()];
    submit(world, CreateNetwork { id, request: request.into(), reached })?;
    submit(world, ObserveNetworkMade { id, error: String::new() })?;
    Ok(id)
}

fn connect(world: &mut World, name: &str, request: EndpointRequest) -> Result<Vec<Event>, Refusal> {
    let (network, container) = (request.network.clone(), name.to_owned());
    let request = Box::new(request);
    submit(world, ConnectContainer { network, container, endpoint: endpoint(9), request })
}

fn disconnect(world: &mut World, name: &str, network: &str) -> Result<Vec<Event>, Refusal> {
    let (network, container) = (network.to_owned(), name.to_owned());
    submit(world, DisconnectContainer { network, container, force: false })
}

/// Creates a container in networks, that of its mode first.
fn container(world: &mut World, name: &str, endpoints: Vec<EndpointRequest>) {
    let mode = endpoints[0].network.clone();
    let networking = Networking { mode, endpoints, links: Vec::new() };
    world.create_in(name, NetworkMode::User, networking).unwrap();
}

fn start(world: &mut World, name: &str) -> Result<Vec<Event>, Refusal> {
    let command = StartContainer { target: name.into(), endpoint: endpoint(1) };
    let events = world.submit(&Command::Container(command.into()))?;
    let (id, incarnation) = (world.id(name), world.state.find(name).unwrap().incarnation);
    let started_at = journal_log::Timestamp::ZERO;
    let seen = ObserveStarted { id, incarnation, pid: 7, started_at };
    world.submit(&Command::Container(seen.into()))?;
    Ok(events)
}

fn end(world: &mut World, name: &str) {
    let (id, incarnation) = (world.id(name), world.state.find(name).unwrap().incarnation);
    let (finished_at, error) = (journal_log::Timestamp::ZERO, String::new());
    let seen = ObserveExit { id, incarnation, exit_code: 0, oom_killed: false, finished_at, error };
    world.submit(&Command::Container(seen.into())).unwrap();
}

fn wire(world: &mut World, name: &str, error: &str) {
    let found = world.state.find(name).unwrap();
    let changing = found.endpoints.iter().filter(|endpoint| endpoint.is_changing());
    let endpoints = changing.filter_map(|one| one.lease).map(|lease| lease.endpoint).collect();
    let (container, incarnation, error) = (found.id, found.incarnation, error.to_owned());
    submit(world, ObserveWired { container, incarnation, endpoints, error }).unwrap();
}

fn addresses(world: &World, name: &str) -> Vec<String> {
    let leases = world.state.find(name).unwrap().leases();
    leases.flat_map(|lease| lease.addresses()).map(|address| address.to_string()).collect()
}

fn resolved(world: &World, asker: &str, name: &str) -> Vec<String> {
    let found = world.state.resolve(&world.id(asker), name);
    found.iter().map(IpAddr::to_string).collect()
}

#[test]
fn a_subnet_that_nobody_chose_is_free_here_and_on_the_host() {
    let mut world = World::with_image();
    // The host reaches the first two.
    let id = create(&mut world, 1, request("back")).unwrap();
    let subnet = world.state.networks().get(&id).unwrap().network.pools[0].subnet;
    assert_eq!(subnet.to_string(), "172.19.0.0/16");
    let id = create(&mut world, 2, request("front")).unwrap();
    let subnet = world.state.networks().get(&id).unwrap().network.pools[0].subnet;
    assert_eq!(subnet.to_string(), "172.20.0.0/16");
}

#[test]
fn a_network_is_known_once_it_is_made_and_until_it_goes() {
    let mut world = World::with_image();
    let id = network(1);
    let create = CreateNetwork { id, request: request("back").into(), reached: Vec::new() };
    submit(&mut world, create.clone()).unwrap();
    assert!(world.state.networks().find("back").is_err());
    assert_eq!(world.state.work().networks().count(), 1);
    let refusal = submit(&mut world, CreateNetwork { id: network(2), ..create.clone() });
    assert_eq!(refusal.unwrap_err().to_string(), "network with name back already exists");
    submit(&mut world, ObserveNetworkMade { id, error: "no bridges".into() }).unwrap();
    assert_eq!(world.state.work().networks().count(), 0);
    submit(&mut world, create).unwrap();
    submit(&mut world, ObserveNetworkMade { id, error: String::new() }).unwrap();
    for target in ["back", &id.to_string(), &id.short()] {
        assert_eq!(world.state.networks().find(target).unwrap().network.id, id);
    }
    submit(&mut world, RemoveNetwork { target: "back".into() }).unwrap();
    assert!(world.state.networks().find("back").is_err());
    submit(&mut world, ObserveNetworkRemoved { id }).unwrap();
    assert!(world.state.networks().get(&id).is_none());
}

#[test]
fn a_run_gets_its_places_and_gives_them_back() {
    let mut world = World::with_image();
    let back = NetworkRequest { pools: vec![pool("10.9.0.0/24")], ..request("back") };
    let id = create(&mut world, 1, back).unwrap();
    create(&mut world, 2, request("front")).unwrap();
    let asked =
        EndpointRequest { ipv4: Some([10, 9, 0, 77].into()), ..EndpointRequest::plain("back") };
    container(&mut world, "web", vec![asked.clone(), EndpointRequest::plain("front")]);
    assert!(addresses(&world, "web").is_empty());
    start(&mut world, "web").unwrap();
    assert_eq!(addresses(&world, "web"), ["10.9.0.77", "172.19.0.2"]);
    let numbers: Vec<String> =
        world.state.find("web").unwrap().leases().map(|lease| lease.interface()).collect();
    assert_eq!(numbers, ["eth0", "eth1"]);
    let refusal = submit(&mut world, RemoveNetwork { target: "back".into() }).unwrap_err();
    let text = format!("error while removing network: network back id {id} has active endpoints");
    assert_eq!(refusal.to_string(), text);
    container(&mut world, "api", vec![asked]);
    let refusal = start(&mut world, "api").unwrap_err();
    assert_eq!(refusal.to_string(), "Address already in use");
    end(&mut world, "web");
    assert!(addresses(&world, "web").is_empty());
    start(&mut world, "api").unwrap();
    submit(&mut world, RemoveNetwork { target: "front".into() }).unwrap();
    let refusal = start(&mut world, "web").unwrap_err();
    assert_eq!(refusal.to_string(), "Address already in use");
}

#[test]
fn a_network_that_comes_after_the_container_is_found_by_the_start() {
    let mut world = World::with_image();
    container(&mut world, "web", vec![EndpointRequest::plain("later")]);
    let refusal = start(&mut world, "web").unwrap_err();
    assert_eq!(refusal.to_string(), "network later not found");
    let id = create(&mut world, 1, request("later")).unwrap();
    start(&mut world, "web").unwrap();
    let members = &world.state.networks().get(&id).unwrap().members;
    assert_eq!(members.keys().collect::<Vec<_>>(), [&world.id("web")]);
}

#[test]
fn joining_and_leaving_waits_for_the_backend_while_it_runs() {
    let mut world = World::with_image();
    create(&mut world, 1, request("back")).unwrap();
    create(&mut world, 2, request("front")).unwrap();
    container(&mut world, "web", vec![EndpointRequest::plain("back")]);
    connect(&mut world, "web", EndpointRequest::plain("front")).unwrap();
    disconnect(&mut world, "web", "front").unwrap();
    assert!(!world.state.find("web").unwrap().has_work(), "nothing runs");
    start(&mut world, "web").unwrap();
    connect(&mut world, "web", EndpointRequest::plain("front")).unwrap();
    assert_eq!(world.state.find("web").unwrap().endpoints[1].wiring, Wiring::Coming);
    let refusal = connect(&mut world, "web", EndpointRequest::plain("front")).unwrap_err();
    assert_eq!(refusal.to_string(), "endpoint with name web already exists in network front");
    let refusal = disconnect(&mut world, "web", "front").unwrap_err();
    assert!(refusal.to_string().contains("is still being connected"), "{refusal}");
    wire(&mut world, "web", "no more interfaces");
    let found = world.state.find("web").unwrap();
    assert_eq!(found.endpoints.len(), 1, "what could not come is given up");
    assert_eq!(found.running().unwrap().wiring_failure.as_deref(), Some("no more interfaces"));
    connect(&mut world, "web", EndpointRequest::plain("front")).unwrap();
    wire(&mut world, "web", "");
    disconnect(&mut world, "web", "back").unwrap();
    wire(&mut world, "web", "busy");
    assert_eq!(addresses(&world, "web").len(), 2, "what could not go stays");
    disconnect(&mut world, "web", "back").unwrap();
    wire(&mut world, "web", "");
    assert_eq!(addresses(&world, "web"), ["172.20.0.2"]);
    assert!(!world.state.find("web").unwrap().has_work());
}

#[test]
fn what_was_to_go_is_gone_with_the_run() {
    let mut world = World::with_image();
    create(&mut world, 1, request("back")).unwrap();
    create(&mut world, 2, request("front")).unwrap();
    container(&mut world, "web", vec![EndpointRequest::plain("back")]);
    start(&mut world, "web").unwrap();
    connect(&mut world, "web", EndpointRequest::plain("front")).unwrap();
    disconnect(&mut world, "web", "back").unwrap();
    end(&mut world, "web");
    let found = world.state.find("web").unwrap();
    let names: Vec<&str> = found.endpoints.iter().map(|endpoint| endpoint.network()).collect();
    assert_eq!((names, found.has_work()), (vec!["front"], false));
}

#[test]
fn names_are_those_of_the_networks_that_both_are_in() {
    let mut world = World::with_image();
    create(&mut world, 1, request("back")).unwrap();
    create(&mut world, 2, request("front")).unwrap();
    let aliased = EndpointRequest { aliases: vec!["db".into()], ..EndpointRequest::plain("back") };
    container(&mut world, "store", vec![aliased]);
    let linked =
        EndpointRequest { links: vec!["store:s".into()], ..EndpointRequest::plain("back") };
    container(&mut world, "web", vec![linked, EndpointRequest::plain("front")]);
    container(&mut world, "edge", vec![EndpointRequest::plain("front")]);
    for name in ["store", "web", "edge"] {
        start(&mut world, name).unwrap();
    }
    let store = addresses(&world, "store");
    let short = world.id("store").short();
    for name in ["store", "STORE", "db", "db.", "db.back", "s", short.as_str()] {
        assert_eq!(resolved(&world, "web", name), store, "{name}");
        assert!(resolved(&world, "edge", name).is_empty(), "{name}");
    }
    assert!(resolved(&world, "store", "s").is_empty(), "a link is for one");
    assert!(resolved(&world, "web", "db.front").is_empty());
    assert_eq!(resolved(&world, "web", "web").len(), 2);
    let own: IpAddr = store[0].parse().unwrap();
    let named = |asker: &str| world.state.name_at(&world.id(asker), own);
    assert_eq!(named("web").as_deref(), Some("store.back"));
    assert_eq!(named("edge"), None);
    end(&mut world, "store");
    assert!(resolved(&world, "web", "db").is_empty());
}

#[test]
fn nobody_in_an_internal_network_has_a_way_out() {
    let mut world = World::with_image();
    create(&mut world, 1, NetworkRequest { internal: true, ..request("back") }).unwrap();
    create(&mut world, 2, request("front")).unwrap();
    container(&mut world, "web", vec![EndpointRequest::plain("back")]);
    start(&mut world, "web").unwrap();
    let id = world.id("web");
    assert_eq!((world.state.has_names(&id), world.state.has_way_out(&id)), (true, false));
    let lease = *world.state.find("web").unwrap().leases().next().unwrap();
    assert_eq!(lease.ipv4.unwrap().gateway, None);
    connect(&mut world, "web", EndpointRequest::plain("front")).unwrap();
    assert!(world.state.has_way_out(&id));
}

#[test]
fn a_network_of_ipv6_has_a_local_subnet_of_its_own() {
    let mut world = World::with_image();
    let id = create(&mut world, 0xab, NetworkRequest { ipv6: true, ..request("back") }).unwrap();
    let pools = &world.state.networks().get(&id).unwrap().network.pools;
    assert_eq!(pools[1].subnet.to_string(), "fdab:abab:abab:abab::/64");
    container(&mut world, "web", vec![EndpointRequest::plain("back")]);
    start(&mut world, "web").unwrap();
    assert_eq!(addresses(&world, "web"), ["172.19.0.2", "fdab:abab:abab:abab::2"]);
}

/// Tells which containers belong together, whether all of them shall run, and by what.
fn units(world: &World) -> Vec<String> {
    let told = |unit: projector_containers::Unit<'_>| {
        let members: Vec<_> = unit.members.iter().map(|member| member.name.as_str()).collect();
        format!("{} {} {:?}", members.join("+"), unit.is_complete(), unit.ties)
    };
    world.state.units().into_iter().map(told).collect()
}

#[test]
fn d_192_containers_that_share_a_network_of_their_own_belong_together() {
    let mut world = World::with_image();
    create(&mut world, 1, request("front")).unwrap();
    create(&mut world, 2, request("back")).unwrap();
    create(&mut world, 3, request("spare")).unwrap();
    let place = |name: &str| EndpointRequest { network: name.into(), ..Default::default() };
    // The predefined networks tie nobody, and nobody is tied to himself.
    world.create_in("one", NetworkMode::Bridge, Networking::default()).unwrap();
    world.create_in("two", NetworkMode::Bridge, Networking::default()).unwrap();
    container(&mut world, "alone", vec![place("spare")]);
    assert_eq!(units(&world), [""; 0]);

    container(&mut world, "web", vec![place("front")]);
    container(&mut world, "db", vec![place("back")]);
    assert_eq!(units(&world), [""; 0]);
    // Who is in both ties both; a name that is told may be an id.
    let back = network(2).to_string();
    container(&mut world, "app", vec![place("front"), place(&back)]);
    let together = "web+db+app false {Network(\"back\"), Network(\"front\")}";
    assert_eq!(units(&world), [together]);

    let of = Networking { mode: "one".into(), ..Networking::default() };
    world.create_in("beside", NetworkMode::Container, of).unwrap();
    let beside = "one+beside false {Container(\"one\")}";
    assert_eq!(units(&world), [beside, together]);

    // A platform that runs them as one begins once all shall run.
    for name in ["web", "db"] {
        start(&mut world, name).unwrap();
        assert_eq!(units(&world)[1], together);
    }
    start(&mut world, "app").unwrap();
    assert_eq!(units(&world)[1], together.replace("false", "true"));
    end(&mut world, "db");
    disconnect(&mut world, "db", "back").unwrap();
    assert_eq!(units(&world)[1], "web+app true {Network(\"front\")}");
    assert!(matches!(world.state.units()[1].ties.first(), Some(Tie::Network("front"))));
}
