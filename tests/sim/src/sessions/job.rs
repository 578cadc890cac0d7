//! A build, step by step as the server does it, or a load: opened, carried out, and closed in any case.

use std::sync::Arc;

use fastrand::Rng;
use journal_domain::{
    AddImages, AddMade, Command, ContainerCommand, ContainerId, ContainerOption, ContainerSpec,
    CreateContainer, CreateContainerWith, Digest, EndpointId, FailTransfer, Image, ImageCommand,
    ImageConfig, ImageId, ImageName, ImageSource, Layer, MadeImage, MakingEnd, OpenTransfer,
    RemoveContainer, StartContainer, TransferId,
};
use projector_containers::{Container, Phase, State};

use crate::client::{BASE, bytes};

/// Looks after which a job gives up what it waits for: a client has gone, or a command was refused.
const LOOKS_MAX: u32 = 60;

/// Something that goes on for a client.
#[derive(Debug)]
pub(super) struct Job {
    transfer: TransferId,
    source: ImageSource,
    stage: Stage,
    /// Steps that are still to be done.
    steps: u8,
    /// The last image that was made.
    image: ImageId,
    layers: Vec<Layer>,
    /// Whether it shall end without an image.
    is_broken: bool,
    looks: u32,
}

/// What was asked for last.
#[derive(Debug, Clone, Copy)]
enum Stage {
    /// Nothing.
    New,
    /// The opening, or the end of a step.
    Open,
    /// The container of a step.
    Created(ContainerId),
    /// Its start.
    Started(ContainerId),
    /// Its image.
    Made(ContainerId),
    /// Its removal.
    Removing(ContainerId),
    /// The closing.
    Closing,
}

/// What a job does next.
#[derive(Debug)]
pub(super) enum Turn {
    /// It asks for something.
    Ask(Command),
    /// It waits.
    Wait,
    /// It is over.
    Over,
}

// === impl Job ===

impl Job {
    pub(super) fn new(rng: &mut Rng) -> Self {
        let source = if rng.u8(..) < 64 { ImageSource::Load } else { ImageSource::Build };
        Self {
            transfer: TransferId::from_bytes(bytes(rng)),
            source,
            stage: Stage::New,
            steps: if source == ImageSource::Build { rng.u8(1..4) } else { 0 },
            image: BASE,
            layers: vec![Layer { diff_id: BASE, blob: BASE, size_bytes: 1 }],
            is_broken: rng.u8(..) < 32,
            looks: 0,
        }
    }

    /// Goes on, if what it waits for is there.
    pub(super) fn turn(&mut self, rng: &mut Rng, state: &State) -> Turn {
        self.looks += 1;
        let was_late = self.looks > LOOKS_MAX;
        match self.stage {
            Stage::New => self.ask(Stage::Open, self.opening()),
            Stage::Open if state.transfer(&self.transfer).is_none() => {
                if was_late {
                    Turn::Over
                } else {
                    Turn::Wait
                }
            }
            Stage::Open if self.steps == 0 || self.is_broken => {
                let closing = self.closing(rng);
                self.ask(Stage::Closing, closing)
            }
            Stage::Open => {
                let id = ContainerId::from_bytes(bytes(rng));
                let create = self.step(rng, id);
                self.ask(Stage::Created(id), create)
            }
            Stage::Created(id) => match state.container(&id) {
                Some(_) => {
                    let endpoint = EndpointId::from_bytes(bytes(rng));
                    let start = StartContainer { target: id.to_string(), endpoint };
                    self.ask(Stage::Started(id), ContainerCommand::from(start))
                }
                None if was_late => self.break_off(id),
                None => Turn::Wait,
            },
            Stage::Started(id) => match state.container(&id) {
                Some(container) => self.look_at(rng, container, was_late),
                None => self.break_off(id),
            },
            Stage::Made(id) => self.remove(id),
            Stage::Removing(id) => match state.container(&id) {
                Some(_) if was_late => self.remove(id),
                Some(_) => Turn::Wait,
                None => {
                    (self.stage, self.looks) = (Stage::Open, 0);
                    self.steps = self.steps.saturating_sub(1);
                    Turn::Wait
                }
            },
            Stage::Closing if state.transfer(&self.transfer).is_none() => Turn::Over,
            Stage::Closing => {
                // The images may have been refused: one that they were made of is gone.
                let fail = self.failure();
                self.ask(Stage::Closing, fail)
            }
        }
    }

