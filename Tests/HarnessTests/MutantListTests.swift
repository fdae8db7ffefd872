// The faults of `make mutate` fit the sources: each can be applied, in one place only.
//
// Applying them all takes minutes, so that a fault whose lines were edited would go unseen. Not in
// a suite that `make mutate` runs: there a fault is applied, and no longer fits.

import Foundation
import Testing

@Suite struct MutantListTests {
  private static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  private struct Mutant {
    let name: String
    var file = ""
    var suite: String?
    /// Whole lines.
    var before = ""
    var after = ""
  }

  /// The format is described at the top of the file.
  private static func readMutants() throws -> [Mutant] {
    let text = try String(
      contentsOf: root.appending(path: "Tests/Mutations/mutants.txt"), encoding: .utf8)
    var mutants: [Mutant] = []
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      if line.hasPrefix("= ") {
        mutants.append(Mutant(name: String(line.dropFirst(2))))
        continue
      }
      let last = mutants.count - 1
      switch line.first {
      case "@": mutants[last].file = String(line.dropFirst(2))
      case "!": mutants[last].suite = String(line.dropFirst(2))
      case "-": mutants[last].before += line.dropFirst() + "\n"
      case "+": mutants[last].after += line.dropFirst() + "\n"
      default: Issue.record("mutants.txt: '\(line)' begins with none of = @ ! - +")
      }
    }
    return mutants
  }

  @Test func everyFaultStandsOnceInItsFile() throws {
    let mutants = try Self.readMutants()
    #expect(mutants.count >= 25)
    #expect(Set(mutants.map(\.name)).count == mutants.count)
    for mutant in mutants {
      let source = try String(
        contentsOf: Self.root.appending(path: mutant.file), encoding: .utf8)
      #expect(source.components(separatedBy: mutant.before).count == 2, "\(mutant.name)")
      #expect(mutant.before != mutant.after, "\(mutant.name)")
    }
  }

  @Test func everySuiteThatIsNamedIsOneThatRuns() throws {
    let script = try String(
      contentsOf: Self.root.appending(path: "Tools/Scripts/mutate.sh"), encoding: .utf8)
    for mutant in try Self.readMutants() {
      guard let suite = mutant.suite else { continue }
      #expect(script.contains(suite), "\(mutant.name): \(suite)")
    }
  }
}
