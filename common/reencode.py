"""The child process that decodes one photo: bytes in, JSON line and two clean JPEGs out.

Run as a file by common.uploads with limits of memory and time, so that a bomb kills this process
and nothing else. It knows neither Django nor the database. Every result ends with exit code 0: the
first line is {"error": code} or {"width", "height", "sizes": [photo bytes, thumbnail bytes]}.
"""

import io
import json
import resource
import sys
import warnings

from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("JPEG", "PNG", "WEBP")
MAX_PIXELS = 40_000_000
LONG_SIDE = 2048
THUMB_SIDE = 480
MEMORY_BYTES = 1_200_000_000
CPU_SECONDS = 15


class Refused(Exception):
    """The photo is not taken; the message is the code that the parent translates."""


def reencode(data):
    """Return (width, height, photo, thumbnail) with pixels only; raises Refused."""
    image = _opened(data)
    if image.width * image.height > MAX_PIXELS:
        raise Refused("too_many_pixels")
    try:
        image.load()
        # Smaller before turned and copied: of 40 megapixels each copy would cost 160 MB.
        if image.mode in ("RGB", "RGBA", "L", "LA", "CMYK"):
            image.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.LANCZOS)
        upright = ImageOps.exif_transpose(image)
        photo = _pixels_only(upright)
    except (OSError, SyntaxError, ValueError, EOFError, IndexError) as error:
        raise Refused("incomplete") from error
    photo.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.LANCZOS)
    small = photo.copy()
    small.thumbnail((THUMB_SIDE, THUMB_SIDE), Image.Resampling.LANCZOS)
    return photo.width, photo.height, _jpeg(photo, 85), _jpeg(small, 80)


def _opened(data):
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Refused("too_many_pixels") from error
    except UnidentifiedImageError as error:
        raise Refused("wrong_type") from error
    except (OSError, SyntaxError, ValueError, EOFError, IndexError) as error:
        raise Refused("incomplete") from error


def _pixels_only(image):
    """Copy the pixels onto a new white image: no comment, profile, place or text comes along."""
    clean = Image.new("RGB", image.size, "white")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        clean.paste(image, mask=image.getchannel("A"))
    else:
        clean.paste(image.convert("RGB"))
    return clean


def _jpeg(image, quality):
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()


def main():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        width, height, photo, small = reencode(sys.stdin.buffer.read())
    except Refused as refused:
        head, parts = {"error": str(refused)}, []
    except MemoryError:
        head, parts = {"error": "too_many_pixels"}, []
    else:
        head = {"width": width, "height": height, "sizes": [len(photo), len(small)]}
        parts = [photo, small]
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + b"".join(parts))


if __name__ == "__main__":
    main()
