// Identifiers against a model of what TLBs hold.

import Memory
import Testing

@Suite struct AddressSpaceIdentifierTests {
  @Test func firstNumbersAreNotZeroAndDistinct() {
    var source = AddressSpaceIdentifiers(isWide: false)
    let active: [AddressSpaceIdentifier] = []
    var seen: Set<UInt16> = [0]
    for _ in 0..<255 {
      var identifier = AddressSpaceIdentifier.none
      let wasCurrent = source.isCurrent(identifier)
      #expect(!wasCurrent)
      let isNewGeneration = source.renew(&identifier, active: active.span)
      #expect(!isNewGeneration)
      let isCurrent = source.isCurrent(identifier)
      #expect(isCurrent)
      #expect(seen.insert(identifier.number).inserted)
    }
    #expect(seen.max() == 255)
    var next = AddressSpaceIdentifier.none
    let isNewGeneration = source.renew(&next, active: active.span)
    #expect(isNewGeneration)
    #expect(next.number == 1)
  }

  @Test func wideNumbersUseSixteenBits() {
    var source = AddressSpaceIdentifiers(isWide: true)
    let active: [AddressSpaceIdentifier] = []
    var identifier = AddressSpaceIdentifier.none
    for _ in 0..<65_535 {
      identifier = .none
      let isNewGeneration = source.renew(&identifier, active: active.span)
      #expect(!isNewGeneration)
    }
    #expect(identifier.number == 65_535)
    identifier = .none
    let isNewGeneration = source.renew(&identifier, active: active.span)
    #expect(isNewGeneration)
  }

  /// Cores switch between processes that come and go. A TLB never holds entries of two
  /// processes under one number, and no two processes run under one number at once.
  @Test func noTLBEverMixesProcesses() {
    var random = SplitMix(test: #function)
    for cores in [1, 4, 48] {
      var source = AddressSpaceIdentifiers(isWide: false)
      var processes = (0..<300).map { (name: $0, identifier: AddressSpaceIdentifier.none) }
      var nextName = 300
      var running = Array(repeating: -1, count: cores)
      var active = Array(repeating: AddressSpaceIdentifier.none, count: cores)
      // For each number, the process whose entries some TLB may hold.
      var cached: [UInt16: Int] = [:]
      var generations = 0
      for _ in 0..<20_000 {
        let core = Int.random(in: 0..<cores, using: &random)
        let slot = Int.random(in: 0..<processes.count, using: &random)
        if Int.random(in: 0..<50, using: &random) == 0, !running.contains(slot) {
          processes[slot] = (nextName, .none)
          nextName += 1
        }
        if source.renew(&processes[slot].identifier, active: active.span) {
          generations += 1
          // What is running fills the TLBs again at once.
          cached = [:]
          for index in running.indices where running[index] >= 0 {
            cached[active[index].number] = processes[running[index]].name
          }
        }
        let (name, identifier) = processes[slot]
        running[core] = slot
        active[core] = identifier
        #expect(identifier.number != 0)
        #expect(cached[identifier.number, default: name] == name)
        cached[identifier.number] = name
        for other in running.indices where running[other] >= 0 && running[other] != slot {
          #expect(active[other].number != identifier.number)
        }
      }
      #expect(generations > 10)
    }
  }
}
