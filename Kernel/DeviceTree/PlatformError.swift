// What the kernel misses in a device tree.

public import Reporting

/// A part of the machine that the kernel looks for.
public enum PlatformPart: Equatable, Sendable, Reportable {
  case console
  case interruptController
  case timer
  case firmware
  case processor
  case memory
  case reservedMemory
  case initialArchive
  case nic

  public func write(to output: inout some TextOutput & ~Copyable) {
    switch self {
    case .console: output.write("console (arm,pl011)")
    case .interruptController: output.write("interrupt controller (arm,gic-v3)")
    case .timer: output.write("timer (arm,armv8-timer)")
    case .firmware: output.write("firmware (arm,psci-0.2)")
    case .processor: output.write("CPU (/cpus, device_type cpu)")
    case .memory: output.write("memory (device_type memory)")
    case .reservedMemory: output.write("reserved memory (/reserved-memory)")
    case .initialArchive: output.write("initial archive (/chosen)")
    case .nic: output.write("NIC (ethz,lauberhorn-1)")
    }
  }
}

/// Why a device tree does not describe a machine that this kernel can run on. Offsets are those
/// of the node in the blob.
public enum PlatformError: Error, Sendable, Reportable {
  case missingNode(PlatformPart)
  case missingProperty(StaticString, PlatformPart, nodeOffset: Int)
  case malformedProperty(StaticString, PlatformPart, nodeOffset: Int)
  /// No bus leads from the node to the CPU's addresses.
  case unreachable(PlatformPart, address: UInt64, nodeOffset: Int)
  /// More than the kernel has room for.
  case tooMany(PlatformPart, limit: Int)

  init(_ error: RegisterError, _ part: PlatformPart, nodeOffset: Int) {
    switch error {
    case .missing: self = .missingProperty("reg", part, nodeOffset: nodeOffset)
    case .malformed, .unsupportedCells:
      self = .malformedProperty("reg", part, nodeOffset: nodeOffset)
    case .unreachable(let address):
      self = .unreachable(part, address: address, nodeOffset: nodeOffset)
    }
  }

  public func write(to output: inout some TextOutput & ~Copyable) {
    output.write("device tree: ")
    switch self {
    case .missingNode(let part):
      output.write("no ")
      output.write(part)
    case .missingProperty(let name, let part, let offset):
      output.write(part)
      output.write(" at \(hexadecimal: offset) has no \(name)" as LogText)
    case .malformedProperty(let name, let part, let offset):
      output.write(part)
      output.write(" at \(hexadecimal: offset) has a malformed \(name)" as LogText)
    case .unreachable(let part, let address, let offset):
      output.write(part)
      output.write(" at \(hexadecimal: offset): no bus leads to" as LogText)
      output.write(" address \(hexadecimal: address)" as LogText)
    case .tooMany(let part, let limit):
      output.write("more than \(limit) nodes or ranges of " as LogText)
      output.write(part)
    }
  }
}
