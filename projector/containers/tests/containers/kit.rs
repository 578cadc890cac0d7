//! Runs scripts against the machine. Time moves one second with each line.

use std::{collections::BTreeMap, net::Ipv4Addr, sync::Arc, time::Duration};

use expect_test::Expect;
use journal_domain::*;
use journal_log::{Seq, Timestamp};
use projector_containers::{Containers, Phase, State};
use projector_machine::{Machine, Stamp};

/// A machine with its log.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) state: State,
    pub(crate) log: Vec<(Event, Stamp)>,
    now: Timestamp,
    seq: Seq,
    made: u8,
}

/// Runs `script` line by line, or by semicolons, and compares what it tells.
pub(crate) fn check(script: &str, expected: Expect) {
    let mut world = World::with_image();
    let told: Vec<String> = lines(script).map(|line| world.tell(line)).collect();
    expected.assert_eq(&told.join("\n"));
}

fn lines(script: &str) -> impl Iterator<Item = &str> {
    script.split([';', '\n']).map(str::trim).filter(|line| !line.is_empty())
}

pub(crate) fn image(byte: u8, config: ImageConfig) -> Arc<Image> {
    let layer = Layer { diff_id: layer_of(byte), blob: layer_of(byte), size_bytes: 100 };
    Arc::new(Image {
        id: Digest::from_bytes([byte; 32]),
        layers: vec![layer],
        created: String::new(),
        architecture: "amd64".into(),
        os: "linux".into(),
        variant: String::new(),
        author: String::new(),
        comment: String::new(),
        config,
        size_bytes: 100,
    })
}

/// The digest of the layer of the image of this byte.
pub(crate) const fn layer_of(byte: u8) -> Digest {
    Digest::from_bytes([!byte; 32])
}

pub(crate) fn image_name(text: &str) -> ImageName {
    ImageName::from_normalized(format!("docker.io/library/{text}:latest"))
}

impl World {
    /// A world with the image `busybox`, whose command is `sh`, and a bridge of six addresses.
    pub(crate) fn with_image() -> Self {
        let mut world = Self::default();
        let config = ImageConfig { cmd: Some(vec!["sh".into()]), ..ImageConfig::default() };
        world.add_image(image(0xaa, config), "busybox");
        let bridge = BridgeConfig {
            network: NetworkId::from_bytes([0xbb; 32]),
            interface: "sl0".into(),
            subnet: Ipv4Addr::new(10, 0, 0, 0),
            prefix_bits: 29,
        };
        world.submit(&Command::System(ConfigureBridge { bridge }.into())).unwrap();
        world
    }

    pub(crate) fn add_image(&mut self, image: Arc<Image>, name: &str) {
        let transfer = TransferId::from_bytes([1; 16]);
        let open = OpenTransfer { id: transfer, source: ImageSource::Import, name: name.into() };
        self.submit(&Command::Image(open.into())).unwrap();
        let images = vec![(image, vec![image_name(name)])];
        self.submit(&Command::Image(AddImages { transfer, images }.into())).unwrap();
    }

    /// Decides and applies one command, as the engine does.
    pub(crate) fn submit(&mut self, command: &Command) -> Result<Vec<Event>, Refusal> {
        self.seq = self.seq.next();
        self.now = self.now.saturating_add(Duration::from_secs(1));
        let events = Containers::decide(&self.state, command, self.now)?;
        let stamp = Stamp { seq: self.seq, at: self.now };
        for event in &events {
            Containers::apply(&mut self.state, event, stamp);
            self.log.push((event.clone(), stamp));
        }
        Ok(events)
    }

    pub(crate) fn id(&self, name: &str) -> ContainerId {
        self.state.find(name).unwrap().id
    }

    pub(crate) fn create(
        &mut self,
        name: &str,
        spec: ContainerSpec,
    ) -> Result<Vec<Event>, Refusal> {
        self.made += 1;
        let image_name = Some(image_name(&spec.image));
        self.submit(&Command::Container(
            CreateContainer {
                id: ContainerId::from_bytes([self.made; 32]),
                name: (name != "-").then(|| name.to_owned()),
                name_seed: 0,
                image_name,
                spec: Box::new(spec),
            }
            .into(),
        ))
    }

    /// Creates a container of `busybox` with options.
    pub(crate) fn create_with(
        &mut self,
        name: &str,
        options: Vec<ContainerOption>,
    ) -> Result<Vec<Event>, Refusal> {
        self.create_of(name, Limits::default(), options)
    }

