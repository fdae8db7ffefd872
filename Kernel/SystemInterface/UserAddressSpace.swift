// Where things are in a process's address space.

public import Interface

/// Addresses that kernel and user programs agree on (translation table base 0, 48 bits).
///
///     0x0000_0040_0000   image (Linker/user.ld)
///     0x0010_0000_0000   lines: the block of thread t at + t × EndpointLayout.blockBytes
///     0x0020_0000_0000   stacks: thread t's ends below + (t + 1) × stackStrideBytes
///     0x0030_0000_0000   memory that the process asked for (`SystemCall.mapMemory`)
///
/// Nothing else is mapped; between stacks and around the lines lie unmapped guard pages.
public enum UserAddressSpace {
  @inlinable public static var imageBase: UInt64 { 0x40_0000 }
  /// Images end below this.
  @inlinable public static var imageLimit: UInt64 { 0x4000_0000 }
  @inlinable public static var linesBase: UInt64 { 0x10_0000_0000 }
  @inlinable public static var stacksBase: UInt64 { 0x20_0000_0000 }
  @inlinable public static var stackStrideBytes: UInt64 { 0x10_0000 }
  /// Mapped bytes of a stack.
  @inlinable public static var stackBytes: UInt64 { 0x1_0000 }

  @inlinable public static var mappingsBase: UInt64 { 0x30_0000_0000 }
  /// Mapped memory ends below this.
  @inlinable public static var mappingsLimit: UInt64 { 0x40_0000_0000 }

  /// Address of a thread's block of lines.
  @inlinable public static func lines(ofThread index: Int) -> UInt64 {
    linesBase + UInt64(index * EndpointLayout.blockBytes)
  }

  @inlinable public static func stackTop(ofThread index: Int) -> UInt64 {
    stacksBase + UInt64(index + 1) * stackStrideBytes
  }
}

// A thread starts with x0 = address of its endpoint's block, x1 = the thread's index in its process,
// x2 = an argument, its stack pointer at `stackTop`, and all other registers zero. The first thread
// starts at the image's entry point; its argument is the one of `services.conf`, or 0.
