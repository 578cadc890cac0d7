//! Health: when a container is looked at, and what the outcomes make of it.

use std::time::Duration;

use journal_domain::*;
use journal_log::Timestamp;
use projector_containers::{Containers, State};
use projector_machine::Machine;

use super::kit::{World, image};

fn check() -> HealthCheck {
    HealthCheck {
        test: vec!["CMD".into(), "ok".into()],
        interval: Duration::from_secs(10),
        retries: 2,
        ..HealthCheck::default()
    }
}

fn submit(world: &mut World, command: impl Into<ContainerCommand>) -> Vec<Event> {
    world.submit(&Command::Container(command.into())).unwrap()
}

/// Creates a container with a health check and starts it.
fn start(world: &mut World, check: HealthCheck) -> ContainerId {
    world.create_with("web", vec![ContainerOption::Health(check)]).unwrap();
    run(world)
}

fn run(world: &mut World) -> ContainerId {
    let endpoint = EndpointId::from_bytes([7; 32]);
    submit(world, StartContainer { target: "web".into(), endpoint });
    let id = world.id("web");
    let incarnation = world.state.container(&id).unwrap().incarnation;
    // Time moves a second with each record; the run starts with the one that tells of it.
    let started_at = Containers::next_timer(&world.state).map_or(Timestamp::ZERO, |(at, _)| at);
    submit(world, ObserveStarted { id, incarnation, pid: 9, started_at });
    id
}

fn due(state: &State) -> Option<Command> {
    Containers::next_timer(state).map(|(_, command)| command)
}

/// Fires the timer of the next probe and answers it.
fn probe(world: &mut World, id: ContainerId, exit_code: i64) -> (HealthStatus, u32) {
    let command = due(&world.state).unwrap();
    world.submit(&command).unwrap();
    assert_eq!(due(&world.state), None, "a probe is under way");
    let container = world.state.container(&id).unwrap();
    let number = container.health.as_ref().unwrap().probes;
    let incarnation = container.incarnation;
    let output = format!("said {number}");
    submit(world, ObserveProbe { id, incarnation, number, exit_code, output });
    let health = world.state.container(&id).unwrap().health.as_ref().unwrap();
    (health.status, health.failing_streak)
}

#[test]
fn failures_in_a_row_make_it_unhealthy_and_one_success_healthy() {
    let mut world = World::with_image();
    let id = start(&mut world, check());
    let told: Vec<_> = [1, 0, 1, 1, 1, 0].map(|code| probe(&mut world, id, code)).to_vec();
    assert_eq!(
        told,
        [
            (HealthStatus::Starting, 1),
            (HealthStatus::Healthy, 0),
            (HealthStatus::Healthy, 1),
            (HealthStatus::Unhealthy, 2),
            (HealthStatus::Unhealthy, 3),
            (HealthStatus::Healthy, 0),
        ]
    );
    let health = world.state.container(&id).unwrap().health.clone().unwrap();
    let outputs: Vec<_> = health.results.iter().map(|result| result.output.as_str()).collect();
    assert_eq!(outputs, ["said 2", "said 3", "said 4", "said 5", "said 6"]);
}

#[test]
fn a_client_has_it_looked_at_before_the_pause_is_over() {
    let mut world = World::with_image();
    let id = start(&mut world, check());
    let ask = || ContainerCommand::from(ProbeContainer { target: "web".into() });
    assert_eq!(submit(&mut world, ask()), [ProbeRequested { id, number: 1 }.into()]);
    assert_eq!(due(&world.state), None, "the next waits for the end of this one");
    assert_eq!(submit(&mut world, ask()), [], "one that is under way is the one asked for");
    let output = String::new();
    submit(&mut world, ObserveProbe { id, incarnation: 1, number: 1, exit_code: 0, output });
    assert_eq!(probe(&mut world, id, 1), (HealthStatus::Healthy, 1));
}

