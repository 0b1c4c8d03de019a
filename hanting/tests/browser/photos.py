"""Photos as they come: good ones, broken ones, and files that only pretend to be photos."""

import io
import struct
import zlib

from PIL import Image

SECRET = b"canary-in-the-picture"
LATITUDE = (36.0, 46.0, 17.5)


def holiday_photo():
    """Return a JPEG as a phone takes it: place, maker, a comment, and something after its end."""
    picture = Image.linear_gradient("L").resize((800, 600)).convert("RGB")
    exif = Image.Exif()
    exif[0x010F] = SECRET.decode()
    place = exif.get_ifd(0x8825)
    place[1], place[2], place[3], place[4] = "N", LATITUDE, "E", (119.0, 12.0, 40.25)
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif, comment=SECRET)
    return out.getvalue() + b"<script>" + SECRET + b"</script>"


def pixel_flood(side=12_000):
    """Return a PNG of a few kilobytes that would need gigabytes of memory as a picture."""
    row = b"\0" + bytes(side // 8)
    packer = zlib.compressobj(9)
    data = b"".join([*(packer.compress(row) for _ in range(side)), packer.flush()])
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    parts = [(b"IHDR", head), (b"IDAT", data), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in parts)


def _chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def refused():
    """Return {name: (file name, type, bytes, sentence)} of what must not come in."""
    too_big = "This photo is larger than 10 MB. Please choose a smaller one."
    not_one = "This is not a photo we can take. Please send JPEG, PNG or WebP."
    vector = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    return {
        "30 MB": ("big.jpg", "image/jpeg", b"\xff\xd8\xff" + bytes(30 * 1024 * 1024), too_big),
        "empty": (
            "none.jpg", "image/jpeg", b"",
            "This photo is empty. Please choose it again.",
        ),
        "program": ("photo.jpg", "image/jpeg", b"MZ\x90\0" + bytes(4096), not_one),
        "drawing": ("drawing.svg", "image/svg+xml", vector, not_one),
        "hidden drawing": ("drawing.jpg", "image/jpeg", vector, not_one),
        "flood": (
            "flood.png", "image/png", pixel_flood(),
            "This picture has too many pixels. Please send a smaller one.",
        ),
        "torn": (
            "torn.jpg", "image/jpeg", holiday_photo()[:900],
            "This photo arrived damaged or incomplete. Please choose it again.",
        ),
    }  # fmt: skip
