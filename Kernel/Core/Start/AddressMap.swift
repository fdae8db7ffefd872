// Where everything is in the kernel's half of the address space.
//
//     0xffff_0000_0000_0000   RAM, all of it, at physical address + linearBase: read and write
//     0xffff_8000_0000_0000   the image (Linker/kernel.ld): text RX, constants R, data RW
//     0xffff_9000_0000_0000   device registers, one after another, with a hole between each
//     0xffff_a000_0000_0000   the FPGA's line window
//     0xffff_b000_0000_0000   kernel stacks, with a guard page below each
//
// Below 0x0001_0000_0000_0000 is the process that runs (SystemInterface/UserAddressSpace.swift).

/// Bases and strides of the kernel's address space, in bytes.
enum AddressMap {
  static var linearBase: UInt64 { 0xffff_0000_0000_0000 }
  static var imageBase: UInt64 { 0xffff_8000_0000_0000 }
  static var devicesBase: UInt64 { 0xffff_9000_0000_0000 }
  static var linesBase: UInt64 { 0xffff_a000_0000_0000 }
  static var stacksBase: UInt64 { 0xffff_b000_0000_0000 }

  /// A core's stack, and the distance to the next: the rest is unmapped, so that bit CORE_STACK_BIT
  /// tells one from the other (Boot/Vectors.S).
  static var stackBytes: UInt64 { 0x8000 }
  static var stackStrideBytes: UInt64 { 0x10000 }

  static func stackTop(ofCore index: Int) -> UInt64 {
    stacksBase + UInt64(index + 1) * stackStrideBytes
  }
}
