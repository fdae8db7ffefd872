// The machine around a shell script in QEMU's place: waits, typing, ends, and that none stays.

import Foundation
import Testing

@testable import Harness

@Suite struct MachineTests {
  /// A machine whose emulator is a script.
  private func makeMachine(script: String) throws -> Machine {
    let path = NSTemporaryDirectory() + "emulator-\(UUID().uuidString).sh"
    // Written by a child: a file that this process has open for writing at the moment in which
    // another test starts a child is "busy" for that child's life, and cannot be executed.
    let written = try ChildProcess.run(
      "sh", ["-c", #"cat >"$0" && chmod +x "$0""#, path], input: "#!/bin/sh\n\(script)\n")
    try #require(written.status.succeeded, "\(written.errors)")
    var configuration = MachineConfiguration(
      artefacts: Artefacts(folder: "/nonexistent"), forwardedPorts: [], callRecords: "/dev/null")
    configuration.emulator = path
    return try Machine(configuration)
  }

  @Test func waitsForLinesInOrder() throws {
    let machine = try makeMachine(script: #"printf 'one\r\ntwo\nrest'; exit 3"#)
    #expect(try machine.expectLine(containing: "one") == "one")
    #expect(try machine.expectLine(containing: "t") == "two")
    #expect(try machine.expectLine(containing: "rest") == "rest")
    #expect(try machine.waitForExit() == .exited(3))
    #expect(machine.console.text == "one\r\ntwo\nrest")
  }

  @Test func typesAndListens() throws {
    let machine = try makeMachine(
      script: #"while read line; do [ "$line" = exit ] && exit 42; echo "<$line>"; done"#)
    machine.type("hello\n")
    try machine.expectLine(containing: "<hello>")
    machine.type("exit\n")
    #expect(try machine.waitForExit() == .exited(42))
    // Nobody is there: this must neither block nor end the test.
    machine.type("too late\n")
  }

  @Test func timeoutShowsTheLastLines() throws {
    let machine = try makeMachine(script: "echo alive; read never")
    do throws(MachineError) {
      try machine.expectLine(containing: "dead", within: .milliseconds(300))
      Issue.record("found a line that nobody wrote")
    } catch {
      #expect("\(error)".contains("no line with 'dead'"))
      #expect("\(error)".contains("| alive"))
    }
  }

  @Test func endBeforeTheLineShowsStatusAndMessages() throws {
    let machine = try makeMachine(script: "echo booting; echo 'no such device' >&2; exit 1")
    do throws(MachineError) {
      try machine.expectLine(containing: "ready:")
      Issue.record("found a line that nobody wrote")
    } catch {
      #expect("\(error)".contains("exit status 1"))
      #expect("\(error)".contains("| booting"))
      #expect("\(error)".contains("qemu: no such device"))
    }
  }

  @Test func boundsTheWaitForTheEnd() throws {
    let machine = try makeMachine(script: "read never")
    #expect(throws: MachineError.self) { try machine.waitForExit(within: .milliseconds(100)) }
    machine.kill()
    #expect(try machine.waitForExit() == .signalled(SIGKILL))
  }

  @Test func isKilledWithTheLastReference() throws {
    var machine: Machine? = try makeMachine(script: "echo started; exec sleep 600")
    try machine?.expectLine(containing: "started")
    let console = try #require(machine?.console)
    machine = nil
    // Its end of the pipe closes with the process, and not before.
    #expect(throws: Transcript.WaitError.ended) {
      try console.nextLine(within: .seconds(5)) { _ in true }
    }
  }

  @Test func isKilledWithItsParent() throws {
    // A parent that starts a child as ChildProcess does, and is then killed outright.
    let command = ChildProcess.dyingWithParent.joined(separator: " ")
    let parent = try ChildProcess(
      "sh", ["-c", "\(command) sh -c 'echo child; exec sleep 600' & wait"])
    #expect(try parent.output.nextLine(within: .seconds(5)) { _ in true } == "child")
    parent.kill()
    _ = try parent.waitForExit(within: .seconds(5))
    // The pipe, which both write to, closes when the child is gone, too.
    #expect(throws: Transcript.WaitError.ended) {
      try parent.output.nextLine(within: .seconds(5)) { _ in true }
    }
  }

  @Test func outlivesTheThreadThatStartedIt() throws {
    let started = DispatchSemaphore(value: 0)
    let box = MachineBox()
    Thread.detachNewThread {
      box.machine = try? makeMachine(script: "read line; echo heard")
      started.signal()
    }
    started.wait()
    let machine = try #require(box.machine)
    machine.type("\n")
    try machine.expectLine(containing: "heard")
    #expect(try machine.waitForExit() == .exited(0))
  }

  /// Takes a machine from one thread to another, with a semaphore between them.
  private final class MachineBox: @unchecked Sendable {
    var machine: Machine?
  }

  @Test func saysWhatCannotBeStarted() throws {
    let result = try ChildProcess.run("no-such-program-of-wengen", [])
    #expect(!result.status.succeeded)
    #expect(result.errors.contains("no-such-program-of-wengen"))
  }

  @Test func runsACommandWithInput() throws {
    let result = try ChildProcess.run("tr", ["a-z", "A-Z"], input: "hello")
    #expect(result.status == .exited(0))
    #expect(result.output == "HELLO")
  }
}

@Suite struct MachineConfigurationTests {
  private static func configuration() -> MachineConfiguration {
    MachineConfiguration(
      artefacts: Artefacts(folder: "/a,b"),
      forwardedPorts: [.init(host: 14001, guest: 4001), .init(host: 14002, guest: 4002)],
      callRecords: "/tmp/calls,1")
  }

  /// The argument after an option.
  private func value(of option: String, in arguments: [String]) -> String? {
    arguments.firstIndex(of: option).map { arguments[$0 + 1] }
  }

  @Test func forwardsPortsOfThisMachineOnly() {
    #expect(
      value(of: "-netdev", in: Self.configuration().arguments)
        == "user,id=net0,ipv6=off,hostfwd=udp:127.0.0.1:14001-:4001,"
        + "hostfwd=udp:127.0.0.1:14002-:4002")
  }

  @Test func doublesCommasInPaths() {
    let arguments = Self.configuration().arguments
    #expect(value(of: "-plugin", in: arguments) == "/a,,b/lauberhorn.so")
    #expect(value(of: "-device", in: arguments) == "lauberhorn,netdev=net0,calls=/tmp/calls,,1")
    #expect(value(of: "-kernel", in: arguments) == "/a,b/kernel.img")
  }

  @Test func deterministicCountsInstructionsAndRunsInLockstep() {
    var configuration = Self.configuration()
    #expect(value(of: "-icount", in: configuration.arguments) == nil)
    configuration.deterministic = true
    #expect(value(of: "-icount", in: configuration.arguments) == "shift=0,sleep=off")
    #expect(value(of: "-device", in: configuration.arguments)?.hasSuffix("lockstep=on") == true)
  }

  @Test func replaysInTheGuestsTimeWithNobodyOnTheWire() {
    var configuration = Self.configuration()
    configuration.replay = .init(file: "/tmp/a,b", endNanoseconds: 7_000)
    for deterministic in [false, true] {
      configuration.deterministic = deterministic
      let arguments = configuration.arguments
      #expect(value(of: "-icount", in: arguments) == "shift=0,sleep=off")
      #expect(value(of: "-netdev", in: arguments) == "hubport,id=net0,hubid=0")
      #expect(
        value(of: "-device", in: arguments)
          == "lauberhorn,netdev=net0,calls=/tmp/calls,,1,mac=52:54:00:12:34:56"
          + ",replay=/tmp/a,,b,replay-end=7000")
    }
  }

  @Test func capturesPacketsOnlyWhenAsked() {
    var configuration = Self.configuration()
    #expect(value(of: "-object", in: configuration.arguments) == nil)
    configuration.packetCapture = "x.pcap"
    #expect(
      value(of: "-object", in: configuration.arguments)
        == "filter-dump,id=dump,netdev=net0,file=x.pcap")
  }
}

@Suite struct EscapeFilterTests {
  static let cases: [(keys: [String], typed: String, leaves: Bool)] = [
    (["help\r"], "help\r", false),
    (["\u{1}x"], "", true),
    (["ab\u{1}Xcd"], "ab", true),
    (["\u{1}", "x"], "", true),
    (["\u{1}\u{1}x"], "\u{1}x", false),
    (["\u{1}b"], "\u{1}b", false),
  ]

  @Test(arguments: cases) func findsControlAX(keys: [String], typed: String, leaves: Bool) {
    var filter = EscapeFilter()
    var result: [UInt8] = []
    var left = false
    for piece in keys where !left {
      let (bytes, leavesNow) = filter.filter(Array(piece.utf8))
      result += bytes
      left = leavesNow
    }
    #expect(String(decoding: result, as: UTF8.self) == typed)
    #expect(left == leaves)
  }
}
