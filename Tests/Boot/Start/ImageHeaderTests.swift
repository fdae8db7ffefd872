// The image's two headers, against the documented layouts and in the words of other programs.

import Foundation
import Harness
import Testing

extension BootTests {
  @Suite struct ImageHeaderTests {
    private let artefacts = Artefacts.standard

    private func output(of program: String, _ arguments: [String]) throws -> String {
      let result = try ChildProcess.run(program, arguments)
      try #require(result.status.succeeded, "\(program): \(result.errors)")
      return result.output
    }

    /// An address in the kernel's ELF file.
    private func symbol(_ name: String) throws -> UInt64 {
      let lines = try output(of: "aarch64-linux-gnu-nm", [artefacts.kernelELF])
      let line = try #require(lines.split(separator: "\n").first { $0.hasSuffix(" \(name)") })
      return try #require(UInt64(line.prefix(16), radix: 16))
    }

    /// Linux, Documentation/arch/arm64/booting.rst, "4. Call the kernel image".
    @Test func followsTheImageProtocol() throws {
      try artefacts.require([artefacts.kernelImage, artefacts.kernelELF])
      let file = try Data(contentsOf: URL(fileURLWithPath: artefacts.kernelImage))
      func number(_ offset: Int, bytes: Int) -> UInt64 {
        (0..<bytes).reversed().reduce(0) { $0 << 8 | UInt64(file[offset + $1]) }
      }
      #expect(Array(file[0..<2]) == Array("MZ".utf8))
      // code1: B, over everything that is no code (ARM ARM C6.2.26: bits 31:26 = 0b000101).
      let branch = number(4, bytes: 4)
      #expect(branch >> 26 == 0b000101)
      #expect(
        4 + (branch & 0x3FF_FFFF) * 4 == (try symbol("image_entry")) - (try symbol("image_start")))
      #expect(number(8, bytes: 8) == 0)  // text_offset
      #expect(
        number(16, bytes: 8) == (try symbol("image_end")) - (try symbol("image_start")))
      #expect(number(24, bytes: 8) == 0b1010)  // flags: little-endian, 4 KiB, anywhere
      for offset in [32, 40, 48] { #expect(number(offset, bytes: 8) == 0) }
      #expect(number(56, bytes: 4) == 0x644D_5241)  // magic
      #expect(Array(file[0x40..<0x44]) == Array("PE\0\0".utf8))
      #expect(number(60, bytes: 4) == 0x40)
    }

    @Test func fileCallsItAnImage() throws {
      let words = try output(of: "file", ["--brief", artefacts.kernelImage])
      #expect(words.contains("Linux kernel ARM64 boot executable Image, little-endian, 4K pages"))
    }

    @Test func objdumpCallsItAnEFIApplication() throws {
      let words = try output(of: "aarch64-linux-gnu-objdump", ["-x", artefacts.kernelImage])
      #expect(words.contains("file format pei-aarch64-little"))
      #expect(words.contains("(EFI application)"))
      #expect(words.contains("NX_COMPAT"))
      let entry = (try symbol("efi_main")) - (try symbol("image_start"))
      #expect(
        words.contains("AddressOfEntryPoint\t0000") && words.contains(String(entry, radix: 16)))
      // Name, size, address, position in the file: a section is in memory where it is in the file.
      var sections: [String: [UInt64]] = [:]
      for line in words.split(separator: "\n") {
        let fields = line.split(separator: " ").map(String.init)
        guard fields.count == 7, fields[0].allSatisfy(\.isNumber) else { continue }
        sections[fields[1]] = fields[2...5].compactMap { UInt64($0, radix: 16) }
      }
      #expect(Set(sections.keys) == [".text", ".rodata", ".data"])
      for (name, values) in sections {
        let (address, place) = (values[1], values[3])
        #expect(address == place, "\(name)")
        #expect(address % 4096 == 0, "\(name)")
      }
      // Read-only, or writable and not code.
      let flags = try output(of: "aarch64-linux-gnu-objdump", ["-h", artefacts.kernelImage])
      let lines = flags.split(separator: "\n").map(String.init)
      for (section, isCode, isWritable) in [
        (".text", true, false), (".rodata", false, false), (".data", false, true),
      ] {
        let index = try #require(lines.firstIndex { $0.contains(" \(section) ") })
        #expect(lines[index + 1].contains("CODE") == isCode, "\(section)")
        #expect(!lines[index + 1].contains("READONLY") == isWritable, "\(section)")
      }
    }
  }
}
