"""Reads a QR code (ISO/IEC 18004) from what a terminal shows: two rows of modules a line, as half blocks.

There is no camera in between, so nothing has to be corrected: the codewords are taken as they stand.
"""

from collections.abc import Iterator, Sequence

Matrix = list[list[int]]
_DARK = {" ": (1, 1), "▀": (0, 1), "▄": (1, 0), "█": (0, 0)}  # light modules are drawn, dark ones left out
_ALIGNED = {
    1: (), 2: (6, 18), 3: (6, 22), 4: (6, 26), 5: (6, 30), 6: (6, 34), 7: (6, 22, 38), 8: (6, 24, 42), 9: (6, 26, 46),
    10: (6, 28, 50), 11: (6, 30, 54), 12: (6, 32, 58), 13: (6, 34, 62), 14: (6, 26, 46, 66), 15: (6, 26, 48, 70),
}  # fmt: skip
_MASKS = (
    lambda r, c: (r + c) % 2, lambda r, c: r % 2, lambda r, c: c % 3, lambda r, c: (r + c) % 3,
    lambda r, c: (r // 2 + c // 3) % 2, lambda r, c: r * c % 2 + r * c % 3, lambda r, c: (r * c % 2 + r * c % 3) % 2,
    lambda r, c: ((r + c) % 2 + r * c % 3) % 2,
)  # fmt: skip


def read_terminal(text: str) -> str:
    """The text of the code in these lines."""
    import re

    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
    rows: Matrix = []
    for line in plain.splitlines():
        if line and set(line) <= set(_DARK):
            rows.append([_DARK[char][0] for char in line])
            rows.append([_DARK[char][1] for char in line])
    return decode(_without_border(rows))


def _without_border(rows: Matrix) -> Matrix:
    top = next(n for n, row in enumerate(rows) if any(row))
    left = rows[top].index(1)
    size = len(rows[top]) - 2 * left  # the last line may have half a row too much
    return [row[left : left + size] for row in rows[top : top + size]]


def decode(matrix: Matrix) -> str:
    """The text of a code, one byte segment or several."""
    from segno import consts

    size = len(matrix)
    version = (size - 17) // 4
    form = sum(bit << n for n, bit in enumerate(_format_bits(matrix))) ^ 0b101010000010010
    level, mask = form >> 13 & 3, _MASKS[form >> 10 & 7]
    fixed = _fixed(size, version)
    bits = [matrix[row][col] ^ (mask(row, col) == 0) for row, col in _path(size) if (row, col) not in fixed]
    words = [int("".join(map(str, bits[n : n + 8])), 2) for n in range(0, len(bits) - 7, 8)]
    ours = {1: consts.ERROR_LEVEL_L, 0: consts.ERROR_LEVEL_M, 3: consts.ERROR_LEVEL_Q, 2: consts.ERROR_LEVEL_H}[level]
    lengths = [info.num_data for info in consts.ECC[version][ours] for _ in range(info.num_blocks)]
    return _text(_joined(words, lengths), version)


def _format_bits(matrix: Matrix) -> list[int]:
    """The copy beside the upper left finder, lowest bit first."""
    down = [matrix[row][8] for row in (0, 1, 2, 3, 4, 5, 7, 8)]
    return down + [matrix[8][col] for col in (7, 5, 4, 3, 2, 1, 0)]


def _fixed(size: int, version: int) -> set[tuple[int, int]]:
    """Modules that carry no data."""
    square = range(9)
    taken = {(r, c) for r in square for c in square}
    taken |= {(r, size - 1 - c) for r in square for c in range(8)} | {
        (size - 1 - r, c) for r in range(8) for c in square
    }
    taken |= {(6, n) for n in range(size)} | {(n, 6) for n in range(size)}
    spots = _ALIGNED[version]
    corners = {(6, 6), (6, size - 7), (size - 7, 6)}
    for row in spots:
        for col in spots:
            if (row, col) not in corners:
                taken |= {(row + r, col + c) for r in range(-2, 3) for c in range(-2, 3)}
    if version >= 7:
        taken |= {(r, size - 11 + c) for r in range(6) for c in range(3)}
        taken |= {(size - 11 + r, c) for r in range(3) for c in range(6)}
    return taken


def _path(size: int) -> Iterator[tuple[int, int]]:
    """Pairs of columns from the right, up and down in turn, past the timing column."""
    up = True
    col = size - 1
    while col > 0:
        if col == 6:
            col -= 1
        for row in range(size - 1, -1, -1) if up else range(size):
            yield row, col
            yield row, col - 1
        up = not up
        col -= 2


def _joined(words: Sequence[int], lengths: list[int]) -> bytes:
    """Data of the blocks, which are interleaved word by word."""
    blocks: list[list[int]] = [[] for _ in lengths]
    at = 0
    for n in range(max(lengths)):
        for block, length in zip(blocks, lengths, strict=True):
            if n < length:
                block.append(words[at])
                at += 1
    return bytes(word for block in blocks for word in block)


def _text(data: bytes, version: int) -> str:
    bits = "".join(f"{byte:08b}" for byte in data)
    text, at = "", 0
    while at + 4 <= len(bits) and (mode := int(bits[at : at + 4], 2)):
        assert mode == 4, "only bytes are expected here"
        wide = 8 if version < 10 else 16
        count = int(bits[at + 4 : at + 4 + wide], 2)
        at += 4 + wide
        raw = int(bits[at : at + 8 * count], 2).to_bytes(count, "big")
        text += raw.decode()
        at += 8 * count
    return text
