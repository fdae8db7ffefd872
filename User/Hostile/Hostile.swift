// A program that tries what it must not, on request: the boot tests' proof that nobody else notices.
//
// Each procedure is one attack. Those that the kernel must punish never return: their client gets
// SYSTEM_ERR (R12), the process is reported and ended. Those that the kernel must refuse return
// how often they tried and how often they got what they wanted, which has to be never.

import HostileInstructions
import Interface
import SystemInterface
import UserRuntime
import UserStart

@main
enum Hostile {
  static let program: UInt32 = 0x2000_01ff

  static func main() {
    let service = Service(port: Process.port(standard: 4099), program: program, version: 1)
    let nothing = Signature()
    let counts = Signature {
      $0.hyper()
      $0.hyper()
    }
    service.register(procedure: 0, arguments: nothing, results: nothing) { _, _, _, line in
      Call(line).succeed()
    }
    // ATTACK(which): does not return when the kernel does its work.
    service.register(
      procedure: 1, arguments: Signature { $0.unsignedInt() }, results: nothing
    ) { _, which, _, line in
      Attack.perform(which, line: line)
      Call(line).succeed()
    }
    // ABUSE(which): tries, successes.
    service.register(
      procedure: 2, arguments: Signature { $0.unsignedInt() }, results: counts
    ) { _, which, _, line in
      let result = Abuse.perform(which, port: Process.port(standard: 4099))
      Call(line).succeed(with: result.tries, result.successes)
    }
    // CALLS(count): so many system calls that the kernel refuses at once; what they cost.
    service.register(
      procedure: 3, arguments: Signature { $0.unsignedInt() }, results: nothing
    ) { _, count, _, line in
      for _ in 0..<count { _ = hostile_system_call(SystemCall.sleep.rawValue, 0, 0) }
      Call(line).succeed()
    }
    // VECTORS: what stands in its vector registers, before it fills them.
    service.register(procedure: 4, arguments: nothing, results: Signature { $0.hyper() }) {
      _, _, _, line in
      let found = hostile_read_vectors()
      hostile_fill_vectors()
      Call(line).succeed(with: found)
    }
    // POINTER(new): what stands in TPIDR_EL0, before it stores `new` there.
    service.register(
      procedure: 5, arguments: Signature { $0.hyper() }, results: Signature { $0.hyper() }
    ) { _, pointer, _, line in
      Call(line).succeed(with: hostile_exchange_thread_pointer(pointer))
    }
    service.announce()
  }
}

/// Attacks that end the process.
enum Attack {
  static func perform(_ which: UInt64, line: UserLine) {
    // Safety: the address is used as a number only.
    let ownLine = unsafe UInt64(UInt(bitPattern: line.address))
    switch which {
    case 0: _ = hostile_load(0)
    case 1: _ = hostile_load(0xffff_0000_4000_0000)  // the kernel's linear map
    case 2: hostile_store(0xffff_8000_0000_0000, 1)  // the kernel's image
    case 3: _ = hostile_load(UserAddressSpace.lines(ofThread: 1))  // another thread's lines
    case 4: hostile_jump(ownLine)
    case 5: hostile_store(UserAddressSpace.imageBase, 0xd420_0000)  // its own code
    case 6: hostile_jump(UserAddressSpace.stackTop(ofThread: 0) - 64)  // its stack as code
    case 7: hostile_jump(UserAddressSpace.imageBase + 2)
    case 8: hostile_mask_interrupts()
    case 9: _ = hostile_read_table()
    case 10: hostile_stop_timer()
    case 11: hostile_call_firmware()
    case 12: hostile_forget_translations()
    case 13: hostile_overflow_stack()
    case 14: hostile_spin()
    case 15: hostile_spin_at_line(ownLine)
    case 16: _ = hostile_load(UserAddressSpace.stackTop(ofThread: 0))  // the page above its stack
    default: break
    }
  }
}
