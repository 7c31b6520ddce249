//! Code whose instances hand their memories out, without the instructions of a debugger.
//!
//! wasmtime hands memories, globals and tables out where an engine has `Config::guest_debug`. That
//! setting is one of the engine, which says whether they are handed out, and one of the compiler,
//! which has every instruction keep its operands on the stack for a debugger: code takes up to
//! three times as long. Nobody here looks into a frame, so code is compiled without it, and marked
//! as code of an engine that has it.

use crate::engine::compiled;
use crate::functions::Store;
use object::{Object, ObjectSection};
use std::sync::Arc;
use wasmtime::component::Component;
use wasmtime::{Config, Engine, Result, bail, format_err};

/// Where compiled code says what settings it was compiled with.
const SETTINGS: &str = ".wasmtime.engine";
/// The binary form of `(component)`.
const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

/// An engine with `guest_debug`, and settings to compile for it without.
pub struct Readable {
    /// Instances are made with it.
    pub engine: Engine,
    compiler: Config,
    /// What code says that was compiled for `engine`, and with `compiler`.
    settings: Vec<u8>,
    compiled_settings: Vec<u8>,
}

impl Readable {
    /// `config` without `guest_debug`. The error says why there is none.
    pub fn new(mut config: Config) -> Result<Self> {
        // `guest_debug` does not go with traps that are signals.
        config.signals_based_traps(false);
        let compiler = config.clone();
        config.guest_debug(true);
        let settings = settings_of(&config)?;
        let compiled_settings = settings_of(&compiler)?;
        let unlike = settings.iter().zip(&compiled_settings).filter(|(one, other)| one != other);
        if settings.len() != compiled_settings.len() || unlike.count() != 1 {
            bail!("wasmtime's settings are not as they are known here");
        }
        Ok(Self { engine: Engine::new(&config)?, compiler, settings, compiled_settings })
    }

    /// Compile a component; `functions` are known.
    pub fn compile(&self, functions: Option<Arc<Store>>, data: &[u8]) -> Result<Component> {
        let mut code = compiled(&self.compiler, functions, data)?;
        let place = settings_place(&code)?;
        if code[place.clone()] != self.compiled_settings {
            bail!("compiled code does not say what it was compiled with");
        }
        code[place].copy_from_slice(&self.settings);
        // SAFETY: wasmtime demands bytes that its own `precompile_component` gave. These are, for
        // an engine whose one other setting is `guest_debug`. What an engine with it does with code
        // (the uses of `Tunables::debug_guest` in wasmtime 50.0.1 outside its compiler): it copies
        // the code for each store, so that breakpoints could be written into it; it hands out
        // instances, memories, globals and tables, which lie where they lie without it; and it
        // reads frames and sets breakpoints by tables that this code does not have, which
        // `debug_*` functions that nobody here calls ask for, and which are optional to them.
        unsafe { Component::deserialize(&self.engine, &code) }
    }
}

fn settings_of(config: &Config) -> Result<Vec<u8>> {
    let code = compiled(config, None, EMPTY)?;
    Ok(code[settings_place(&code)?].to_vec())
}

fn settings_place(code: &[u8]) -> Result<std::ops::Range<usize>> {
    let section =
        object::File::parse(code)?.section_by_name(SETTINGS).and_then(|it| it.file_range());
    let (start, length) = section.ok_or_else(|| format_err!("compiled code has no {SETTINGS}"))?;
    Ok(start as usize..(start + length) as usize)
}
