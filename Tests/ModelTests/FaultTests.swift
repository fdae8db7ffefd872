// What goes wrong on purpose: each fault does what it says, and no more.

import Interface
import Testing

@testable import Model

@Suite struct FaultTests {
  static func listening(
    _ configure: (inout FaultSettings) -> Void
  ) throws -> (Bench, Consumer) {
    let bench = try Bench {
      configure(&$0.faults)
      $0.faults.seed = 7
    }
    try bench.install(process: 1, endpoints: [4])
    try #require(bench.installService(process: 1) == .done)
    let worker = Consumer(bench, endpoint: 4, core: 0)
    worker.publishUser(process: 1)
    return (bench, worker)
  }

  static func call(_ transaction: UInt32) -> CallFrame {
    var frame = CallFrame()
    frame.transaction = transaction
    return frame
  }

  /// Serves calls until none waits; returns the transactions of the replies.
  static func serve(_ bench: Bench, _ worker: inout Consumer) -> [UInt32] {
    while worker.load() != nil {
      worker.respond(ResponseHead(status: .success), 1)
      worker.finish()
    }
    return bench.takeFrames().compactMap { ReplyFrame($0)?.transaction }
  }

  static let always: UInt32 = 1_000_000

  @Test func receivedFramesAreLost() throws {
    let (bench, worker) = try Self.listening { $0.received.dropPerMillion = Self.always }
    bench.receive(CallFrame())
    #expect(worker.load() == nil)
    #expect(bench.nic.count(of: .faultReceivedDropped) == 1)
    #expect(bench.count(.framesReceived) == 0)
  }

  @Test func receivedFramesComeTwice() throws {
    var (bench, worker) = try Self.listening { $0.received.duplicatePerMillion = Self.always }
    bench.receive(Self.call(5))
    #expect(Self.serve(bench, &worker) == [5, 5])
    #expect(bench.nic.count(of: .faultReceivedDuplicated) == 1)
    #expect(bench.isConserved)
  }

  /// One wrong bit is never answered wrongly: checksums, or a field that nobody reads.
  @Test func receivedFramesAreDamagedInOneBit() throws {
    var (bench, worker) = try Self.listening { $0.received.corruptPerMillion = Self.always }
    for transaction in 0..<2000 as Range<UInt32> {
      let frame = Self.call(transaction)
      bench.receive(frame)
      while let head = worker.load() {
        #expect(head.argument0 == 42)
        worker.respond(ResponseHead(status: .success), 1)
        worker.finish()
      }
      for bytes in bench.takeFrames() {
        #expect(Array(bytes[42..<46]) == networkBytes(transaction))
      }
    }
    #expect(bench.nic.count(of: .faultReceivedCorrupted) == 2000)
    #expect(bench.count(.dropUDPChecksum) > 500)
    #expect(bench.count(.dropIPv4Checksum) > 100)
  }

  @Test func aReceivedFrameIsOvertaken() throws {
    var (bench, worker) = try Self.listening { $0.received.reorderPerMillion = Self.always }
    bench.receive(Self.call(1))
    bench.receive(Self.call(2))
    #expect(Self.serve(bench, &worker) == [2, 1])
    // Nobody comes: it is released by time.
    bench.receive(Self.call(3))
    #expect(Self.serve(bench, &worker) == [])
    let deadline = try #require(bench.nic.deadline)
    #expect(deadline == bench.now + FaultSettings.reorderNanoseconds)
    bench.advance(by: FaultSettings.reorderNanoseconds)
    #expect(Self.serve(bench, &worker) == [3])
    #expect(bench.nic.count(of: .faultReceivedReordered) == 2)
  }

