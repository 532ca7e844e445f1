//! What a picture was taken with, and how it was set (Exif 3.0, 4.6.6).

use imgmeta_record::{Camera, Exif, Ifd, Other, Value};

use super::Block;
use super::text::before_nul;

fn text(exif: &Exif, ifds: &[Ifd], tag: u16) -> Option<String> {
    let text = ifds.iter().find_map(|ifd| exif.get(*ifd, tag))?.text()?;
    let text = before_nul(text);
    (!text.is_empty()).then(|| text.to_owned())
}

/// Settings are in the Exif IFD; TIFF/EP and DNG put them into the first directory.
const SETTINGS: [Ifd; 2] = [Ifd::Exif, Ifd::Zeroth];

fn setting(exif: &Exif, tag: u16) -> Option<&Value> {
    SETTINGS.into_iter().find_map(|ifd| exif.get(ifd, tag))
}

/// A quotient, where it is one.
#[expect(clippy::cast_precision_loss, reason = "32-bit numbers")]
fn quotient(exif: &Exif, tag: u16) -> Option<f64> {
    match setting(exif, tag)? {
        Value::Rational(num, den) if *den != 0 => Some(*num as f64 / *den as f64),
        _ => None,
    }
}

/// A quotient above 0: no exposure, aperture or focal length is less, and 0 says that it is not known.
fn positive(exif: &Exif, tag: u16) -> Option<f64> {
    quotient(exif, tag).filter(|value| *value > 0.0)
}

/// A value in APEX units within what they can mean (Exif 3.0, annex C): 2 to the power of 64 seconds is no exposure.
fn apex(exif: &Exif, tag: u16) -> Option<f64> {
    quotient(exif, tag).filter(|value| value.abs() < 64.0)
}

fn number(exif: &Exif, tag: u16) -> Option<i64> {
    setting(exif, tag).and_then(Value::int).filter(|value| *value > 0)
}

/// Sensitivity; 65535 says that it is greater, and that another tag has it (Exif 3.0, `PhotographicSensitivity`).
fn iso(block: &Block) -> Option<i64> {
    const ISO: u16 = 0x8827;
    let several = |other: &&Other| other.tag == ISO && SETTINGS.contains(&other.ifd);
    let several = || block.other.iter().find(several)?.value.int().filter(|value| *value > 0);
    let small = number(&block.exif, ISO).or_else(several).filter(|iso| *iso < 65_535);
    small.or_else(|| [0x8832, 0x8831, 0x8833].into_iter().find_map(|tag| number(&block.exif, tag)))
}

pub(super) fn camera(block: &Block) -> Option<Camera> {
    let exif = &block.exif;
    let camera = Camera {
        make: text(exif, &[Ifd::Zeroth], 0x010f),
        model: text(exif, &[Ifd::Zeroth], 0x0110),
        lens: text(exif, &SETTINGS, 0xa434),
        software: text(exif, &[Ifd::Zeroth], 0x0131),
        exposure_seconds: positive(exif, 0x829a).or_else(|| apex(exif, 0x9201).map(|speed| (-speed).exp2())),
        f_number: positive(exif, 0x829d).or_else(|| apex(exif, 0x9202).map(|aperture| (aperture / 2.0).exp2())),
        iso: iso(block),
        focal_length_mm: positive(exif, 0x920a),
        focal_length_35mm: number(exif, 0xa405),
    };
    (camera != Camera::default()).then_some(camera)
}

#[cfg(test)]
mod tests {
    use super::*;
    use imgmeta_record::Tag;
    use imgmeta_record::tags::lookup;

    fn block(tags: &[(Ifd, u16, Value)]) -> Block {
        let mut block = Block::default();
        for (ifd, number, value) in tags {
            let row = lookup(*ifd, *number).expect("named");
            block.exif.ifd_mut(*ifd).push(Tag { row, value: value.clone() });
        }
        block
    }

    #[test]
    fn settings_are_in_the_exif_ifd_or_the_first_and_apex_units_stand_in_for_them() {
        let found = |tags: &[(Ifd, u16, Value)]| camera(&block(tags)).unwrap_or_default();
        let seconds = |tags: &[(Ifd, u16, Value)]| found(tags).exposure_seconds;
        assert_eq!(seconds(&[(Ifd::Zeroth, 0x829a, Value::Rational(1, 4))]), Some(0.25));
        let both = [(Ifd::Exif, 0x829a, Value::Rational(1, 2)), (Ifd::Exif, 0x9201, Value::Rational(7, 1))];
        assert_eq!(seconds(&both), Some(0.5));
        assert_eq!(seconds(&[(Ifd::Exif, 0x829a, Value::Rational(0, 1)), both[1].clone()]), Some(1.0 / 128.0));
        assert_eq!(seconds(&[(Ifd::Exif, 0x9201, Value::Rational(1, 0))]), None);
        assert_eq!(found(&[(Ifd::Exif, 0x9202, Value::Rational(4, 1))]).f_number, Some(4.0));
    }

    #[test]
    fn sensitivity_is_one_number_and_65535_sends_to_another_tag() {
        let iso = |tags: &[(Ifd, u16, Value)]| camera(&block(tags)).and_then(|camera| camera.iso);
        assert_eq!(iso(&[(Ifd::Exif, 0x8827, Value::Int(200))]), Some(200));
        assert_eq!(
            iso(&[(Ifd::Exif, 0x8827, Value::Int(65_535)), (Ifd::Exif, 0x8832, Value::Int(102_400))]),
            Some(102_400)
        );
        assert_eq!(iso(&[(Ifd::Exif, 0x8827, Value::Int(0))]), None);
        let several = Other { ifd: Ifd::Exif, tag: 0x8827, kind: "SHORT".into(), value: Value::Ints(vec![100, 0]) };
        let several = Block { other: vec![several], ..Block::default() };
        assert_eq!(camera(&several).and_then(|camera| camera.iso), Some(100));
    }

    #[test]
    fn text_ends_at_its_first_nul() {
        let camera = camera(&block(&[(Ifd::Zeroth, 0x0110, Value::Text("X100 \0old".into()))])).expect("a camera");
        assert_eq!(camera.model.as_deref(), Some("X100"));
    }
}
