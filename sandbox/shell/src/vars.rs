//! The variables of one process of the shell.
//!
//! A fork shares the map until one side writes. Names that the shell itself looks at (`IFS`, `OPTIND`, `PATH`) are noticed
//! here, whoever sets them.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

/// A short hash for short names: the names come from the script's author, who only slows himself down.
#[derive(Default, Clone, Copy)]
pub(crate) struct NameHasher(u64);

impl Hasher for NameHasher {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_ne_bytes(word));
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    fn write_u8(&mut self, byte: u8) {
        self.write_u64(byte.into());
    }

    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Something for each name.
pub(crate) type NameMap<T> = HashMap<Box<[u8]>, T, BuildHasherDefault<NameHasher>>;

type Map = NameMap<Var>;

/// A variable.
#[derive(Debug, Clone, Default)]
pub(crate) struct Var {
    pub(crate) value: Option<Value>,
    pub(crate) exported: bool,
    pub(crate) readonly: bool,
    pub(crate) integer: bool,
    pub(crate) lower: bool,
    pub(crate) upper: bool,
    /// `declare -n`: the name it stands for is its value.
    pub(crate) reference: bool,
}

/// A value.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Text(Vec<u8>),
    Indexed(Arc<BTreeMap<i64, Vec<u8>>>),
    Associative(Arc<Table>),
}

/// Where an associative array keeps a key: its bucket, its age there, the key.
type Place = (u32, std::cmp::Reverse<u64>, Box<[u8]>);

/// A variable as it was, by its name.
pub(crate) type SavedVar = (Box<[u8]>, Option<Var>);

/// An associative array, whose keys come in the order that bash's hash table has.
#[derive(Debug, Clone, Default)]
pub(crate) struct Table {
    entries: BTreeMap<Place, Vec<u8>>,
    keys: HashMap<Box<[u8]>, u64>,
    added: u64,
}

impl Table {
    /// The key's bucket: bash walks its 1024 buckets in order, the youngest entry of each first.
    fn place(&self, key: &[u8]) -> Option<Place> {
        Some((bucket(key), std::cmp::Reverse(*self.keys.get(key)?), key.into()))
    }

    pub(crate) fn get(&self, key: &[u8]) -> Option<&Vec<u8>> {
        self.entries.get(&self.place(key)?)
    }

    pub(crate) fn set(&mut self, key: &[u8], value: Vec<u8>) {
        if let Some(place) = self.place(key) {
            self.entries.insert(place, value);
            return;
        }
        self.added += 1;
        self.keys.insert(key.into(), self.added);
        self.entries.insert((bucket(key), std::cmp::Reverse(self.added), key.into()), value);
    }

    pub(crate) fn remove(&mut self, key: &[u8]) {
        if let Some(place) = self.place(key) {
            self.entries.remove(&place);
            self.keys.remove(key);
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&[u8], &Vec<u8>)> {
        self.entries.iter().map(|((_, _, key), value)| (&**key, value))
    }
}

fn bucket(key: &[u8]) -> u32 {
    let step = |hash: u32, byte: &u8| hash.wrapping_mul(16_777_619) ^ u32::from(*byte);
    key.iter().fold(2_166_136_261, step) & 1023
}

impl Value {
    /// What `$name` is: of an array, element 0.
    pub(crate) fn scalar(&self) -> Option<&[u8]> {
        match self {
            Self::Text(text) => Some(text),
            Self::Indexed(array) => array.get(&0).map(Vec::as_slice),
            Self::Associative(table) => table.get(b"0").map(Vec::as_slice),
        }
    }

    /// The values in order.
    pub(crate) fn values(&self) -> Vec<Vec<u8>> {
        match self {
            Self::Text(text) => vec![text.clone()],
            Self::Indexed(array) => array.values().cloned().collect(),
            Self::Associative(table) => table.iter().map(|(_, value)| value.clone()).collect(),
        }
    }

