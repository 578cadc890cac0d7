//! What a policy costs a command. `cargo bench -p api-policy`.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures time")]

use std::{collections::BTreeMap, fmt::Write as _, sync::Arc, time::Instant};

use api_policy::{Policy, Rights};
use journal_domain::{
    AddImages, AskedMount, Command, ContainerCommand, ContainerId, ContainerOption, ContainerSpec,
    CreateContainer, CreateContainerWith, Digest, Image, ImageCommand, ImageConfig, ImageName,
    ImageSource, Layer, MountField, MountRequest, MountSource, Mounting, OpenTransfer, Signal,
    StopContainer, TransferId,
};
use journal_log::Timestamp;
use projector_containers::{Containers, State};
use projector_machine::testkit::DryRun;

/// The goal of a command.
const GOAL_MICROS: f64 = 20.0;

/// Containers in the state.
const CONTAINERS: u32 = 1_000;

/// Batches of questions about each command.
const BATCHES: u32 = 101;

/// Questions of a batch.
const BATCH: u32 = 200;

fn main() {
    let mut machine = DryRun::<Containers>::new();
    for command in image().into_iter().chain((0..CONTAINERS).map(|n| create(n, &[]))) {
        machine.submit(&command, Timestamp::ZERO).expect("an empty state takes it");
    }
    println!("rules  command                     µs/command  (goal: {GOAL_MICROS})");
    for rules in [1, 10, 100, 200] {
        let policy = Arc::new(policy(rules));
        let mounts: Vec<String> = (0..8).map(|at| format!("/srv/ci/folder-{at}")).collect();
        let named = StopContainer { target: "c-500".into(), signal: None, timeout_seconds: None };
        let stop = ContainerCommand::from(named).into();
        for (name, command) in [
            ("create", create(CONTAINERS, &[])),
            ("create with 8 mounts", create(CONTAINERS, &mounts)),
            ("stop by name", stop),
        ] {
            measure(rules, name, &policy, machine.state(), &command);
        }
    }
}

/// Measures the whole of what a call does: who it is from, and whether they may.
fn measure(rules: u32, name: &str, policy: &Arc<Policy>, state: &State, command: &Command) {
    let groups = ["builders".to_owned()];
    let rights = || -> Rights { policy.rights("token:ci-7", &groups) };
    rights().check(state, command).expect("the last rule allows it");
    let mut batches: Vec<f64> = (0..BATCHES)
        .map(|_| {
            let begun = Instant::now();
            for _ in 0..BATCH {
                let checked = rights().check(state, std::hint::black_box(command));
                std::hint::black_box(checked).expect("allowed");
            }
            begun.elapsed().as_secs_f64() * 1e6 / f64::from(BATCH)
        })
        .collect();
    // The one in the middle: others that run on this machine lengthen some of them.
    batches.sort_by(f64::total_cmp);
    let micros = batches[batches.len() / 2];
    let mark = if micros < GOAL_MICROS { "" } else { "  over the goal" };
    println!("{rules:5}  {name:<26}  {micros:10.2}{mark}");
}

/// Makes rules of which each is about the caller, and only the last one allows what is asked.
fn policy(rules: u32) -> Policy {
    let mut text = "[groups]\nci = ['token:ci-*']\n".to_owned();
    for at in 1..rules {
        let rule = format!(
            "[[rule]]\nname = 'rule-{at}'\nwho = ['group:ci']\nallow = ['container.*']\n\
             labels = {{ team = 'team-{at}' }}\nimages = ['registry.example.com/{at}/*']\n"
        );
        text.push_str(&rule);
    }
    let last = "[[rule]]\nname = 'last'\nwho = ['group:builders']\nallow = ['container.*']\n\
                labels = { team = 'ci' }\nimages = ['busybox*']\nmounts = ['/srv/ci']\n";
    let _ = write!(text, "{last}");
    Policy::from_toml(&text).expect("a policy")
}

fn create(number: u32, mounts: &[String]) -> Command {
    let mut id = [0; 32];
    id[..4].copy_from_slice(&number.to_be_bytes());
    let labels = [("team", "ci"), ("stage", "test"), ("com.example.build", "17")];
    let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let spec = ContainerSpec {
        image: "busybox".into(),
        cmd: Some(vec!["sleep".into(), "60".into()]),
        stop_signal: Some(Signal::TERM),
        labels: BTreeMap::from(labels),
        ..ContainerSpec::default()
    };
    let create = CreateContainer {
        id: ContainerId::from_bytes(id),
        name: Some(format!("c-{number}")),
        name_seed: 0,
        image_name: Some(ImageName::from_normalized("docker.io/library/busybox:latest")),
        spec: Box::new(spec),
    };
    let asked = mounts.iter().map(|path| AskedMount {
        field: MountField::Binds,
        text: format!("{path}:{path}"),
        mount: MountRequest {
            target: path.clone(),
            source: MountSource::Path { path: path.clone(), create: true },
            access: journal_domain::MountAccess::default(),
        },
    });
    let mounting = Mounting { asked: asked.collect(), ..Mounting::default() };
    let options = vec![ContainerOption::Mounting(mounting)];
    ContainerCommand::from(CreateContainerWith { create, options }).into()
}

/// Brings the image that the containers are of.
fn image() -> [Command; 2] {
    let digest = Digest::from_bytes([1; 32]);
    let image = Image {
        id: digest,
        layers: vec![Layer { diff_id: digest, blob: digest, size_bytes: 1 }],
        created: "2023-12-01T00:00:00Z".into(),
        architecture: "amd64".into(),
        os: "linux".into(),
        variant: String::new(),
        author: String::new(),
        comment: String::new(),
        config: ImageConfig::default(),
        size_bytes: 1,
    };
    let transfer = TransferId::from_bytes(*b"transfer of test");
    let open = OpenTransfer { id: transfer, source: ImageSource::Load, name: String::new() };
    let name = ImageName::from_normalized("docker.io/library/busybox:latest");
    let images = vec![(Arc::new(image), vec![name])];
    [ImageCommand::from(open).into(), ImageCommand::from(AddImages { transfer, images }).into()]
}