#[test]
fn what_does_not_run_or_has_no_check_is_not_looked_at() {
    let mut world = World::with_image();
    world.create_with("web", vec![ContainerOption::Health(check())]).unwrap();
    world.create_with("plain", Vec::new()).unwrap();
    for (target, reason) in [("web", "is not running"), ("plain", "has no defined healthcheck")] {
        let ask = ContainerCommand::from(ProbeContainer { target: target.into() });
        let refused = world.submit(&Command::Container(ask)).unwrap_err().to_string();
        assert!(refused.ends_with(reason), "{refused}");
    }
}

#[test]
fn failures_within_the_start_period_do_not_count() {
    let mut world = World::with_image();
    let hour = Duration::from_secs(3600);
    let id = start(&mut world, HealthCheck { start_period: hour, ..check() });
    for _ in 0..4 {
        assert_eq!(probe(&mut world, id, 1), (HealthStatus::Starting, 0));
    }
    assert_eq!(probe(&mut world, id, 0), (HealthStatus::Healthy, 0));
    assert_eq!(probe(&mut world, id, 1), (HealthStatus::Healthy, 1));
    assert_eq!(probe(&mut world, id, 1), (HealthStatus::Unhealthy, 2));
}

#[test]
fn nothing_is_looked_at_while_it_is_paused_or_down() {
    let mut world = World::with_image();
    let id = start(&mut world, check());
    submit(&mut world, PauseContainer { target: "web".into() });
    let freeze = |frozen| ObserveFreeze { id, incarnation: 1, frozen, error: String::new() };
    submit(&mut world, freeze(true));
    assert_eq!(due(&world.state), None);
    submit(&mut world, UnpauseContainer { target: "web".into() });
    submit(&mut world, freeze(false));
    assert_eq!(probe(&mut world, id, 0), (HealthStatus::Healthy, 0));
    let seen = ObserveExit {
        id,
        incarnation: 1,
        exit_code: 0,
        oom_killed: false,
        finished_at: Timestamp::ZERO,
        error: String::new(),
    };
    submit(&mut world, seen);
    assert_eq!(due(&world.state), None);
    run(&mut world);
    let health = world.state.container(&id).unwrap().health.clone().unwrap();
    assert_eq!((health.status, health.results.len()), (HealthStatus::Starting, 1));
    assert!(due(&world.state).is_some());
}

#[test]
fn a_late_outcome_of_another_run_changes_nothing() {
    let mut world = World::with_image();
    let id = start(&mut world, check());
    let command = due(&world.state).unwrap();
    world.submit(&command).unwrap();
    for (incarnation, number) in [(2, 1), (1, 2)] {
        let output = String::new();
        let seen = ObserveProbe { id, incarnation, number, exit_code: 0, output };
        assert_eq!(submit(&mut world, seen), []);
    }
}

#[test]
fn the_images_own_check_is_merged_and_none_turns_it_off() {
    let text = r#"{"Test":["CMD-SHELL","true"],"Interval":1000000000,"Retries":7}"#;
    let config = ImageConfig {
        cmd: Some(vec!["sh".into()]),
        healthcheck: Some(text.into()),
        shell: Some(vec!["/bin/ash".into(), "-c".into()]),
        ..ImageConfig::default()
    };
    let merged = |asked: Vec<ContainerOption>| {
        let mut world = World::with_image();
        world.add_image(image(0xab, config.clone()), "busybox");
        world.create_with("web", asked).unwrap();
        let container = world.state.container(&world.id("web")).unwrap();
        container.health_check().cloned()
    };
    let own = merged(Vec::new()).unwrap();
    assert_eq!(own.command().unwrap(), ["/bin/ash", "-c", "true"]);
    assert_eq!((own.interval, own.retries), (Duration::from_secs(1), 7));
    let timed = HealthCheck { retries: 1, ..HealthCheck::default() };
    let mixed = merged(vec![ContainerOption::Health(timed)]).unwrap();
    assert_eq!((mixed.test.len(), mixed.interval, mixed.retries), (2, Duration::from_secs(1), 1));
    let none = HealthCheck { test: vec!["NONE".into()], ..HealthCheck::default() };
    assert_eq!(merged(vec![ContainerOption::Health(none)]).unwrap().command(), None);
}
