// Starting the other cores through firmware, and what each does first.

internal import ArchAArch64
internal import Boot
internal import DeviceTree
internal import Interface
internal import Memory
internal import Reporting
internal import Scheduling
internal import Synchronization
internal import Tracing

/// Brings up the cores that the device tree lists, as far as firmware can.
///
/// They wait at a gate until the boot core has given the machine's cores their endpoints and threads:
/// only those that came get any. One that comes later stays at the gate for ever.
enum SecondaryCores {
  /// A bit for each core that has reached the gate.
  private static let arrived = Atomic<UInt64>(0)
  /// A bit for each core that may pass; 0: the gate is closed.
  private static let admitted = Atomic<UInt64>(0)

  /// Starts all of them and waits until they are there, or `limitMicroseconds`
  /// have passed: generous, since an emulator may have fewer cores than the machine.
  /// - Returns: the cores that the kernel has, the boot core included.
  static func start(_ firmware: PSCI, limitMicroseconds: UInt64 = 10_000_000) -> CoreSet {
    let bootCore = CoreReference.current.core
    var expected = CoreSet(bootCore)
    // All are prepared before the first runs: from then on memory is not the boot core's alone.
    var starts = InlineArray<64, UInt64>(repeating: 0)
    for number in 0..<Kernel.coreCount where number != bootCore.number {
      starts[Int(number)] = prepareStart(of: CoreIdentifier(number))
    }
    for number in 0..<Kernel.coreCount where number != bootCore.number {
      let core = CoreIdentifier(number)
      do throws(PSCI.Failure) {
        try firmware.startCore(
          affinity: Kernel.affinity(of: core),
          entry: Kernel.physicalAddress(ofImage: address_of_secondary_entry()),
          argument: starts[core.index])
        expected.insert(core)
      } catch {
        switch error {
        case .refused(let answer):
          Log.error("core \(number) did not start: firmware answered \(answer)")
        }
      }
    }
    let end = Log.uptimeMicroseconds + limitMicroseconds
    while true {
      let here = CoreSet(mask: arrived.load(ordering: .acquiring)).union(CoreSet(bootCore))
      let missing = expected.subtracting(here)
      guard !missing.isEmpty else { return here }
      guard Log.uptimeMicroseconds < end else {
        Log.error("\(missing.count) of \(expected.count) cores did not come online")
        return here
      }
    }
  }

  /// Lets the cores go to their dispatch threads.
  static func admit(_ cores: CoreSet) {
    admitted.store(cores.mask, ordering: .releasing)
    // The store before the interrupt (ARM ARM B2.3.12, DSB before a write to ICC_SGI1R_EL1).
    barrier_complete()
    var others = cores.subtracting(CoreSet(CoreReference.current.core))
    while let core = others.popFirst() { Interrupts.requestAttention(of: core) }
  }

  /// A secondary core: returns when it may go on.
  fileprivate static func waitAtGate(_ core: CoreIdentifier) {
    arrived.bitwiseOr(CoreSet(core).mask, ordering: .releasing)
    // Not WFE, in which an emulated core takes its host's time from the one that works. The
    // interrupt is masked: it stays pending and ends the WFI that comes after it, too.
    while !CoreSet(mask: admitted.load(ordering: .acquiring)).contains(core) {
      wait_for_interrupt()
    }
  }

  /// Gives a core its stack and the values that Start.S loads.
  /// - Returns: the physical address of its `CoreStart`.
  private static func prepareStart(of core: CoreIdentifier) -> UInt64 {
    let memory = unsafe KernelMemory.allocateForEver(bytes: MemoryLayout<CoreStart>.size)
    let start = CoreStart(
      translation: KernelMemory.translationSetup,
      stack_top: KernelMemory.mapStack(ofCore: core.index), argument: UInt64(core.number))
    unsafe memory.bindMemory(to: CoreStart.self, capacity: 1).initialize(to: start)
    // The core reads it with its caches off.
    let address = UInt64(UInt(bitPattern: memory))
    cache_clean_invalidate(address)
    barrier_complete()
    return address - AddressMap.linearBase
  }
}

/// Start.S: a secondary core, on its own stack, with the kernel's address space.
@c(secondary_main)
func secondaryMain(coreNumber: UInt64) {
  let core = Kernel.cores[CoreIdentifier(UInt16(coreNumber))]
  core.activate()
  core.activate(userTable: KernelMemory.noProcessTable)
  // What the core knows of the identity map, with which its MMU came on, is every process's.
  translations_forget_here()
  write_vector_base(address_of_exception_vectors())
  barrier_context()
  InterruptController.startCore(core.core)
  SecondaryCores.waitAtGate(core.core)
  core.trace(.coreStarted)
  var dispatch = DispatchThread(core: core)
  dispatch.run()
}
