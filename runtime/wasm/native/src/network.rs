//! The network for one instance: what it was granted, and no more.

use crate::state::State;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use wasmtime::component::{Linker, Resource};
use wasmtime::{Result, StoreContextMut};
use wasmtime_wasi::WasiCtxBuilder;
use wasmtime_wasi::p2::Network;
use wasmtime_wasi::p2::bindings::sockets::ip_name_lookup::{
    Host, HostResolveAddressStream, ResolveAddressStream,
};
use wasmtime_wasi::p2::bindings::sockets::network::{ErrorCode, IpAddress};
use wasmtime_wasi::sockets::{SocketAddrUse, WasiSocketsView};

/// The version in which wasmtime defines it: see `waits`.
const LOOKUP: &str = "wasi:sockets/ip-name-lookup@0.2.12";
const LOOKUP_NAME: &str = "wasi:sockets/ip-name-lookup";
const TCP: &str = "wasi:sockets/tcp";
const UDP: &str = "wasi:sockets/udp";
/// Addresses whose names are remembered, and names of each.
const MAX_KNOWN: usize = 4_096;
/// Attempts that are kept until they are told.
const MAX_DENIED: usize = 1_000;

/// A grant: what it is for, hosts (none is any), first and last port of each range (none is any).
pub type Rule = (String, Vec<String>, Vec<(u16, u16)>);

/// Something tried that was denied: interface, function, what it was tried with.
type Attempt = (&'static str, &'static str, String);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Connect,
    Listen,
    Udp,
}

enum Place {
    Address(IpAddr),
    Name(String),
    /// Every name that ends so; begins with a dot.
    Subdomains(String),
}

struct Grant {
    for_: Use,
    places: Vec<Place>,
    ports: Vec<(u16, u16)>,
}

/// What one instance may reach. Shared by its sockets.
pub struct Granted {
    grants: Vec<Grant>,
    /// Names that were looked up, by what they stood for.
    names: Mutex<HashMap<IpAddr, Vec<String>>>,
    denied: Mutex<Vec<Attempt>>,
}

impl Granted {
    /// `None` when that is no network at all.
    pub fn new(rules: Vec<Rule>) -> Option<Arc<Self>> {
        let grants: Vec<_> = rules.into_iter().filter_map(Grant::of).collect();
        let (names, denied) = Default::default();
        (!grants.is_empty()).then(|| Arc::new(Self { grants, names, denied }))
    }

    /// Have the sockets of a context follow the grants.
    pub fn apply(self: &Arc<Self>, builder: &mut WasiCtxBuilder) {
        let given = |uses: &[Use]| self.grants.iter().any(|grant| uses.contains(&grant.for_));
        builder
            .allow_tcp(given(&[Use::Connect, Use::Listen]))
            .allow_udp(given(&[Use::Udp]))
            .allow_ip_name_lookup(given(&[Use::Connect, Use::Udp]));
        let granted = self.clone();
        builder.socket_addr_check(move |address, for_| {
            let allowed = granted.check(address, for_);
            Box::pin(async move { allowed })
        });
    }

