//! What is planned for which state.

use std::{collections::BTreeSet, time::Duration};

use backends_core::RunId;
use journal_domain::{
    BridgeConfig, ConfigureBridge, ContainerCommand, ContainerId, ContainerOption, ContainerSpec,
    CreateContainer, CreateContainerWith, CreateVolume, DeleteImage, EndpointId, ImageCommand,
    ImageName, Namespaces, NetworkId, Networking, ObserveRemoved, ObserveVolumeReady,
    ObserveVolumeRemoved, RemoveVolume, RenameContainer, Sharing, Signal, StartContainer,
    SystemCommand, TerminalSize, Volume, VolumeCommand, VolumeName,
};
use tokio::time::Instant;

use super::{Failed, Limits, Progress, plan};
use crate::{
    Step, StepKey,
    story::{EXEC, LAYER, MOUNTING, Story, WEB},
};

const RUN: RunId = RunId { container: WEB, incarnation: 1 };

#[expect(
    clippy::disallowed_methods,
    reason = "any instant will do; the plan takes it as an argument"
)]
fn now() -> Instant {
    Instant::from_std(std::time::Instant::now())
}

fn planned(story: &Story, progress: &Progress) -> Vec<Step> {
    plan(&story.state, progress, now(), &Limits::default())
}

fn fresh(story: &Story) -> Vec<Step> {
    planned(story, &Progress::default())
}

#[test]
fn what_needs_nothing_gets_nothing() {
    for story in
        [Story::new(), Story::new().start().started(), Story::new().start().started().exited()]
    {
        assert_eq!(fresh(&story), []);
    }
}

#[test]
fn a_wanted_run_is_started() {
    let steps = fresh(&Story::new().start());
    let [Step::Start(workload)] = &steps[..] else { panic!("{steps:?}") };
    assert_eq!((workload.run, workload.name.as_str()), (RUN, "web"));
    assert_eq!(workload.hostname, WEB.short());
}

#[test]
fn a_run_waits_for_its_volumes_and_for_what_its_image_has_for_them() {
    let name: VolumeName = "data".parse().unwrap();
    let story = Story::new().mounting(&name);
    let [Step::MakeVolume(work)] = &fresh(&story)[..] else { panic!("{:?}", fresh(&story)) };
    assert_eq!((&work.volume.name, work.copies.len()), (&name, 1));
    assert_eq!((work.copies[0].target.as_str(), &work.copies[0].layers[..]), ("/d", &[LAYER][..]));
    let mut story = story.start_mounting();
    assert!(matches!(fresh(&story)[..], [Step::MakeVolume(_)]), "{:?}", fresh(&story));
    let copied = vec![(MOUNTING, "/d".to_owned())];
    story.tell(VolumeCommand::from(ObserveVolumeReady { name: name.clone(), copied }));
    assert!(matches!(fresh(&story)[..], [Step::Start(_)]), "{:?}", fresh(&story));
}

#[test]
fn a_volume_that_shall_go_is_removed() {
    let name: VolumeName = "data".parse().unwrap();
    let mut story = Story::new();
    let (options, labels) = Default::default();
    let volume = Volume { name: name.clone(), anonymous: false, options, labels };
    story.tell(VolumeCommand::from(CreateVolume { volume }));
    story.tell(VolumeCommand::from(RemoveVolume { name: "data".into() }));
    assert_eq!(fresh(&story), [Step::RemoveVolume(name.clone())]);
    story.tell(VolumeCommand::from(ObserveVolumeRemoved { name }));
    assert_eq!(fresh(&story), []);
}

#[test]
fn signals_go_out_one_by_one_and_before_a_resize() {
    let story = Story::new().start().started().resize().stop();
    assert_eq!(fresh(&story), [Step::Signal { run: RUN, number: 1, signal: Signal::TERM }]);
    let story = Story::new().start().started().resize();
    let size = TerminalSize { rows: 5, columns: 6 };
    assert_eq!(fresh(&story), [Step::Resize { run: RUN, size }]);
}

