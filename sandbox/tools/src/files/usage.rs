//! `du`, `df`: the room that files take.

use std::collections::HashSet;

use bstr::{BStr, BString, ByteSlice};

use sandbox_world::call::{Call, Outcome, Stop};
use sandbox_world::numbers::human;
use sandbox_world::options::{Options, Spec, parse};
use sandbox_world::paths::inside;

const DU: Spec = Spec {
    usage: "du [-aHLdclsxhmk] [FILE]...",
    short: "aHkLsxd:lchmb",
    long: &[
        ("all", 'a'),
        ("summarize", 's'),
        ("human-readable", 'h'),
        ("max-depth=", 'd'),
        ("total", 'c'),
        ("apparent-size", 'b'),
        ("bytes", 'b'),
    ],
};

const DF: Spec = Spec {
    usage: "df [-PkmhTai] [-B SIZE] [-t TYPE] [FILESYSTEM]...",
    short: "PkmhTaiB:t:",
    long: &[("human-readable", 'h'), ("portability", 'P')],
};

struct Du {
    options: Options,
    depth_max: usize,
    seen: HashSet<(u64, u64)>,
    code: u8,
}

/// Sums up what is in folders.
pub(crate) fn du(call: &mut Call) -> Outcome {
    let options = parse(call, &DU)?;
    let depth_max = match options.value('d').map(BStr::to_owned) {
        Some(text) => call.count(text.as_ref())?,
        None if options.has('s') => 0,
        None => usize::MAX,
    };
    let mut names = options.operands.clone();
    if names.is_empty() {
        names.push(".".into());
    }
    let mut du = Du { options, depth_max, seen: HashSet::new(), code: 0 };
    let mut total = 0;
    for name in &names {
        total += du.walk(call, name, 0, None)?;
    }
    if du.options.has('c') {
        let size = du.shown(total);
        call.line(format!("{size}\ttotal").as_bytes())?;
    }
    Ok(du.code)
}

impl Du {
    /// The size of a tree, in bytes or blocks of 512.
    fn walk(
        &mut self,
        call: &mut Call,
        name: &BString,
        depth: usize,
        device: Option<u64>,
    ) -> Result<u64, Stop> {
        call.interrupt.check()?;
        let path = call.path(name);
        let follow = self.options.has('L') || depth == 0 && self.options.has('H');
        let files = call.files();
        let found = if follow { files.metadata(&path) } else { files.symlink_metadata(&path) };
        let metadata = match found {
            Ok(metadata) => metadata,
            Err(error) => {
                call.complain_of(name, &error)?;
                self.code = 1;
                return Ok(0);
            }
        };
        if self.options.has('x') && device.is_some_and(|device| device != metadata.device) {
            return Ok(0);
        }
        if metadata.links > 1
            && !metadata.is_dir()
            && !self.options.has('l')
            && !self.seen.insert((metadata.device, metadata.inode))
        {
            return Ok(0);
        }
        let own = if self.options.has('b') { metadata.size_bytes } else { metadata.blocks };
        let mut sum = own;
        if metadata.is_dir() {
            match call.files().read_dir(&path) {
                Ok(entries) => {
                    for entry in entries {
                        let inner = inside(name, &entry.name);
                        sum += self.walk(call, &inner, depth + 1, Some(metadata.device))?;
                    }
                }
                Err(error) => {
                    call.complain_of(name, &error)?;
                    self.code = 1;
                }
            }
        }
        let shows_files = self.options.has('a') || depth == 0;
        if depth <= self.depth_max && (metadata.is_dir() || shows_files) {
            let size = self.shown(sum);
            call.line(&[size.as_bytes(), b"\t", name].concat())?;
        }
        Ok(sum)
    }

    fn shown(&self, sum: u64) -> String {
        if self.options.has('b') {
            return sum.to_string();
        }
        match self.options.last_of("hmk") {
            Some('h') => human(sum * 512),
            Some('m') => (sum * 512).div_ceil(1 << 20).to_string(),
            _ => sum.div_ceil(2).to_string(),
        }
    }
}

/// A file system that is mounted.
struct Mount {
    device: BString,
    place: BString,
    kind: BString,
}

