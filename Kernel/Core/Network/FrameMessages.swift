// FRAME: a frame that is no call, for the kernel to look at and perhaps to answer.

internal import ArchAArch64
internal import Boot
internal import Interface
internal import Network

/// FRAME: `byteCount` bytes of a frame lie in the endpoint's overflow lines. An answer is left in
/// their place and named in the response (interface §5); without a response nothing is sent.
@c(kernel_message_frame)
func kernelMessageFrame(
  data: UInt64, byteCount: UInt64, argument1: UInt64, line: UInt64
) {
  // Zero-extended by the NIC; no frame is longer than the lines.
  let count = Int(min(byteCount, UInt64(LineGeometry.overflowBytes)))
  let block = EndpointLayout.blockAddress(ofControlLine: UInt(line))
  let address = block + UInt(EndpointLayout.receiveOverflowOffset)
  // Safety: the lines came with this message and are this core's until the next load (R4).
  guard let start = unsafe UnsafeMutablePointer<UInt8>(bitPattern: address) else { return }
  var frame = unsafe MutableSpan(_unsafeStart: start, count: count)
  guard let answerBytes = EchoResponder.answer(&frame) else { return }
  let lines = KernelLines()
  let lineCount = (answerBytes + LineGeometry.lineBytes - 1) / LineGeometry.lineBytes
  lines.store(
    UInt64(answerBytes),
    at: UInt(line) + UInt(ControlLineWord.firstArgument * LineGeometry.wordBytes))
  lines.store(
    ResponseHead(status: .success, overflowLineCount: UInt8(lineCount)).word,
    at: UInt(line) + UInt(ControlLineWord.tail * LineGeometry.wordBytes))
}
