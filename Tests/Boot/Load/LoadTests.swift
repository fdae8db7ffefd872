// The load generator in the guest's time: an open loop on the real kernel, the same every time.

import Foundation
import Harness
import Testing

extension BootTests {
  @Suite struct LoadTests {
    private func run(_ options: String, at place: String = "boot --deterministic") throws -> (
      status: Harness.ExitStatus, output: String, errors: String
    ) {
      let artefacts = Artefacts.standard
      let generator = artefacts.folder + "/../debug/wengen-load"
      try artefacts.require([artefacts.kernelImage, artefacts.device, generator])
      let words = "\(place) \(options)".split(separator: " ").map(String.init)
      let result = try ChildProcess.run(generator, words, within: .seconds(60))
      return (result.status, result.output, result.errors)
    }

    /// What it prints when every call was answered rightly.
    private func report(_ options: String, calls: Int) throws -> String {
      let result = try run(options + " --calls \(calls)")
      #expect(result.status == .exited(0), "\(result.output)\(result.errors)")
      #expect(
        result.output.hasPrefix(
          "\(calls) calls: \(calls) answered and right, 0 wrong, 0 errors, 0 lost;"))
      return result.output
    }

    /// The numbers of the row with this name.
    private func row(_ name: String, of report: String) throws -> [Double] {
      let line = try #require(
        report.split(separator: "\n").first {
          $0.drop { $0 == " " }.hasPrefix(name)
        }, "no row \(name) in:\n\(report)")
      return line.split(separator: " ").compactMap { Double($0) }
    }

    @Test func theSameSeedGivesTheSameNumbers() throws {
      let options = "--cores 4 --services 3 --mix exponential:10 --rate 40000"
      let first = try report(options, calls: 2000)
      print(first)
      #expect(try report(options, calls: 2000) == first)
      #expect(try report(options + " --seed 2", calls: 2000) != first)
      // Each service's own row begins with its number and its answers.
      let answers = try (0..<3).map { try row("service \($0)", of: first)[1] }
      #expect(answers.reduce(0, +) == 2000)
      #expect(answers.allSatisfy { (500...800).contains($0) })
      // Handlers alone take 10 µs in the mean; in four tenths of the machine's time.
      let mean = try row("latency", of: first)[0]
      #expect((10...40).contains(mean))
    }

    /// Frames longer than QEMU's user network has them: up to 4,000 bytes of data.
    @Test(arguments: ["W1", "W2", "W3"]) func messagesOfAllSizesComeBack(sizes: String) throws {
      _ = try report("--sizes \(sizes) --services 2 --rate 100000", calls: 1000)
    }

    @Test func burstsWait() throws {
      let options = "--mix fixed:5 --rate 20000"
      let single = try row("latency", of: report(options, calls: 1000))
      let bursts = try row("latency", of: report(options + " --arrivals bursty:8:1", calls: 1000))
      // Of eight calls at once the last waits for seven.
      #expect(bursts[0] > 2 * single[0])
    }

    /// A core's queue is first come, first served, and lines cost nothing here: what waits is known.
    @Test func oneCoreIsAQueue() throws {
      // M/D/1 at load 0.5: the mean wait is half a service time.
      let mean = try row(
        "latency", of: report("--cores 1 --mix fixed:100 --rate 5000 --seed 101", calls: 2000))[0]
      #expect((145...155).contains(mean))
    }

    @Test func countsWhatIsNotAnsweredInTime() throws {
      let late = try run("--cores 1 --mix fixed:5000 --timeout 0.001 --calls 10 --rate 10")
      #expect(late.status == .exited(1))
      #expect(late.output.hasPrefix("10 calls: 0 answered and right, 0 wrong, 0 errors, 10 lost;"))
      // More than a queue holds: the NIC refuses.
      let refused = try run("--cores 1 --mix fixed:100 --rate 100000 --calls 1000")
      #expect(refused.status == .exited(1))
      #expect(refused.output.contains("× SYSTEM_ERR"))
      #expect(refused.output.contains(" 0 lost;"))
    }

    /// 10,000 calls, each of which would wait for its whole timeout.
    @Test(arguments: ["--closed 1", "--rate 100"]) func givesUpWhenNobodyAnswers(
      pace: String
    ) throws {
      // Bound, and nobody reads.
      let silent = try UDPSocket(boundTo: .loopback(port: 0))
      let result = try run(pace + " --timeout 0.2", at: "\(try silent.localAddress)")
      #expect(result.status == .exited(1))
      #expect(result.errors.contains("within 0.2 seconds: is a machine running"))
    }

    @Test func saysWhatCannotBe() throws {
      let early = try run("--start 1 --calls 10")
      #expect(early.status == .exited(1))
      #expect(early.errors.contains("the first calls came after 1.0 ms; a later --start is needed"))
      for (options, message) in [
        ("--closed 2", "with --closed 1 or at a rate, not with --closed 2"),
        ("--closed 1 --start 5", "--start: is for --deterministic at a rate"),
        ("--start 0", "--start: '0' is not a number from 1.0 to"),
        ("--bogus", "unknown option '--bogus'"), ("--mix", "--mix: a value is needed"),
        ("--mix nope", "there are fixed:US, exponential:US, bimodal1, bimodal2, high, extreme"),
      ] {
        let result = try run(options)
        #expect(result.status == .exited(64))
        #expect(result.errors.contains(message), "\(result.errors)")
      }
    }
  }
}
