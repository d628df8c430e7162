"""The two wire formats of WhatsApp Web: protobuf by hand, and WABinary, in which a stanza is a node."""

import struct
import zlib
from pathlib import Path
from typing import Any

SERVER = "s.whatsapp.net"
_BLOCKS = [
    block.splitlines()
    for block in Path(__file__).with_name("words.txt").read_text(encoding="utf-8").removesuffix("\n").split("\n%\n")
]
SINGLE, DOUBLE = _BLOCKS[0], _BLOCKS[1:]
Attrs = dict[str, Any]


def varint(n: int) -> bytes:
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)


def pb(*fields: tuple[int, int | bytes]) -> bytes:
    """Encodes (field number, whole number or bytes) pairs."""
    out = b""
    for number, value in fields:
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
        else:
            out += varint(number << 3 | 2) + varint(len(value)) + value
    return out


def unpb(data: bytes) -> dict[int, list[Any]]:
    """Decodes one message into field number -> values in their order."""
    at = 0
    out: dict[int, list[Any]] = {}

    def read() -> int:
        nonlocal at
        shift = result = 0
        while True:
            byte = data[at]
            at += 1
            result |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return result

    while at < len(data):
        tag = read()
        wire = tag & 7
        value: Any
        if wire == 0:
            value = read()
        else:
            size = {1: 8, 5: 4}.get(wire) or read()
            value = data[at : at + size]
            at += size
        out.setdefault(tag >> 3, []).append(value)
    return out


class Jid(str):
    """A text that goes on the wire as an address."""

    __slots__ = ()


class Node:
    """One stanza: tag, attributes, and children, bytes or nothing."""

    __slots__ = ("attrs", "content", "tag")

    def __init__(self, tag: str, attrs: Attrs | None = None, content: "list[Node] | bytes | None" = None) -> None:
        self.tag = tag
        self.attrs: Attrs = attrs or {}
        self.content = content

    def kids(self) -> "list[Node]":
        return self.content if isinstance(self.content, list) else []

    def child(self, tag: str) -> "Node | None":
        return next((kid for kid in self.kids() if kid.tag == tag), None)

    def bytes_of(self, tag: str) -> bytes:
        """The content of a child."""
        found = self.child(tag)
        return found.content if found is not None and isinstance(found.content, bytes) else b""

    def __repr__(self) -> str:
        attrs = "".join(f" {k}={v!r}" for k, v in self.attrs.items())
        if isinstance(self.content, list):
            return f"<{self.tag}{attrs}>" + "".join(map(repr, self.content)) + f"</{self.tag}>"
        if self.content is None:
            return f"<{self.tag}{attrs}/>"
        return f"<{self.tag}{attrs}>{self.content[:24]!r}({len(self.content)})</{self.tag}>"


def _encode_bytes(data: bytes) -> bytes:
    size = len(data)
    if size < 256:
        return bytes([252, size]) + data
    return bytes([253, size >> 16 & 15, size >> 8 & 255, size & 255]) + data


def _encode_jid(jid: str) -> bytes:
    user, _, server = jid.rpartition("@")
    if ":" in user and server in (SERVER, "lid"):
        name, device = user.split(":")
        return bytes([247, 1 if server == "lid" else 0, int(device)]) + _encode_bytes(name.encode())
    return b"\xfa" + (_encode_bytes(user.encode()) if user else b"\x00") + _encode_bytes(server.encode())


def _encode_list(size: int) -> bytes:
    return bytes([248, size]) if size < 256 else b"\xf9" + struct.pack(">H", size)


def encode(node: Node) -> bytes:
    """The bytes of a node, without the byte of flags before it."""
    attrs = {k: v for k, v in node.attrs.items() if v is not None}
    out = _encode_list(1 + 2 * len(attrs) + (node.content is not None)) + _encode_bytes(node.tag.encode())
    for key, value in attrs.items():
        out += _encode_bytes(key.encode())
        out += _encode_jid(value) if isinstance(value, Jid) else _encode_bytes(str(value).encode())
    if isinstance(node.content, list):
        out += _encode_list(len(node.content)) + b"".join(map(encode, node.content))
    elif node.content is not None:
        out += _encode_bytes(node.content)
    return out


class _Decoder:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def byte(self) -> int:
        self.at += 1
        return self.data[self.at - 1]

    def raw(self, size: int) -> bytes:
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, size: int) -> int:
        return int.from_bytes(self.raw(size), "big")

    def size(self, tag: int) -> int:
        return 0 if tag == 0 else self.number(1 if tag == 248 else 2)

    def packed(self, tag: int) -> str:
        start = self.byte()
        alphabet = "0123456789-.\0\0\0\0" if tag == 255 else "0123456789ABCDEF"
        text = ""
        for _ in range(start & 127):
            byte = self.byte()
            text += alphabet[byte >> 4] + alphabet[byte & 15]
        return text[:-1] if start >> 7 else text

    def value(self, *, text: bool) -> Any:
        tag = self.byte()
        if tag == 0:
            return None
        if tag in (248, 249):
            return [self.node() for _ in range(self.size(tag))]
        if 236 <= tag <= 239:
            return DOUBLE[tag - 236][self.byte()]
        if tag == 250:
            user = self.value(text=True)
            return Jid(f"{user or ''}@{self.value(text=True)}")
        if tag == 247:
            domain, device = self.byte(), self.byte()
            user, server = self.value(text=True), "lid" if domain == 1 else SERVER
            return Jid(f"{user}:{device}@{server}" if device else f"{user}@{server}")
        if tag in (255, 251):
            return self.packed(tag)
        if tag == 252:
            data = self.raw(self.number(1))
        elif tag == 253:
            data = self.raw((self.byte() & 15) << 16 | self.number(2))
        elif tag == 254:
            data = self.raw(self.number(4))
        else:
            return SINGLE[tag]
        return data.decode("utf8", "replace") if text else data

    def node(self) -> Node:
        size = self.size(self.byte())
        tag = self.value(text=True)
        attrs: Attrs = {}
        for _ in range((size - 1) >> 1):
            key = self.value(text=True)
            attrs[key] = self.value(text=True)
        return Node(tag, attrs, None if size % 2 else self.value(text=False))


def decode(frame: bytes) -> Node:
    """One stanza from a decrypted frame: a byte of flags (2: deflated), then the node."""
    body = frame[1:]
    return _Decoder(zlib.decompress(body) if frame[0] & 2 else body).node()
