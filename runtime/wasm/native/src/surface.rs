//! What a compiled component imports and exports, with its types written out.
//!
//! The notation is that of `runtime/model/component/surface.py`; `runtime/wasm/direct/surface_reader.py` writes the
//! same for the other call layer, and the tests compare both.

use wasmtime::Engine;
use wasmtime::component::ResourceType;
use wasmtime::component::types::{
    Component, ComponentFunc, ComponentInstance, ComponentItem, Type,
};

/// Name, functions (name, type), resources.
pub type Interface = (String, Vec<(String, String)>, Vec<String>);

/// Imports, exports, imports that are no interfaces.
pub type Surface = (Vec<Interface>, Vec<Interface>, Vec<String>);

pub fn read(component: &Component, engine: &Engine) -> Surface {
    let mut writer = TypeWriter { resources: Vec::new() };
    let imports: Vec<_> = component.imports(engine).map(|(name, item)| (name, item.ty)).collect();
    let exports: Vec<_> = component.exports(engine).map(|(name, item)| (name, item.ty)).collect();
    for (_, item) in imports.iter().chain(&exports) {
        if let ComponentItem::ComponentInstance(instance) = item {
            writer.learn(instance, engine);
        }
    }
    let others = imports
        .iter()
        .filter(|(_, item)| !matches!(item, ComponentItem::ComponentInstance(_)))
        .map(|(name, _)| (*name).to_owned())
        .collect();
    (interfaces(&imports, engine, &writer), interfaces(&exports, engine, &writer), others)
}

fn interfaces(
    items: &[(&str, ComponentItem)],
    engine: &Engine,
    writer: &TypeWriter,
) -> Vec<Interface> {
    let mut found = Vec::new();
    for (name, item) in items {
        let ComponentItem::ComponentInstance(instance) = item else { continue };
        let (mut functions, mut resources) = (Vec::new(), Vec::new());
        for (member, item) in instance.exports(engine) {
            match item.ty {
                ComponentItem::ComponentFunc(kind) => {
                    functions.push((member.to_owned(), writer.function(&kind)));
                }
                ComponentItem::Resource(_) => resources.push(member.to_owned()),
                _ => {}
            }
        }
        found.push(((*name).to_owned(), functions, resources));
    }
    found
}

struct TypeWriter {
    resources: Vec<(ResourceType, String)>,
}

impl TypeWriter {
    fn learn(&mut self, instance: &ComponentInstance, engine: &Engine) {
        for (name, item) in instance.exports(engine) {
            if let ComponentItem::Resource(kind) = item.ty {
                self.resources.push((kind, name.to_owned()));
            }
        }
    }

    fn function(&self, kind: &ComponentFunc) -> String {
        let given: Vec<_> =
            kind.params().map(|(name, item)| format!("{name}: {}", self.value(&item))).collect();
        let returned: String =
            kind.results().map(|item| format!(" -> {}", self.value(&item))).collect();
        let prefix = if kind.async_() { "async " } else { "" };
        format!("{prefix}func({}){returned}", given.join(", "))
    }

    fn optional(&self, kind: Option<Type>) -> String {
        kind.map_or_else(|| "_".to_owned(), |kind| self.value(&kind))
    }

    fn value(&self, kind: &Type) -> String {
        match kind {
            Type::Record(kind) => {
                let fields: Vec<_> = kind
                    .fields()
                    .map(|field| format!("{}: {}", field.name, self.value(&field.ty)))
                    .collect();
                format!("record{{{}}}", fields.join(", "))
            }
            Type::Variant(kind) => {
                let cases: Vec<_> = kind
                    .cases()
                    .map(|case| match case.ty {
                        Some(item) => format!("{}({})", case.name, self.value(&item)),
                        None => case.name.to_owned(),
                    })
                    .collect();
                format!("variant{{{}}}", cases.join(", "))
            }
            Type::Enum(kind) => format!("enum{{{}}}", kind.names().collect::<Vec<_>>().join(", ")),
            Type::Flags(kind) => {
                format!("flags{{{}}}", kind.names().collect::<Vec<_>>().join(", "))
            }
            Type::Tuple(kind) => {
                let items: Vec<_> = kind.types().map(|item| self.value(&item)).collect();
                format!("tuple<{}>", items.join(", "))
            }
            Type::List(kind) => format!("list<{}>", self.value(&kind.ty())),
            Type::FixedLengthList(kind) => {
                format!("list<{}, {}>", self.value(&kind.ty()), kind.len())
            }
            Type::Map(kind) => {
                format!("map<{}, {}>", self.value(&kind.key()), self.value(&kind.value()))
            }
            Type::Option(kind) => format!("option<{}>", self.value(&kind.ty())),
            Type::Result(kind) => {
                format!("result<{}, {}>", self.optional(kind.ok()), self.optional(kind.err()))
            }
            Type::Future(kind) => format!("future<{}>", self.optional(kind.ty())),
            Type::Stream(kind) => format!("stream<{}>", self.optional(kind.ty())),
            Type::Own(kind) => format!("own<{}>", self.resource(kind)),
            Type::Borrow(kind) => format!("borrow<{}>", self.resource(kind)),
            Type::Bool => "bool".to_owned(),
            Type::S8 => "s8".to_owned(),
            Type::U8 => "u8".to_owned(),
            Type::S16 => "s16".to_owned(),
            Type::U16 => "u16".to_owned(),
            Type::S32 => "s32".to_owned(),
            Type::U32 => "u32".to_owned(),
            Type::S64 => "s64".to_owned(),
            Type::U64 => "u64".to_owned(),
            Type::Float32 => "f32".to_owned(),
            Type::Float64 => "f64".to_owned(),
            Type::Char => "char".to_owned(),
            Type::String => "string".to_owned(),
            Type::ErrorContext => "errorcontext".to_owned(),
        }
    }

    fn resource(&self, kind: &ResourceType) -> &str {
        self.resources
            .iter()
            .find(|(known, _)| known == kind)
            .map_or("resource", |(_, name)| name.as_str())
    }
}
