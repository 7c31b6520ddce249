//! What an instance remembers, written out as a component of its own.

use crate::guard;
use crate::memory::{Image, Number};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::collections::HashMap;
use wasm_encoder::reencode::{RoundtripReencoder, component_utils::parse_component_export};
use wasm_encoder::{ComponentExportSection, RawSection};
use wasmparser::{Chunk, Instance, Parser, Payload};
use wasmtime::{Result, bail, format_err};
use wasmtime_wasi::runtime::in_tokio;
use wasmtime_wizer::{ComponentInstanceState, Wizer};

/// A component whose instances begin with what the image holds; `data` is the one that the image
/// is of, and `renamed` has exports that get another name. Raises ValueError with the reason why
/// there is none.
#[pyfunction]
pub fn saved_component<'py>(
    py: Python<'py>,
    image: &Image,
    data: &[u8],
    renamed: HashMap<String, String>,
) -> PyResult<Bound<'py, PyBytes>> {
    let made = py.detach(|| guard(|| rename(&rewrite(image, data)?, &renamed)));
    match made {
        Ok(Ok(made)) => Ok(PyBytes::new(py, &made)),
        Ok(Err(problem)) => Err(PyValueError::new_err(problem.root_cause().to_string())),
        Err(panicked) => Err(PyValueError::new_err(panicked)),
    }
}

fn rewrite(image: &Image, data: &[u8]) -> Result<Vec<u8>> {
    let wizer = Wizer::new();
    let places = places(image, data)?;
    // The instrumented component, which this would be read through, is not needed: its exports
    // are numbered, and what they would say is in the image.
    let (parsed, _) = wizer.instrument_component(data)?;
    in_tokio(wizer.snapshot_component(&parsed, &mut Read { image, places }))
}

/// What an accessor of the instrumented component would read.
enum Place {
    Global(usize),
    Memory(usize),
}

/// The places that the accessors are for, in their order: of each core module that has an instance,
/// the globals that can change, then the memories, those that it imports left out.
fn places(image: &Image, data: &[u8]) -> Result<Vec<Place>> {
    let mut modules: Vec<Module> = Vec::new();
    let mut instances: Vec<u32> = Vec::new();
    each_section(data, |payload, content| {
        match payload {
            Payload::ModuleSection { .. } => modules.push(Module::read(content)?),
            Payload::InstanceSection(section) => {
                for instance in section.clone() {
                    if let Instance::Instantiate { module_index, .. } = instance? {
                        instances.push(module_index);
                    }
                }
            }
            _ => {}
        }
        Ok(())
    })?;
    if instances.len() != image.layout.len() {
        bail!("it makes core instances in another way than one after the other");
    }
    let mut found = Vec::new();
    for (number, module) in modules.iter().enumerate() {
        let Some(at) = instances.iter().position(|index| *index as usize == number) else {
            continue;
        };
        let (globals, memories) = &image.layout[at];
        for index in &module.globals {
            let place = globals.get(*index).copied().flatten();
            found.push(Place::Global(place.ok_or_else(|| format_err!("a global is not known"))?));
        }
        for index in module.imported_memories..module.memories {
            let place = memories.get(index).copied();
            found.push(Place::Memory(place.ok_or_else(|| format_err!("a memory is not known"))?));
        }
    }
    Ok(found)
}

/// What is to be known of a core module.
#[derive(Default)]
struct Module {
    /// Its own globals that can change.
    globals: Vec<usize>,
    imported_memories: usize,
    /// All, imported ones first.
    memories: usize,
}

impl Module {
    fn read(data: &[u8]) -> Result<Self> {
        let mut module = Self::default();
        let mut globals = 0;
        for payload in Parser::new(0).parse_all(data) {
            match payload? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        match import?.ty {
                            wasmparser::TypeRef::Global(_) => globals += 1,
                            wasmparser::TypeRef::Memory(_) => module.imported_memories += 1,
                            _ => {}
                        }
                    }
                    module.memories = module.imported_memories;
                }
                Payload::MemorySection(section) => module.memories += section.count() as usize,
                Payload::GlobalSection(section) => {
                    for global in section {
                        if global?.ty.mutable {
                            module.globals.push(globals);
                        }
                        globals += 1;
                    }
                }
                _ => {}
            }
        }
        Ok(module)
    }
}

