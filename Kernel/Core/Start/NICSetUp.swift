// Finding the NIC and giving every core its kernel endpoint.

internal import ArchAArch64
internal import Boot
internal import DeviceTree
internal import Interface
internal import Reporting
internal import Scheduling

/// Set-up of the NIC at boot.
enum NICSetUp {
  /// A machine without NIC, or with one that does not answer as it should, boots on without.
  static func find(_ platform: PlatformDescription) {
    guard let description = platform.nic else {
      Log.warning("no NIC in the device tree; services cannot be called")
      return
    }
    do throws(NIC.Failure) {
      let nic = try NIC(
        registers: KernelMemory.mapDevice(description.registers),
        lines: KernelMemory.mapLines(description.lines))
      let allotment = EndpointAllotment(
        capacity: max(nic.endpointCapacity, 1), cores: Int(Kernel.coreCount))
      var cores = Kernel.onlineCores
      while let core = cores.popFirst() {
        try installKernelEndpoint(nic, core: core, allotment.endpoint(ofCore: core))
      }
      Kernel.threads.place(allotment)
      Kernel.use(nic)
      let address = nic.internetAddress
      Log.information(
        "NIC: LAUBERHORN interface \(nic.majorVersion).\(nic.minorVersion), \(nic.endpointCapacity) endpoints, address \(address >> 24).\(address >> 16 & 0xff).\(address >> 8 & 0xff).\(address & 0xff)"
      )
    } catch {
      Log.error("NIC not usable: \(error)", from: .nic)
    }
  }

  private static func installKernelEndpoint(
    _ nic: NIC, core: CoreIdentifier, _ endpoint: EndpointIdentifier?
  ) throws(NIC.Failure) {
    guard let endpoint else { throw .tooFewEndpoints }
    var stubs = NIC.Stubs()
    stubs.call = address_of_kernel_message_call()
    stubs.tryAgain = address_of_kernel_message_try_again()
    stubs.yieldNow = address_of_kernel_message_reschedule()
    stubs.retire = address_of_kernel_message_retire()
    stubs.resume = address_of_kernel_message_resume()
    stubs.frame = address_of_kernel_message_frame()
    try nic.installEndpoint(endpoint, process: .kernel, core: core, stubs: stubs)
    let block = Kernel.cores[core]
    block.loop = MessageLoop(blockAddress: nic.blockAddress(of: endpoint))
    block.stateLine = nic.stateLine(of: core)
  }
}

extension NIC.Failure: Reportable {
  func write(to output: inout some TextOutput & ~Copyable) {
    switch self {
    case .noAnswer(let syndrome):
      output.write("the FPGA does not answer; is its link up? (" as LogText)
      output.write(ExceptionSyndrome(syndrome))
      output.write(")")
    case .wrongMagic(let value):
      output.write("its magic register reads \(hexadecimal: value, digits: 16)" as LogText)
    case .wrongVersion(let value):
      output.write("its interface has version \(value >> 32).\(value & 0xffff_ffff)" as LogText)
    case .refused(let result, let value):
      output.write("it refused a command: result \(result.rawValue), value \(value)" as LogText)
    case .tooFewEndpoints: output.write("it has too few endpoints for the cores" as LogText)
    case .unknownResult(let word):
      output.write("it answered with the unknown result \(word)" as LogText)
    }
  }
}