    /// Creates a container of `busybox` with limits and options.
    pub(crate) fn create_of(
        &mut self,
        name: &str,
        limits: Limits,
        options: Vec<ContainerOption>,
    ) -> Result<Vec<Event>, Refusal> {
        self.made += 1;
        let spec = ContainerSpec { limits, ..spec(&[]) };
        let create = CreateContainer {
            id: ContainerId::from_bytes([self.made; 32]),
            name: Some(name.to_owned()),
            name_seed: 0,
            image_name: Some(image_name(&spec.image)),
            spec: Box::new(spec),
        };
        self.submit(&Command::Container(CreateContainerWith { create, options }.into()))
    }

    /// Creates a container of `busybox` in networks.
    pub(crate) fn create_in(
        &mut self,
        name: &str,
        network: NetworkMode,
        networking: Networking,
    ) -> Result<Vec<Event>, Refusal> {
        self.made += 1;
        let spec = ContainerSpec { network, ..spec(&[]) };
        let create = CreateContainer {
            id: ContainerId::from_bytes([self.made; 32]),
            name: Some(name.to_owned()),
            name_seed: 0,
            image_name: Some(image_name(&spec.image)),
            spec: Box::new(spec),
        };
        let options = vec![ContainerOption::Networking(networking)];
        self.submit(&Command::Container(CreateContainerWith { create, options }.into()))
    }

    pub(crate) fn tell(&mut self, line: &str) -> String {
        let words: Vec<&str> = line.split_whitespace().collect();
        let outcome = match words[..] {
            ["show", name] => return self.show(name),
            ["create", name, ref options @ ..] => self.create(name, spec(options)),
            ["timer"] => {
                let (at, command) = Containers::next_timer(&self.state).unwrap();
                self.now = self.now.max(at);
                self.submit(&command)
            }
            _ => {
                let command = self.command(&words);
                self.submit(&command)
            }
        };
        match outcome {
            Ok(events) => {
                let told: Vec<String> = events.iter().map(tell_event).collect();
                format!(
                    "{line}: {}",
                    if told.is_empty() { "nothing".into() } else { told.join(", ") }
                )
            }
            Err(refusal) => format!("{line}: refused: {refusal}"),
        }
    }

    fn command(&self, words: &[&str]) -> Command {
        let endpoint = EndpointId::from_bytes([7; 32]);
        let run = |name: &str| {
            let found = self.state.find(name).unwrap();
            (found.id, found.incarnation)
        };
        let container: ContainerCommand = match *words {
            ["start", target] => StartContainer { target: target.into(), endpoint }.into(),
            ["restart", target] => RestartContainer {
                target: target.into(),
                signal: None,
                timeout_seconds: None,
                endpoint,
            }
            .into(),
            ["stop", target, seconds] => StopContainer {
                target: target.into(),
                signal: None,
                timeout_seconds: seconds.parse().ok(),
            }
            .into(),
            ["kill", target, signal] => {
                KillContainer { target: target.into(), signal: signal.parse().unwrap() }.into()
            }
            ["rename", target, name] => {
                RenameContainer { target: target.into(), name: name.into() }.into()
            }
            ["rm", target] => remove(target, false),
            ["rm", "-f", target] => remove(target, true),
            ["started", name] => {
                let (id, incarnation) = run(name);
                ObserveStarted { id, incarnation, pid: 42, started_at: self.now }.into()
            }
            ["failed", name, code] => {
                let (id, incarnation) = run(name);
                let exit_code = code.parse().unwrap();
                ObserveStartFailure { id, incarnation, exit_code, message: "no".into() }.into()
            }
            ["exited", name, code] => exit(run(name), code, self.now),
            ["exited", name, code, "run", number] => {
                exit((run(name).0, number.parse().unwrap()), code, self.now)
            }
            ["lost", name] => {
                let (id, incarnation) = run(name);
                ObserveLost { id, incarnation, reason: "gone".into() }.into()
            }
            ["signalled", name, number] => {
                let (id, incarnation) = run(name);
                let number = number.parse().unwrap();
                ObserveSignal { id, incarnation, number, error: String::new() }.into()
            }
            ["gone", name] => ObserveRemoved { id: self.id(name) }.into(),
            _ => return self.exec_command(words),
        };
        Command::Container(container)
    }

