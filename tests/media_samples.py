"""The smallest beginnings of every format that may be uploaded."""

import struct

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 24
BMP = b"BM" + struct.pack("<IHHI", 58, 0, 0, 54) + struct.pack("<I", 40) + b"\0" * 40
WAV = b"RIFF" + struct.pack("<I", 36) + b"WAVEfmt " + b"\0" * 24
MP4 = b"\0\0\0\x18ftypmp42" + b"\0" * 12
ZIP = b"PK\x03\x04" + b"\0" * 26
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 24
PDF = b"%PDF-1.7\n"
EXE = b"MZ\x90\0" + b"\0" * 60

# type, extension → content
SAMPLES: dict[tuple[str, str], bytes] = {
    ("image", "jpg"): b"\xff\xd8\xff\xe0\0\x10JFIF",
    ("image", "gif"): b"GIF89a" + b"\0" * 10,
    ("image", "png"): PNG,
    ("image", "bmp"): BMP,
    ("voice", "amr"): b"#!AMR\n\x3c",
    ("voice", "mp3"): b"ID3\x04\0\0\0\0\0\0",
    ("voice", "wav"): WAV,
    ("video", "mp4"): MP4,
    ("file", "doc"): OLE,
    ("file", "docx"): ZIP,
    ("file", "xls"): OLE,
    ("file", "xlsx"): ZIP,
    ("file", "ppt"): OLE,
    ("file", "pptx"): ZIP,
    ("file", "zip"): ZIP,
    ("file", "pdf"): PDF,
    ("file", "rar"): b"Rar!\x1a\x07\x01\0",
}
