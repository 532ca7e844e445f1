//! TIFF: tags of the first directory: 34675 has the ICC profile, 700 XMP, 33723 IPTC, 34377 Photoshop's resources (ICC.1:2022,
//! B.3; XMP specification, part 3, 1.1.6).

use super::super::{Image, Options, Payload};
use super::iptc;
use crate::known::{Known, Stop, View};
use crate::photoshop;
use crate::tiff::{Directory, Layout, directory, header};

const PROFILE: u16 = 34675;
const XMP: u16 = 700;
const IPTC: u16 = 33723;
const RESOURCES: u16 = 34377;

pub(super) fn locate(known: &Known, image: &mut Image, options: Options) -> Result<(), Stop> {
    let view = View::whole(known);
    let Some((layout, first)) = header(&view)? else { return Ok(()) };
    let directory = directory(&view, layout, first)?;
    image.icc = value(&directory, &view, layout, PROFILE)?;
    if options.xmp {
        image.xmp = value(&directory, &view, layout, XMP)?;
    }
    if options.iptc {
        image.iptc = records(known, value(&directory, &view, layout, IPTC)?)?;
        if let Payload::At(ranges) = value(&directory, &view, layout, RESOURCES)?
            && image.iptc.is_empty()
            && let Some(records) = photoshop::resource(&View::new(known, ranges), photoshop::IPTC)?
        {
            image.iptc = Payload::At(records.ranges().to_vec());
        }
    }
    Ok(())
}

/// Where the value of a tag is; nothing where there is none, or it goes on behind the end.
fn value(directory: &Directory, view: &View<'_>, layout: Layout, tag: u16) -> Result<Payload, Stop> {
    let Some(entry) = directory.entries.iter().find(|entry| entry.tag == tag) else { return Ok(Payload::default()) };
    match entry.range(layout) {
        Err(Stop::Need(range)) => Err(Stop::Need(range)),
        Ok(range) if range.end <= view.len() => Ok(Payload::range(range)),
        // The walk of the tags warns of it.
        Ok(_) | Err(_) => Ok(Payload::default()),
    }
}

/// The records. Some writers call them LONG, and turn the bytes of each four around.
fn records(known: &Known, payload: Payload) -> Result<Payload, Stop> {
    const MARK: u8 = 0x1c;
    let Payload::At(ranges) = &payload else { return Ok(payload) };
    let view = View::new(known, ranges.clone());
    if !(4..=iptc::MAX_BLOCK).contains(&view.len()) {
        return Ok(payload);
    }
    let [first, _, _, last] = view.array(0)?;
    if first == MARK || last != MARK {
        return Ok(payload);
    }
    let bytes = view.bytes(0..view.len())?;
    Ok(Payload::Decoded(bytes.chunks(4).flat_map(|four| four.iter().rev().copied()).collect()))
}
