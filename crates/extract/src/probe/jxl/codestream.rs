//! The head of a codestream: size and kind of the image (ISO/IEC 18181-1, annexes B and D).

use crate::known::{Stop, View};

/// What the head says.
#[expect(clippy::struct_excessive_bools, reason = "the head has them")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Codestream {
    pub(super) width: u32,
    pub(super) height: u32,
    /// As EXIF's, 1 to 8; width and height are those before it is applied.
    pub(super) orientation: u32,
    pub(super) bits: u32,
    pub(super) float: bool,
    pub(super) grey: bool,
    pub(super) alpha: bool,
    /// Whether there is a channel of black, as in CMYK.
    pub(super) black: bool,
}

/// Extra channels looked at; more than the format's level 10 allows.
const MAX_EXTRA: u32 = 256;

/// How a number of a few forms is coded: as it is, or as some bits and what is added to them.
#[derive(Clone, Copy)]
enum Form {
    Is(u32),
    Bits(u32, u32),
}
use Form::{Bits, Is};

/// A kind of an enumeration.
const KIND: [Form; 4] = [Is(0), Is(1), Bits(4, 2), Bits(6, 18)];

impl Codestream {
    /// Reads the head, bit by bit from the lowest of each byte.
    pub(super) fn read(view: &View<'_>) -> Result<Self, Stop> {
        if view.array(0)? != *b"\xff\x0a" {
            return Err(Stop::damaged("a JPEG XL codestream that does not begin as one"));
        }
        let mut reader = Reader { view, bit: 16 };
        let (width, height) = reader.size()?;
        let mut head =
            Self { width, height, orientation: 1, bits: 8, float: false, grey: false, alpha: false, black: false };
        if !reader.flag()? {
            reader.metadata(&mut head)?;
        }
        Ok(head)
    }
}

struct Reader<'a> {
    view: &'a View<'a>,
    bit: u64,
}

