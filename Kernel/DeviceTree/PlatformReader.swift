// From the device tree to the platform description, part by part.

extension PlatformDescription {
  /// Reads what the kernel needs. Missing or malformed parts are errors; only PSCI, the initial
  /// archive, the boot arguments and the NIC may be absent. What a known machine's tree has no
  /// node for comes from its constants.
  public init(_ tree: borrowing DeviceTree) throws(PlatformError) {
    kind = tree.machineKind
    let isEnzian = kind == .enzian
    interruptController =
      isEnzian && tree.firstNode(compatibleWith: "arm,gic-v3") == nil
      ? Enzian.interruptController : try tree.readInterruptController()
    var console = isEnzian && !tree.hasConsole ? Enzian.console : try tree.readConsole()
    if isEnzian { console.hasFixedBaudRate = true }
    self.console = console
    timer =
      isEnzian && tree.firstNode(compatibleWith: "arm,armv8-timer") == nil
      ? Enzian.timer : try tree.readTimer()
    firmware = try tree.readFirmware() ?? (isEnzian ? Enzian.firmware : nil)
    model = tree.text("model", of: tree.root) ?? .empty
    if let chosen = tree.child(named: "chosen", of: tree.root) {
      bootArguments = tree.text("bootargs", of: chosen) ?? .empty
      initialArchive = try tree.readInitialArchive(chosen)
    }
    try tree.readProcessors(into: &processors)
    try tree.readMemory(into: &memory)
    try tree.readReservedMemory(into: &reservedMemory)
    nic = try tree.readNIC()
    if isEnzian, nic == nil, tree.firstNode(compatibleWith: "ethz,lauberhorn-1") == nil {
      nic = Enzian.nic
    }
  }
}

extension DeviceTree {
  /// The node that `stdout-path` of `/chosen` names, without the options behind its colon.
  public var standardOutput: Node? {
    guard let chosen = child(named: "chosen", of: root),
      let path = text("stdout-path", of: chosen) ?? text("linux,stdout-path", of: chosen)
    else { return nil }
    return node(at: splitStandardOutputPath(path).path)
  }

  /// The options of `stdout-path`, for example `115200n8`; empty without options.
  public var standardOutputOptions: TextReference {
    guard let chosen = child(named: "chosen", of: root),
      let path = text("stdout-path", of: chosen)
    else { return .empty }
    return splitStandardOutputPath(path).options
  }

  private func splitStandardOutputPath(
    _ text: TextReference
  ) -> (path: TextReference, options: TextReference) {
    let colon: UInt8 = 0x3A
    var position = text.range.lowerBound
    while position < text.range.upperBound {
      if bytes[position] == colon {
        return (
          TextReference(text.range.lowerBound..<position),
          TextReference((position + 1)..<text.range.upperBound)
        )
      }
      position += 1
    }
    return (text, .empty)
  }

  private func isConsole(_ node: Node) -> Bool {
    isCompatible(node, with: "arm,pl011") || isCompatible(node, with: "arm,sbsa-uart")
  }

  fileprivate var hasConsole: Bool {
    var current: Node? = root
    while let node = current {
      if isConsole(node) { return true }
      current = self.node(after: node)
    }
    return false
  }

  /// The UART of `stdout-path` if the kernel can drive it, else the first one that it can.
  fileprivate func readConsole() throws(PlatformError) -> PlatformDescription.Console {
    var candidate = standardOutput
    if let node = candidate, !isConsole(node) { candidate = nil }
    if candidate == nil {
      var current: Node? = root
      while let node = current, candidate == nil {
        if isConsole(node), isAvailable(node) { candidate = node }
        current = self.node(after: node)
      }
    }
    guard let node = candidate else { throw .missingNode(.console) }
    return PlatformDescription.Console(
      registers: try register(0, of: node, .console), interrupt: interrupt(0, of: node),
      hasFixedBaudRate: !isCompatible(node, with: "arm,pl011"))
  }

