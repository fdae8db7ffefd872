// Frames lost, damaged, out of order and twice, between the wire and the NIC.

import Interface

/// A frame that waits until another one has overtaken it.
struct DelayedFrame: Hashable {
  /// Empty: none waits. Its memory is kept.
  private(set) var bytes: [UInt8] = []
  private(set) var releaseTime: UInt64 = 0

  var isWaiting: Bool { !bytes.isEmpty }

  mutating func wait(_ frame: Span<UInt8>, until time: UInt64) {
    for index in frame.indices { bytes.append(frame[index]) }
    releaseTime = time
  }

  mutating func clear() { bytes.removeAll(keepingCapacity: true) }
}

/// One direction of the wire.
struct FaultyWire: Hashable {
  var delayed = DelayedFrame()
  /// The frame under way, when it is not what was given.
  var damaged: [UInt8] = []
}

extension Lauberhorn {
  /// A frame from the wire, without its frame check sequence. It may be damaged in any way.
  public mutating func receive(_ frame: Span<UInt8>, nowNanoseconds: UInt64 = 0) {
    outputs.reclaim()
    clock.nanoseconds = nowNanoseconds
    let wire = faultSettings.received
    guard !wire.areOff else {
      accept(frame)
      return
    }
    faultClock = nowNanoseconds
    if faults.happens(wire.dropPerMillion) {
      faultCounters.count(.faultReceivedDropped)
      return
    }
    if frame.count >= 14, Lauberhorn.isCovered(frame[12], frame[13]),
      faults.happens(wire.corruptPerMillion)
    {
      faultCounters.count(.faultReceivedCorrupted)
      var damaged = receivedWire.damaged
      receivedWire.damaged = []
      damaged.removeAll(keepingCapacity: true)
      for index in frame.indices { damaged.append(frame[index]) }
      let (byte, bit) = drawDamage(damaged.count)
      damaged[byte] ^= bit
      receiveInOrder(damaged.span, wire)
      receivedWire.damaged = damaged
    } else {
      receiveInOrder(frame, wire)
    }
  }

  private mutating func receiveInOrder(_ frame: Span<UInt8>, _ wire: WireFaults) {
    if !receivedWire.delayed.isWaiting, frame.count > 0, faults.happens(wire.reorderPerMillion) {
      faultCounters.count(.faultReceivedReordered)
      receivedWire.delayed.wait(frame, until: faultClock + FaultSettings.reorderNanoseconds)
      return
    }
    accept(frame)
    if faults.happens(wire.duplicatePerMillion) {
      faultCounters.count(.faultReceivedDuplicated)
      accept(frame)
    }
    releaseReceived()
  }

  private mutating func releaseReceived() {
    guard receivedWire.delayed.isWaiting else { return }
    var delayed = receivedWire.delayed
    receivedWire.delayed = DelayedFrame()
    accept(delayed.bytes.span)
    delayed.clear()
    receivedWire.delayed = delayed
  }

  /// Takes the oldest output; nil when there is none. To be called until nil after every other
  /// call. A frame can be read until the next other call.
  public mutating func nextOutput() -> Output? {
    if faultSettings.sent.areOff { return outputs.next() }
    while let output = outputs.next() {
      guard case .transmit(let frame) = output, !outputs.isRepeated(frame) else { return output }
      if let sent = sendWithFaults(frame) { return sent }
    }
    return nil
  }

  /// Nil: not now, or never.
  private mutating func sendWithFaults(_ frame: FrameReference) -> Output? {
    let wire = faultSettings.sent
    if faults.happens(wire.dropPerMillion) {
      faultCounters.count(.faultSentDropped)
      return nil
    }
    let start = frame.range.lowerBound
    if Lauberhorn.isCovered(outputs.frames[start + 12], outputs.frames[start + 13]),
      faults.happens(wire.corruptPerMillion)
    {
      faultCounters.count(.faultSentCorrupted)
      let (byte, bit) = drawDamage(frame.length)
      outputs.frames[start + byte] ^= bit
    }
    if !sentWire.delayed.isWaiting, faults.happens(wire.reorderPerMillion) {
      faultCounters.count(.faultSentReordered)
      sentWire.delayed.wait(
        outputs.frames.copy(of: frame.range).span,
        until: faultClock + FaultSettings.reorderNanoseconds)
      return nil
    }
    if faults.happens(wire.duplicatePerMillion) {
      faultCounters.count(.faultSentDuplicated)
      outputs.repeatFrame(frame)
    }
    releaseSent()
    return .transmit(frame)
  }

  private mutating func releaseSent() {
    guard sentWire.delayed.isWaiting else { return }
    outputs.repeatFrame(sentWire.delayed.bytes)
    sentWire.delayed.clear()
  }

  /// IPv4, by the EtherType: a receiver finds the damage by a checksum. In ARP, which has none, it
  /// would be believed, as no frame that passed Ethernet's check sequence is.
  private static func isCovered(_ high: UInt8, _ low: UInt8) -> Bool {
    high == 0x08 && low == 0x00
  }

  private mutating func drawDamage(_ length: Int) -> (byte: Int, bit: UInt8) {
    (faults.below(length), 1 << UInt8(faults.below(8)))
  }

  // MARK: - Time

  /// When a frame that nobody overtook comes all the same.
  var wireDeadline: UInt64? {
    let received = receivedWire.delayed.isWaiting ? receivedWire.delayed.releaseTime : nil
    let sent = sentWire.delayed.isWaiting ? sentWire.delayed.releaseTime : nil
    guard let received, let sent else { return received ?? sent }
    return min(received, sent)
  }

  mutating func advanceReceivedWire(nowNanoseconds: UInt64) {
    if !faultSettings.received.areOff || !faultSettings.sent.areOff { faultClock = nowNanoseconds }
    if receivedWire.delayed.releaseTime <= nowNanoseconds { releaseReceived() }
  }

  /// To be called after all that may send: what is sent behind is taken for repeated.
  mutating func advanceSentWire(nowNanoseconds: UInt64) {
    if sentWire.delayed.releaseTime <= nowNanoseconds { releaseSent() }
  }

  /// Time is part of the state only while there is a fault that needs it.
  mutating func noteTime(_ access: Access) {
    clock.nanoseconds = access.nowNanoseconds
    if faultSettings.sent.reorderPerMillion > 0 { faultClock = access.nowNanoseconds }
  }
}
