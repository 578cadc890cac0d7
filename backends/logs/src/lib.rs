//! backends-logs.
