//! Pools: what runs, what waits, and what begins when something ends.

use journal_domain::*;
use journal_log::Timestamp;
use projector_containers::{Containers, State};
use projector_machine::Machine as _;

use crate::kit::World;

fn pool(running: u32, queue_max: u32) -> Pool {
    Pool {
        name: "ci".parse().unwrap(),
        running_max: running.try_into().ok(),
        queue_max,
        nano_cpus: None,
        memory_bytes: None,
        tenants: Vec::new(),
    }
}

fn set(world: &mut World, pool: Pool) -> Result<Vec<Event>, Refusal> {
    world.submit(&PoolCommand::from(SetPools { pools: vec![pool] }).into())
}

fn drain(world: &mut World) {
    world.submit(&PoolCommand::from(DrainPool { name: "ci".into() }).into()).unwrap();
}

fn remove(world: &mut World) -> Result<Vec<Event>, Refusal> {
    world.submit(&PoolCommand::from(RemovePool { name: "ci".into() }).into())
}

/// A world with a pool, and these containers in it.
fn world(running: u32, queue_max: u32, names: &str) -> World {
    let mut world = World::with_image();
    set(&mut world, pool(running, queue_max)).unwrap();
    for name in names.split(' ') {
        create(&mut world, name, &[]).unwrap();
    }
    world
}

fn create(world: &mut World, name: &str, more: &[ContainerOption]) -> Result<Vec<Event>, Refusal> {
    let own = ContainerOption::Pool("ci".parse().unwrap());
    world.create_with(name, [own].iter().chain(more).cloned().collect())
}

/// Runs lines of the kit's and gives what the last of them tells.
fn last(world: &mut World, script: &str) -> String {
    script.split(';').map(|line| world.tell(line.trim())).last().unwrap()
}

/// Tells who runs and who waits, in order.
fn places(world: &World) -> String {
    let kept = world.state.pools().find("ci").unwrap();
    let mut waiting: Vec<_> = world
        .state
        .newest_first()
        .filter_map(|one| Some((kept.position(one.queued.as_ref()?), one.name.to_string())))
        .collect();
    waiting.sort();
    let waiting: Vec<_> = waiting.iter().map(|(at, name)| format!("{at}:{name}")).collect();
    assert_eq!(kept.waiting(), waiting.len());
    format!("{} run, wait [{}]", kept.running(), waiting.join(" "))
}

fn with_memory(world: &mut World, name: &str, memory_bytes: u64) -> Result<Vec<Event>, Refusal> {
    let limits = Limits { memory_bytes, ..Limits::default() };
    let options = vec![ContainerOption::Pool("ci".parse().unwrap())];
    world.create_of(name, limits, options)
}

#[test]
fn a_full_pool_lets_starts_wait_and_an_end_begins_the_first_of_them() {
    let mut world = world(1, 2, "aa bb cc dd");
    assert_eq!(last(&mut world, "start aa; start bb"), "start bb: startqueued");
    assert_eq!(last(&mut world, "start cc"), "start cc: startqueued");
    assert_eq!(places(&world), "1 run, wait [1:bb 2:cc]");
    let told = last(&mut world, "start dd");
    let full = "pool ci is full: 1 of its containers run, 2 wait, and no more than 2 may";
    assert!(told.contains(full), "{told}");
    let told = last(&mut world, "started aa; exited aa 0");
    assert!(told.starts_with("exited aa 0: exited 0, run 1 wanted"), "{told}");
    assert_eq!(places(&world), "1 run, wait [1:cc]");
    assert!(world.state.find("bb").unwrap().is_active());
}

#[test]
fn a_start_that_waits_is_asked_for_once() {
    let mut world = world(1, 2, "aa bb");
    let told = last(&mut world, "start aa; start bb; start bb");
    assert!(told.contains("waits for its start already"), "{told}");
    assert_eq!(places(&world), "1 run, wait [1:bb]");
}

#[test]
fn who_is_stopped_killed_or_removed_waits_no_more() {
    let mut world = world(1, 3, "aa bb cc dd");
    last(&mut world, "start aa; start bb; start cc; start dd");
    assert_eq!(last(&mut world, "stop cc 10"), "stop cc 10: startwithdrawn");
    assert_eq!(places(&world), "1 run, wait [1:bb 2:dd]");
    assert_eq!(last(&mut world, "kill bb INT"), "kill bb INT: startwithdrawn");
    assert_eq!(last(&mut world, "rm dd"), "rm dd: removal wanted");
    assert_eq!(places(&world), "1 run, wait []");
    last(&mut world, "gone dd; started aa; exited aa 0");
    assert_eq!(places(&world), "0 run, wait []");
}

