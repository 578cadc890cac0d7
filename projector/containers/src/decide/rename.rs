//! `docker rename`.

use journal_domain::{ContainerName, ContainerRenamed, Refusal, RenameContainer};

use super::{Decision, create::refuse_taken};
use crate::State;

pub(super) fn rename(state: &State, command: &RenameContainer) -> Decision {
    if command.target.is_empty() || command.name.is_empty() {
        return Err(Refusal::InvalidParameter("Neither old nor new names may be empty".into()));
    }
    let container = state.find(&command.target)?;
    let name: ContainerName = command.name.parse().map_err(Refusal::InvalidParameter)?;
    if container.name == name {
        return Err(Refusal::InvalidParameter(
            "Renaming a container with the same name as its current name".into(),
        ));
    }
    refuse_taken(state, &name)?;
    let old_name = container.name.clone();
    Ok(vec![ContainerRenamed { id: container.id, old_name, name }.into()])
}
