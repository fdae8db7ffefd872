// How giving and taking of frames can fail.

public import Reporting

/// Why frames were not handed out or taken back.
public enum FrameError: Error, Equatable, Sendable, Reportable {
  /// No memory region has a whole frame left for the allocator's own list.
  case noMemory
  case tooManyRegions(limit: Int)
  /// No run of that many free frames with that alignment.
  case outOfMemory(frames: Int, freeFrames: Int)
  /// A caller's mistake: no frames, or an alignment that is no power of two of whole frames.
  case invalidRequest
  /// Not the address of a frame.
  case misaligned(PhysicalAddress)
  /// Not in any region, or part of the allocator's own list.
  case notManaged(PhysicalAddress)
  /// Freed twice.
  case alreadyFree(PhysicalAddress)

  public func write(to output: inout some TextOutput & ~Copyable) {
    switch self {
    case .noMemory: output.write("no memory for the frame list")
    case .tooManyRegions(let limit): output.write("more than \(limit) memory regions" as LogText)
    case .outOfMemory(let frames, let free):
      output.write("out of memory: \(frames) frames in a row wanted, \(free) free" as LogText)
    case .invalidRequest: output.write("invalid number or alignment of frames")
    case .misaligned(let address):
      output.write("\(hexadecimal: address.bits) is no frame's address" as LogText)
    case .notManaged(let address):
      output.write("frame \(hexadecimal: address.bits) is not the allocator's" as LogText)
    case .alreadyFree(let address):
      output.write("frame \(hexadecimal: address.bits) freed twice" as LogText)
    }
  }
}

/// Where frames for translation tables come from and go to.
public protocol FrameSource: ~Copyable {
  /// A frame with undefined content.
  mutating func allocateFrame(
    in memory: inout some PhysicalMemory & ~Copyable
  ) throws(FrameError) -> PhysicalAddress
  mutating func freeFrame(
    _ frame: PhysicalAddress, in memory: inout some PhysicalMemory & ~Copyable
  ) throws(FrameError)
}
