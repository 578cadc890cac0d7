//! backends-images.