    /// The keys in order.
    pub(crate) fn keys(&self) -> Vec<Vec<u8>> {
        match self {
            Self::Text(_) => vec![b"0".to_vec()],
            Self::Indexed(array) => array.keys().map(|key| key.to_string().into_bytes()).collect(),
            Self::Associative(table) => table.iter().map(|(key, _)| key.to_vec()).collect(),
        }
    }
}

/// The characters that split fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ifs {
    /// Not one of them; a blank one; another.
    kinds: [u8; 256],
    /// What joins `"$*"`.
    pub(crate) first: Option<u8>,
}

impl Ifs {
    fn new(text: &[u8]) -> Self {
        let mut kinds = [0; 256];
        for byte in text {
            kinds[usize::from(*byte)] = if matches!(byte, b' ' | b'\t' | b'\n') { 1 } else { 2 };
        }
        Self { kinds, first: text.first().copied() }
    }

    pub(crate) fn is_blank(&self, byte: u8) -> bool {
        self.kinds[usize::from(byte)] == 1
    }

    pub(crate) fn is_other(&self, byte: u8) -> bool {
        self.kinds[usize::from(byte)] == 2
    }

    pub(crate) fn has(&self, byte: u8) -> bool {
        self.kinds[usize::from(byte)] != 0
    }
}

/// The variables.
#[derive(Clone)]
pub(crate) struct Vars {
    map: Arc<Map>,
    pub(crate) ifs: Arc<Ifs>,
    /// Set anew, so `getopts` begins again.
    pub(crate) optind_set: bool,
    /// Every assignment exports (`set -a`).
    pub(crate) export_all: bool,
    /// Saved values of functions that run, the innermost last.
    frames: Vec<Vec<SavedVar>>,
}

/// A variable may not be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ReadOnly;

impl Vars {
    pub(crate) fn new() -> Self {
        Self {
            map: Arc::default(),
            ifs: Arc::new(Ifs::new(b" \t\n")),
            optind_set: false,
            export_all: false,
            frames: Vec::new(),
        }
    }

    pub(crate) fn var(&self, name: &[u8]) -> Option<&Var> {
        self.map.get(name)
    }

    /// The name that a reference stands for, or the name itself.
    pub(crate) fn resolve<'n>(&'n self, name: &'n [u8]) -> &'n [u8] {
        let mut name = name;
        for _ in 0..8 {
            match self.map.get(name) {
                Some(Var { reference: true, value: Some(Value::Text(to)), .. }) => name = to,
                _ => break,
            }
        }
        name
    }

    /// The value of a variable as text.
    pub(crate) fn get(&self, name: &[u8]) -> Option<&[u8]> {
        let var = self.map.get(name)?;
        if var.reference {
            let target = self.resolve(name);
            return self.map.get(target)?.value.as_ref()?.scalar();
        }
        var.value.as_ref()?.scalar()
    }

    pub(crate) fn value(&self, name: &[u8]) -> Option<&Value> {
        self.map.get(self.resolve(name))?.value.as_ref()
    }

    /// The variable to change, made where it is not there.
    pub(crate) fn entry(&mut self, name: &[u8]) -> &mut Var {
        let map = Arc::make_mut(&mut self.map);
        if !map.contains_key(name) {
            map.insert(name.into(), Var::default());
        }
        map.entry(name.into()).or_default()
    }

    /// Gives a variable a value as text.
    pub(crate) fn set(&mut self, name: &[u8], value: &[u8]) -> Result<(), ReadOnly> {
        let export = self.export_all;
        let map = Arc::make_mut(&mut self.map);
        if let Some(var) = map.get_mut(name) {
            if var.readonly {
                return Err(ReadOnly);
            }
            if var.reference {
                let target = self.resolve(name).to_vec();
                if target != name {
                    return self.set(&target, value);
                }
                let map = Arc::make_mut(&mut self.map);
                if let Some(var) = map.get_mut(name) {
                    var.value = Some(Value::Text(value.to_vec()));
                }
                return Ok(());
            }
            var.exported |= export;
            match &mut var.value {
                Some(Value::Text(text)) => {
                    text.clear();
                    text.extend_from_slice(value);
                }
                Some(Value::Indexed(array)) => {
                    Arc::make_mut(array).insert(0, value.to_vec());
                }
                Some(Value::Associative(table)) => Arc::make_mut(table).set(b"0", value.to_vec()),
                none => *none = Some(Value::Text(value.to_vec())),
            }
            if var.lower || var.upper {
                change_case(var);
            }
        } else {
            let value = Some(Value::Text(value.to_vec()));
            map.insert(name.into(), Var { value, exported: export, ..Var::default() });
        }
        self.noticed(name);
        Ok(())
    }

