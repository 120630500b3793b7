//! QR codes (ISO/IEC 18004) of short texts, as SVG: byte mode, error correction L, versions 1 to 6. That is enough for
//! the link of a second factor, which no other site should draw for us, and spares a dependency.

/// Data bytes, error correction bytes of a block, and blocks of versions 1 to 6.
const VERSIONS: [(usize, usize, usize); 6] =
    [(19, 7, 1), (34, 10, 1), (55, 15, 1), (80, 20, 1), (108, 26, 1), (136, 18, 2)];
/// Level L with mask 2, protected by its own code and masked as the standard wants it.
const FORMAT: u16 = 0b111_1101_1010_1010;

struct Grid {
    size: usize,
    dark: Vec<bool>,
    /// Finders, timing, alignment and format: no data stands there.
    fixed: Vec<bool>,
}

/// A picture of a text; `None` when it is too long for one.
pub fn svg(text: &str, label: &str) -> Option<String> {
    let grid = encode(text.as_bytes())?;
    let edge = grid.size + 8;
    let mut path = String::new();
    for y in 0..grid.size {
        for x in 0..grid.size {
            if grid.dark[y * grid.size + x] {
                path.push_str(&format!("M{} {}h1v1h-1z", x + 4, y + 4));
            }
        }
    }
    let label = super::parts::Escaped(label);
    Some(format!(
        "<svg class=\"qr\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {edge} {edge}\" role=\"img\" \
         aria-label=\"{label}\"><rect width=\"{edge}\" height=\"{edge}\" fill=\"#fff\"/><path d=\"{path}\" fill=\"#000\"/></svg>"
    ))
}

fn encode(bytes: &[u8]) -> Option<Grid> {
    // The mode and the length take twelve bits.
    let version = VERSIONS.iter().position(|(data, _, _)| bytes.len() + 2 <= *data)?;
    let (data, correction, blocks) = VERSIONS[version];
    let codewords = interleaved(&padded(bytes, data), correction, blocks);
    let mut grid = Grid::new(version + 1);
    grid.place(&codewords);
    grid.mask();
    Some(grid)
}

/// Mode, length, content, and what fills the rest.
fn padded(bytes: &[u8], data: usize) -> Vec<u8> {
    let mut halves = vec![0b0100, bytes.len() as u8 >> 4, bytes.len() as u8 & 0xf];
    halves.extend(bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]));
    halves.push(0);
    let mut words: Vec<u8> = halves.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).unwrap_or(&0)).collect();
    let fill = [0xec, 0x11].into_iter().cycle();
    words.extend(fill.take(data.saturating_sub(words.len())));
    words
}

fn interleaved(words: &[u8], correction: usize, blocks: usize) -> Vec<u8> {
    let parts: Vec<&[u8]> = words.chunks(words.len() / blocks).collect();
    let checks: Vec<Vec<u8>> = parts.iter().map(|part| remainder(part, correction)).collect();
    let longest = parts.iter().map(|part| part.len()).max().unwrap_or_default();
    let mut all: Vec<u8> = (0..longest)
        .flat_map(|index| parts.iter().filter_map(move |part| part.get(index).copied()))
        .collect();
    all.extend((0..correction).flat_map(|index| checks.iter().map(move |check| check[index])));
    all
}

/// Reed-Solomon over GF(256) with 0x11d.
fn remainder(words: &[u8], degree: usize) -> Vec<u8> {
    let mut divisor = vec![0; degree];
    divisor[degree - 1] = 1;
    let mut root = 1;
    for _ in 0..degree {
        for index in 0..degree {
            divisor[index] = times(divisor[index], root) ^ divisor.get(index + 1).copied().unwrap_or(0);
        }
        root = times(root, 2);
    }
    let mut rest = vec![0; degree];
    for word in words {
        let factor = word ^ rest[0];
        rest.rotate_left(1);
        rest[degree - 1] = 0;
        rest.iter_mut().zip(&divisor).for_each(|(rest, coefficient)| *rest ^= times(*coefficient, factor));
    }
    rest
}

fn times(one: u8, other: u8) -> u8 {
    let mut product = 0_u16;
    for bit in (0..8).rev() {
        product = (product << 1) ^ ((product >> 7) * 0x11d);
        product ^= ((u16::from(other) >> bit) & 1) * u16::from(one);
    }
    product as u8
}

