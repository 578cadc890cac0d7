//! From create to remove, with everything that can come between.

use expect_test::expect;
use journal_domain::{
    Boot, Command, ContainerSpec, Event, OpenStream, StreamClosed, StreamEnd, StreamId, StreamKind,
    StreamTarget,
};

use crate::kit::{World, check};

#[test]
fn a_container_is_created_started_ends_and_goes() {
    check(
        "create web; start web; show web; started web; exited web 3; show web; rm web; gone web; show web",
        expect![[r#"
            create web: created web
            start web: run 1 wanted at 10.0.0.2
            web is starting, run 1, signals [], address 10.0.0.2, work true
            started web: started
            exited web 3: exited 3
            web is exited 3, run 1, signals [], address none, work false
            rm web: removal wanted
            gone web: removed
            web is not there"#]],
    );
}

#[test]
fn starting_what_runs_changes_nothing() {
    check(
        "create web; start web; start web; started web; start web",
        expect![[r#"
        create web: created web
        start web: run 1 wanted at 10.0.0.2
        start web: refused: container 010101010101 is already started
        started web: started
        start web: refused: container 010101010101 is already started"#]],
    );
}

#[test]
fn a_start_that_fails_leaves_a_container_that_can_be_started_again() {
    check(
        "create web; start web; failed web 127; show web; start web; show web",
        expect![[r#"
        create web: created web
        start web: run 1 wanted at 10.0.0.2
        failed web 127: start failed 127
        web is created, failure Some(127), run 1, signals [], address none, work false
        start web: run 2 wanted at 10.0.0.2
        web is starting, run 2, signals [], address 10.0.0.2, work true"#]],
    );
}

#[test]
fn a_start_that_fails_after_a_run_shows_the_run_as_ended() {
    check(
        "create web; start web; started web; exited web 0; start web; failed web 126; show web",
        expect![[r#"
            create web: created web
            start web: run 1 wanted at 10.0.0.2
            started web: started
            exited web 0: exited 0
            start web: run 2 wanted at 10.0.0.2
            failed web 126: start failed 126
            web is exited 0, run 2, signals [], address none, work false"#]],
    );
}

#[test]
fn stop_sends_the_signal_and_kills_at_the_deadline() {
    check(
        "create web; start web; started web; stop web 5; signalled web 1; show web; timer; show web; \
         exited web 137; show web",
        expect![[r#"
            create web: created web
            start web: run 1 wanted at 10.0.0.2
            started web: started
            stop web 5: stop wanted by a time, signal 1 wanted: SIGTERM
            signalled web 1: signal 1 sent
            web is running, stop true, run 1, signals [], address 10.0.0.2, work false
            timer: stop wanted some time, signal 2 wanted: SIGKILL
            web is running, stop true, run 1, signals [2:SIGKILL], address 10.0.0.2, work true
            exited web 137: exited 137
            web is exited 137, run 1, signals [], address none, work false"#]],
    );
}

#[test]
fn stop_uses_the_containers_own_signal() {
    check(
        "create web stop-signal=QUIT; start web; started web; stop web 1",
        expect![[r#"
        create web stop-signal=QUIT: created web
        start web: run 1 wanted at 10.0.0.2
        started web: started
        stop web 1: stop wanted by a time, signal 1 wanted: SIGQUIT"#]],
    );
}

#[test]
fn stop_without_end_never_kills() {
    check(
        "create web; start web; started web; stop web -1; show web",
        expect![[r#"
        create web: created web
        start web: run 1 wanted at 10.0.0.2
        started web: started
        stop web -1: stop wanted some time, signal 1 wanted: SIGTERM
        web is running, stop true, run 1, signals [1:SIGTERM], address 10.0.0.2, work true"#]],
    );
}

#[test]
fn stopping_what_does_not_run_changes_nothing() {
    check(
        "create web; stop web 1; start web; started web; exited web 0; stop web 1",
        expect![[r#"
            create web: created web
            stop web 1: refused: container 010101010101 is already stopped
            start web: run 1 wanted at 10.0.0.2
            started web: started
            exited web 0: exited 0
            stop web 1: refused: container 010101010101 is already stopped"#]],
    );
}

#[test]
fn a_stop_while_it_starts_is_sent_once_it_has_started() {
    check(
        "create web; start web; stop web 5; show web; started web; show web",
        expect![[r#"
        create web: created web
        start web: run 1 wanted at 10.0.0.2
        stop web 5: stop wanted by a time, signal 1 wanted: SIGTERM
        web is starting, run 1, signals [1:SIGTERM], address 10.0.0.2, work true
        started web: started
        web is running, stop true, run 1, signals [1:SIGTERM], address 10.0.0.2, work true"#]],
    );
}

#[test]
fn a_timer_of_an_earlier_run_kills_nothing() {
    check(
        "create web; start web; started web; stop web 5; exited web 0; start web; started web; \
         show web",
        expect![[r#"
            create web: created web
            start web: run 1 wanted at 10.0.0.2
            started web: started
            stop web 5: stop wanted by a time, signal 1 wanted: SIGTERM
            exited web 0: exited 0
            start web: run 2 wanted at 10.0.0.2
            started web: started
            web is running, stop false, run 2, signals [], address 10.0.0.2, work false"#]],
    );
}

#[test]
fn kill_needs_a_run() {
    check(
        "create web; kill web HUP; start web; started web; kill web HUP; show web",
        expect![[r#"
            create web: created web
            kill web HUP: refused: cannot kill container: web: container 0101010101010101010101010101010101010101010101010101010101010101 is not running
            start web: run 1 wanted at 10.0.0.2
            started web: started
            kill web HUP: signal 1 wanted: SIGHUP
            web is running, stop false, run 1, signals [1:SIGHUP], address 10.0.0.2, work true"#]],
    );
}

#[test]
fn restart_runs_it_again_at_the_same_address() {
    check(
        "create web; create api; start web; started web; start api; restart web; exited web 143; \
         show web; started web; show web",
        expect![[r#"
            create web: created web
            create api: created api
            start web: run 1 wanted at 10.0.0.2
            started web: started
            start api: run 1 wanted at 10.0.0.3
            restart web: stop wanted by a time, signal 1 wanted: SIGTERM, restart wanted
            exited web 143: exited 143, run 2 wanted at 10.0.0.2
            web is starting, run 2, signals [], address 10.0.0.2, work true
            started web: started
            web is running, stop false, run 2, signals [], address 10.0.0.2, work false"#]],
    );
}

#[test]
fn a_stop_takes_a_restart_back() {
    check(
        "create web; start web; started web; restart web; stop web 5; exited web 143; show web",
        expect![[r#"
            create web: created web
            start web: run 1 wanted at 10.0.0.2
            started web: started
            restart web: stop wanted by a time, signal 1 wanted: SIGTERM, restart wanted
            stop web 5: stop wanted by a time, signal 2 wanted: SIGTERM
            exited web 143: exited 143
            web is exited 143, run 1, signals [], address none, work false"#]],
    );
}

#[test]
fn restart_of_what_does_not_run_is_a_start() {
    check(
        "create web; restart web",
        expect![[r#"
        create web: created web
        restart web: run 1 wanted at 10.0.0.2"#]],
    );
}

#[test]
fn removing_what_runs_needs_force() {
    check(
        "create web; start web; started web; rm web; rm -f web; rm web; exited web 137; show web; \
         gone web; show web",
        expect![[r#"
            create web: created web
            start web: run 1 wanted at 10.0.0.2
            started web: started
            rm web: refused: cannot remove container "/web": container is running: stop the container before removing or force remove
            rm -f web: removal wanted, signal 1 wanted: SIGKILL
            rm web: refused: removal of container web is already in progress
            exited web 137: exited 137
            web is exited 137, run 1, signals [], address none, work true
            gone web: removed
            web is not there"#]],
    );
}

#[test]
fn what_shall_go_is_not_started() {
    check(
        "create web; rm web; start web; rm web; rm -f web",
        expect![[r#"
        create web: created web
        rm web: removal wanted
        start web: refused: container is marked for removal and cannot be started
        rm web: refused: removal of container web is already in progress
        rm -f web: nothing"#]],
    );
}

#[test]
fn an_end_removes_what_was_run_with_rm() {
    check(
        "create web --rm; start web; started web; exited web 0; show web; gone web",
        expect![[r#"
            create web --rm: created web
            start web: run 1 wanted at 10.0.0.2
            started web: started
            exited web 0: exited 0, removal wanted
            web is exited 0, run 1, signals [], address none, work true
            gone web: removed"#]],
    );
}

#[test]
fn a_start_that_fails_removes_what_was_run_with_rm() {
    check(
        "create web --rm; start web; failed web 127; gone web; show web",
        expect![[r#"
        create web --rm: created web
        start web: run 1 wanted at 10.0.0.2
        failed web 127: start failed 127, removal wanted
        gone web: removed
        web is not there"#]],
    );
}

#[test]
fn a_restart_keeps_what_was_run_with_rm() {
    check(
        "create web --rm; start web; started web; restart web; exited web 143; show web",
        expect![[r#"
            create web --rm: created web
            start web: run 1 wanted at 10.0.0.2
            started web: started
            restart web: stop wanted by a time, signal 1 wanted: SIGTERM, restart wanted
            exited web 143: exited 143, run 2 wanted at 10.0.0.2
            web is starting, run 2, signals [], address 10.0.0.2, work true"#]],
    );
}

#[test]
fn a_run_that_is_lost_ends_with_255() {
    check(
        "create web; start web; started web; lost web; show web",
        expect![[r#"
        create web: created web
        start web: run 1 wanted at 10.0.0.2
        started web: started
        lost web: exited 255
        web is exited 255, run 1, signals [], address none, work false"#]],
    );
}

#[test]
fn a_report_of_another_run_changes_nothing() {
    check(
        "create web; start web; started web; exited web 0; start web; exited web 9 run 1; show web; \
         started web; started web; gone web",
        expect![[r#"
            create web: created web
            start web: run 1 wanted at 10.0.0.2
            started web: started
            exited web 0: exited 0
            start web: run 2 wanted at 10.0.0.2
            exited web 9 run 1: nothing
            web is starting, run 2, signals [], address 10.0.0.2, work true
            started web: started
            started web: nothing
            gone web: nothing"#]],
    );
}

#[test]
fn a_name_that_was_given_up_is_free() {
    check(
        "create web; rename web db; create web",
        expect![[r#"
            create web: created web
            rename web db: renamed to db
            create web: created web"#]],
    );
}

#[test]
fn streams_of_a_server_that_is_gone_are_closed_by_the_next() {
    let mut world = World::with_image();
    world
        .create("web", ContainerSpec { image: "busybox".into(), ..ContainerSpec::default() })
        .unwrap();
    let (id, target) = (StreamId::from_bytes([9; 16]), StreamTarget::Container(world.id("web")));
    let open = OpenStream { id, target, kind: StreamKind::Attach };
    world.submit(&Command::System(open.into())).unwrap();
    let boot = Boot { version: "1.0.0".into(), host: "here".into() };
    let events = world.submit(&Command::System(boot.into())).unwrap();
    let closed = Event::from(StreamClosed { id, end: StreamEnd::ServerGone });
    assert!(events.contains(&closed), "{events:?}");
}

#[test]
fn a_name_is_given_once() {
    check(
        "create web; create web; create api; rename api web; rename api db; show db",
        expect![[r#"
            create web: created web
            create web: refused: Conflict. The container name "/web" is already in use by container "0101010101010101010101010101010101010101010101010101010101010101". You have to remove (or rename) that container to be able to reuse that name.
            create api: created api
            rename api web: refused: Conflict. The container name "/web" is already in use by container "0101010101010101010101010101010101010101010101010101010101010101". You have to remove (or rename) that container to be able to reuse that name.
            rename api db: renamed to db
            db is created, failure None, run 0, signals [], address none, work false"#]],
    );
}

#[test]
fn a_rename_refuses_what_is_no_new_name() {
    check(
        "create web; rename web web; rename web we/b; rename nosuch x1",
        expect![[r#"
        create web: created web
        rename web web: refused: Renaming a container with the same name as its current name
        rename web we/b: refused: Invalid container name (we/b), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed
        rename nosuch x1: refused: No such container: nosuch"#]],
    );
}

#[test]
fn names_are_made_up_where_none_is_given() {
    check(
        "create -; create -",
        expect![[r#"
        create -: created able_adder
        create -: created able_adder0"#]],
    );
}

#[test]
fn addresses_are_given_back_and_run_out() {
    check(
        "create a1; create a2; create a3; create a4; create a5; create a6; start a1; start a2; start a3; \
         start a4; start a5; start a6; started a2; exited a2 0; start a6",
        expect![[r#"
            create a1: created a1
            create a2: created a2
            create a3: created a3
            create a4: created a4
            create a5: created a5
            create a6: created a6
            start a1: run 1 wanted at 10.0.0.2
            start a2: run 1 wanted at 10.0.0.3
            start a3: run 1 wanted at 10.0.0.4
            start a4: run 1 wanted at 10.0.0.5
            start a5: run 1 wanted at 10.0.0.6
            start a6: refused: no free address is left on the default bridge 10.0.0.0/29: remove or stop containers
            started a2: started
            exited a2 0: exited 0
            start a6: run 1 wanted at 10.0.0.3"#]],
    );
}

#[test]
fn an_exec_needs_a_run_and_ends_with_it() {
    check(
        "create web; exec web; start web; started web; exec web; exec-start; exec-started; exec-start; \
         exited web 0; exec-exited 0; exec-start",
        expect![[r#"
            create web: created web
            exec web: refused: container 0101010101010101010101010101010101010101010101010101010101010101 is not running
            start web: run 1 wanted at 10.0.0.2
            started web: started
            exec web: created
            exec-start: startrequested
            exec-started: started
            exec-start: refused: Error: Exec command eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee is already running
            exited web 0: exec exited 137, exited 0
            exec-exited 0: nothing
            exec-start: refused: Error: Exec command eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee has already run"#]],
    );
}

#[test]
fn an_exec_of_an_earlier_run_does_not_start() {
    check(
        "create web; start web; started web; exec web; exited web 0; start web; started web; exec-start",
        expect![[r#"
            create web: created web
            start web: run 1 wanted at 10.0.0.2
            started web: started
            exec web: created
            exited web 0: exited 0
            start web: run 2 wanted at 10.0.0.2
            started web: started
            exec-start: refused: container 0101010101010101010101010101010101010101010101010101010101010101 is not running"#]],
    );
}

#[test]
fn ended_execs_are_forgotten_after_a_while() {
    check(
        "create web; start web; started web; exec web; exec-start; exec-started; exec-exited 7; timer; \
         exec-start",
        expect![[r#"
            create web: created web
            start web: run 1 wanted at 10.0.0.2
            started web: started
            exec web: created
            exec-start: startrequested
            exec-started: started
            exec-exited 7: exec exited 7
            timer: 1 execs forgotten
            exec-start: refused: No such exec instance: eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"#]],
    );
}

#[test]
fn what_is_not_there_is_refused_by_name() {
    check(
        "start nosuch; rm nosuch; create web image=nosuch",
        expect![[r#"
        start nosuch: refused: No such container: nosuch
        rm nosuch: refused: No such container: nosuch
        create web image=nosuch: refused: No such image: nosuch:latest"#]],
    );
}
