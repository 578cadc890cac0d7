//! tests-e2e.
