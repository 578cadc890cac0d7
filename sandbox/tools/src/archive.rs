//! Tools that pack and unpack.

pub(crate) mod gzip;
pub(crate) mod tar;
pub(crate) mod unzip;