#[test]
fn a_signal_waits_for_the_start() {
    let steps = fresh(&Story::new().start().stop());
    assert!(matches!(steps[..], [Step::Start(_)]), "{steps:?}");
}

#[test]
fn what_shall_go_is_killed_first_and_removed_after_its_end() {
    let running = Story::new().start().started().remove();
    assert_eq!(fresh(&running), [Step::Signal { run: RUN, number: 1, signal: Signal::KILL }]);
    assert_eq!(fresh(&running.exited()), [Step::Remove(WEB)]);
    assert_eq!(fresh(&Story::new().remove()), [Step::Remove(WEB)]);
}

#[test]
fn an_exec_is_started_in_its_run() {
    let steps = fresh(&Story::new().start().started().exec());
    let [Step::StartExec(workload)] = &steps[..] else { panic!("{steps:?}") };
    assert_eq!((workload.exec, workload.run), (EXEC, RUN));
}

#[test]
fn layers_that_nothing_refers_to_are_dropped() {
    let mut story = Story::new().remove();
    story.tell(journal_domain::ContainerCommand::from(journal_domain::ObserveRemoved { id: WEB }));
    let target_name =
        Some(journal_domain::ImageName::from_normalized("docker.io/library/app:latest"));
    story.tell(ImageCommand::from(DeleteImage { target: "app".into(), target_name, force: false }));
    assert_eq!(fresh(&story), [Step::DropUnreferenced(vec![LAYER])]);
}

#[test]
fn a_step_under_way_is_not_planned_again() {
    let story = Story::new().start();
    let mut progress = Progress::default();
    progress.begin(StepKey::Container(WEB));
    assert_eq!(planned(&story, &progress), []);
    progress.succeed(StepKey::Container(WEB));
    assert_eq!(planned(&story, &progress).len(), 1);
}

#[test]
fn a_failed_step_waits_longer_each_time_and_never_too_long() {
    let story = Story::new().remove();
    let limits = Limits::default();
    let (mut progress, key, now) = (Progress::default(), StepKey::Container(WEB), now());
    let mut waits = Vec::new();
    for tries in 1..=12 {
        progress.begin(key);
        let failed = progress.fail(key, "down", now, &limits);
        assert_eq!(failed, Failed { tries, is_news: tries == 1 });
        assert_eq!(plan(&story.state, &progress, now, &limits), []);
        let next = progress.next_try(now).unwrap();
        waits.push(next - now);
        assert_eq!(plan(&story.state, &progress, next, &limits), [Step::Remove(WEB)]);
    }
    for (wait, whole) in waits.iter().zip([100, 200, 400]) {
        let whole = Duration::from_millis(whole);
        assert!((whole / 2..=whole).contains(wait), "{wait:?} of {whole:?}");
    }
    assert!(waits.iter().all(|wait| *wait <= limits.backoff_max), "{waits:?}");
    assert!(waits[11] >= limits.backoff_max / 2, "{waits:?}");
}

#[test]
fn a_failure_of_what_needs_nothing_any_more_is_forgotten() {
    let mut progress = Progress::default();
    progress.fail(StepKey::Container(WEB), "down", now(), &Limits::default());
    progress.fail(StepKey::Exec(EXEC), "down", now(), &Limits::default());
    progress.fail(StepKey::Images, "down", now(), &Limits::default());
    progress.forget_settled(&Story::new().state);
    assert_eq!(progress.next_try(now()), None);
}

#[test]
fn no_more_is_done_at_once_than_the_limit() {
    let limits = Limits { steps_max: 1, ..Limits::default() };
    let story = Story::new().start().started().exec().stop();
    assert_eq!(fresh(&story).len(), 2);
    assert_eq!(plan(&story.state, &Progress::default(), now(), &limits).len(), 1);
    let mut progress = Progress::default();
    progress.begin(StepKey::Images);
    assert_eq!(plan(&story.state, &progress, now(), &limits), []);
}

