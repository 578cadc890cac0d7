//! What a program is given of WASI, and whether that is all it asks for.

use sandbox_shim::WasmKind;
use wasmtime::component::{self, Component, ResourceTable};
use wasmtime::{Engine, Error, ExternType, InstancePre, Linker, Module, Result};
use wasmtime_wasi::p1::{self, WasiP1Ctx};
use wasmtime_wasi::p2::{self, bindings::CommandPre};
use wasmtime_wasi::{I32Exit, WasiCtx, WasiCtxView, WasiView};

use crate::memory::Memory;

/// What modules call WASI.
const PREVIEW_1: &str = "wasi_snapshot_preview1";

/// The function of a module that is its program.
pub(crate) const START: &str = "_start";

/// What a module's program has.
pub(crate) struct ModuleHost {
    pub(crate) wasi: WasiP1Ctx,
    pub(crate) memory: Memory,
}

/// What a component's program has.
pub(crate) struct ComponentHost {
    pub(crate) wasi: WasiCtx,
    pub(crate) table: ResourceTable,
    pub(crate) memory: Memory,
}

impl WasiView for ComponentHost {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

/// Tells what a file is by its first eight bytes, where this engine knows it.
pub(crate) fn kind(file: &[u8]) -> Option<WasmKind> {
    match file.get(..8)? {
        b"\0asm\x01\0\0\0" => Some(WasmKind::Module),
        b"\0asm\x0d\0\x01\0" => Some(WasmKind::Component),
        _ => None,
    }
}

/// Joins a module to preview 1.
pub(crate) fn link_module(engine: &Engine, module: &Module) -> Result<InstancePre<ModuleHost>> {
    let mut linker = Linker::new(engine);
    p1::add_to_linker_async(&mut linker, |host: &mut ModuleHost| &mut host.wasi)?;
    // The one above takes codes below 126 only, and turns others into a trap.
    linker.allow_shadowing(true);
    linker.func_wrap(PREVIEW_1, "proc_exit", |code: i32| -> Result<()> {
        Err(I32Exit(code).into())
    })?;
    // Many interpreters import what another host has, such as a browser, and do without it: a call of it is a trap.
    for import in module.imports() {
        let (ExternType::Func(shape), false) = (import.ty(), import.module() == PREVIEW_1) else {
            continue;
        };
        let (host, name) = (import.module().to_owned(), import.name().to_owned());
        linker.func_new(import.module(), import.name(), shape, move |_, _, _| {
            Err(Error::msg(format!("`{name}` of `{host}` was called, which is none of WASI's")))
        })?;
    }
    linker.instantiate_pre(module)
}

/// Joins a component to preview 2.
pub(crate) fn link_component(
    engine: &Engine,
    component: &Component,
) -> Result<CommandPre<ComponentHost>> {
    let mut linker = component::Linker::new(engine);
    p2::add_to_linker_async(&mut linker)?;
    CommandPre::new(linker.instantiate_pre(component)?)
}
