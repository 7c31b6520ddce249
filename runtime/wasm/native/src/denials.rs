//! Interfaces of WASI that a node is not granted: each attempt fails, and is kept to be told.
//!
//! What `runtime/wasm/host_functions/denials.py` does for the other call layer, and says why.

use crate::state::State;
use std::sync::Arc;
use wasmtime::component::{LinkerInstance, Resource, ResourceAny, ResourceType, Val};
use wasmtime::{Result, StoreContextMut};

/// A folder in which nothing is permitted.
struct Folder;
/// A resource of which there is never one.
struct Unmade;

const ENVIRONMENT: &str = "wasi:cli/environment";
const PREOPENS: &str = "wasi:filesystem/preopens";
const FILES: &str = "wasi:filesystem/types";

type Cx<'a> = StoreContextMut<'a, State>;

/// What a function that is denied answers.
enum Reply {
    /// This value; the attempt is kept when `true`.
    Known(Val, bool),
    /// One folder, `/`. This is no attempt yet: libraries ask for it before anything else.
    Folders,
}

fn error(code: &str) -> Val {
    Val::Result(Err(Some(Box::new(Val::Enum(code.to_owned())))))
}

fn ok(value: Val) -> Val {
    Val::Result(Ok(Some(Box::new(value))))
}

fn reply(interface: &str, function: &str) -> Reply {
    let method = function.split_once('.').map_or("", |(_, method)| method);
    match (interface, function, method) {
        (ENVIRONMENT, "initial-cwd", _) => Reply::Known(Val::Option(None), false),
        (ENVIRONMENT, "get-environment", _) => Reply::Known(Val::List(Vec::new()), true),
        (ENVIRONMENT, ..) => Reply::Known(Val::List(Vec::new()), false),
        (PREOPENS, ..) => Reply::Folders,
        (FILES, _, "get-type") => Reply::Known(ok(Val::Enum("directory".to_owned())), false),
        (FILES, _, "get-flags") => Reply::Known(ok(Val::Flags(Vec::new())), false),
        (FILES, _, "is-same-object") => Reply::Known(Val::Bool(true), false),
        // filesystem-error-code: no error of a stream is one of a file here.
        (FILES, _, "") => Reply::Known(Val::Option(None), false),
        (FILES, ..) => Reply::Known(error("not-permitted"), true),
        _ => Reply::Known(error("access-denied"), true),
    }
}

/// Define what the component imports of an interface; `name` is without version.
pub fn define(
    linker: &mut LinkerInstance<'_, State>,
    interface: &str,
    name: &str,
    functions: &[String],
    resources: &[String],
) -> Result<()> {
    for resource in resources {
        let kind = match resource.as_str() {
            "descriptor" if name == FILES => ResourceType::host::<Folder>(),
            "directory-entry-stream" if name == FILES => ResourceType::host::<Unmade>(),
            "resolve-address-stream" => ResourceType::host::<Unmade>(),
            // All others are of interfaces that stay wasmtime's.
            _ => continue,
        };
        let folder = resource == "descriptor";
        linker.resource(resource, kind, move |mut cx: Cx, _| {
            cx.data_mut().folders.dropped += u64::from(folder);
            Ok(())
        })?;
    }
    let (imported, name): (Arc<str>, Arc<str>) = (interface.into(), name.into());
    for function in functions {
        let reply = reply(&name, function);
        let (imported, name) = (imported.clone(), name.clone());
        let called: Arc<str> = function.as_str().into();
        linker.func_new(function, move |mut cx: Cx, _, given, results| {
            let (mut text, mut flags) = (None, Vec::new());
            for value in given {
                match value {
                    Val::Resource(handle) => handle.resource_drop(&mut cx)?,
                    Val::String(said) if text.is_none() => text = Some(said.clone()),
                    Val::Flags(set) => flags.extend(set.iter().cloned()),
                    _ => {}
                }
            }
            let told = match &reply {
                Reply::Folders => {
                    results[0] = folders(&mut cx)?;
                    false
                }
                Reply::Known(value, told) => {
                    results[0] = value.clone();
                    *told
                }
            };
            if told {
                let use_ = (imported.clone(), name.clone(), called.clone(), text, flags);
                let state = cx.data_mut();
                state.denied.push(use_);
                if state.denied.len() >= MAX_DENIED {
                    state.tell_denied()?;
                }
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// Attempts that are kept until the call ends; a loop of them must not fill the host's memory.
const MAX_DENIED: usize = 1_000;

fn folders(cx: &mut Cx) -> Result<Val> {
    cx.data_mut().folders.made += 1;
    let folder = ResourceAny::try_from_resource(Resource::<Folder>::new_own(0), &mut *cx)?;
    let pair = Val::Tuple(vec![Val::Resource(folder), Val::String("/".to_owned())]);
    Ok(Val::List(vec![pair]))
}
