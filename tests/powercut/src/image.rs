//! The files of a disk at one moment, and the operations that change them.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::SystemTime;

/// The number of the root folder, which the kernel knows as well.
pub const ROOT: Ino = Ino(1);

/// The number of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ino(pub u64);

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Bytes.
    File(Vec<u8>),
    /// Names.
    Folder(BTreeMap<OsString, Ino>),
    /// A symbolic link's target.
    Link(PathBuf),
    /// Nothing: a socket, a pipe or a device.
    Special,
}

/// A file with its attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// What it holds.
    pub body: Body,
    /// Type and permissions.
    pub mode: u32,
    /// The owner.
    pub uid: u32,
    /// The group.
    pub gid: u32,
    /// The number of a device.
    pub rdev: u32,
    /// When it was changed, as far as anybody has said so.
    pub modified: SystemTime,
    /// How many names it has.
    pub links: u32,
}

/// A change that is whole or absent, but for the sectors of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// Bytes in a file.
    Write {
        /// The file.
        ino: Ino,
        /// Where they begin.
        offset: u64,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// The size of a file.
    Resize {
        /// The file.
        ino: Ino,
        /// Its size from now on.
        size_bytes: u64,
    },
    /// Names given or taken, all at once.
    Name(Vec<(Ino, OsString, Option<Ino>)>),
}

/// All files of a disk at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    nodes: BTreeMap<Ino, Node>,
}

impl Image {
    /// An empty disk.
    pub fn empty() -> Self {
        let root = Node::new(Body::Folder(BTreeMap::new()), 0o40755);
        Self { nodes: [(ROOT, root)].into() }
    }

    /// Finds a file by its number.
    pub fn node(&self, ino: Ino) -> Option<&Node> {
        self.nodes.get(&ino)
    }

    /// Lists everything that has a name, with its size: for whoever looks into what a cut has left.
    pub fn listing(&self) -> String {
        let mut lines = Vec::new();
        let mut left = vec![(ROOT, PathBuf::new())];
        while let Some((folder, path)) = left.pop() {
            let Some(Node { body: Body::Folder(names), .. }) = self.nodes.get(&folder) else {
                continue;
            };
            for (name, ino) in names {
                let path = path.join(name);
                let size_bytes = self.nodes.get(ino).map_or(0, |node| node.bytes().len());
                lines.push(format!("{size_bytes:>9} {}", path.display()));
                left.push((*ino, path));
            }
        }
        lines.sort_by(|one, other| one[9..].cmp(&other[9..]));
        lines.join("\n")
    }

    /// Finds a file by its number, to change its attributes.
    pub(crate) fn node_mut(&mut self, ino: Ino) -> Option<&mut Node> {
        self.nodes.get_mut(&ino)
    }

    /// Adds a file that has no name yet.
    pub(crate) fn add(&mut self, ino: Ino, node: Node) {
        self.nodes.insert(ino, node);
    }

    /// The highest number that is taken.
    pub(crate) fn last(&self) -> Ino {
        self.nodes.last_key_value().map_or(ROOT, |(ino, _)| *ino)
    }

    /// Changes what an operation changes.
    pub fn apply(&mut self, op: &Op) {
        match op {
            Op::Write { ino, offset, bytes } => self.write(*ino, *offset, bytes),
            Op::Resize { ino, size_bytes } => {
                if let Some(Node { body: Body::File(held), .. }) = self.nodes.get_mut(ino) {
                    held.resize(usize::try_from(*size_bytes).unwrap_or(usize::MAX), 0);
                }
            }
            Op::Name(names) => {
                for (folder, name, ino) in names {
                    self.name(*folder, name, *ino);
                }
            }
        }
    }

    /// Puts bytes into a file, after zeros where it is shorter.
    pub(crate) fn write(&mut self, ino: Ino, offset: u64, bytes: &[u8]) {
        let begin = usize::try_from(offset).unwrap_or(usize::MAX);
        if let Some(Node { body: Body::File(held), .. }) = self.nodes.get_mut(&ino) {
            let end = begin + bytes.len();
            if held.len() < end {
                held.resize(end, 0);
            }
            held[begin..end].copy_from_slice(bytes);
        }
    }

    fn name(&mut self, folder: Ino, name: &OsString, ino: Option<Ino>) {
        let Some(Node { body: Body::Folder(names), .. }) = self.nodes.get_mut(&folder) else {
            return;
        };
        let before = match ino {
            Some(ino) => names.insert(name.clone(), ino),
            None => names.remove(name),
        };
        if let Some(node) = ino.and_then(|ino| self.nodes.get_mut(&ino)) {
            node.links += 1;
        }
        if let Some(node) = before.and_then(|ino| self.nodes.get_mut(&ino)) {
            node.links = node.links.saturating_sub(1);
        }
    }

    /// Forgets files that no name leads to, as nobody has them open any more.
    pub(crate) fn collect(&mut self) {
        let mut reached = BTreeSet::from([ROOT]);
        let mut left = vec![ROOT];
        while let Some(folder) = left.pop() {
            if let Some(Node { body: Body::Folder(names), .. }) = self.nodes.get(&folder) {
                left.extend(names.values().filter(|ino| reached.insert(**ino)));
            }
        }
        self.nodes.retain(|ino, _| reached.contains(ino));
    }
}

impl Node {
    /// A file without a name, of nobody in particular.
    pub fn new(body: Body, mode: u32) -> Self {
        let modified = SystemTime::UNIX_EPOCH;
        Self { body, mode, uid: 0, gid: 0, rdev: 0, modified, links: 0 }
    }

    /// The bytes of a file, none of anything else.
    pub fn bytes(&self) -> &[u8] {
        match &self.body {
            Body::File(bytes) => bytes,
            Body::Folder(_) | Body::Link(_) | Body::Special => &[],
        }
    }
}
