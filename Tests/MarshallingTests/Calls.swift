// The module under test, called with arrays.

import Interface
import Marshalling

/// What the NIC would find in a line's place before a call: anything but zeros.
let staleByte: UInt8 = 0xA5

func validate(_ signature: [UInt8]) -> SignatureFault? {
  do throws(SignatureFault) {
    try SignatureValidator.validate(signature.span)
    return nil
  } catch {
    return error
  }
}

/// The used part of the area, which held `stale` everywhere before, or nil.
func unmarshal(
  _ xdr: [UInt8], _ signature: [UInt8], areaBytes: Int = ArgumentArea.bytes,
  stale: UInt8 = staleByte
) -> [UInt8]? {
  var area = [UInt8](repeating: stale, count: areaBytes)
  var span = area.mutableSpan
  guard let end = Unmarshaller.unmarshal(xdr.span, signature: signature.span, into: &span) else {
    return nil
  }
  return Array(area[..<end])
}

func marshal(_ area: [UInt8], _ signature: [UInt8], room: Int = 16384) -> [UInt8]? {
  var xdr = [UInt8](repeating: staleByte, count: room)
  var span = xdr.mutableSpan
  guard let count = Marshaller.marshal(area.span, signature: signature.span, into: &span) else {
    return nil
  }
  return Array(xdr[..<count])
}

extension Signature {
  var bytes: [UInt8] {
    withBytes { span in
      var bytes: [UInt8] = []
      for index in span.indices { bytes.append(span[index]) }
      return bytes
    }
  }
}

/// Bytes from hexadecimal digits; everything else in the text is for the reader.
func hex(_ text: String) -> [UInt8] {
  let digits = text.compactMap(\.hexDigitValue)
  precondition(digits.count % 2 == 0, "half a byte in \(text)")
  return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}

/// Area bytes from slots.
func slots(_ words: UInt64...) -> [UInt8] {
  words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
}

/// A reference slot.
func reference(_ offset: UInt32, _ length: UInt32) -> UInt64 {
  DataReference(offset: offset, length: length).word
}
