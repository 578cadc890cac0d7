//! `docker create`: a record and nothing else; no backend hears of it before the start.

use std::sync::Arc;

use journal_domain::{
    ContainerCreated, ContainerName, ContainerOption, ContainerOptionsSet, CreateContainer, Event,
    Image, ImageConfig, ImageId, Refusal,
};

use super::{
    Decision, merge::merge, mounts::mount, networking, pod, pool, probe::merge as merge_health,
};
use crate::{State, names};

pub(super) fn create(
    state: &State,
    command: &CreateContainer,
    options: &[ContainerOption],
) -> Decision {
    if state.container(&command.id).is_some() {
        return Err(Refusal::Conflict(format!("container {} exists already", command.id)));
    }
    let bare;
    let image = if pod::check_place(state, command.id, options)? {
        bare = imageless();
        &bare
    } else {
        &**image(state, command)?
    };
    let name = match &command.name {
        Some(name) => chosen_name(state, name)?,
        None => made_up_name(state, command.name_seed),
    };
    let mut spec = merge(&command.spec, image);
    if image.id == NO_IMAGE {
        spec.image_id = None;
    }
    let spec = Arc::new(spec);
    if spec.argv().is_empty() {
        return Err(Refusal::InvalidParameter("no command specified".into()));
    }
    pool::check_create(state, &spec.limits, options)?;
    let id = command.id;
    let options = networking::settle(state, &spec, settled(state, options, image))?;
    let mounted = mount(state, id, &spec, &options, image)?;
    let mut events: Vec<Event> = mounted.volumes;
    events.push(ContainerCreated { id, name, spec }.into());
    if !mounted.options.is_empty() {
        events.push(ContainerOptionsSet { id, options: mounted.options }.into());
    }
    Ok(events)
}

/// Stands for no image: no digest of anything is zero.
const NO_IMAGE: ImageId = ImageId::from_bytes([0; 32]);

/// Makes what stands in the place of an image where there is none: no files, and nothing said of its containers.
fn imageless() -> Image {
    Image {
        id: NO_IMAGE,
        layers: Vec::new(),
        created: String::new(),
        architecture: String::new(),
        os: String::new(),
        variant: String::new(),
        author: String::new(),
        comment: String::new(),
        config: ImageConfig::default(),
        size_bytes: 0,
    }
}

/// Merges the image's own health check into what was asked for, and finds the containers that are named.
fn settled(state: &State, options: &[ContainerOption], image: &Image) -> Vec<ContainerOption> {
    let mut asked = None;
    let mut others = Vec::with_capacity(options.len());
    for option in options {
        match option {
            ContainerOption::Health(check) => asked = Some(check),
            ContainerOption::Namespaces(namespaces) => {
                let find = |text: &str| state.find(text).ok().map(|found| found.id.to_string());
                others.push(ContainerOption::Namespaces(namespaces.resolved(find)));
            }
            ContainerOption::Logging(_)
            | ContainerOption::Publishing(_)
            | ContainerOption::HostUserNamespace
            | ContainerOption::SealedEnvironment(_)
            | ContainerOption::Mounting(_)
            | ContainerOption::MountPoints(_)
            | ContainerOption::Devices(_)
            | ContainerOption::MoreLimits(_)
            | ContainerOption::Build(_)
            | ContainerOption::ForImages(_)
            | ContainerOption::NoNetwork(_)
            | ContainerOption::CgroupParent(_)
            | ContainerOption::SeccompProfile(_)
            | ContainerOption::Networking(_)
            | ContainerOption::Pod(_)
            | ContainerOption::Runtime(_)
            | ContainerOption::Pool(_)
            | ContainerOption::Restart(_) => others.push(option.clone()),
        }
    }
    let health = merge_health(asked, image).map(ContainerOption::Health);
    others.into_iter().chain(health).collect()
}

fn image<'a>(state: &'a State, command: &CreateContainer) -> Result<&'a Arc<Image>, Refusal> {
    state.find_image(&command.spec.image, command.image_name.as_ref())
}

fn chosen_name(state: &State, name: &str) -> Result<ContainerName, Refusal> {
    let name: ContainerName = name.parse().map_err(Refusal::InvalidParameter)?;
    refuse_taken(state, &name)?;
    Ok(name)
}

/// Refuses a name that another container has, in Docker's words.
pub(super) fn refuse_taken(state: &State, name: &ContainerName) -> Result<(), Refusal> {
    if state.pods.named(name).is_some() {
        let text = format!("name \"{name}\" is in use: pod already exists");
        return Err(Refusal::Conflict(text));
    }
    let held = state.names.get(name).filter(|_| !journal_log::planted!("names-not-unique"));
    let Some(holder) = held else { return Ok(()) };
    Err(Refusal::Conflict(format!(
        "Conflict. The container name \"/{name}\" is already in use by container \"{holder}\". \
         You have to remove (or rename) that container to be able to reuse that name."
    )))
}

/// Makes up a name that is free: with more digits behind it the more of them are taken, so that few are tried.
pub(super) fn made_up_name(state: &State, seed: u64) -> ContainerName {
    let free =
        |name: &ContainerName| !state.names.contains_key(name) && state.pods.named(name).is_none();
    names::of(seed, state.names.size()).find(free).expect("numbers do not end")
}
