//! What runs a container's programs.

use backends_core::BackendInfo;
use journal_domain::{ContainerOption, Runtime};
use projector_containers::Container;

use crate::Unfit;

/// Reads what a client asks for, where `backend` has it; nothing where it is left to what the programs are.
///
/// A client that names nothing gets the server's default of this moment, which stays the container's.
pub fn runtime(name: &str, backend: &BackendInfo) -> Result<Option<ContainerOption>, Unfit> {
    let name = if name.is_empty() { backend.default_runtime } else { name };
    let is_known = backend.runtimes.iter().any(|runtime| runtime.name == name);
    let found = [Runtime::Native, Runtime::Wasm].into_iter().find(|one| one.as_str() == name);
    if is_known && (found.is_some() || name == Runtime::AUTO) {
        return Ok(found.map(ContainerOption::Runtime));
    }
    let known: Vec<&str> = backend.runtimes.iter().map(|runtime| runtime.name).collect();
    let known = known.join(", ");
    Err(Unfit::invalid(format!("unknown or invalid runtime name: {name}; there are {known}")))
}

/// Shows it.
pub(super) fn shown(container: &Container) -> &'static str {
    let runtime = container.options.as_ref().and_then(|options| options.runtime);
    runtime.map_or(Runtime::AUTO, Runtime::as_str)
}

#[cfg(test)]
mod tests;
