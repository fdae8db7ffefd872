// Starting the other cores through firmware, and what each does first.

internal import ArchAArch64
internal import Boot
internal import DeviceTree
internal import Interface
internal import Memory
internal import Reporting
internal import Synchronization
internal import Tracing

/// Brings up the cores that the device tree lists.
enum SecondaryCores {
  private static let online = Atomic<UInt32>(1)

  /// Cores that have reached `secondary_main`, the boot core included.
  static var onlineCount: UInt32 { online.load(ordering: .acquiring) }

  /// Starts all of them and waits until they are there, or `limitMicroseconds`
  /// have passed: generous, since an emulator may have fewer cores than the machine.
  static func start(_ firmware: PSCI, limitMicroseconds: UInt64 = 10_000_000) {
    var expected: UInt32 = 1
    // All are prepared before the first runs: from then on memory is not the boot core's alone.
    var starts = InlineArray<64, UInt64>(repeating: 0)
    for number in 1..<max(1, Kernel.coreCount) {
      starts[Int(number)] = prepareStart(of: CoreIdentifier(number))
    }
    for number in 1..<max(1, Kernel.coreCount) {
      let core = CoreIdentifier(number)
      do throws(PSCI.Failure) {
        try firmware.startCore(
          affinity: Kernel.affinity(of: core),
          entry: Kernel.physicalAddress(ofImage: address_of_secondary_entry()),
          argument: starts[core.index])
        expected += 1
      } catch {
        switch error {
        case .refused(let answer):
          Log.error("core \(number) did not start: firmware answered \(answer)")
        }
      }
    }
    let end = Log.uptimeMicroseconds + limitMicroseconds
    while onlineCount < expected {
      guard Log.uptimeMicroseconds < end else {
        Log.error("\(expected - onlineCount) of \(expected) cores did not come online")
        return
      }
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

  fileprivate static func noteOnline() {
    online.add(1, ordering: .releasing)
  }
}

/// Start.S: a secondary core, on its own stack, with the kernel's address space.
@c(secondary_main)
func secondaryMain(coreNumber: UInt64) {
  let core = Kernel.cores[CoreIdentifier(UInt16(coreNumber))]
  core.activate()
  core.activate(userTable: KernelMemory.noProcessTable)
  write_vector_base(address_of_exception_vectors())
  barrier_context()
  InterruptController.startCore(core.core)
  SecondaryCores.noteOnline()
  core.trace(.coreStarted)
  var dispatch = DispatchThread(core: core)
  dispatch.run()
}
