//! HEIF and AVIF: the primary item of the `meta` box, or the track of a sequence (ISO/IEC 23008-12; AV1 Image File
//! Format 1.1).

mod coding;
mod location;
mod meta;
mod track;

use std::ops::Range;

use super::{Image, Payload};
use crate::boxes::{Boxes, Chunk, Fields};
use crate::known::{Known, Stop, View};
use coding::Coding;
use meta::{Item, Meta};

/// Brands that Pillow takes for AVIF.
const AVIF: [&[u8]; 2] = [b"avif", b"avis"];
/// Brands that pillow-heif takes for HEIF, whatever the coding.
const HEIF: [&[u8]; 10] = [b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"];

pub(super) fn accepts(head: &[u8]) -> bool {
    head.get(4..8) == Some(b"ftyp")
        && head.get(8..12).is_some_and(|brand| AVIF.contains(&brand) || HEIF.contains(&brand))
}

pub(super) fn read(known: &Known) -> Result<Image, Stop> {
    let brand: [u8; 4] = known.array(8)?;
    if &brand == b"avis" {
        return sequence(known);
    }
    let avif = AVIF.contains(&&brand[..]);
    let mut movie = None;
    let mut boxes = Boxes::of_file(known);
    while let Some(Chunk { kind, body }) = boxes.next()? {
        match &kind {
            b"meta" => {
                let meta = Meta::read(known, &body)?;
                return if avif { self::avif(known, &meta) } else { heif(known, &meta) };
            }
            b"moov" => movie = movie.or(Some(body)),
            _ => {}
        }
    }
    match movie {
        Some(movie) if !avif => moving(known, movie),
        _ => Err(Stop::damaged("an image file without a `meta` box")),
    }
}

/// What pillow-heif says: the size after `clap` and `irot`.
fn heif(known: &Known, meta: &Meta) -> Result<Image, Stop> {
    let primary = primary(meta)?;
    let coding = Coding::of(known, meta, primary)?;
    let alpha = has_alpha(known, meta, primary, false)?;
    let premultiplied = alpha && meta.targets(primary, *b"prem").next().is_some();
    let mode = if premultiplied { "RGBa" } else { heif_mode(coding, alpha) };
    let (mut width, mut height) = extent(known, meta, primary)?;
    for Chunk { kind, body } in meta.properties(primary) {
        match kind {
            b"clap" => (width, height) = aperture(Fields(known.bytes(body.clone())?))?,
            b"irot" if known.array::<1>(body.start)?[0] & 1 == 1 => (width, height) = (height, width),
            _ => {}
        }
    }
    let image = Image { format: "HEIF", mode, width, height, oriented: true, ..Image::default() };
    with_metadata(known, &[meta], primary, image)
}

fn heif_mode(coding: Coding, alpha: bool) -> &'static str {
    match (coding.grey, alpha) {
        (_, true) => "RGBA",
        (true, false) if coding.bits > 8 => "I;16",
        (true, false) => "L",
        (false, false) => "RGB",
    }
}

/// A sequence without a still, which pillow-heif does not open: its first track of colours.
fn moving(known: &Known, body: Range<u64>) -> Result<Image, Stop> {
    let movie = track::read(known, body, &track::ANY)?;
    let (mode, width, height) = (heif_mode(movie.coding, movie.alpha), movie.width, movie.height);
    let image = Image { format: "HEIF", mode, width, height, oriented: true, ..Image::default() };
    let metas: Vec<&Meta> = movie.meta.iter().collect();
    with_metadata(known, &metas, 0, image)
}

/// What Pillow says: the size as it is coded.
fn avif(known: &Known, meta: &Meta) -> Result<Image, Stop> {
    let primary = primary(meta)?;
    let coding = Coding::of(known, meta, primary)?;
    if !coding.av1 {
        return Err(Stop::damaged("an AVIF whose primary item is not coded in AV1"));
    }
    let mode = avif_mode(has_alpha(known, meta, primary, true)?, coding.grey);
    let (width, height) = extent(known, meta, primary)?;
    let mut image = Image { format: "AVIF", mode, width, height, oriented: true, ..Image::default() };
    if let Some(rotation) = meta.property(primary, *b"irot") {
        image.turned = known.array::<1>(rotation.body.start)?[0] & 1 == 1;
    }
    with_metadata(known, &[meta], primary, image)
}

fn avif_mode(alpha: bool, grey: bool) -> &'static str {
    match (alpha, grey) {
        (true, _) => "RGBA",
        (false, true) => "L",
        (false, false) => "RGB",
    }
}

