// The boot core, from "the MMU is on" to its dispatch thread: numbered steps, nothing else.

internal import ArchAArch64
internal import Boot
internal import DeviceTree
internal import Interface
internal import Platform
internal import Reporting
internal import Scheduling

/// SwiftPM wants an entry point; the kernel's is Start.S.
@main
struct Main {
  static func main() {}
}

/// Start.S: the boot core, on the image's boot stack, with the kernel's address space.
@c(kernel_main)
func kernelMain(deviceTree: UInt64) {
  // 1. Exceptions can be reported from here on.
  write_vector_base(address_of_exception_vectors())
  barrier_context()

  // 2. Memory by its virtual address; the console too.
  KernelMemory.useLinearMap()
  let platform = Kernel.platform
  Console.use(PL011(registers: KernelMemory.mapDevice(platform.console.registers)))

  // 3. Per-core and per-thread state.
  Kernel.use(
    cores: unsafe CoreTable(storage: KernelMemory.allocateForEver(bytes: CoreTable.bytes)),
    threads: unsafe ThreadTable(storage: KernelMemory.allocateForEver(bytes: ThreadTable.bytes)))
  let core = Kernel.cores[CoreIdentifier(0)]
  core.activate()
  KernelMemory.dropIdentityMap()
  Console.startQueue()
  Trace.prepare()

  // 4. Firmware, boot arguments, interrupts.
  let arguments = BootSettings(platform: platform)
  Interrupts.useWatch(arguments.hasWatch)
  Console.usePolling(arguments.hasPolledConsole)
  PowerControl.use(PSCI(platform), hasSemihosting: arguments.hasSemihosting)
  Trace.set(arguments.tracedSources)
  InterruptController.start(platform.interruptController)
  InterruptController.startCore(core.core)

  // 5. A stack with guard pages, as the other cores get one.
  run_boot_core(KernelMemory.mapStack(ofCore: 0))
}

/// The boot core, on the stack that it keeps.
@c(boot_core_main)
func bootCoreMain() {
  let platform = Kernel.platform
  let core = CoreReference.current

  // 6. The other cores; those that come wait for step 10.
  if platform.firmware != nil { Kernel.use(SecondaryCores.start(PSCI(platform))) }

  // 7. The NIC and every core's kernel endpoint.
  NICSetUp.find(platform)

  // 8. Processes from the initial archive, spread over the cores' run queues.
  InitialProcesses.create()
  let processes = Processes.liveCount
  StartUp.expect(processes: processes)

  // 9. Input.
  if let interrupt = platform.console.interrupt, !Console.isPolled {
    Interrupts.useConsole(interrupt: interrupt.number)
    InterruptController.route(interrupt.number, to: core.core)
    Console.enableInput()
  } else {
    core.scheduleConsole(isBusy: true)
  }
  Log.information("\(Kernel.onlineCores.count) cores online, \(processes) processes start")

  // 10. Every core into its dispatch thread, this one, too; from here on its deputy misses it.
  SecondaryCores.admit(Kernel.onlineCores)
  Watchdog.begin()
  var dispatch = DispatchThread(core: core)
  dispatch.run()
}

extension PSCI {
  /// As the device tree says that firmware is called.
  fileprivate init(_ platform: PlatformDescription) {
    self.init(
      conduit: platform.firmware?.conduit == .supervisor ? .hypervisorCall : .secureMonitorCall)
  }
}
