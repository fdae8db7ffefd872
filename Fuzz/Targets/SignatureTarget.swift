// Signatures that a program wrote, data that a client wrote, results that a handler wrote.

import Interface
import Marshalling

enum SignatureTarget {
  /// Both directions agree: what was unmarshalled is marshalled to the same bytes again, since
  /// XDR has one encoding of a value.
  static func unmarshal(_ input: Span<UInt8>) throws(FuzzFailure) {
    let (signature, data) = split(input)
    let isValid = isValid(signature)
    // A signature that was refused must do no harm either: the spans are the only bounds.
    guard let area = area(of: data, signature), isValid else { return }
    try FuzzFailure.check(area.count % 8 == 0, "the end \(area.count) is no multiple of 8")
    guard let again = encoding(of: area.span, signature) else {
      throw FuzzFailure(description: "data of \(data.count) bytes went in, but not out again")
    }
    try FuzzFailure.check(
      again.elementsEqual(Array(data)), "\(Array(data)) came back as \(again)")
  }

  /// What a handler left, taken or refused; what is taken, a client's own stub understands.
  static func marshal(_ input: Span<UInt8>) throws(FuzzFailure) {
    let (signature, results) = split(input)
    let isValid = isValid(signature)
    guard let encoded = encoding(of: results, signature), isValid else { return }
    try FuzzFailure.check(encoded.count % 4 == 0, "\(encoded.count) bytes are no XDR")
    // Runs may be shared in an area, so an encoding may be too large for an area without that.
    guard let area = area(of: encoded.span, signature) else { return }
    try FuzzFailure.check(
      encoding(of: area.span, signature) == encoded, "\(encoded) is not read as it was written")
  }

  @_lifetime(copy input)
  private static func split(_ input: Span<UInt8>) -> (Span<UInt8>, Span<UInt8>) {
    guard !input.isEmpty else { return (input, input) }
    let end = min(1 + Int(input[0]), input.count)
    return (input.extracting(1..<end), input.extracting(end..<input.count))
  }

  private static func isValid(_ signature: Span<UInt8>) -> Bool {
    do throws(SignatureFault) {
      try SignatureValidator.validate(signature)
      return true
    } catch {
      return false
    }
  }

  private static func area(of data: Span<UInt8>, _ signature: Span<UInt8>) -> [UInt8]? {
    var area = [UInt8](repeating: 0xAA, count: ArgumentArea.bytes)
    var bytes = area.mutableSpan
    let used = Unmarshaller.unmarshal(data, signature: signature, into: &bytes)
    return used.map { Array(area[..<$0]) }
  }

  private static func encoding(of area: Span<UInt8>, _ signature: Span<UInt8>) -> [UInt8]? {
    var encoded = [UInt8](repeating: 0xAA, count: ArgumentArea.bytes)
    var bytes = encoded.mutableSpan
    let used = Marshaller.marshal(area, signature: signature, into: &bytes)
    return used.map { Array(encoded[..<$0]) }
  }
}

extension Array where Element == UInt8 {
  init(_ span: Span<UInt8>) {
    self = []
    reserveCapacity(span.count)
    for index in span.indices { append(span[index]) }
  }
}