/// Answers what would be asked of an instance of the instrumented component.
struct Read<'a> {
    image: &'a Image,
    places: Vec<Place>,
}

impl Read<'_> {
    fn place(&self, accessor: &str) -> &Place {
        let digits = accessor.trim_start_matches(|one: char| !one.is_ascii_digit());
        &self.places[digits.parse::<usize>().expect("accessors are numbered")]
    }

    fn number(&self, accessor: &str) -> Number {
        match self.place(accessor) {
            Place::Global(index) => self.image.globals[*index],
            Place::Memory(_) => unreachable!("globals come before memories"),
        }
    }
}

impl ComponentInstanceState for Read<'_> {
    async fn call_func_ret_list_u8(
        &mut self,
        _: &str,
        func: &str,
        contents: impl FnOnce(&[u8]) + Send,
    ) {
        match self.place(func) {
            Place::Memory(index) => contents(&self.image.memories[*index].bytes()),
            Place::Global(_) => unreachable!("memories come after globals"),
        }
    }

    async fn call_func_ret_s32(&mut self, _: &str, func: &str) -> i32 {
        match self.number(func) {
            Number::I32(number) => number,
            _ => unreachable!("the image is of this component"),
        }
    }

    async fn call_func_ret_s64(&mut self, _: &str, func: &str) -> i64 {
        match self.number(func) {
            Number::I64(number) => number,
            _ => unreachable!("the image is of this component"),
        }
    }

    async fn call_func_ret_f32(&mut self, _: &str, func: &str) -> u32 {
        match self.number(func) {
            Number::F32(bits) => bits,
            _ => unreachable!("the image is of this component"),
        }
    }

    async fn call_func_ret_f64(&mut self, _: &str, func: &str) -> u64 {
        match self.number(func) {
            Number::F64(bits) => bits,
            _ => unreachable!("the image is of this component"),
        }
    }
}

/// The component with other names of some exports; all else stays byte for byte.
fn rename(data: &[u8], renamed: &HashMap<String, String>) -> Result<Vec<u8>> {
    let mut made = wasm_encoder::Component::new();
    each_section(data, |payload, content| {
        if let Payload::ComponentExportSection(section) = payload {
            let mut exports = ComponentExportSection::new();
            for export in section.clone() {
                let mut export = export?;
                if let Some(other) = renamed.get(export.name.name) {
                    export.name.name = other;
                }
                parse_component_export(&mut RoundtripReencoder, &mut exports, export)?;
            }
            made.section(&exports);
        } else if let Some((id, _)) = payload.as_section() {
            made.section(&RawSection { id, data: content });
        }
        Ok(())
    })?;
    Ok(made.finish())
}

/// Give each section of a component, and its content; what is nested in it is not opened.
fn each_section<'a>(
    data: &'a [u8],
    mut seen: impl FnMut(&Payload<'a>, &'a [u8]) -> Result<()>,
) -> Result<()> {
    let mut at = 0;
    let mut parser = Parser::new(0);
    loop {
        let Chunk::Parsed { consumed, payload } = parser.parse(&data[at..], true)? else {
            bail!("the component is cut off");
        };
        at += consumed;
        match &payload {
            Payload::Version { .. } => continue,
            Payload::End(_) => return Ok(()),
            _ => {}
        }
        let Some((_, range)) = payload.as_section() else {
            bail!("a section of the component is not known");
        };
        let range = range.start as usize..range.end as usize;
        at = range.end;
        let content = data.get(range).ok_or_else(|| format_err!("the component is cut off"))?;
        seen(&payload, content)?;
    }
}