  fileprivate func readInterruptController() throws(PlatformError)
    -> PlatformDescription.InterruptController
  {
    guard let node = firstNode(compatibleWith: "arm,gic-v3") else {
      throw .missingNode(.interruptController)
    }
    var result = PlatformDescription.InterruptController(
      distributor: try register(0, of: node, .interruptController),
      redistributorStride: number("redistributor-stride", of: node))
    let regions = Int(cell("#redistributor-regions", of: node) ?? 1)
    guard regions > 0 else {
      throw .malformedProperty(
        "#redistributor-regions", .interruptController, nodeOffset: node.offset)
    }
    var index = 1
    while index <= regions {
      let region = try register(index, of: node, .interruptController)
      guard result.redistributors.append(region) else {
        throw .tooMany(.interruptController, limit: 8)
      }
      index += 1
    }
    return result
  }

  fileprivate func readTimer() throws(PlatformError) -> PlatformDescription.TimerInterrupts {
    guard let node = firstNode(compatibleWith: "arm,armv8-timer") else {
      throw .missingNode(.timer)
    }
    guard property("interrupts", of: node) != nil else {
      throw .missingProperty("interrupts", .timer, nodeOffset: node.offset)
    }
    // Without names the binding fixes the order.
    let hasNames = property("interrupt-names", of: node) != nil
    func line(_ index: Int, _ name: StaticString) -> Interrupt? {
      let index = hasNames ? self.index(of: name, inList: "interrupt-names", of: node) : index
      return index.flatMap { interrupt($0, of: node) }
    }
    guard let physical = line(1, "phys"), let virtual = line(2, "virt") else {
      throw .malformedProperty("interrupts", .timer, nodeOffset: node.offset)
    }
    return PlatformDescription.TimerInterrupts(
      securePhysical: line(0, "sec-phys"), physical: physical, virtual: virtual,
      hypervisor: line(3, "hyp-phys"))
  }

  fileprivate func readFirmware() throws(PlatformError) -> PlatformDescription.FirmwareInterface? {
    let isOne = firstNode(compatibleWith: "arm,psci-1.0")
    guard let node = isOne ?? firstNode(compatibleWith: "arm,psci-0.2") else { return nil }
    let conduit: PlatformDescription.FirmwareInterface.Conduit
    if text("method", of: node, is: "smc") {
      conduit = .secureMonitor
    } else if text("method", of: node, is: "hvc") {
      conduit = .supervisor
    } else {
      throw property("method", of: node) == nil
        ? .missingProperty("method", .firmware, nodeOffset: node.offset)
        : .malformedProperty("method", .firmware, nodeOffset: node.offset)
    }
    return PlatformDescription.FirmwareInterface(
      conduit: conduit, isVersionOneOrLater: isOne != nil)
  }

  fileprivate func readInitialArchive(_ chosen: Node) throws(PlatformError) -> AddressRange? {
    guard property("linux,initrd-start", of: chosen) != nil else { return nil }
    guard let start = number("linux,initrd-start", of: chosen) else {
      throw .malformedProperty("linux,initrd-start", .initialArchive, nodeOffset: chosen.offset)
    }
    guard property("linux,initrd-end", of: chosen) != nil else {
      throw .missingProperty("linux,initrd-end", .initialArchive, nodeOffset: chosen.offset)
    }
    guard let end = number("linux,initrd-end", of: chosen), end >= start else {
      throw .malformedProperty("linux,initrd-end", .initialArchive, nodeOffset: chosen.offset)
    }
    // Some loaders leave an empty range when there is no archive.
    return end == start ? nil : AddressRange(base: start, bytes: end - start)
  }

  fileprivate func readProcessors(
    into processors: inout PlatformDescription.Processors
  ) throws(PlatformError) {
    guard let cpus = child(named: "cpus", of: root) else { throw .missingNode(.processor) }
    var current = firstChild(of: cpus)
    while let node = current {
      // A CPU that is "disabled" waits for its enable method; only "fail" takes it away
      // (Devicetree Specification 0.4, §3.8.1).
      if text("device_type", of: node, is: "cpu"), !hasFailed(node) {
        let affinity: AddressRange
        do {
          affinity = try localRegister(0, of: node)
        } catch {
          throw PlatformError(error, .processor, nodeOffset: node.offset)
        }
        guard processors.append(ProcessorAffinity(affinity.base)) else {
          throw .tooMany(.processor, limit: 64)
        }
      }
      current = nextSibling(of: node)
    }
    guard !processors.isEmpty else { throw .missingNode(.processor) }
  }

