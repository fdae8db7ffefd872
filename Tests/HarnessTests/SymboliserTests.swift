// Backtraces found in a console's text, and named by the ELF file of a small program.

import Foundation
import Testing

@testable import Harness

@Suite struct SymboliserTests {
  @Test func findsTheFramesOfTheLastBacktrace() {
    let text = """
      backtrace:
        [0] 0x1
      panic: again
      [    0.123456] 1 error core: backtrace:\r
        [0] 0xffff800000012345\r
        [1] 0xffff800000012399 \r
      halted
        [2] 0x2
      """
    #expect(
      Symboliser.frames(in: text) == [
        .init(index: 0, address: 0xffff_8000_0001_2345),
        .init(index: 1, address: 0xffff_8000_0001_2399),
      ])
  }

  @Test(arguments: ["", "all is well", "backtrace:", "backtrace:\nnone"])
  func findsNoneWhereNoneIs(text: String) {
    #expect(Symboliser.frames(in: text).isEmpty)
  }

  @Test func separatesInlinedFunctions() {
    let output = """
      0xffff800000010000
      inner
      /k/Inner.swift:3
      outer
      /k/Outer.swift:9 (discriminator 2)
      0x0000000000000004
      ??
      ??:0
      """
    #expect(
      Symboliser.parse(addressToolOutput: output).map { $0.map(\.description) } == [
        ["inner at /k/Inner.swift:3", "outer at /k/Outer.swift:9 (discriminator 2)"],
        ["unknown function"],
      ])
  }

  /// Two functions at known addresses, one with the name that Swift gives it.
  private static let source = """
    .text
    .globl first
    .type first, %function
    first:
      nop
      bl "$e4main6secondyyF"
      nop
    .size first, . - first
    .type "$e4main6secondyyF", %function
    "$e4main6secondyyF":
      nop
      ret
    .size "$e4main6secondyyF", . - "$e4main6secondyyF"
    """

  @Test func namesFunctionsFilesAndLines() throws {
    let folder = NSTemporaryDirectory() + "symboliser-\(UUID().uuidString)"
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try Data((Self.source + "\n").utf8).write(to: URL(fileURLWithPath: "\(folder)/example.s"))
    for (tool, arguments) in [
      ("aarch64-linux-gnu-as", ["-g", "-o", "\(folder)/example.o", "\(folder)/example.s"]),
      (
        "aarch64-linux-gnu-ld",
        [
          "-Ttext=0xffff800000010000", "-e", "first", "-o", "\(folder)/example.elf",
          "\(folder)/example.o",
        ]
      ),
    ] {
      let result = try ChildProcess.run(tool, arguments)
      try #require(result.status.succeeded, "\(tool): \(result.errors)")
    }
    let symboliser = Symboliser(executable: "\(folder)/example.elf")
    // The second frame is the return address after the call in `first`.
    let frames = Symboliser.frames(
      in: "backtrace:\n  [0] 0xffff80000001000c\n  [1] 0xffff800000010008\n")
    let locations = try symboliser.locations(of: frames)
    try #require(locations.count == 2)
    #expect(locations[0].map(\.function) == ["second()"])
    #expect(locations[0].first?.position?.hasSuffix("example.s:11") == true)
    #expect(locations[1].map(\.function) == ["first"])
    #expect(locations[1].first?.position?.hasSuffix("example.s:6") == true)
    let text = try symboliser.describe(frames)
    #expect(text.contains("[0] second() at "))
  }

  @Test func saysWhatIsWrongWithTheFile() {
    let symboliser = Symboliser(executable: "/nonexistent/kernel.elf")
    #expect(throws: ProcessError.self) {
      try symboliser.locations(of: [.init(index: 0, address: 1)])
    }
  }
}
