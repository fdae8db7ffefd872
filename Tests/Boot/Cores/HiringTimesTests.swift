// How fast cores follow the load, by the guest's clock: from the NIC's events.
//
// Time counts instructions (`-icount`), of all cores together: four busy cores have a quarter each. So
// the bounds here are harder than on a machine, and no load of the host makes them fail.

import Foundation
import Harness
import Interface
import Scheduling
import Testing

extension BootTests {
  @Suite struct HiringTimesTests {
    private static let cores = 4
    private static let batchProgress = RPCProcedure(
      program: 0x2000_0105, version: 1, procedure: 1)

    /// From the load's arrival until all cores that it wants serve it.
    private static let followNanoseconds: UInt64 = 1_000_000
    /// From the last answer until general threads have all cores: a worker makes way when it has
    /// waited from one look to the next (`CoreAlarms`: a millisecond), and its core may have to ask
    /// another for a thread. Long before hiring would see a whole window without load.
    private static let returnNanoseconds = windowNanoseconds
    private static let windowNanoseconds = CoreAllocation.Settings(
      minimumCores: 1, maximumCores: cores
    ).windowNanoseconds

    private let folder: String

    init() throws {
      folder = NSTemporaryDirectory() + "wengen-hiring-\(UUID().uuidString)"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    /// Six threads that compute, beside services; frames come while cores are busy.
    private func makeGuest(spinThreads: Int = 6) throws -> Guest {
      let archive = try ServiceArchive(
        programs: ["echo", "calculator", "spin", "batch"],
        manifest: """
          echo
          calculator
          spin argument=4406 threads=\(spinThreads) queue=200
          batch argument=4300 threads=8

          """)
      return try Guest(archive: archive, ports: [4300, 4406]) {
        $0.coreCount = Self.cores
        $0.deterministic = true
        $0.deviceProperties = [("lockstep", "off")]
        $0.traceFile = folder + "/nic.bin"
      }
    }

    /// Ends the guest and reads what the NIC has recorded.
    private func finish(_ guest: Guest) throws -> (NICTrace, CoreHistory) {
      try guest.expectExit(typing: "exit", status: 0)
      let trace = try NICTrace(file: folder + "/nic.bin")
      try FileManager.default.removeItem(atPath: folder)
      return (trace, trace.states(cores: Self.cores))
    }

    private func process(named name: String, _ guest: Guest) throws -> ProcessIdentifier {
      let line = try #require(try guest.processes().first { $0.contains(": \(name) ") })
      let number = line.split { $0 == " " || $0 == ":" }.compactMap { UInt16($0) }.first
      return ProcessIdentifier(try #require(number))
    }

    private func numbers(_ guest: Guest) throws -> Int64 {
      var client = try guest.client(ofGuestPort: 4300)
      guard case .success(let results) = try client.call(Self.batchProgress) else {
        Issue.record("no progress")
        return 0
      }
      var decoder = XDRDecoder(results)
      return try decoder.decodeInt64()
    }

    /// Waits until batch threads run on every core, and two cores are retired: with no load one
    /// core is wanted, and one is spare.
    private func expectBatchEverywhere(_ batch: ProcessIdentifier, _ guest: Guest) throws {
      try guest.expectCores("without load") {
        $0.computing[batch] == Self.cores && $0.retired == 2
      }
    }

    /// When the calls of one burst came and went.
    private struct Span {
      let firstArrival: UInt64
      let lastArrival: UInt64
      let firstAnswer: UInt64
      let lastAnswer: UInt64

      init(_ calls: some Collection<NICTrace.Call>) throws {
        firstArrival = try #require(calls.map(\.arrival).min())
        lastArrival = try #require(calls.map(\.arrival).max())
        firstAnswer = try #require(calls.map(\.answer).min())
        lastAnswer = try #require(calls.map(\.answer).max())
      }
    }

    /// Batch threads have all cores, but for looks at the NIC, and for the time that a thread needs
    /// from core to core.
    private func expectComputing(
      _ batch: ProcessIdentifier, _ states: CoreHistory, from begin: UInt64, to end: UInt64,
      _ when: Comment
    ) {
      let computed = states.nanoseconds(from: begin, to: end) { $0.computes(for: batch) }
      let all = UInt64(Self.cores) * (end - begin)
      #expect(all - computed <= all / 5 + 1_000_000, when)
    }

    /// Batch threads have all four cores; four long calls come at once; then there are none.
    @Test func coresFollowWithinAMillisecondAndGoBack() throws {
      let bursts = 2
      let guest = try makeGuest()
      let batch = try process(named: "batch", guest)
      let spin = try process(named: "spin", guest)
      let numbersBefore = try numbers(guest)
      for number in 0..<bursts {
        try expectBatchEverywhere(batch, guest)
        // 144 ms: longer than general threads wait for a slice.
        let calls = try Burst(
          guest, count: Self.cores, rounds: 12_000_000, first: UInt32(100 * number))
        try calls.expectAnswers()
      }
      try expectBatchEverywhere(batch, guest)
      #expect(try numbers(guest) > numbersBefore)
      let (trace, states) = try finish(guest)

      let calls = trace.calls(of: SpinService.spin)
      #expect(calls.count == bursts * Self.cores)
      var window = Self.windowNanoseconds
      // `expectBatchEverywhere`, in the guest's time: before, the call to batch has a worker on a core.
      let retired = try #require(
        states.firstTime(atOrAfter: 0, whenAtLeast: 2, \.isRetired), "before the bursts")
      var batchSince = try #require(
        states.firstTime(atOrAfter: retired, whenAtLeast: Self.cores) { $0.computes(for: batch) },
        "before the bursts")
      for number in 0..<bursts {
        let when: Comment = "burst \(number)"
        let burst = try Span(calls.filter { Int($0.key) / 100 == number }.values)
        expectComputing(
          batch, states, from: batchSince, to: burst.firstArrival, when)

        let following = try #require(
          states.firstTime(atOrAfter: burst.lastArrival, whenAtLeast: Self.cores) {
            $0.serves(spin)
          }, when)
        let follow = following - burst.lastArrival
        #expect(follow <= Self.followNanoseconds, when)

        // The calls keep the cores, and batch threads get their slices all the same.
        func share(_ isRight: (CoreState) -> Bool) -> UInt64 {
          states.nanoseconds(from: following, to: burst.firstAnswer, isRight)
        }
        let span = burst.firstAnswer - following
        #expect(share { $0.serves(spin) } * 10 >= UInt64(Self.cores) * span * 9, when)
        #expect(
          share { $0.computes(for: batch) } >= 2 * Weight.standardSliceNanoseconds, when)

