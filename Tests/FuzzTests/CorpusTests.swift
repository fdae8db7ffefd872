// The fuzz targets in `make test`: the corpus as it is, and thousands of mutations of it.
//
// An input that `make fuzz` found to break something is put into Fuzz/Corpus/<target>, where it
// is a test from then on.

import Foundation
import FuzzTargets
import Randomness
import Testing

private let corpus = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Fuzz/Corpus")

/// A seed that never changes and a fresh one; WENGEN_TEST_SEED replaces both.
private let seeds: [UInt64] =
  if let text = ProcessInfo.processInfo.environment["WENGEN_TEST_SEED"], let seed = UInt64(text) {
    [seed]
  } else {
    [1, UInt64.random(in: 2...UInt64.max)]
  }

@Suite struct CorpusTests {
  private func inputs(of target: FuzzTarget) throws -> [(name: String, bytes: [UInt8])] {
    let folder = corpus.appendingPathComponent(target.rawValue)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    return try names.map { name in
      (name, try Array(Data(contentsOf: folder.appendingPathComponent(name))))
    }
  }

  @Test(arguments: FuzzTarget.allCases) func corpusBreaksNothing(_ target: FuzzTarget) throws {
    let inputs = try inputs(of: target)
    #expect(inputs.count >= 2, "no corpus for \(target)")
    for input in inputs {
      let failure = target.failure(of: input.bytes)
      #expect(failure == nil, "\(target.rawValue)/\(input.name)")
    }
  }

  @Test(arguments: FuzzTarget.allCases, seeds)
  func mutationsBreakNothing(_ target: FuzzTarget, seed: UInt64) throws {
    print("WENGEN_TEST_SEED=\(seed)")
    let inputs = try inputs(of: target)
    var generator = SplitMix(seed: seed)
    for round in 0..<2_000 {
      guard var bytes = inputs.randomElement(using: &generator)?.bytes else { return }
      bytes.mutate(using: &generator)
      let failure = target.failure(of: bytes)
      try #require(
        failure == nil, "WENGEN_TEST_SEED=\(seed), \(target), round \(round): \(bytes)")
    }
  }
}

extension [UInt8] {
  /// One to four small changes of the kinds that parsers trip over.
  fileprivate mutating func mutate(using generator: inout SplitMix) {
    for _ in 0..<Int.random(in: 1...4, using: &generator) {
      guard !isEmpty else { return append(0) }
      let index = Int.random(in: indices, using: &generator)
      switch Int.random(in: 0..<6, using: &generator) {
      case 0: self[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      case 1: self[index] = UInt8.random(in: 0...255, using: &generator)
      case 2: self[index] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &generator) ?? 0
      case 3: removeSubrange(index...)
      case 4: removeSubrange(index..<Swift.min(index + 4, count))
      default: insert(contentsOf: self[index..<Swift.min(index + 8, count)], at: index)
      }
    }
  }
}
