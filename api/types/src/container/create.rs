//! `POST /containers/create`.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::{ContainerConfig, HostConfig};
use crate::go_json::{self, GoJsonError};
use crate::network::NetworkingConfig;

/// The body of a create request: the portable configuration with two more members beside its own.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ContainerCreateRequest {
    /// What an image can set too.
    pub config: ContainerConfig,
    /// What depends on the host; `None` when the client sent none.
    pub host_config: Option<HostConfig>,
    /// Networks to connect to.
    pub networking_config: NetworkingConfig,
}

/// The answer to a create request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct ContainerCreateResponse {
    /// The new container's id, 64 hexadecimal digits.
    pub id: String,
    /// What was accepted but is not done.
    pub warnings: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase", expecting = "an object")]
struct Members {
    host_config: Option<HostConfig>,
    networking_config: NetworkingConfig,
}

impl ContainerCreateRequest {
    /// Decodes a request's body.
    pub fn from_json(bytes: &[u8]) -> Result<Self, GoJsonError> {
        let body = go_json::parse(bytes)?;
        let Members { host_config, networking_config } = go_json::from_value(&body)?;
        Ok(Self { config: go_json::from_value(&body)?, host_config, networking_config })
    }

    /// Gives what depends on the host, with nothing asked where the client sent none.
    pub fn host(&self) -> &HostConfig {
        static NOTHING: LazyLock<HostConfig> = LazyLock::new(HostConfig::default);
        self.host_config.as_ref().unwrap_or(&NOTHING)
    }
}
