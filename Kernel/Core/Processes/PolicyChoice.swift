// Which dispatch policy the machine runs, and what that means for each process and core.
//
// The boot argument `policy=` chooses, the console's `policy` may change it. A process's quantum and
// cores go to the NIC by stores to its state line; cores take the rules for their queues over when
// they look (`CoreReference.adoptPolicy`), so nobody waits for anybody.

internal import Boot
internal import Images
internal import Interface
internal import Reporting
internal import Scheduling
internal import Synchronization

/// The policy in force.
enum PolicyChoice {
  /// Its place in `SelectedPolicy.all`; the first is the standard.
  private static let chosen = Atomic<UInt8>(0)

  static var place: UInt8 { chosen.load(ordering: .acquiring) }

  static var value: SelectedPolicy { SelectedPolicy.all[Int(place)] }

  /// For error messages: the names that there are.
  static var names: StaticString { "first-come, weighted-fair or static-partition" }

  /// Before there are processes.
  /// - Returns: false when no policy has that name.
  static func use(named name: Span<UInt8>) -> Bool {
    let all = SelectedPolicy.all
    for index in all.indices where all[index].name.isSpelled(name) {
      chosen.store(UInt8(index), ordering: .releasing)
      return true
    }
    return false
  }

  /// While processes run.
  static func change(named name: Span<UInt8>) -> Bool {
    guard use(named: name) else { return false }
    Kernel.withTables {
      for number in 1...ProcessTable.capacity {
        ProcessTable.withBlock(of: ProcessIdentifier(UInt16(number))) { $0.publishQuantum() }
      }
      partition()
    }
    var others = Kernel.onlineCores
    others.remove(CoreReference.current.core)
    while let core = others.popFirst() { Interrupts.requestAttention(of: core) }
    CoreReference.current.adoptPolicy()
    return true
  }

  /// Gives each process its cores: after a change of policy, and when a process came or went for good.
  /// A restart changes nobody's. Under `Kernel.withTables`.
  static func partition() {
    var count = 0
    for number in 1...ProcessTable.capacity {
      ProcessTable.withBlock(of: ProcessIdentifier(UInt16(number))) { _ in count += 1 }
    }
    let (policy, cores) = (value, Kernel.onlineCores)
    var place = 0
    for number in 1...ProcessTable.capacity {
      ProcessTable.withBlock(of: ProcessIdentifier(UInt16(number))) { block in
        let part = policy.partition(place: place, count: count, cores: cores)
        block.allow(part == cores ? .all : part)
        place += 1
      }
    }
  }
}

extension CoreReference {
  /// Takes the policy's rules over; only the core itself may.
  func adoptPolicy() {
    let place = PolicyChoice.place
    guard policyPlace != place else { return }
    policyPlace = place
    withScheduler { $0.rules = PolicyChoice.value.kernelRules }
  }
}
