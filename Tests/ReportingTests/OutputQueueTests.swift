import Reporting
import Testing

/// Pieces come out whole and in order, or are counted.
@Suite struct OutputQueueTests {
  /// A queue in memory that lives as long as the body runs.
  private func withQueue(capacity: Int, _ body: (inout OutputQueue) -> Void) {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 8)
    // Safety: freed after the queue's last use.
    defer { unsafe memory.deallocate() }
    var queue = unsafe OutputQueue(storage: memory, capacity: capacity)
    body(&queue)
  }

  private func drain(_ queue: inout OutputQueue) -> [UInt8] {
    var bytes: [UInt8] = []
    while let byte = queue.takeFirst() { bytes.append(byte) }
    return bytes
  }

  @Test func textGetsTheLineEndsOfATerminal() {
    withQueue(capacity: 16) { queue in
      queue.begin()
      queue.write("a\nb")
      queue.put(UInt8(ascii: "\n"))
      #expect(queue.isEmpty)
      let isIn = queue.commit()
      #expect(isIn)
      #expect(drain(&queue) == Array("a\r\nb\n".utf8))
      #expect(queue.isEmpty)
    }
  }

  @Test func aPieceWithoutRoomIsDroppedWhole() {
    withQueue(capacity: 8) { queue in
      for text in ["12345" as StaticString, "6789", "678"] {
        queue.begin()
        queue.write(text)
        queue.commit()
      }
      #expect(drain(&queue) == Array("12345678".utf8))
      #expect(queue.takeDropped() == 1)
      #expect(queue.takeDropped() == 0)
    }
  }

  /// Any mixture of writers and readers: what comes out is what was accepted.
  @Test func whatIsAcceptedComesOut() {
    let seed = UInt64.random(in: 0 ... .max)
    print("whatIsAcceptedComesOut: seed \(seed)")
    var state = seed
    func random(_ limit: Int) -> Int {
      // Knuth's MMIX generator; the upper bits are the good ones.
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % limit
    }
    withQueue(capacity: 64) { queue in
      var expected: [UInt8] = []
      var found: [UInt8] = []
      var refused: UInt64 = 0
      for number in 0..<3000 {
        let piece = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: random(40))
        let fits = piece.count <= queue.room
        queue.begin()
        for byte in piece { queue.put(byte) }
        let isIn = queue.commit()
        #expect(isIn == fits, "seed \(seed)")
        if isIn { expected += piece } else { refused += 1 }
        for _ in 0..<random(50) {
          guard let byte = queue.takeFirst() else { break }
          found.append(byte)
        }
      }
      found += drain(&queue)
      #expect(found == expected, "seed \(seed)")
      #expect(queue.takeDropped() == refused, "seed \(seed)")
    }
  }
}