impl Reader<'_> {
    fn bits(&mut self, count: u32) -> Result<u32, Stop> {
        let mut value = 0;
        for place in 0..count {
            let [byte] = self.view.array(self.bit / 8)?;
            value |= u32::from((byte >> (self.bit % 8)) & 1) << place;
            self.bit += 1;
        }
        Ok(value)
    }

    fn flag(&mut self) -> Result<bool, Stop> {
        Ok(self.bits(1)? == 1)
    }

    fn number(&mut self, forms: [Form; 4]) -> Result<u32, Stop> {
        let selector = usize::try_from(self.bits(2)?).expect("2 bits");
        match forms[selector] {
            Is(value) => Ok(value),
            Bits(count, offset) => Ok(self.bits(count)?.wrapping_add(offset)),
        }
    }

    fn size(&mut self) -> Result<(u32, u32), Stop> {
        const SIDE: [Form; 4] = [Bits(9, 1), Bits(13, 1), Bits(18, 1), Bits(30, 1)];
        self.sides([Bits(5, 1); 4], SIDE)
    }

    /// Height, and width by itself or by a ratio. Sides that are multiples of 8 have forms of their own.
    fn sides(&mut self, eighths: [Form; 4], forms: [Form; 4]) -> Result<(u32, u32), Stop> {
        let small = self.flag()?;
        let height = self.side(small, eighths, forms)?;
        let ratio = match self.bits(3)? {
            0 => return Ok((self.side(small, eighths, forms)?, height)),
            1 => (1, 1),
            2 => (12, 10),
            3 => (4, 3),
            4 => (3, 2),
            5 => (16, 9),
            6 => (5, 4),
            _ => (2, 1),
        };
        let width = u64::from(height) * ratio.0 / ratio.1;
        Ok((u32::try_from(width).map_err(|_| Stop::damaged("a JPEG XL image too wide"))?, height))
    }

    fn side(&mut self, small: bool, eighths: [Form; 4], forms: [Form; 4]) -> Result<u32, Stop> {
        if !small {
            return self.number(forms);
        }
        // All forms alike are one, without a selector.
        let eighth = match eighths {
            [Bits(5, 1), Bits(5, 1), Bits(5, 1), Bits(5, 1)] => self.bits(5)? + 1,
            eighths => self.number(eighths)?,
        };
        Ok(8 * eighth)
    }

    fn metadata(&mut self, head: &mut Codestream) -> Result<(), Stop> {
        if self.flag()? {
            self.extra_fields(head)?;
        }
        (head.float, head.bits) = self.depth()?;
        self.flag()?; // whether 16 bits suffice for a decoder's buffers
        let extra = self.number([Is(0), Is(1), Bits(4, 2), Bits(12, 1)])?;
        if extra > MAX_EXTRA {
            return Err(Stop::damaged(format!("a JPEG XL image of {extra} extra channels")));
        }
        for _ in 0..extra {
            match self.channel()? {
                0 => head.alpha = true,
                4 => head.black = true,
                _ => {}
            }
        }
        self.flag()?; // whether colours are those of XYB
        if !self.flag()? {
            self.flag()?; // whether there is an ICC profile
            head.grey = self.number(KIND)? == 1;
        }
        Ok(())
    }

    fn extra_fields(&mut self, head: &mut Codestream) -> Result<(), Stop> {
        head.orientation = self.bits(3)? + 1;
        if self.flag()? {
            self.size()?; // the intrinsic size: how large it is to be shown
        }
        if self.flag()? {
            self.sides(
                [Is(16), Is(32), Bits(5, 1), Bits(9, 33)],
                [Bits(6, 1), Bits(8, 65), Bits(10, 321), Bits(12, 1345)],
            )?; // a preview
        }
        if self.flag()? {
            self.number([Is(100), Is(1000), Bits(10, 1), Bits(30, 1)])?; // ticks
            self.number([Is(1), Is(1001), Bits(8, 1), Bits(10, 1)])?; // in so many seconds
            self.number([Is(0), Bits(3, 0), Bits(16, 0), Bits(32, 0)])?; // repetitions
            self.flag()?; // time codes
        }
        Ok(())
    }

    /// Whether samples have a fraction, and their bits.
    fn depth(&mut self) -> Result<(bool, u32), Stop> {
        if !self.flag()? {
            return Ok((false, self.number([Is(8), Is(10), Is(12), Bits(6, 1)])?));
        }
        let bits = self.number([Is(32), Is(16), Is(24), Bits(6, 1)])?;
        self.bits(4)?; // bits of the exponent
        Ok((true, bits))
    }

    /// The kind of an extra channel: 0 is alpha, 4 is black.
    fn channel(&mut self) -> Result<u32, Stop> {
        if self.flag()? {
            return Ok(0);
        }
        let kind = self.number(KIND)?;
        self.depth()?;
        self.number([Is(0), Is(3), Is(4), Bits(3, 1)])?; // how much smaller it is
        let name = self.number([Is(0), Bits(4, 0), Bits(5, 16), Bits(10, 48)])?;
        self.bit += 8 * u64::from(name);
        match kind {
            0 => self.bit += 1,  // whether colours are multiplied by it
            2 => self.bit += 64, // a colour
            5 => drop(self.number([Is(1), Bits(2, 0), Bits(4, 3), Bits(8, 19)])?),
            _ => {}
        }
        Ok(kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::known::Known;

    /// Bits from the lowest of each byte on: a value and how many bits it has.
    fn packed(fields: &[(u64, u32)]) -> Known {
        let bits = fields.iter().flat_map(|&(value, count)| (0..count).map(move |place| (value >> place) & 1 == 1));
        let mut bytes = b"\xff\x0a".to_vec();
        for (place, bit) in bits.enumerate() {
            if place % 8 == 0 {
                bytes.push(0);
            }
            *bytes.last_mut().unwrap() |= u8::from(bit) << (place % 8);
        }
        Known::whole(bytes)
    }

    fn read(fields: &[(u64, u32)]) -> Codestream {
        let file = packed(fields);
        Codestream::read(&View::whole(&file)).unwrap()
    }

    #[test]
    fn sides_are_numbers_eighths_or_ratios() {
        for (fields, size) in [
            (&[(0, 1), (0, 2), (129, 9), (0, 3), (0, 2), (199, 9), (1, 1)][..], (200, 130)),
            (&[(1, 1), (3, 5), (0, 3), (4, 5), (1, 1)], (40, 32)),
            (&[(1, 1), (3, 5), (7, 3), (1, 1)], (64, 32)),
            (&[(0, 1), (1, 2), (999, 13), (5, 3), (1, 1)], (1777, 1000)),
        ] {
            let head = read(fields);
            assert_eq!((head.width, head.height, head.grey, head.alpha), (size.0, size.1, false, false));
        }
    }

    #[test]
    fn orientation_depth_channels_and_colours_are_read() {
        let size = [(1, 1), (0, 5), (1, 3), (0, 1)];
        let extra = [(1, 1), (5, 3), (0, 1), (0, 1), (1, 1), (0, 2), (0, 2), (0, 2), (0, 1)];
        let depth = [(0, 1), (3, 2), (15, 6), (1, 1)];
        let channels =
            [(2, 2), (0, 4), (1, 1), (0, 1), (2, 2), (2, 4), (0, 1), (0, 2), (0, 2), (1, 2), (2, 4), (0x6162, 16)];
        let colours = [(0, 1), (0, 1), (0, 1), (1, 2)];
        let head = read(&[&size[..], &extra, &depth, &channels, &colours].concat());
        let expected = Codestream {
            width: 8,
            height: 8,
            orientation: 6,
            bits: 16,
            float: false,
            grey: true,
            alpha: true,
            black: true,
        };
        assert_eq!(head, expected);
    }
}
