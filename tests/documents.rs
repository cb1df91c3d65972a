//! Small documents of every format, written by hand, and what is wrong with bad ones.

#[path = "../crates/mail/tests/office/mod.rs"]
pub(crate) mod office;
#[path = "../crates/mail/tests/packed/mod.rs"]
mod packed;

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

pub(crate) use packed::xz;

/// A zip of these files.
pub(crate) fn zip<B: AsRef<[u8]>>(files: &[(&str, B)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content.as_ref()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

pub(crate) fn docx(word: &str) -> Vec<u8> {
    let document = format!(
        "<?xml version='1.0'?><w:document xmlns:w='w'><w:body><w:p><w:r><w:t>{word}</w:t></w:r>\
         <w:r><w:t>s</w:t></w:r></w:p><w:p><w:r><w:t>R&amp;D</w:t><w:tab/><w:t>caf&#233;</w:t>\
         <w:instrText>HYPERLINK</w:instrText></w:r></w:p></w:body></w:document>"
    );
    let footer = "<w:ftr xmlns:w='w'><w:p><w:t>confidential</w:t></w:p></w:ftr>".to_owned();
    let types = "<Types/>".to_owned();
    zip(&[
        ("[Content_Types].xml", types),
        ("word/document.xml", document),
        ("word/footer1.xml", footer),
    ])
}

pub(crate) fn pptx(word: &str) -> Vec<u8> {
    let slide = |text: &str| {
        format!("<p:sld xmlns:p='p' xmlns:a='a'><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:sld>")
    };
    zip(&[
        ("ppt/presentation.xml", "<p/>".to_owned()),
        ("ppt/slides/slide1.xml", slide("opening")),
        ("ppt/slides/slide2.xml", slide(word)),
        ("ppt/slides/_rels/slide2.xml.rels", slide("relation")),
        ("ppt/notesSlides/notesSlide1.xml", slide("spoken")),
    ])
}

pub(crate) fn odt(word: &str) -> Vec<u8> {
    let content = format!(
        "<office:document-content xmlns:office='o' xmlns:text='t'><office:body><text:h>{word}\
         </text:h><text:p>one<text:s/>two <text:span>th</text:span>ree</text:p></office:body>\
         </office:document-content>"
    );
    let mimetype = "application/vnd.oasis.opendocument.text".to_owned();
    zip(&[("mimetype", mimetype), ("content.xml", content)])
}

/// A workbook with a shared text, a text of its own, a number and a date.
pub(crate) fn xlsx(word: &str) -> Vec<u8> {
    const MAIN: &str = "xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'";
    const R: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    const P: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
    let sheet = "<sheetData><row r='1'><c r='A1' t='s'><v>0</v></c><c r='B1' t='inlineStr'><is>\
        <t>inlined</t></is></c></row><row r='2'><c r='A2'><v>471199</v></c><c r='B2' s='1'>\
        <v>45352</v></c></row></sheetData>";
    let styles = "<cellXfs count='2'><xf numFmtId='0'/><xf numFmtId='14'/></cellXfs>";
    let relation = |id: u8, kind: &str, target: &str| {
        format!("<Relationship Id='rId{id}' Type='{R}/{kind}' Target='{target}'/>")
    };
    let related = [
        relation(1, "worksheet", "worksheets/sheet1.xml"),
        relation(2, "sharedStrings", "sharedStrings.xml"),
        relation(3, "styles", "styles.xml"),
    ];
    let book = "<sheets><sheet name='Ledger' sheetId='1' r:id='rId1'/></sheets>";
    zip(&[
        ("[Content_Types].xml", "<Types/>".to_owned()),
        (
            "_rels/.rels",
            format!(
                "<Relationships xmlns='{P}'>{}</Relationships>",
                relation(1, "officeDocument", "xl/workbook.xml")
            ),
        ),
        ("xl/workbook.xml", format!("<workbook {MAIN} xmlns:r='{R}'>{book}</workbook>")),
        (
            "xl/_rels/workbook.xml.rels",
            format!("<Relationships xmlns='{P}'>{}</Relationships>", related.concat()),
        ),
        ("xl/worksheets/sheet1.xml", format!("<worksheet {MAIN}>{sheet}</worksheet>")),
        ("xl/sharedStrings.xml", format!("<sst {MAIN}><si><t>{word}</t></si></sst>")),
        ("xl/styles.xml", format!("<styleSheet {MAIN}>{styles}</styleSheet>")),
    ])
}

pub(crate) fn rtf(word: &str) -> Vec<u8> {
    format!("{{\\rtf1\\ansi{{\\fonttbl\\f0 Arial;}}\\pard {word}\\par caf\\'e9}}").into_bytes()
}

const PAGE: &str = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R\
    /Resources<</Font<</F1 5 0 R>>>>>>";

const ONE: &str = "/Kids[3 0 R]/Count 1";

/// A page that says its size nowhere, before one with a line of text.
pub(crate) fn pdf_with_a_bad_page(word: &str) -> Vec<u8> {
    let line = format!("BT /F1 24 Tf 72 700 Td (Page with {word}) Tj ET");
    pdf_of(PAGE, "/Kids[6 0 R 3 0 R]/Count 2", line.as_bytes(), "")
}

/// A page with a line of text.
pub(crate) fn pdf(word: &str) -> Vec<u8> {
    pdf_of(PAGE, ONE, format!("BT /F1 24 Tf 72 700 Td (Page with {word}) Tj ET").as_bytes(), "")
}

/// A page that says its size nowhere, below pages that lie in themselves.
pub(crate) fn pdf_in_a_loop() -> Vec<u8> {
    pdf_of(
        "<</Type/Page/Parent 2 0 R/Contents 4 0 R>>",
        "/Kids[3 0 R]/Count 1/Parent 2 0 R",
        b"",
        "",
    )
}

/// A page whose content draws itself.
pub(crate) fn pdf_in_itself() -> Vec<u8> {
    const SELF: &str = "/XObject<</X 4 0 R>>";
    let page = PAGE.replace("/Font<<", &format!("{SELF}/Font<<"));
    let form = format!("/Subtype/Form/BBox[0 0 1 1]/Resources<<{SELF}>>");
    pdf_of(&page, ONE, b"/X Do", &form)
}

/// A page whose content is as many zeros as there is room for, and then some.
pub(crate) fn pdf_bomb() -> Vec<u8> {
    // A block of deflate that says four million zeros, time and again.
    let mut packer = flate2::Compress::new(flate2::Compression::best(), false);
    let mut block = Vec::with_capacity(1 << 16);
    packer.compress_vec(&vec![0; 1 << 22], &mut block, flate2::FlushCompress::Full).unwrap();
    let content = [b"\x78\xda".as_slice(), &block.repeat(400), b"\x03\0"].concat();
    pdf_of(PAGE, ONE, &content, "/Filter/FlateDecode")
}

/// A document that says it is encrypted with a password.
pub(crate) fn pdf_encrypted() -> Vec<u8> {
    let key = "00".repeat(32);
    let encryption =
        format!("/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<{key}>/U<{key}>>>/ID[<00><00>]");
    let plain = String::from_utf8(pdf("secret")).unwrap();
    plain.replace("/Root 1 0 R", &format!("/Root 1 0 R{encryption}")).into_bytes()
}

fn pdf_of(page: &str, pages: &str, content: &[u8], filter: &str) -> Vec<u8> {
    let stream = format!("<</Length {}{filter}>>stream\n", content.len());
    let objects: [Vec<u8>; 6] = [
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        format!("<</Type/Pages{pages}>>").into_bytes(),
        page.as_bytes().to_vec(),
        [stream.as_bytes(), content, b"\nendstream"].concat(),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>".to_vec(),
        b"<</Type/Page/Parent 2 0 R>>".to_vec(),
    ];
    let mut file = b"%PDF-1.4\n".to_vec();
    let mut table = "xref\n0 7\n0000000000 65535 f \n".to_owned();
    for (number, object) in objects.iter().enumerate() {
        writeln!(table, "{:010} 00000 n ", file.len()).unwrap();
        file.extend(format!("{} 0 obj\n", number + 1).bytes());
        file.extend(object);
        file.extend(b"\nendobj\n");
    }
    let start = file.len();
    let trailer = "trailer<</Size 7/Root 1 0 R>>";
    file.extend(format!("{table}{trailer}\nstartxref\n{start}\n%%EOF\n").bytes());
    file
}

/// A file of these objects, without a table of them.
fn pdf_without_table(objects: &[&str]) -> Vec<u8> {
    let objects = objects.iter().enumerate();
    let each = objects.map(|(number, object)| format!("{} 0 obj\n{object}\nendobj\n", number + 1));
    let file = each.fold("%PDF-1.4\n".to_owned(), |file, object| file + &object);
    (file + "trailer<</Root 1 0 R>>\n%%EOF\n").into_bytes()
}

/// A file whose table lies elsewhere than it says, is wrong, or is not there.
pub(crate) fn pdf_of_broken_table(word: &str, broken: &str) -> Vec<u8> {
    let file = String::from_utf8(pdf(word)).unwrap();
    let (before, start) = file.split_once("startxref\n").unwrap();
    let table = before.find("xref").unwrap();
    match broken {
        "moved" => file.replacen(start, "7\n%%EOF\n", 1),
        "past the end" => file.replacen(start, "99999\n%%EOF\n", 1),
        "shifted" => file.replacen("%PDF-1.4\n", "%PDF-1.4\n% some more bytes\n", 1),
        "cut off" => file[..table].to_owned(),
        other => unreachable!("{other}"),
    }
    .into_bytes()
}

/// A file with a title in UTF-16 and an author.
pub(crate) fn pdf_with_a_title() -> Vec<u8> {
    let file = String::from_utf8(pdf("x")).unwrap();
    let info = "/Root 1 0 R/Info<</Title<FEFF005A006F00EB>/Author(Pat Dee)>>";
    file.replace("/Root 1 0 R", info).into_bytes()
}

/// A Word document of before 2007 with the summary that Windows writes.
pub(crate) fn doc_with_a_summary(title: &[u8], author: &[u8]) -> Vec<u8> {
    let text = |text: &[u8]| {
        let length = u32::try_from(text.len() + 1).unwrap().to_le_bytes();
        [&0x1e_u32.to_le_bytes(), &length[..], text, &[0]].concat()
    };
    let values = [[&[2, 0, 0, 0], &1251_u32.to_le_bytes()[..]].concat(), text(title), text(author)];
    let mut set = [0, 3_u32].map(u32::to_le_bytes).concat();
    let mut place = 8 + 3 * 8;
    for (number, value) in [1_u32, 2, 4].iter().zip(&values) {
        set.extend([*number, place].map(u32::to_le_bytes).concat());
        place += u32::try_from(value.len()).unwrap();
    }
    set.extend(values.concat());
    let mut summary = vec![0xfe, 0xff];
    summary.resize(24, 0);
    summary.extend([1, 0, 0, 0, 0, 48_u32].map(u32::to_le_bytes).concat());
    summary.extend(set);
    let document = office::simple_doc("x");
    let mut file = cfb::CompoundFile::open(Cursor::new(document)).unwrap();
    file.create_stream("/\u{5}SummaryInformation").unwrap().write_all(&summary).unwrap();
    file.flush().unwrap();
    file.into_inner().into_inner()
}

/// A page whose letters stand one by one, with widths that the font gives as a range.
pub(crate) fn pdf_with_a_range_of_widths(word: &str) -> Vec<u8> {
    let letters = word.bytes().map(|byte| format!("<{byte:04x}> Tj 12 0 Td ")).collect::<String>();
    let stream =
        |content: &str| format!("<</Length {}>>stream\n{content}\nendstream", content.len());
    pdf_without_table(&[
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        PAGE,
        &stream(&format!("BT /F1 24 Tf 72 700 Td {letters} ET")),
        "<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/Identity-H/DescendantFonts[6 0 R]/ToUnicode 7 0 R>>",
        "<</Type/Font/Subtype/CIDFontType2/BaseFont/X/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)\
         /Supplement 0>>/DW 100/W[0 255 500]/FontDescriptor 8 0 R>>",
        &stream(
            "begincmap 1 begincodespacerange <0000> <ffff> endcodespacerange\n\
             1 beginbfrange <0000> <00ff> <0000> endbfrange endcmap",
        ),
        "<</Type/FontDescriptor/FontName/X/Flags 4>>",
    ])
}

/// An element of elements of elements (CVE-2003-1564).
pub(crate) fn docx_of_laughs() -> Vec<u8> {
    let mut entities = "<!ENTITY l0 'laughter'>".to_owned();
    for level in 1..12 {
        let ten = format!("&l{};", level - 1).repeat(10);
        write!(entities, "<!ENTITY l{level} '{ten}'>").unwrap();
    }
    let document = format!(
        "<!DOCTYPE d [{entities}]><w:document xmlns:w='w'><w:p><w:t>before &l11; after</w:t></w:p>\
         </w:document>"
    );
    zip(&[("word/document.xml", document)])
}

/// Zeros without end, in a zip of a few kilobytes.
pub(crate) fn zip_bomb() -> Vec<u8> {
    let zeros = vec![0; 60 << 20];
    zip(&["1", "2", "3", "4", "5"].map(|name| (name, &zeros)))
}

pub(crate) fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        out.append_data(&mut header, name, *content).unwrap();
    }
    out.into_inner().unwrap()
}

