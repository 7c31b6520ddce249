//! WASI 0.2 for one instance: what it may touch, and clocks and random numbers of ours.
//!
//! wasmtime provides all of WASI; the interfaces of time and random numbers that a component
//! imports are replaced, at the very version it imports, so that every answer is the caller's and
//! can be given again.

use crate::contract::Datetime;
use crate::network::Granted;
use crate::output::{Output, STDERR, STDOUT};
use crate::state::{Fault, MONOTONIC_CLOCK, State, WALL_CLOCK};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use wasmtime::component::{LinkerInstance, Resource};
use wasmtime::{Result, StoreContextMut, Trap};
use wasmtime_wasi::p2::{DynPollable, Pollable, subscribe};
use wasmtime_wasi::{FsPerms, WasiCtx, WasiCtxBuilder};

const RANDOM: &str = "wasi:random/random";
const INSECURE_RANDOM: &str = "wasi:random/insecure";
const INSECURE_SEED: &str = "wasi:random/insecure-seed";
const NS_PER_S: u64 = 1_000_000_000;

type Cx<'a> = StoreContextMut<'a, State>;

/// What the component may touch. A folder is a path of the host, one of the component, and whether
/// it may be written to; the error is the component's path of one that cannot be opened.
pub fn context(
    output: &Output,
    environment: &[(String, String)],
    folders: &[(String, String, bool)],
    network: Option<&Arc<Granted>>,
) -> std::result::Result<WasiCtx, String> {
    let mut builder = WasiCtxBuilder::new();
    builder.stdout(output.stream(STDOUT)).stderr(output.stream(STDERR)).envs(environment);
    for (path, guest_path, writable) in folders {
        let allowed = if *writable { FsPerms::ReadWrite } else { FsPerms::ReadOnly };
        builder.preopened_dir(path, guest_path, allowed).map_err(|_| guest_path.clone())?;
    }
    if let Some(network) = network {
        network.apply(&mut builder);
    }
    Ok(builder.build())
}

/// Define the functions of an interface (name without version) of time or random numbers.
pub fn define(linker: &mut LinkerInstance<'_, State>, interface: &str) -> Result<()> {
    match interface {
        WALL_CLOCK => {
            linker.func_wrap("now", |mut cx: Cx, (): ()| {
                let now = cx.data_mut().ask_number(WALL_CLOCK, "now")?;
                Ok((Datetime { seconds: now / NS_PER_S, nanoseconds: (now % NS_PER_S) as u32 },))
            })?;
            linker.func_wrap("resolution", |_: Cx, (): ()| {
                Ok((Datetime { seconds: 0, nanoseconds: 1 },))
            })
        }
        MONOTONIC_CLOCK => {
            linker.func_wrap("now", |mut cx: Cx, (): ()| {
                Ok((cx.data_mut().ask_number(MONOTONIC_CLOCK, "now")?,))
            })?;
            linker.func_wrap("resolution", |_: Cx, (): ()| Ok((1u64,)))?;
            linker.func_wrap("subscribe-instant", |mut cx: Cx, (when,): (u64,)| {
                let state = cx.data_mut();
                let now = state.ask_number(MONOTONIC_CLOCK, "subscribe-instant")?;
                let sleep = sleep(state, when.saturating_sub(now))?;
                burn(&mut cx)?;
                Ok((sleep,))
            })?;
            linker.func_wrap("subscribe-duration", |mut cx: Cx, (duration,): (u64,)| {
                let sleep = sleep(cx.data_mut(), duration)?;
                burn(&mut cx)?;
                Ok((sleep,))
            })
        }
        RANDOM => define_random(linker, RANDOM, "get-random-bytes", "get-random-u64"),
        INSECURE_RANDOM => define_random(
            linker,
            INSECURE_RANDOM,
            "get-insecure-random-bytes",
            "get-insecure-random-u64",
        ),
        INSECURE_SEED => linker.func_wrap("insecure-seed", |mut cx: Cx, (): ()| {
            let seed = cx.data_mut().ask_bytes(INSECURE_SEED, "insecure-seed", 16)?;
            let half = |start: usize| {
                let mut bytes = [0; 8];
                bytes.copy_from_slice(&seed[start..start + 8]);
                u64::from_le_bytes(bytes)
            };
            Ok(((half(0), half(8)),))
        }),
        _ => Ok(()),
    }
}

fn define_random(
    linker: &mut LinkerInstance<'_, State>,
    interface: &'static str,
    bytes: &'static str,
    number: &'static str,
) -> Result<()> {
    linker.func_wrap(bytes, move |mut cx: Cx, (size,): (u64,)| {
        let state = cx.data_mut();
        if size > state.max_given {
            return Err(state.refuse(Fault::TooLong(size)));
        }
        Ok((state.ask_bytes(interface, bytes, size as usize)?,))
    })?;
    linker.func_wrap(number, move |mut cx: Cx, (): ()| {
        Ok((cx.data_mut().ask_number(interface, number)?,))
    })
}

/// Fuel of the small component through which the other layer asks wasmtime for a sleep: a call
/// must take the same on both.
const SLEEP_FUEL: u64 = 3;

fn burn(cx: &mut Cx) -> Result<()> {
    match cx.get_fuel()?.checked_sub(SLEEP_FUEL) {
        Some(left) => cx.set_fuel(left),
        None => Err(Trap::OutOfFuel.into()),
    }
}

/// A sleep of so many nanoseconds, or as long as the call may still take.
fn sleep(state: &mut State, requested: u64) -> Result<Resource<DynPollable>> {
    let wait = state.wait_ns(requested)?.min(state.pulse.running.left_ns());
    // Time that cannot be represented is never reached.
    let until = Instant::now().checked_add(Duration::from_nanos(wait));
    let sleep = state.table.push(Sleep { until })?;
    subscribe(&mut state.table, sleep)
}

struct Sleep {
    until: Option<Instant>,
}

#[wasmtime_wasi::async_trait]
impl Pollable for Sleep {
    async fn ready(&mut self) {
        match self.until {
            Some(until) => tokio::time::sleep_until(until).await,
            None => std::future::pending().await,
        }
        // As wasmtime's own does: whoever polls in a loop must not starve the others.
        tokio::task::yield_now().await;
    }
}