        let returning = try #require(
          states.firstTime(atOrAfter: burst.lastAnswer, whenAtLeast: Self.cores) {
            $0.computes(for: batch)
          }, when)
        #expect(returning - burst.lastAnswer <= Self.returnNanoseconds, when)
        batchSince = returning

        // A window with the burst's peak in it has to end, then one without; a core that runs no
        // general thread at that moment retires at the end of a later one. The window has doubled
        // when the burst came soon after cores had retired.
        window *= 2
        let retiring = try #require(
          states.firstTime(atOrAfter: burst.lastAnswer, whenAtLeast: 2, \.isRetired), when)
        #expect(retiring - burst.lastAnswer <= 4 * window, when)
        print(
          "burst \(number): followed after \(follow / 1000) µs, back after "
            + "\((returning - burst.lastAnswer) / 1000) µs, two retired after "
            + "\((retiring - burst.lastAnswer) / 1000) µs")
      }
    }

    /// Calls for two or three cores all the time, so many that a slow client makes no gap: the cores that
    /// serve them are hired once, and stay. A retired core that finds no thread for two rounds comes
    /// back, which may happen while batch threads go from core to core; every time the window doubles.
    @Test(arguments: [2, 3]) func steadyLoadMovesNoCores(threads: Int) throws {
      let guest = try makeGuest(spinThreads: threads)
      try expectBatchEverywhere(try process(named: "batch", guest), guest)
      // 150 ms of work wait all the time.
      let load = try Burst(guest, count: 120, rounds: 300_000)
      // Some windows until cores have come to rest.
      try load.goOn(calls: 60)
      let begin = try guest.coreDuties()
      try load.goOn(calls: 200)
      let end = try guest.coreDuties()
      try load.expectAnswers()
      let (trace, _) = try finish(guest)
      let calls = trace.calls(of: SpinService.spin)
      #expect(calls.count == 380)
      let steady = try Span((60..<260).compactMap { calls[$0] })
      let duration = steady.lastAnswer - steady.firstAnswer
      #expect(duration >= 15 * Self.windowNanoseconds)
      let moves = end.moves - begin.moves
      print("\(threads) threads: \(moves) moves in \(duration / 1_000_000) ms")
      #expect(moves <= 6, "\(begin), then \(end)")
    }
  }
}
