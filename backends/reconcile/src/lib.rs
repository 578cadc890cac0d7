//! backends-reconcile.
