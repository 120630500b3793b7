//! A ZIP archive that is written in one go, without seeking: sizes and checksums follow each file's content.

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use std::io::Write;

#[derive(Default)]
pub struct Zip {
    out: Vec<u8>,
    /// How many bytes were handed out before.
    handed: u64,
    entries: Vec<Entry>,
    open: Option<Open>,
}

struct Entry {
    name: &'static str,
    number: usize,
    crc: u32,
    compressed: u64,
    size: u64,
    at: u64,
}

struct Open {
    name: &'static str,
    number: usize,
    at: u64,
    crc: Crc,
    size: u64,
    compressed: u64,
    deflate: DeflateEncoder<Vec<u8>>,
}

/// Sizes behind the content; names in UTF-8.
const FLAGS: u16 = 1 << 3 | 1 << 11;
const DEFLATED: u16 = 8;
/// 1980-01-01: the same list makes the same file.
const DATE: u16 = 1 << 5 | 1;

impl Zip {
    /// Begins a file; `{}` in its name is its number.
    pub fn begin(&mut self, name: &'static str, number: usize) {
        self.end();
        let at = self.handed + self.out.len() as u64;
        let full = name.replace("{}", &number.to_string());
        self.u32(0x0403_4b50);
        self.u16(45);
        self.common(FLAGS, 0, 0, 0);
        self.u16(full.len() as u16);
        self.u16(0);
        self.out.extend_from_slice(full.as_bytes());
        self.open = Some(Open {
            name,
            number,
            at,
            crc: Crc::new(),
            size: 0,
            compressed: 0,
            deflate: DeflateEncoder::new(Vec::new(), Compression::fast()),
        });
    }

    pub fn write(&mut self, bytes: &[u8]) {
        let Some(open) = &mut self.open else { return };
        open.crc.update(bytes);
        open.size += bytes.len() as u64;
        // Writing into memory does not fail.
        let _ = open.deflate.write_all(bytes);
        let ready = std::mem::take(open.deflate.get_mut());
        open.compressed += ready.len() as u64;
        self.out.extend_from_slice(&ready);
    }

    fn end(&mut self) {
        let Some(mut open) = self.open.take() else { return };
        let rest = open.deflate.finish().unwrap_or_default();
        open.compressed += rest.len() as u64;
        self.out.extend_from_slice(&rest);
        let crc = open.crc.sum();
        self.u32(0x0807_4b50);
        self.u32(crc);
        self.u32(short(open.compressed));
        self.u32(short(open.size));
        self.entries.push(Entry {
            name: open.name,
            number: open.number,
            crc,
            compressed: open.compressed,
            size: open.size,
            at: open.at,
        });
    }

    pub fn take(&mut self) -> Vec<u8> {
        self.handed += self.out.len() as u64;
        std::mem::take(&mut self.out)
    }

    /// Writes the directory behind the files.
    pub fn finish(mut self) -> Vec<u8> {
        self.end();
        let at = self.handed + self.out.len() as u64;
        let entries = std::mem::take(&mut self.entries);
        for entry in &entries {
            let full = entry.name.replace("{}", &entry.number.to_string());
            self.u32(0x0201_4b50);
            self.u16(45);
            self.u16(45);
            self.common(FLAGS, entry.crc, short(entry.compressed), short(entry.size));
            self.u16(full.len() as u16);
            // Extra, comment, disk, attributes inside and outside.
            self.out.extend_from_slice(&[0; 12]);
            self.u32(short(entry.at));
            self.out.extend_from_slice(full.as_bytes());
        }
        let size = self.handed + self.out.len() as u64 - at;
        self.u32(0x0605_4b50);
        self.u32(0);
        self.u16(entries.len() as u16);
        self.u16(entries.len() as u16);
        self.u32(short(size));
        self.u32(short(at));
        self.u16(0);
        self.out
    }

    fn common(&mut self, flags: u16, crc: u32, compressed: u32, size: u32) {
        self.u16(flags);
        self.u16(DEFLATED);
        self.u16(0);
        self.u16(DATE);
        self.u32(crc);
        self.u32(compressed);
        self.u32(size);
    }

    fn u16(&mut self, number: u16) {
        self.out.extend_from_slice(&number.to_le_bytes());
    }

    fn u32(&mut self, number: u32) {
        self.out.extend_from_slice(&number.to_le_bytes());
    }
}

/// Lists end before 4 GiB, which this form of archive can't pass: a sheet of a million rows has some 300 MB before it
/// is compressed.
fn short(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
