// A call ends: its results become a frame, its lines and its slot are cleaned.

import Interface

/// How an accepted call ended (R7: exactly one of these).
enum CallEnd: Hashable {
  /// Its response was success and its results fit the signature.
  case replied
  case handlerRefusedArguments
  case handlerFailed
  case malformedResponse
  case failedByKernel
  case processRemoved

  /// Nil: the results are sent.
  var rejection: RPCRejection? {
    switch self {
    case .replied: nil
    case .handlerRefusedArguments: .garbageArguments
    case .handlerFailed, .malformedResponse, .failedByKernel, .processRemoved: .systemError
    }
  }

  var statistic: CallStatistic {
    switch self {
    case .replied: .replied
    case .handlerRefusedArguments, .handlerFailed: .failedByHandler
    case .malformedResponse: .failedMalformedResponse
    case .failedByKernel: .failedByKernel
    case .processRemoved: .failedProcessRemoved
    }
  }

  var counter: NICCounter {
    switch self {
    case .replied: .callsReplied
    case .handlerRefusedArguments, .handlerFailed: .callsFailedByHandler
    case .malformedResponse: .callsFailedMalformedResponse
    case .failedByKernel: .callsFailedByKernel
    case .processRemoved: .callsFailedProcessRemoved
    }
  }
}

extension Lauberhorn {
  /// Its core has acknowledged `call`: the response stands in the line.
  mutating func noteAnswered(_ call: CallIndex, _ access: Access) {
    calls[call].cost.endSpan(access)
    noteTimes(of: call, end: access.nowNanoseconds)
  }

  /// Ends `call` with the response in the lines of `endpoint`, which are home again (R4).
  mutating func complete(
    _ call: CallIndex, withResponseIn endpoint: EndpointIdentifier, line: Parity
  ) {
    let word = lines.word(ControlLineWord.tail, of: endpoint, line: line)
    guard let head = ResponseHead(word: word) else {
      end(call, .malformedResponse)
      return
    }
    switch head.status {
    case .success:
      let sent = sendResults(
        of: call, in: endpoint, line: line, overflowLines: Int(head.overflowLineCount))
      end(call, sent ? .replied : .malformedResponse)
    case .garbageArguments: end(call, .handlerRefusedArguments)
    case .systemError: end(call, .handlerFailed)
    // Only the kernel may say these.
    case .requeue, .fail: end(call, .malformedResponse)
    }
  }

  /// False, and no frame, when the results do not fit the signature.
  private mutating func sendResults(
    of call: CallIndex, in endpoint: EndpointIdentifier, line: Parity, overflowLines: Int
  ) -> Bool {
    let ended = calls[call]
    // Only the lines that the response declared: a reference past them is malformed.
    let used = ArgumentArea.inlineBytes + overflowLines * LineGeometry.lineBytes
    lines.readArguments(
      of: endpoint, line: line, overflowLines: overflowLines, into: &scratch.area)
    let end = ReplyEncoder.encodeResults(
      scratch.area, 0..<used, signatures: services.signatures,
      services.resultSignature(of: ended.service), into: &scratch.frame)
    guard let end else { return false }
    ReplyEncoder.encodeSuccess(transaction: ended.transaction, into: &scratch.frame)
    ReplyEncoder.encodeHeaders(
      own: own, serverPort: ended.procedure.port, to: ended.caller, end: end, into: &scratch.frame)
    outputs.appendFrame(scratch.frame, 0..<end)
    return true
  }

  /// How long an acknowledged call took, and where.
  private mutating func noteTimes(of call: CallIndex, end: UInt64) {
    let times = calls[call].times
    let taken = times.worker ?? end
    statistics.note(.waiting, from: calls[call].arrival.nanoseconds, to: times.kernel ?? taken)
    if let kernel = times.kernel { statistics.note(.kernel, from: kernel, to: taken) }
    statistics.note(.handler, from: taken, to: end)
    statistics.note(.whole, from: calls[call].arrival.nanoseconds, to: end)
  }

  /// Ends `call`, which no line, queue or core holds any more; sends the error unless the
  /// results were sent already.
  mutating func end(_ call: CallIndex, _ how: CallEnd) {
    let ended = calls[call]
    counters.count(how.counter)
    statistics.count(how.statistic, of: ended.process, ended.service)
    if let rejection = how.rejection {
      send(
        rejection, transaction: ended.transaction, from: ended.procedure.port, to: ended.caller)
    } else {
      counters.count(.framesSent)
    }
    traceEnd(of: call, failed: how != .replied)
    outputs.append(
      .call(
        CallRecord(
          tag: ended.tag, instructions: ended.cost.instructions,
          kernelEntries: ended.cost.kernelEntries, heldLoads: ended.cost.heldLoads,
          lineFills: ended.cost.lineFills, lineFetches: ended.cost.lineFetches,
          lineWriteBacks: ended.cost.lineWriteBacks,
          coherenceMessages: ended.cost.coherenceMessages,
          coherenceMessagesWithData: ended.cost.coherenceMessagesWithData,
          transaction: ended.transaction, program: ended.procedure.program,
          version: ended.procedure.version, procedure: ended.procedure.procedure,
          process: ended.process, core: ended.cost.core, isCold: ended.cost.isCold,
          succeeded: how == .replied)))
    services.release(ended.service)
    calls.remove(call)
    noteLoad(of: ended.process)
  }
}
