//! api-docker.
