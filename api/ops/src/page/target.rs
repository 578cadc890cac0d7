//! What a path of the page asks for.

/// The beginning of the paths of what the page shows.
const VIEWS: &str = "/page/";

/// What a path asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// A file of the page.
    File(String),
    /// Something that the page shows.
    View(View),
    /// Nothing that there is.
    Nothing,
}

/// Something that the page shows, at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct View {
    /// The point of the past as it stands in the path; absent for the present.
    pub(super) point: Option<String>,
    /// What is shown.
    pub(super) what: What,
}

/// What is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    /// Containers, pods and pools.
    World,
    /// How many containers there are, and the pools.
    Summary,
    /// The last records.
    Records,
    /// Which records there are.
    Range,
    /// How the log grows.
    Live,
    /// Who has a server of their own behind this one.
    Tenants,
    /// What the Docker API says at this path.
    Docker(String),
}

// === impl Target ===

impl Target {
    /// Reads a path; gives nothing where it is none of the page's.
    pub(super) fn of(path: &str) -> Option<Self> {
        if path == "/" {
            return Some(Self::File("index.html".to_owned()));
        }
        if path.starts_with("/assets/") {
            return Some(Self::File(path[1..].to_owned()));
        }
        let rest = path.strip_prefix(VIEWS)?;
        let (point, what) = match rest.strip_prefix("at/").map(|rest| rest.split_once('/')) {
            Some(Some((point, what))) => (Some(point.to_owned()), what),
            Some(None) => return Some(Self::Nothing),
            None => (None, rest),
        };
        let what = match what {
            "world" => What::World,
            "summary" => What::Summary,
            "records" => What::Records,
            "range" if point.is_none() => What::Range,
            "live" if point.is_none() => What::Live,
            "tenants" if point.is_none() => What::Tenants,
            path => match of_container(path) {
                Some(path) => What::Docker(path),
                None => return Some(Self::Nothing),
            },
        };
        Some(Self::View(View { point, what }))
    }
}

/// Gives the path of the Docker API for what is shown of one container: that and nothing else of it is answered.
fn of_container(path: &str) -> Option<String> {
    let (name, what) = path.strip_prefix("containers/")?.split_once('/')?;
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
    (is_name && !name.is_empty() && ["json", "logs"].contains(&what))
        .then(|| format!("/containers/{name}/{what}"))
}
