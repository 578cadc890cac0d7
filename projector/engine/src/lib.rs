//! projector-engine.
