// Random signatures, values and damage, against the recursive reference.

import Foundation
import Interface
import Marshalling
import Randomness
import Testing

/// Three seeds that never change and a fresh one; WENGEN_TEST_SEED replaces them all.
private let seeds: [UInt64] =
  if let text = ProcessInfo.processInfo.environment["WENGEN_TEST_SEED"], let seed = UInt64(text) {
    [seed]
  } else {
    [1, 2, 3, UInt64.random(in: 4...UInt64.max)]
  }

@Suite struct RandomTests {
  /// Runs `body` for a number of random signatures. A failure names seed and round.
  private func forRandomLists(
    seed: UInt64, rounds: Int,
    _ body: ([ReferenceType], inout SplitMix, () -> Comment) -> Void
  ) {
    print("WENGEN_TEST_SEED=\(seed)")
    var generator = SplitMix(seed: seed)
    for round in 0..<rounds {
      let list = generator.validList()
      body(list, &generator) { "WENGEN_TEST_SEED=\(seed) round \(round): \(list)" }
    }
  }

  @Test(arguments: seeds)
  func signaturesAreValidAndBuilt(seed: UInt64) {
    forRandomLists(seed: seed, rounds: 400) { list, _, comment in
      #expect(validate(list.signature) == nil, comment())
      #expect(Signature { declare(list, in: &$0) }.bytes == list.signature, comment())
    }
  }

  @Test(arguments: seeds)
  func roundTrip(seed: UInt64) {
    var fitting = 0
    forRandomLists(seed: seed, rounds: 400) { list, generator, comment in
      for _ in 0..<4 {
        let values = generator.values(of: list)
        let xdr = list.xdr(values)
        let expected = ReferenceArea.of(values, list)
        let area = unmarshal(xdr, list.signature)
        #expect(area == expected, comment())
        guard let area else { continue }
        fitting += 1
        #expect(marshal(area, list.signature) == xdr, comment())
      }
    }
    #expect(fitting > 1000, "too few values fit to prove anything: \(fitting)")
  }

  @Test(arguments: seeds)
  func truncatedAndExtendedDataAreRefused(seed: UInt64) {
    forRandomLists(seed: seed, rounds: 25) { list, generator, comment in
      let xdr = list.xdr(generator.values(of: list))
      let accepted = xdr.indices.filter { unmarshal(Array(xdr[..<$0]), list.signature) != nil }
      #expect(accepted == [], comment())
      #expect(unmarshal(xdr + [0], list.signature) == nil, comment())
    }
  }

  @Test(arguments: seeds)
  func damagedDataAreJudgedLikeTheReference(seed: UInt64) {
    var refused = 0
    var accepted = 0
    forRandomLists(seed: seed, rounds: 80) { list, generator, comment in
      let xdr = list.xdr(generator.values(of: list))
      if xdr.isEmpty { return }
      for _ in 0..<20 {
        var damaged = xdr
        for _ in 0...generator.below(3) {
          // Small values often: they are lengths, bools and cases.
          damaged[generator.below(xdr.count)] = UInt8(
            generator.below(generator.below(2) == 0 ? 4 : 256))
        }
        let expected = list.parse(damaged).flatMap { ReferenceArea.of($0, list) }
        #expect(unmarshal(damaged, list.signature) == expected, comment())
        if expected == nil { refused += 1 } else { accepted += 1 }
      }
    }
    #expect(refused > 30 && accepted > 30)
  }

  @Test(arguments: seeds)
  func damagedAreasGiveNothingOrGoodXDR(seed: UInt64) {
    var refused = 0
    var accepted = 0
    forRandomLists(seed: seed, rounds: 80) { list, generator, comment in
      guard let area = ReferenceArea.of(generator.values(of: list), list), !area.isEmpty else {
        return
      }
      for _ in 0..<20 {
        var damaged = area
        for _ in 0...generator.below(3) {
          damaged[generator.below(area.count)] = UInt8(
            generator.below(4) * (generator.below(2) == 0 ? 8 : 1))
        }
        let expected = ReferenceReader(area: damaged).values(of: list).map { list.xdr($0) }
        let xdr = marshal(damaged, list.signature, room: 1 << 18)
        if let expected, expected.count > 1 << 18 { continue }
        #expect(xdr == expected, comment())
        if let xdr {
          accepted += 1
          #expect(list.parse(xdr) != nil, comment())
        } else {
          refused += 1
        }
      }
    }
    #expect(refused > 30 && accepted > 30)
  }

  /// Interpreters must survive what no validator saw: here nothing can be said about results
  /// but that they keep inside their spans (which trap otherwise) and come at all.
  @Test(arguments: seeds)
  func unvalidatedSignaturesDoNoHarm(seed: UInt64) {
    print("WENGEN_TEST_SEED=\(seed)")
    var generator = SplitMix(seed: seed)
    for _ in 0..<600 {
      var signature = generator.validList().signature
      for _ in 0...generator.below(4) where !signature.isEmpty {
        signature[generator.below(signature.count)] = UInt8(
          generator.below(generator.below(2) == 0 ? 0x24 : 256))
      }
      if generator.below(4) == 0 { signature = generator.bytes(generator.below(300)) }
      let isValid = validate(signature) == nil
      let noise = (0..<512).map { _ in UInt8(generator.below(generator.below(3) == 0 ? 9 : 1)) }
      let area = unmarshal(noise, signature)
      if let area, isValid { #expect(marshal(area, signature) == noise, "seed \(seed)") }
      if let xdr = marshal(noise, signature) { #expect(xdr.count % 4 == 0, "seed \(seed)") }
    }
  }
}
