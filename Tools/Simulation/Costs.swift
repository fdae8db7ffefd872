// What a step costs: the only file with numbers of the machine, each with where it comes from.
//
// Instructions were counted by the QEMU device (qemu/Device/README.md) on this kernel. Latencies of
// the coherent link are Enzian's, from the measurements that its authors publish with their NIC
// (KireinaHoro/enzian-pio-nic, data and evaluation of "Rethinking Programmed I/O for Fast Devices",
// Ruzhanskaia et al., arXiv 2409.08141): medians of a 64-byte message on an FPGA at 250 MHz.

public struct Costs: Hashable, Sendable {
  /// A ThunderX-1 has 2.0 GHz and issues two instructions a cycle at best; one is assumed.
  public var nanosecondsPerInstruction = 0.5

  /// A warm null call, from the load that brings it to the load that acknowledges it: `make run`,
  /// User/README.md.
  public var warmInstructions = 11.0
  /// CALL or RESUME answered → the worker's own load answered: "cold dispatch" of wengen-trace's table
  /// of paths, which Tests/Boot/Cores/CostTests.swift prints, as the two below.
  public var enterInstructions = 103.0
  /// YIELDNOW answered → the kernel pair loaded: stub, trap, park. "YIELDNOW to kernel".
  public var yieldInstructions = 40.0
  /// Interrupt in a handler → the kernel pair loaded: all registers saved, interrupt acknowledged,
  /// parked. "preemption" is 195, up to another process's own load, of which the cold dispatch's are
  /// 103.
  public var preemptInstructions = 92.0
  /// TRYAGAIN answered → the next load, in the user loop and in the dispatch thread: "TRYAGAIN, worker"
  /// and "TRYAGAIN, kernel".
  public var workerTryAgainInstructions = 9.0
  public var kernelTryAgainInstructions = 21.0
  /// A line that hit its mark → its next load (User/Start/Start.S).
  public var againInstructions = 3.0

  /// From a core's miss to the home, and from the home's answer to the core. A load that finds its
  /// message there takes 764 ns, of which 60 in the NIC; half of the rest each way.
  public var requestNanoseconds: UInt64 = 352
  public var answerNanoseconds: UInt64 = 352
  /// The home's clean-invalidate of a control line, until the line is back.
  public var fetchNanoseconds: UInt64 = 980
  /// Whether the NIC has that feature (interface R17). Without it the answer follows the fetch, as the
  /// prototype's hardware does.
  public var answersDuringFetch = true
  /// The NIC's own way from frame to line, or from line to frame.
  public var pipelineNanoseconds: UInt64 = 60
  /// From the NIC's interrupt to the core: as a message, one way.
  public var interruptNanoseconds: UInt64 = 352

  public init() {}

  func nanoseconds(_ instructions: Double) -> UInt64 {
    UInt64((instructions * nanosecondsPerInstruction).rounded())
  }

  /// How long a warm call keeps a core besides its handler: the loop, the load's way to the home, the
  /// answer's way to the core, and without the feature the fetch of the response between them. A queue
  /// without scheduling costs pays this too.
  public var warmCallNanoseconds: UInt64 {
    nanoseconds(warmInstructions) + requestNanoseconds + answerNanoseconds
      + (answersDuringFetch ? 0 : fetchNanoseconds)
  }
}