#[test]
fn a_run_that_follows_by_itself_keeps_its_place() {
    let mut world = world(1, 1, "bb");
    create(&mut world, "aa", &[ContainerOption::Restart(RestartPolicy::Always)]).unwrap();
    last(&mut world, "start aa; start bb; started aa; exited aa 1");
    assert_eq!(places(&world), "1 run, wait [1:bb]");
    last(&mut world, "timer");
    assert!(world.state.find("aa").unwrap().is_active());
    assert_eq!(places(&world), "1 run, wait [1:bb]");
    // Between two runs a stop takes the next one back, and with it the place.
    let told = last(&mut world, "started aa; exited aa 1; stop aa 10");
    assert!(told.starts_with("stop aa 10: restartcancelled, run 1 wanted"), "{told}");
    assert_eq!(places(&world), "1 run, wait []");
}

#[test]
fn a_restart_that_a_client_asks_for_keeps_its_place_and_one_of_what_waits_changes_nothing() {
    let mut world = world(1, 1, "aa bb");
    last(&mut world, "start aa; start bb; started aa; restart aa; exited aa 0");
    assert_eq!(places(&world), "1 run, wait [1:bb]");
    assert!(last(&mut world, "restart bb").contains("waits for its start already"));
}

#[test]
fn a_start_that_fails_gives_its_place_to_the_next() {
    let mut world = world(1, 1, "aa bb");
    let told = last(&mut world, "start aa; start bb; failed aa 127");
    assert!(told.starts_with("failed aa 127: start failed 127, run 1 wanted"), "{told}");
    assert_eq!(places(&world), "1 run, wait []");
}

#[test]
fn a_larger_pool_begins_as_many_as_it_has_room_for() {
    let mut world = world(1, 9, "aa bb cc dd");
    last(&mut world, "start aa; start bb; start cc; start dd");
    set(&mut world, pool(3, 9)).unwrap();
    assert_eq!(places(&world), "3 run, wait [1:dd]");
    // One that shrinks ends nothing.
    set(&mut world, pool(1, 9)).unwrap();
    last(&mut world, "started aa; exited aa 0; started bb; exited bb 0");
    assert_eq!(places(&world), "1 run, wait [1:dd]");
}

#[test]
fn a_pool_that_drains_takes_nothing_new_and_ends_what_it_has() {
    let mut world = world(1, 2, "aa bb cc");
    last(&mut world, "start aa; start bb");
    drain(&mut world);
    let Err(Refusal::Conflict(text)) = create(&mut world, "dd", &[]) else {
        panic!("it was taken")
    };
    assert_eq!(text, "pool ci is draining: it takes nothing new");
    assert!(last(&mut world, "start cc").contains("pool ci is draining"));
    last(&mut world, "started aa; exited aa 0");
    assert_eq!(places(&world), "1 run, wait []");
    set(&mut world, pool(1, 2)).unwrap();
    assert_eq!(last(&mut world, "start cc"), "start cc: startqueued");
}

#[test]
fn a_pool_that_is_used_stays() {
    let mut world = world(1, 2, "aa bb");
    last(&mut world, "start aa; start bb");
    let text = remove(&mut world).unwrap_err().to_string();
    assert!(text.contains("still used by 2 containers, of which 1 run and 1 wait"), "{text}");
    last(&mut world, "rm bb; gone bb; started aa; exited aa 0; rm aa; gone aa");
    assert_eq!(remove(&mut world).unwrap().len(), 1);
    let refused = create(&mut world, "cc", &[]).unwrap_err();
    assert_eq!(refused.to_string(), "no such pool: ci");
    assert_eq!(remove(&mut world), Err(Refusal::NoSuchPool("ci".into())));
}

