//! The engine against the kernel: the real program holds real containers of busybox, as root.

#[cfg(test)]
mod confinement;
#[cfg(test)]
mod exec;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod image;
#[cfg(test)]
mod isolation;
#[cfg(test)]
mod leftovers;
#[cfg(test)]
mod lifecycle;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod mounts;
#[cfg(test)]
mod network;
#[cfg(test)]
mod ports;
#[cfg(test)]
mod program;
#[cfg(test)]
mod protocol;
#[cfg(test)]
mod streams;
#[cfg(test)]
mod terminal;
