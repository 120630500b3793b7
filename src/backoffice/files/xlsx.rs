//! Lists as XLSX (ECMA-376): texts inline, amounts as numbers by their exact digits, times as dates. No cell is a
//! formula. Sheets come first and the parts that name them last, so that nothing has to be known beforehand.

use super::zip::Zip;
use super::{Sheet, Value};
use chrono::{DateTime, Utc};
use std::fmt::Write;

pub struct Xlsx {
    zip: Zip,
    header: Vec<Value>,
    sheets: usize,
    /// Rows of the sheet that is open.
    rows: usize,
}

/// A spreadsheet has no more rows in a sheet; the list goes on in the next one.
const MOST_ROWS: usize = 1_048_576;

const SHEET: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
    <worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\">\
    <sheetViews><sheetView workbookViewId=\"0\"><pane ySplit=\"1\" topLeftCell=\"A2\" activePane=\"bottomLeft\" state=\"frozen\"/>\
    </sheetView></sheetViews><sheetData>";
const SHEET_END: &str = "</sheetData></worksheet>";
const STYLES: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
    <styleSheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\">\
    <numFmts count=\"1\"><numFmt numFmtId=\"164\" formatCode=\"yyyy\\-mm\\-dd\\ hh:mm:ss\"/></numFmts>\
    <fonts count=\"2\"><font><sz val=\"11\"/><name val=\"Calibri\"/></font>\
    <font><b/><sz val=\"11\"/><name val=\"Calibri\"/></font></fonts>\
    <fills count=\"2\"><fill><patternFill patternType=\"none\"/></fill><fill><patternFill patternType=\"gray125\"/></fill></fills>\
    <borders count=\"1\"><border><left/><right/><top/><bottom/><diagonal/></border></borders>\
    <cellStyleXfs count=\"1\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\"/></cellStyleXfs>\
    <cellXfs count=\"3\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\"/>\
    <xf numFmtId=\"164\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyNumberFormat=\"1\"/>\
    <xf numFmtId=\"0\" fontId=\"1\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyFont=\"1\"/></cellXfs>\
    <cellStyles count=\"1\"><cellStyle name=\"Normal\" xfId=\"0\" builtinId=\"0\"/></cellStyles></styleSheet>";
const ROOT: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
    <Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
    <Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" \
    Target=\"xl/workbook.xml\"/></Relationships>";

impl Xlsx {
    pub fn new(header: &[String]) -> Xlsx {
        let header = header.iter().map(|name| Value::Text(name.clone())).collect();
        let mut xlsx = Xlsx { zip: Zip::default(), header, sheets: 0, rows: 0 };
        xlsx.begin();
        xlsx
    }

    fn begin(&mut self) {
        if self.sheets > 0 {
            self.zip.write(SHEET_END.as_bytes());
        }
        self.sheets += 1;
        self.rows = 0;
        self.zip.begin("xl/worksheets/sheet{}.xml", self.sheets);
        self.zip.write(SHEET.as_bytes());
        let header = self.header.clone();
        self.write(&header, " s=\"2\"");
    }

    fn write(&mut self, cells: &[Value], style: &str) {
        let mut xml = String::from("<row>");
        for cell in cells {
            // Writing into a string does not fail.
            let _ = match cell {
                Value::Empty => write!(xml, "<c/>"),
                Value::Text(text) => write!(
                    xml,
                    "<c t=\"inlineStr\"{style}><is><t xml:space=\"preserve\">{}</t></is></c>",
                    escaped(text)
                ),
                Value::Amount(money) => write!(xml, "<c><v>{}</v></c>", money.major()),
                Value::Time(at) => write!(xml, "<c s=\"1\"><v>{}</v></c>", serial(*at)),
            };
        }
        xml.push_str("</row>");
        self.zip.write(xml.as_bytes());
        self.rows += 1;
    }
}

impl Sheet for Xlsx {
    fn row(&mut self, cells: &[Value]) {
        if self.rows == MOST_ROWS {
            self.begin();
        }
        self.write(cells, "");
    }

    fn take(&mut self) -> Vec<u8> {
        self.zip.take()
    }

