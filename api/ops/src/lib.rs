//! api-ops.
