//! The filters of `docker events`.

use api_types::{EventMessage, FilterError, Filters};

/// The keys that Docker knows.
const KEYS: [&str; 14] = [
    "config",
    "container",
    "daemon",
    "event",
    "image",
    "label",
    "network",
    "node",
    "plugin",
    "scope",
    "secret",
    "service",
    "type",
    "volume",
];

/// Which events a client wants: values of one key are alternatives, keys narrow each other down.
#[derive(Debug)]
pub struct Selection(Filters);

// === impl Selection ===

impl Selection {
    /// Reads what a client asks for; a key that Docker does not know is refused.
    pub fn read(filters: Filters) -> Result<Self, FilterError> {
        filters.validate(&KEYS)?;
        Ok(Self(filters))
    }

    /// Tells whether the client wants the event.
    pub fn admits(&self, message: &EventMessage) -> bool {
        self.0.exact_match("type", &message.kind)
            && self.0.exact_match("scope", &message.scope)
            && self.event(message)
            && self.labels(message)
            && self.object("container", message)
            && self.image(message)
            && ["network", "volume", "daemon", "plugin", "node", "service", "secret", "config"]
                .iter()
                .all(|kind| self.object(kind, message))
    }

    /// Compares the action, also without what stands behind its colon (`exec_start: ls`).
    fn event(&self, message: &EventMessage) -> bool {
        let verb = message.action.split(':').next().unwrap_or_default();
        self.0.exact_match("event", &message.action) || self.0.exact_match("event", verb)
    }

    fn labels(&self, message: &EventMessage) -> bool {
        !self.0.contains("label") || self.0.label_match("label", &message.actor.attributes)
    }

    /// Compares an object's id, a prefix of it, or its name.
    fn object(&self, kind: &str, message: &EventMessage) -> bool {
        if !self.0.contains(kind) {
            return true;
        }
        message.kind == kind
            && (self.0.prefix_match(kind, &message.actor.id)
                || self.has_name(kind, message.actor.attributes.get("name")))
    }

    /// Compares the image of an event about one, and the image of a container.
    fn image(&self, message: &EventMessage) -> bool {
        if !self.0.contains("image") {
            return true;
        }
        let attributes = &message.actor.attributes;
        let known = match message.kind.as_str() {
            "image" => [Some(&message.actor.id), attributes.get("name")],
            "container" => [attributes.get("image"), None],
            _ => return false,
        };
        known.into_iter().flatten().any(|image| {
            let bare = image.rsplit_once(':').map_or(image.as_str(), |(bare, _)| bare);
            self.0.exact_match("image", image) || self.0.exact_match("image", bare)
        })
    }

    fn has_name(&self, kind: &str, name: Option<&String>) -> bool {
        name.is_some_and(|name| {
            self.0.exact_match(kind, name) || self.0.exact_match(kind, &format!("/{name}"))
        })
    }
}
