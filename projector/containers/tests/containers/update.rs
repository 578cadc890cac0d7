//! `docker update`: what changes at once, what waits for the backend, and what cannot be.

use journal_domain::*;
use journal_log::Timestamp;
use projector_containers::Container;

use super::kit::World;

fn update(
    world: &mut World,
    limits: Limits,
    restart: Option<Option<RestartPolicy>>,
) -> Result<Vec<Event>, Refusal> {
    let command = UpdateContainer { target: "web".into(), limits: Box::new(limits), restart };
    world.submit(&Command::Container(command.into()))
}

fn plain() -> ContainerSpec {
    ContainerSpec { image: "busybox".into(), ..ContainerSpec::default() }
}

fn web(world: &World) -> Container {
    world.state.find("web").unwrap().as_ref().clone()
}

fn start(world: &mut World) -> ContainerId {
    let endpoint = EndpointId::from_bytes([7; 32]);
    let start = StartContainer { target: "web".into(), endpoint };
    world.submit(&Command::Container(start.into())).unwrap();
    let id = world.id("web");
    let seen = ObserveStarted { id, incarnation: 1, pid: 9, started_at: Timestamp::ZERO };
    world.submit(&Command::Container(seen.into())).unwrap();
    id
}

fn observe(world: &mut World, id: ContainerId, limits: Limits, error: &str) {
    let seen = ObserveUpdate { id, incarnation: 1, limits: Box::new(limits), error: error.into() };
    world.submit(&Command::Container(seen.into())).unwrap();
}

#[test]
fn what_does_not_run_is_changed_at_once_and_the_rest_stays() {
    let mut world = World::with_image();
    let limits = Limits { memory_bytes: 1 << 26, cpu_shares: 512, ..Limits::default() };
    let spec = ContainerSpec { limits, ..plain() };
    world.create("web", spec).unwrap();
    let asked = Limits { memory_bytes: 1 << 27, pids: PidsLimit::Max(9), ..Limits::default() };
    update(&mut world, asked, Some(Some(RestartPolicy::Always))).unwrap();
    let container = web(&world);
    let limits = &container.spec.limits;
    assert_eq!((limits.memory_bytes, limits.cpu_shares), (1 << 27, 512));
    assert_eq!(limits.pids, PidsLimit::Max(9));
    assert_eq!(container.restart_policy(), Some(RestartPolicy::Always));
    update(&mut world, Limits::default(), Some(None)).unwrap();
    assert_eq!(web(&world).restart_policy(), None);
}

#[test]
fn limits_that_change_while_it_starts_are_set_once_it_runs() {
    let mut world = World::with_image();
    world.create_with("web", Vec::new()).unwrap();
    let start = StartContainer { target: "web".into(), endpoint: EndpointId::from_bytes([7; 32]) };
    world.submit(&Command::Container(start.into())).unwrap();
    let asked = Limits { memory_bytes: 1 << 27, ..Limits::default() };
    update(&mut world, asked.clone(), None).unwrap();
    assert_eq!(web(&world).spec.limits, asked);
    let id = world.id("web");
    let seen = ObserveStarted { id, incarnation: 1, pid: 9, started_at: Timestamp::ZERO };
    world.submit(&Command::Container(seen.into())).unwrap();
    let update = web(&world).running().unwrap().update.as_deref().cloned();
    assert_eq!(update, Some(asked.clone()), "the run began with the limits of before");
    observe(&mut world, id, asked, "");
    assert!(!web(&world).has_work());
}

#[test]
fn what_runs_has_its_new_limits_once_the_backend_has_set_them() {
    let mut world = World::with_image();
    world.create_with("web", Vec::new()).unwrap();
    let id = start(&mut world);
    let asked = || Limits { memory_bytes: 1 << 27, ..Limits::default() };
    update(&mut world, asked(), None).unwrap();
    assert!(web(&world).has_work());
    observe(&mut world, id, asked(), "device or resource busy");
    let container = web(&world);
    assert_eq!((container.spec.limits.memory_bytes, container.has_work()), (0, false));
    let failure = container.running().unwrap().update_failure.as_deref();
    assert_eq!(failure, Some("device or resource busy"));
    update(&mut world, asked(), None).unwrap();
    observe(&mut world, id, asked(), "");
    let container = web(&world);
    assert_eq!((container.spec.limits.memory_bytes, container.has_work()), (1 << 27, false));
    assert_eq!(container.running().unwrap().update_failure, None);
    observe(&mut world, id, asked(), "late");
    assert_eq!(web(&world), container);
}

#[test]
fn what_excludes_what_is_there_is_refused() {
    let mut world = World::with_image();
    let limits = Limits {
        cpu_quota_micros: 50_000,
        memory_bytes: 1 << 26,
        memory_swap_bytes: 1 << 27,
        ..Limits::default()
    };
    let spec = ContainerSpec { limits, auto_remove: true, ..plain() };
    world.create("web", spec).unwrap();
    for (asked, words) in [
        (Limits { nano_cpus: 1, ..Limits::default() }, "Nano CPUs cannot be updated as CPU Quota"),
        (Limits { memory_bytes: 1 << 28, ..Limits::default() }, "already set memoryswap limit"),
    ] {
        let refused = update(&mut world, asked, None).unwrap_err().to_string();
        assert!(refused.contains(words), "{refused}");
    }
    let refused = update(&mut world, Limits::default(), Some(Some(RestartPolicy::Always)));
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("AutoRemove is enabled"), "{refused}");
}

#[test]
fn changes_that_meet_are_both_made() {
    let mut world = World::with_image();
    world.create_with("web", Vec::new()).unwrap();
    let id = start(&mut world);
    let memory = Limits { memory_bytes: 1 << 27, ..Limits::default() };
    update(&mut world, memory.clone(), None).unwrap();
    update(&mut world, Limits { cpu_shares: 512, ..Limits::default() }, None).unwrap();
    update(&mut world, Limits::default(), Some(Some(RestartPolicy::Always))).unwrap();
    // The report of the first comes after the second was asked for.
    observe(&mut world, id, memory.clone(), "");
    assert!(web(&world).has_work());
    let both = Limits { cpu_shares: 512, ..memory };
    observe(&mut world, id, both.clone(), "");
    let container = web(&world);
    assert_eq!((&container.spec.limits, container.has_work()), (&both, false));
    assert_eq!(container.restart_policy(), Some(RestartPolicy::Always));
}
