//! What podman says of a container (`SpecGenerator`), in Docker's words.
//!
//! Every field is taken in one of the files here, or is refused by its name at the end.

mod basic;
mod limits;
mod namespaces;
mod network;
mod security;
mod storage;

use serde_json::{Map, Value, json};

use crate::{error::Failure, fields::Fields};

/// A request to create a container, as it is put together.
#[derive(Debug, Default)]
pub(crate) struct Made {
    /// The fields beside `HostConfig`.
    pub(crate) config: Map<String, Value>,
    /// The fields of `HostConfig`.
    pub(crate) host: Map<String, Value>,
}

/// A container that shall be.
#[derive(Debug)]
pub(crate) struct Asked {
    /// The name, where the client gives one.
    pub(crate) name: String,
    /// The request to the Docker API.
    pub(crate) made: Made,
}

/// The namespaces that a container shares with the others of its pod: the container that holds them, and which.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shared {
    /// The id of the pod's first container.
    pub(crate) holder: String,
    /// `net`, `ipc`, `uts`, `pid`.
    pub(crate) kinds: Vec<String>,
}

pub(crate) use self::{namespaces::Namespace, network::endpoint};

/// Fields that tell how the client was called, and ask for nothing.
///
/// `httpproxy` asks for the proxies of the server's own environment; no container is given anything of that here.
const NOTES: &[&str] = &[
    "containerCreateCommand",
    "raw_image_name",
    "httpproxy",
    "volatile",
    "manage_password",
    "image_os",
    "image_arch",
    "image_variant",
    "localMounts",
];

/// Takes limits of resources, as the fields of a request to change them.
pub(crate) fn resources(limits: &mut Fields) -> Result<Map<String, Value>, Failure> {
    let mut made = Made::default();
    limits::take_resources(limits, &mut made)?;
    Ok(made.host)
}

/// Takes what is said of the network of the container that holds what a pod shares.
pub(crate) fn take_network(fields: &mut Fields, made: &mut Made) -> Result<(), Failure> {
    network::take(fields, made, None)
}

/// Takes what is said of users.
pub(crate) fn take_user(fields: &mut Fields) -> Result<(), Failure> {
    namespaces::take_user(fields)
}

// === impl Asked ===

impl Asked {
    /// Reads the pod that is asked for; what is shared in it has to be known before the rest can be read.
    pub(crate) fn pod_of(fields: &mut Fields) -> Result<String, Failure> {
        fields.take("pod")
    }

    /// Reads what is asked, of a container that may share namespaces of its pod.
    pub(crate) fn read(mut fields: Fields, shared: Option<&Shared>) -> Result<Self, Failure> {
        fields.note(NOTES);
        let name = fields.take("name")?;
        let mut made = Made::default();
        basic::take(&mut fields, &mut made)?;
        namespaces::take(&mut fields, &mut made, shared)?;
        network::take(&mut fields, &mut made, shared)?;
        security::take(&mut fields, &mut made)?;
        storage::take(&mut fields, &mut made)?;
        limits::take(&mut fields, &mut made)?;
        fields.finish()?;
        Ok(Self { name, made })
    }
}

// === impl Made ===

impl Made {
    /// Sets a field, unless the value is what nobody set.
    pub(crate) fn config(&mut self, name: &str, value: impl Into<Value>) {
        set(&mut self.config, name, value.into());
    }

    /// Sets a field of `HostConfig`, unless the value is what nobody set.
    pub(crate) fn host(&mut self, name: &str, value: impl Into<Value>) {
        set(&mut self.host, name, value.into());
    }

    /// Gives the body of the request.
    pub(crate) fn into_body(self) -> Value {
        let mut body = self.config;
        body.insert("HostConfig".to_owned(), Value::Object(self.host));
        Value::Object(body)
    }
}

fn set(fields: &mut Map<String, Value>, name: &str, value: Value) {
    let unset = [json!(null), json!(false), json!(0), json!(""), json!([]), json!({})];
    if !unset.contains(&value) {
        fields.insert(name.to_owned(), value);
    }
}

#[cfg(test)]
mod tests;
