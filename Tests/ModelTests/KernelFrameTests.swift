// Frames that are no calls, to the kernel and from it: FRAME.

import Interface
import Testing

@testable import Model

@Suite struct KernelFrameTests {
  /// A UDP datagram to a port that nobody serves.
  static let foreign: CallFrame = {
    var frame = CallFrame()
    frame.port = 7
    return frame
  }()

  private func makeBench(cores: Int = 1) throws -> (Bench, Consumer) {
    let bench = try Bench(cores: cores, takesFrames: true)
    let kernel = Consumer(bench, endpoint: 0, core: 0)
    return (bench, kernel)
  }

  private func frameBytes(_ bench: Bench, _ count: Int) -> [UInt8] {
    (0..<count).map { index in
      let offset = UInt64(EndpointLayout.receiveOverflowOffset + index)
      guard case .value(let byte) = bench.load(0, offset, size: 1) else { return 0xEE }
      return UInt8(byte)
    }
  }

  @Test func aFrameStandsInTheOverflowLines() throws {
    var (bench, kernel) = try makeBench()
    kernel.publishDispatch()
    #expect(kernel.load() == nil)
    let sent = KernelFrameTests.foreign.bytes
    bench.receive(sent)
    #expect(bench.takeWakes() == [0])
    let head = try #require(kernel.load())
    #expect(head.code == Stub.kernelFrame)
    #expect(head.argument0 == UInt64(sent.count))
    let tail = try #require(MessageTail(word: kernel.word(ControlLineWord.tail)))
    #expect(tail.kind == .frame)
    #expect(Int(tail.overflowLineCount) == (sent.count + 127) / 128)
    #expect(frameBytes(bench, sent.count) == sent)
    #expect(bench.count(.framesForKernel) == 1)
    #expect(bench.count(.dropUnknownPort) == 0)
    // Without a response nothing is sent, and the lines are clean (R13).
    #expect(kernel.finishAndLoad() == nil)
    #expect(bench.takeFrames() == [])
    #expect(bench.takeViolations() == [])
  }

  /// R13: the lines have the frame and zeros, not what the NIC's memory had of others.
  @Test func r13BesideAFrameThereAreZeros() throws {
    var (bench, kernel) = try makeBench()
    try bench.install(process: 1, endpoints: [2])
    let hyper = SignatureCode.hyper.rawValue
    #expect(bench.installService(process: 1, arguments: [hyper, hyper]) == .done)
    kernel.publishDispatch()
    var long = KernelFrameTests.foreign
    long.arguments = Array(repeating: 0xEE, count: 400)
    bench.receive(long)
    _ = try #require(kernel.load())
    #expect(kernel.finishAndLoad() == nil)
    // Unmarshalled in part: these are too many arguments.
    var call = CallFrame()
    call.arguments = Array(repeating: 0xEE, count: 20)
    bench.receive(call)
    #expect(bench.count(.rejectedGarbageArguments) == 1)
    let short = KernelFrameTests.foreign.bytes
    #expect(short.count % 8 != 0)
    bench.receive(short)
    let head = try #require(kernel.load())
    #expect(head.argument0 == UInt64(short.count))
    for word in ControlLineWord.firstArgument + 1..<ControlLineWord.tail {
      #expect(kernel.word(word) == 0, "word \(word)")
    }
    let rest = [UInt8](repeating: 0, count: 512 - short.count)
    #expect(frameBytes(bench, 512) == short + rest)
  }

  @Test func kindsOfForeignFrames() throws {
    var icmp = CallFrame()
    icmp.ipProtocol = 1
    var etherType = CallFrame()
    etherType.etherType = 0x88CC
    for frame in [icmp, etherType, KernelFrameTests.foreign] {
      let (bench, kernel) = try makeBench()
      kernel.publishDispatch()
      bench.receive(frame)
      #expect(kernel.load()?.code == Stub.kernelFrame)
    }
    // Not for us, to everybody, and damaged ones.
    var other = icmp
    other.destinationInternet = [192, 168, 128, 41]
    var everybody = etherType
    everybody.destination = Array(repeating: 0xFF, count: 6)
    // An answer to it would come from the address of all.
    var icmpForEverybody = icmp
    icmpForEverybody.destination = everybody.destination
    var datagramForEverybody = KernelFrameTests.foreign
    datagramForEverybody.destination = everybody.destination
    var damaged = icmp
    damaged.headerChecksumError = 1
    let (bench, kernel) = try makeBench()
    kernel.publishDispatch()
    for frame in [other, everybody, icmpForEverybody, datagramForEverybody, damaged] {
      bench.receive(frame)
    }
    #expect(kernel.load() == nil)
    #expect(bench.count(.framesForKernel) == 0)
    #expect(bench.count(.dropUnknownEtherType) == 1)
    #expect(bench.count(.dropUnknownIPProtocol) == 1)
    #expect(bench.count(.dropUnknownPort) == 1)
  }