/// An AVIF sequence: its first track of colours, and the EXIF of that track or of the still beside it.
fn sequence(known: &Known) -> Result<Image, Stop> {
    let (mut still, mut movie) = (None, None);
    let mut boxes = Boxes::of_file(known);
    while still.is_none() || movie.is_none() {
        match boxes.next()? {
            Some(Chunk { kind, body }) if &kind == b"meta" => still = Some(Meta::read(known, &body)?),
            Some(Chunk { kind, body }) if &kind == b"moov" => movie = Some(track::read(known, body, &track::AV1)?),
            Some(_) => {}
            None => break,
        }
    }
    let Some(movie) = movie else { return Err(Stop::damaged("an AVIF sequence without a `moov` box")) };
    let mode = avif_mode(movie.alpha, movie.coding.grey);
    let (width, height) = (movie.width, movie.height);
    let image = Image { format: "AVIF", mode, width, height, oriented: true, ..Image::default() };
    let metas: Vec<&Meta> = movie.meta.iter().chain(&still).collect();
    let primary = still.as_ref().and_then(|still| still.primary).unwrap_or_default();
    with_metadata(known, &metas, primary, image)
}

fn primary(meta: &Meta) -> Result<u32, Stop> {
    let primary = meta.primary.ok_or_else(|| Stop::damaged("an image file that names no primary item"))?;
    match meta.item(primary) {
        Some(_) => Ok(primary),
        None => Err(Stop::damaged("an image file whose primary item is not there")),
    }
}

/// Width and height as coded.
fn extent(known: &Known, meta: &Meta, item: u32) -> Result<(u32, u32), Stop> {
    let Some(property) = meta.property(item, *b"ispe") else {
        return Err(Stop::damaged("an image item without a size"));
    };
    let mut fields = Fields(known.bytes(property.body.clone())?);
    fields.version()?;
    match (fields.long()?, fields.long()?) {
        (0, _) | (_, 0) => Err(Stop::damaged("an image item of no pixels")),
        size => Ok(size),
    }
}

/// Width and height of the clean aperture, rounded (ISO/IEC 14496-12, 12.1.4).
fn aperture(mut fields: Fields<'_>) -> Result<(u32, u32), Stop> {
    let mut rounded = || {
        let (num, den) = (u64::from(fields.long()?), u64::from(fields.long()?));
        let pixels = (den > 0).then(|| (num + den / 2) / den).and_then(|pixels| u32::try_from(pixels).ok());
        pixels.filter(|pixels| *pixels > 0).ok_or_else(|| Stop::damaged("an image whose aperture holds no pixel"))
    };
    Ok((rounded()?, rounded()?))
}

/// Whether an alpha plane belongs to an item, or to tiles of its grid: for AVIF to all of them, for HEIF to any.
fn has_alpha(known: &Known, meta: &Meta, item: u32, every_tile: bool) -> Result<bool, Stop> {
    if alpha_of(known, meta, item)? {
        return Ok(true);
    }
    if meta.item(item).is_none_or(|item| &item.kind != b"grid") {
        return Ok(false);
    }
    let tiles = meta.targets(item, *b"dimg").map(|tile| alpha_of(known, meta, tile)).collect::<Result<Vec<_>, _>>()?;
    let alpha = if every_tile { tiles.iter().all(|alpha| *alpha) } else { tiles.contains(&true) };
    Ok(alpha && !tiles.is_empty())
}

