//! Display sizes: where they stand in the heat map, and what people call their proportions.

/// Columns and rows of the heat map: two to an octave, from 1 pixel on.
pub(in crate::report) const STEPS: u32 = 40;

/// Proportions with names, by width and height.
const NAMED: [(u32, u32); 15] = [
    (1, 1),
    (5, 4),
    (4, 3),
    (3, 2),
    (16, 10),
    (16, 9),
    (2, 1),
    (21, 9),
    (4, 5),
    (3, 4),
    (2, 3),
    (10, 16),
    (9, 16),
    (1, 2),
    (9, 21),
];
/// How far from a proportion its name still holds: 1024 x 683 is meant to be 3:2.
const NEAR: f64 = 0.01;

/// The cell of the heat map in which a size is: its column is that of the width.
pub(super) fn cell(width: u32, height: u32) -> u32 {
    step(width) * STEPS + step(height)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "twice the logarithm of 32 bits is below 64"
)]
fn step(pixels: u32) -> u32 {
    // What is a power of two stands at the lower edge of its step, whatever the logarithm is rounded to.
    ((f64::from(pixels.max(1)).log2() * 2.0 + 1e-9) as u32).min(STEPS - 1)
}

/// The number of the proportion in [`aspects`].
pub(super) fn aspect(width: u32, height: u32) -> u32 {
    if width == 0 || height == 0 {
        return 0;
    }
    let ratio = f64::from(width) / f64::from(height);
    let near = |(wide, high): &(u32, u32)| {
        let named = f64::from(*wide) / f64::from(*high);
        ((ratio / named - 1.0).abs() <= NEAR).then_some((ratio / named - 1.0).abs())
    };
    let nearest = (1u32..).zip(&NAMED).filter_map(|(at, named)| Some((at, near(named)?)));
    let nearest = nearest.min_by(|(_, a), (_, b)| a.total_cmp(b)).map(|(at, _)| at);
    let named = u32::try_from(NAMED.len()).expect("they are few");
    nearest.unwrap_or(if ratio > 1.0 { named + 1 } else { named + 2 })
}

/// What the numbers of proportions mean.
pub(in crate::report) fn aspects() -> Vec<String> {
    let named = NAMED.iter().map(|(wide, high)| format!("{wide}:{high}"));
    let ends = ["other landscape", "other portrait"].map(str::to_owned);
    std::iter::once("no size".to_owned()).chain(named).chain(ends).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proportions_have_the_names_that_people_use() {
        for (width, height, name) in [
            (4032, 3024, "4:3"),
            (3024, 4032, "3:4"),
            (6000, 4000, "3:2"),
            (1024, 683, "3:2"),
            (3840, 2160, "16:9"),
            (1080, 1920, "9:16"),
            (500, 500, "1:1"),
            (1920, 1200, "16:10"),
            (1000, 300, "other landscape"),
            (300, 1000, "other portrait"),
            (1000, 850, "other landscape"),
            (0, 5, "no size"),
        ] {
            assert_eq!(aspects()[aspect(width, height) as usize], name, "{width} x {height}");
        }
    }

    #[test]
    fn steps_are_two_to_an_octave() {
        for (pixels, at) in [(0, 0), (1, 0), (2, 2), (3, 3), (4, 4), (1024, 20), (1023, 19), (1448, 20), (1449, 21)] {
            assert_eq!(step(pixels), at, "{pixels}");
        }
        assert_eq!(step(u32::MAX), STEPS - 1);
        assert_eq!(cell(1024, 2), 20 * STEPS + 2);
    }
}