  /// Datagrams of other protocols end anywhere; calls always at a multiple of four.
  @Test(arguments: 1...8)
  func aChecksumCoversEveryByte(bytes: Int) throws {
    let (bench, kernel) = try makeBench()
    kernel.publishDispatch()
    var frame = KernelFrameTests.foreign
    frame.arguments = Array(repeating: 0xA5, count: bytes)
    bench.receive(frame)
    #expect(bench.count(.framesForKernel) == 1)
    var damaged = frame.bytes
    damaged[damaged.count - 1] ^= 0x40
    bench.receive(damaged)
    #expect(bench.count(.framesForKernel) == 1)
    #expect(bench.count(.dropUDPChecksum) == 1)
  }

  @Test func withoutAStubTheyAreDropped() throws {
    let bench = try Bench(cores: 1)
    let kernel = Consumer(bench, endpoint: 0, core: 0)
    kernel.publishDispatch()
    bench.receive(KernelFrameTests.foreign)
    #expect(kernel.load() == nil)
    #expect(bench.count(.dropUnknownPort) == 1)
  }

  @Test func theQueueIsBoundedAndInOrder() throws {
    var (bench, kernel) = try makeBench()
    kernel.publishDispatch()
    for index in 0..<FrameQueue.capacity + 3 {
      var frame = KernelFrameTests.foreign
      frame.arguments = [UInt8(index)]
      frame.hasUDPChecksum = false
      bench.receive(frame)
    }
    #expect(bench.count(.dropKernelFrame) == 3)
    #expect(bench.count(.framesForKernel) == UInt64(FrameQueue.capacity))
    var head = kernel.load()
    for index in 0..<FrameQueue.capacity {
      let bytes = Int(try #require(head).argument0)
      #expect(frameBytes(bench, bytes).last == UInt8(index))
      head = kernel.finishAndLoad()
    }
    #expect(head == nil)
  }

  /// R4: what the kernel leaves in the lines and names in its response is sent.
  @Test func theResponseCarriesAFrame() throws {
    var (bench, kernel) = try makeBench()
    kernel.publishDispatch()
    bench.receive(KernelFrameTests.foreign)
    _ = try #require(kernel.load())
    for index in 0..<200 {
      bench.store(
        0, UInt64(EndpointLayout.receiveOverflowOffset + index), UInt64(index), size: 1)
    }
    kernel.respond(ResponseHead(status: .success, overflowLineCount: 2), 200)
    #expect(kernel.finishAndLoad() == nil)
    #expect(bench.takeFrames() == [(0..<200).map { UInt8($0) }])
    #expect(bench.count(.framesSent) == 1)
  }

  @Test(arguments: [(13, 1), (129, 1), (4097, 32), (Int.max, 32)])
  func aFrameOutsideOfItsLinesIsAViolation(bytes: Int, lines: Int) throws {
    var (bench, kernel) = try makeBench()
    kernel.publishDispatch()
    bench.receive(KernelFrameTests.foreign)
    _ = try #require(kernel.load())
    kernel.respond(
      ResponseHead(status: .success, overflowLineCount: UInt8(lines)), UInt64(bytes))
    #expect(kernel.finishAndLoad() == nil)
    #expect(bench.takeFrames() == [])
    #expect(bench.takeViolations() == [.frameOutsideLines])
  }

  /// When workers have all cores, an idle one makes room; a core is asked for once.
  @Test func anIdleWorkerMakesRoom() throws {
    var (bench, kernel) = try makeBench()
    try bench.install(process: 1, endpoints: [2])
    var worker = Consumer(bench, endpoint: 2, core: 0)
    worker.publishUser(process: 1)
    #expect(worker.load() == nil)
    bench.receive(KernelFrameTests.foreign)
    bench.receive(KernelFrameTests.foreign)
    #expect(worker.load()?.code == Stub.yieldNow)
    #expect(bench.count(.messagesYieldNow) == 1)
    kernel.publishDispatch()
    #expect(kernel.load()?.code == Stub.kernelFrame)
    #expect(kernel.finishAndLoad()?.code == Stub.kernelFrame)
    #expect(kernel.finishAndLoad() == nil)
    // The worker goes on where it was.
    worker.publishUser(process: 1)
    #expect(worker.finishAndLoad() == nil)
    #expect(bench.takeViolations() == [])
  }

  /// R9: when general threads have all cores, one is interrupted, once.
  @Test func aCoreInGeneralModeIsInterrupted() throws {
    let (bench, kernel) = try makeBench()
    bench.publish(0, CoreState(mode: .general))
    bench.receive(KernelFrameTests.foreign)
    #expect(bench.takeInterrupts() == [], "it is not preemptible")
    bench.publish(0, CoreState(mode: .general, isPreemptible: true))
    #expect(bench.takeInterrupts() == [0])
    bench.receive(KernelFrameTests.foreign)
    #expect(bench.takeInterrupts() == [])
    // It stays: the kernel declined.
    bench.publish(0, CoreState(mode: .general, isPreemptible: true))
    #expect(bench.takeInterrupts() == [])
    bench.publish(0, CoreState(mode: .dispatch))
    #expect(kernel.load()?.code == Stub.kernelFrame)
    #expect(bench.takeViolations() == [])
  }
}