    /// Sets a value that no rule forbids: the shell's own.
    pub(crate) fn force(&mut self, name: &[u8], value: &[u8]) {
        self.entry(name).value = Some(Value::Text(value.to_vec()));
        self.noticed(name);
    }

    pub(crate) fn set_value(&mut self, name: &[u8], value: Value) -> Result<(), ReadOnly> {
        let export = self.export_all;
        let name = self.resolve(name).to_vec();
        let var = self.entry(&name);
        if var.readonly {
            return Err(ReadOnly);
        }
        var.exported |= export;
        var.value = Some(value);
        if var.lower || var.upper {
            change_case(var);
        }
        self.noticed(&name);
        Ok(())
    }

    pub(crate) fn unset(&mut self, name: &[u8]) -> Result<(), ReadOnly> {
        if self.map.get(name).is_some_and(|var| var.readonly) {
            return Err(ReadOnly);
        }
        if self.map.contains_key(name) {
            Arc::make_mut(&mut self.map).remove(name);
            self.noticed(name);
        }
        Ok(())
    }

    /// Makes a variable what it was, whatever that is.
    pub(crate) fn restore(&mut self, name: &[u8], var: Option<Var>) {
        let map = Arc::make_mut(&mut self.map);
        match var {
            Some(var) => {
                map.insert(name.into(), var);
            }
            None => {
                map.remove(name);
            }
        }
        self.noticed(name);
    }

    fn noticed(&mut self, name: &[u8]) {
        match name {
            b"IFS" => {
                let ifs = Ifs::new(self.get(name).unwrap_or(b" \t\n"));
                self.ifs = Arc::new(ifs);
            }
            b"OPTIND" => self.optind_set = true,
            _ => {}
        }
    }

    /// Names in order.
    pub(crate) fn names(&self) -> Vec<Box<[u8]>> {
        let mut names: Vec<_> = self.map.keys().cloned().collect();
        names.sort();
        names
    }

    /// What a program that is started gets.
    pub(crate) fn environment(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut all: Vec<_> = self
            .map
            .iter()
            .filter(|(_, var)| var.exported)
            .filter_map(|(name, var)| match &var.value {
                Some(Value::Text(text)) => Some((name.to_vec(), text.clone())),
                _ => None,
            })
            .collect();
        all.sort();
        all
    }

    /// A function begins.
    pub(crate) fn push_frame(&mut self) {
        self.frames.push(Vec::new());
    }

    /// A function ends: its local variables are as they were.
    pub(crate) fn pop_frame(&mut self) {
        for (name, var) in self.frames.pop().unwrap_or_default().into_iter().rev() {
            self.restore(&name, var);
        }
    }

    pub(crate) fn in_function(&self) -> bool {
        !self.frames.is_empty()
    }

    /// Makes a variable local to the function that runs; true if it was not yet.
    pub(crate) fn make_local(&mut self, name: &[u8]) -> bool {
        let old = self.map.get(name).cloned();
        let Some(frame) = self.frames.last_mut() else { return false };
        if frame.iter().any(|(saved, _)| **saved == *name) {
            return false;
        }
        frame.push((name.into(), old));
        true
    }
}

fn change_case(var: &mut Var) {
    let upper = var.upper;
    let change = |text: &mut Vec<u8>| {
        if upper { text.make_ascii_uppercase() } else { text.make_ascii_lowercase() }
    };
    match &mut var.value {
        Some(Value::Text(text)) => change(text),
        Some(Value::Indexed(array)) => Arc::make_mut(array).values_mut().for_each(change),
        Some(Value::Associative(table)) => {
            Arc::make_mut(table).entries.values_mut().for_each(change);
        }
        None => {}
    }
}
