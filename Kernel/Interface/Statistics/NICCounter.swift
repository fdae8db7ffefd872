// What the NIC counts: every frame and every call ends in exactly one of these (R7).

/// A counter of the NIC. Drop reasons first, in the order in which a frame meets them.
public enum NICCounter: UInt16, Hashable, Sendable, CaseIterable {
  case framesReceived
  case framesSent
  case arpAnswered
  /// No calls, and no work of the NIC's own: kept for the kernel (`MessageKind.frame`).
  case framesForKernel

  // Frames dropped before a call was decoded.
  case dropFrameTooShort
  case dropForeignEthernetAddress
  case dropUnknownEtherType
  case dropMalformedARP
  case dropForeignARP
  case dropMalformedIPv4
  case dropIPv4Checksum
  case dropIPv4Options
  case dropIPv4Fragment
  case dropForeignIPv4Address
  case dropUnknownIPProtocol
  case dropMalformedUDP
  case dropUDPChecksum
  case dropUnknownPort
  case dropRPCTooShort
  case dropRPCReply
  case dropRPCUnknownMessageType
  case dropRPCMalformedAuthentication
  /// For the kernel, but too many wait for it, or longer than the overflow lines.
  case dropKernelFrame

  // Calls answered by the NIC itself, with the error of RFC 5531 §9.
  case rejectedRPCMismatch
  case rejectedAuthentication
  case rejectedProgramUnavailable
  case rejectedProgramMismatch
  case rejectedProcedureUnavailable
  case rejectedGarbageArguments
  /// The queue of the process, or the call table, was full.
  case rejectedOverload
  /// The call would have waited longer than its process allows.
  case rejectedExpectedWait
  /// Either of these, when the process wants no answer to be sent.
  case droppedOverload

  // Calls accepted (each ends in one of the next group, R7).
  case callsAccepted
  case callsReplied
  case callsFailedByHandler
  case callsFailedMalformedResponse
  case callsFailedByKernel
  case callsFailedProcessRemoved

  // What cores saw.
  case deliveredToUserLoop
  case deliveredThroughKernel
  case callsQueued
  case callsRequeued
  case loadsHeld
  /// Loads that were answered because they might not be held (R16).
  case loadsNotHeld
  case messagesTryAgain
  case messagesYieldNow
  case messagesRetire
  case messagesResume
  case messagesFrame
  case preemptions
  case linesFilled
  case linesFetched
  /// Modified lines that cores evicted.
  case linesWrittenBack
  case coherenceMessages
  case coherenceMessagesWithData
  /// Lines that had to wait for a held load of their colour (R16).
  case colourWaits

  // Accesses that break the interface's rules.
  case violations
}
