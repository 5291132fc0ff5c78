"""A logo as it is uploaded, and what is kept of it: a PNG made anew, or an SVG of which only what draws is left.

The file's name and what it says it is count for nothing. Blocks: for a thread.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from base64 import b64encode
from dataclasses import dataclass

from chassis.sentences import sentence
from services.identity.errors import PictureRefused
from services.identity.portal import svg

LARGEST_FILE = 512 * 1024
"""Bytes of an upload."""
LARGEST_SIDE = 4000
KEPT_WIDTH, KEPT_HEIGHT = 768, 192
"""What is kept of a larger one: enough for the sharpest screens, and for mails."""
FLATTEST = 12
PNG, SVG = "image/png", "image/svg+xml"
_STARTS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF")


@dataclass(frozen=True, slots=True)
class Picture:
    """What is kept: `content` in base64, sizes in pixels, and an id that derives from the content."""

    picture: str = ""
    media_type: str = ""
    width: int = 0
    height: int = 0
    content: str = ""


def picture_of(content: bytes) -> Picture:
    """The picture of an uploaded file; raises PictureRefused."""
    if not content:
        raise PictureRefused("Please choose a file.")
    if len(content) > LARGEST_FILE:
        raise PictureRefused(
            sentence(
                "The file has %(size)s KB; a logo has at most %(most)s KB. Make it smaller, or save it with fewer"
                " details.",
                size=len(content) // 1024,
                most=LARGEST_FILE // 1024,
            )
        )
    if content.startswith(_STARTS):
        kept, width, height = _png(content)
        media_type = PNG
    elif b"<svg" in content[:4096].lower():
        text, width, height = svg.cleaned(content)
        kept, media_type = text.encode(), SVG
    else:
        raise PictureRefused("This is no picture we can show: a logo is a PNG, JPEG, WebP or SVG file.")
    if max(width, height) > FLATTEST * min(width, height):
        raise PictureRefused(
            sentence(
                "A logo is at most %(most)s times as wide as it is high. Cut away what is around it.", most=FLATTEST
            )
        )
    name = hashlib.sha256(kept).hexdigest()[:32]
    return Picture(name, media_type, width, height, b64encode(kept).decode())


def _png(content: bytes) -> tuple[bytes, int, int]:
    """Decoded and written anew: nothing is left but the picture itself."""
    from PIL import Image, ImageOps  # takes time to load, and no other command has it

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Image.open(io.BytesIO(content), formats=("PNG", "JPEG", "WEBP")) as found:
                if max(found.size) > LARGEST_SIDE:
                    raise PictureRefused(
                        sentence(
                            "The picture has %(width)s × %(height)s pixels; at most %(most)s on a side.",
                            width=found.width,
                            height=found.height,
                            most=LARGEST_SIDE,
                        )
                    )
                found.load()
                turned = ImageOps.exif_transpose(found) or found
                image = turned.convert("RGBA")
    except PictureRefused:
        raise
    except Exception as error:  # whatever a decoder says of what it was given
        raise PictureRefused("This picture cannot be read: it is damaged, or not what its beginning says.") from error
    image.thumbnail((KEPT_WIDTH, KEPT_HEIGHT))
    if image.getchannel("A").getextrema() == (255, 255):
        image = image.convert("RGB")
    kept = io.BytesIO()
    image.save(kept, "PNG", optimize=True)
    return kept.getvalue(), image.width, image.height
