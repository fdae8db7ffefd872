// XDR in, argument area out: what the NIC does with the arguments of a call.
//
// A request comes from anybody on the network. Whatever does not fit its signature exactly ends
// here as nil, which is GARBAGE_ARGS on the wire (RFC 5531 §9), and never reaches a core.

internal import Interface

public enum Unmarshaller {
  /// Lays `xdr` out in `area` as `ValueLayout` says.
  ///
  /// Returns the end of the area's used part, a multiple of 8; every byte below it is written.
  /// Returns nil when the data do not fit the signature: too short or too long, over a maximum,
  /// padding that is not zero, a bool that is neither 0 nor 1, a discriminant without an arm, or
  /// no room in the area. The area may then hold part of the values and must not be delivered.
  ///
  /// `signature` should have passed `SignatureValidator`. One that did not gives nil or a
  /// meaningless layout, but reads and writes nothing outside of the spans. Time: each
  /// step consumes at least 4 bytes of XDR or enters a list (8 deep at most), and reads a
  /// signature of 255 bytes at most once to find an arm; so O(255 · xdr.count) at worst,
  /// O(xdr.count) without unions, whatever the bytes are.
  public static func unmarshal(
    _ xdr: Span<UInt8>, signature: Span<UInt8>, into area: inout MutableSpan<UInt8>
  ) -> Int? {
    if signature.isEmpty { return xdr.isEmpty ? 0 : nil }
    guard signature.count <= SignatureLimits.bytes else { return nil }
    let areaBytes = min(area.count, ArgumentArea.bytes)
    var outer = [8 of ListFrame](repeating: ListFrame())
    var depth = 0
    // The current list.
    var start = 0
    var end = signature.count
    var position = 0
    var remaining = 1
    var slot = 0
    // How far the XDR data are consumed.
    var read = 0
    // Where the next run may begin; known once the first reference slot needs it.
    var usedEnd: Int? = nil

    while true {
      while position >= end {
        guard position == end else { return nil }
        if remaining > 1 {
          remaining -= 1
          position = start
        } else if depth == 0 {
          return read == xdr.count ? usedEnd ?? slot : nil
        } else {
          depth -= 1
          start = outer[depth].start
          end = outer[depth].end
          position = outer[depth].position
          remaining = outer[depth].remaining
          slot = outer[depth].slot
        }
      }

      guard let code = SignatureReader.code(signature, at: position) else { return nil }
      let list: SignatureReader.List
      let count: Int
      let next: Int
      switch code {
      case .int, .unsignedInt, .enumeration, .bool, .float:
        guard let bits = ByteAccess.loadBigEndian32(xdr, at: read),
          let word = SlotValue.word(of: bits, as: code),
          ByteAccess.store(word.littleEndian, into: &area, at: slot, limit: areaBytes)
        else { return nil }
        read += 4
        slot += 8
        position += 1
        continue

      case .hyper, .unsignedHyper, .double:
        let run = SignatureReader.run(
          signature, at: position, listFrom: start, to: end, remaining: remaining)
        guard
          ByteAccess.copySwapped64(
            xdr, from: read, count: run.values, into: &area, at: slot, limit: areaBytes)
        else { return nil }
        read += 8 * run.values
        slot += 8 * run.values
        if run.isWholeList { remaining = 1 }
        position += run.isWholeList ? 1 : run.values
        continue

      case .quadruple:
        guard let high = ByteAccess.loadBigEndian64(xdr, at: read),
          let low = ByteAccess.loadBigEndian64(xdr, at: read + 8),
          ByteAccess.store(low.littleEndian, into: &area, at: slot, limit: areaBytes),
          ByteAccess.store(high.littleEndian, into: &area, at: slot + 8, limit: areaBytes)
        else { return nil }
        read += 16
        slot += 16
        position += 1
        continue

      case .fixedOpaque, .opaque, .string:
        let most = SignatureReader.size(signature, at: position + 1)
        var bytes = most
        if code != .fixedOpaque {
          guard let length = ByteAccess.loadBigEndian32(xdr, at: read), length <= UInt32(most)
          else { return nil }
          bytes = Int(length)
          read += 4
        } else if bytes == 0 {
          return nil
        }
        let dataEnd = read + bytes
        let xdrEnd = read + (bytes + 3) & ~3
        guard
          let run = reserve(
            ValueLayout.padded(bytes), count: bytes, referenceAt: slot, signature, &usedEnd,
            &area, areaBytes),
          ByteAccess.areZero(xdr, from: dataEnd, to: xdrEnd),
          ByteAccess.copy(
            xdr, from: read, count: bytes, into: &area, at: run,
            paddedCount: ValueLayout.padded(bytes))
        else { return nil }
        read = xdrEnd
        slot += 8
        position += 3
        continue

      case .fixedArray:
        count = SignatureReader.size(signature, at: position + 1)
        list = SignatureReader.list(signature, at: position + 3)
        next = list.end
        if count == 0 { return nil }

      case .array:
        guard let length = ByteAccess.loadBigEndian32(xdr, at: read),
          length <= UInt32(SignatureReader.size(signature, at: position + 1))
        else { return nil }
        read += 4
        count = Int(length)
        list = SignatureReader.list(signature, at: position + 3)
        next = list.end

      case .optional:
        guard let isPresent = ByteAccess.loadBigEndian32(xdr, at: read), isPresent <= 1 else {
          return nil
        }
        read += 4
        count = Int(isPresent)
        list = SignatureReader.list(signature, at: position + 1)
        next = list.end

      case .union:
        next = position + 3 + SignatureReader.byte(signature, at: position + 2)
        guard let type = SignatureReader.code(signature, at: position + 1),
          SignatureDiscriminant(type) != nil,
          let bits = ByteAccess.loadBigEndian32(xdr, at: read),
          let word = SlotValue.word(of: bits, as: type),
          ByteAccess.store(word.littleEndian, into: &area, at: slot, limit: areaBytes),
          let arm = SignatureReader.arm(signature, from: position + 3, to: next, value: bits)
        else { return nil }
        read += 4
        slot += 8
        list = arm
        count = arm.slots == 0 ? 0 : 1
      }

      // A list: reserve the slots of all its elements, then fill them.
      guard next <= end,
        let run = reserve(
          count * list.slots * ValueLayout.slotBytes, count: count, referenceAt: slot, signature,
          &usedEnd, &area, areaBytes)
      else { return nil }
      slot += 8
      position = next
      if count == 0 { continue }
      guard depth < SignatureLimits.nestingDepth, list.slots > 0, list.start < list.end,
        list.end <= next
      else { return nil }
      outer[depth] = ListFrame(
        start: start, end: end, position: position, remaining: remaining, slot: slot)
      depth += 1
      start = list.start
      end = list.end
      position = start
      remaining = count
      slot = run
    }
  }

