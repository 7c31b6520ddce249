//! Waits inside WASI. No wasm code runs meanwhile, so the epoch cannot end them: each looks at the
//! time of its call itself.

use crate::state::State;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Poll, ready};
use std::time::Duration;
use tokio::time::{Sleep, sleep};
use wasmtime::component::{Linker, Resource, ResourceTable};
use wasmtime::{AsContextMut, Result, StoreContextMut};
use wasmtime_wasi::p2::bindings::io::{poll, streams};
use wasmtime_wasi::p2::bindings::sync::io::streams::StreamError;
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, DynPollable, StreamResult};
use wasmtime_wasi::runtime::in_tokio;

/// A call that waits is looked at so often.
const LOOK: Duration = Duration::from_millis(5);

/// The versions in which wasmtime defines these interfaces: what is defined there takes the place
/// of its own functions, whichever version of 0.2 a component imports.
const POLL: &str = "wasi:io/poll@0.2.12";
const STREAMS: &str = "wasi:io/streams@0.2.12";

type Cx<'a> = StoreContextMut<'a, State>;

/// Define the functions of WASI that wait.
pub fn define(linker: &mut Linker<State>) -> Result<()> {
    let mut polling = linker.instance(POLL)?;
    polling.func_wrap("poll", |cx: Cx, (all,): (Vec<Resource<DynPollable>>,)| {
        Ok((wait(cx, async |table| poll::Host::poll(table, all).await)??,))
    })?;
    polling.func_wrap("[method]pollable.block", |cx: Cx, (one,): (Resource<DynPollable>,)| {
        wait(cx, async |table| poll::HostPollable::block(table, one).await)?
    })?;
    let mut streams = linker.instance(STREAMS)?;
    type Input = Resource<DynInputStream>;
    type Output = Resource<DynOutputStream>;
    streams.func_wrap(
        "[method]input-stream.blocking-read",
        |cx: Cx, (stream, size): (Input, u64)| {
            stream_wait(cx, async move |table| {
                streams::HostInputStream::blocking_read(table, stream, size).await
            })
        },
    )?;
    streams.func_wrap(
        "[method]input-stream.blocking-skip",
        |cx: Cx, (stream, size): (Input, u64)| {
            stream_wait(cx, async move |table| {
                streams::HostInputStream::blocking_skip(table, stream, size).await
            })
        },
    )?;
    streams.func_wrap(
        "[method]output-stream.blocking-write-and-flush",
        |cx: Cx, (stream, bytes): (Output, Vec<u8>)| {
            stream_wait(cx, async move |table| {
                streams::HostOutputStream::blocking_write_and_flush(table, stream, bytes).await
            })
        },
    )?;
    streams.func_wrap(
        "[method]output-stream.blocking-write-zeroes-and-flush",
        |cx: Cx, (stream, size): (Output, u64)| {
            stream_wait(cx, async move |table| {
                streams::HostOutputStream::blocking_write_zeroes_and_flush(table, stream, size)
                    .await
            })
        },
    )?;
    streams.func_wrap("[method]output-stream.blocking-flush", |cx: Cx, (stream,): (Output,)| {
        stream_wait(cx, async move |table| {
            streams::HostOutputStream::blocking_flush(table, stream).await
        })
    })?;
    streams.func_wrap(
        "[method]output-stream.blocking-splice",
        |cx: Cx, (stream, from, size): (Output, Input, u64)| {
            stream_wait(cx, async move |table| {
                streams::HostOutputStream::blocking_splice(table, stream, from, size).await
            })
        },
    )
}

/// Do `work` on this thread until it is done, or the call must end.
fn wait<T>(
    mut cx: impl AsContextMut<Data = State>,
    work: impl AsyncFnOnce(&mut ResourceTable) -> T,
) -> Result<T> {
    let mut cx = cx.as_context_mut();
    let State { table, pulse, .. } = cx.data_mut();
    let mut work = pin!(work(table));
    let mut look: Option<Pin<Box<Sleep>>> = None;
    in_tokio(poll_fn(|task| {
        if let Poll::Ready(done) = work.as_mut().poll(task) {
            return Poll::Ready(Ok(done));
        }
        loop {
            ready!(look.get_or_insert_with(|| Box::pin(sleep(LOOK))).as_mut().poll(task));
            look = None;
            if let Err(problem) = pulse.beat() {
                return Poll::Ready(Err(problem));
            }
        }
    }))
}

fn stream_wait<T>(
    mut cx: Cx,
    work: impl AsyncFnOnce(&mut ResourceTable) -> StreamResult<T>,
) -> Result<(std::result::Result<T, StreamError>,)> {
    let failed = match wait(&mut cx, work)? {
        Ok(done) => return Ok((Ok(done),)),
        Err(failed) => failed,
    };
    let told = streams::Host::convert_stream_error(&mut cx.data_mut().table, failed)?;
    Ok((Err(told.into()),))
}
