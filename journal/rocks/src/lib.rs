//! journal-rocks.
