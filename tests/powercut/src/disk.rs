//! A disk as programs see it, and as much of it as a power cut is sure to leave.
//!
//! The live image is the fold of all operations, the durable image the fold of those that a sync has made safe. What
//! is between them is pending, in order.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};

use rustix::io::{Errno, Result};

use crate::cut::Cut;
use crate::image::{Body, Image, Ino, Node, Op};

/// What a rename does with a file that has the new name already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exchange {
    /// Takes its place.
    Replace,
    /// Leaves it, and fails.
    Refuse,
    /// Gives it the old name.
    Swap,
}

/// A disk in memory.
#[derive(Debug, Clone)]
pub struct Disk {
    live: Image,
    durable: Image,
    pending: Vec<Op>,
    last: Ino,
}

impl Disk {
    /// A disk that holds `image` and nothing else.
    pub fn new(image: Image) -> Self {
        Self { last: image.last(), durable: image.clone(), live: image, pending: Vec::new() }
    }

    /// What programs see.
    pub fn live(&self) -> &Image {
        &self.live
    }

    /// Operations that a power cut may undo.
    pub fn pending(&self) -> &[Op] {
        &self.pending
    }

    /// What a power cut leaves, when `cut` draws it.
    pub fn after(&self, cut: Cut, random: &mut fastrand::Rng) -> Image {
        let mut image = self.durable.clone();
        cut.keep(&mut image, &self.pending, random);
        image.collect();
        image
    }

    /// Finds a file.
    pub fn node(&self, ino: Ino) -> Result<&Node> {
        self.live.node(ino).ok_or(Errno::NOENT)
    }

    /// Finds the file with a name.
    pub fn find(&self, folder: Ino, name: &OsStr) -> Result<Ino> {
        match &self.node(folder)?.body {
            Body::Folder(names) => names.get(name).copied().ok_or(Errno::NOENT),
            Body::File(_) | Body::Link(_) | Body::Special => Err(Errno::NOTDIR),
        }
    }

    /// Makes a file with a name that is free.
    pub fn make(&mut self, folder: Ino, name: &OsStr, node: Node) -> Result<Ino> {
        self.must_be_free(folder, name)?;
        self.last = Ino(self.last.0 + 1);
        self.live.add(self.last, node.clone());
        // Without a name it is nothing yet, so nothing depends on when its number is durable.
        self.durable.add(self.last, node);
        self.change(Op::Name(vec![(folder, name.to_owned(), Some(self.last))]));
        Ok(self.last)
    }

    /// Gives a file another name.
    pub fn link(&mut self, ino: Ino, folder: Ino, name: &OsStr) -> Result<()> {
        self.must_be_free(folder, name)?;
        self.node(ino)?;
        self.change(Op::Name(vec![(folder, name.to_owned(), Some(ino))]));
        Ok(())
    }

    /// Takes a name; a folder has to be empty.
    pub fn unlink(&mut self, folder: Ino, name: &OsStr) -> Result<()> {
        let ino = self.find(folder, name)?;
        self.must_be_empty(ino)?;
        self.change(Op::Name(vec![(folder, name.to_owned(), None)]));
        Ok(())
    }

    /// Moves a file from one name to another, at once.
    pub fn rename(
        &mut self,
        (folder, name): (Ino, &OsStr),
        (to_folder, to_name): (Ino, &OsStr),
        exchange: Exchange,
    ) -> Result<()> {
        let ino = self.find(folder, name)?;
        let there = self.find(to_folder, to_name).ok();
        let left = match (exchange, there) {
            (Exchange::Refuse, Some(_)) => return Err(Errno::EXIST),
            (Exchange::Swap, None) => return Err(Errno::NOENT),
            (Exchange::Swap, Some(other)) => Some(other),
            (Exchange::Replace, Some(other)) if other == ino => return Ok(()),
            (Exchange::Replace, Some(other)) => self.must_be_empty(other).map(|()| None)?,
            (Exchange::Replace | Exchange::Refuse, None) => None,
        };
        let names =
            vec![(folder, name.to_owned(), left), (to_folder, to_name.to_owned(), Some(ino))];
        self.change(Op::Name(names));
        Ok(())
    }

