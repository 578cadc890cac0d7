//! projector-containers.
