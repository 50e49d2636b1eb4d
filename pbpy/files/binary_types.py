"""Content types of binary files, by signatures in their first bytes."""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING

from pbpy.files.text_types import BINARY_BYTE
from pbpy.files.type_names import DOCX, OPEN_DOCUMENTS, PPTX, XLSX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_MACH_MARKS = (
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
)
_PREFIXES: tuple[tuple[bytes, str], ...] = (
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"%!PS-Adobe-", "application/postscript"),
    (b"8BPS", "image/vnd.adobe.photoshop"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\xff\x0a", "image/jxl"),
    (b"\x00\x00\x00\x0cJXL \x0d\x0a\x87\x0a", "image/jxl"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"MZ", "application/vnd.microsoft.portable-executable"),
    (b"xar!", "application/x-xar"),
    (b"BZh", "application/x-bzip2"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"\x00\x00\x01\x00", "image/x-icon"),
    (b"\x00\x00\x02\x00", "image/x-icon"),
    (b'fLaC\x00\x00\x00"', "audio/flac"),
    (b"MThd", "audio/midi"),
    (b"#!AMR", "audio/amr"),
    (b".snd", "audio/basic"),
    (b"FLV\x01", "video/x-flv"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c", "video/x-ms-asf"),
    (b"\xff\xf1", "audio/aac"),
    (b"\xff\xf9", "audio/aac"),
    (b"#EXTM3U\n", "application/vnd.apple.mpegurl"),
    (b"#EXTM3U\r\n", "application/vnd.apple.mpegurl"),
    (b"\x1f\x8b", "application/gzip"),
    (b"CWS", "application/x-shockwave-flash"),
    (b"FWS", "application/x-shockwave-flash"),
    (b"ZWS", "application/x-shockwave-flash"),
    (b"wOFF", "font/woff"),
    (b"wOF2", "font/woff2"),
    (b"ttcf\x00\x01\x00\x00", "font/collection"),
    (b"ttcf\x00\x02\x00\x00", "font/collection"),
    (b"\x00asm", "application/wasm"),
    (b"Rar!\x1a\x07\x00", "application/vnd.rar"),
    (b"Rar!\x1a\x07\x01\x00", "application/vnd.rar"),
    (b"SQLite format 3\x00", "application/vnd.sqlite3"),
    (b"icns", "image/x-icns"),
    (b"\x28\xb5\x2f\xfd", "application/zstd"),
    (b"\xfd7zXZ\x00", "application/x-xz"),
    (b"d8:announce", "application/x-bittorrent"),
    (b"-----BEGIN PKCS7", "application/pkcs7-signature"),
    (b"0\nSECTION\n", "image/vnd.dxf"),
    (b"0\r\nSECTION\r\n", "image/vnd.dxf"),
    (b"  0\nSECTION\n", "image/vnd.dxf"),
    (b"  0\r\nSECTION\r\n", "image/vnd.dxf"),
    *((mark, "application/x-mach-binary") for mark in _MACH_MARKS),
    (b"glTF\x02\x00\x00\x00", "model/gltf-binary"),
    (b"glTF\x01\x00\x00\x00", "model/gltf-binary"),
)

_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}

_BRANDS = {
    "image/avif": (b"avif", b"avis"),
    "video/3gpp": (
        *(b"3gp%d" % number for number in range(1, 8)),
        b"3gs7",
        b"3ge6",
        b"3ge7",
        b"3gg6",
    ),
    "video/3gpp2": (b"3g24", b"3g25", b"3g26", b"3g2a", b"3g2b", b"3g2c", b"KDDI"),
    "audio/mp4": (b"F4A ", b"F4B ", b"M4B ", b"M4P ", b"MSNV", b"NDAS"),
    "video/quicktime": (b"mqt ",),
    "audio/x-m4a": (b"M4A ",),
    "video/x-m4v": (b"M4V ", b"M4VH", b"M4VP"),
    "image/heic": (b"heic", b"heix"),
    "image/heic-sequence": (b"hevc", b"hevx"),
    "image/heif": (b"mif1", b"heim", b"heis", b"avic"),
    "image/heif-sequence": (b"msf1", b"hevm", b"hevs", b"avcs"),
}
_BRAND_TYPES = {brand: kind for kind, brands in _BRANDS.items() for brand in brands}
_ATOMS = (b"moov\x00", b"mdat\x00", b"free\x00", b"skip\x00", b"pnot\x00")

