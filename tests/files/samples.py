"""Small files of many types: what `answers/types.json` was recorded for."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import struct
import tarfile
import wave
import zipfile
import zlib

PAD = b"\0" * 60


def zipped(*entries: str | tuple[str, str]) -> bytes:
    """Return an archive of stored entries: names, or names with their content."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for entry in entries:
            name, content = (entry, "x") if isinstance(entry, str) else entry
            archive.writestr(name, content)
    return data.getvalue()


def opendocument(kind: str) -> bytes:
    return zipped(("mimetype", f"application/vnd.oasis.opendocument.{kind}"), "content.xml")


def tarred() -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        entry = tarfile.TarInfo("a.txt")
        entry.size = 1
        archive.addfile(entry, io.BytesIO(b"x"))
    return data.getvalue()


def sound() -> bytes:
    data = io.BytesIO()
    with wave.open(data, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(8000)
        file.writeframes(b"\0" * 100)
    return data.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)


def compound(class_id: str = "") -> bytes:
    head = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 16 + bytes.fromhex("3e000300feff0900")
    head = (head + b"\0" * 16 + struct.pack("<I", 0)).ljust(512, b"\0")
    return head + (b"\0" * 80 + bytes.fromhex(class_id)).ljust(600, b"\0")


PNG = b"\x89PNG\r\n\x1a\n"
HEADER = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
OGG = b"OggS\0\x02" + b"\0" * 22
EBML = b"\x1a\x45\xdf\xa3"
WORD_CLASS = "0609020000000000c000000000000046"
BRANDS = (
    *("isom", "mp42", "M4A ", "M4V ", "qt  ", "3gp4", "3gp5", "3g2a", "avif", "avis", "heic"),
    *("heix", "hevc", "mif1", "msf1", "M4B ", "F4V ", "dash", "iso5", "jp2 ", "moov"),
)