  /// Places a run of `bytes` bytes and stores its reference; returns its offset.
  @inline(__always)
  private static func reserve(
    _ bytes: Int, count: Int, referenceAt slot: Int, _ signature: Span<UInt8>,
    _ usedEnd: inout Int?, _ area: inout MutableSpan<UInt8>, _ areaBytes: Int
  ) -> Int? {
    var end: Int
    if let known = usedEnd {
      end = known
    } else {
      guard let slots = SignatureReader.slots(signature) else { return nil }
      end = slots * ValueLayout.slotBytes
      if end > areaBytes { return nil }
    }
    if bytes == 0 {
      usedEnd = end
      return ByteAccess.store(UInt64(0), into: &area, at: slot, limit: areaBytes) ? end : nil
    }
    let run = ValueLayout.startOfRun(bytes: bytes, usedEnd: end)
    guard ByteAccess.fits(run, bytes, in: areaBytes) else { return nil }
    while end < run {
      guard ByteAccess.store(UInt64(0), into: &area, at: end, limit: areaBytes) else {
        return nil
      }
      end += ValueLayout.slotBytes
    }
    usedEnd = run + bytes
    let reference = DataReference(
      offset: UInt32(truncatingIfNeeded: run), length: UInt32(truncatingIfNeeded: count))
    return ByteAccess.store(reference.word.littleEndian, into: &area, at: slot, limit: areaBytes)
      ? run : nil
  }
}
