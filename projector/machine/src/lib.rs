//! projector-machine.
