//! Podman's API over a server in this process, asked as podman's client asks.

#[cfg(test)]
mod routes {
    mod containers;
    mod harness;
    mod objects;
    mod pods;
    mod refusals;
}