_BITMAP_HEADERS = frozenset({16, 24, 40, 48, 52, 56, 64, 108, 124})
_ELF_TYPES = {
    1: "application/x-object",
    2: "application/x-executable",
    3: "application/x-sharedlib",
    4: "application/x-coredump",
}
_FONT_TABLES = frozenset(
    (
        *(b"avar", b"cmap", b"cvar", b"cvt ", b"feat", b"fpgm", b"fvar", b"gasp", b"glyf"),
        *(b"gvar", b"hdmx", b"head", b"hhea", b"hmtx", b"just", b"kern", b"kerx", b"loca"),
        *(b"maxp", b"meta", b"mort", b"morx", b"name", b"OS/2", b"GSUB", b"GPOS", b"BASE"),
        *(b"JSTF", b"GDEF", b"MATH", b"CBDT", b"CBLC", b"CFF ", b"CFF2", b"COLR", b"CPAL"),
        *(b"DSIG", b"EBDT", b"EBLC", b"EBSC", b"HVAR", b"LTSH", b"MERG", b"MVAR", b"PCLT"),
        *(b"post", b"prep", b"sbix", b"STAT", b"SVG ", b"VDMX", b"vhea", b"vmtx", b"VORG"),
    )
)
_OGG_AUDIO = (b"\x7fFLAC", b"\x01vorbis", b"OpusHead", b"Speex   ")
_OGG_VIDEO = (b"\x80theora", b"fishead\x00", b"\x01video\x00\x00\x00")

_ID3 = re.compile(rb"ID3[\x02-\x04]\x00[\x00-\xf0][\x00-\x7f]{4}", re.DOTALL)

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_TAIL = b"\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46"
_OLE_CLASSES = {
    b"\x06\x09\x02" + _OLE_TAIL: "application/msword",
    b"\x00\x09\x02" + _OLE_TAIL: "application/msword",
    b"\x10\x08\x02" + _OLE_TAIL: "application/vnd.ms-excel",
    b"\x20\x08\x02" + _OLE_TAIL: "application/vnd.ms-excel",
    b"\x0b\x0d\x02" + _OLE_TAIL: "application/vnd.ms-outlook",
    b"\x10\x8d\x81\x64\x9b\x4f\xcf\x11\x86\xea\x00\xaa\x00\xb9\x29\xe8": (
        "application/vnd.ms-powerpoint"
    ),
}

_ZIP_HEADER = b"PK\x03\x04"
_OFFICE_FOLDERS = ((b"word/", DOCX), (b"ppt/", PPTX), (b"xl/", XLSX))
_OFFICE_FIRST = (b"_rels/", b"docProps/", b"customXml/", b"[trash]/")
_ANDROID_ENTRIES = frozenset({b"AndroidManifest.xml", b"classes.dex", b"resources.arsc"})
_MAX_ZIP_ENTRIES = 100


def find_binary_type(head: bytes) -> str:
    """Return the content type of a binary file, or "" when no signature fits."""
    for find in _FINDERS:
        kind = find(head)
        if kind:
            return kind
    return ""


def _find_prefix(head: bytes) -> str:
    return next((kind for prefix, kind in _PREFIXES if head.startswith(prefix)), "")


def _find_pdf(head: bytes) -> str:
    return "application/pdf" if b"%PDF-" in head[:1024] else ""


def _find_png(head: bytes) -> str:
    if not head.startswith(b"\x89PNG\r\n\x1a\n"):
        return ""
    at = 8
    while at + 8 <= len(head):
        size, chunk = struct.unpack_from(">I4s", head, at)
        if chunk in (b"acTL", b"IDAT"):
            return "image/apng" if chunk == b"acTL" else "image/png"
        at += 12 + size
    return "image/png"


def _find_riff(head: bytes) -> str:
    if len(head) < 13:
        return ""
    if head[:4] == b"FORM" and head[8:12] == b"AIFF":
        return "audio/aiff"
    if head[:4] != b"RIFF":
        return ""
    if head[8:16] == b"AVI LIST":
        return "video/x-msvideo"
    return _RIFF.get(head[8:12], "")


def _find_bitmap(head: bytes) -> str:
    if len(head) < 18 or head[:2] != b"BM":
        return ""
    return "image/bmp" if struct.unpack_from("<I", head, 14)[0] in _BITMAP_HEADERS else ""


def _find_movie(head: bytes) -> str:
    if len(head) < 12:
        return ""
    if head[4:9] in _ATOMS or head[:8] == b"\x00\x00\x00\x08wide":
        return "video/quicktime"
    if head[0] == 0 and head[4:8] == b"ftyp":
        if head[8:12] in (b"qt  ", b"moov"):
            return "video/quicktime"
        return _BRAND_TYPES.get(head[8:12], "video/mp4")
    if head[:3] == b"\x00\x00\x01" and 0xB0 <= head[3] <= 0xBF:
        return "video/mpeg"
    if head[4:8] in (b"jP  ", b"jP2 ") and head[20:24] == b"jp2 ":
        return "image/jp2"
    return ""


def _find_matroska(head: bytes) -> str:
    if not head.startswith(b"\x1a\x45\xdf\xa3"):
        return ""
    at = head.find(b"\x42\x82") + 2
    if at < 2 or at >= len(head):
        return ""
    # The size before the name takes as many bytes as its first byte has leading zeros, plus one.
    at += 9 - head[at].bit_length() if head[at] else 8
    if head.startswith(b"webm", at):
        return "video/webm"
    return "video/matroska" if head.startswith(b"matroska", at) else ""