impl Grid {
    fn new(version: usize) -> Grid {
        let size = 17 + 4 * version;
        let mut grid = Grid { size, dark: vec![false; size * size], fixed: vec![false; size * size] };
        for at in 0..size {
            grid.fix(6, at, at % 2 == 0);
            grid.fix(at, 6, at % 2 == 0);
        }
        for (x, y) in [(3, 3), (size - 4, 3), (3, size - 4)] {
            grid.finder(x, y);
        }
        if version > 1 {
            let centre = size - 7;
            for (dx, dy) in (0..5_usize).flat_map(|dy| (0..5_usize).map(move |dx| (dx, dy))) {
                let ring = dx.abs_diff(2).max(dy.abs_diff(2));
                grid.fix(centre + dx - 2, centre + dy - 2, ring != 1);
            }
        }
        grid.format();
        grid
    }

    fn fix(&mut self, x: usize, y: usize, dark: bool) {
        self.dark[y * self.size + x] = dark;
        self.fixed[y * self.size + x] = true;
    }

    fn finder(&mut self, x: usize, y: usize) {
        for dy in 0..9 {
            for dx in 0..9 {
                let (Some(x), Some(y)) = ((x + dx).checked_sub(4), (y + dy).checked_sub(4)) else { continue };
                if x < self.size && y < self.size {
                    let ring = dx.abs_diff(4_usize).max(dy.abs_diff(4));
                    self.fix(x, y, ring != 2 && ring != 4);
                }
            }
        }
    }

    /// The format's fifteen bits, twice, and the one module that is always dark.
    fn format(&mut self) {
        let size = self.size;
        let bit = |index: usize| FORMAT >> index & 1 == 1;
        for index in 0..6 {
            self.fix(8, index, bit(index));
        }
        self.fix(8, 7, bit(6));
        self.fix(8, 8, bit(7));
        self.fix(7, 8, bit(8));
        for index in 9..15 {
            self.fix(14 - index, 8, bit(index));
        }
        for index in 0..8 {
            self.fix(size - 1 - index, 8, bit(index));
        }
        for index in 8..15 {
            self.fix(8, size - 15 + index, bit(index));
        }
        self.fix(8, size - 8, true);
    }

    /// Bit by bit in columns of two, from the right, up and down in turn.
    fn place(&mut self, words: &[u8]) {
        let mut bits = words.iter().flat_map(|word| (0..8).rev().map(move |bit| word >> bit & 1 == 1));
        let mut upward = true;
        let columns = (0..self.size).rev().filter(|column| *column != 6);
        let columns: Vec<usize> = columns.step_by(2).collect();
        for right in columns {
            for step in 0..self.size {
                let y = if upward { self.size - 1 - step } else { step };
                for x in [right, right - 1] {
                    let at = y * self.size + x;
                    if !self.fixed[at] {
                        self.dark[at] = bits.next().unwrap_or(false);
                    }
                }
            }
            upward = !upward;
        }
    }

    /// Mask 2: every third column. Which mask is taken stands in the format; readers take any.
    fn mask(&mut self) {
        for (at, dark) in self.dark.iter_mut().enumerate() {
            if !self.fixed[at] && (at % self.size).is_multiple_of(3) {
                *dark = !*dark;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    fn drawn(text: &str) -> String {
        let grid = encode(text.as_bytes()).expect("short enough");
        let row = |row: &[bool]| row.iter().map(|dark| if *dark { '1' } else { '0' }).collect::<String>();
        grid.dark.chunks(grid.size).map(row).collect::<Vec<_>>().join("\n")
    }

    /// What another program (python-qrcode, mask 2) draws of the same texts, version by version: the first bytes of
    /// SHA-256 over its rows.
    #[test]
    fn codes_are_those_that_others_draw() {
        for (length, hash) in HASHES {
            let ours = hex::encode(Sha256::digest(drawn(&LINK[..length])));
            assert_eq!(&ours[..16], hash, "{}", drawn(&LINK[..length]));
        }
    }

    const HASHES: [(usize, &str); 6] = [
        (5, "49758b7c58554a3e"),
        (30, "d15baa26631fbb41"),
        (50, "b1abd0042c49d6fd"),
        (75, "936a2e156342c22a"),
        (100, "d8da42c95a4dc979"),
        (130, "18cd6fcaac7e791b"),
    ];
    const LINK: &str = "otpauth://totp/Tillgate:berta?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Tillgate\
                        &more=0123456789012345678901234567890123456789012345";

    #[test]
    fn what_is_too_long_has_no_picture() {
        assert!(svg(&"x".repeat(134), "a").is_some());
        assert!(svg(&"x".repeat(135), "a").is_none());
    }
}
