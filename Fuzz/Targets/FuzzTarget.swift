// What is fuzzed: every parser that reads bytes which somebody else has written, and the NIC under
// accesses that keep to no rule.
//
// One definition for two uses: `make fuzz` drives it with libFuzzer (Fuzz/Driver), and
// Tests/FuzzTests runs the corpus and some thousand mutations of it in `make test`.

/// What reads the input, and what must hold whatever that is.
public enum FuzzTarget: String, CaseIterable, Sendable {
  /// A frame into a NIC that serves some procedures; flags, then the frame.
  case frame
  /// Stores and loads of lines, calls and commands in between; flags, then steps.
  case lines
  /// A signature and XDR data to unmarshal by it: length of the signature, signature, data.
  case unmarshalling
  /// A signature and an argument area to marshal by it, in the same form.
  case marshalling
  /// A flattened device tree.
  case deviceTree
  /// A program.
  case program
  /// An initial archive.
  case archive

  /// Reads `input`. A trap, or an error thrown, is a defect.
  public func run(_ input: Span<UInt8>) throws(FuzzFailure) {
    switch self {
    case .frame: try FrameTarget.run(input)
    case .lines: try LineTarget.run(input)
    case .unmarshalling: try SignatureTarget.unmarshal(input)
    case .marshalling: try SignatureTarget.marshal(input)
    case .deviceTree: try DeviceTreeTarget.run(input)
    case .program: try ProgramTarget.run(input)
    case .archive: try ArchiveTarget.run(input)
    }
  }
}

extension FuzzTarget {
  /// As `run`; nil when every property held.
  public func failure(of input: [UInt8]) -> FuzzFailure? {
    do throws(FuzzFailure) {
      try run(input.span)
      return nil
    } catch {
      return error
    }
  }
}

/// A property that did not hold.
public struct FuzzFailure: Error, Hashable, CustomStringConvertible {
  public let description: String

  static func check(_ holds: Bool, _ property: @autoclosure () -> String) throws(FuzzFailure) {
    if !holds { throw FuzzFailure(description: property()) }
  }
}