def _find_ogg(head: bytes) -> str:
    if not head.startswith(b"OggS\x00"):
        return ""
    if head.startswith(_OGG_AUDIO, 28):
        return "audio/ogg"
    return "video/ogg" if head.startswith(_OGG_VIDEO, 28) else "application/ogg"


def _find_font(head: bytes) -> str:
    if head.startswith(b"OTTO\x00") and b"CFF " in head[12:48]:
        return "font/otf"
    if head.startswith(b"\x00\x01\x00\x00") and head[12:16] in _FONT_TABLES:
        return "font/ttf"
    if head[34:36] == b"LP" and head[8:11] in (b"\x02\x00\x01", b"\x01\x00\x00", b"\x02\x00\x02"):
        return "application/vnd.ms-fontobject"
    return ""


def _find_program(head: bytes) -> str:
    if head.startswith(b"\x7fELF") and len(head) > 18:
        order = ">" if head[5] == 2 else "<"
        return _ELF_TYPES.get(struct.unpack_from(f"{order}H", head, 16)[0], "application/x-elf")
    if head.startswith(b"!<arch>"):
        deb = head.startswith(b"debian-binary", 8)
        return "application/vnd.debian.binary-package" if deb else "application/x-archive"
    if head.startswith(b"\xca\xfe\xba\xbe") and len(head) > 7 and head[7] > 30:
        return "application/x-java-applet"
    return ""


def _find_tar(head: bytes) -> str:
    if len(head) < 512:
        return ""
    recorded = head[148:156].strip(b" \x00")
    if not recorded or not all(48 <= digit <= 55 for digit in recorded):
        return ""
    computed = sum(head[:148]) + 8 * 32 + sum(head[156:512])
    return "application/x-tar" if int(recorded, 8) == computed else ""


def _find_ole(head: bytes) -> str:
    if not head.startswith(_OLE):
        return ""
    if len(head) >= 512:
        sector = 4096 if head[26:28] == b"\x04\x00" else 512
        at = sector * (1 + struct.unpack_from("<I", head, 48)[0]) + 80
        kind = _OLE_CLASSES.get(head[at : at + 16])
        if kind:
            return kind
    return "application/x-ole-storage"


def _find_zip(head: bytes) -> str:
    if head[:4] not in (_ZIP_HEADER, b"PK\x05\x06", b"PK\x07\x08"):
        return ""
    names = list(_zip_entries(head))
    return _find_office(names) or _find_package(head, names) or "application/zip"


def _find_office(names: list[bytes]) -> str:
    for number, name in enumerate(names):
        for folder, kind in _OFFICE_FOLDERS:
            if name.startswith(folder):
                return kind
        if not number and name != b"[Content_Types].xml" and not name.startswith(_OFFICE_FIRST):
            return ""
    return ""


def _find_package(head: bytes, names: list[bytes]) -> str:
    if head.startswith(b"mimetypeapplication/epub+zip", 30):
        return "application/epub+zip"
    if not _ANDROID_ENTRIES.isdisjoint(names):
        return "application/vnd.android.package-archive"
    if names[:1] in ([b"META-INF/"], [b"META-INF/MANIFEST.MF"]):
        return "application/java-archive"
    for kind in OPEN_DOCUMENTS:
        if head.startswith(b"mimetype" + kind.encode(), 30):
            return kind
    return "application/vnd.google-earth.kmz" if b"doc.kml" in names else ""


def _zip_entries(head: bytes) -> Iterator[bytes]:
    """Yield the names of the entries whose headers are within head."""
    at = head.find(_ZIP_HEADER)
    for _ in range(_MAX_ZIP_ENTRIES):
        if at < 0 or at + 30 > len(head):
            return
        size = struct.unpack_from("<H", head, at + 26)[0]
        name = head[at + 30 : at + 30 + size]
        if not name or len(name) < size:
            return
        yield name
        at = head.find(_ZIP_HEADER, at + 30)


def _find_zlib(head: bytes) -> str:
    compressed = head[:1] == b"x" and len(head) > 1 and not (head[0] << 8 | head[1]) % 31
    # Plain text may begin so, too.
    return "application/zlib" if compressed and BINARY_BYTE.search(head) else ""


def _find_mp3(head: bytes) -> str:
    if len(head) < 3:
        return ""
    tagged = _ID3.match(head) is not None and head[6:10] != b"\x00\x00\x00\x00"
    frame = (head[0] << 8 | head[1]) & 0xFFFE
    layered = frame in (0xFFFA, 0xFFF2, 0xFFE2, 0xFFFC, 0xFFF4)
    return "audio/mpeg" if tagged or layered else ""


_FINDERS: tuple[Callable[[bytes], str], ...] = (
    _find_zip,
    _find_pdf,
    _find_ole,
    _find_ogg,
    _find_png,
    _find_riff,
    _find_prefix,
    _find_program,
    _find_tar,
    _find_bitmap,
    _find_movie,
    _find_matroska,
    _find_font,
    _find_zlib,
    _find_mp3,
)
