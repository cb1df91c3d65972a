#!/usr/bin/env python3
"""Indexes made-up documents, beside their readers alone: documents.py POSTERN WORK [COUNT] [ROUNDS]

COUNT documents (5,000) are made in WORK: Word, Excel, PowerPoint, OpenDocument, PDF, HTML, text and zip files, an eighth each, of
some 200 to 6,000 words, with the markup that Office and browsers write round them. KINDS=pdf,docx makes only these. The readers alone are the processes that `postern index` has documents read in, as many as it starts, fed with
the same files and nothing done with their answers. Rounds take turns; CPU is of all processes, and the medians count.
"""
import io
import json
import os
import pathlib
import random
import resource
import shutil
import statistics
import struct
import subprocess
import sys
import threading
import time
import zipfile
import zlib

JOBS = os.cpu_count() or 1
MOST = 4 << 20
# The command by which the index starts a reader.
WORKER = "attachment-text"


# ---- documents ----

class Writer:
    """Words as frequent as in a language, the same ones in every run."""

    def __init__(self, seed):
        self.dice = random.Random(seed)
        letters = "etaoinshrdlucmfw"
        self.known = ["".join(self.dice.choices(letters, k=self.dice.randint(2, 9))) for _ in range(20_000)]
        self.weights = [1 / (rank + 3) for rank in range(len(self.known))]

    def paragraphs(self):
        count = int(200 * 30 ** self.dice.random())
        words = self.dice.choices(self.known, self.weights, k=count)
        return [" ".join(words[at:at + 80]) + "." for at in range(0, count, 80)]


