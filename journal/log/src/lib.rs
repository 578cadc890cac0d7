//! journal-log.
