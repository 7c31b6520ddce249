//! The host functions of `torvyn:streaming` and `torvyn:capabilities` for one instance.
//!
//! Facts: docs/torvyn-facts.md#interfaces, #buffers and #copies.

use crate::buffers::{Mutable, Refusal};
use crate::contract::{Buffer, BufferError, FlowContext, LENT, MutableBuffer};
use crate::state::{Fault, State};
use bytes::Bytes;
use std::sync::Arc;
use wasmtime::component::{LinkerInstance, Resource, ResourceType, WasmList};
use wasmtime::{Result, StoreContextMut};

type Cx<'a> = StoreContextMut<'a, State>;

impl From<Refusal> for BufferError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::CapacityExceeded => Self::CapacityExceeded,
            Refusal::OutOfBounds => Self::OutOfBounds,
            Refusal::Frozen => Self::AllocationFailed("the buffer is frozen".to_owned()),
        }
    }
}

/// Define every function and resource of one interface (name without version).
pub fn define(linker: &mut LinkerInstance<'_, State>, interface: &str) -> Result<()> {
    match interface {
        "torvyn:streaming/types" => {
            define_resources(linker)?;
            define_buffer(linker)?;
            define_mutable_buffer(linker)?;
            define_context(linker)
        }
        "torvyn:streaming/buffer-allocator" => define_allocator(linker),
        "torvyn:capabilities/capability-query" => linker
            .func_wrap("has-capability", |mut cx: Cx, (name,): (String,)| {
                Ok((cx.data_mut().allows(&name)?,))
            }),
        _ => Ok(()),
    }
}

fn define_resources(linker: &mut LinkerInstance<'_, State>) -> Result<()> {
    linker.resource("buffer", ResourceType::host::<Buffer>(), |mut cx: Cx, number| {
        cx.data_mut().owned.take_frozen(number);
        Ok(())
    })?;
    linker.resource(
        "mutable-buffer",
        ResourceType::host::<MutableBuffer>(),
        |mut cx: Cx, number| {
            cx.data_mut().owned.drop_mutable(number);
            Ok(())
        },
    )?;
    linker.resource("flow-context", ResourceType::host::<FlowContext>(), |_: Cx, _| Ok(()))
}

// ---- buffer

type This = Resource<Buffer>;

fn define_buffer(linker: &mut LinkerInstance<'_, State>) -> Result<()> {
    linker.func_wrap("[method]buffer.size", |cx: Cx, (this,): (This,)| {
        Ok((cx.data().data(this.rep())?.len() as u64,))
    })?;
    linker.func_wrap("[method]buffer.content-type", |cx: Cx, (this,): (This,)| {
        let state = cx.data();
        if State::is_lent(this.rep()) {
            return Ok((state.payload_type.clone(),));
        }
        let buffer = state.owned.frozen(this.rep());
        Ok((Arc::<str>::from(buffer.map_or("", |buffer| &buffer.content_type)),))
    })?;
    linker.func_wrap(
        "[method]buffer.read",
        |mut cx: Cx, (this, offset, size): (This, u64, u64)| {
            let data = cx.data().data(this.rep())?;
            let length = data.len() as u64;
            let start = offset.min(length);
            let end = start + size.min(length - start);
            let part = data.slice(start as usize..end as usize);
            give(cx.data_mut(), part)
        },
    )?;
    linker.func_wrap("[method]buffer.read-all", |mut cx: Cx, (this,): (This,)| {
        let data = cx.data().data(this.rep())?.clone();
        give(cx.data_mut(), data)
    })
}

/// Bytes for the component; wasmtime copies them into its memory, and nobody copies them before.
fn give(state: &mut State, data: Bytes) -> Result<(Bytes,)> {
    if data.len() as u64 > state.max_given {
        return Err(state.refuse(Fault::TooLong(data.len() as u64)));
    }
    state.count_read(data.len());
    Ok((data,))
}

// ---- mutable-buffer

type Own = Resource<MutableBuffer>;

fn mutable<'a>(state: &'a mut State, this: &Own) -> Result<&'a mut Mutable> {
    let number = this.rep();
    let buffer = state.owned.mutable(number);
    buffer.ok_or_else(|| wasmtime::format_err!("there is no mutable buffer {number}"))
}