  private func hasFailed(_ node: Node) -> Bool {
    guard let status = text("status", of: node) else { return false }
    return bytes.starts(with: "fail", in: status.range)
  }

  fileprivate func readMemory(
    into memory: inout BoundedList<32, AddressRange>
  ) throws(PlatformError) {
    var current: Node? = firstChild(of: root)
    while let node = current {
      if text("device_type", of: node, is: "memory"), isAvailable(node) {
        try readRegisters(of: node, .memory, into: &memory)
      }
      current = nextSibling(of: node)
    }
    guard !memory.isEmpty else { throw .missingNode(.memory) }
  }

  fileprivate func readReservedMemory(
    into reserved: inout BoundedList<32, AddressRange>
  ) throws(PlatformError) {
    var index = 0
    while let range = reservation(index) {
      guard reserved.append(range) else { throw .tooMany(.reservedMemory, limit: 32) }
      index += 1
    }
    guard let parent = child(named: "reserved-memory", of: root) else { return }
    var current = firstChild(of: parent)
    while let node = current {
      // Without `reg` the kernel may choose the place; it reserves nothing before someone asks.
      if isAvailable(node) {
        try readRegisters(of: node, .reservedMemory, into: &reserved)
      }
      current = nextSibling(of: node)
    }
  }

  fileprivate func readNIC() throws(PlatformError) -> PlatformDescription.NIC? {
    var current = firstNode(compatibleWith: "ethz,lauberhorn-1")
    while let node = current, !isAvailable(node) {
      current = firstNode(compatibleWith: "ethz,lauberhorn-1", after: node)
    }
    guard let node = current else { return nil }
    var address: UInt64?
    if let property = property("local-mac-address", of: node) {
      guard property.byteCount == 6 else {
        throw .malformedProperty("local-mac-address", .nic, nodeOffset: node.offset)
      }
      var value: UInt64 = 0
      var offset = property.range.lowerBound
      while offset < property.range.upperBound {
        value = value << 8 | UInt64(bytes[offset])
        offset += 1
      }
      address = value
    }
    return PlatformDescription.NIC(
      lines: try register(0, of: node, .nic), registers: try register(1, of: node, .nic),
      ethernetAddress: address,
      workerInterrupt: try interruptNumber("ethz,worker-interrupt", of: node),
      bypassInterrupt: try interruptNumber("ethz,bypass-interrupt", of: node))
  }

  private func interruptNumber(
    _ name: StaticString, of node: Node
  ) throws(PlatformError) -> UInt32 {
    guard property(name, of: node) != nil else {
      throw .missingProperty(name, .nic, nodeOffset: node.offset)
    }
    guard let number = cell(name, of: node) else {
      throw .malformedProperty(name, .nic, nodeOffset: node.offset)
    }
    return number
  }

  private func register(
    _ index: Int, of node: Node, _ part: PlatformPart
  ) throws(PlatformError) -> AddressRange {
    do {
      return try register(index, of: node)
    } catch {
      throw PlatformError(error, part, nodeOffset: node.offset)
    }
  }

  /// Adds all ranges of `reg` that are not empty to `list`.
  private func readRegisters<let capacity: Int>(
    of node: Node, _ part: PlatformPart, into list: inout BoundedList<capacity, AddressRange>
  ) throws(PlatformError) {
    let count: Int
    do {
      count = try registerCount(of: node)
    } catch {
      throw PlatformError(error, part, nodeOffset: node.offset)
    }
    var index = 0
    while index < count {
      let range = try register(index, of: node, part)
      guard range.bytes == 0 || list.append(range) else {
        throw .tooMany(part, limit: capacity)
      }
      index += 1
    }
  }
}
