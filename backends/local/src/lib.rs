//! backends-local.
