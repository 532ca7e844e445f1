//! SVG: the root element (SVG 2, 8.2; CSS 2.1, 10.3.2).

use imgmeta_record::Kind;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::Image;
use crate::known::{Known, Stop};

/// Bytes looked at for the root element: comments and a document type may stand before it.
const MOST: u64 = 1 << 16;
const FIRST: u64 = 1 << 12;

/// What a browser takes where nothing says a size.
const DEFAULT: (f64, f64) = (300.0, 150.0);

pub(super) fn accepts(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    head.trim_ascii_start().first().is_some_and(|&byte| byte == b'<')
}

pub(super) fn read(known: &Known) -> Result<Image, Stop> {
    let end = known.known_to(0).min(MOST);
    if let Some(root) = root(known.bytes(0..end)?) {
        return root;
    }
    match known.total() {
        Some(total) if end >= total => Err(other()),
        _ if end == MOST => Err(other()),
        total => {
            let next = (2 * end).clamp(FIRST, MOST);
            Err(Stop::Need(end..total.map_or(next, |total| next.min(total))))
        }
    }
}

fn other() -> Stop {
    Stop::Fail(Kind::NotAnImage, "no SVG".into())
}

/// What the root element says; `None` where these bytes end before its end.
fn root(bytes: &[u8]) -> Option<Result<Image, Stop>> {
    let mut reader = Reader::from_reader(bytes);
    loop {
        match reader.read_event() {
            Ok(Event::Start(element) | Event::Empty(element)) => {
                let is_svg = element.local_name().as_ref() == b"svg";
                return Some(if is_svg { image(&element) } else { Err(other()) });
            }
            Ok(Event::DocType(name)) if !is_svg_type(&name) => return Some(Err(other())),
            Ok(Event::Text(text)) if !text.trim_ascii().is_empty() && *text != *b"\xef\xbb\xbf" => {
                return Some(Err(other()));
            }
            Ok(Event::Eof) | Err(quick_xml::Error::Syntax(_)) => return None,
            Ok(Event::End(_) | Event::CData(_)) | Err(_) => return Some(Err(other())),
            Ok(_) => {}
        }
    }
}

/// A document type may have any name where the root element is prefixed; HTML has its own.
fn is_svg_type(name: &[u8]) -> bool {
    !name.trim_ascii_start().get(..4).is_some_and(|name| name.eq_ignore_ascii_case(b"html"))
}

fn image(element: &BytesStart<'_>) -> Result<Image, Stop> {
    let (mut width, mut height, mut view) = (None, None, None);
    for attribute in element.attributes().with_checks(false).flatten() {
        let value = String::from_utf8_lossy(&attribute.value).into_owned();
        match attribute.key.as_ref() {
            b"width" => width = length(&value),
            b"height" => height = length(&value),
            b"viewBox" => view = view_box(&value),
            _ => {}
        }
    }
    let (width, height) = match (width, height, view) {
        (Some(width), Some(height), _) => (width, height),
        (Some(width), None, Some(view)) => (width, width * view.1 / view.0),
        (None, Some(height), Some(view)) => (height * view.0 / view.1, height),
        (None, None, Some(view)) => view,
        (width, height, None) => (width.unwrap_or(DEFAULT.0), height.unwrap_or(DEFAULT.1)),
    };
    Image::sized("SVG", "RGBA", whole(width), whole(height))
}

/// To the nearest pixel, and at least one where there is any.
fn whole(side: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "what does not fit is no size")]
    let whole = side.round().max(0.0) as u32;
    if side > 0.0 { whole.max(1) } else { 0 }
}

/// A length in pixels of CSS; `None` for parts of the window, and for what is none.
fn length(value: &str) -> Option<f64> {
    let value = value.trim();
    let digits = value.trim_end_matches(|letter: char| letter.is_ascii_alphabetic() || letter == '%');
    let number: f64 = digits.trim_end().parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0)?;
    let unit = match value[digits.len()..].to_ascii_lowercase().as_str() {
        "" | "px" => 1.0,
        "in" => 96.0,
        "cm" => 96.0 / 2.54,
        "mm" => 96.0 / 25.4,
        "q" => 96.0 / 101.6,
        "pt" => 96.0 / 72.0,
        // Without a style sheet, letters are 16 pixels high, and an x half of that.
        "pc" | "em" | "rem" => 16.0,
        "ex" | "ch" => 8.0,
        _ => return None,
    };
    Some(number * unit)
}

/// Width and height of `viewBox`.
fn view_box(value: &str) -> Option<(f64, f64)> {
    let words = value.split([',', ' ', '\t', '\r', '\n']).filter(|word| !word.is_empty());
    let numbers: Vec<f64> = words.map(str::parse).collect::<Result<_, _>>().ok()?;
    match numbers[..] {
        [_, _, width, height] if width > 0.0 && height > 0.0 => Some((width, height)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_is_that_of_a_browser_without_a_window() {
        let cases = [
            (r#"<svg width="20" height="10"/>"#, Some((20, 10))),
            (r#"<svg width="1in" height="2.54cm"/>"#, Some((96, 96))),
            (r#"<svg width="72pt" height="6pc"/>"#, Some((96, 96))),
            (r#"<svg width="25.4mm" height="2em"/>"#, Some((96, 32))),
            (r#"<svg viewBox="0 0 30 40"/>"#, Some((30, 40))),
            (r#"<svg viewBox="0,0,30.4,0.2"/>"#, Some((30, 1))),
            (r#"<svg width="60" viewBox="0 0 30 40"/>"#, Some((60, 80))),
            (r#"<svg height="20" viewBox="0 0 30 40"/>"#, Some((15, 20))),
            (r#"<svg width="100%" height="100%" viewBox="0 0 3 4"/>"#, Some((3, 4))),
            (r"<svg/>", Some((300, 150))),
            (
                r#"<?xml version="1.0"?><!-- <a> --><!DOCTYPE svg><s:svg xmlns:s="x" width="5" height="6">"#,
                Some((5, 6)),
            ),
            (r#"<svg width="0" height="6"/>"#, None),
            (r#"<svg width="2""#, None),
            ("<!DOCTYPE html><svg/>", None),
            ("<html><svg/></html>", None),
            ("<p>text", None),
        ];
        for (text, size) in cases {
            let image = read(&Known::whole(text.as_bytes()));
            assert_eq!(image.ok().map(|image| (image.width, image.height)), size, "{text}");
        }
    }
}
