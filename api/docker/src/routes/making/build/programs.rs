//! `RUN`: a container like any other, but that it carries the build's identity and its files become a layer.

use std::sync::Arc;

use backends_build::{BuildError, Ran, Run};
use backends_core::{FilesOf, Taking};
use journal_domain::{
    ContainerCommand, ContainerId, ContainerOption, CreateContainer, CreateContainerWith,
    EndpointId, HealthCheck, StartContainer,
};

use super::site::{ServerSite, failed, step};
use crate::{
    random, secrets, settle,
    streams::{Frame, RunEnd},
};

/// What the docker daemon puts around a program's standard error: red, and then as before.
const RED: &str = "\u{1b}[91m";
const PLAIN: &str = "\u{1b}[0m";

/// Bytes of a program's output that one line of the answer has at most.
const LINE_BYTES_MAX: usize = 64 * 1024;

/// Runs a program to its end.
pub(super) async fn run(site: &ServerSite, run: Run) -> Result<Ran, BuildError> {
    let id = create(site, run).await?;
    let short = id.to_string()[..12].to_owned();
    site.teller.say(format!(" ---> Running in {short}\n")).await;
    let code = start(site, id).await?;
    if code != 0 {
        if site.asked.always_removes {
            site.remove(id).await.map_err(step)?;
        } else {
            site.left(id);
        }
        return Ok(Ran { code, layer: None });
    }
    let world = site.call.world();
    let gone = || BuildError::step(format!("the container {short} was removed while it was used"));
    let container = world.state.container(&id).ok_or_else(gone)?;
    let files = FilesOf {
        container: id,
        spec: Arc::clone(&container.spec),
        options: container.options.clone(),
    };
    // A container that stays keeps its files.
    let taking = if site.asked.removes { Taking::Moved } else { Taking::Copied };
    let backend = &site.call.context().backend;
    let layer = backend.take_changes(&files, site.hold(), taking).await.map_err(failed)?;
    if site.asked.removes {
        site.remove(id).await.map_err(step)?;
        site.teller.say(format!("Removing intermediate container {short}\n")).await;
    } else {
        site.left(id);
    }
    Ok(Ran { code, layer })
}

/// Creates the container of a step.
async fn create(site: &ServerSite, run: Run) -> Result<ContainerId, BuildError> {
    let mut spec = site.asked.spec.clone();
    spec.image = run.image.to_string();
    spec.cmd = Some(run.command);
    // One empty word: the image's own program is not the one that runs.
    spec.entrypoint = Some(vec![String::new()]);
    spec.env = run.env;
    spec.user = run.config.user;
    spec.working_dir = run.config.working_dir;
    let call = &site.call;
    let sealed = secrets::seal(call, None, &mut spec.env).await.map_err(step)?;
    let key = sealed.as_ref().map(|sealed| sealed.key);
    let mut options = vec![
        ContainerOption::Build(site.build().await?),
        ContainerOption::Health(HealthCheck {
            test: vec!["NONE".to_owned()],
            ..HealthCheck::default()
        }),
    ];
    options.extend(site.asked.networking.clone().map(ContainerOption::Networking));
    options.extend(site.asked.cgroup_parent.clone());
    options.extend(sealed.map(ContainerOption::SealedEnvironment));
    let id = ContainerId::from_bytes(random::bytes());
    let create = CreateContainer {
        id,
        name: None,
        name_seed: u64::from_le_bytes(random::bytes()),
        image_name: None,
        spec: Box::new(spec),
    };
    let command = ContainerCommand::from(CreateContainerWith { create, options });
    // From here on it is there, should this be broken off.
    site.opened(id);
    secrets::submit(call, command, key).await.map_err(step)?;
    Ok(id)
}

/// Starts it, tells what it writes, and gives its code.
async fn start(site: &ServerSite, id: ContainerId) -> Result<i64, BuildError> {
    let call = &site.call;
    let world = call.world();
    let gone = || BuildError::step("the step's container was removed before it ran");
    let container = world.state.container(&id).ok_or_else(gone)?;
    let end = RunEnd::of(&call.context().handle, container);
    let incarnation = container.incarnation + 1;
    let endpoint = EndpointId::from_bytes(random::bytes());
    let start = StartContainer { target: id.to_string(), endpoint };
    let committed = call.submit(ContainerCommand::from(start)).await.map_err(step)?;
    settle::started(call, id, incarnation, committed.stamp.seq).await.map_err(step)?;
    let mut output = call.context().backend.output(id).map_err(failed)?;
    let teller = &site.teller;
    let tell = |frame: Frame| async move {
        let Frame { is_error, bytes } = frame;
        for piece in bytes.chunks(LINE_BYTES_MAX) {
            let text = String::from_utf8_lossy(piece);
            let shown = if is_error { format!("{RED}{text}{PLAIN}") } else { text.into_owned() };
            teller.say(shown).await;
        }
    };
    let ended = end.follow(&mut output, tell).await.map_err(failed)?;
    if ended.error.is_empty() { Ok(ended.exit_code) } else { Err(BuildError::step(ended.error)) }
}
