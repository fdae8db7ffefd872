// Swift before the MMU is on: find the machine, say so, build the kernel's address space.
//
// Runs at the image's physical address. Code reaches everything relative to the program counter,
// so it works here as it does later; what must not be used yet is anything that holds an absolute
// address (tables of function pointers, lazily initialised globals) and anything atomic, since
// memory is Device memory until the MMU is on.

internal import ArchAArch64
internal import Boot
internal import DeviceTree
internal import Memory
internal import Platform
internal import Processor
internal import Reporting

// Safety: written here, read by Start.S, by nobody else.
nonisolated(unsafe) private var translationSetup = TranslationSetup()

/// Start.S: the boot core, MMU off.
/// - Parameters:
///   - deviceTree: physical address of the flattened device tree.
///   - image: physical address of the image.
///   - exceptionLevel: the level that the boot loader entered at.
/// - Returns: what Start.S loads into the translation registers.
@c(early_main)
func earlyMain(
  deviceTree: UInt64, image: UInt64, exceptionLevel: UInt64
) -> UnsafePointer<TranslationSetup> {
  // Safety: boot protocol: x0 points to a tree of at most 2 MiB, whose own header bounds it.
  let blob = unsafe UnsafeBufferPointer(
    start: UnsafePointer<UInt8>(bitPattern: UInt(deviceTree)), count: 2 << 20)
  do throws(DeviceTreeError) {
    begin(try DeviceTree(unsafe blob.span), at: deviceTree, image: image, exceptionLevel)
  } catch {
    LastWords.say(error)
    hang()
  }
  return unsafe withUnsafePointer(to: &translationSetup) { unsafe $0 }
}

/// The rest, with a tree that is known to be sound.
private func begin(
  _ tree: borrowing DeviceTree, at deviceTree: UInt64, image: UInt64, _ exceptionLevel: UInt64
) {
  // The console first, so that everything else that is missing can be said.
  if let node = tree.standardOutput, let console = try? tree.register(0, of: node) {
    Console.use(PL011(registers: DeviceRegisters(base: UInt(console.base))))
  }
  let platform: PlatformDescription
  do throws(PlatformError) {
    platform = try PlatformDescription(tree)
  } catch {
    Panic.stop("\(error)")
  }
  Console.use(PL011(registers: DeviceRegisters(base: UInt(platform.console.registers.base))))
  Log.information(
    "Wengen: image at \(hexadecimal: image), device tree at \(hexadecimal: deviceTree), entered at EL\(exceptionLevel)"
  )

  // The NIC and this kernel number the cores as the tree does, and core 0 is the one that starts others.
  let own = ProcessorAffinity(read_core_affinity())
  guard platform.processors[0] == own else {
    Panic.stop(
      "started on core \(hexadecimal: own.bits), which is not the device tree's first, \(hexadecimal: platform.processors[0].bits)"
    )
  }

  let errata = Errata(of: ProcessorIdentification(read_main_identification()))
  errata_activate(
    errata.needsCarefulAcknowledge ? 1 : 0, errata.needsInstructionCacheInvalidation ? 1 : 0)
  if errata.processor.isThunderX1 {
    Log.information("processor: \(errata.processor), errata\(errata)")
  } else {
    Log.information("processor: \(errata.processor)")
  }
  var memoryBytes: UInt64 = 0
  for index in platform.memory.indices { memoryBytes += platform.memory[index].bytes }
  Log.information("memory: \(memoryBytes >> 20) MiB, ranges: \(platform.memory.count)")

  do throws(KernelMemory.Failure) {
    try KernelMemory.build(
      platform: platform, image: image,
      deviceTree: AddressRange(base: deviceTree, bytes: UInt64(tree.byteCount)))
  } catch {
    Panic.stop("no address space for the kernel: \(error)")
  }
  KernelMemory.checkBootStack()
  unsafe translationSetup = KernelMemory.translationSetup
  Kernel.note(platform: platform, deviceTree: deviceTree, image: image)
}