BINARY = {
    "png": PNG + HEADER + chunk(b"IDAT", b"x"),
    "apng": PNG + HEADER + chunk(b"acTL", b"\0" * 8) + chunk(b"IDAT", b"x"),
    "png short": PNG,
    "jpeg": b"\xff\xd8\xff\xe0\0\x10JFIF\0" + PAD,
    "gif": b"GIF89a\1\0\1\0" + PAD,
    "gif87": b"GIF87a\1\0\1\0" + PAD,
    "bmp": b"BM" + b"\0" * 12 + struct.pack("<I", 40) + PAD,
    "BM text": b"BM is a company and more",
    "tiff": b"II*\0\x08\0\0\0" + PAD,
    "tiff big": b"MM\0*\0\0\0\x08" + PAD,
    "webp": b"RIFF\x1a\0\0\0WEBPVP8 " + PAD,
    "ico": b"\0\0\1\0\1\0" + PAD,
    "cur": b"\0\0\2\0\1\0" + PAD,
    "icns": b"icns" + PAD,
    "psd": b"8BPS\0\1" + PAD,
    "jxl": b"\xff\x0a" + PAD,
    "jp2": b"\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x14ftypjp2 \0\0\0\0" + PAD,
    "pdf": b"%PDF-1.4\n1 0 obj\n",
    "pdf later": b"xx\n%PDF-1.4",
    "pdf too late": b"x" * 2000 + b"%PDF-1.4",
    "zip": zipped("a.txt"),
    "zip empty": zipped(),
    "docx": zipped("[Content_Types].xml", "_rels/.rels", "word/document.xml"),
    "docx far": zipped(("[Content_Types].xml", "x" * 4000), "word/document.xml"),
    "docx too far": zipped(("[Content_Types].xml", "x" * 4001), "word/document.xml"),
    "docx odd": zipped("a.txt", "word/document.xml"),
    "docx first": zipped("word/document.xml"),
    "xlsx": zipped("[Content_Types].xml", "xl/workbook.xml"),
    "pptx": zipped("_rels/.rels", "ppt/p.xml"),
    "odt": opendocument("text"),
    "ott": opendocument("text-template"),
    "ods": opendocument("spreadsheet"),
    "odp": opendocument("presentation"),
    "odg": opendocument("graphics"),
    "epub": zipped(("mimetype", "application/epub+zip"), "META-INF/container.xml"),
    "jar": zipped("META-INF/MANIFEST.MF", "a.class"),
    "jar folder": zipped(("META-INF/", ""), "a.class"),
    "apk": zipped("AndroidManifest.xml", "classes.dex"),
    "kmz": zipped("doc.kml"),
    "gz": gzip.compress(b"hello", mtime=0),
    "bz2": bz2.compress(b"hello"),
    "xz": lzma.compress(b"hello"),
    "tar": tarred(),
    "7z": b"7z\xbc\xaf'\x1c" + PAD,
    "rar": b"Rar!\x1a\x07\x00" + PAD,
    "rar5": b"Rar!\x1a\x07\x01\x00" + PAD,
    "zst": b"\x28\xb5\x2f\xfd" + PAD,
    "zlib": zlib.compress(b"hello world" * 10),
    "wav": sound(),
    "avi": b"RIFF\0\0\0\0AVI LIST" + PAD,
    "riff": b"RIFF\0\0\0\0XXXX" + PAD,
    "aiff": b"FORM\0\0\0\x20AIFF" + PAD,
    "aifc": b"FORM\0\0\0\x20AIFC" + PAD,
    "mp3 tag": b"ID3\x03\0\0\0\0\0\x0a" + PAD,
    "mp3 empty tag": b"ID3\x03\0\0\0\0\0\0" + PAD,
    "mp3 frame": b"\xff\xfb\x90\x64" + b"\0" * 500,
    "mp3 low": b"\xff\xf3\x40" + PAD,
    "mp2": b"\xff\xfd\x90" + PAD,
    "ID3 text": b"ID3 is a tag",
    "flac": b"fLaC\0\0\0\x22" + PAD,
    "flac short": b"fLaC" + b"\1" * 40,
    "ogg": OGG + PAD,
    "vorbis": OGG + b"\x01vorbis" + PAD,
    "opus": OGG + b"OpusHead" + PAD,
    "theora": OGG + b"\x80theora" + PAD,
    "midi": b"MThd\0\0\0\x06" + PAD,
    "au": b".snd\0\0\0\x18" + PAD,
    "amr": b"#!AMR\n" + PAD,
    "aac": b"\xff\xf1\x50\x80" + PAD,
    "aac mpeg2": b"\xff\xf9\x50\x80" + PAD,
    **{f"ftyp {brand}": b"\0\0\0\x18ftyp" + brand.encode() + PAD for brand in BRANDS},
    "moov": b"\0\0\0\x20moov\0" + PAD,
    "wide": b"\0\0\0\x08wide" + PAD,
    "webm": EBML + b"\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\x82\x84webm" + PAD,
    "mkv": EBML + b"\xa3\x42\x86\x81\x01\x42\x82\x88matroska" + PAD,
    "ebml": EBML + PAD,
    "flv": b"FLV\x01\x05" + PAD,
    "asf": bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c") + PAD,
    "mpeg": b"\0\0\x01\xba" + PAD,
    "ttf": b"\0\1\0\0\0\x0a\0\x80\0\3\0\x20OS/2" + PAD,
    "ttf odd": b"\0\1\0\0\0\x0a\0\x80\0\3\0\x20ZZZZ" + PAD,
    "otf": b"OTTO\0\x0a\0\x80\0\3\0\x20CFF " + PAD,
    "ttc": b"ttcf\0\1\0\0" + PAD,
    "woff": b"wOFF" + PAD,
    "woff2": b"wOF2" + PAD,
    "exe": b"MZ\x90\0" + PAD,
    "MZ text": b"MZ hello text",
    "elf library": b"\x7fELF\2\1\1" + b"\0" * 9 + b"\3\0" + PAD,
    "elf program": b"\x7fELF\2\1\1" + b"\0" * 9 + b"\2\0" + PAD,
    "wasm": b"\0asm\1\0\0\0",
    "class": b"\xca\xfe\xba\xbe\0\0\0\x34" + PAD,
    "macho": b"\xcf\xfa\xed\xfe" + PAD,
    "ar": b"!<arch>\nfoo",
    "deb": b"!<arch>\ndebian-binary   ",
    "sqlite": b"SQLite format 3\0\x10\0\1\1" + PAD,
    "swf": b"FWS\x05" + PAD,
    "glb": b"glTF\2\0\0\0" + PAD,
    "ole": compound(),
    "ole short": compound()[:40],
    "doc": compound(WORD_CLASS),
    "xls": compound("2008020000000000c000000000000046"),
    "xls old": compound("1008020000000000c000000000000046"),
    "ppt": compound("108d81649b4fcf1186ea00aa00b929e8"),
    "msg": compound("0b0d020000000000c000000000000046"),
    "nul late": b"a" * 4095 + b"\0",
    "nul too late": b"a" * 4096 + b"\0",
    "all bytes": bytes(range(256)) * 2,
    "zeros": b"\0" * 100,
    "nul": b"\0",
    "ff": b"\xff",
    "latin1": "h\u00e9llo w\u00f6rld".encode("latin-1"),
    "cp1252": b"hello \x93quoted\x94",
    "utf-16le": b"\xff\xfeh\0i\0",
    "utf-16be": b"\xfe\xff\0h\0i",
    "utf-16 unmarked": b"h\0i\0",
    "utf-32le": b"\xff\xfe\0\0h\0\0\0",
    "utf-8 marked": b"\xef\xbb\xbfhi",
    "utf-8 cut": ("x" * 1023 + "\u00e9").encode(),
    "utf-8 broken": b"a\xff\xfeb",
    "html latin1": b"<html>h\xe9llo",
}

