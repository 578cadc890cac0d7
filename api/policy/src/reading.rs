//! What a call that makes no command tells of, by its route.

/// What a call reads: one object, or something that tells of all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Object<'t> {
    /// A container, as the client calls it.
    Container(&'t str),
    /// An exec, by its identity.
    Exec(&'t str),
    /// A network, as the client calls it.
    Network(&'t str),
    /// A volume, by its name.
    Volume(&'t str),
    /// Images, which belong to nobody.
    Images,
    /// A list, or what happens to any of them.
    All,
}

/// A call that reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading<'t> {
    pub(crate) action: &'static str,
    pub(crate) object: Object<'t>,
}

// === impl Reading ===

impl<'t> Reading<'t> {
    /// Gives what a route reads, by its template as in `/containers/{id}/json`, with what stands in the place of the
    /// name; nothing where it tells nobody anything, or makes a command.
    pub fn of(is_get: bool, template: &str, name: Option<&'t str>) -> Option<Self> {
        let mut segments = template.split('/').skip(1);
        let (kind, place) = (segments.next()?, segments.next());
        let action = match template {
            "/_ping" | "/version" => return None,
            // What is attached to is a command, whatever the method.
            "/containers/{id}/attach/ws" => return None,
            "/containers/{id}/wait" => "read.containers",
            "/auth" => "read.system",
            _ if !is_get => return None,
            "/containers/{id}/archive" | "/containers/{id}/export" | "/containers/{id}/changes" => {
                "read.files"
            }
            _ => match kind {
                "containers" => "read.containers",
                "exec" => "read.execs",
                "images" | "distribution" => "read.images",
                "networks" => "read.networks",
                "volumes" => "read.volumes",
                _ => "read.system",
            },
        };
        let name = name.filter(|_| place.is_some_and(|place| place.starts_with('{')));
        let object = match (kind, name) {
            ("containers", Some(name)) => Object::Container(name),
            ("exec", Some(name)) => Object::Exec(name),
            ("networks", Some(name)) => Object::Network(name),
            ("volumes", Some(name)) => Object::Volume(name),
            ("images" | "distribution", _) => Object::Images,
            _ => Object::All,
        };
        Some(Self { action, object })
    }
}

#[cfg(test)]
mod tests;