def packed(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return out.getvalue()


def types(**parts):
    overrides = "".join(f'<Override PartName="/{part}" ContentType="{kind}"/>' for part, kind in parts.items())
    return ('<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
            f"{overrides}</Types>")


def relations(**targets):
    of = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    links = "".join(f'<Relationship Id="{key}" Type="{of}/{kind}" Target="{target}"/>' for key, (kind, target) in targets.items())
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{links}</Relationships>'


CORE = ('<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{}</dc:title><dc:creator>Ann Lee</dc:creator></cp:coreProperties>')


def office(main, files, title):
    """A package with what every program puts beside the text: styles, a theme, fonts, now and then a picture."""
    folder = main.split("/")[0]
    dice = random.Random(title)
    beside = {f"{folder}/styles.xml": STYLES, f"{folder}/theme/theme1.xml": STYLES[:8_000], f"{folder}/settings.xml": STYLES[:4_000]}
    if dice.random() < 0.25:
        beside[f"{folder}/media/image1.png"] = b"\x89PNG\r\n\x1a\n" + dice.randbytes(dice.randint(10_000, 80_000))
    root = relations(r1=("officeDocument", main))
    return packed({"[Content_Types].xml": types(), "_rels/.rels": root, "docProps/core.xml": CORE.format(title), **beside, **files})


STYLES = "<styles>" + "".join(
    f'<w:style w:type="paragraph" w:styleId="Heading{number}"><w:name w:val="heading {number}"/><w:basedOn w:val="Normal"/><w:qFormat/><w:pPr>'
    '<w:keepNext/><w:spacing w:before="240" w:after="60"/></w:pPr><w:rPr><w:rFonts w:ascii="Calibri"/><w:b/></w:rPr></w:style>'
    for number in range(120)) + "</styles>"


def runs(text, words=4):
    """Pieces of a few words, as programs cut what was typed at several times."""
    all = text.split()
    return [" ".join(all[at:at + words]) + " " for at in range(0, len(all), words)]


def docx(paragraphs):
    run = ('<w:r w:rsidR="00A77427" w:rsidRPr="005F3A2C"><w:rPr><w:rFonts w:ascii="Calibri" w:hAnsi="Calibri" w:cs="Calibri"/><w:sz w:val="22"/>'
           '<w:szCs w:val="22"/><w:lang w:val="en-GB"/></w:rPr><w:t xml:space="preserve">{}</w:t></w:r><w:proofErr w:type="spellStart"/>')
    head = ('<w:p w14:paraId="3F2C1A77" w:rsidR="00A77427" w:rsidRDefault="007F1D13"><w:pPr><w:pStyle w:val="Normal"/><w:spacing w:after="120" '
            'w:line="276" w:lineRule="auto"/><w:jc w:val="both"/><w:rPr><w:lang w:val="en-GB"/></w:rPr></w:pPr>')
    body = "".join(head + "".join(map(run.format, runs(text))) + "</w:p>" for text in paragraphs)
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    return office("word/document.xml", {"word/document.xml": f"<w:document {space}><w:body>{body}</w:body></w:document>"}, paragraphs[0][:40])


def xlsx(paragraphs):
    """A table of shared words and numbers, ten columns wide."""
    words = [word for text in paragraphs for word in text.split()]
    shared = {word: number for number, word in enumerate(dict.fromkeys(words))}
    row, rows = '<row r="{0}" spans="1:10" x14ac:dyDescent="0.25">{1}</row>', []
    for number, at in enumerate(range(0, len(words), 5), 1):
        texts = [f'<c r="{column}{number}" s="3" t="s"><v>{shared[word]}</v></c>' for column, word in zip("ABCDE", words[at:at + 5])]
        numbers = [f'<c r="{column}{number}" s="4"><v>{number * 17 % 1009}.25</v></c>' for column in "FGHIJ"]
        rows.append(row.format(number, "".join(texts + numbers)))
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
    return office("xl/workbook.xml", {
        "xl/workbook.xml": f'<workbook {space}><sheets><sheet name="Sheet1" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relations(r1=("worksheet", "worksheets/sheet1.xml"), r2=("sharedStrings", "sharedStrings.xml")),
        "xl/styles.xml": f"<styleSheet {space}><cellXfs>" + '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>' * 8 + "</cellXfs></styleSheet>",
        "xl/sharedStrings.xml": f"<sst {space}>" + "".join(f"<si><t>{word}</t></si>" for word in shared) + "</sst>",
        "xl/worksheets/sheet1.xml": f"<worksheet {space}><sheetData>{''.join(rows)}</sheetData></worksheet>",
    }, paragraphs[0][:40])


def pptx(paragraphs):
    space = ('xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
             'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"')
    run = '<a:r><a:rPr lang="en-GB" sz="2000" b="0" dirty="0"><a:solidFill><a:schemeClr val="tx1"/></a:solidFill></a:rPr><a:t>{}</a:t></a:r>'
    shape = ('<p:sp><p:nvSpPr><p:cNvPr id="3" name="Content Placeholder 2"/><p:cNvSpPr><a:spLocks noGrp="1"/></p:cNvSpPr><p:nvPr><p:ph idx="1"/></p:nvPr>'
             '</p:nvSpPr><p:spPr><a:xfrm><a:off x="838200" y="1825625"/><a:ext cx="10515600" cy="4351338"/></a:xfrm></p:spPr><p:txBody><a:bodyPr/>'
             '<a:lstStyle/><a:p><a:pPr marL="0" indent="0"/>{}</a:p></p:txBody></p:sp>')
    slide = f"<p:sld {space}><p:cSld><p:spTree>{{}}</p:spTree></p:cSld></p:sld>"
    slides = {f"ppt/slides/slide{number}.xml": slide.format(shape.format("".join(map(run.format, runs(text)))))
              for number, text in enumerate(paragraphs, 1)}
    ids = "".join(f'<p:sldId id="{255 + number}" r:id="r{number}"/>' for number in range(1, len(slides) + 1))
    links = {f"r{number}": ("slide", f"slides/slide{number}.xml") for number in range(1, len(slides) + 1)}
    return office("ppt/presentation.xml", {
        "ppt/presentation.xml": f"<p:presentation {space}><p:sldIdLst>{ids}</p:sldIdLst></p:presentation>",
        "ppt/_rels/presentation.xml.rels": relations(**links), **slides}, paragraphs[0][:40])


def odt(paragraphs):
    space = 'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    span = '<text:span text:style-name="T17">{}</text:span>'
    body = "".join('<text:p text:style-name="Text_20_body">' + "".join(map(span.format, runs(text, 8))) + "</text:p>" for text in paragraphs)
    return packed({"mimetype": "application/vnd.oasis.opendocument.text", "styles.xml": STYLES,
                   "content.xml": f"<office:document-content {space}><office:body><office:text>{body}</office:text></office:body></office:document-content>"})


# The letters of a PDF are numbers of shapes in a font, which a table maps to letters.
SHAPES = {chr(code): code - 29 for code in range(32, 127)}
LETTERS = ("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
           "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n95 beginbfchar\n" +
           "\n".join(f"<{shape:04X}> <{ord(letter):04X}>" for letter, shape in SHAPES.items()) +
           "\nendbfchar\nendcmap\nCMapName currentdict /CMap defineresource pop\nend\nend").encode()
WIDTHS = " ".join(f"{shape} [{400 + shape * 37 % 300}]" for shape in SHAPES.values())


def shown(line):
    """A line in pieces between which letters are moved together, as Word writes it."""
    pieces = [line[at:at + 6] for at in range(0, len(line), 6)]
    codes = ("".join(f"{SHAPES[letter]:04X}" for letter in piece) for piece in pieces)
    return "[" + "-3".join(f"<{code}>" for code in codes) + "] TJ"


def pdf(paragraphs):
    """Pages of lines, each placed by itself, their streams packed."""
    lines = [text[at:at + 90] for text in paragraphs for at in range(0, len(text), 90)]
    pages = [lines[at:at + 50] for at in range(0, len(lines), 50)]
    kids = " ".join(f"{7 + 2 * number} 0 R" for number in range(len(pages)))
    stream = lambda data: b"<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream" % (len(zlib.compress(data)), zlib.compress(data))
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>".encode(),
               b"<</Type/Font/Subtype/Type0/BaseFont/ABCDEE+Calibri/Encoding/Identity-H/DescendantFonts[4 0 R]/ToUnicode 5 0 R>>",
               f"<</Type/Font/Subtype/CIDFontType2/BaseFont/ABCDEE+Calibri/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/FontDescriptor 6 0 R"
               f"/CIDToGIDMap/Identity/DW 1000/W[{WIDTHS}]>>".encode(),
               stream(LETTERS), b"<</Type/FontDescriptor/FontName/ABCDEE+Calibri/Flags 32/ItalicAngle 0/Ascent 750/Descent -250/CapHeight 750/StemV 52/FontBBox[-503 -250 1240 750]>>"]
    for number, page in enumerate(pages):
        text = "\n".join(f"BT\n/F1 11.04 Tf\n1 0 0 1 72.024 {780 - 14 * at} Tm\n0 g\n0 G\n{shown(line)}\nET" for at, line in enumerate(page))
        objects.append(f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>/Contents {8 + 2 * number} 0 R>>".encode())
        objects.append(stream(text.encode()))
    out, places = io.BytesIO(b"%PDF-1.7\n"), []
    out.seek(0, 2)
    for number, text in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, text))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + b"".join(b"%010d 00000 n \n" % place for place in places))
    out.write(b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start))
    return out.getvalue()


