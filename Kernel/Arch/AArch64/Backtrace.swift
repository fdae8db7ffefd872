// Walks frame records: {caller's frame pointer, return address} (AAPCS64 §6.4.6).

internal import Boot

/// The return addresses above a frame.
public struct Backtrace: Sequence, IteratorProtocol {
  private var frame: UInt64
  private let kernelHalf: UInt64 = 0xffff_0000_0000_0000

  /// - Parameter framePointer: x29 of the innermost frame.
  public init(framePointer: UInt64) { frame = framePointer }

  /// The caller's own frames.
  @inline(__always) public static var here: Backtrace { Backtrace(framePointer: frame_pointer()) }

  public mutating func next() -> UInt64? {
    guard frame >= kernelHalf, frame % 16 == 0 else { return nil }
    // Safety: frame pointers of the kernel point into mapped kernel stacks; a broken chain ends
    // at the checks here, or faults inside the panic, which a second panic reports and stops.
    let record = unsafe UnsafePointer<UInt64>(bitPattern: UInt(frame))
    guard let record = unsafe record else { return nil }
    let (outer, address) = unsafe (record[0], record[1])
    guard address >= kernelHalf else { return nil }
    // The stack grows down, so callers' records are above; anything else is a broken chain.
    frame = outer > frame ? outer : 0
    return address
  }
}