    fn exec_command(&self, words: &[&str]) -> Command {
        let id = ExecId::from_bytes([0xee; 32]);
        let exec: ExecCommand = match *words {
            ["exec", target] => {
                let spec = ExecSpec { cmd: vec!["ls".into()], ..ExecSpec::default() };
                CreateExec { id, target: target.into(), spec: spec.into() }.into()
            }
            ["exec-start"] => {
                StartExec { target: id.to_string(), detach: false, console_size: None }.into()
            }
            ["exec-started"] => ObserveExecStarted { id, pid: 43 }.into(),
            ["exec-exited", code] => {
                let exit_code = code.parse().unwrap();
                ObserveExecExit { id, exit_code, error: String::new() }.into()
            }
            _ => panic!("no such line: {words:?}"),
        };
        Command::Exec(exec)
    }

    fn show(&self, name: &str) -> String {
        let Ok(container) = self.state.find(name) else { return format!("{name} is not there") };
        let phase = match &container.phase {
            Phase::Created(failure) => {
                format!("created, failure {:?}", failure.as_ref().map(|f| f.exit_code))
            }
            Phase::Starting(_) => "starting".into(),
            Phase::Running(running) => format!("running, stop {:?}", running.stopping.is_some()),
            Phase::Exited(exited) => format!("exited {}", exited.report.exit_code),
        };
        let signals: Vec<String> = container
            .pending_signals
            .iter()
            .map(|signal| format!("{}:{}", signal.number, signal.signal))
            .collect();
        let address = container
            .leases()
            .find_map(|lease| lease.addresses().next())
            .map(|address| address.to_string());
        format!(
            "{name} is {phase}, run {}, signals [{}], address {}, work {}",
            container.incarnation,
            signals.join(" "),
            address.unwrap_or_else(|| "none".into()),
            container.has_work()
        )
    }
}

fn remove(target: &str, force: bool) -> ContainerCommand {
    RemoveContainer { target: target.into(), force, volumes: false }.into()
}

fn exit(
    (id, incarnation): (ContainerId, u32),
    code: &str,
    finished_at: Timestamp,
) -> ContainerCommand {
    let exit_code = code.parse().unwrap();
    let error = String::new();
    ObserveExit { id, incarnation, exit_code, oom_killed: false, finished_at, error }.into()
}

fn spec(options: &[&str]) -> ContainerSpec {
    let mut spec = ContainerSpec { image: "busybox".into(), ..ContainerSpec::default() };
    for option in options {
        match option.split_once('=') {
            Some(("image", name)) => spec.image = name.into(),
            Some(("label", label)) => {
                let (key, value) = label.split_once(':').unwrap();
                spec.labels = BTreeMap::from([(key.into(), value.into())]);
            }
            Some(("stop-signal", name)) => spec.stop_signal = Some(name.parse().unwrap()),
            None if *option == "--rm" => spec.auto_remove = true,
            _ => panic!("no such option: {option}"),
        }
    }
    spec
}

fn tell_event(event: &Event) -> String {
    match event {
        Event::Container(ContainerEvent::Created(e)) => format!("created {}", e.name),
        Event::Container(ContainerEvent::StartRequested(e)) => match &e.lease {
            Some(lease) => format!("run {} wanted at {}", e.incarnation, lease.address),
            None => format!("run {} wanted", e.incarnation),
        },
        Event::Container(ContainerEvent::Started(_)) => "started".into(),
        Event::Container(ContainerEvent::StartFailed(e)) => format!("start failed {}", e.exit_code),
        Event::Container(ContainerEvent::Exited(e)) => format!("exited {}", e.exit_code),
        Event::Container(ContainerEvent::StopRequested(e)) => {
            format!("stop wanted {}", if e.deadline.is_some() { "by a time" } else { "some time" })
        }
        Event::Container(ContainerEvent::SignalRequested(e)) => {
            format!("signal {} wanted: {}", e.number, e.signal)
        }
        Event::Container(ContainerEvent::SignalDelivered(e)) => format!("signal {} sent", e.number),
        Event::Container(ContainerEvent::RestartRequested(_)) => "restart wanted".into(),
        Event::Container(ContainerEvent::Renamed(e)) => format!("renamed to {}", e.name),
        Event::Container(ContainerEvent::RemovalRequested(_)) => "removal wanted".into(),
        Event::Container(ContainerEvent::Removed(_)) => "removed".into(),
        Event::Exec(ExecEvent::Exited(e)) => format!("exec exited {}", e.exit_code),
        Event::Exec(ExecEvent::Forgotten(e)) => format!("{} execs forgotten", e.ids.len()),
        other => {
            let text = format!("{other:?}");
            text.split(['(', ' ']).nth(1).unwrap_or_default().to_lowercase()
        }
    }
}