    /// Looks at how far a step is.
    fn look_at(&mut self, rng: &mut Rng, container: &Container, was_late: bool) -> Turn {
        let id = container.id;
        let is_done = matches!(&container.phase, Phase::Exited(exited)
            if exited.report.exit_code == 0 && exited.failure.is_none());
        let is_over = container.incarnation > 0 && !container.is_live();
        if is_done && !container.is_live() {
            let made = self.make(rng);
            return self.ask(Stage::Made(id), ImageCommand::from(made));
        }
        let hangs_up = rng.u8(..) < 8;
        if is_over || was_late || hangs_up { self.break_off(id) } else { Turn::Wait }
    }

    /// Ends it without an image, and removes the step's container first.
    fn break_off(&mut self, id: ContainerId) -> Turn {
        self.is_broken = true;
        self.remove(id)
    }

    fn remove(&mut self, id: ContainerId) -> Turn {
        let remove = RemoveContainer { target: id.to_string(), force: true, volumes: true };
        self.ask(Stage::Removing(id), ContainerCommand::from(remove))
    }

    fn ask(&mut self, stage: Stage, command: impl Into<Command>) -> Turn {
        (self.stage, self.looks) = (stage, 0);
        Turn::Ask(command.into())
    }

    fn opening(&self) -> ImageCommand {
        OpenTransfer { id: self.transfer, source: self.source, name: String::new() }.into()
    }

    fn failure(&self) -> ImageCommand {
        FailTransfer { transfer: self.transfer, reason: "the client hung up".to_owned() }.into()
    }

    fn closing(&mut self, rng: &mut Rng) -> ImageCommand {
        if self.is_broken {
            return self.failure();
        }
        let name = format!("docker.io/library/made:{:x}", rng.u32(..));
        let names = vec![ImageName::from_normalized(name)];
        if self.source == ImageSource::Load {
            let images = vec![(Arc::new(self.next_image(rng)), names)];
            return AddImages { transfer: self.transfer, images }.into();
        }
        let end = Some(MakingEnd { image: self.image, names });
        AddMade { transfer: self.transfer, images: Vec::new(), commit: None, end }.into()
    }

    fn step(&self, rng: &mut Rng, id: ContainerId) -> ContainerCommand {
        let spec = ContainerSpec {
            image: self.image.to_string(),
            cmd: Some(vec!["step".to_owned()]),
            ..ContainerSpec::default()
        };
        let create = CreateContainer {
            id,
            name: None,
            name_seed: rng.u64(..),
            image_name: None,
            spec: Box::new(spec),
        };
        CreateContainerWith { create, options: vec![ContainerOption::Build(self.transfer)] }.into()
    }

    /// Makes the image of a step.
    fn make(&mut self, rng: &mut Rng) -> AddMade {
        let parent = Some(self.image);
        let image = self.next_image(rng);
        (self.image, self.layers) = (image.id, image.layers.clone());
        let cache_key = Some(Digest::from_bytes(bytes(rng)));
        let images = vec![MadeImage { image: Arc::new(image), parent, cache_key }];
        AddMade { transfer: self.transfer, images, commit: None, end: None }
    }

    fn next_image(&self, rng: &mut Rng) -> Image {
        let digest = Digest::from_bytes(bytes(rng));
        let mut layers = self.layers.clone();
        layers.push(Layer { diff_id: digest, blob: digest, size_bytes: 1 });
        Image {
            id: Digest::from_bytes(bytes(rng)),
            layers,
            created: String::new(),
            architecture: "amd64".to_owned(),
            os: "linux".to_owned(),
            variant: String::new(),
            author: String::new(),
            comment: String::new(),
            config: ImageConfig { cmd: Some(vec!["run".to_owned()]), ..ImageConfig::default() },
            size_bytes: 1,
        }
    }
}