TEXT = {
    "plain": "hello",
    "line": "\n",
    "long": "hello world\n" * 500,
    "utf8": "h\u00e9llo \U0001f600",
    "escape": "\x1b[0m hi",
    "form feed": "a\x0cb",
    "vertical tab": "a\x0bb",
    "bell": "a\x07b",
    "delete": "a\x7fb",
    "markdown": "# Title\n\ntext",
    "yaml": "a: 1\nb: 2",
    "css": "body { color: red }",
    "js": "function a(){}",
    "json": '{"a":1}',
    "json list": "[1,2]",
    "json spaced": ' \n{"a":1}\n',
    "json number": "5",
    "json string": '"x"',
    "json open": '{"a":1',
    "json unquoted": "{a:1}",
    "json followed": '{"a":1}x',
    "json repeated": '{"a":1,"a":2}',
    "json last comma": "[1,]",
    "json NaN": "[NaN]",
    "json lines": '{\n "a": 1,\n "b": 2\n}\n',
    "json long": json.dumps({"a": ["x" * 100] * 50}),
    "json long numbers": json.dumps(list(range(3000))),
    "json long string": json.dumps(["x" * 9000]),
    "json long broken": '{"a":' + '"x" ' * 1500,
    "ndjson": '{"a":1}\n{"b":2}\n',
    "ndjson open": '{"a":1}\n{"b":2}',
    "ndjson long": '{"a":1}\n' * 1000,
    "ndjson numbers": "1\n2\n",
    "ndjson mixed": '1\n{"a":1}\n',
    "ndjson broken": '{"a":1}\nxx\n',
    "geojson": '{"type":"Feature","geometry":null}',
    "geojson last": '{"a":1,"type":"FeatureCollection"}',
    "geojson nested": '{"a":{"type":"Feature"}}',
    "geojson list": '[{"type":"Feature"}]',
    "gltf": '{"asset":{"version":"2.0"}}',
    "html": "<!DOCTYPE html><html></html>",
    "html spaced": ' \n<HTML lang="en">',
    "html p": "<p>hello</p>",
    "html pre": "<pre>x</pre>",
    "html a": '<a href="x">y</a>',
    "html span": "<span>x</span>",
    "html h2": "<h2>x</h2>",
    "html comment": "<!-- hi --><p>x",
    "html later": "hello <html>",
    "html open": "<html",
    "html marked": "\ufeff<html><p>x",
    "html charset": '<html><head><meta charset="iso-8859-2"></head>',
    "html content": (
        '<html><head><meta http-equiv="Content-Type" content="text/html; charset=windows-1251">'
    ),
    "xml": '<?xml version="1.0"?><a/>',
    "xml encoding": '<?xml version="1.0" encoding="ISO-8859-1"?><a/>',
    "xml bare": "<a><b/></a>",
    "rss": '<?xml version="1.0"?><rss version="2.0">',
    "atom": '<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom">',
    "kml": '<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2">',
    "gpx": '<?xml version="1.0"?><gpx xmlns="http://www.topografix.com/GPX/1/1">',
    "xhtml": '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml">',
    "svg": '<svg xmlns="http://www.w3.org/2000/svg"></svg>',
    "svg single": "<svg xmlns='http://www.w3.org/2000/svg'/>",
    "svg later": '  \n<!-- x --><svg width="1" xmlns="http://www.w3.org/2000/svg">',
    "svg marked": '\ufeff<svg xmlns="http://www.w3.org/2000/svg"/>',
    "svg unnamed": '<svg width="1"></svg>',
    "svg xml": '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
    "svg xml late": f'<?xml version="1.0"?><!-- {"x" * 2000} --><svg/>',
    "svg doctype": '<!DOCTYPE svg PUBLIC "x"><svg xmlns="http://www.w3.org/2000/svg"/>',
    "svg prefixed": '<svg:svg xmlns:svg="http://www.w3.org/2000/svg"/>',
    "csv": "a,b,c\n1,2,3\n",
    "csv header": "a,b,c\n",
    "csv ragged": "a,b\n1,2,3\n",
    "csv quoted": 'a,b\n"x,\ny",z\n',
    "csv open": "a,b\n1,2",
    "csv comment": "#x\na,b\n1,2\n",
    "csv blank": "a,b\n\n1,2\n",
    "csv crlf": "a,b\r\n1,2\r\n",
    "csv long": "a,b\n" + "1,2\n" * 2000,
    "csv ten rows": "a,b\n" + "1,2\n" * 12 + "x\n",
    "csv semicolon": "a;b\n1;2\n",
    "csv prose": "Hello, world\nThis is, text\n",
    "csv prose ragged": "Hello, world\nno comma\n",
    "tsv": "a\tb\n1\t2\n",
    "php": "<?php echo 1;",
    "php short": "<? echo",
    "php env": "#!/usr/bin/env php\n",
    "node": "#!/usr/bin/env node\n",
    "python": "#!/usr/bin/env python3\nprint(1)",
    "sh": "#!/bin/sh\nls",
    "sh usr": "#!/usr/bin/sh\n",
    "bash": "#!/usr/bin/env bash\n",
    "perl": "#!/usr/bin/perl\n",
    "ruby": "#!/usr/bin/env ruby\n",
    "lua": "#!/usr/bin/lua\n",
    "tcl": "#!/usr/bin/tclsh\n",
    "srt": "1\n00:00:01,000 --> 00:00:02,000\nHi\n",
    "srt crlf": "1\r\n00:00:01,000 --> 00:00:02,000\r\nHi\r\n",
    "srt dot": "1\n00:00:01.000 --> 00:00:02.000\nHi\n",
    "srt backwards": "1\n00:00:03,000 --> 00:00:02,000\nHi\n",
    "vtt": "WEBVTT\n\n00:01",
    "vtt empty": "WEBVTT",
    "vcard": "BEGIN:VCARD\nVERSION:3.0\n",
    "vcard lower": "begin:vcard\nx",
    "ics": "BEGIN:VCALENDAR\r\nVERSION:2.0",
    "m3u": "#EXTM3U\n#x",
    "eml": "From: a@b.c\nTo: d@e.f\nSubject: x\n\nhi",
    "eml one": "From: a\n\nhi",
    "rtf": "{\\rtf1 hi}",
    "ps": "%!PS-Adobe-3.0\n",
    "warc": "WARC/1.0\r\n",
    "torrent": "d8:announce3:abc",
    "pkcs7": "-----BEGIN PKCS7-----\nx",
    "dxf": "0\nSECTION\n",
}

SAMPLES = {**BINARY, **{f"text {name}": text.encode() for name, text in TEXT.items()}}