  @Test func sentFramesAreLostDamagedAndRepeated() throws {
    for (change, count, replies): ((inout WireFaults) -> Void, FaultCounter, Int) in [
      ({ $0.dropPerMillion = Self.always }, .faultSentDropped, 0),
      ({ $0.duplicatePerMillion = Self.always }, .faultSentDuplicated, 2),
      ({ $0.corruptPerMillion = Self.always }, .faultSentCorrupted, 0),
    ] {
      var (bench, worker) = try Self.listening { change(&$0.sent) }
      bench.receive(Self.call(9))
      #expect(Self.serve(bench, &worker).count == replies)
      #expect(bench.nic.count(of: count) == 1)
      #expect(bench.count(.callsReplied) == 1)
    }
  }

  @Test func aSentFrameIsOvertaken() throws {
    var (bench, worker) = try Self.listening { $0.sent.reorderPerMillion = Self.always }
    bench.receive(Self.call(1))
    bench.receive(Self.call(2))
    #expect(Self.serve(bench, &worker) == [2, 1])
    bench.receive(Self.call(3))
    #expect(Self.serve(bench, &worker) == [])
    bench.advance(by: FaultSettings.reorderNanoseconds)
    #expect(bench.takeFrames().compactMap { ReplyFrame($0)?.transaction } == [3])
  }

  @Test func aLineTakesItsTime() throws {
    let (bench, worker) = try Self.listening { $0.lineLatencyNanoseconds = 500 }
    bench.receive(CallFrame())
    #expect(bench.load(0, worker.offset(ofWord: 0)) == .held)
    #expect(bench.count(.loadsHeld) == 0)
    #expect(bench.nic.deadline == bench.now + 500)
    bench.advance(by: 499)
    #expect(bench.load(0, worker.offset(ofWord: 0)) == .held)
    bench.advance(by: 1)
    #expect(bench.takeWakes() == [0])
    #expect(worker.load()?.argument0 == 42)
    // A hit takes no time.
    #expect(worker.word(2) == 42)
    // An overflow line does.
    let overflow = worker.offset(ofWord: 0) + 0x100
    #expect(bench.load(0, overflow) == .held)
    bench.advance(by: 500)
    #expect(bench.takeWakes() == [0])
    #expect(bench.load(0, overflow) == .value(0))
  }

  /// The latency comes before the stall limit, and once only.
  @Test func r2AHeldLoadAfterItsLatency() throws {
    let (bench, worker) = try Self.listening { $0.lineLatencyNanoseconds = 500 }
    #expect(worker.load() == nil)
    bench.advance(by: 500)
    #expect(bench.takeWakes() == [0])
    #expect(worker.load() == nil)
    #expect(bench.count(.loadsHeld) == 1)
    #expect(bench.nic.deadline == bench.now + Bench.stallLimit)
    bench.receive(CallFrame())
    #expect(bench.takeWakes() == [0])
    #expect(worker.load()?.argument0 == 42)
  }

  @Test func r2TRYAGAINMayComeEarly() throws {
    var (bench, worker) = try Self.listening { $0.earlyTryAgainsPerMillion = Self.always }
    for _ in 0..<3 {
      #expect(worker.load()?.code == Stub.tryAgain)
      worker.finish()
    }
    bench.receive(CallFrame())
    #expect(worker.load()?.argument0 == 42)
    #expect(bench.nic.count(of: .faultEarlyTryAgains) == 3)
    #expect(bench.count(.loadsHeld) == 0)
  }

  @Test func impossibleFaultsAreRefused() {
    for change: (inout FaultSettings) -> Void in [
      { $0.evictionsPerMillion = 1_000_001 }, { $0.earlyTryAgainsPerMillion = 1_000_001 },
      { $0.lineLatencyNanoseconds = 1_000_000_001 },
      { $0.received.dropPerMillion = 1_000_001 }, { $0.sent.reorderPerMillion = 1_000_001 },
    ] {
      var configuration = Configuration(
        coreCount: 1, endpointCount: 2, processCount: 2, serviceCount: 1,
        ethernetAddress: EthernetAddress(2), internetAddress: InternetAddress(0x0A00_0001))
      #expect(Lauberhorn(configuration) != nil)
      change(&configuration.faults)
      #expect(Lauberhorn(configuration) == nil)
    }
  }
}