/// Shows the room of file systems.
pub(crate) fn df(call: &mut Call) -> Outcome {
    let options = parse(call, &DF)?;
    let unit = match options.last_of("kmB") {
        Some('m') => 1 << 20,
        Some('B') => {
            let text = options.value('B').unwrap_or_default().to_owned();
            call.number(text.as_ref(), sandbox_world::numbers::UNITS)?.max(1)
        }
        _ => 1024,
    };
    let is_human = options.has('h');
    let size_title = match (is_human, options.has('P'), unit) {
        _ if options.has('i') => "Inodes".to_owned(),
        (true, ..) => "Size".to_owned(),
        (_, true, unit) => format!("{unit}-blocks"),
        (_, _, 1_048_576) => "1M-blocks".to_owned(),
        (_, _, 1024) => "1K-blocks".to_owned(),
        (_, _, unit) => format!("{unit}-blocks"),
    };
    let kind_title = if options.has('T') { " Type      " } else { "" };
    let percent = if options.has('P') { "Capacity" } else { "Use%" };
    let (size_width, last) = if is_human { (10, "Available") } else { (9, "Available") };
    call.line(
        format!(
            "Filesystem           {kind_title}{size_title:>size_width$}      Used {last} {percent} Mounted on"
        )
        .as_bytes(),
    )?;
    let mounts = mounts(call);
    let mut code = 0;
    let mut chosen = Vec::new();
    for name in &options.operands {
        let path = call.path(name);
        let real = super::link::real_path(call, &path);
        let real = real.map(|path| sandbox_world::call::path_bytes(&path).to_owned());
        let of = |real: &BString| {
            let is_above = |mount: &&Mount| {
                mount.place == "/"
                    || mount.place == *real
                    || real
                        .strip_prefix(mount.place.as_slice())
                        .is_some_and(|r| r.starts_with(b"/"))
            };
            mounts.iter().filter(is_above).max_by_key(|mount| mount.place.len())
        };
        match real.ok().as_ref().and_then(of) {
            Some(mount) => chosen.push(mount),
            None => {
                call.complain(format!("{name}: can't find mount point"))?;
                code = 1;
            }
        }
    }
    if options.operands.is_empty() {
        chosen.extend(&mounts);
    }
    for mount in chosen {
        row(call, &options, mount, unit)?;
    }
    Ok(code)
}

fn row(call: &mut Call, options: &Options, mount: &Mount, unit: u64) -> Result<(), Stop> {
    let wanted = options.value('t');
    let Ok(space) = call.files().space(&call.path(&mount.place)) else { return Ok(()) };
    let is_hidden = space.blocks == 0 && !options.has('a') && options.operands.is_empty();
    if is_hidden || wanted.is_some_and(|kind| kind != mount.kind) {
        return Ok(());
    }
    let inodes = options.has('i');
    let (all, free, available) = if inodes {
        (space.inodes, space.free_inodes, space.free_inodes)
    } else {
        (space.blocks, space.free, space.available)
    };
    let used = all - free;
    let shown = |count: u64| {
        let bytes = u128::from(count) * u128::from(space.block_size_bytes);
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        match (inodes, options.has('h')) {
            (true, _) => count.to_string(),
            (false, true) => human(bytes),
            (false, false) => ((bytes + unit / 2) / unit).to_string(),
        }
    };
    let half = (used + available) / 2;
    let percent = (used * 100 + half).checked_div(used + available).unwrap_or(0);
    let mut line = format!("{:<20} ", mount.device.to_str_lossy());
    if mount.device.len() > 20 && !options.has('P') {
        line = format!("{}\n{:<20} ", mount.device.to_str_lossy(), "");
    }
    if options.has('T') {
        line.push_str(&format!("{:<10} ", mount.kind.to_str_lossy()));
    }
    line.push_str(&format!(
        "{:>9} {:>9} {:>9} {percent:>3}% {}",
        shown(all),
        shown(used),
        shown(available),
        mount.place.to_str_lossy()
    ));
    call.line(line.as_bytes())
}

/// What is mounted, as the world's `/proc/mounts` says; without one, the root alone.
fn mounts(call: &Call) -> Vec<Mount> {
    let text = call.open(b"/proc/mounts").and_then(|stream| call.read_all(stream));
    let mount = |line: &[u8]| {
        let mut fields = line.fields().map(BString::from);
        Some(Mount { device: fields.next()?, place: fields.next()?, kind: fields.next()? })
    };
    let found: Vec<Mount> = text.unwrap_or_default().lines().filter_map(mount).collect();
    if found.is_empty() {
        return vec![Mount { device: "overlay".into(), place: "/".into(), kind: "overlay".into() }];
    }
    found
}