fn alpha_of(known: &Known, meta: &Meta, item: u32) -> Result<bool, Stop> {
    for auxiliary in meta.sources(item, *b"auxl") {
        let Some(property) = meta.property(auxiliary, *b"auxC") else { continue };
        let body = known.bytes(property.body.clone())?;
        if body.get(4..).is_some_and(is_alpha) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a name of an auxiliary image, which ends at a NUL, is that of alpha (MIAF, 7.3.5.2; HEVC; AVC).
fn is_alpha(name: &[u8]) -> bool {
    let names: [&[u8]; 3] =
        [b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", b"urn:mpeg:hevc:2015:auxid:1", b"urn:mpeg:avc:2015:auxid:1"];
    let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
    names.contains(&name)
}

/// Finds the metadata of the primary item: the size is known, so what lies behind the end is only missing.
fn with_metadata(known: &Known, metas: &[&Meta], primary: u32, mut image: Image) -> Result<Image, Stop> {
    for meta in metas {
        if image.exif.is_empty() {
            match exif(known, meta, primary) {
                Ok(payload) => image.exif = payload,
                Err(Stop::Cut) => image.cut = true,
                Err(Stop::Fail(_, message)) => image.warnings.push(format!("exif: {message}")),
                Err(need @ Stop::Need(_)) => return Err(need),
            }
        }
        if image.xmp.is_empty() {
            image.xmp = xmp(known, meta, primary)?;
        }
        if image.icc.is_empty() {
            image.icc = profile(known, meta, primary)?;
        }
    }
    Ok(image)
}

/// The item of a kind that describes the primary item, else one that describes none in particular.
fn describing(meta: &Meta, primary: u32, wanted: impl Fn(&Item) -> bool) -> Option<u32> {
    let mut found = meta.items.iter().filter(|item| wanted(item)).map(|item| item.id);
    let describes = |id: &u32| meta.targets(*id, *b"cdsc").any(|target| target == primary);
    let alone = |id: &u32| meta.targets(*id, *b"cdsc").next().is_none();
    found.clone().find(describes).or_else(|| found.find(alone))
}

fn exif(known: &Known, meta: &Meta, primary: u32) -> Result<Payload, Stop> {
    let Some(id) = describing(meta, primary, |item| &item.kind == b"Exif") else { return Ok(Payload::default()) };
    let Some(extents) = meta.location(known, id)? else {
        return Err(Stop::damaged("the EXIF item is nowhere, or stored in a way that is not read"));
    };
    without_offset(known, extents)
}

fn xmp(known: &Known, meta: &Meta, primary: u32) -> Result<Payload, Stop> {
    let Some(id) = describing(meta, primary, |item| item.xmp) else { return Ok(Payload::default()) };
    Ok(Payload::At(meta.location(known, id)?.unwrap_or_default()))
}

/// The ICC profile among the colours of the primary item, else of its first tile.
fn profile(known: &Known, meta: &Meta, primary: u32) -> Result<Payload, Stop> {
    let tile = meta.targets(primary, *b"dimg").next();
    for colours in [Some(primary), tile].into_iter().flatten().flat_map(|id| meta.properties(id)) {
        let body = &colours.body;
        if &colours.kind == b"colr" && body.end - body.start > 4 {
            let kind: [u8; 4] = known.array(body.start)?;
            if [*b"prof", *b"rICC"].contains(&kind) {
                return Ok(Payload::range(body.start + 4..body.end));
            }
        }
    }
    Ok(Payload::default())
}

/// Without the field before the TIFF header, which says how many bytes to pass over (ISO/IEC 23008-12, A.2.1).
pub(super) fn without_offset(known: &Known, extents: Vec<Range<u64>>) -> Result<Payload, Stop> {
    const PREFIX: &[u8] = b"Exif\0\0";
    let view = View::new(known, extents.clone());
    if view.len() <= 4 {
        return Ok(Payload::default());
    }
    let skip = 4 + u64::from(u32::from_be_bytes(view.array(0)?));
    if skip >= view.len() {
        return Err(Stop::damaged("the EXIF item says that it begins behind its end"));
    }
    let prefix = view.bytes(skip..view.len().min(skip + PREFIX.len() as u64))?;
    let skip = if *prefix == *PREFIX { skip + PREFIX.len() as u64 } else { skip };
    Ok(Payload::At(behind(extents, skip)))
}

/// The ranges without their first bytes.
fn behind(ranges: Vec<Range<u64>>, mut skip: u64) -> Vec<Range<u64>> {
    let without = |range: Range<u64>| {
        let here = skip.min(range.end - range.start);
        skip -= here;
        Some(range.start + here..range.end).filter(|range| !range.is_empty())
    };
    ranges.into_iter().filter_map(without).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exif_begins_where_its_offset_says_and_behind_a_prefix_that_it_does_not_tell() {
        for (item, start) in [
            (&b"\0\0\0\0II*\0"[..], 4),
            (b"\0\0\0\x06Exif\0\0II*\0", 10),
            (b"\0\0\0\0Exif\0\0II*\0", 10),
            (b"\0\0\0\x02xxMM\0*", 6),
        ] {
            let end = item.len() as u64;
            let (whole, file) = (Payload::range(start..end), 0..end);
            assert_eq!(without_offset(&Known::whole(item), vec![file]), Ok(whole));
            let split = without_offset(&Known::whole(item), vec![0..3, 3..5, 5..end]).unwrap();
            let Payload::At(ranges) = split else { panic!("{split:?}") };
            assert_eq!(ranges.iter().map(|range| range.end - range.start).sum::<u64>(), end - start);
        }
        let (cut, beyond) = (0..3, 0..6);
        assert_eq!(without_offset(&Known::whole(*b"\0\0\0"), vec![cut]), Ok(Payload::default()));
        assert!(matches!(without_offset(&Known::whole(*b"\0\0\xff\0II"), vec![beyond]), Err(Stop::Fail(..))));
    }
}