def html(paragraphs):
    style = "<style>" + "".join(f".MsoNormal{number} {{margin: 0cm; font-size: 11pt; font-family: Calibri, sans-serif}}\n" for number in range(60)) + "</style>"
    body = "".join('<p class=MsoNormal style="margin-bottom:6.0pt;line-height:115%">' + "".join(
        f'<span lang=EN-GB style="font-family:Calibri">{piece}</span>' for piece in runs(text, 8)) + "</p>" for text in paragraphs)
    return f"<html><head><title>{paragraphs[0][:40]}</title>{style}</head><body>{body}".encode()


def txt(paragraphs):
    return "\n\n".join(paragraphs).encode()


def zipped(paragraphs):
    half = len(paragraphs) // 2 + 1
    return packed({"a.txt": txt(paragraphs[:half]), "b.docx": docx(paragraphs[half:] or paragraphs)})


KINDS = {"docx": docx, "xlsx": xlsx, "pptx": pptx, "odt": odt, "pdf": pdf, "html": html, "txt": txt, "zip": zipped}


def make(folder, count):
    shutil.rmtree(folder, ignore_errors=True)
    writer, kinds = Writer(18), os.environ.get("KINDS", ",".join(KINDS)).split(",")
    for number in range(count):
        kind = kinds[number % len(kinds)]
        below = folder / f"{number // 500:03}"
        below.mkdir(parents=True, exist_ok=True)
        (below / f"document {number:05}.{kind}").write_bytes(KINDS[kind](writer.paragraphs()))


# ---- the readers alone ----

def frame(data):
    return struct.pack("<I", len(data)) + data


def read_all(postern, files, counts):
    """Has a worker read files one after the other, as a thread of the index does."""
    worker = subprocess.Popen([postern, WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={"MIMALLOC_ARENA_RESERVE": "65536"})
    while files:
        path = files.pop()
        head = {"name": path.name, "media_type": "", "charset": "", "most": MOST}
        worker.stdin.write(frame(json.dumps(head).encode()) + frame(path.read_bytes()))
        worker.stdin.flush()
        length, = struct.unpack("<I", worker.stdout.read(4))
        counts.append(b'"text":"' in worker.stdout.read(length)[:30])
    worker.stdin.close()
    worker.wait()


def readers(postern, folder):
    files, counts = sorted(path for path in folder.rglob("*") if path.is_file()), []
    threads = [threading.Thread(target=read_all, args=(postern, files, counts)) for _ in range(JOBS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts)


def index(postern, folder, work):
    data = work / "data"
    shutil.rmtree(data, ignore_errors=True)
    done = subprocess.run([postern, "--data", data, "index", "--files", folder, "--format", "json"], check=True, capture_output=True)
    return json.loads(done.stdout)["attachmentsRead"]


def measured(run):
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    count = run()
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return count, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


def main(postern, work, count=5000, rounds=5):
    work = pathlib.Path(work)
    folder = work / "documents"
    make(folder, int(count))
    bytes_of = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(f"{count} documents, {bytes_of >> 20} MiB, {JOBS} readers at the same time")
    alone, indexed = [], []
    for _ in range(int(rounds)):
        alone.append(measured(lambda: readers(postern, folder)))
        indexed.append(measured(lambda: index(postern, folder, work)))
    assert {one[0] for one in alone + indexed} == {int(count)}, (alone, indexed)
    for name, at in (("CPU", 1), ("wall", 2)):
        bare, whole = (statistics.median(one[at] for one in some) for some in (alone, indexed))
        print(f"{name}: readers alone {bare:.2f} s, postern index --files {whole:.2f} s, ratio {whole / bare:.2f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
