//! sandbox-native.
