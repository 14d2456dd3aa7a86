"""Makes a PNG smaller: at most 256 colours, one byte a pixel. Python's standard library only.

Takes what chromium writes (8 bits a channel, RGB or RGBA, not interlaced); anything else is an error.
"""

import struct
import zlib


def chunks(data):
    assert data[:8] == b"\x89PNG\r\n\x1a\n", "not a PNG"
    at = 8
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        at += 12 + length


def rows(data):
    """Width, height, bytes a pixel, and each row without its filter (PNG section 9)."""
    parts = list(chunks(data))
    width, height, depth, kind, _, _, interlaced = struct.unpack(">IIBBBBB", parts[0][1])
    assert depth == 8 and kind in (2, 6) and interlaced == 0, "not chromium's PNG"
    step = {2: 3, 6: 4}[kind]
    raw = zlib.decompress(b"".join(body for name, body in parts if name == b"IDAT"))
    above = bytearray(width * step)
    out = []
    for y in range(height):
        start = y * (width * step + 1)
        filter_kind = raw[start]
        row = bytearray(raw[start + 1 : start + 1 + width * step])
        if filter_kind:
            for i in range(len(row)):
                left = row[i - step] if i >= step else 0
                up = above[i]
                if filter_kind == 1:
                    guess = left
                elif filter_kind == 2:
                    guess = up
                elif filter_kind == 3:
                    guess = (left + up) >> 1
                else:
                    corner = above[i - step] if i >= step else 0
                    p = left + up - corner
                    near = (abs(p - left), abs(p - up), abs(p - corner))
                    guess = (left, up, corner)[near.index(min(near))]
                row[i] = (row[i] + guess) & 255
        out.append(row)
        above = row
    return width, height, step, out


def shrink(data):
    """The same picture in at most 256 colours: the commonest keep theirs, the others take the nearest of them."""
    width, height, step, lines = rows(data)
    counts = {}
    pixels = []
    for row in lines:
        line = list(zip(row[0::step], row[1::step], row[2::step]))
        pixels.append(line)
        for colour in line:
            counts[colour] = counts.get(colour, 0) + 1
    palette = sorted(counts, key=counts.get, reverse=True)[:256]
    index = {colour: at for at, colour in enumerate(palette)}
    for r, g, b in counts:
        if (r, g, b) not in index:
            distance = [(r - x) ** 2 + (g - y) ** 2 + (b - z) ** 2 for x, y, z in palette]
            index[(r, g, b)] = distance.index(min(distance))
    raw = b"".join(b"\0" + bytes(index[colour] for colour in line) for line in pixels)
    out = b"\x89PNG\r\n\x1a\n"
    for name, body in [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        (b"PLTE", b"".join(bytes(colour) for colour in palette)),
        (b"IDAT", zlib.compress(raw, 9)),
        (b"IEND", b""),
    ]:
        out += struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    return out
