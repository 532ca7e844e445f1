//! The XML of a packet as a tree, bounded in depth and size. No entity is expanded but XML's five and characters by
//! number, and no document type is read: there is nothing that could grow.

use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::reader::NsReader;

use super::names;

/// Elements within each other.
const MAX_DEPTH: usize = 32;
/// Elements and attributes of a packet.
const MAX_NODES: usize = 50_000;
/// Namespaces that one element may declare.
const MAX_DECLARATIONS: usize = 128;

/// An element, by names with usual prefixes.
#[derive(Debug, Default)]
pub(super) struct Node {
    pub(super) name: String,
    pub(super) attributes: Vec<(String, String)>,
    pub(super) children: Vec<Node>,
    pub(super) text: String,
}

impl Node {
    /// The value of an attribute.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Reads a packet; what went wrong, where it is not read to its end. An element that is not closed is left out, but for
/// those that only hold properties.
pub(super) fn read(text: &str) -> (Node, Option<String>) {
    let mut reader = NsReader::from_str(text);
    reader.resolver_mut().set_max_declarations_per_element(MAX_DECLARATIONS);
    let mut tree = Tree { stack: vec![Node::default()], nodes: 0 };
    let wrong = loop {
        let event = match reader.read_event() {
            Ok(Event::Eof) if tree.stack.len() == 1 => break None,
            Ok(Event::Eof) => break Some("it ends inside an element".to_owned()),
            Ok(event) => event,
            Err(error) => break Some(error.to_string()),
        };
        if let Err(limit) = tree.add(&reader, &event) {
            break Some(limit.to_owned());
        }
    };
    (tree.finish(), wrong)
}

struct Tree {
    /// The elements that are open, from the document itself on.
    stack: Vec<Node>,
    nodes: usize,
}

impl Tree {
    fn add(&mut self, reader: &NsReader<&[u8]>, event: &Event<'_>) -> Result<(), &'static str> {
        match event {
            Event::Start(start) => self.open(reader, start)?,
            Event::Empty(start) => {
                self.open(reader, start)?;
                self.close();
            }
            Event::End(_) => self.close(),
            Event::Text(text) => self.push(&text.xml10_content().unwrap_or_default()),
            Event::CData(text) => self.push(&text.xml10_content().unwrap_or_default()),
            Event::GeneralRef(entity) => self.push(&resolved(entity)),
            _ => {}
        }
        Ok(())
    }

    fn open(&mut self, reader: &NsReader<&[u8]>, start: &BytesStart<'_>) -> Result<(), &'static str> {
        let resolver = reader.resolver();
        let (namespace, local) = resolver.resolve_element(start.name());
        let mut node = Node { name: names::name(start.name().as_ref(), &namespace, local), ..Node::default() };
        for attribute in start.attributes().with_checks(false).flatten() {
            if attribute.key.as_namespace_binding().is_some() {
                continue;
            }
            let (namespace, local) = resolver.resolve_attribute(attribute.key);
            let name = names::name(attribute.key.as_ref(), &namespace, local);
            let value = attribute.decoded_and_normalized_value(XmlVersion::Implicit1_0, reader.decoder());
            // An entity that nobody knows stays as it is written.
            let value = value.map_or_else(|_| String::from_utf8_lossy(&attribute.value).into_owned(), Into::into);
            node.attributes.push((name, value));
            self.nodes += 1;
            if self.nodes > MAX_NODES {
                break;
            }
        }
        self.nodes += 1;
        self.stack.push(node);
        match () {
            () if self.nodes > MAX_NODES => Err("it has too many elements"),
            () if self.stack.len() > MAX_DEPTH => Err("its elements are too deep within each other"),
            () => Ok(()),
        }
    }

    fn close(&mut self) {
        // The document itself is never closed; the reader refuses an end without a start.
        if self.stack.len() > 1
            && let Some(node) = self.stack.pop()
            && let Some(parent) = self.stack.last_mut()
        {
            parent.children.push(node);
        }
    }

    fn push(&mut self, text: &str) {
        if let Some(node) = self.stack.last_mut() {
            node.text.push_str(text);
        }
    }

    /// Closes what is open.
    fn finish(mut self) -> Node {
        while self.stack.len() > 1 {
            let holds = self.stack.last().is_some_and(|node| {
                matches!(node.name.as_str(), "x:xmpmeta" | "x:xapmeta" | "rdf:RDF" | "rdf:Description")
            });
            if holds {
                self.close();
            } else {
                self.stack.pop();
            }
        }
        self.stack.pop().unwrap_or_default()
    }
}

/// What an entity stands for; one that nobody knows stays as it is written.
fn resolved(entity: &BytesRef<'_>) -> String {
    if let Ok(Some(char)) = entity.resolve_char_ref() {
        return char.to_string();
    }
    let name = entity.xml10_content().unwrap_or_default();
    resolve_predefined_entity(&name).map_or_else(|| format!("&{name};"), ToOwned::to_owned)
}
