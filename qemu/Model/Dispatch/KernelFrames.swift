// Frames for the kernel, and from it (interface §4, §5: FRAME).
//
// They come after calls: a core gets one only when no call may go to it. So that they do not
// wait for ever while workers have all cores, one worker that only waits makes room.

import Interface

extension Lauberhorn {
  /// Keeps a frame that no service and no function of the NIC wants.
  mutating func keepForKernel(_ frame: Span<UInt8>, otherwise reason: NICCounter) {
    // What is for everybody and unknown is nobody's; and who answers it would, with the addresses
    // turned round, send as everybody.
    let destination = EthernetAddress(frame.bigEndian48(at: EthernetFrame.destinationOffset))
    guard destination == own.ethernet, kernelTakesFrames else {
      counters.count(reason)
      return
    }
    guard kernelFrames.append(frame) else {
      counters.count(.dropKernelFrame)
      return
    }
    counters.count(.framesForKernel)
    dispatch()
  }

  private var kernelTakesFrames: Bool {
    for core in cores {
      if let endpoint = core.kernelEndpoint, self[endpoint].addresses.frame != 0 { return true }
    }
    return false
  }

  /// Gives waiting frames to cores whose dispatch threads wait; without one, asks for a core.
  mutating func deliverFrames() {
    guard !kernelFrames.isEmpty else { return }
    for index in cores.indices {
      guard let endpoint = cores[index].heldEndpoint, self[endpoint].isKernelEndpoint else {
        continue
      }
      if deliverFrame(to: endpoint), kernelFrames.isEmpty { return }
    }
    askForCore()
  }

  /// YIELDNOW to one idle worker or an interrupt to a core in general mode, unless a core is on its way to its dispatch thread already.
  private mutating func askForCore() {
    var idle: Int?
    for index in cores.indices {
      let core = cores[index]
      if core.wantedBy == .kernel || core.state.mode == .dispatch { return }
      if let held = core.heldEndpoint, !self[held].isKernelEndpoint,
        let endpoint = core.kernelEndpoint, self[endpoint].addresses.frame != 0
      {
        idle = idle ?? index
      }
    }
    if let idle, let held = cores[idle].heldEndpoint {
      cores[idle].wantedBy = .kernel
      deliver(.yieldNow, to: held)
    } else {
      interruptGeneralCore()
    }
  }

  /// A core in general mode looks at its kernel endpoint only when it is asked to.
  private mutating func interruptGeneralCore() {
    for index in cores.indices {
      let core = cores[index]
      guard core.state.mode == .general, core.state.isPreemptible, core.wantedBy == nil,
        core.declinedProcess != .kernel, let endpoint = core.kernelEndpoint,
        self[endpoint].addresses.frame != 0
      else { continue }
      cores[index].wantedBy = .kernel
      preempt(CoreIdentifier(UInt16(index)))
      return
    }
  }

  /// The response to FRAME: with success and overflow lines it is a frame to send.
  mutating func sendFrame(
    from endpoint: EndpointIdentifier, _ head: ResponseHead, _ access: Access
  ) {
    guard head.status == .success, head.overflowLineCount > 0 else { return }
    let line = self[endpoint].parity
    let word = lines.word(ControlLineWord.firstArgument, of: endpoint, line: line)
    guard let bytes = Int(exactly: word), bytes >= EthernetFrame.headerBytes,
      bytes <= Int(head.overflowLineCount) * LineGeometry.lineBytes
    else {
      report(.frameOutsideLines, access, at: LineWindow.offset(of: endpoint))
      return
    }
    lines.readArguments(
      of: endpoint, line: line, overflowLines: Int(head.overflowLineCount), into: &scratch.area)
    let start = ArgumentArea.inlineBytes
    outputs.appendFrame(scratch.area, start..<start + bytes)
    counters.count(.framesSent)
  }
}