pub(crate) fn gzip(content: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    out.write_all(content).unwrap();
    out.finish().unwrap()
}

pub(crate) fn bzip2(content: &[u8]) -> Vec<u8> {
    let mut out = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    out.write_all(content).unwrap();
    out.finish().unwrap()
}

pub(crate) fn seven_zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = sevenz_rust2::ArchiveWriter::new(Cursor::new(Vec::new())).unwrap();
    for (name, content) in files {
        let entry = sevenz_rust2::ArchiveEntry::new_file(name);
        out.push_archive_entry(entry, Some(*content)).unwrap();
    }
    out.finish().unwrap().into_inner()
}

/// An archive of RAR 4 whose files are stored as they are.
pub(crate) fn rar(files: &[(&str, &[u8])]) -> Vec<u8> {
    fn sum(bytes: &[u8]) -> u32 {
        let mut sum = flate2::Crc::new();
        sum.update(bytes);
        sum.sum()
    }
    // The sum of a head is half of one.
    let head = |bytes: Vec<u8>| [&sum(&bytes).to_le_bytes()[..2], &bytes].concat();
    let mut out = b"Rar!\x1a\x07\0".to_vec();
    out.extend(head(vec![0x73, 0, 0, 13, 0, 0, 0, 0, 0, 0, 0]));
    for (name, content) in files {
        let length = u32::try_from(content.len()).unwrap().to_le_bytes();
        let size = u16::try_from(32 + name.len()).unwrap().to_le_bytes();
        let name_length = u16::try_from(name.len()).unwrap().to_le_bytes();
        let mut bytes = vec![0x74, 0, 0x80, size[0], size[1]];
        bytes.extend([&length[..], &length, &[3], &sum(content).to_le_bytes(), &[0; 4]].concat());
        // Made by version 2.0, and stored; a file that everybody may read.
        bytes.extend([&[20, 0x30][..], &name_length, &0x81a4_u32.to_le_bytes()].concat());
        bytes.extend(name.as_bytes());
        out.extend(head(bytes));
        out.extend(*content);
    }
    out.extend(head(vec![0x7b, 0, 0x40, 7, 0]));
    out
}

/// Zips in zips around a text.
pub(crate) fn nested_zips(word: &str, layers: usize) -> Vec<u8> {
    (0..layers).fold(word.as_bytes().to_vec(), |inner, layer| {
        zip(&[(if layer == 0 { "a.txt" } else { "a.zip" }, inner)])
    })
}
