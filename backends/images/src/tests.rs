//! Archives for the tests: as programs write them, and as nobody would but an attacker.

use std::{fs::File, io::Write, path::Path};

use flate2::{Compression, write::GzEncoder};

/// A tar in the making.
#[derive(Default)]
pub(crate) struct Tar(Vec<u8>);

/// One header, ustar unless said otherwise.
#[derive(Clone)]
pub(crate) struct Head(tar::Header);

impl Head {
    pub(crate) fn new(type_flag: u8, name: impl AsRef<[u8]>) -> Self {
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(tar::EntryType::new(type_flag));
        header.set_mode(if type_flag == b'5' { 0o755 } else { 0o644 });
        for set in [tar::Header::set_uid, tar::Header::set_gid, tar::Header::set_size] {
            set(&mut header, 0);
        }
        header.set_mtime(1_600_000_000);
        let name = name.as_ref();
        header.as_old_mut().name[..name.len()].copy_from_slice(name);
        Self(header)
    }

    pub(crate) fn link(mut self, to: &str) -> Self {
        self.0.as_old_mut().linkname[..to.len()].copy_from_slice(to.as_bytes());
        self
    }

    pub(crate) fn set(mut self, set: impl FnOnce(&mut tar::Header)) -> Self {
        set(&mut self.0);
        self
    }
}

impl Tar {
    pub(crate) fn dir(self, name: &str) -> Self {
        self.entry(Head::new(b'5', name), b"")
    }

    pub(crate) fn file(self, name: &str, bytes: &[u8]) -> Self {
        self.entry(Head::new(b'0', name), bytes)
    }

    pub(crate) fn symlink(self, name: &str, to: &str) -> Self {
        self.entry(Head::new(b'2', name).link(to), b"")
    }

    pub(crate) fn hard_link(self, name: &str, to: &str) -> Self {
        self.entry(Head::new(b'1', name).link(to), b"")
    }

    pub(crate) fn pax(self, records: &[(&str, &[u8])]) -> Self {
        self.entry(Head::new(b'x', "pax"), &pax(records))
    }

    /// Adds an entry with the size of its data.
    pub(crate) fn entry(self, head: Head, bytes: &[u8]) -> Self {
        let head = head.set(|header| {
            if !bytes.is_empty() {
                header.set_size(bytes.len() as u64);
            }
        });
        self.raw(head, bytes)
    }

    /// Adds a header as it is, and data.
    pub(crate) fn raw(mut self, head: Head, bytes: &[u8]) -> Self {
        let head = head.set(tar::Header::set_cksum);
        self.0.extend_from_slice(head.0.as_bytes());
        self.bytes(bytes)
    }

    /// Adds bytes, padded to blocks.
    pub(crate) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    /// Adds the entries of another.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    pub(crate) fn end(mut self) -> Vec<u8> {
        self.0.resize(self.0.len() + 1024, 0);
        self.0
    }
}

pub(crate) fn pax(records: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (key, value) in records {
        let rest = 1 + key.len() + 1 + value.len() + 1;
        let mut len = rest + 1;
        while rest + len.to_string().len() != len {
            len = rest + len.to_string().len();
        }
        bytes.extend_from_slice(format!("{len} {key}=").as_bytes());
        bytes.extend_from_slice(value);
        bytes.push(b'\n');
    }
    bytes
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Runs a program in `dir` and gives what it prints.
#[expect(clippy::disallowed_methods, reason = "tests compare with the tar programs of the host")]
pub(crate) fn run(dir: &Path, program: &str, args: &[&str]) -> Vec<u8> {
    let output = std::process::Command::new(program).args(args).current_dir(dir).output().unwrap();
    assert!(output.status.success(), "{program} {args:?}: {output:?}");
    output.stdout
}

/// Shows a chain of errors on one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

/// Gives every path below `dir`, sorted.
pub(crate) fn paths(dir: &Path) -> Vec<String> {
    let mut paths = Vec::new();
    let mut waiting = vec![dir.to_owned()];
    while let Some(next) = waiting.pop() {
        for entry in std::fs::read_dir(&next).unwrap() {
            let entry = entry.unwrap();
            let path = entry.path();
            if entry.file_type().unwrap().is_dir() {
                waiting.push(path.clone());
            }
            paths.push(path.strip_prefix(dir).unwrap().to_string_lossy().into_owned());
        }
    }
    paths.sort();
    paths
}

pub(crate) fn write(path: &Path, bytes: &[u8]) {
    File::create(path).unwrap().write_all(bytes).unwrap();
}

/// How often a tree is worked on whose links are swapped meanwhile: as often as `SOCKERLESS_TEST_SWAPS` says.
pub(crate) fn swaps() -> usize {
    let said = std::env::var_os("SOCKERLESS_TEST_SWAPS");
    said.and_then(|said| said.to_str()?.parse().ok()).unwrap_or(200)
}

/// Tells what came of as many: a line that `make torture` reads.
pub(crate) fn tell_swaps() {
    println!("{{\"suite\":\"swapped-links\",\"tried\":{},\"lost\":0}}", swaps());
}
