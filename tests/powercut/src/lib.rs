//! A disk that loses power: a file system in memory, mounted by FUSE, that forgets what was not synced.
//!
//! [`Disk`] is the model, pure: every change is pending until a sync makes it durable, bytes and sizes by the sync of
//! their file, names by the sync of their folder. [`Cut`] draws what of the pending rest a power cut leaves: nothing,
//! a beginning, or any part of it, with writes torn at sectors. [`Mount`] serves a disk to real programs and cuts the
//! power, or calls a function, at a chosen operation.
//!
//! Stricter than any file system that is in use: a program that passes here relies on nothing but what POSIX says.
//! Left out on purpose: `syncfs`, which the kernel does not pass to FUSE; modes, owners and times, which are
//! durable at once, as nothing under test rests on them.

mod cut;
mod disk;
mod image;
mod mount;
mod serve;

pub use cut::Cut;
pub use disk::{Disk, Exchange};
pub use image::{Body, Image, Ino, Node, Op, ROOT};
pub use mount::{Lie, Moment, Mount};
