//! Restart policies: which run is followed by another, after which pause, and what a client's stop does to it.

use std::time::Duration;

use journal_domain::*;
use journal_log::Timestamp;
use projector_containers::{Containers, PhaseName};
use projector_machine::Machine;

use super::kit::World;

fn create(world: &mut World, policy: RestartPolicy) -> ContainerId {
    world.create_with("web", vec![ContainerOption::Restart(policy)]).unwrap();
    world.id("web")
}

fn submit(world: &mut World, command: impl Into<ContainerCommand>) -> Result<Vec<Event>, Refusal> {
    world.submit(&Command::Container(command.into()))
}

fn start(world: &mut World) {
    let endpoint = EndpointId::from_bytes([7; 32]);
    submit(world, StartContainer { target: "web".into(), endpoint }).unwrap();
    run(world);
}

/// The backend starts the run that is asked for.
fn run(world: &mut World) {
    let id = world.id("web");
    let incarnation = world.state.container(&id).unwrap().incarnation;
    let started_at = Timestamp::from_unix_nanos(1);
    submit(world, ObserveStarted { id, incarnation, pid: 9, started_at }).unwrap();
}

/// The run ends after so many seconds; gives what was told beyond the end itself.
fn exit(world: &mut World, exit_code: i64, seconds: u64) -> Vec<Event> {
    let id = world.id("web");
    let container = world.state.container(&id).unwrap();
    let started_at = container.running().unwrap().started_at;
    let seen = ObserveExit {
        id,
        incarnation: container.incarnation,
        exit_code,
        oom_killed: false,
        finished_at: started_at.saturating_add(Duration::from_secs(seconds)),
        error: String::new(),
    };
    let mut events = submit(world, seen).unwrap();
    events.remove(0);
    events
}

fn pause(events: &[Event]) -> Option<Duration> {
    match events {
        [Event::Container(ContainerEvent::RestartScheduled(scheduled))] => Some(scheduled.pause),
        [] => None,
        other => panic!("{other:?}"),
    }
}

fn phase(world: &World) -> PhaseName {
    PhaseName::of(world.state.container(&world.id("web")).unwrap())
}

/// Fires the timer that is next, as the engine does.
fn fire(world: &mut World) {
    let (_, command) = Containers::next_timer(&world.state).unwrap();
    world.submit(&command).unwrap();
}

#[test]
fn the_pause_doubles_up_to_a_minute_and_begins_anew_after_a_good_run() {
    let mut world = World::with_image();
    let id = create(&mut world, RestartPolicy::Always);
    start(&mut world);
    let mut pauses = Vec::new();
    for _ in 0..12 {
        pauses.push(pause(&exit(&mut world, 0, 9)).unwrap().as_millis());
        assert_eq!(phase(&world), PhaseName::Restarting);
        fire(&mut world);
        run(&mut world);
        assert_eq!(phase(&world), PhaseName::Running);
    }
    let expected = [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 51_200, 60_000, 60_000];
    assert_eq!(pauses, expected);
    assert_eq!(world.state.container(&id).unwrap().restarts.count, 12);
    assert_eq!(pause(&exit(&mut world, 0, 10)), Some(Duration::from_millis(100)));
}

#[test]
fn on_failure_gives_up_after_its_retries_and_lets_a_good_end_be() {
    let mut world = World::with_image();
    create(&mut world, RestartPolicy::OnFailure { retries_max: 2 });
    start(&mut world);
    for _ in 0..2 {
        assert!(pause(&exit(&mut world, 3, 1)).is_some());
        fire(&mut world);
        run(&mut world);
    }
    assert_eq!(pause(&exit(&mut world, 3, 1)), None);
    assert_eq!(phase(&world), PhaseName::Exited);
    start(&mut world);
    assert_eq!(pause(&exit(&mut world, 0, 1)), None);
}

#[test]
fn a_client_that_stops_it_is_obeyed_and_a_new_start_counts_from_zero() {
    let mut world = World::with_image();
    let id = create(&mut world, RestartPolicy::Always);
    start(&mut world);
    let stop = StopContainer { target: "web".into(), signal: None, timeout_seconds: None };
    submit(&mut world, stop).unwrap();
    assert_eq!(pause(&exit(&mut world, 143, 1)), None);
    start(&mut world);
    submit(&mut world, KillContainer { target: "web".into(), signal: Signal::KILL }).unwrap();
    assert_eq!(pause(&exit(&mut world, 137, 1)), None);
    start(&mut world);
    assert!(pause(&exit(&mut world, 1, 1)).is_some());
    assert_eq!(world.state.container(&id).unwrap().restarts.count, 1);
}

#[test]
fn while_it_waits_it_counts_as_running_and_a_stop_ends_the_wait() {
    let mut world = World::with_image();
    create(&mut world, RestartPolicy::Always);
    start(&mut world);
    exit(&mut world, 1, 1);
    let endpoint = EndpointId::from_bytes([8; 32]);
    let again = submit(&mut world, StartContainer { target: "web".into(), endpoint });
    assert!(matches!(again, Err(Refusal::NotModified(_))), "{again:?}");
    let remove = RemoveContainer { target: "web".into(), force: false, volumes: false };
    let refused = submit(&mut world, remove).unwrap_err().to_string();
    assert!(refused.contains("container is restarting: stop the container"), "{refused}");
    let stop = StopContainer { target: "web".into(), signal: None, timeout_seconds: None };
    submit(&mut world, stop).unwrap();
    assert_eq!((phase(&world), Containers::next_timer(&world.state)), (PhaseName::Exited, None));
}