    /// Puts bytes into a file.
    pub fn write(&mut self, ino: Ino, offset: u64, bytes: &[u8]) -> Result<()> {
        self.must_be_a_file(ino)?;
        self.change(Op::Write { ino, offset, bytes: bytes.to_owned() });
        Ok(())
    }

    /// Cuts a file short, or adds zeros to it.
    pub fn resize(&mut self, ino: Ino, size_bytes: u64) -> Result<()> {
        self.must_be_a_file(ino)?;
        self.change(Op::Resize { ino, size_bytes });
        Ok(())
    }

    /// Changes attributes, which are durable at once.
    pub fn set(&mut self, ino: Ino, change: impl Fn(&mut Node)) -> Result<()> {
        for image in [&mut self.live, &mut self.durable] {
            change(image.node_mut(ino).ok_or(Errno::NOENT)?);
        }
        Ok(())
    }

    /// Makes a file's bytes and size durable, or a folder's names.
    pub fn sync(&mut self, ino: Ino) -> Result<()> {
        let is_folder = matches!(self.node(ino)?.body, Body::Folder(_));
        let mut safe = if is_folder { self.names_of(ino) } else { self.bytes_of(ino) }.into_iter();
        for op in std::mem::take(&mut self.pending) {
            if safe.next().unwrap_or(false) {
                self.durable.apply(&op);
            } else {
                self.pending.push(op);
            }
        }
        Ok(())
    }

    /// Tells of each pending operation whether it belongs to a file's bytes.
    fn bytes_of(&self, file: Ino) -> Vec<bool> {
        let of_file = |op: &Op| match op {
            Op::Write { ino, .. } | Op::Resize { ino, .. } => *ino == file,
            Op::Name(_) => false,
        };
        self.pending.iter().map(of_file).collect()
    }

    /// Tells of each pending operation whether a folder's names need it.
    ///
    /// A rename belongs to two folders. It is durable with either of them, and so is what happened to its names
    /// before it.
    fn names_of(&self, wanted: Ino) -> Vec<bool> {
        let mut needed: BTreeSet<(Ino, &OsString)> = BTreeSet::new();
        let mut safe = vec![false; self.pending.len()];
        for (op, safe) in self.pending.iter().zip(&mut safe).rev() {
            if let Op::Name(names) = op {
                *safe = names.iter().any(|(folder, name, _)| {
                    *folder == wanted || needed.contains(&(*folder, name))
                });
                if *safe {
                    needed.extend(names.iter().map(|(folder, name, _)| (*folder, name)));
                }
            }
        }
        safe
    }

    fn change(&mut self, op: Op) {
        self.live.apply(&op);
        self.pending.push(op);
    }

    fn must_be_free(&self, folder: Ino, name: &OsStr) -> Result<()> {
        match self.find(folder, name) {
            Ok(_) => Err(Errno::EXIST),
            Err(Errno::NOENT) => self.node(folder).map(drop),
            Err(error) => Err(error),
        }
    }

    fn must_be_empty(&self, ino: Ino) -> Result<()> {
        match &self.node(ino)?.body {
            Body::Folder(names) if !names.is_empty() => Err(Errno::NOTEMPTY),
            Body::Folder(_) | Body::File(_) | Body::Link(_) | Body::Special => Ok(()),
        }
    }

    fn must_be_a_file(&self, ino: Ino) -> Result<()> {
        match &self.node(ino)?.body {
            Body::File(_) => Ok(()),
            Body::Folder(_) => Err(Errno::ISDIR),
            Body::Link(_) | Body::Special => Err(Errno::INVAL),
        }
    }
}

#[cfg(test)]
mod tests;
