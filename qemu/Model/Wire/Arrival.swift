// A frame came: it is dropped, answered by the NIC, or accepted as a call.

import Interface
import Marshalling

extension Lauberhorn {
  /// A frame reached the NIC.
  mutating func accept(_ frame: Span<UInt8>) {
    counters.count(.framesReceived)
    switch FrameDecoder.decode(frame, own: own) {
    case .drop(let reason): counters.count(reason)
    case .addressRequest(let request): answer(request)
    case .datagram(let datagram): receive(datagram, of: frame)
    case .foreign(let reason): keepForKernel(frame, otherwise: reason)
    }
  }

  private mutating func answer(_ request: ARPRequest) {
    ReplyEncoder.encodeAddressReply(to: request, own: own, into: &scratch.frame)
    outputs.appendFrame(scratch.frame, 0..<ARPPacket.end)
    counters.count(.arpAnswered)
    counters.count(.framesSent)
  }

  private mutating func receive(_ datagram: Datagram, of frame: Span<UInt8>) {
    guard services.listens(on: datagram.serverPort) else {
      keepForKernel(frame, otherwise: .dropUnknownPort)
      return
    }
    switch RPCMessage.decode(frame, message: datagram.data, port: datagram.serverPort) {
    case .drop(let reason): counters.count(reason)
    case .reject(let transaction, let rejection):
      reject(rejection, transaction: transaction, of: datagram)
    case .call(let call): receive(call, of: datagram, frame)
    }
  }

  private mutating func receive(_ rpc: RPCCall, of datagram: Datagram, _ frame: Span<UInt8>) {
    guard let service = services.find(rpc.procedure) else {
      let rejection = services.rejection(for: rpc.procedure)
      reject(rejection, transaction: rpc.transaction, of: datagram)
      return
    }
    let used = Lauberhorn.unmarshal(
      frame.extracting(rpc.arguments), signatures: services.signatures,
      services.argumentSignature(of: service), into: &scratch.area)
    guard let used else {
      statistics.count(.rejectedGarbageArguments, of: services[service].process, service)
      reject(.garbageArguments, transaction: rpc.transaction, of: datagram)
      return
    }
    let process = services[service].process
    processes[process].arrivals += 1
    let serviceClass = services[service].serviceClass
    if let reason = refusal(for: process, serviceClass) {
      statistics.count(.rejectedOverload, of: process, service)
      refuse(
        reason, of: process, transaction: rpc.transaction, from: datagram.serverPort,
        to: datagram.caller)
      return
    }
    let call = Call(
      tag: calls.takeTag(), caller: datagram.caller, transaction: rpc.transaction,
      procedure: rpc.procedure, service: service, serviceClass: serviceClass, process: process,
      argumentBytes: used, arrivalOrder: nextOrder(), arrival: clock)
    guard let index = calls.insert(call, arguments: scratch.area) else {
      statistics.count(.rejectedOverload, of: process, service)
      refuse(
        .rejectedOverload, of: process, transaction: rpc.transaction, from: datagram.serverPort,
        to: datagram.caller)
      return
    }
    traceArrival(of: index, frameBytes: frame.count)
    services.retain(service)
    if deliverAtOnce(index, of: process) {
      countAccepted(process, service)
      return
    }
    processes[process].queue.append(index, in: &calls)
    noteQueued(process)
    processes.updateWaiting(process)
    noteLoad(of: process)
    dispatch()
    let waiting = processes[process].queue.count
    if waiting > 0, processes[process].queueLimit == 0, let call = takeWaitingCall(of: process) {
      services.release(calls[call].service)
      calls.remove(call)
      statistics.count(.rejectedOverload, of: process, service)
      refuse(
        .rejectedOverload, of: process, transaction: rpc.transaction, from: datagram.serverPort,
        to: datagram.caller)
      return
    }
    countAccepted(process, service)
    if waiting > 0 {
      counters.count(.callsQueued)
      statistics.noteQueue(of: process, waiting)
    }
  }

  private mutating func countAccepted(_ process: ProcessIdentifier, _ service: ServiceIndex) {
    counters.count(.callsAccepted)
    statistics.count(.accepted, of: process, service)
  }

  /// Into an argument area; nil when the arguments do not fit the signature.
  private static func unmarshal(
    _ xdr: Span<UInt8>, signatures: [UInt8], _ signature: Range<Int>, into area: inout [UInt8]
  ) -> Int? {
    var area = area.mutableSpan
    return Unmarshaller.unmarshal(
      xdr, signature: signatures.span.extracting(signature), into: &area)
  }

  private mutating func reject(
    _ rejection: RPCRejection, transaction: UInt32, of datagram: Datagram
  ) {
    counters.count(rejection.counter)
    send(rejection, transaction: transaction, from: datagram.serverPort, to: datagram.caller)
  }

  mutating func send(
    _ rejection: RPCRejection, transaction: UInt32, from port: UInt16, to caller: Caller
  ) {
    let end = ReplyEncoder.encode(rejection, transaction: transaction, into: &scratch.frame)
    ReplyEncoder.encodeHeaders(
      own: own, serverPort: port, to: caller, end: end, into: &scratch.frame)
    outputs.appendFrame(scratch.frame, 0..<end)
    counters.count(.framesSent)
  }
}

extension RPCRejection {
  /// Counts calls that the NIC answered before it accepted them.
  fileprivate var counter: NICCounter {
    switch self {
    case .rpcMismatch: .rejectedRPCMismatch
    case .authentication: .rejectedAuthentication
    case .programUnavailable: .rejectedProgramUnavailable
    case .programMismatch: .rejectedProgramMismatch
    case .procedureUnavailable: .rejectedProcedureUnavailable
    case .garbageArguments: .rejectedGarbageArguments
    case .systemError: .rejectedOverload
    }
  }
}