#[test]
fn removal_and_restart_by_hand_end_the_wait_too() {
    let mut world = World::with_image();
    create(&mut world, RestartPolicy::UnlessStopped);
    start(&mut world);
    exit(&mut world, 1, 1);
    let restart = RestartContainer {
        target: "web".into(),
        signal: None,
        timeout_seconds: None,
        endpoint: EndpointId::from_bytes([9; 32]),
    };
    submit(&mut world, restart).unwrap();
    assert_eq!(Containers::next_timer(&world.state), None);
    run(&mut world);
    exit(&mut world, 1, 1);
    let remove = RemoveContainer { target: "web".into(), force: true, volumes: false };
    submit(&mut world, remove).unwrap();
    assert_eq!((phase(&world), Containers::next_timer(&world.state)), (PhaseName::Removing, None));
}

#[test]
fn a_new_server_starts_what_should_run_and_leaves_what_was_stopped() {
    for (policy, comes_back) in [
        (RestartPolicy::Always, true),
        (RestartPolicy::UnlessStopped, false),
        (RestartPolicy::OnFailure { retries_max: 0 }, true),
    ] {
        let mut world = World::with_image();
        let id = create(&mut world, policy);
        start(&mut world);
        let stop = StopContainer { target: "web".into(), signal: None, timeout_seconds: None };
        submit(&mut world, stop).unwrap();
        exit(&mut world, 143, 1);
        let host = "host".to_owned();
        let boot = Boot { version: "1".into(), host };
        world.submit(&Command::System(boot.into())).unwrap();
        assert_eq!(phase(&world) == PhaseName::Restarting, comes_back, "{policy:?}");
        if comes_back {
            fire(&mut world);
            run(&mut world);
            assert_eq!(world.state.container(&id).unwrap().restarts.count, 0);
        }
    }
}

/// Creates a container that runs, whose namespaces others may share.
fn lender(world: &mut World) -> ContainerId {
    let namespaces = Namespaces { ipc: Some(IpcMode::Shareable), ..Namespaces::default() };
    world.create_with("peer", vec![ContainerOption::Namespaces(namespaces)]).unwrap();
    let (target, endpoint) = ("peer".to_owned(), EndpointId::from_bytes([8; 32]));
    submit(world, StartContainer { target, endpoint }).unwrap();
    let (id, started_at) = (world.id("peer"), Timestamp::from_unix_nanos(1));
    submit(world, ObserveStarted { id, incarnation: 1, pid: 8, started_at }).unwrap();
    id
}

/// Ways to share what is another container's, with what a run says where that does not run.
fn sharings() -> [(Namespaces, &'static str); 2] {
    let peer = || Sharing::Container("peer".into());
    [
        (
            Namespaces { pid: Some(peer()), ..Namespaces::default() },
            "cannot join PID of a non running container: container peer is not running",
        ),
        (
            Namespaces { ipc: Some(IpcMode::Sharing(peer())), ..Namespaces::default() },
            "can't join IPC of container: container peer is not running",
        ),
    ]
}

fn end(world: &mut World, id: ContainerId) {
    let seen = ObserveExit {
        id,
        incarnation: world.state.container(&id).unwrap().incarnation,
        exit_code: 0,
        oom_killed: false,
        finished_at: Timestamp::from_unix_nanos(2),
        error: String::new(),
    };
    submit(world, seen).unwrap();
}

fn check_failed(world: &World, expected: &str) {
    let web = world.state.container(&world.id("web")).unwrap();
    assert_eq!(PhaseName::of(web), PhaseName::Exited);
    let failure = web.start_failure().unwrap();
    let peer = world.id("peer").to_string();
    assert_eq!((failure.exit_code, &failure.message), (128, &expected.replace("peer", &peer)));
}

#[test]
fn a_run_that_a_policy_asks_for_wants_the_same_peers_as_a_clients() {
    for (namespaces, expected) in sharings() {
        let mut world = World::with_image();
        let peer = lender(&mut world);
        let policy = ContainerOption::Restart(RestartPolicy::Always);
        let options = vec![policy, ContainerOption::Namespaces(namespaces)];
        world.create_with("web", options).unwrap();
        start(&mut world);
        assert!(pause(&exit(&mut world, 0, 1)).is_some());
        fire(&mut world);
        assert!(world.state.container(&world.id("web")).unwrap().is_active(), "the peer runs");
        run(&mut world);
        assert!(pause(&exit(&mut world, 0, 1)).is_some());
        end(&mut world, peer);
        fire(&mut world);
        check_failed(&world, expected);
    }
}

#[test]
fn a_restart_of_a_running_container_wants_its_peers_when_the_next_run_begins() {
    for (namespaces, expected) in sharings() {
        let mut world = World::with_image();
        let peer = lender(&mut world);
        world.create_with("web", vec![ContainerOption::Namespaces(namespaces)]).unwrap();
        start(&mut world);
        let restart = |world: &mut World| {
            let (target, endpoint) = ("web".to_owned(), EndpointId::from_bytes([9; 32]));
            let (signal, timeout_seconds) = (None, None);
            submit(world, RestartContainer { target, signal, timeout_seconds, endpoint }).unwrap();
        };
        restart(&mut world);
        exit(&mut world, 143, 1);
        assert!(world.state.container(&world.id("web")).unwrap().is_active(), "the peer runs");
        run(&mut world);
        restart(&mut world);
        end(&mut world, peer);
        exit(&mut world, 143, 1);
        check_failed(&world, expected);
    }
}
