//! Names of properties with the usual prefix of their namespace, whatever prefix a file uses (XMP specification, part 1,
//! 8, and part 2; IPTC Photo Metadata Standard; exiftool's list of namespaces).

use quick_xml::name::{LocalName, ResolveResult};

/// Namespace and prefix.
const NAMESPACES: &[(&str, &str)] = &[
    ("http://www.w3.org/XML/1998/namespace", "xml"),
    ("http://www.w3.org/1999/02/22-rdf-syntax-ns#", "rdf"),
    ("adobe:ns:meta/", "x"),
    ("http://purl.org/dc/elements/1.1/", "dc"),
    ("http://purl.org/dc/terms/", "dcterms"),
    ("http://ns.adobe.com/xap/1.0/", "xmp"),
    ("http://ns.adobe.com/xap/1.0/rights/", "xmpRights"),
    ("http://ns.adobe.com/xap/1.0/mm/", "xmpMM"),
    ("http://ns.adobe.com/xap/1.0/bj/", "xmpBJ"),
    ("http://ns.adobe.com/xap/1.0/g/", "xmpG"),
    ("http://ns.adobe.com/xap/1.0/g/img/", "xmpGImg"),
    ("http://ns.adobe.com/xap/1.0/t/pg/", "xmpTPg"),
    ("http://ns.adobe.com/xap/1.0/t/", "xmpT"),
    ("http://ns.adobe.com/xap/1.0/PLUS/", "xmpPLUS"),
    ("http://ns.adobe.com/xmp/Identifier/qual/1.0/", "xmpidq"),
    ("http://ns.adobe.com/xmp/note/", "xmpNote"),
    ("http://ns.adobe.com/xmp/1.0/DynamicMedia/", "xmpDM"),
    ("http://ns.adobe.com/xap/1.0/sType/Dimensions#", "stDim"),
    ("http://ns.adobe.com/xap/1.0/sType/Font#", "stFnt"),
    ("http://ns.adobe.com/xap/1.0/sType/Job#", "stJob"),
    ("http://ns.adobe.com/xap/1.0/sType/ManifestItem#", "stMfs"),
    ("http://ns.adobe.com/xap/1.0/sType/ResourceEvent#", "stEvt"),
    ("http://ns.adobe.com/xap/1.0/sType/ResourceRef#", "stRef"),
    ("http://ns.adobe.com/xap/1.0/sType/Version#", "stVer"),
    ("http://ns.adobe.com/xmp/sType/Area#", "stArea"),
    ("http://ns.adobe.com/tiff/1.0/", "tiff"),
    ("http://ns.adobe.com/exif/1.0/", "exif"),
    ("http://ns.adobe.com/exif/1.0/aux/", "aux"),
    ("http://cipa.jp/exif/1.0/", "exifEX"),
    ("http://ns.adobe.com/photoshop/1.0/", "photoshop"),
    ("http://ns.adobe.com/camera-raw-settings/1.0/", "crs"),
    ("http://ns.adobe.com/camera-raw-saved-settings/1.0/", "crss"),
    ("http://ns.adobe.com/lightroom/1.0/", "lr"),
    ("http://ns.adobe.com/pdf/1.3/", "pdf"),
    ("http://ns.adobe.com/pdfx/1.3/", "pdfx"),
    ("http://ns.adobe.com/album/1.0/", "album"),
    ("http://ns.adobe.com/creatorAtom/1.0/", "creatorAtom"),
    ("http://ns.adobe.com/ImageReady/1.0/", "imageready"),
    ("http://ns.adobe.com/illustrator/1.0/", "illustrator"),
    ("http://ns.adobe.com/hdr-gain-map/1.0/", "hdrgm"),
    ("http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/", "Iptc4xmpCore"),
    ("http://iptc.org/std/Iptc4xmpExt/2008-02-29/", "Iptc4xmpExt"),
    ("http://ns.useplus.org/ldf/xmp/1.0/", "plus"),
    ("http://prismstandard.org/namespaces/basic/2.0/", "prism"),
    ("http://creativecommons.org/ns#", "cc"),
    ("http://www.metadataworkinggroup.com/schemas/regions/", "mwg-rs"),
    ("http://www.metadataworkinggroup.com/schemas/keywords/", "mwg-kw"),
    ("http://www.metadataworkinggroup.com/schemas/collections/", "mwg-coll"),
    ("http://ns.microsoft.com/photo/1.0", "MicrosoftPhoto"),
    ("http://ns.microsoft.com/photo/1.0/", "MicrosoftPhoto"),
    ("http://ns.microsoft.com/photo/1.2/", "MP"),
    ("http://ns.microsoft.com/photo/1.2/t/RegionInfo#", "MPRI"),
    ("http://ns.microsoft.com/photo/1.2/t/Region#", "MPReg"),
    ("http://ns.google.com/photos/1.0/panorama/", "GPano"),
    ("http://ns.google.com/photos/1.0/image/", "GImage"),
    ("http://ns.google.com/photos/1.0/audio/", "GAudio"),
    ("http://ns.google.com/photos/1.0/depthmap/", "GDepth"),
    ("http://ns.google.com/photos/1.0/focus/", "GFocus"),
    ("http://ns.google.com/photos/1.0/camera/", "GCamera"),
    ("http://ns.google.com/photos/1.0/creations/", "GCreations"),
    ("http://ns.google.com/photos/1.0/container/", "GContainer"),
    ("http://ns.google.com/photos/1.0/container/item/", "GContainerItem"),
    ("http://ns.acdsee.com/iptc/1.0/", "acdsee"),
    ("http://www.digikam.org/ns/1.0/", "digiKam"),
    ("http://ns.iview-multimedia.com/mediapro/1.0/", "mediapro"),
    ("http://ns.camerabits.com/photomechanic/1.0/", "photomechanic"),
    ("http://xmp.gettyimages.com/gift/1.0/", "getty"),
    ("http://www.dji.com/drone-dji/1.0/", "drone-dji"),
    ("http://pix4d.com/camera/1.0", "Camera"),
    ("http://ns.apple.com/faceinfo/1.0/", "apple-fi"),
    ("http://rs.tdwg.org/dwc/index.htm", "dwc"),
    ("http://leica-camera.com/digital-shift-assistant/1.0/", "LImage"),
    ("http://ns.nikon.com/nine/1.0/", "nine"),
    ("http://www.gimp.org/xmp/", "GIMP"),
    ("http://ns.exiftool.ca/1.0/", "et"),
];

/// `prefix:local`.
pub(super) fn name(written: &[u8], resolved: &ResolveResult<'_>, local: LocalName<'_>) -> String {
    let local = String::from_utf8_lossy(local.as_ref());
    let written = String::from_utf8_lossy(written);
    let ResolveResult::Bound(namespace) = resolved else { return written.into_owned() };
    let usual = NAMESPACES.iter().find(|(uri, _)| uri.as_bytes() == namespace.as_ref());
    match (usual, written.split_once(':')) {
        (Some((_, prefix)), _) => format!("{prefix}:{local}"),
        // The prefix of a namespace that is known is not lent to another one.
        (None, Some((prefix, _))) if NAMESPACES.iter().any(|(_, usual)| *usual == prefix) => {
            format!("{prefix}_:{local}")
        }
        (None, _) => written.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_namespace_is_there_once() {
        for (at, (uri, prefix)) in NAMESPACES.iter().enumerate() {
            assert!(NAMESPACES[at + 1..].iter().all(|(other, _)| other != uri), "{uri} is there twice");
            assert!(!prefix.is_empty());
        }
    }
}