    fn finish(mut self: Box<Self>) -> Vec<u8> {
        self.zip.write(SHEET_END.as_bytes());
        let numbers = 1..=self.sheets;
        let main = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
        let kinds = "application/vnd.openxmlformats-officedocument.spreadsheetml";
        let head = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
        let sheets: String = numbers
            .clone()
            .map(|n| format!("<sheet name=\"{n}\" sheetId=\"{n}\" r:id=\"rId{n}\"/>"))
            .collect();
        let workbook = format!(
            "{head}<workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" xmlns:r=\"{main}\">\
             <sheets>{sheets}</sheets></workbook>"
        );
        let targets: String = numbers
            .clone()
            .map(|n| {
                format!("<Relationship Id=\"rId{n}\" Type=\"{main}/worksheet\" Target=\"worksheets/sheet{n}.xml\"/>")
            })
            .collect();
        let relations = format!(
            "{head}<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{targets}\
             <Relationship Id=\"rIdStyles\" Type=\"{main}/styles\" Target=\"styles.xml\"/></Relationships>"
        );
        let parts: String = numbers
            .map(|n| {
                format!("<Override PartName=\"/xl/worksheets/sheet{n}.xml\" ContentType=\"{kinds}.worksheet+xml\"/>")
            })
            .collect();
        let types = format!(
            "{head}<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
             <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
             <Default Extension=\"xml\" ContentType=\"application/xml\"/>\
             <Override PartName=\"/xl/workbook.xml\" ContentType=\"{kinds}.sheet.main+xml\"/>\
             <Override PartName=\"/xl/styles.xml\" ContentType=\"{kinds}.styles+xml\"/>{parts}</Types>"
        );
        for (name, text) in [
            ("xl/styles.xml", STYLES),
            ("xl/workbook.xml", &workbook),
            ("xl/_rels/workbook.xml.rels", &relations),
            ("_rels/.rels", ROOT),
            ("[Content_Types].xml", &types),
        ] {
            self.zip.begin(name, 0);
            self.zip.write(text.as_bytes());
        }
        self.zip.finish()
    }
}

/// A day's number and the part of the day that is over, as spreadsheets count from the end of 1899.
fn serial(at: DateTime<Utc>) -> String {
    let seconds = at.timestamp();
    let (day, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    format!("{}.{:09}", day + 25_569, rest * 1_000_000_000 / 86_400)
}

/// Text of XML 1.0: what it can't hold is replaced.
fn escaped(text: &str) -> String {
    let mut xml = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '\t' | '\n' => xml.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => xml.push('\u{fffd}'),
            c => xml.push(c),
        }
    }
    xml
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::{Currency, Money};

    #[test]
    fn times_are_days_since_the_end_of_1899() {
        let at = DateTime::from_timestamp(1_795_521_600, 0).expect("noon of 24 November 2026");
        assert_eq!(serial(at), "46350.500000000");
    }

    /// Read back by another program, where there is one.
    #[test]
    fn a_spreadsheet_s_reader_reads_what_was_written() {
        let mut xlsx = Box::new(Xlsx::new(&["Id".to_owned(), "Amount".to_owned()]));
        let mut file = Vec::new();
        let money = |minor| Money::from_minor(minor, Currency::find("EUR").expect("EUR"));
        for minor in 1..=3_000 {
            xlsx.row(&[Value::Text(format!("=<&>\u{1}{minor}")), Value::Amount(money(minor))]);
            file.extend(xlsx.take());
        }
        file.extend((xlsx as Box<dyn Sheet>).finish());
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("list.xlsx");
        std::fs::write(&path, &file).expect("written");
        let script = "import sys, zipfile, xml.etree.ElementTree as tree\n\
            archive = zipfile.ZipFile(sys.argv[1])\n\
            assert archive.testzip() is None\n\
            for name in archive.namelist(): tree.fromstring(archive.read(name))\n\
            space = '{http://schemas.openxmlformats.org/spreadsheetml/2006/main}'\n\
            rows = list(tree.fromstring(archive.read('xl/worksheets/sheet1.xml')).iter(space + 'row'))\n\
            print(len(rows), rows[-1][0][0][0].text, rows[-1][1][0].text, len(archive.namelist()))";
        let ran = std::process::Command::new("python3").args(["-c", script]).arg(&path).output();
        let Ok(ran) = ran else { return eprintln!("skipped: python3 is not installed") };
        let out = String::from_utf8_lossy(&ran.stdout).into_owned();
        assert_eq!(out.trim(), "3001 =<&>\u{fffd}3000 30.00 6", "{}", String::from_utf8_lossy(&ran.stderr));
    }
}
