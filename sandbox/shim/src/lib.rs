//! sandbox-shim.