#[test]
fn pools_come_all_together_or_not_at_all() {
    let mut world = World::with_image();
    let tenant = |name: &str| Pool {
        name: name.parse().unwrap(),
        tenants: vec!["token:ci".into()],
        ..pool(1, 0)
    };
    let both = SetPools { pools: vec![tenant("aa"), tenant("bb")] };
    let refused = world.submit(&PoolCommand::from(both).into()).unwrap_err();
    assert_eq!(refused.to_string(), "pool bb names the tenant token:ci, who is of pool aa");
    assert!(world.state.pools().is_empty());
    set(&mut world, tenant("aa")).unwrap();
    assert!(set(&mut world, tenant("bb")).is_err());
    let names = ["uid:0", "token:ci"].into_iter();
    assert_eq!(world.state.pools().of_tenant(names).unwrap().pool.name.as_str(), "aa");
}

#[test]
fn what_runs_never_has_more_than_the_totals_and_nobody_is_passed_by() {
    const MIB: u64 = 1 << 20;
    let mut world = World::with_image();
    let totals = Pool { memory_bytes: (100 * MIB).try_into().ok(), ..pool(0, 9) };
    set(&mut world, totals.clone()).unwrap();
    let refused = create(&mut world, "xx", &[]).unwrap_err().to_string();
    assert!(refused.contains("say how much it wants (--memory)"), "{refused}");
    assert!(with_memory(&mut world, "xx", 101 * MIB).is_err());
    for (name, mib) in [("aa", 60), ("bb", 70), ("cc", 10)] {
        with_memory(&mut world, name, mib * MIB).unwrap();
    }
    last(&mut world, "start aa; start bb; start cc");
    assert_eq!(places(&world), "1 run, wait [1:bb 2:cc]");
    last(&mut world, "kill bb KILL");
    // What stood in front has gone, and there was room behind it all the time.
    assert_eq!(places(&world), "2 run, wait []");
    assert_eq!(world.state.pools().find("ci").unwrap().used().memory_bytes, 70 * MIB);
    last(&mut world, "started cc");
    let grow = |memory_bytes| UpdateContainer {
        target: "cc".into(),
        limits: Box::new(Limits { memory_bytes, ..Limits::default() }),
        restart: None,
    };
    let submit = |world: &mut World, command| world.submit(&ContainerCommand::from(command).into());
    assert!(submit(&mut world, grow(41 * MIB)).unwrap_err().to_string().contains("so much left"));
    submit(&mut world, grow(40 * MIB)).unwrap();
    assert_eq!(world.state.pools().find("ci").unwrap().used().memory_bytes, 100 * MIB);
    // What can never run any more fails, rather than stop the queue.
    last(&mut world, "start bb; started aa");
    set(&mut world, Pool { memory_bytes: (65 * MIB).try_into().ok(), ..totals }).unwrap();
    let failure = world.state.find("bb").unwrap().start_failure().unwrap().message.clone();
    assert!(failure.contains("has 68157440 bytes of memory"), "{failure}");
}

#[test]
fn a_boot_starts_no_more_than_the_pool_lets_run() {
    let mut world = world(1, 1, "xx");
    for name in ["aa", "bb", "cc"] {
        create(&mut world, name, &[ContainerOption::Restart(RestartPolicy::Always)]).unwrap();
        let script = format!("start {name}; started {name}; stop {name} 1; exited {name} 0");
        last(&mut world, &script);
    }
    let boot = Boot { version: "1".into(), host: "h".into() };
    world.submit(&Command::System(boot.into())).unwrap();
    assert_eq!(places(&world), "1 run, wait [1:bb]");
    let failure = world.state.find("cc").unwrap().start_failure().unwrap().message.clone();
    assert!(failure.contains("pool ci is full"), "{failure}");
}

#[test]
fn a_replay_gives_the_same_queue() {
    let mut world = world(1, 3, "aa bb cc dd");
    last(&mut world, "start aa; start bb; start cc; kill bb INT; start dd; start bb; started aa");
    let mut again = State::default();
    for (event, stamp) in &world.log {
        Containers::apply(&mut again, event, *stamp);
    }
    assert_eq!(Containers::state_hash(&again), Containers::state_hash(&world.state));
    let exit = ObserveExit {
        id: world.id("aa"),
        incarnation: 1,
        exit_code: 0,
        oom_killed: false,
        finished_at: Timestamp::ZERO,
        error: String::new(),
    };
    let command = Command::Container(exit.into());
    let decided = |state| Containers::decide(state, &command, Timestamp::ZERO);
    assert_eq!(decided(&again), decided(&world.state));
    assert_eq!(places(&world), "1 run, wait [1:cc 2:dd 3:bb]");
}
