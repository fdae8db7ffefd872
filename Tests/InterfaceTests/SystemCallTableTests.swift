// Kernel/SystemInterface/README.md and the code name the same system calls and errors.

import Foundation
import SystemInterface
import Testing

@Suite("System call table")
struct SystemCallTableTests {
  /// Rows `| number | \`name\` | …` of the document: cells without the marks.
  static func rows() throws -> [[String]] {
    let root = URL(filePath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let text = try String(
      contentsOf: root.appending(path: "Kernel/SystemInterface/README.md"), encoding: .utf8)
    return text.split(separator: "\n").compactMap { line in
      let cells = line.split(separator: "|", omittingEmptySubsequences: false).dropFirst()
        .map { $0.trimmingCharacters(in: .whitespaces) }
      guard let first = cells.first, UInt64(first) != nil else { return nil }
      return cells
    }
  }

  private func names(columns: (Int) -> Bool) throws -> [UInt64: String] {
    var names: [UInt64: String] = [:]
    for row in try Self.rows() where columns(row.count) {
      names[try #require(UInt64(row[0]))] = row[1].trimmingCharacters(in: ["`"])
    }
    return names
  }

  @Test("every system call is documented under its number, and no other")
  func calls() throws {
    let documented = try names { $0 == 7 }
    let code = Dictionary(
      uniqueKeysWithValues: SystemCall.allCases.map { ($0.rawValue, String(describing: $0)) })
    #expect(documented == code)
  }

  @Test("every error is documented under its number, and no other")
  func errors() throws {
    let documented = try names { $0 == 4 }
    let code = Dictionary(
      uniqueKeysWithValues: SystemError.allCases.map { ($0.rawValue, String(describing: $0)) })
    #expect(documented == code)
  }

  @Test("the errors of each call are errors")
  func errorsOfCalls() throws {
    let known = Set(SystemError.allCases.map { String(describing: $0) })
    for row in try Self.rows() where row.count == 7 {
      for error in row[5].split(separator: ",") {
        let name = error.trimmingCharacters(in: ["`", " "])
        #expect(known.contains(name), "\(row[1]): \(name)")
      }
    }
  }
}
