// Why the kernel will not load a program.

public import Reporting

/// What is wrong with an executable, and where. Segments are numbered as in the program headers.
public enum ELFError: Error, Equatable, Sendable, Reportable {
  /// The file ends within the ELF header or the program headers.
  case truncated(bytes: Int, needed: UInt64)
  case wrongMagic
  /// A field of the ELF header with a value that this kernel cannot run.
  case unsupported(Field, value: UInt64)
  /// The file content of a segment leaves the file.
  case segmentOutsideFile(Int)
  /// A segment has more bytes in the file than in memory.
  case segmentSizes(Int)
  /// Addresses wrap or leave what user images may use.
  case segmentOutsideUserRange(Int, address: UInt64)
  /// Address and file offset differ within a page, or the alignment is no power of two.
  case misalignedSegment(Int)
  case writableAndExecutable(Int)
  /// Readable is the least a segment must be.
  case unreadableSegment(Int)
  /// Two segments have a page in common, or are not in ascending order.
  case overlappingSegments(Int, Int)
  /// A program header that needs what this kernel does not do: 2 dynamic, 3 interpreter,
  /// 7 thread-local storage.
  case unsupportedSegment(Int, type: UInt32)
  case tooManySegments(limit: Int)
  case noSegments
  case entryNotExecutable(address: UInt64)

  /// A field of the ELF header.
  public enum Field: Equatable, Sendable {
    case fileClass
    case byteOrder
    case version
    case type
    case machine
    case headerBytes
    case programHeaderBytes
  }

  public func write(to output: inout some TextOutput & ~Copyable) {
    output.write("executable: ")
    switch self {
    case .truncated(let bytes, let needed):
      output.write("\(bytes) bytes, but needs \(needed)" as LogText)
    case .wrongMagic: output.write("no ELF file")
    case .unsupported(let field, let value):
      output.write("\(field.name) is \(value)" as LogText)
      output.write(", not static 64-bit little-endian AArch64")
    case .segmentOutsideFile(let index):
      output.write("segment \(index) leaves the file" as LogText)
    case .segmentSizes(let index):
      output.write("segment \(index) is larger in the file than in memory" as LogText)
    case .segmentOutsideUserRange(let index, let address):
      output.write("segment \(index) at \(hexadecimal: address)" as LogText)
      output.write(" leaves the addresses for images")
    case .misalignedSegment(let index):
      output.write("segment \(index) is misaligned" as LogText)
    case .writableAndExecutable(let index):
      output.write("segment \(index) is writable and executable" as LogText)
    case .unreadableSegment(let index):
      output.write("segment \(index) is not readable" as LogText)
    case .overlappingSegments(let first, let second):
      output.write("segments \(first) and \(second) share a page" as LogText)
      output.write(" or are out of order")
    case .unsupportedSegment(let index, let type):
      output.write("segment \(index) has type \(type), which" as LogText)
      output.write(" a static program does not need")
    case .tooManySegments(let limit):
      output.write("more than \(limit) segments" as LogText)
    case .noSegments: output.write("nothing to load")
    case .entryNotExecutable(let address):
      output.write("entry point \(hexadecimal: address) is in no executable segment" as LogText)
    }
  }
}

extension ELFError.Field {
  fileprivate var name: StaticString {
    switch self {
    case .fileClass: "class"
    case .byteOrder: "byte order"
    case .version: "version"
    case .type: "type"
    case .machine: "machine"
    case .headerBytes: "size of the header"
    case .programHeaderBytes: "size of a program header"
    }
  }
}
