// services.conf: what lines mean, and that a bad one costs only itself.

import Images
import Testing

@Suite struct ServiceManifestTests {
  private func parse(
    _ text: String
  ) -> [Result<(program: String, name: String, ServiceDescription), ServiceManifestError>] {
    let bytes = Array(text.utf8)
    var manifest = ServiceManifest(bytes.span)
    var results: [Result<(program: String, name: String, ServiceDescription), ServiceManifestError>]
    results = []
    while true {
      do throws(ServiceManifestError) {
        guard let next = try manifest.next() else { return results }
        results.append(
          .success(
            (
              String(decoding: bytes[next.program], as: UTF8.self),
              String(decoding: bytes[next.name], as: UTF8.self), next
            )))
      } catch {
        results.append(.failure(error))
      }
    }
  }

  @Test func aProgramAloneHasTheDefaults() throws {
    let lines = parse("echo\n\n  # a comment\n\tcalculator # another\r\n")
    #expect(lines.count == 2)
    let (program, name, echo) = try #require(lines.first).get()
    #expect(program == "echo")
    #expect(name == "echo")
    #expect(echo.argument == 0)
    #expect(echo.limits == ProcessLimits())
    #expect(echo.restart == .onFailure)
    #expect(try lines[1].get().program == "calculator")
  }

  @Test func everySettingIsTaken() throws {
    let lines = parse(
      "bin/echo restart=always name=echo-7 argument=4107 threads=4 cores=2 queue=16 memory=512"
        + " minimum=1 weight=3 quantum=50 affinity=0-3,8 wait=500 drop=yes")
    let (program, name, echo) = try #require(lines.first).get()
    #expect(program == "bin/echo")
    #expect(name == "echo-7")
    #expect(echo.argument == 4107)
    #expect(echo.limits.threads == 4)
    #expect(echo.limits.cores == 2)
    #expect(echo.limits.queuedCalls == 16)
    #expect(echo.limits.minimumCores == 1)
    #expect(echo.limits.weight == 3)
    #expect(echo.limits.quantumMicroseconds == 50)
    #expect(echo.limits.waitMicroseconds == 500)
    #expect(echo.limits.dropsRefusedCalls)
    #expect(echo.limits.memoryKibibytes == 512)
    #expect(echo.limits.affinity == 0x10f)
    #expect(echo.restart == .always)
  }

  static let faults: [(String, ServiceManifestError.Reason)] = [
    ("echo name", .noValue), ("echo name=", .noValue), ("echo =3", .unknownSetting),
    ("echo port=3", .unknownSetting), ("echo names=3", .unknownSetting),
    ("echo restart=often", .unknownPolicy), ("echo argument=0x10", .notANumber),
    ("echo argument=-1", .notANumber), ("echo argument=18446744073709551616", .outOfRange),
    ("echo threads=0", .outOfRange), ("echo threads=65", .outOfRange),
    ("echo cores=65536", .outOfRange), ("echo queue=0", .outOfRange),
    ("echo weight=17", .outOfRange), ("echo affinity=64", .outOfRange),
    ("echo affinity=3-1", .notCores), ("echo affinity=1,", .notCores),
    ("echo affinity=,1", .notCores), ("echo affinity=1-", .notCores),
    ("echo affinity=a", .notANumber), ("echo affinity=1-2-3", .notANumber),
    ("echo wait=1000001", .outOfRange), ("echo wait=1ms", .notANumber),
    ("echo drop=1", .notYesOrNo), ("echo drop=", .noValue),
    ("echo memory=0", .outOfRange), ("echo weight=0", .outOfRange),
    ("echo quantum=1000001", .outOfRange), ("echo minimum=65536", .outOfRange),
  ]

  @Test(arguments: faults)
  func aBadLineIsNamedAndLeftOut(text: String, reason: ServiceManifestError.Reason) throws {
    let lines = parse("first\n\(text)\nlast")
    #expect(lines.count == 3)
    #expect(try lines[0].get().program == "first")
    #expect(throws: ServiceManifestError(line: 2, reason: reason)) { try lines[1].get() }
    #expect(try lines[2].get().program == "last")
  }

  @Test func anyBytesAreSafe() {
    var state: UInt64 = 0x5eed
    for _ in 0..<2_000 {
      var text = "echo argument="
      for _ in 0..<Int(state % 40) {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        text.unicodeScalars.append(Unicode.Scalar(UInt8(truncatingIfNeeded: state >> 40)))
      }
      state = state &* 6_364_136_223_846_793_005 &+ 1
      #expect(parse(text).count <= text.utf8.count)
    }
  }
}
