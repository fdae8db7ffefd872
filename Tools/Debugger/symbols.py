"""What gdb does not know of Swift: names without mangling, and where a struct's fields are.

gdb takes Swift for an unknown language. It shows mangled names, so the names come from `swift
demangle` here. It reads the types of DWARF, in which the compiler (6.3, Embedded) gives each
field its size and each struct its size, but wrong offsets: it rounds the end of a field up to
that field's own alignment. So the offsets are computed here, by Swift's rule (fields in order,
each at the next multiple of its alignment), and the sum is checked against the struct's size.
"""

import struct
import subprocess

import gdb
from gdb.FrameDecorator import FrameDecorator


class Names:
    """The kernel's symbols by their Swift names."""

    def __init__(self, path):
        listing = subprocess.run(
            ["aarch64-linux-gnu-nm", path], check=True, capture_output=True, text=True).stdout
        mangled = [line.split(None, 2) for line in listing.splitlines() if len(line.split()) > 2]
        text = "\n".join(symbol for _, _, symbol in mangled)
        plain = subprocess.run(
            ["swift", "demangle", "--simplified"], input=text, check=True, capture_output=True,
            text=True).stdout.splitlines()
        self.address_of = {}
        self.plain_of = {}
        for (address, _, symbol), name in zip(mangled, plain):
            self.address_of.setdefault(name, int(address, 16))
            self.plain_of[symbol] = name

    def plain(self, symbol):
        return self.plain_of.get(symbol, symbol)

    def address(self, name):
        if name not in self.address_of:
            raise gdb.GdbError(f"the kernel has no symbol {name}")
        return self.address_of[name]

    def matching(self, text):
        return sorted(name for name in self.address_of if text in name)


class SwiftFrame(FrameDecorator):
    def function(self):
        name = super().function()
        return NAMES.plain(name) if isinstance(name, str) else name


class SwiftNames:
    """Backtraces with Swift's names."""

    def __init__(self):
        self.name = "swift-names"
        self.priority = 100
        self.enabled = True
        gdb.current_progspace().frame_filters[self.name] = self

    def filter(self, frames):
        return map(SwiftFrame, frames)


def struct_type(mangled):
    """The type of this mangled name, with its fields."""
    for symbol in gdb.lookup_static_symbols(mangled, gdb.SYMBOL_STRUCT_DOMAIN):
        if symbol.type.fields():
            return symbol.type
    raise gdb.GdbError(f"the kernel's debug information has no type {mangled}")


# Structs of C (Boot/include/Boot.h), of which DWARF has no more than the size, and that are aligned to
# more than a word.
C_ALIGNMENT = {"FloatingPointContext": 16}


def alignment(kind):
    """Of a type; one whose fields DWARF does not give (an optional) has its size to go by."""
    kind = kind.strip_typedefs()
    if kind.name in C_ALIGNMENT:
        return C_ALIGNMENT[kind.name]
    fields = kind.fields() if kind.code == gdb.TYPE_CODE_STRUCT else []
    known = [alignment(field.type) for field in fields if field.type.sizeof > 0]
    if known and kind.name != "InlineArray":
        return max(known)
    size = kind.sizeof
    if size > 1 and size % 2 == 1:
        size -= 1  # the byte that says whether there is a value
    return min(size & -size, 8) if size else 1


def offset_of(kind, path):
    """Offset and type of a field such as "scheduler.workers.count"."""
    total = 0
    for name in path.split("."):
        position, found = 0, None
        for field in kind.fields():
            align = alignment(field.type)
            position = (position + align - 1) // align * align
            if field.name == name:
                found = (position, field.type)
            position += field.type.sizeof
        if found is None:
            raise gdb.GdbError(f"{kind.name} has no field {name}")
        if position != kind.sizeof:
            raise gdb.GdbError(f"the layout of {kind.name} is not understood")
        total += found[0]
        kind = found[1]
    return total, kind


def read(address, size):
    return bytes(gdb.selected_inferior().read_memory(address, size))


def word(address, size=8):
    return int.from_bytes(read(address, size), "little")


class Value:
    """A struct in the kernel's memory."""

    def __init__(self, mangled, address):
        self.kind = struct_type(mangled)
        self.address = address

    def __getitem__(self, path):
        """A number."""
        offset, kind = offset_of(self.kind, path)
        return word(self.address + offset, min(kind.sizeof, 8))

    def optional(self, path):
        """A number that may be nil: behind it is a byte that is 0 when there is one."""
        offset, kind = offset_of(self.kind, path)
        raw = read(self.address + offset, kind.sizeof)
        return None if raw[-1] else int.from_bytes(raw[:-1], "little")

    def address_of(self, path):
        return self.address + offset_of(self.kind, path)[0]


def stride(mangled):
    """From one element of an array to the next."""
    kind = struct_type(mangled)
    align = alignment(kind)
    return (kind.sizeof + align - 1) // align * align


def words(address, count):
    return struct.unpack(f"<{count}Q", read(address, 8 * count))


NAMES = Names(gdb.objfiles()[0].filename)
SwiftNames()
