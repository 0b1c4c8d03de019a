import hashlib
import io
import struct
import zipfile
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from common import uploads
from common.errors import RuleViolation

SCRIPT = b"<script>alert(1)</script>"


def picture(size=(600, 400), mode="RGB", color=(200, 30, 30)):
    return Image.new(mode, size, color)


def encoded(image=None, kind="JPEG", **options):
    out = io.BytesIO()
    (image or picture()).save(out, kind, **options)
    return out.getvalue()


def upload(data, name="photo.jpg"):
    return SimpleUploadedFile(name, data)


def with_place():
    """A JPEG that tells where it was taken, has a comment, XMP and a trailing archive."""
    exif = Image.Exif()
    exif[0x010F] = "CANARYPHONE"
    exif[0x0112] = 6
    exif.get_ifd(0x8825).update({1: "N", 2: (36.0, 46.0, 1.0), 3: "E", 4: (119.0, 13.0, 2.0)})
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>CANARYXMP</x:xmpmeta>"
    data = encoded(exif=exif, comment=SCRIPT, xmp=xmp)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("CANARYZIP.txt", SCRIPT)
    return data + archive.getvalue()


def flood(side):
    """A PNG of side x side one-bit pixels whose file is tiny."""

    def chunk(kind, body):
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    rows = zlib.compress(bytes((side // 8 + 1) * side), 9)
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n"
    return png + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def refused(data, name="photo.jpg"):
    with pytest.raises(RuleViolation) as violation:
        uploads.clean_photo(upload(data, name))
    assert violation.value.field == "photos"
    assert str(violation.value)
    return violation.value.code


@pytest.mark.parametrize(
    ("kind", "name"),
    [("JPEG", "a.jpg"), ("PNG", "a.PNG"), ("WEBP", "a.webp"), ("PNG", "blob"), ("WEBP", "图.jpeg")],
)
def test_ordinary_photo_is_taken(kind, name):
    clean = uploads.clean_photo(upload(encoded(kind=kind), name))
    assert (clean.width, clean.height, clean.content_type) == (600, 400, "image/jpeg")
    assert Image.open(io.BytesIO(clean.bytes), formats=["JPEG"]).size == (600, 400)
    assert Image.open(io.BytesIO(clean.thumb), formats=["JPEG"]).size == (480, 320)
    assert clean.sha256 == hashlib.sha256(clean.bytes).hexdigest()


def test_names_are_random_and_plain():
    names = {uploads.clean_photo(upload(encoded(), "../../x.jpg")).name for _ in range(2)}
    assert len(names) == 2
    assert all(len(name) == 36 and name.endswith(".jpg") and "/" not in name for name in names)


def test_large_photo_is_made_smaller():
    clean = uploads.clean_photo(upload(encoded(picture((6000, 3000)))))
    assert (clean.width, clean.height) == (2048, 1024)


@pytest.mark.parametrize("mode", ["L", "P", "LA", "RGBA", "1", "CMYK"])
def test_every_colour_mode_becomes_rgb(mode):
    kind = "JPEG" if mode == "CMYK" else "PNG"
    image = Image.new("RGB", (50, 40), "red").convert(mode)
    clean = uploads.clean_photo(upload(encoded(image, kind), "a.png"))
    assert Image.open(io.BytesIO(clean.bytes)).mode == "RGB"


def test_transparent_becomes_white():
    image = Image.new("RGBA", (50, 40), (0, 0, 0, 0))
    clean = uploads.clean_photo(upload(encoded(image, "PNG"), "a.png"))
    assert Image.open(io.BytesIO(clean.bytes)).getpixel((5, 5)) == (255, 255, 255)


def test_place_comment_and_archive_are_gone_and_photo_upright():
    data = with_place()
    for canary in (b"CANARYPHONE", b"CANARYXMP", b"CANARYZIP", SCRIPT):
        assert canary in data
    clean = uploads.clean_photo(upload(data))
    assert (clean.width, clean.height) == (400, 600)
    for part in (clean.bytes, clean.thumb):
        image = Image.open(io.BytesIO(part))
        assert dict(image.getexif()) == {}
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        for canary in (b"CANARY", b"script", b"Exif", b"PK\x03\x04", b"xmpmeta"):
            assert canary not in part
        assert part.endswith(b"\xff\xd9")


def test_png_text_is_gone():
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("Comment", "CANARY<script>")
    clean = uploads.clean_photo(upload(encoded(kind="PNG", pnginfo=info), "a.png"))
    assert b"CANARY" not in clean.bytes + clean.thumb


def test_moving_picture_gives_its_first_frame():
    frames = [picture((60, 40), color=color) for color in ((255, 0, 0), (0, 0, 255))]
    data = encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:])
    clean = uploads.clean_photo(upload(data, "a.webp"))
    assert Image.open(io.BytesIO(clean.bytes)).getpixel((30, 20))[0] > 200


@pytest.mark.parametrize("side", [12_000, 20_000])
def test_pixel_flood_is_refused(side):
    data = flood(side)
    assert len(data) < 100_000
    assert refused(data, "bomb.png") == "too_many_pixels"


def test_forty_megapixels_are_still_read():
    clean = uploads.clean_photo(upload(flood(6_320), "map.png"))
    assert (clean.width, clean.height) == (2048, 2048)
    assert refused(flood(6_328), "map.png") == "too_many_pixels"


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"", "a.jpg", "empty"),
        (b"\xff\xd8\xff" + bytes(30 * 1024 * 1024), "a.jpg", "too_big"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>" + SCRIPT + b"</svg>", "a.jpg", "wrong_type"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.svg", "wrong_type"),
        (b"MZ\x90\x00" + bytes(500), "a.jpg", "wrong_type"),
        (b"GIF89a" + bytes(100), "a.jpg", "wrong_type"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "a.jpg", "wrong_type"),
        (encoded(), "a.exe", "wrong_type"),
        (encoded(), "a.jpg.html", "wrong_type"),
        (encoded(kind="GIF"), "a.gif", "wrong_type"),
        (encoded(kind="BMP"), "a.png", "wrong_type"),
        (b"\x00\x00\x00\x18ftypheic" + bytes(100), "a.heic", "heic"),
        (b"\x00\x00\x00\x18ftypheic" + bytes(100), "a.jpg", "heic"),
        (b"\x00\x00\x00\x18ftypmif1" + bytes(100), "blob", "heic"),
        (encoded()[:-700], "a.jpg", "incomplete"),
        (encoded(kind="PNG")[:-100], "a.png", "incomplete"),
        (encoded(kind="WEBP")[:-100], "a.webp", "incomplete"),
        (b"\xff\xd8\xff" + bytes(100), "a.jpg", None),
        (b"\x89PNG\r\n\x1a\n" + SCRIPT, "a.png", None),
        (b"RIFF\x00\x00\x00\x00WEBP" + SCRIPT, "a.webp", None),
    ],
)
def test_hostile_and_broken_files_are_refused(data, name, code):
    found = refused(data, name)
    assert found == (code or found)


def test_a_size_that_lies_is_not_believed():
    file = upload(b"\xff\xd8\xff" + bytes(uploads.MAX_BYTES))
    file.size = 10
    with pytest.raises(RuleViolation) as violation:
        uploads.clean_photo(file)
    assert violation.value.code == "too_big"


def test_slow_photo_is_given_up(monkeypatch):
    monkeypatch.setattr(uploads, "CHILD_SECONDS", 0.01)
    assert refused(encoded()) == "busy"


def test_killed_child_is_a_refusal(monkeypatch, tmp_path):
    child = tmp_path / "child.py"
    child.write_text("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    monkeypatch.setattr(uploads, "_CHILD", child)
    assert refused(encoded()) == "incomplete"


def test_count():
    uploads.check_count([1] * 9)
    uploads.check_count([1] * 3, already=6)
    with pytest.raises(RuleViolation) as violation:
        uploads.check_count([1] * 3, already=7)
    assert violation.value.code == "too_many"
