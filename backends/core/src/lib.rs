//! backends-core.
