//! journal-domain.
