//! `GET /events`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::go_value::is_zero;

/// Something that happened to an object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EventMessage {
    /// The action again, for clients before API 1.52; containers and images only.
    #[serde(skip_serializing_if = "is_zero")]
    pub status: String,
    /// The object's id again; containers and images only.
    #[serde(skip_serializing_if = "is_zero")]
    pub id: String,
    /// The container's image; containers only.
    #[serde(skip_serializing_if = "is_zero")]
    pub from: String,
    /// Kind of the object: `container`, `image`, `network`, `volume`, `daemon` or `builder`.
    #[serde(rename = "Type")]
    pub kind: String,
    /// What happened, for example `die` or `exec_start: ls`.
    #[serde(rename = "Action")]
    pub action: String,
    /// To whom.
    #[serde(rename = "Actor")]
    pub actor: EventActor,
    /// `local`.
    #[serde(skip_serializing_if = "is_zero")]
    pub scope: String,
    /// Seconds since the Unix epoch.
    #[serde(skip_serializing_if = "is_zero")]
    pub time: i64,
    /// Nanoseconds since the Unix epoch.
    #[serde(rename = "timeNano", skip_serializing_if = "is_zero")]
    pub time_nano: i64,
}

/// The object of an event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EventActor {
    /// Its id.
    #[serde(rename = "ID")]
    pub id: String,
    /// Its labels, image and name, and what belongs to the event.
    #[serde(rename = "Attributes")]
    pub attributes: BTreeMap<String, String>,
}
