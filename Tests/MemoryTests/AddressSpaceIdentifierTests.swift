// Identifiers against a model of what TLBs hold.

import Memory
import Randomness
import Testing

@Suite struct AddressSpaceIdentifierTests {
  @Test func numbersAreNotZeroAndDistinctUntilAllAreInUse() throws {
    var source = AddressSpaceIdentifiers()
    var seen: Set<UInt16> = [0]
    for _ in 0..<AddressSpaceIdentifiers.capacity {
      let assigned = source.assign()
      let assignment = try #require(assigned)
      #expect(!assignment.isRollover)
      #expect(seen.insert(assignment.identifier.number).inserted)
    }
    #expect(seen.max() == 255)
    let noneLeft = source.assign()
    #expect(noneLeft == nil)
  }

  @Test func aRolloverFreesTheDeadAndLeavesTheLiving() throws {
    var source = AddressSpaceIdentifiers()
    let first = source.assign()
    let living = try #require(first).identifier
    for _ in 1..<AddressSpaceIdentifiers.capacity {
      let assigned = source.assign()
      let assignment = try #require(assigned)
      #expect(!assignment.isRollover)
      source.release(assignment.identifier)
    }
    let second = source.assign()
    let next = try #require(second)
    #expect(next.isRollover)
    #expect(next.identifier != living)
    let third = source.assign()
    let afterwards = try #require(third)
    #expect(!afterwards.isRollover)
    #expect(afterwards.identifier != next.identifier)
    #expect(afterwards.identifier != living)
  }

  /// Processes come and go on cores that switch between them. No TLB ever holds translations of two
  /// address spaces under one number.
  @Test func noTLBEverMixesAddressSpaces() throws {
    struct AddressSpace: Equatable {
      var name: Int
      var identifier: AddressSpaceIdentifier
    }
    var random = SplitMix(test: #function)
    for limit in [1, 64, 255] {
      var source = AddressSpaceIdentifiers()
      var alive: [AddressSpace] = []
      // For each number, the address space whose translations some TLB may hold.
      var cached: [UInt16: Int] = [:]
      var rollovers = 0
      for name in 0..<5_000 {
        while alive.count >= limit || (alive.count > limit / 2 && Bool.random(using: &random)) {
          let index = Int.random(in: 0..<alive.count, using: &random)
          source.release(alive.remove(at: index).identifier)
        }
        let assigned = source.assign()
        let assignment = try #require(assigned)
        if assignment.isRollover {
          rollovers += 1
          // What still runs fills the TLBs again at once.
          cached = [:]
          for one in alive { cached[one.identifier.number] = one.name }
        }
        alive.append(AddressSpace(name: name, identifier: assignment.identifier))
        for one in alive.shuffled(using: &random).prefix(4) + alive.suffix(1) {
          #expect(cached[one.identifier.number, default: one.name] == one.name)
          cached[one.identifier.number] = one.name
        }
      }
      #expect(rollovers > 10)
    }
  }
}