/// Change a buffer with bytes that lie in the component's memory: they are copied once.
fn with_bytes<T>(
    cx: &mut Cx,
    this: &Own,
    bytes: &WasmList<u8>,
    change: impl FnOnce(&mut Mutable, &[u8]) -> T,
) -> Result<T> {
    let mut buffer = mutable(cx.data_mut(), this)?.take();
    let done = change(&mut buffer, bytes.as_le_slice(&*cx));
    *mutable(cx.data_mut(), this)? = buffer;
    Ok(done)
}

fn define_mutable_buffer(linker: &mut LinkerInstance<'_, State>) -> Result<()> {
    linker.func_wrap(
        "[method]mutable-buffer.write",
        |mut cx: Cx, (this, offset, bytes): (Own, u64, WasmList<u8>)| {
            let rules = cx.data().owned.rules.clone();
            let done = with_bytes(&mut cx, &this, &bytes, |buffer, data| {
                buffer.write(offset, data, &rules)
            })?;
            if done.is_ok() {
                cx.data_mut().count_write(bytes.len());
            }
            Ok((done.map_err(BufferError::from),))
        },
    )?;
    linker.func_wrap(
        "[method]mutable-buffer.append",
        |mut cx: Cx, (this, bytes): (Own, WasmList<u8>)| {
            let done = with_bytes(&mut cx, &this, &bytes, Mutable::append)?;
            let done = done.map_err(|problem| cx.data_mut().frozen(problem))?;
            if done.is_ok() {
                cx.data_mut().count_write(bytes.len());
            }
            Ok((done.map_err(BufferError::from),))
        },
    )?;
    linker.func_wrap("[method]mutable-buffer.size", |mut cx: Cx, (this,): (Own,)| {
        let state = cx.data_mut();
        let size = mutable(state, &this)?.size();
        Ok((size.map_err(|problem| state.frozen(problem))?,))
    })?;
    linker.func_wrap("[method]mutable-buffer.capacity", |mut cx: Cx, (this,): (Own,)| {
        Ok((mutable(cx.data_mut(), &this)?.capacity(),))
    })?;
    linker.func_wrap(
        "[method]mutable-buffer.set-content-type",
        |mut cx: Cx, (this, text): (Own, String)| {
            let state = cx.data_mut();
            let rules = state.owned.rules.clone();
            let done = mutable(state, &this)?.set_content_type(text, &rules);
            done.map_err(|problem| state.frozen(problem))
        },
    )?;
    linker.func_wrap("[method]mutable-buffer.freeze", |mut cx: Cx, (this,): (Own,)| {
        let state = cx.data_mut();
        mutable(state, &this)?;
        match state.owned.freeze(this.rep()) {
            Some(Ok(number)) => Ok((Resource::<Buffer>::new_own(number),)),
            Some(Err(problem)) => Err(state.frozen(problem)),
            None => wasmtime::bail!("there is no such buffer"),
        }
    })
}

// ---- flow-context

fn define_context(linker: &mut LinkerInstance<'_, State>) -> Result<()> {
    type Context = Resource<FlowContext>;
    linker.func_wrap("[method]flow-context.trace-id", |_: Cx, (_this,): (Context,)| Ok(("",)))?;
    linker.func_wrap("[method]flow-context.span-id", |_: Cx, (_this,): (Context,)| Ok(("",)))?;
    linker
        .func_wrap("[method]flow-context.deadline-ns", |_: Cx, (_this,): (Context,)| Ok((0u64,)))?;
    linker.func_wrap("[method]flow-context.flow-id", |cx: Cx, (_this,): (Context,)| {
        Ok((cx.data().flow_id.clone(),))
    })
}

// ---- buffer-allocator

fn define_allocator(linker: &mut LinkerInstance<'_, State>) -> Result<()> {
    linker.func_wrap("allocate", |mut cx: Cx, (hint,): (u64,)| {
        let state = cx.data_mut();
        assert!(!std::mem::take(&mut state.panics), "a host function was told to panic");
        let made = state.owned.allocate(hint);
        Ok((made.map(Resource::<MutableBuffer>::new_own).map_err(BufferError::from),))
    })?;
    linker.func_wrap("clone-into-mutable", |mut cx: Cx, (source,): (This,)| {
        let state = cx.data_mut();
        let data = state.data(source.rep())?.clone();
        let made = state.owned.clone_of(&data);
        if made.is_ok() {
            state.count_read(data.len());
            state.count_write(data.len());
        }
        Ok((made.map(Resource::<MutableBuffer>::new_own).map_err(BufferError::from),))
    })
}

const _: () = assert!(LENT == 0, "OwnedBuffers keeps the number 0 free");