#[test]
fn what_failed_together_does_not_come_back_together() {
    let (limits, now) = (Limits::default(), now());
    let waits = |number: u8| {
        let mut progress = Progress::default();
        let key = StepKey::Container(ContainerId::from_bytes([number; 32]));
        for _ in 0..20 {
            progress.fail(key, "down", now, &limits);
        }
        progress.next_try(now).unwrap() - now
    };
    let all: BTreeSet<_> = (0..100).map(waits).collect();
    assert!(all.len() > 30, "{} different pauses", all.len());
    assert_eq!(waits(1), waits(1), "the same step always waits the same");
}

#[test]
fn a_try_that_is_under_way_or_due_is_not_waited_for() {
    let (limits, now, key) = (Limits::default(), now(), StepKey::Container(WEB));
    let mut progress = Progress::default();
    progress.fail(key, "down", now, &limits);
    let due = progress.next_try(now).unwrap();
    assert_eq!(progress.next_try(due), None);
    progress.begin(key);
    assert_eq!(progress.next_try(now), None);
}

#[test]
fn another_reason_is_news() {
    let (limits, now, key) = (Limits::default(), now(), StepKey::Container(WEB));
    let mut progress = Progress::default();
    let news = ["down", "down", "throttled", "throttled"]
        .map(|reason| progress.fail(key, reason, now, &limits).is_news);
    assert_eq!(news, [true, false, true, false]);
}

#[test]
fn a_start_is_asked_for_with_the_same_bytes_whatever_comes_after_the_wish() {
    let story = Story::new().start();
    let before = fresh(&story);
    let mut story = story.resize().stop();
    story.tell(ContainerCommand::from(RenameContainer {
        target: "web".into(),
        name: "other".into(),
    }));
    assert_eq!(fresh(&story), before);
}

#[test]
fn a_start_joins_the_runs_and_knows_the_links_that_it_was_asked_for_with() {
    let mut story = Story::new();
    story.tell(SystemCommand::from(ConfigureBridge {
        bridge: BridgeConfig {
            network: NetworkId::from_bytes([7; 32]),
            interface: "sl0".into(),
            subnet: [10, 0, 0, 0].into(),
            prefix_bits: 16,
        },
    }));
    let mut story = story.start().started();
    let pid = Some(Sharing::Container(WEB.to_string()));
    let links = Networking { links: vec!["web:store".into()], ..Networking::default() };
    let create = CreateContainer {
        id: ContainerId::from_bytes([8; 32]),
        name: Some("beside".into()),
        name_seed: 0,
        image_name: Some(ImageName::from_normalized("docker.io/library/app:latest")),
        spec: ContainerSpec { image: "app".into(), ..ContainerSpec::default() }.into(),
    };
    let options = vec![
        ContainerOption::Namespaces(Namespaces { pid, ..Namespaces::default() }),
        ContainerOption::Networking(links),
    ];
    story.tell(ContainerCommand::from(CreateContainerWith { create, options }));
    let endpoint = EndpointId::from_bytes([8; 32]);
    story.tell(ContainerCommand::from(StartContainer { target: "beside".into(), endpoint }));
    let start = |story: &Story| {
        let steps = fresh(story).into_iter();
        let mut starts = steps.filter(|step| matches!(step, Step::Start(_)));
        starts.next().unwrap()
    };
    let before = start(&story);
    let Step::Start(workload) = &before else { panic!("{before:?}") };
    assert_eq!(workload.peers.values().collect::<Vec<_>>(), [&RUN]);
    assert_eq!(workload.links[0].env[0], "STORE_NAME=/beside/store");
    let mut story = story.exited();
    assert_eq!(start(&story), before, "it has ended");
    story = story.start().started();
    assert_eq!(start(&story), before, "it runs again");
    story = story.exited().remove();
    story.tell(ContainerCommand::from(ObserveRemoved { id: WEB }));
    assert_eq!(start(&story), before, "it is gone");
}
