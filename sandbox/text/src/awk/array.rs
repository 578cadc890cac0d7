//! Arrays, gone through in the order of busybox: by buckets, what came last first.

use super::value::Value;

/// How many buckets there are at first, and then.
const SIZES: [usize; 6] = [61, 251, 1021, 4093, 16381, 65521];

/// Entries for each bucket before there are more buckets.
const CROWD_MAX: usize = 8;

/// Values by texts.
#[derive(Debug)]
pub(super) struct Array {
    /// In each, what came last is at the end.
    buckets: Vec<Vec<(Box<[u8]>, Value)>>,
    size: usize,
    count: usize,
}

impl Default for Array {
    fn default() -> Self {
        Self { buckets: empty(SIZES[0]), size: 0, count: 0 }
    }
}

fn empty(count: usize) -> Vec<Vec<(Box<[u8]>, Value)>> {
    std::iter::repeat_with(Vec::new).take(count).collect()
}

impl Array {
    pub(super) fn len(&self) -> usize {
        self.count
    }

    pub(super) fn has(&self, key: &[u8]) -> bool {
        self.buckets[self.bucket(key)].iter().any(|(known, _)| **known == *key)
    }

    /// The value, which is made where there is none.
    pub(super) fn entry(&mut self, key: &[u8]) -> &mut Value {
        let mut bucket = self.bucket(key);
        if let Some(at) = self.buckets[bucket].iter().position(|(known, _)| **known == *key) {
            return &mut self.buckets[bucket][at].1;
        }
        self.count += 1;
        if self.count > self.buckets.len() * CROWD_MAX && self.size + 1 < SIZES.len() {
            self.grow();
            bucket = self.bucket(key);
        }
        let entries = &mut self.buckets[bucket];
        entries.push((key.into(), Value::Nothing));
        let last = entries.len() - 1;
        &mut entries[last].1
    }

    pub(super) fn remove(&mut self, key: &[u8]) {
        let bucket = self.bucket(key);
        if let Some(at) = self.buckets[bucket].iter().position(|(known, _)| **known == *key) {
            self.buckets[bucket].remove(at);
            self.count -= 1;
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The keys in their order.
    pub(super) fn keys(&self) -> Vec<Box<[u8]>> {
        let entries = self.buckets.iter().flat_map(|bucket| bucket.iter().rev());
        entries.map(|(key, _)| key.clone()).collect()
    }

    fn bucket(&self, key: &[u8]) -> usize {
        let mix = |hash: u32, byte: &u8| {
            let byte = u32::from_ne_bytes(i32::from(byte.cast_signed()).to_ne_bytes());
            byte.wrapping_add(hash << 6).wrapping_sub(hash).wrapping_add(hash >> 26)
        };
        key.iter().fold(0, mix) as usize % self.buckets.len()
    }

    fn grow(&mut self) {
        self.size += 1;
        let old = std::mem::replace(&mut self.buckets, empty(SIZES[self.size]));
        for (key, value) in old.into_iter().flat_map(|bucket| bucket.into_iter().rev()) {
            let bucket = self.bucket(&key);
            self.buckets[bucket].push((key, value));
        }
    }
}
