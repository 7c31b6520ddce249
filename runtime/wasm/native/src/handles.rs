//! Handles of host resources that a component owns between two calls.
//!
//! A handle is an entry of a table that wasmtime keeps for the component and lets nobody see; what
//! it stands for is the host's, and so is what is said here.

use crate::state::State;
use std::any::Any;
use wasmtime_wasi::filesystem::Descriptor;
use wasmtime_wasi::p2::bindings::sockets::ip_name_lookup::ResolveAddressStream;
use wasmtime_wasi::p2::bindings::sockets::udp::{IncomingDatagramStream, OutgoingDatagramStream};
use wasmtime_wasi::p2::{
    DynInputStream, DynOutputStream, DynPollable, Network, TcpSocket, UdpSocket,
};

/// How often handles of a kind were made and dropped.
#[derive(Clone, Copy, Default)]
pub struct Count {
    pub made: u64,
    pub dropped: u64,
}

/// Kind, made, dropped, live now; what WASI makes and drops itself is not known.
pub type HandleCount = (&'static str, Option<u64>, Option<u64>, u64);

/// A kind of WASI's handles.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    OutputStream,
    InputStream,
    Folder,
    File,
    Pollable,
    Network,
    Socket,
    Lookup,
    Other,
}

const KINDS: [(Kind, &str); 9] = [
    (Kind::OutputStream, "output-stream"),
    (Kind::InputStream, "input-stream"),
    (Kind::Folder, "folder"),
    (Kind::File, "file"),
    (Kind::Pollable, "pollable"),
    (Kind::Network, "network"),
    (Kind::Socket, "socket"),
    (Kind::Lookup, "lookup of a host"),
    (Kind::Other, "other of WASI"),
];

fn kind_of(entry: &dyn Any) -> Kind {
    if entry.is::<DynOutputStream>() {
        Kind::OutputStream
    } else if entry.is::<DynInputStream>() {
        Kind::InputStream
    } else if entry.is::<DynPollable>() {
        Kind::Pollable
    } else if entry.is::<Network>() {
        Kind::Network
    } else if entry.is::<TcpSocket>()
        || entry.is::<UdpSocket>()
        || entry.is::<IncomingDatagramStream>()
        || entry.is::<OutgoingDatagramStream>()
    {
        Kind::Socket
    } else if entry.is::<ResolveAddressStream>() {
        Kind::Lookup
    } else {
        match entry.downcast_ref::<Descriptor>() {
            Some(Descriptor::Dir(_)) => Kind::Folder,
            Some(Descriptor::File(_)) => Kind::File,
            None => Kind::Other,
        }
    }
}

/// What the component owned after its last call, and when that changed.
#[derive(Default)]
pub struct Held {
    /// Number among the instance's resources of WASI, and kind.
    wasi: Vec<(u32, Kind)>,
    folders: u64,
    buffers: u64,
    /// Calls the instance has made.
    pub calls: u64,
    /// Of these, those up to the one that last changed what is held.
    pub changed_after: u64,
}

impl Held {
    /// Look at what is held after one more call, or after instantiation.
    pub fn look(&mut self, state: &mut State) {
        let folders = state.folders.made - state.folders.dropped;
        let buffers = state.owned.count() as u64;
        let mut known = self.wasi.iter().copied();
        let entries = state.table.iter_mut().map(|(number, entry)| (number, kind_of(entry)));
        let mut same = folders == self.folders;
        for entry in entries {
            same &= known.next() == Some(entry);
        }
        // What a buffer holds may have changed: only calls give it back.
        if !same || known.next().is_some() || buffers > 0 || buffers != self.buffers {
            let entries = state.table.iter_mut();
            self.wasi = entries.map(|(number, entry)| (number, kind_of(entry))).collect();
            (self.folders, self.buffers) = (folders, buffers);
            self.changed_after = self.calls;
        }
    }

    /// Handles held now.
    pub fn live(&self) -> u64 {
        self.wasi.len() as u64 + self.folders + self.buffers
    }

    /// What is held that stands for something which calls change, if anything is: making the calls
    /// again that made the handles does not bring it back.
    pub fn changing(&self, streams: bool) -> Option<&'static str> {
        let changes = |kind| match kind {
            Kind::Folder | Kind::Network => false,
            Kind::OutputStream | Kind::InputStream => streams,
            Kind::File | Kind::Pollable | Kind::Socket | Kind::Lookup | Kind::Other => true,
        };
        let found = self.wasi.iter().find(|(_, kind)| changes(*kind))?;
        name_of(found.1)
    }

    /// Each kind that there was, with its counts.
    pub fn counts(&self, state: &State) -> Vec<HandleCount> {
        let mut counts = Vec::new();
        let [mutable, frozen] = state.owned.handles();
        for (kind, count) in
            [("mutable-buffer", mutable), ("buffer", frozen), ("folder, denied", state.folders)]
        {
            if count.made > 0 {
                let live = count.made - count.dropped;
                counts.push((kind, Some(count.made), Some(count.dropped), live));
            }
        }
        for (kind, name) in KINDS {
            let live = self.wasi.iter().filter(|(_, held)| *held == kind).count() as u64;
            if live > 0 {
                counts.push((name, None, None, live));
            }
        }
        counts
    }
}

fn name_of(kind: Kind) -> Option<&'static str> {
    KINDS.iter().find(|(known, _)| *known == kind).map(|(_, name)| *name)
}
