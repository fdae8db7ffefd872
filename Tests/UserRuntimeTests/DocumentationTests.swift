// User/README.md shows the service that is there.

import Foundation
import Testing

@Suite struct DocumentationTests {
  @Test func theServiceInTheDocumentIsTheGreeter() throws {
    let user = URL(filePath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "User")
    let document = try String(contentsOf: user.appending(path: "README.md"), encoding: .utf8)
    let source = try String(
      contentsOf: user.appending(path: "Greeter/Greeter.swift"), encoding: .utf8)
    let start = try #require(source.range(of: "import Interface"))
    #expect(document.contains("```swift\n\(source[start.lowerBound...])```\n"))
  }
}