    /// What was denied since the last time.
    pub fn take_denied(&self) -> Vec<Attempt> {
        std::mem::take(&mut *self.denied.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn check(&self, address: SocketAddr, for_: SocketAddrUse) -> bool {
        // A port of 0 is one that the system chooses: to have it reaches nobody yet.
        let (allowed, interface, function) = match for_ {
            SocketAddrUse::TcpBind => (
                address.port() == 0 || self.allows(Use::Listen, address),
                TCP,
                "[method]tcp-socket.start-bind",
            ),
            SocketAddrUse::TcpListen => {
                (self.allows(Use::Listen, address), TCP, "[method]tcp-socket.start-listen")
            }
            // Whoever may listen may hear from anybody.
            SocketAddrUse::TcpAccept => return true,
            SocketAddrUse::TcpConnect => {
                (self.allows(Use::Connect, address), TCP, "[method]tcp-socket.start-connect")
            }
            SocketAddrUse::UdpBind => (
                address.port() == 0 || self.allows(Use::Udp, address),
                UDP,
                "[method]udp-socket.start-bind",
            ),
            SocketAddrUse::UdpSend => {
                (self.allows(Use::Udp, address), UDP, "[method]outgoing-datagram-stream.send")
            }
            // What others send is nothing that the component tried.
            SocketAddrUse::UdpReceive => return self.allows(Use::Udp, address),
        };
        if !allowed {
            self.note(interface, function, address.to_string());
        }
        allowed
    }

    fn allows(&self, for_: Use, address: SocketAddr) -> bool {
        let ip = address.ip().to_canonical();
        let names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let known = names.get(&ip).map_or(&[][..], Vec::as_slice);
        self.grants.iter().any(|grant| {
            grant.for_ == for_ && grant.has_port(address.port()) && grant.has_address(ip, known)
        })
    }

    fn may_look_up(&self, name: &str) -> bool {
        let asks = |grant: &&Grant| grant.for_ != Use::Listen;
        self.grants.iter().filter(asks).any(|grant| grant.has_name(name))
    }

    fn remember(&self, name: &str, ip: IpAddr) {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if names.len() >= MAX_KNOWN && !names.contains_key(&ip) {
            return;
        }
        let known = names.entry(ip.to_canonical()).or_default();
        if known.len() < MAX_KNOWN && known.iter().all(|other| other != name) {
            known.push(name.to_owned());
        }
    }

    fn note(&self, interface: &'static str, function: &'static str, what: String) {
        let mut denied = self.denied.lock().unwrap_or_else(PoisonError::into_inner);
        if denied.len() < MAX_DENIED {
            denied.push((interface, function, what));
        }
    }
}

impl Grant {
    fn of((for_, places, ports): Rule) -> Option<Self> {
        let for_ = match for_.as_str() {
            "tcp-connect" => Use::Connect,
            "tcp-listen" => Use::Listen,
            "udp" => Use::Udp,
            _ => return None,
        };
        let places = places.into_iter().map(Place::of).collect();
        Some(Self { for_, places, ports })
    }

    fn has_port(&self, port: u16) -> bool {
        self.ports.is_empty()
            || self.ports.iter().any(|(first, last)| (first..=last).contains(&&port))
    }

    fn has_address(&self, ip: IpAddr, names: &[String]) -> bool {
        self.places.is_empty()
            || self.places.iter().any(|place| match place {
                Place::Address(granted) => *granted == ip,
                // That name needs nobody to look it up.
                Place::Name(name) if name == "localhost" && ip.is_loopback() => true,
                _ => names.iter().any(|name| place.has_name(name)),
            })
    }

    fn has_name(&self, name: &str) -> bool {
        self.places.is_empty() || self.places.iter().any(|place| place.has_name(name))
    }
}

impl Place {
    fn of(text: String) -> Self {
        if let Ok(address) = text.parse::<IpAddr>() {
            Self::Address(address.to_canonical())
        } else if let Some(domain) = text.strip_prefix('*') {
            Self::Subdomains(domain.to_owned())
        } else {
            Self::Name(text)
        }
    }

    fn has_name(&self, name: &str) -> bool {
        match self {
            Self::Address(address) => name.parse::<IpAddr>().is_ok_and(|ip| ip == *address),
            Self::Name(granted) => granted == name,
            Self::Subdomains(domain) => name.len() > domain.len() && name.ends_with(domain),
        }
    }
}

/// Define the lookup of names, for what was granted a network.
pub fn define(linker: &mut Linker<State>, granted: &Arc<Granted>) -> Result<()> {
    type Cx<'a> = StoreContextMut<'a, State>;
    let mut lookup = linker.instance(LOOKUP)?;
    let asked = granted.clone();
    lookup.func_wrap(
        "resolve-addresses",
        move |mut cx: Cx, (network, name): (Resource<Network>, String)| {
            let state = cx.data_mut();
            let known = name.trim_end_matches('.').to_lowercase();
            if !asked.may_look_up(&known) {
                asked.note(LOOKUP_NAME, "resolve-addresses", name);
                return Ok((Err(ErrorCode::AccessDenied),));
            }
            Ok((match state.sockets().resolve_addresses(network, name) {
                Ok(stream) => {
                    state.lookups.insert(stream.rep(), known);
                    Ok(stream)
                }
                Err(problem) => Err(problem.downcast()?),
            },))
        },
    )?;
    let answered = granted.clone();
    lookup.func_wrap(
        "[method]resolve-address-stream.resolve-next-address",
        move |mut cx: Cx, (stream,): (Resource<ResolveAddressStream>,)| {
            let state = cx.data_mut();
            let number = stream.rep();
            Ok((match state.sockets().resolve_next_address(stream) {
                Ok(found) => {
                    if let (Some(address), Some(name)) = (&found, state.lookups.get(&number)) {
                        answered.remember(name, ip_of(address));
                    }
                    Ok(found)
                }
                Err(problem) => Err(problem.downcast()?),
            },))
        },
    )
}

fn ip_of(address: &IpAddress) -> IpAddr {
    match *address {
        IpAddress::Ipv4((a, b, c, d)) => IpAddr::from([a, b, c, d]),
        IpAddress::Ipv6((a, b, c, d, e, f, g, h)) => IpAddr::from([a, b, c, d, e, f, g, h]),
    }
}
