// For the EFI application: the tree that the kernel starts with.
//
// Runs at the image's physical address on firmware's stack, as boot services end: what holds for
// EarlyMain.swift holds here.

internal import Boot
internal import DeviceTree
internal import Reporting

/// Firmware's console, byte by byte.
private struct FirmwareConsole: TextOutput {
  mutating func write(byte: UInt8) { efi_print_byte(byte) }
}

/// EFI/Application.c.
@c(write_boot_tree)
func writeBootTree(_ request: UnsafePointer<BootTreeRequest>) -> UInt64 {
  // Safety: Application.c fills the request with memory that firmware has given.
  let request = unsafe request.pointee
  func bytes(_ address: UInt64, _ count: UInt64) -> UnsafeBufferPointer<UInt8> {
    unsafe UnsafeBufferPointer(
      start: UnsafePointer(bitPattern: UInt(address)), count: Int(count))
  }
  let room = unsafe UnsafeMutableBufferPointer<UInt8>(
    start: UnsafeMutablePointer(bitPattern: UInt(request.output)),
    count: Int(request.output_bytes))
  do throws(HandOverError) {
    let tree: DeviceTree
    do throws(DeviceTreeError) {
      tree = unsafe try DeviceTree(bytes(request.tree, request.tree_bytes).span)
    } catch {
      complain(error)
      return 0
    }
    let map = unsafe try FirmwareMemoryMap(
      bytes(request.memory_map, request.memory_map_bytes).span,
      descriptorBytes: Int(truncatingIfNeeded: request.descriptor_bytes))
    let line = unsafe bytes(request.command_line, request.command_line_bytes)
    let handOver = HandOver(
      commandLine: unsafe line.span,
      archive: request.archive_bytes > 0
        ? AddressRange(base: request.archive, bytes: request.archive_bytes) : nil,
      memory: try map.usableMemory())
    var output = unsafe room.mutableSpan
    return UInt64(try tree.write(with: handOver, into: &output))
  } catch {
    complain(error)
    return 0
  }
}

private func complain(_ error: some Reportable) {
  var console = FirmwareConsole()
  console.write("Wengen: cannot start: ")
  console.write(error)
  console.write("\n")
}
