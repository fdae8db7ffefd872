// Argument area in, XDR out: what the NIC does with the results of a call.
//
// The area comes from a process that may be wrong or hostile. The NIC reads only inside the
// area, which is that process's own lines (R13), and sends only what fits the signature.

internal import Interface

public enum Marshaller {
  /// Writes the values in `area` to `xdr`, from byte `origin` on, as `signature` says; `area` may
  /// be shorter than an `ArgumentArea` when fewer overflow lines were fetched.
  ///
  /// Returns the number of bytes written, a multiple of 4. Returns nil when the area does not
  /// hold values of the signature (a reference out of bounds, not aligned, across offset 96 or
  /// over its maximum; a slot that is no value of its type; a discriminant without an arm), or
  /// `xdr` has no room. `xdr` may then hold part of the values.
  ///
  /// `signature` should have passed `SignatureValidator`; one that did not gives nil or
  /// meaningless bytes, but nothing outside of the spans is read or written. References may be
  /// shared, so the area's size does not bound the work, but `xdr` does: each step writes at least
  /// 4 bytes or enters a list (8 deep at most), and reads a signature of 255 bytes at most once
  /// to find an arm; so O(255 · xdr.count) at worst, O(xdr.count) without unions.
  public static func marshal(
    _ area: Span<UInt8>, signature: Span<UInt8>, into xdr: inout MutableSpan<UInt8>,
    at origin: Int = 0
  ) -> Int? {
    if signature.isEmpty { return 0 }
    guard signature.count <= SignatureLimits.bytes else { return nil }
    let area = area.extracting(first: ArgumentArea.bytes)
    let room = xdr.count
    var outer = [8 of ListFrame](repeating: ListFrame())
    var depth = 0
    // The current list.
    var start = 0
    var end = signature.count
    var position = 0
    var remaining = 1
    var slot = 0
    var written = origin

    while true {
      while position >= end {
        guard position == end else { return nil }
        if remaining > 1 {
          remaining -= 1
          position = start
        } else if depth == 0 {
          return written - origin
        } else {
          depth -= 1
          start = outer[depth].start
          end = outer[depth].end
          position = outer[depth].position
          remaining = outer[depth].remaining
          slot = outer[depth].slot
        }
      }

      guard let code = SignatureReader.code(signature, at: position),
        let word = ByteAccess.loadSlot(area, at: slot)
      else { return nil }
      let list: SignatureReader.List
      let reference: DataReference
      let next: Int
      switch code {
      case .int, .unsignedInt, .enumeration, .bool, .float:
        guard let bits = SlotValue.bits(of: word, as: code),
          ByteAccess.store(bits.bigEndian, into: &xdr, at: written, limit: room)
        else { return nil }
        written += 4
        slot += 8
        position += 1
        continue

      case .hyper, .unsignedHyper, .double:
        let run = SignatureReader.run(
          signature, at: position, listFrom: start, to: end, remaining: remaining)
        guard
          ByteAccess.copySwapped64(
            area, from: slot, count: run.values, into: &xdr, at: written, limit: room)
        else { return nil }
        written += 8 * run.values
        slot += 8 * run.values
        if run.isWholeList { remaining = 1 }
        position += run.isWholeList ? 1 : run.values
        continue

      case .quadruple:
        guard let high = ByteAccess.loadSlot(area, at: slot + 8),
          ByteAccess.store(high.bigEndian, into: &xdr, at: written, limit: room),
          ByteAccess.store(word.bigEndian, into: &xdr, at: written + 8, limit: room)
        else { return nil }
        written += 16
        slot += 16
        position += 1
        continue

      case .fixedOpaque, .opaque, .string:
        let most = SignatureReader.size(signature, at: position + 1)
        let reference = DataReference(word: word)
        let bytes = Int(reference.length)
        guard bytes <= most else { return nil }
        if code == .fixedOpaque {
          guard bytes == most, bytes > 0 else { return nil }
        } else {
          guard
            ByteAccess.store(reference.length.bigEndian, into: &xdr, at: written, limit: room)
          else { return nil }
          written += 4
        }
        slot += 8
        position += 3
        if bytes == 0 { continue }
        let padded = (bytes + 3) & ~3
        guard
          ValueLayout.allowsRun(at: Int(reference.offset), bytes: bytes, areaBytes: area.count),
          ByteAccess.copy(
            area, from: Int(reference.offset), count: bytes, into: &xdr, at: written,
            paddedCount: padded)
        else { return nil }
        written += padded
        continue

      case .fixedArray:
        reference = DataReference(word: word)
        list = SignatureReader.list(signature, at: position + 3)
        next = list.end
        guard Int(reference.length) == SignatureReader.size(signature, at: position + 1),
          reference.length > 0
        else { return nil }

      case .array:
        reference = DataReference(word: word)
        list = SignatureReader.list(signature, at: position + 3)
        next = list.end
        guard Int(reference.length) <= SignatureReader.size(signature, at: position + 1),
          ByteAccess.store(reference.length.bigEndian, into: &xdr, at: written, limit: room)
        else { return nil }
        written += 4

      case .optional:
        reference = DataReference(word: word)
        list = SignatureReader.list(signature, at: position + 1)
        next = list.end
        guard reference.length <= 1,
          ByteAccess.store(reference.length.bigEndian, into: &xdr, at: written, limit: room)
        else { return nil }
        written += 4

      case .union:
        next = position + 3 + SignatureReader.byte(signature, at: position + 2)
        guard let type = SignatureReader.code(signature, at: position + 1),
          SignatureDiscriminant(type) != nil,
          let bits = SlotValue.bits(of: word, as: type),
          let referenceWord = ByteAccess.loadSlot(area, at: slot + 8),
          let arm = SignatureReader.arm(signature, from: position + 3, to: next, value: bits)
        else { return nil }
        reference = DataReference(word: referenceWord)
        list = arm
        guard reference.length == (arm.slots == 0 ? 0 : 1),
          ByteAccess.store(bits.bigEndian, into: &xdr, at: written, limit: room)
        else { return nil }
        written += 4
        slot += 8
      }

      // A list: check that all slots of its elements are there, then read them.
      guard next <= end else { return nil }
      slot += 8
      position = next
      let count = Int(reference.length)
      if count == 0 { continue }
      guard depth < SignatureLimits.nestingDepth, list.slots > 0, list.start < list.end,
        list.end <= next,
        ValueLayout.allowsRun(
          at: Int(reference.offset), bytes: count * list.slots * ValueLayout.slotBytes,
          areaBytes: area.count)
      else { return nil }
      outer[depth] = ListFrame(
        start: start, end: end, position: position, remaining: remaining, slot: slot)
      depth += 1
      start = list.start
      end = list.end
      position = start
      remaining = count
      slot = Int(reference.offset)
    }
  }
}
