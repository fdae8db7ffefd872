// What can be wrong with an archive, and where.

public import Reporting

/// Why an archive cannot be read. Offsets count bytes from its start and are those of the header
/// concerned.
public enum ArchiveError: Error, Equatable, Sendable, Reportable {
  /// The archive ends within a header.
  case truncatedHeader(offset: Int)
  /// No "070701" or "070702" where a header should be.
  case wrongMagic(offset: Int)
  /// Field `field` (1…13) of the header is not made of eight hexadecimal digits.
  case invalidField(Int, offset: Int)
  /// The name is empty, has no zero at its end, or leaves the archive.
  case invalidName(offset: Int)
  /// The content leaves the archive.
  case truncatedContent(offset: Int, bytes: Int)
  /// The archive ends without its trailer.
  case missingTrailer(offset: Int)

  public func write(to output: inout some TextOutput & ~Copyable) {
    output.write("archive: ")
    switch self {
    case .truncatedHeader(let offset):
      output.write("ends in the header at \(hexadecimal: offset)" as LogText)
    case .wrongMagic(let offset):
      output.write("no cpio (newc) header at \(hexadecimal: offset)" as LogText)
    case .invalidField(let field, let offset):
      output.write("header at \(hexadecimal: offset):" as LogText)
      output.write(" field \(field) is no hexadecimal number" as LogText)
    case .invalidName(let offset):
      output.write("header at \(hexadecimal: offset) has no valid name" as LogText)
    case .truncatedContent(let offset, let bytes):
      output.write("ends in the file at \(hexadecimal: offset) of \(bytes) bytes" as LogText)
    case .missingTrailer(let offset):
      output.write("ends at \(hexadecimal: offset) without trailer" as LogText)
    }
  }
}
