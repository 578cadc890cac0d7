//! tests-tidy.
