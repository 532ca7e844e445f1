//! XMP packets to names and strings (ISO 16684-1, 7: a subset of RDF).

mod names;
mod tree;

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};
use imgmeta_record::Properties;
use serde_json::{Map, Value};

use crate::exif::text;
use crate::nested;
use tree::Node;

/// Bytes of a packet that are looked at: a picture of depth within it has some MiB.
pub(crate) const MAX_PACKET: u64 = 16 << 20;

/// What a packet says.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Xmp {
    /// Name to text, in the order of the packet.
    pub(crate) properties: Properties,
    /// What was wrong, where the packet is not read to its end.
    pub(crate) wrong: Option<String>,
}

impl Xmp {
    /// The value of a property.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.properties.iter().find(|(known, _)| &**known == name).and_then(|(_, value)| value.as_deref())
    }

    /// Adds the properties of another packet that are not there yet.
    pub(crate) fn extend(&mut self, other: Self) {
        let before = self.properties.len();
        for (name, value) in other.properties {
            if !self.properties[..before].iter().any(|(known, _)| *known == name) {
                self.properties.push((name, value));
            }
        }
        self.wrong = self.wrong.take().or(other.wrong);
    }
}

/// Reads a packet.
pub(crate) fn read(packet: &[u8], encoding: &'static Encoding) -> Xmp {
    let text = decoded(packet, encoding);
    let (document, wrong) = tree::read(text.trim_matches(['\0', '\u{feff}', ' ', '\t', '\r', '\n']));
    let mut properties = Properties::new();
    let mut names = HashSet::new();
    match rdf(&document) {
        Some(rdf) => rdf.children.iter().filter(|node| node.name == "rdf:Description").for_each(|node| {
            for (name, value) in fields(node) {
                // Of a property that is there twice, the first counts, as for a tag of EXIF.
                let name: Arc<str> = Arc::from(name);
                if names.insert(Arc::clone(&name)) {
                    properties.push((name, Some(nested::shown(value))));
                }
            }
        }),
        None if wrong.is_none() => return Xmp { properties, wrong: Some("there is no rdf:RDF in it".into()) },
        None => {}
    }
    Xmp { properties, wrong }
}

/// UTF-8, or UTF-16 by its mark or its zero bytes.
fn decoded<'a>(packet: &'a [u8], encoding: &'static Encoding) -> Cow<'a, str> {
    let utf16 = match packet {
        [0xfe, 0xff, ..] | [0, b'<', ..] => Some(UTF_16BE),
        [0xff, 0xfe, ..] | [b'<', 0, ..] => Some(UTF_16LE),
        _ => None,
    };
    match (utf16, std::str::from_utf8(packet)) {
        (Some(utf16), _) => utf16.decode_with_bom_removal(packet).0,
        (None, Ok(text)) => Cow::Borrowed(text),
        (None, Err(_)) => text::plain(packet, encoding)
            .map_or_else(|| String::from_utf8_lossy(packet).into_owned().into(), Cow::Owned),
    }
}

/// The first `rdf:RDF` of a document, at any depth.
fn rdf(node: &Node) -> Option<&Node> {
    if node.name == "rdf:RDF" { Some(node) } else { node.children.iter().find_map(rdf) }
}

/// Whether an attribute belongs to the syntax: it is no property.
fn is_syntax(name: &str) -> bool {
    name.starts_with("rdf:") || name.starts_with("xml:") || !name.contains(':')
}

/// The properties of a description, or the fields of a structure: attributes and elements alike.
fn fields(node: &Node) -> impl Iterator<Item = (String, Value)> {
    let attributes = node.attributes.iter().filter(|(name, _)| !is_syntax(name));
    let attributes = attributes.map(|(name, text)| (name.clone(), Value::String(text.trim().to_owned())));
    attributes.chain(node.children.iter().map(|child| (child.name.clone(), value(child))))
}

/// What a property holds: text, a list, alternatives by language, or a structure.
fn value(node: &Node) -> Value {
    match node.children.first() {
        Some(list) if matches!(list.name.as_str(), "rdf:Bag" | "rdf:Seq") => Value::Array(items(list)),
        Some(list) if list.name == "rdf:Alt" => alternatives(list),
        Some(inner) if inner.name == "rdf:Description" => structure(inner),
        Some(_) => structure(node),
        None => match node.attribute("rdf:resource") {
            Some(uri) => Value::String(uri.to_owned()),
            None if node.attributes.iter().any(|(name, _)| !is_syntax(name)) => structure(node),
            None if node.attribute("rdf:parseType") == Some("Resource") => structure(node),
            None => Value::String(node.text.trim().to_owned()),
        },
    }
}

fn structure(node: &Node) -> Value {
    Value::Object(fields(node).collect::<Map<_, _>>())
}

fn items(list: &Node) -> Vec<Value> {
    list.children.iter().filter(|item| item.name == "rdf:li").map(value).collect()
}

/// One alternative is its value; several are an object by language, the default first, or a list.
fn alternatives(list: &Node) -> Value {
    let mut values = items(list);
    if values.len() == 1 {
        return values.remove(0);
    }
    let languages: Vec<_> =
        list.children.iter().filter(|item| item.name == "rdf:li").map(|item| item.attribute("xml:lang")).collect();
    if values.is_empty() || languages.iter().any(Option::is_none) {
        return Value::Array(values);
    }
    let mut pairs: Vec<_> = languages.into_iter().flatten().zip(values).collect();
    pairs.sort_by_key(|(language, _)| *language != "x-default"); // stable: the others keep their order
    Value::Object(pairs.into_iter().map(|(language, value)| (language.to_owned(), value)).collect())
}

#[cfg(test)]
mod tests;
